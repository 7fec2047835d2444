//! What words mean where they stand.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::token::{at, is_word, keyword_of};
use crate::error::{Code, Error};

/// `[EXPLAIN … | PREPARE … AS] CREATE … TABLE`, but not a view or a function.
pub fn creates_table(input: &[TokenWithSpan]) -> bool {
    let prepared = match input.first().and_then(keyword_of) {
        Some(Keyword::PREPARE) => input.iter().position(|t| keyword_of(t) == Some(Keyword::AS)).map_or(0, |i| i + 1),
        _ => 0,
    };
    let mut words = input[prepared..]
        .iter()
        .map_while(keyword_of)
        .skip_while(|k| matches!(k, Keyword::EXPLAIN | Keyword::ANALYZE | Keyword::VERBOSE));
    words.next() == Some(Keyword::CREATE)
        && words
            .take(6)
            .take_while(|k| !matches!(k, Keyword::VIEW | Keyword::FUNCTION | Keyword::AS))
            .any(|k| k == Keyword::TABLE)
}

/// How many leading tokens are ALL, DISTINCT or DISTINCT ON (…).
pub fn quantifier(tokens: &[TokenWithSpan]) -> usize {
    match tokens.first().and_then(keyword_of) {
        Some(Keyword::ALL) => 1,
        Some(Keyword::DISTINCT) if is_word(tokens.get(1), "ON") => {
            let mut depth = 0usize;
            let close = tokens.iter().position(|t| {
                match t.token {
                    Token::LParen => depth += 1,
                    Token::RParen => depth = depth.saturating_sub(1),
                    _ => return false,
                }
                depth == 0
            });
            close.map_or(0, |c| c + 1)
        }
        Some(Keyword::DISTINCT) => 1,
        _ => 0,
    }
}

/// Words that may begin a join.
pub fn is_join_word(keyword: Keyword) -> bool {
    use Keyword::{ANTI, ASOF, CROSS, FULL, INNER, JOIN, LEFT, NATURAL, OUTER, RIGHT, SEMI};
    [ANTI, ASOF, CROSS, FULL, INNER, JOIN, LEFT, NATURAL, OUTER, RIGHT, SEMI].contains(&keyword)
}

/// The error for a clause that is known, but not supported yet.
pub fn unsupported(what: &str, token: &TokenWithSpan) -> Error {
    at(Error::new(Code::NotSupported, format!("{what} is not supported yet")), token.span.start)
}

/// Words that are no columns even where an operand is due: what was to come is missing.
pub fn never_column(keyword: Keyword) -> bool {
    matches!(keyword, Keyword::WHERE | Keyword::HAVING | Keyword::QUALIFY | Keyword::GROUP | Keyword::ORDER)
}

/// `(SELECT x …`, which is no list of aliases.
pub fn starts_query(tokens: &[TokenWithSpan]) -> bool {
    let [paren, first, second, ..] = tokens else { return false };
    paren.token == Token::LParen
        && matches!(keyword_of(first), Some(Keyword::SELECT | Keyword::WITH | Keyword::VALUES))
        && !matches!(second.token, Token::Comma | Token::RParen)
}

/// Words that end a SELECT list, a FROM or the body of a clause.
pub const ENDS: &[Keyword] = &[
    Keyword::WHERE,
    Keyword::GROUP,
    Keyword::HAVING,
    Keyword::QUALIFY,
    Keyword::WINDOW,
    Keyword::ORDER,
    Keyword::LIMIT,
    Keyword::OFFSET,
    Keyword::FETCH,
    Keyword::FOR,
    Keyword::PREWHERE,
    Keyword::CLUSTER,
    Keyword::DISTRIBUTE,
    Keyword::SORT,
    Keyword::CONNECT,
    Keyword::START,
    Keyword::SETTINGS,
    Keyword::FORMAT,
    Keyword::RETURNING,
    Keyword::INTO,
    Keyword::UNION,
    Keyword::EXCEPT,
    Keyword::INTERSECT,
    Keyword::MINUS,
];
