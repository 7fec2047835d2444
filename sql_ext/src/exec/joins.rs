//! From LINK and ASOF nodes to look-ups.

use std::sync::Arc;

use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{Expr, SortExpr};
use datafusion::physical_plan::ExecutionPlan;

use super::asof::Asof;
use super::asof_merge::AsofMergeExec;
use super::link::Link;
use super::lookup::{Lookup, LookupExec, Shape};
use super::planner::Scope;
use crate::plan::{AsofNode, LinkNode};

type Positions = Option<(Vec<SortExpr>, Vec<SortExpr>)>;

/// Plans a LINK; `scopes` are those of left, target and result.
pub fn link(node: &LinkNode, scopes: &[Scope; 3], inputs: &[Arc<dyn ExecutionPlan>]) -> Result<Arc<dyn ExecutionPlan>> {
    let (left, target): (Vec<Expr>, Vec<Expr>) = node.on.iter().cloned().unzip();
    let lookup = Link { left: scopes[0].exprs(&left)?, target: scopes[1].exprs(&target)?, link_type: node.link_type };
    plan(Arc::new(lookup), &node.positions, true, scopes, inputs)
}

/// Plans an ASOF JOIN; `scopes` are those of left, right and result.
pub fn asof(node: &AsofNode, scopes: &[Scope; 3], inputs: &[Arc<dyn ExecutionPlan>]) -> Result<Arc<dyn ExecutionPlan>> {
    let condition = &node.condition;
    let (left, right): (Vec<Expr>, Vec<Expr>) = condition.on.iter().cloned().unzip();
    let tolerance = match &condition.tolerance {
        Some(Expr::Literal(value, _)) => Some(value.clone()),
        Some(_) => return internal_err!("the tolerance of an ASOF JOIN was not bound"),
        None => None,
    };
    let lookup = Asof {
        left: scopes[0].exprs(&left)?,
        right: scopes[1].exprs(&right)?,
        left_time: scopes[0].expr(&condition.left_time)?,
        right_time: scopes[1].expr(&condition.right_time)?,
        direction: condition.direction,
        tolerance,
        keeps_left: condition.keeps_left,
    };
    if let ([left, right], true) = (inputs, node.along_time) {
        let shape = shape(&node.positions, false, scopes)?;
        return Ok(Arc::new(AsofMergeExec::try_new(Arc::clone(left), Arc::clone(right), Arc::new(lookup), shape)?));
    }
    plan(Arc::new(lookup), &node.positions, false, scopes, inputs)
}

/// `fans_out`: may a left row come out more than once, so that the right position orders its copies?
fn plan(
    lookup: Arc<dyn Lookup>,
    positions: &Positions,
    fans_out: bool,
    scopes: &[Scope; 3],
    inputs: &[Arc<dyn ExecutionPlan>],
) -> Result<Arc<dyn ExecutionPlan>> {
    let [left, right] = inputs else { return internal_err!("a look-up takes two inputs") };
    let shape = shape(positions, fans_out, scopes)?;
    Ok(Arc::new(LookupExec::new(Arc::clone(left), Arc::clone(right), lookup, shape)))
}

fn shape(positions: &Positions, fans_out: bool, scopes: &[Scope; 3]) -> Result<Arc<Shape>> {
    let Some((left_position, right_position)) = positions else {
        return internal_err!("a look-up was not bound");
    };
    let further = if fans_out { right_position.as_slice() } else { &[] };
    let out: Vec<SortExpr> = left_position.iter().chain(further).cloned().collect();
    Ok(Arc::new(Shape {
        left: scopes[0].sort(left_position)?,
        right: scopes[1].sort(right_position)?,
        out: scopes[2].sort(&out)?,
        schema: Arc::clone(scopes[2].schema.inner()),
    }))
}
