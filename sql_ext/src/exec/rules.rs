//! Physical rules of ours, each with its plan before and after.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};

use super::concat::ConcatExec;
use super::dynamic::FlatKeysOnly;
use super::guard::GuardedFilters;
use super::nan::{FloatsWithoutBounds, NoSkippedNan};
use super::number::Position;
use super::operator::OrderedExec;
use super::run_aggregate::RunAggregateExec;
use super::skip::skip;

/// The session's rules: ours before the stock ones, these, and ours after them.
pub fn physical_rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let mut rules: Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> =
        vec![Arc::new(RunAggregates), Arc::new(SkipFirst), Arc::new(FloatsWithoutBounds)];
    rules.extend(PhysicalOptimizer::new().rules.into_iter().map(|rule| match rule.name() {
        "FilterPushdown" | "FilterPushdown(Post)" => Arc::new(FlatKeysOnly(rule)),
        _ => rule,
    }));
    rules.push(Arc::new(NoSkippedNan));
    rules.push(Arc::new(GuardedFilters));
    rules.push(Arc::new(SoftLimits));
    rules.push(Arc::new(ConcatSlices));
    rules.push(Arc::new(DropDeliver));
    rules
}

/// The plan with another node in the place of each for which `find` gives one, leaves first.
pub(super) fn replaced(
    plan: Arc<dyn ExecutionPlan>,
    find: impl Fn(&Arc<dyn ExecutionPlan>) -> Result<Option<Arc<dyn ExecutionPlan>>>,
) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|node| {
        Ok(match find(&node)? {
            Some(other) => Transformed::yes(other),
            None => Transformed::no(node),
        })
    })
    .map(|t| t.data)
}

/// Rows are left out before those that are left are sorted. Stock moves a sort through a limit that only skips.
///
/// ```text
/// SortExec: [g]                            SortExec: [g]
///   GlobalLimitExec: skip=10, fetch=None ⇒   SkipExec: 10
///     SortExec: [v]                            SortExec: [v]
/// ```
#[derive(Debug)]
struct SkipFirst;

impl PhysicalOptimizerRule for SkipFirst {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        below_sorts(plan, false).map(|t| t.data)
    }

    fn name(&self) -> &str {
        "skip_first"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Puts the operator in place where something above asks for an order.
#[recursive::recursive]
fn below_sorts(plan: Arc<dyn ExecutionPlan>, sorted: bool) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    let sorts = sorted || plan.is::<SortExec>() || plan.required_input_ordering().iter().any(Option::is_some);
    let plan = plan.map_children(|child| below_sorts(child, sorts))?;
    Ok(match skip(&plan.data)?.filter(|_| sorted) {
        Some(skips) => Transformed::yes(skips),
        None => plan,
    })
}

/// Runs come one after the other, so that their aggregates need no hash table and no second step.
///
/// ```text
/// AggregateExec: mode=Final, gby=[run, …]           RunAggregateExec: keys=[run, …]
///   AggregateExec: mode=Partial, gby=[run, …]   ⇒     SequenceExec: run(…)
///     SequenceExec: run(…)
/// ```
#[derive(Debug)]
struct RunAggregates;

impl PhysicalOptimizerRule for RunAggregates {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        replaced(plan, |node| {
            let aggregate = node.downcast_ref::<AggregateExec>().and_then(from_raw_rows);
            let over_runs = aggregate.map(RunAggregateExec::of).transpose()?.flatten();
            Ok(over_runs.map(|exec| Arc::new(exec) as Arc<dyn ExecutionPlan>))
        })
    }

    fn name(&self) -> &str {
        "run_aggregates"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The step of an aggregate that reads rows, where the given one is the last step.
fn from_raw_rows(aggregate: &AggregateExec) -> Option<&AggregateExec> {
    match aggregate.mode() {
        AggregateMode::Single | AggregateMode::SinglePartitioned => Some(aggregate),
        AggregateMode::Final | AggregateMode::FinalPartitioned => {
            let partial = aggregate.input().downcast_ref::<AggregateExec>()?;
            (*partial.mode() == AggregateMode::Partial).then_some(partial)
        }
        _ => None,
    }
}

/// A limit inside a DISTINCT is a hint that stock gives while the rows below have no order. Where a later
/// rule gave them one, the same hint means "the first groups by their key", and stock fails at the run.
///
/// ```text
/// GlobalLimitExec: fetch=1                             GlobalLimitExec: fetch=1
///   AggregateExec: gby=[a], lim=[1], Sorted     ⇒        AggregateExec: gby=[a], Sorted
/// ```
#[derive(Debug)]
struct SoftLimits;

impl PhysicalOptimizerRule for SoftLimits {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        replaced(plan, |node| {
            Ok(node
                .downcast_ref::<AggregateExec>()
                .filter(|aggregate| aggregate.limit_options().is_some_and(|l| l.descending().is_none()))
                .filter(|aggregate| !aggregate.is_unordered_unfiltered_group_by_distinct())
                .map(|aggregate| Arc::new(aggregate.with_new_limit_options(None)) as Arc<dyn ExecutionPlan>))
        })
    }

    fn name(&self) -> &str {
        "soft_limits"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Slices of a source follow each other, so that merging them by position is concatenation.
///
/// ```text
/// SortPreservingMergeExec: [p]      OrderedConcatExec
///   FilterExec                  ⇒     FilterExec
///     PositionExec                      PositionExec
/// ```
#[derive(Debug)]
struct ConcatSlices;

impl PhysicalOptimizerRule for ConcatSlices {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        replaced(plan, |node| {
            let Some(merge) = node.downcast_ref::<SortPreservingMergeExec>() else { return Ok(None) };
            let [key] = merge.expr().iter().as_slice() else { return Ok(None) };
            let Some(column) = key.expr.downcast_ref::<Column>() else { return Ok(None) };
            if key.options.descending || !numbered(merge.input(), column.name()) {
                return Ok(None);
            }
            Ok(Some(Arc::new(ConcatExec::new(Arc::clone(merge.input()), merge.fetch()))))
        })
    }

    fn name(&self) -> &str {
        "concat_slices"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Does a chain that keeps partitions as they are lead down to the source that gave `position`?
fn numbered(plan: &Arc<dyn ExecutionPlan>, position: &str) -> bool {
    if let Some(ordered) = plan.downcast_ref::<OrderedExec>()
        && let Some(source) = position_of(ordered)
        && source.name == position
    {
        return true;
    }
    // The first input of a LINK is the one whose order it keeps.
    let children = plan.children();
    let Some(child) = children.first() else { return false };
    plan.maintains_input_order().first() == Some(&true)
        && child.output_partitioning().partition_count() == plan.output_partitioning().partition_count()
        && numbered(child, position)
}

/// The source operator that numbers rows, if it is one.
pub fn position_of(ordered: &OrderedExec) -> Option<&Position> {
    let operator: &dyn std::any::Any = ordered.operator().as_ref();
    operator.downcast_ref::<Position>()
}

/// Deliver has done its work once the plan below has one partition in the right order.
///
/// ```text
/// DeliverExec           SequenceExec
///   SequenceExec   ⇒
/// ```
#[derive(Debug)]
struct DropDeliver;

impl PhysicalOptimizerRule for DropDeliver {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        replaced(plan, |node| {
            Ok(node
                .downcast_ref::<OrderedExec>()
                .filter(|ordered| ordered.operator().is_identity())
                .filter(|ordered| ordered.input().output_partitioning().partition_count() == 1)
                .map(|ordered| Arc::clone(ordered.input())))
        })
    }

    fn name(&self) -> &str {
        "drop_deliver"
    }

    fn schema_check(&self) -> bool {
        true
    }
}
