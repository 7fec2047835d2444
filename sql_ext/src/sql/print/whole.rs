//! Plans before they are printed: keys of a partition that is gone, where SQL must name them.
//!
//! ```text
//! Filter: row_number() OVER whole …        Projection: v
//!   Window: row_number() OVER whole          Filter: …
//!     Projection: v                    ⇒       Window: row_number() OVER whole
//!       Ordered: ts PARTITION BY k               Projection: v, k AS ␁gone0, ts AS ␁gone1
//!                                                  Ordered: ts PARTITION BY k
//! ```
//!
//! SQL counts rows along the order of a block and has no word for "as they come, partition by partition":
//! the printer writes the partition as leading keys, and so needs them as columns.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::{Expr, LogicalPlan, Projection};

use crate::plan::carry::{first_free, with_keys_from};
use crate::plan::hidden::follows_source;
use crate::plan::{RunsNode, node_of, order_of};

/// The plan with the keys that its positions and runs go by.
pub(super) fn with_positions(plan: LogicalPlan) -> Result<LogicalPlan> {
    let mut next = first_free(&plan)?;
    let done = plan.transform_up(|node| {
        if !counts(&node) {
            return Ok(Transformed::no(node));
        }
        let Some(input) = node.inputs().into_iter().next().cloned() else { return Ok(Transformed::no(node)) };
        let before = input.schema().fields().len();
        let wide = with_keys_from(input, &mut next)?;
        let partitioned = order_of(&wide).is_some_and(|order| !order.partition.is_empty());
        if !partitioned || wide.schema().fields().len() == before {
            return Ok(Transformed::no(node));
        }
        let own: Vec<Expr> = node.schema().columns().into_iter().map(Expr::Column).collect();
        let node = node.with_new_exprs(node.expressions(), vec![wide])?;
        Ok(Transformed::yes(LogicalPlan::Projection(Projection::try_new(own, Arc::new(node))?)))
    })?;
    Ok(done.data)
}

/// Does a node count rows over the whole table, or number its runs?
fn counts(node: &LogicalPlan) -> bool {
    let whole = |e: &Expr| matches!(e, Expr::WindowFunction(w) if follows_source(&w.params.order_by));
    match node {
        LogicalPlan::Window(window) => window.window_expr.iter().any(whole),
        other => node_of::<RunsNode>(other).is_some(),
    }
}
