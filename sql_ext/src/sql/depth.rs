//! Refuses statements that are nested or chained too deeply, before anything recurses.
//!
//! `1 + 1 + …` makes a tree as deep as it is long, and so does `q UNION ALL q UNION ALL …`.
//! The depth is bounded from the tokens alone, in one pass without recursion:
//!
//! ```text
//! ( a + b * c , d )     operators since the last comma or clause: 2 and 0; AND and OR bind
//!                       least, so that they count apart from what they join
//!   depth of a level = its longest chain + the depth of the deepest level in it
//! ```

use datafusion::common::config::ConfigExtension;
use datafusion::common::extensions_options;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::token::{at, keyword_of};
use crate::error::{Code, Error, Result};

extensions_options! {
    /// How deep a statement's trees may become.
    pub struct Limits {
        /// Operators that may follow one another in an expression; all but AND and OR count twice
        pub max_expression_depth: usize, default = 3200
        /// Set operations and joins that may follow one another in a query
        pub max_query_depth: usize, default = 1500
        /// Milliseconds that a statement may be waited for, planning and rows each; 0 for any number
        pub statement_timeout: u64, default = 0
    }
}

/// The settings, by their full names.
pub const SETTINGS: &[&str] = &[EXPRESSION, QUERY, TIMEOUT];

const EXPRESSION: &str = "ltseq.max_expression_depth";
const QUERY: &str = "ltseq.max_query_depth";
const TIMEOUT: &str = "ltseq.statement_timeout";

impl ConfigExtension for Limits {
    const PREFIX: &'static str = "ltseq";
}

/// One level of parentheses.
#[derive(Debug, Default)]
struct Level {
    /// ANDs and ORs of the expression so far.
    logic: usize,
    /// Other operators since the last of them; they count twice, for planning them takes longer.
    chain: usize,
    /// The deepest operand of an AND or OR so far.
    operand: usize,
    /// The deepest level within the expression so far.
    inner: usize,
    /// The deepest expression of this level.
    deepest: usize,
}

impl Level {
    fn expression(&self) -> usize {
        self.logic + 2 * self.operand.max(self.chain) + self.inner
    }

    fn depth(&self) -> usize {
        self.deepest.max(self.expression())
    }

    fn next_operand(&mut self) {
        self.logic += 1;
        self.operand = self.operand.max(self.chain);
        self.chain = 0;
    }

    fn next_expression(&mut self) {
        *self = Level { deepest: self.depth(), ..Level::default() };
    }
}

/// Checks the tokens of one statement.
pub(super) fn check(tokens: &[TokenWithSpan], nesting: usize, limits: &Limits) -> Result<()> {
    let mut levels = vec![Level::default()];
    let mut cases = 0;
    // The parser calls itself for each of them.
    let mut explained =
        tokens.iter().take_while(|t| matches!(keyword_of(t), Some(Keyword::EXPLAIN | Keyword::ANALYZE)));
    if let Some(token) = explained.nth(nesting) {
        return Err(too_deep(token, "EXPLAIN", nesting, "datafusion.sql_parser.recursion_limit"));
    }
    for token in tokens {
        let nested = levels.len() - 1;
        let Some(level) = levels.last_mut() else { return Ok(()) };
        match &token.token {
            Token::LParen | Token::LBracket | Token::LBrace => {
                if nested >= nesting {
                    return Err(too_deep(token, "parentheses", nesting, "datafusion.sql_parser.recursion_limit"));
                }
                levels.push(Level::default());
                continue;
            }
            Token::RParen | Token::RBracket | Token::RBrace if nested > 0 => {
                let depth = levels.pop().map_or(0, |l| l.depth());
                if let Some(outer) = levels.last_mut() {
                    // `x[1][2]…` is a chain without operators.
                    outer.chain += usize::from(token.token == Token::RBracket);
                    outer.inner = outer.inner.max(depth + 1);
                }
            }
            Token::Comma => level.next_expression(),
            other => match keyword_of(token) {
                Some(word) if joins_queries(word) => level.next_expression(),
                Some(Keyword::CASE) => {
                    cases += 1;
                    level.chain += 1;
                }
                Some(Keyword::END) => cases = usize::saturating_sub(cases, 1),
                // Within nested CASEs a clause does not end what is around it.
                Some(word) if starts_clause(word) && cases <= 1 => level.next_expression(),
                Some(Keyword::AND | Keyword::OR) => level.next_operand(),
                Some(word) if !joins_operands(word) => {}
                None if !is_operator(other) => {}
                _ => level.chain += 1,
            },
        }
        if levels.last().is_some_and(|l| l.expression() > limits.max_expression_depth) {
            return Err(too_deep(token, "operators", limits.max_expression_depth, EXPRESSION));
        }
    }
    Ok(())
}

/// Checks the tokens that the stock parser reads, in which LINK is a join too.
pub(super) fn check_queries(tokens: &[TokenWithSpan], limits: &Limits) -> Result<()> {
    let mut levels = vec![0];
    for token in tokens {
        match &token.token {
            Token::LParen => levels.push(0),
            Token::RParen if levels.len() > 1 => {
                levels.pop();
            }
            _ => {
                let Some(queries) = levels.last_mut() else { return Ok(()) };
                *queries += usize::from(keyword_of(token).is_some_and(joins_queries));
                if *queries > limits.max_query_depth {
                    return Err(too_deep(token, "set operations and joins", limits.max_query_depth, QUERY));
                }
            }
        }
    }
    Ok(())
}

fn joins_queries(word: Keyword) -> bool {
    matches!(word, Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::MINUS | Keyword::JOIN)
}

fn too_deep(token: &TokenWithSpan, what: &str, limit: usize, setting: &str) -> Error {
    let error =
        Error::new(Code::Syntax, format!("the statement is nested too deeply: {what} beyond the limit of {limit}"));
    at(error.with_hint(format!("raise {setting}, or split the statement")), token.span.start)
}

fn starts_clause(word: Keyword) -> bool {
    matches!(
        word,
        Keyword::SELECT
            | Keyword::FROM
            | Keyword::WHERE
            | Keyword::GROUP
            | Keyword::HAVING
            | Keyword::ORDER
            | Keyword::PARTITION
            | Keyword::QUALIFY
            | Keyword::WINDOW
            | Keyword::LIMIT
            | Keyword::ON
            | Keyword::WHEN
            | Keyword::THEN
            | Keyword::ELSE
            | Keyword::VALUES
    )
}

fn joins_operands(word: Keyword) -> bool {
    matches!(
        word,
        Keyword::XOR
            | Keyword::NOT
            | Keyword::IS
            | Keyword::IN
            | Keyword::LIKE
            | Keyword::ILIKE
            | Keyword::SIMILAR
            | Keyword::RLIKE
            | Keyword::REGEXP
            | Keyword::BETWEEN
            | Keyword::DIV
            | Keyword::COLLATE
            | Keyword::AT
            | Keyword::INTERVAL
            | Keyword::NOTNULL
    )
}

/// Tokens of expressions that are neither names nor values nor punctuation are operators.
fn is_operator(token: &Token) -> bool {
    !matches!(
        token,
        Token::Word(_)
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::NationalStringLiteral(_)
            | Token::EscapedStringLiteral(_)
            | Token::UnicodeStringLiteral(_)
            | Token::HexStringLiteral(_)
            | Token::DollarQuotedString(_)
            | Token::Placeholder(_)
            | Token::Char(_)
            | Token::Period
            | Token::SemiColon
            | Token::RParen
            | Token::RBracket
            | Token::RBrace
            | Token::EOF
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::token::tokenize;

    fn fits(text: &str) -> bool {
        let limits = Limits { max_expression_depth: 20, max_query_depth: 3, ..Limits::default() };
        let checked = tokenize(text).and_then(|tokens| {
            check(&tokens, 5, &limits)?;
            check_queries(&tokens, &limits)
        });
        checked.is_ok()
    }

    #[test]
    fn chains_and_nesting() {
        assert!(fits("SELECT 1+1+1+1+1+1+1+1+1+1+1"));
        assert!(!fits("SELECT 1+1+1+1+1+1+1+1+1+1+1+1"));
        assert!(fits("SELECT 1+1+1+1+1+1, 1+1+1+1+1+1 FROM t WHERE a = 1 AND b = 2"));
        assert!(!fits("SELECT (1+1+1+1+1+1)+1+1+1+1+1+1"));
        assert!(!fits("SELECT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT true"));
        assert!(!fits("SELECT ((((((1))))))"));
        assert!(fits("SELECT a = 1 OR a = 2 OR a = 3 OR a = 4 OR a = 5 OR a = 6 OR a = 7 OR a = 8"));
        assert!(!fits(&vec!["a = 1"; 22].join(" OR ")));
        assert!(fits(
            "SELECT CASE WHEN a=1 THEN 2 WHEN a=2 THEN 3 WHEN a=3 THEN 4 WHEN a=4 THEN 5 WHEN a=5 THEN 6 END"
        ));
        assert!(fits("EXPLAIN EXPLAIN SELECT 1"));
        assert!(!fits(&format!("{}SELECT 1", "EXPLAIN ".repeat(6))));
        assert!(fits("q UNION ALL q UNION ALL q UNION ALL q"));
        assert!(!fits("q UNION ALL q UNION ALL q UNION ALL q UNION ALL q"));
    }
}
