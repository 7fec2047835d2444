//! Plans before they are printed: partitions that descend, which SQL has no word for.
//!
//! ```text
//! Window: shift(v)                              Projection: v, … AS shift(v)
//!   Projection: v                                 Window: shift(v) PARTITION BY ␁gone0
//!     Ordered: ts DESC PARTITION BY k DESC   ⇒      Projection: v, k AS ␁gone0, ts AS ␁gone1
//!                                                     Ordered: k DESC, ts DESC
//! ```
//!
//! The rows are sorted as a whole, and every call, run and group of runs names the partition it restarts at.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{Aggregate, Expr, LogicalPlan, Projection};

use crate::order::{Order, Trust};
use crate::plan::carry::{first_free, with_keys_from};
use crate::plan::hidden::{follows_block, hide_all, reveal};
use crate::plan::order_of::is_run;
use crate::plan::{OrderedNode, RunsNode, extension, node_of, order_of};

/// The plan without an order whose partitions descend.
pub(super) fn spelled_out(plan: LogicalPlan) -> Result<LogicalPlan> {
    if !plan.exists(|node| Ok(falling(node)))? {
        return Ok(plan);
    }
    let mut next = first_free(&plan)?;
    let named = plan.transform_up(|node| named(node, &mut next))?.data;
    named.transform_up(sorted_as_a_whole).map(|t| t.data)
}

fn falling(plan: &LogicalPlan) -> bool {
    order_of(plan).is_some_and(|order| order.falling)
}

/// The node with the partition in all that restarts at it.
fn named(node: LogicalPlan, next: &mut usize) -> Result<Transformed<LogicalPlan>> {
    let Some(input) = node.inputs().into_iter().next().filter(|i| falling(i)).cloned() else {
        return Ok(Transformed::no(node));
    };
    let before = input.schema().fields().len();
    let wide = with_keys_from(input, next)?;
    let partition = order_of(&wide).map(|order| order.partition).unwrap_or_default();
    let added = wide.schema().fields().len() - before;
    match &node {
        LogicalPlan::Aggregate(old) => {
            let new = aggregate(old, wide, &partition)?;
            let keys = new.group_expr.len() - old.group_expr.len();
            shown(LogicalPlan::Aggregate(new), &node, old.group_expr.len(), keys)
        }
        LogicalPlan::Window(_) => {
            let exprs = restarting_all(node.expressions(), &partition)?;
            shown(node.with_new_exprs(exprs, vec![wide])?, &node, before, added)
        }
        other => match node_of::<RunsNode>(other) {
            Some(runs) => {
                let by = partition.iter().chain(&runs.by).cloned().collect();
                shown(extension(RunsNode::try_new(wide, by, runs.when.clone(), &[])?), &node, before, added)
            }
            None => Ok(Transformed::no(node)),
        },
    }
}

/// Groups of runs keep the partition among their keys; in other groups calls restart at both.
fn aggregate(old: &Aggregate, input: LogicalPlan, partition: &[Expr]) -> Result<Aggregate> {
    let mut keys = old.group_expr.clone();
    let mut calls = old.aggr_expr.clone();
    if keys.iter().any(is_run) {
        keys.extend(partition.iter().filter(|e| !old.group_expr.contains(e)).cloned());
    } else {
        let both: Vec<Expr> = partition.iter().chain(&keys).cloned().collect();
        calls = restarting_all(calls, &both)?;
        keys = restarting_all(keys, partition)?;
    }
    Aggregate::try_new(Arc::new(input), keys, calls)
}

/// The new node with the columns of the old one, `added` ones at `at` left out.
fn shown(new: LogicalPlan, old: &LogicalPlan, at: usize, added: usize) -> Result<Transformed<LogicalPlan>> {
    let columns = new.schema().columns();
    let mut exprs = vec![];
    for (i, (qualifier, field)) in old.schema().iter().enumerate() {
        let Some(found) = columns.get(if i < at { i } else { i + added }) else { continue };
        let same = found.name == *field.name() && found.relation.as_ref() == qualifier;
        let found = Expr::Column(found.clone());
        exprs.push(if same { found } else { found.alias_qualified(qualifier.cloned(), field.name()) });
    }
    Ok(Transformed::yes(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(new))?)))
}

fn restarting_all(exprs: Vec<Expr>, partition: &[Expr]) -> Result<Vec<Expr>> {
    exprs.into_iter().map(|e| restarting(e, partition)).collect()
}

/// Calls in the block's order, nested ones too, over the partition.
fn restarting(expr: Expr, partition: &[Expr]) -> Result<Expr> {
    let inherits = |w: &WindowFunction| follows_block(&w.params.order_by) && w.params.partition_by.is_empty();
    let done = expr.transform_up(|e| {
        let mut call = match &e {
            Expr::WindowFunction(window) if inherits(window) => window.as_ref().clone(),
            Expr::WindowFunction(_) => return Ok(Transformed::no(e)),
            other => match reveal(other).filter(inherits) {
                Some(window) => window,
                None => return Ok(Transformed::no(e)),
            },
        };
        call.params.partition_by = partition.to_vec();
        let call = Expr::from(call);
        Ok(Transformed::yes(if matches!(e, Expr::WindowFunction(_)) { call } else { hide_all(call)? }))
    })?;
    Ok(done.data)
}

/// `ORDERED BY` partition and keys, without a partition.
fn sorted_as_a_whole(node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let (order, trust) = match &node {
        LogicalPlan::TableScan(_) => (order_of(&node), Trust::Establish),
        other => match node_of::<OrderedNode>(other) {
            Some(ordered) => (Some(ordered.order.clone()), ordered.trust),
            None => return Ok(Transformed::no(node)),
        },
    };
    let Some(order) = order.filter(|order| order.falling) else { return Ok(Transformed::no(node)) };
    let input = match node_of::<OrderedNode>(&node) {
        Some(ordered) => ordered.input.clone(),
        None => node,
    };
    let order = Order::new(vec![], order.layout());
    Ok(Transformed::yes(extension(OrderedNode { input, order, trust })))
}
