//! `QUALIFY SEARCH_FIRST(c)`: a search where there would be a scan.
//!
//! ```text
//! Filter: found                         Filter: found
//!   Window: SEARCH_FIRST(c) AS found ⇒    Window: SEARCH_FIRST(c) AS found
//!     …                                     Limit: 1                        (where nothing restarts it)
//!                                             Filter: c                     (which the source may prune by)
//!                                               …
//! ```
//!
//! Of rows that are not wanted none is first, so that they may as well be left out before.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::TreeNode;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Expr, Filter, Limit, LogicalPlan, Window, lit};

use crate::plan::hidden::{follows_order, is_ours, reveal, sequence_function};
use crate::plan::order_of;
use crate::registry::Op;

/// The filter, above no more rows than it takes.
pub(super) fn searched(mut filter: Filter) -> Result<Filter> {
    let LogicalPlan::Window(window) = filter.input.as_ref() else { return Ok(filter) };
    let [expr] = window.window_expr.as_slice() else { return Ok(filter) };
    let Some((call, condition)) = search(expr)? else { return Ok(filter) };
    let name = expr.schema_name().to_string();
    let asks = |e: &Expr| matches!(e, Expr::Column(column) if column.name == name);
    if !split_conjunction(&filter.predicate).into_iter().any(asks) {
        return Ok(filter);
    }
    let mut rows = LogicalPlan::Filter(Filter::try_new(condition.clone(), Arc::clone(&window.input))?);
    if is_one(call, &window.input) {
        rows = LogicalPlan::Limit(Limit { skip: None, fetch: Some(Box::new(lit(1_i64))), input: Arc::new(rows) });
    }
    let window = Window::try_new(window.window_expr.clone(), Arc::new(rows))?;
    filter.input = Arc::new(LogicalPlan::Window(window));
    Ok(filter)
}

/// A SEARCH_FIRST whose condition asks for nothing but the row itself.
fn search(expr: &Expr) -> Result<Option<(&WindowFunction, &Expr)>> {
    let Expr::WindowFunction(call) = expr else { return Ok(None) };
    let first = sequence_function(&call.fun).is_some_and(|function| function.op() == Op::SearchFirst);
    let ([condition], true, None) = (call.params.args.as_slice(), first, &call.params.filter) else { return Ok(None) };
    let further = condition.exists(|e| {
        let window = matches!(e, Expr::WindowFunction(window) if is_ours(window));
        Ok(window || reveal(e).is_some())
    })?;
    Ok((!further && !condition.is_volatile()).then_some((call.as_ref(), condition)))
}

/// Is there at most one first row?
fn is_one(call: &WindowFunction, input: &LogicalPlan) -> bool {
    let params = &call.params;
    let partitioned = order_of(input).is_none_or(|order| !order.partition.is_empty());
    params.partition_by.is_empty() && follows_order(&params.order_by) && !partitioned
}
