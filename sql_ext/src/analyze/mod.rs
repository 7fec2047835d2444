//! Binds order to sequence functions: one analyzer rule that walks a plan from its root.
//!
//! Statements without a word of ours pass through untouched.

mod aggregate;
mod bind;
mod calls;
mod frames;
mod further;
mod joins;
mod lower;
mod relation;
mod rolling;
mod search;
mod times;
mod windows;

pub(crate) use frames::{distance, interval};
pub(crate) use rolling::{kernel_of, kernel_takes};

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::{Expr, LogicalPlan, TableScan};
use datafusion::optimizer::analyzer::{Analyzer, AnalyzerRule};

use crate::order::MARK;
use crate::plan::SourceTable;
use crate::plan::hidden::{is_ours, reveal};
use crate::registry::ordered_aggregate;

/// The session's analyzer rules: ours before the stock ones, which coerce types.
pub fn analyzer_rules() -> Vec<Arc<dyn AnalyzerRule + Send + Sync>> {
    let mut rules: Vec<Arc<dyn AnalyzerRule + Send + Sync>> =
        vec![Arc::new(Bind { kernels: true }), Arc::new(times::CompareTimes)];
    rules.extend(Analyzer::new().rules);
    rules
}

/// The same with every call lowered to standard windows: the oracle and the fallback.
pub fn portable_analyzer_rules() -> Vec<Arc<dyn AnalyzerRule + Send + Sync>> {
    let mut rules = analyzer_rules();
    rules[0] = Arc::new(Bind { kernels: false });
    rules
}

/// Swaps in positioned sources, binds sequence calls, and delivers rows in order.
///
/// ```text
/// Projection: ts, shift(px) OVER marker AS p     Projection: ts, p
///   Window: shift(px) OVER marker                  Deliver
///     Ordered: ts                          ⇒         Projection: ts, c1 AS p, p0
///       TableScan: t                                   Sequence: c1 = shift(px) by p0
///                                                        Ordered (sorts by ts, p1; numbers as p0)
///                                                          TableScan: t with position p1
/// ```
#[derive(Debug)]
struct Bind {
    kernels: bool,
}

impl AnalyzerRule for Bind {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        if !speaks_of_order(&plan)? {
            return Ok(plan);
        }
        bind::Binder::new(self.kernels).root(plan)
    }

    fn name(&self) -> &str {
        "bind_order"
    }
}

/// Is there a word of ours, or a table that declares an order, anywhere in the plan?
fn speaks_of_order(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        found = match node {
            LogicalPlan::Extension(_) => true,
            LogicalPlan::TableScan(scan) => declares(scan),
            _ => node_speaks(node)?,
        };
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

fn declares(scan: &TableScan) -> bool {
    source_as_provider(&scan.source)
        .is_ok_and(|provider| SourceTable::of(provider.as_ref()).is_some_and(SourceTable::speaks_of_order))
}

fn node_speaks(node: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    for expr in node.expressions() {
        expr.apply(|e| {
            found |= match e {
                Expr::WindowFunction(window) => is_ours(window) || windows::whole_ours(&window.fun),
                Expr::AggregateFunction(call) => ordered_aggregate(&call.func).is_some(),
                Expr::ScalarFunction(call) => call.func.name().starts_with(MARK) || reveal(e).is_some(),
                _ => false,
            };
            Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })?;
    }
    Ok(found)
}
