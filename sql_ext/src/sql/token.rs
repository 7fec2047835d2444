//! Tokens of the user's text, where they stand in it, and tokens of ours.

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer, Word};

use crate::error::{Code, Error, Result};
use crate::order::MARK;

/// The user's text with its line starts.
#[derive(Debug)]
pub struct Source<'a> {
    /// The text.
    pub text: &'a str,
    lines: Vec<usize>,
    /// Without other characters a column is a byte.
    ascii: bool,
}

impl<'a> Source<'a> {
    /// Indexes a text.
    pub fn new(text: &'a str) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect();
        Source { text, lines, ascii: text.is_ascii() }
    }

    /// The byte at a place; the end of the text for one that is beyond it.
    pub fn offset(&self, at: Location) -> usize {
        let line = usize::try_from(at.line).unwrap_or(usize::MAX).saturating_sub(1);
        let Some(start) = self.lines.get(line).copied() else { return self.text.len() };
        let column = usize::try_from(at.column).unwrap_or(usize::MAX).saturating_sub(1);
        if self.ascii {
            return start.saturating_add(column).min(self.text.len());
        }
        let rest = self.text.get(start..).unwrap_or("");
        rest.char_indices().nth(column).map_or(self.text.len(), |(i, _)| start + i)
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &'a str {
        self.text.get(self.offset(span.start)..self.offset(span.end)).unwrap_or("")
    }

    /// The text from the first token to the last.
    pub fn between(&self, tokens: &[TokenWithSpan]) -> &'a str {
        match (tokens.first(), tokens.last()) {
            (Some(first), Some(last)) => self.slice(Span::new(first.span.start, last.span.end)),
            _ => "",
        }
    }

    /// The tokens as one line: a blank where the user had any, comments left out.
    pub fn line(&self, tokens: &[TokenWithSpan]) -> String {
        let mut line = String::new();
        let mut end = None;
        for token in tokens {
            if end.is_some_and(|e| e != token.span.start) {
                line.push(' ');
            }
            line.push_str(self.slice(token.span));
            end = Some(token.span.end);
        }
        line
    }
}

/// The tokens of a text, without blanks and comments.
pub fn tokenize(text: &str) -> Result<Vec<TokenWithSpan>> {
    let dialect = GenericDialect {};
    let tokens = Tokenizer::new(&dialect, text)
        .tokenize_with_location()
        .map_err(|e| Error::new(Code::Syntax, e.message).at(e.location.line, e.location.column))?;
    let tokens: Vec<_> = tokens.into_iter().filter(|t| !matches!(t.token, Token::Whitespace(_) | Token::EOF)).collect();
    match tokens.iter().find(|t| matches!(&t.token, Token::Word(w) if w.value.contains(MARK))) {
        Some(bad) => Err(at(Error::new(Code::Syntax, "a name cannot hold a control character"), bad.span.start)),
        None => Ok(tokens),
    }
}

/// Puts a place on an error that has none.
pub fn at(error: Error, place: Location) -> Error {
    if error.position.is_some() { error } else { error.at(place.line, place.column) }
}

/// Is this the unquoted word `text`?
pub fn is_word(token: Option<&TokenWithSpan>, text: &str) -> bool {
    matches!(token.map(|t| &t.token), Some(Token::Word(w)) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(text))
}

/// The keyword of an unquoted word.
pub fn keyword_of(token: &TokenWithSpan) -> Option<Keyword> {
    match &token.token {
        Token::Word(Word { quote_style: None, keyword, .. }) => Some(*keyword),
        _ => None,
    }
}

/// A keyword in place of the user's.
pub fn keyword(text: &str, span: Span) -> TokenWithSpan {
    TokenWithSpan::new(Token::make_keyword(text), span)
}

/// A hidden name.
pub fn name(text: &str, span: Span) -> TokenWithSpan {
    TokenWithSpan::new(Token::make_word(text, Some('"')), span)
}

/// A symbol or literal.
pub fn symbol(token: Token, span: Span) -> TokenWithSpan {
    TokenWithSpan::new(token, span)
}

/// After this token, can only an operand, a relation or a name follow?
///
/// There, a word is a name whatever it says: `WHERE link = 1`, `FROM ordered`, `t.link`, `AS ordered`.
pub fn opens_operand(token: &TokenWithSpan) -> bool {
    match &token.token {
        Token::Word(word) if word.quote_style.is_some() => false,
        Token::Word(word) => OPENERS.contains(&word.keyword),
        Token::Number(..)
        | Token::Char(_)
        | Token::SingleQuotedString(_)
        | Token::DoubleQuotedString(_)
        | Token::DollarQuotedString(_)
        | Token::NationalStringLiteral(_)
        | Token::EscapedStringLiteral(_)
        | Token::UnicodeStringLiteral(_)
        | Token::HexStringLiteral(_)
        | Token::SingleQuotedByteStringLiteral(_)
        | Token::DoubleQuotedByteStringLiteral(_)
        | Token::SingleQuotedRawStringLiteral(_)
        | Token::QuoteDelimitedStringLiteral(_)
        | Token::Placeholder(_)
        | Token::RParen
        | Token::RBracket
        | Token::RBrace => false,
        _ => true,
    }
}

const OPENERS: &[Keyword] = &[
    Keyword::ALL,
    Keyword::AND,
    Keyword::ANY,
    Keyword::APPLY,
    Keyword::AS,
    Keyword::BETWEEN,
    Keyword::BY,
    Keyword::CASE,
    Keyword::COLLATE,
    Keyword::DISTINCT,
    Keyword::DIV,
    Keyword::ELSE,
    Keyword::ESCAPE,
    Keyword::FROM,
    Keyword::HAVING,
    Keyword::ILIKE,
    Keyword::IN,
    Keyword::INTERVAL,
    Keyword::INTO,
    Keyword::IS,
    Keyword::JOIN,
    Keyword::LATERAL,
    Keyword::LIKE,
    Keyword::LIMIT,
    Keyword::NOT,
    Keyword::OFFSET,
    Keyword::ON,
    Keyword::OR,
    Keyword::OVERLAPS,
    Keyword::QUALIFY,
    Keyword::REGEXP,
    Keyword::RLIKE,
    Keyword::SELECT,
    Keyword::SIMILAR,
    Keyword::SOME,
    Keyword::THEN,
    Keyword::TO,
    Keyword::USING,
    Keyword::WHEN,
    Keyword::WHERE,
    Keyword::XOR,
    Keyword::ZONE,
];
