//! Plans and expressions as LTSeq SQL.

mod block;
mod call;
mod expr;
mod falling;
mod literal;
mod name;
mod nested;
mod plan;
mod sources;
mod tables;
mod unnest;
mod whole;

use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{Expr, LogicalPlan};

pub use name::identifier;

use crate::error::Result;

/// A plan, not yet bound, as LTSeq SQL that gives the same rows.
pub fn to_sql(plan: &LogicalPlan) -> Result<String> {
    let plan = whole::with_positions(falling::spelled_out(plan.clone())?)?;
    plan::Plans::of(&plan)?.query(&plan)
}

/// An expression as SQL text: what people read, and a column's default name.
pub fn text(expr: &Expr) -> String {
    expr::Printer { reads: true, qualify: false }.print(expr)
}

/// A sequence call as it was asked for, its columns with their tables.
pub fn call(window: &WindowFunction) -> String {
    expr::Printer { reads: true, qualify: true }.window(window)
}

/// An expression as SQL text that plans to the same expression again.
pub fn exact(expr: &Expr) -> String {
    expr::Printer { reads: false, qualify: false }.print(expr)
}
