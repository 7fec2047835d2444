//! Identifiers: quoted where a bare word would mean something else.

use datafusion::sql::sqlparser::keywords::{
    ALL_KEYWORDS, ALL_KEYWORDS_INDEX, Keyword, RESERVED_FOR_COLUMN_ALIAS, RESERVED_FOR_IDENTIFIER,
    RESERVED_FOR_TABLE_ALIAS,
};

/// Words that begin an expression of their own.
const STARTERS: &[Keyword] = &[
    Keyword::ARRAY,
    Keyword::CASE,
    Keyword::CAST,
    Keyword::CURRENT_DATE,
    Keyword::CURRENT_TIME,
    Keyword::CURRENT_TIMESTAMP,
    Keyword::CURRENT_USER,
    Keyword::DISTINCT,
    Keyword::FALSE,
    Keyword::LOCALTIME,
    Keyword::LOCALTIMESTAMP,
    Keyword::NOT,
    Keyword::NULL,
    Keyword::PRIOR,
    Keyword::SESSION_USER,
    Keyword::TRUE,
    Keyword::TRY_CAST,
    Keyword::USER,
    Keyword::AND,
    Keyword::OR,
    Keyword::IN,
    Keyword::IS,
    Keyword::ALL,
    Keyword::ANY,
    Keyword::LIKE,
    Keyword::BETWEEN,
];

/// A name as SQL text, quoted where it must be.
///
/// ```
/// assert_eq!(ltseq::sql::print::identifier("px"), "px");
/// assert_eq!(ltseq::sql::print::identifier("Px"), "\"Px\"");
/// assert_eq!(ltseq::sql::print::identifier("order"), "\"order\"");
/// ```
pub fn identifier(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain && !reserved(name) { name.to_string() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

fn reserved(name: &str) -> bool {
    let upper = name.to_uppercase();
    let Ok(at) = ALL_KEYWORDS.binary_search(&upper.as_str()) else { return false };
    let Some(word) = ALL_KEYWORDS_INDEX.get(at) else { return false };
    [RESERVED_FOR_COLUMN_ALIAS, RESERVED_FOR_TABLE_ALIAS, RESERVED_FOR_IDENTIFIER, STARTERS]
        .iter()
        .any(|list| list.contains(word))
}
