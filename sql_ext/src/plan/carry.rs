//! Keys of an order that a projection took away, carried up past it.
//!
//! ```text
//! Projection: ts, v              Projection: ts, v, k AS ␁gone0
//!   Ordered: ts PARTITION BY k ⇒   Ordered: ts PARTITION BY k
//! ```
//!
//! The rows still are in that order, and sequence functions restart at that partition. Plans that are run
//! as a whole carry the keys in the binder; rows that are held or numbered anew need them as columns.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{EmptyRelation, Expr, LogicalPlan, Projection};

use super::order_of::project;
use super::{OrderedNode, extension, node_of, order_of};
use crate::order::{Order, Trust, hidden, is_hidden};

/// The plan with all keys of its order as columns: those that no column shows are hidden ones at the end.
///
/// A computed key ends the order, but one of the partition counts.
pub fn with_keys(plan: LogicalPlan) -> Result<LogicalPlan> {
    let mut next = first_free(&plan)?;
    with_keys_from(plan, &mut next)
}

/// The same for a part of a plan: the first number that no hidden column of the whole has, and the next one after.
pub fn with_keys_from(plan: LogicalPlan, next: &mut usize) -> Result<LogicalPlan> {
    let plan = lifted(plan, next)?;
    let columns: Vec<Expr> = plan.schema().columns().into_iter().map(Expr::Column).collect();
    let whole = columns.len();
    let exprs = widened(&plan, columns, next);
    if exprs.len() == whole { Ok(plan) } else { projection(exprs, plan) }
}

fn projection(exprs: Vec<Expr>, input: LogicalPlan) -> Result<LogicalPlan> {
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(input))?))
}

fn lifted(plan: LogicalPlan, next: &mut usize) -> Result<LogicalPlan> {
    let source = matches!(plan, LogicalPlan::TableScan(_) | LogicalPlan::Unnest(_));
    if source || order_of(&plan).is_none() || node_of::<OrderedNode>(&plan).is_some() {
        return Ok(plan);
    }
    let mut inputs: Vec<LogicalPlan> = plan.inputs().into_iter().cloned().collect();
    // The order is that of the first input.
    let Some(first) = inputs.first_mut() else { return Ok(plan) };
    *first = lifted(first.clone(), next)?;
    match plan {
        LogicalPlan::Projection(old) => {
            let exprs = widened(first, old.expr, next);
            projection(exprs, first.clone())
        }
        other => other.with_new_exprs(other.expressions(), inputs),
    }
}

/// The expressions with those keys of the input's order that they leave out.
fn widened(input: &LogicalPlan, mut exprs: Vec<Expr>, next: &mut usize) -> Vec<Expr> {
    let Some(order) = order_of(input) else { return exprs };
    let named = order.keys.iter().map(|k| &k.expr).take_while(|e| matches!(e, Expr::Column(_)));
    for key in order.partition.iter().chain(named) {
        let alone = Order::new(vec![key.clone()], vec![]);
        if !project(alone, &exprs).partition.is_empty() {
            continue;
        }
        match key {
            Expr::Column(c) if is_hidden(&c.name) => exprs.push(key.clone()),
            _ => {
                exprs.push(key.clone().alias(hidden("gone", *next)));
                *next += 1;
            }
        }
    }
    exprs
}

/// The first number that no hidden column of the plan has.
pub fn first_free(plan: &LogicalPlan) -> Result<usize> {
    let mut next = 0;
    plan.apply(|node| {
        while node.schema().fields().iter().any(|f| *f.name() == hidden("gone", next)) {
            next += 1;
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(next)
}

/// An empty relation with the columns and the order of a plan: what stands above it can be bound, and so
/// checked, whatever made the plan. None where a key of the order is no column of it any more.
pub fn stand_in(plan: &LogicalPlan) -> Option<LogicalPlan> {
    let schema = Arc::clone(plan.schema());
    let empty = LogicalPlan::EmptyRelation(EmptyRelation { produce_one_row: false, schema });
    let Some(order) = order_of(plan) else { return Some(empty) };
    let whole = order.partition.len() + order.keys.len() == keys_of_source(plan)?;
    whole.then(|| extension(OrderedNode { input: empty, order, trust: Trust::Establish }))
}

/// How many keys the order has where it was made; none where rows were grouped since.
fn keys_of_source(plan: &LogicalPlan) -> Option<usize> {
    let mut at = plan;
    loop {
        let order = match at {
            LogicalPlan::Aggregate(_) => return None,
            LogicalPlan::TableScan(_) => order_of(at),
            _ => node_of::<OrderedNode>(at).map(|node| node.order.clone()),
        };
        if let Some(order) = order {
            return Some(order.partition.len() + order.keys.len());
        }
        at = at.inputs().into_iter().next()?;
    }
}
