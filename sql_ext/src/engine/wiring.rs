//! Where the other floors plug in: one function per collaborator.

use datafusion::execution::SessionState;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{Expr as Ast, OrderByExpr};
use datafusion::sql::sqlparser::dialect::dialect_from_str;

use crate::error::{Code, Error, Result};

/// The order that a CREATE statement declares, as written.
#[derive(Debug, Clone)]
pub struct Declaration {
    /// `ORDERED BY`.
    pub keys: Vec<OrderByExpr>,
    /// `PARTITION BY`.
    pub partition: Vec<Ast>,
    /// `ASSUMED`.
    pub assumed: bool,
}

/// One statement of a text.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// Stock syntax, our clauses inside it.
    pub statement: Statement,
    /// What it declares, if it is a CREATE.
    pub declared: Option<Declaration>,
}

/// Text to statements. To be `sql::parse`.
pub fn parse(text: &str, state: &SessionState) -> Result<Vec<Parsed>> {
    let options = &state.config_options().sql_parser;
    let name = options.dialect.as_ref();
    let dialect = dialect_from_str(name)
        .ok_or_else(|| Error::new(Code::Argument, format!("there is no SQL dialect '{name}'")))?;
    let mut parser = DFParserBuilder::new(text)
        .with_dialect(dialect.as_ref())
        .with_recursion_limit(options.recursion_limit.get())
        .build()
        .map_err(Error::from)?;
    let statements = parser.parse_statements().map_err(Error::from)?;
    Ok(statements.into_iter().map(|statement| Parsed { statement, declared: None }).collect())
}

/// Rules, planners and functions of a session.
pub fn session(builder: SessionStateBuilder) -> SessionStateBuilder {
    // To come: expression and relation planners of `sql`, `analyze::analyzer_rules`,
    // `exec::planner::OrderedQueryPlanner`, `exec::rules::physical_rules`, the registry's
    // functions and `plan::hidden::placeholders`.
    builder
}

/// A plan whose rows come in source order where it has no order of its own, as the
/// object API promises. To be a node at the root that the binder understands.
pub fn in_source_order(plan: LogicalPlan) -> Result<LogicalPlan> {
    Ok(plan)
}

/// One verb of the object API. To be `sql::dsl::verb`.
pub fn verb(
    _state: &SessionState,
    _input: &LogicalPlan,
    name: &str,
    _payload: &str,
    _others: &[LogicalPlan],
) -> Result<LogicalPlan> {
    Err(missing(&format!("the verb {name}")))
}

/// The type of an expression payload. To be `sql::dsl::expr_type`.
pub fn expr_type(_state: &SessionState, _input: &LogicalPlan, _payload: &str, _others: &[LogicalPlan]) -> Result<String> {
    Err(missing("expr_type"))
}

/// The SQL text of an expression payload. To be `sql::dsl::expr_text`.
pub fn expr_text(_state: &SessionState, _input: &LogicalPlan, _payload: &str, _others: &[LogicalPlan]) -> Result<String> {
    Err(missing("expr_text"))
}

/// SQL text to an expression payload.
pub fn sql_expr(_state: &SessionState, _text: &str) -> Result<String> {
    Err(missing("sql_expr"))
}

/// The plan as LTSeq SQL.
pub fn to_sql(_plan: &LogicalPlan) -> Result<String> {
    Err(missing("to_sql"))
}

fn missing(what: &str) -> Error {
    Error::new(Code::NotSupported, format!("{what} is not there yet"))
}

/// The plan as the parity tests compare it.
pub fn canonical(plan: &LogicalPlan) -> String {
    plan.display_indent().to_string()
}

