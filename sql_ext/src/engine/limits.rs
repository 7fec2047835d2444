//! Depth of a statement, before anything recurses over it.
//!
//! A chain like `1 + 1 + …` or `a OR b OR …` becomes a tree as deep as it is long; the
//! planner walks trees by recursion, and compares the names of their parts.

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use crate::error::{Code, Error, Result};

/// Operators that may follow each other in one expression, and queries in one set operation.
const CHAIN: usize = 3000;

/// Refuses what nobody could plan; `nesting` is the parser's own limit.
pub fn check(text: &str, nesting: usize) -> Result<()> {
    // Every level takes a character at least.
    if text.len() <= nesting.min(CHAIN) {
        return Ok(());
    }
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, text).tokenize_with_location() else {
        return Ok(());
    };
    let mut levels = vec![Level::default()];
    let mut sets = 0;
    for token in &tokens {
        match &token.token {
            Token::LParen | Token::LBracket => levels.push(Level::default()),
            Token::RParen | Token::RBracket if levels.len() > 1 => {
                levels.pop();
            }
            Token::SemiColon => sets = 0,
            Token::Word(word) if matches!(word.keyword, Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT) => {
                sets += 1
            }
            _ => {}
        }
        if let Some(level) = levels.last_mut() {
            level.see(&token.token);
            if level.logic + level.other > CHAIN || sets > CHAIN {
                return Err(too_deep(token, "the expression is too long: it chains thousands of operators")
                    .with_hint("write a list with IN, or aggregate over VALUES"));
            }
        }
        if levels.len() > nesting + 1 {
            return Err(too_deep(token, "the statement is nested too deeply")
                .with_hint("raise datafusion.sql_parser.recursion_limit, or split the expression"));
        }
    }
    Ok(())
}

fn too_deep(token: &TokenWithSpan, message: &str) -> Error {
    Error::new(Code::Syntax, message).at(token.span.start.line, token.span.start.column)
}

/// Operators seen in the expression that is being read at one level of parentheses.
#[derive(Default)]
struct Level {
    logic: usize,
    other: usize,
}

impl Level {
    fn see(&mut self, token: &Token) {
        match token {
            Token::Comma | Token::SemiColon => *self = Level::default(),
            Token::Word(word) => match word.keyword {
                Keyword::AND | Keyword::OR => {
                    self.logic += 1;
                    self.other = 0;
                }
                Keyword::IS | Keyword::LIKE | Keyword::COLLATE | Keyword::NOT => self.other += 1,
                Keyword::SELECT
                | Keyword::FROM
                | Keyword::WHERE
                | Keyword::GROUP
                | Keyword::ORDER
                | Keyword::HAVING
                | Keyword::WHEN
                | Keyword::THEN
                | Keyword::ELSE
                | Keyword::ON
                | Keyword::UNION => *self = Level::default(),
                _ => {}
            },
            Token::Whitespace(_)
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::Period
            | Token::LParen
            | Token::RParen
            | Token::RBracket
            | Token::Placeholder(_) => {}
            _ => self.other += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains() {
        let sum = |n: usize| format!("SELECT {}", vec!["1"; n].join("+"));
        assert!(check(&sum(2000), 50).is_ok());
        assert!(check(&sum(100_000), 50).is_err());
        let list = format!("SELECT 1 IN ({})", vec!["-1"; 100_000].join(","));
        assert!(check(&list, 50).is_ok());
        let any = vec!["x = 1"; 2500].join(" OR ");
        assert!(check(&format!("SELECT * FROM t WHERE {any}"), 50).is_ok());
        let deep = format!("SELECT {}1{}", "(".repeat(100), ")".repeat(100));
        assert!(check(&deep, 50).is_err());
        assert!(check(&vec!["SELECT 1"; 5000].join(" UNION ALL "), 50).is_err());
    }
}
