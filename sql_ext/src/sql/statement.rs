//! From text to statements: rewrite, stock parser, attach; and to plans.

use std::collections::VecDeque;

use datafusion::common::{DFSchema, DataFusionError};
use datafusion::execution::SessionState;
use datafusion::logical_expr::utils::{find_aggregate_exprs, find_window_exprs};
use datafusion::logical_expr::{DdlStatement, LogicalPlan, SortExpr};
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{Expr, ExprWithAlias};
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use super::attach::attach;
use super::calls::{KEY, refuse};
use super::clause::{self, After, DeclaredOrder};
use super::depth::{self, Limits};
use super::places::{self, CallPlace};
use super::rewrite::{Rewritten, rewrite};
use super::token::{Source, at, tokenize};
use crate::error::{Code, Error, Position, Result};
use crate::order::{Order, Trust};

/// The functions that a session knows, by their name as it resolves them.
pub trait FunctionNames {
    /// Is there an aggregate of this name?
    fn is_aggregate(&self, name: &str) -> bool;
    /// Is there a window function of this name?
    fn is_window(&self, name: &str) -> bool;
    /// Is there a scalar function of this name?
    fn is_scalar(&self, name: &str) -> bool;
    /// How deep statements may be nested.
    fn recursion_limit(&self) -> usize {
        128
    }
    /// How long chains in a statement may be.
    fn limits(&self) -> Limits {
        Limits::default()
    }
}

impl FunctionNames for SessionState {
    fn is_aggregate(&self, name: &str) -> bool {
        self.aggregate_functions().contains_key(name)
    }

    fn is_window(&self, name: &str) -> bool {
        self.window_functions().contains_key(name)
    }

    fn is_scalar(&self, name: &str) -> bool {
        self.scalar_functions().contains_key(name)
    }

    fn recursion_limit(&self) -> usize {
        self.config().options().sql_parser.recursion_limit.get()
    }

    fn limits(&self) -> Limits {
        self.config().options().extensions.get::<Limits>().cloned().unwrap_or_default()
    }
}

/// One statement, ready for the stock planner.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The statement, with our clauses in place.
    pub statement: Statement,
    /// `ORDERED BY` of a CREATE TABLE or CREATE EXTERNAL TABLE.
    pub declared: Option<DeclaredOrder>,
    /// The user's text of the statement, without its semicolon.
    pub text: String,
    /// Where functions are called, for [`locate`](super::locate).
    pub calls: Vec<CallPlace>,
}

/// Parses a text of one or more statements.
pub fn parse(text: &str, names: &dyn FunctionNames) -> Result<Vec<Parsed>> {
    parse_all(text, names).map_err(|e| e.with_text(text))
}

fn parse_all(text: &str, names: &dyn FunctionNames) -> Result<Vec<Parsed>> {
    let source = Source::new(text);
    let tokens = tokenize(text)?;
    let end = end_of(text);
    let mut parsed = vec![];
    let mut rest = tokens.as_slice();
    while !rest.is_empty() {
        let stop = rest.iter().position(|t| t.token == Token::SemiColon);
        let (one, tail) = rest.split_at(stop.unwrap_or(rest.len()));
        let until = tail.first().map_or(end, |t| t.span.start);
        rest = tail.get(1..).unwrap_or(&[]);
        if !one.is_empty() {
            parsed.push(parse_one(&source, one, until, names)?);
        }
    }
    if parsed.is_empty() {
        return Err(Error::new(Code::Syntax, "the text holds no statement").at(1, 1));
    }
    Ok(parsed)
}

/// The place after the last character that is not blank.
fn end_of(text: &str) -> Location {
    let text = text.trim_end();
    let line = text.matches('\n').count() as u64 + 1;
    let last = text.rsplit('\n').next().unwrap_or(text);
    Location::new(line, last.chars().count() as u64 + 1)
}

fn parse_one(source: &Source, tokens: &[TokenWithSpan], end: Location, names: &dyn FunctionNames) -> Result<Parsed> {
    let limit = names.recursion_limit();
    depth::check(tokens, limit, &names.limits())?;
    let mut rewritten = rewrite(source, tokens, end, limit)?;
    depth::check_queries(&rewritten.tokens, &names.limits())?;
    let parsed = stock(&rewritten.tokens, limit);
    let mut statement = parsed.map_err(|e| explain(e, &rewritten, end, limit))?;
    let calls = places::calls(&statement, tokens);
    let items = std::mem::take(&mut rewritten.items);
    attach(&mut statement, names, &items)?;
    if let Some(declared) = &mut rewritten.declared {
        refuse(&mut declared.keys, names, KEY, false)?;
        refuse(&mut declared.partition, names, KEY, false)?;
    }
    Ok(Parsed { statement, declared: rewritten.declared, text: source.between(tokens).to_string(), calls })
}

/// Parses stock tokens.
fn stock(tokens: &[TokenWithSpan], limit: usize) -> Result<Statement> {
    let mut parser = DFParserBuilder::new(tokens.to_vec()).with_recursion_limit(limit).build()?;
    let mut statements: VecDeque<Statement> = parser.parse_statements()?;
    match statements.pop_front() {
        Some(statement) => Ok(statement),
        None => Err(Error::new(Code::Syntax, "Expected: a statement, found: EOF")),
    }
}

/// Puts a stock parser's error in terms of the user's text.
///
/// In derived tables the stock parser backtracks and names a place too early, so that the
/// queries in parentheses are tried one by one, the inner ones first.
fn explain(error: Error, rewritten: &Rewritten, end: Location, limit: usize) -> Error {
    let mut error = error;
    for range in &rewritten.queries {
        let body = rewritten.tokens.get(range.clone()).unwrap_or(&[]);
        let after = After::new(rewritten.tokens.get(range.end), end);
        if let Err(inner) = clause::query(body, &after, limit) {
            error = inner;
            break;
        }
    }
    let mut error = clause::at_end(error, &After::new(None, end));
    if error.message.starts_with("Expected: MATCH_CONDITION") {
        error = error.with_hint(
            "write ASOF JOIN r MATCH_CONDITION (l.ts >= r.ts), or ASOF JOIN r ON l.key = r.key AND l.ts >= r.ts",
        );
    }
    let Some(Position { line, column }) = error.position else {
        // Some of the parser's own sentences end in the word that they are about.
        let word = error.message.rsplit(' ').next().map(str::to_string);
        return match word {
            Some(word) if error.message.starts_with("expected ") => error.about(&word),
            _ => error,
        };
    };
    let place = Location::new(line, column);
    if let Some(why) = rewritten.misplaced.get(&place) {
        return at(Error::new(Code::Syntax, *why), place);
    }
    match (rewritten.replaced.get(&place), error.message.split_once(", found: ")) {
        (Some(word), Some((expected, _))) => Error { message: format!("{expected}, found: {word}"), ..error },
        _ => error,
    }
}

/// Plans a statement; the definition of a view is the user's own text.
///
/// An error is the planner's own: [`locate`](super::locate) gives it the place of the call that it names.
pub async fn plan(state: &SessionState, parsed: Parsed) -> Result<LogicalPlan, DataFusionError> {
    Ok(with_text(state.statement_to_plan(parsed.statement).await?, parsed.text))
}

/// Gives a CREATE VIEW the user's text.
fn with_text(plan: LogicalPlan, text: String) -> LogicalPlan {
    match plan {
        LogicalPlan::Ddl(DdlStatement::CreateView(mut view)) => {
            view.definition = Some(text);
            LogicalPlan::Ddl(DdlStatement::CreateView(view))
        }
        other => other,
    }
}

/// The order that a CREATE TABLE declares, over the table's columns.
///
/// It is checked where it is relied on, unless it is ASSUMED.
pub fn declared_order(state: &SessionState, declared: &DeclaredOrder, schema: &DFSchema) -> Result<(Order, Trust)> {
    let plan = |expr: &Expr| {
        let expr = ExprWithAlias { expr: expr.clone(), alias: None };
        let planned = state.create_logical_expr_from_sql_expr(expr, schema).map_err(Error::from)?;
        let one = std::slice::from_ref(&planned);
        if find_aggregate_exprs(one).is_empty() && find_window_exprs(one).is_empty() {
            Ok(planned)
        } else {
            let error = Error::new(Code::Clause, "a declared order has keys that are computed from the row alone");
            Err(at(error, declared.at))
        }
    };
    let mut keys = vec![];
    for key in &declared.keys {
        let asc = key.options.asc.unwrap_or(true);
        keys.push(SortExpr::new(plan(&key.expr)?, asc, key.options.nulls_first.unwrap_or(!asc)));
    }
    let partition = declared.partition.iter().map(plan).collect::<Result<Vec<_>>>()?;
    let trust = if declared.assumed { Trust::Assume } else { Trust::Check };
    Ok((Order::new(partition, keys), trust))
}
