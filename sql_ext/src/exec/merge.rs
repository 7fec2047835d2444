//! Two inputs that come in the order of the join's keys, merged.
//!
//! The stock sort-merge join does the work. It stands inside an operator of ours, for it asks for its keys in
//! terms of the keys themselves, and the inputs are sorted by their position: another sort would be planned.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::compute::SortOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{
    Distribution, EquivalenceProperties, LexOrdering, OrderingRequirements, PhysicalExpr, PhysicalSortExpr,
};
use datafusion::physical_plan::distribution_requirements::InputDistributionRequirements;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::joins::SortMergeJoinExec;
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties};

use super::planner::Scope;
use crate::plan::MergeNode;

/// Plans a merge; `scopes` are those of left and right.
pub(super) fn merge(
    node: &MergeNode,
    scopes: &[Scope; 2],
    inputs: &[Arc<dyn ExecutionPlan>],
) -> Result<Arc<dyn ExecutionPlan>> {
    let ([left, right], Some((left_position, right_position))) = (inputs, &node.positions) else {
        return internal_err!("a merge was not bound");
    };
    let on = node.join.on.iter().map(|(l, r)| Ok((scopes[0].expr(l)?, scopes[1].expr(r)?)));
    let sort = node.sort.iter().map(|&(asc, nulls_first)| SortOptions { descending: !asc, nulls_first });
    let (left, right) = (Arc::clone(left), Arc::clone(right));
    let (kind, nulls) = (node.join.join_type, node.join.null_equality);
    let join = SortMergeJoinExec::try_new(left, right, on.collect::<Result<_>>()?, None, kind, sort.collect(), nulls)?;
    Ok(Arc::new(MergeExec::new(join, [scopes[0].sort(left_position)?, scopes[1].sort(right_position)?])))
}

/// Runs a sort-merge join over inputs in position order.
#[derive(Debug)]
pub struct MergeExec {
    join: Arc<SortMergeJoinExec>,
    positions: [Vec<PhysicalSortExpr>; 2],
    properties: Arc<PlanProperties>,
}

impl MergeExec {
    fn new(join: SortMergeJoinExec, positions: [Vec<PhysicalSortExpr>; 2]) -> Self {
        let eq = EquivalenceProperties::new(join.schema());
        let partitioning = Partitioning::UnknownPartitioning(1);
        let properties = PlanProperties::new(eq, partitioning, EmissionType::Incremental, Boundedness::Bounded);
        MergeExec { join: Arc::new(join), positions, properties: Arc::new(properties) }
    }
}

impl DisplayAs for MergeExec {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        let on: Vec<String> = self.join.on().iter().map(|(l, r)| format!("{l} = {r}")).collect();
        write!(f, "MergeExec: {} on=[{}]", self.join.join_type(), on.join(", "))
    }
}

impl ExecutionPlan for MergeExec {
    fn name(&self) -> &str {
        "MergeExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![Distribution::SinglePartition, Distribution::SinglePartition])
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        self.positions.iter().map(|keys| LexOrdering::new(keys.clone()).map(OrderingRequirements::from)).collect()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![false, false]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false, false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.join.children()
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let (Some(right), Some(left), true) = (children.pop(), children.pop(), children.is_empty()) else {
            return internal_err!("MergeExec takes two inputs");
        };
        let (on, sort) = (self.join.on().to_vec(), self.join.sort_options().to_vec());
        let (kind, nulls) = (self.join.join_type(), self.join.null_equality());
        let join = SortMergeJoinExec::try_new(left, right, on, None, kind, sort, nulls)?;
        Ok(Arc::new(MergeExec::new(join, self.positions.clone())))
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        let mut recursion = TreeNodeRecursion::Continue;
        for (left, right) in self.join.on() {
            recursion = recursion.visit_sibling(|| f(left))?.visit_sibling(|| f(right))?;
        }
        Ok(recursion)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.join.execute(partition, context)
    }

    fn metrics(&self) -> Option<MetricsSet> {
        self.join.metrics()
    }
}
