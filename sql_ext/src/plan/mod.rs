//! Logical nodes for ordered data, one per file, and the builder that both doors use.

pub mod asof;
pub mod builder;
pub mod carry;
pub mod case;
pub mod deliver;
pub mod depth;
pub mod explain;
pub mod frame_call;
pub mod hidden;
pub mod link;
pub mod merge;
pub mod number;
pub mod order_of;
pub mod ordered;
pub mod rows;
pub mod runs;
pub mod sequence;
pub mod table;
pub mod unordered;

pub use asof::{AsofCondition, AsofNode, Direction};
pub use deliver::DeliverNode;
pub use frame_call::FrameCall;
pub use link::{LinkNode, LinkType};
pub use merge::MergeNode;
pub use number::{CheckNode, NumberNode};
pub use order_of::order_of;
pub use ordered::OrderedNode;
pub use runs::RunsNode;
pub use sequence::{SeqCall, SeqKind, SequenceNode};
pub use table::{PositionedScan, SourceTable};
pub use unordered::UnorderedNode;

use std::sync::Arc;

use datafusion::arrow::datatypes::Field;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, DFSchemaRef, Result};
use datafusion::functions_aggregate::nth_value::nth_value_udaf;
use datafusion::logical_expr::expr::{AggregateFunction, Exists, InSubquery, SetComparison};
use datafusion::logical_expr::{Expr, Extension, LogicalPlan, Subquery, UserDefinedLogicalNodeCore, lit};

/// Wraps a node of ours into a plan.
pub fn extension<N: UserDefinedLogicalNodeCore>(node: N) -> LogicalPlan {
    LogicalPlan::Extension(Extension { node: Arc::new(node) })
}

/// The node of type `N` at the root of a plan, if it is one.
pub fn node_of<N: UserDefinedLogicalNodeCore>(plan: &LogicalPlan) -> Option<&N> {
    match plan {
        LogicalPlan::Extension(extension) => extension.node.as_any().downcast_ref::<N>(),
        _ => None,
    }
}

/// The query that an expression is, not one further inside.
pub fn subquery_of(expr: &Expr) -> Option<&Subquery> {
    match expr {
        Expr::ScalarSubquery(subquery)
        | Expr::InSubquery(InSubquery { subquery, .. })
        | Expr::Exists(Exists { subquery, .. })
        | Expr::SetComparison(SetComparison { subquery, .. }) => Some(subquery),
        _ => None,
    }
}

/// Is it a query inside an expression?
pub fn is_subquery(expr: &Expr) -> bool {
    subquery_of(expr).is_some()
}

/// Is it a query inside an expression that is true or false? Stock plans those in filters only.
pub fn is_predicate(expr: &Expr) -> bool {
    is_subquery(expr) && !matches!(expr, Expr::ScalarSubquery(_))
}

/// Is there a query inside an expression anywhere in the plan?
pub fn holds_subquery(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply(|node| {
        node.apply_expressions(|expr| {
            found |= expr.exists(|e| Ok(is_subquery(e)))?;
            Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })
    })?;
    Ok(found)
}

/// Spells a LAST_VALUE as the first row from the end: the stock one panics on a batch of which no row passes its
/// filter.
pub fn last_from_the_end(call: &mut AggregateFunction) {
    call.func = nth_value_udaf();
    call.params.args.push(lit(-1_i64));
}

/// The input's schema with further unqualified columns at the end.
fn schema_with(input: &DFSchema, fields: Vec<Field>) -> Result<DFSchemaRef> {
    let mut all: Vec<_> = input.iter().map(|(q, f)| (q.cloned(), Arc::clone(f))).collect();
    all.extend(fields.into_iter().map(|f| (None, Arc::new(f))));
    let schema = DFSchema::new_with_metadata(all, input.metadata().clone())?
        .with_functional_dependencies(input.functional_dependencies().clone())?;
    Ok(Arc::new(schema))
}

/// Splits off the only input; a node of ours never has none.
fn single(mut inputs: Vec<LogicalPlan>) -> Result<LogicalPlan> {
    match (inputs.pop(), inputs.is_empty()) {
        (Some(input), true) => Ok(input),
        _ => datafusion::common::internal_err!("a node with one input was given another number"),
    }
}

/// Indices of the input's columns that a node must read: those its parent wants
/// and those its own expressions use.
fn needed_columns(input: &DFSchema, wanted: &[usize], exprs: &[Expr]) -> Vec<usize> {
    let mut needed: Vec<usize> = wanted.iter().copied().filter(|i| *i < input.fields().len()).collect();
    for expr in exprs {
        needed.extend(expr.column_refs().into_iter().filter_map(|c| input.maybe_index_of_column(c)));
    }
    needed.sort_unstable();
    needed.dedup();
    needed
}

/// The same for a node whose columns are those of two inputs, one after the other.
fn needed_of_two(left: &DFSchema, right: &DFSchema, wanted: &[usize], exprs: &[Expr]) -> Vec<Vec<usize>> {
    let width = left.fields().len();
    let of_left: Vec<usize> = wanted.iter().copied().filter(|i| *i < width).collect();
    let of_right: Vec<usize> = wanted.iter().filter_map(|i| i.checked_sub(width)).collect();
    vec![needed_columns(left, &of_left, exprs), needed_columns(right, &of_right, exprs)]
}
