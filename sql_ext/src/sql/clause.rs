//! The bodies of our clauses: checked where they stand, so that an error names the right place.

use datafusion::common::DataFusionError;
use datafusion::sql::sqlparser::ast::{Expr, OrderByExpr};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Location, TokenWithSpan};

use super::token::{at, is_word, opens_operand};
use crate::error::{Code, Error, Result};

/// `ORDERED BY` of a CREATE TABLE, as written.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclaredOrder {
    /// Order keys.
    pub keys: Vec<OrderByExpr>,
    /// Partition keys.
    pub partition: Vec<Expr>,
    /// Is the declaration to be believed?
    pub assumed: bool,
    /// Where the user wrote it.
    pub at: Location,
}

/// What follows a clause body: the token, or the end of the statement.
#[derive(Debug, Clone)]
pub struct After {
    /// As messages name it.
    pub found: String,
    /// Its place.
    pub at: Location,
}

impl After {
    /// The token that follows, or the end at `end`.
    pub fn new(token: Option<&TokenWithSpan>, end: Location) -> Self {
        match token {
            Some(token) => After { found: token.to_string(), at: token.span.start },
            None => After { found: "the end of the statement".to_string(), at: end },
        }
    }
}

/// The parts of an `ORDERED BY` body, as tokens.
#[derive(Debug)]
pub struct OrderedParts {
    /// Order keys.
    pub keys: Vec<TokenWithSpan>,
    /// Partition keys, if any.
    pub partition: Option<Vec<TokenWithSpan>>,
    /// Did it end in ASSUMED?
    pub assumed: bool,
}

/// Takes the body of `ORDERED BY` apart; `partition` is the index of its PARTITION BY.
pub fn ordered_parts(mut body: Vec<TokenWithSpan>, partition: Option<usize>) -> OrderedParts {
    let before = body.len().checked_sub(2).and_then(|i| body.get(i));
    let assumed = is_word(body.last(), "ASSUMED") && before.is_some_and(|t| !opens_operand(t));
    if assumed {
        body.pop();
    }
    let partition = partition.map(|i| {
        let mut keys = body.split_off(i.min(body.len()));
        keys.drain(..keys.len().min(2));
        keys
    });
    OrderedParts { keys: body, partition, assumed }
}

/// Parses the parts of an `ORDERED BY`.
pub fn parse_ordered(parts: &OrderedParts, place: Location, after: &After, limit: usize) -> Result<DeclaredOrder> {
    let then = match parts.partition.as_ref().and_then(|p| p.first()) {
        Some(first) => After::new(Some(first), after.at),
        None => after.clone(),
    };
    let keys =
        whole(&parts.keys, &then, limit, "ORDERED BY", |p| p.parse_comma_separated(Parser::parse_order_by_expr))?;
    if let Some(key) = keys.iter().find(|k| k.with_fill.is_some()) {
        return Err(at(Error::new(Code::Syntax, format!("ORDERED BY has no WITH FILL: {key}")), place));
    }
    let partition = match &parts.partition {
        Some(tokens) => exprs(tokens, after, limit, "PARTITION BY")?,
        None => vec![],
    };
    Ok(DeclaredOrder { keys, partition, assumed: parts.assumed, at: place })
}

/// Parses a list of expressions.
pub fn exprs(body: &[TokenWithSpan], after: &After, limit: usize, what: &str) -> Result<Vec<Expr>> {
    whole(body, after, limit, what, |p| p.parse_comma_separated(Parser::parse_expr))
}

/// Parses one expression.
pub fn condition(body: &[TokenWithSpan], after: &After, limit: usize, what: &str) -> Result<Expr> {
    whole(body, after, limit, what, Parser::parse_expr)
}

/// Parses a query in parentheses, to find the place of its error.
pub fn query(body: &[TokenWithSpan], after: &After, limit: usize) -> Result<()> {
    whole(body, after, limit, "the end of the query", |p| p.parse_query()).map(|_| ())
}

type Parse<'p, T> = Result<T, ParserError>;

/// Parses all of `body`; `after` stands for its end in messages.
fn whole<'p, T>(
    body: &[TokenWithSpan],
    after: &After,
    limit: usize,
    what: &str,
    parse: impl FnOnce(&mut Parser<'p>) -> Parse<'p, T>,
) -> Result<T> {
    const DIALECT: &GenericDialect = &GenericDialect {};
    let mut parser = Parser::new(DIALECT).with_recursion_limit(limit).with_tokens_with_locations(body.to_vec());
    let start = body.first().map_or(after.at, |t| t.span.start);
    let parsed = parse(&mut parser).map_err(|e| at(at_end(Error::from(DataFusionError::from(e)), after), start))?;
    match body.get(parser.index()) {
        None => Ok(parsed),
        Some(rest) => {
            let error = Error::new(Code::Syntax, format!("Expected: the end of {what}, found: {rest}"));
            Err(at(hint_for(error, rest), rest.span.start))
        }
    }
}

/// Words that a reader may expect after our clauses, and where they go.
fn hint_for(error: Error, rest: &TokenWithSpan) -> Error {
    match super::token::keyword_of(rest) {
        Some(Keyword::JOIN | Keyword::INNER | Keyword::LEFT | Keyword::RIGHT | Keyword::FULL | Keyword::CROSS) => {
            error.with_hint("ORDERED BY orders the whole FROM and stands after its joins; to order one side write (SELECT * FROM a ORDERED BY ts) AS a")
        }
        _ if is_word(Some(rest), "ASSUMED") => error.with_hint("ASSUMED is the last word of ORDERED BY"),
        _ => error,
    }
}

/// Gives an error at the end of input the place and the name of what follows.
pub fn at_end(mut error: Error, after: &After) -> Error {
    const END: &str = "found: EOF";
    if error.position.is_some() || !error.message.contains(END) {
        return error;
    }
    error.message = error.message.replace(END, &format!("found: {}", after.found));
    at(error, after.at)
}
