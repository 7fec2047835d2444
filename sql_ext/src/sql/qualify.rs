//! QUALIFY over window calls that stand in the SELECT list alone.
//!
//! The stock planner looks for them after it has replaced them by columns, and refuses. A
//! condition that is always true, and a window call, lets it through; the optimizer drops it.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Select, visit_expressions};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;

use crate::error::{Error, Result};

const ALWAYS: &str = "row_number() OVER () IS NOT NULL";

/// Lets a QUALIFY through whose window calls are in the SELECT list.
pub fn allow(select: &mut Select) -> Result<()> {
    let Some(qualify) = select.qualify.take() else { return Ok(()) };
    if has_window(&qualify) || !has_window(&select.projection) {
        select.qualify = Some(qualify);
        return Ok(());
    }
    let parsed = Parser::new(&GenericDialect {}).try_with_sql(ALWAYS).and_then(|mut p| p.parse_expr());
    let always = parsed.map_err(|e| Error::from(datafusion::common::DataFusionError::from(e)))?;
    select.qualify = Some(Expr::BinaryOp {
        left: Box::new(Expr::Nested(Box::new(qualify))),
        op: BinaryOperator::And,
        right: Box::new(always),
    });
    Ok(())
}

fn has_window<V: datafusion::sql::sqlparser::ast::Visit>(node: &V) -> bool {
    let found = visit_expressions(node, |e| match e {
        Expr::Function(call) if call.over.is_some() => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}
