//! LEFT LINKs of which nothing is used.
//!
//! ```text
//! Projection: t.px                      Projection: t.px
//!   Link: LEFT ON t.sym = n.sym    ⇒      TableScan: t
//!     TableScan: t
//!     TableScan: n (sym is unique)
//! ```
//!
//! Every left row comes out once, whatever is in the target, so that the target need not be read.

use std::collections::HashSet;

use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, Result};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

use crate::plan::link::LinkType;
use crate::plan::{LinkNode, node_of};

/// The rule; it comes after the base has pruned columns.
#[derive(Debug)]
pub struct UnusedLinks;

/// Columns that are read above a node; none where all of them are.
type Wanted = Option<HashSet<Column>>;

impl OptimizerRule for UnusedLinks {
    fn name(&self) -> &str {
        "unused_links"
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        prune(plan, &None)
    }
}

#[recursive::recursive]
fn prune(plan: LogicalPlan, wanted: &Wanted) -> Result<Transformed<LogicalPlan>> {
    if let Some(link) = node_of::<LinkNode>(&plan)
        && unused(link, wanted)
    {
        let left = prune(link.left.clone(), wanted)?;
        return Ok(Transformed::yes(left.data));
    }
    let below = wanted_below(&plan, wanted);
    let mut changed = false;
    let mut inputs = vec![];
    for input in plan.inputs() {
        let pruned = prune(input.clone(), &below)?;
        changed |= pruned.transformed;
        inputs.push(pruned.data);
    }
    if !changed {
        return Ok(Transformed::no(plan));
    }
    let exprs = plan.expressions();
    Ok(Transformed::yes(plan.with_new_exprs(exprs, inputs)?))
}

fn unused(link: &LinkNode, wanted: &Wanted) -> bool {
    let Some(wanted) = wanted else { return false };
    let target = link.target.schema();
    link.link_type == LinkType::Left && link.target_is_unique() && !wanted.iter().any(|c| target.has_column(c))
}

/// What a node's inputs are read for: its own expressions, and what it lets through.
fn wanted_below(plan: &LogicalPlan, wanted: &Wanted) -> Wanted {
    let own = || plan.expressions().iter().flat_map(Expr::column_refs).cloned().collect::<HashSet<Column>>();
    match plan {
        LogicalPlan::Projection(_) | LogicalPlan::Aggregate(_) => Some(own()),
        LogicalPlan::Filter(_) | LogicalPlan::Sort(_) | LogicalPlan::Limit(_) | LogicalPlan::Extension(_) => {
            let mut all = own();
            all.extend(wanted.as_ref()?.iter().cloned());
            Some(all)
        }
        _ => None,
    }
}
