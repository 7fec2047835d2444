//! Verbs of order and position.

use datafusion::common::Column;
use datafusion::logical_expr::expr::Cast;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, SortExpr};
use serde_json::Value;

use crate::error::{Code, Error, Result};
use crate::order::Trust;
use crate::plan::hidden::whole;
use crate::plan::{builder, rows};
use crate::sql::dsl::expr;
use crate::sql::dsl::payload::{self, Node};
use crate::sql::dsl::request::Request;
use crate::sql::dsl::scope::{Aggregates, visible};

/// Sorts, and declares the order.
pub fn sort(request: &Request) -> Result<LogicalPlan> {
    ordered(request, Trust::Establish)
}

/// Declares the order without sorting.
pub fn assume_sorted(request: &Request) -> Result<LogicalPlan> {
    ordered(request, if request.flag("check") { Trust::Check } else { Trust::Assume })
}

fn ordered(request: &Request, trust: Trust) -> Result<LogicalPlan> {
    let mut nodes: Vec<Node> = vec![];
    let mut flags = vec![];
    for key in request.list("keys") {
        let flag = |name: &str| key.get(name).and_then(Value::as_bool);
        let desc = flag("desc").unwrap_or(false);
        flags.push((!desc, flag("nulls_first").unwrap_or(desc)));
        nodes.push(payload::node(key.get("expr").unwrap_or(&Value::Null))?);
    }
    if nodes.is_empty() {
        return Err(Error::new(Code::Argument, "sort takes at least one key"));
    }
    nodes.extend(request.nodes("partition_by")?);
    let joined = request.join_lookups(&nodes)?;
    let scope = request.scope(&joined, Aggregates::Refused);
    let exprs = nodes.iter().map(|n| expr::expr(&scope, n)).collect::<Result<Vec<_>>>()?;
    // A key may read other rows: it is computed below, in the order there was.
    let before = joined.plan.schema().fields().len();
    let (plan, exprs) = builder::windows(joined.plan.clone(), exprs)?;
    let mut exprs =
        nodes.iter().zip(exprs).map(|(node, expr)| computed(node, expr, &plan)).collect::<Result<Vec<_>>>()?;
    let widened = plan.schema().fields().len() > before;
    let partition = exprs.split_off(flags.len());
    let keys = exprs.into_iter().zip(flags).map(|(e, (asc, first))| SortExpr::new(e, asc, first)).collect();
    let plan = builder::ordered(plan, keys, partition, trust)?;
    if widened {
        return Ok(builder::project(plan, request.columns().into_iter().map(Expr::Column).collect())?);
    }
    joined.trim(plan, &request.columns())
}

/// A key that was looked up, or read from other rows, is computed, though a column holds it by now.
fn computed(node: &Node, expr: Expr, plan: &LogicalPlan) -> Result<Expr> {
    if !matches!(node, Node::Call { .. }) || !matches!(expr, Expr::Column(_)) {
        return Ok(expr);
    }
    let of = expr.get_type(plan.schema())?;
    Ok(Expr::Cast(Cast::new(Box::new(expr), of)))
}

/// Rows from a position on, along the order.
pub fn slice(request: &Request) -> Result<LogicalPlan> {
    let offset = request.maybe_count("offset")?.unwrap_or(0);
    let length = request.maybe_count("length")?;
    Ok(builder::slice(request.input.clone(), offset, length)?)
}

/// The last rows along the order.
pub fn tail(request: &Request) -> Result<LogicalPlan> {
    let n = request.count("n")?;
    if n == 0 {
        return Ok(builder::slice(request.input.clone(), 0, Some(0))?);
    }
    let n = i64::try_from(n).unwrap_or(i64::MAX);
    Ok(rows::last_per(request.input.clone(), vec![whole()], n)?)
}

/// Rows reversed, the order turned.
pub fn rvs(request: &Request) -> Result<LogicalPlan> {
    Ok(rows::reversed(request.ctx, request.input.clone())?)
}

/// The first row in order per key, or per whole row.
pub fn distinct(request: &Request) -> Result<LogicalPlan> {
    let nodes = request.nodes("keys")?;
    let joined = request.join_lookups(&nodes)?;
    let scope = request.scope(&joined, Aggregates::Refused);
    let keys = if nodes.is_empty() {
        all_columns(request.input)
    } else {
        nodes.iter().map(|n| expr::expr(&scope, n)).collect::<Result<_>>()?
    };
    let plan = rows::distinct(request.ctx, joined.plan.clone(), keys)?;
    joined.trim(plan, &request.columns())
}

/// Every visible column, as keys.
pub fn all_columns(plan: &LogicalPlan) -> Vec<Expr> {
    visible(plan).into_iter().map(|c: Column| Expr::Column(c)).collect()
}
