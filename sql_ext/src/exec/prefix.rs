//! Sorts rows that come sorted by some of the keys: group by group, while they stream by.
//!
//! A group that stays small is sorted in memory. A great one goes through the stock sort, which spills.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{
    Distribution, EquivalenceProperties, LexOrdering, OrderingRequirements, PhysicalExpr, PhysicalSortExpr,
};
use datafusion::physical_plan::distribution_requirements::InputDistributionRequirements;
use datafusion::physical_plan::execution_plan::{CardinalityEffect, EmissionType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::sorts::sort::{SortExec, sort_batch};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
};
use futures::{StreamExt, stream};
use ltseq_kernels::runs::Boundaries;

use super::operator::evaluate;
use crate::order::MARK;

/// Bytes of one group from which on it is left to the stock sort.
const GREAT: usize = 8 << 20;

/// Sorts by all keys what its position has sorted by the first of them.
#[derive(Debug)]
pub struct PrefixSortExec {
    input: Arc<dyn ExecutionPlan>,
    /// The position that the rows come by.
    position: LexOrdering,
    /// All keys; they tell every two rows apart.
    keys: LexOrdering,
    /// The first of them: those that the rows are sorted by already.
    prefix: LexOrdering,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl PrefixSortExec {
    /// Rows that come by `position` are sorted by `prefix`, the first of `keys`.
    pub fn new(input: Arc<dyn ExecutionPlan>, position: LexOrdering, keys: LexOrdering, prefix: LexOrdering) -> Self {
        let mut eq = EquivalenceProperties::new(input.schema());
        eq.add_orderings([keys.clone()]);
        let partitioning = Partitioning::UnknownPartitioning(1);
        let properties = PlanProperties::new(eq, partitioning, EmissionType::Incremental, input.boundedness());
        let metrics = ExecutionPlanMetricsSet::new();
        PrefixSortExec { input, position, keys, prefix, properties: Arc::new(properties), metrics }
    }
}

impl DisplayAs for PrefixSortExec {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        let shown = |keys: &[PhysicalSortExpr]| -> String {
            keys.iter().map(|k| k.to_string().replace(MARK, "")).collect::<Vec<_>>().join(", ")
        };
        let (prefix, rest) = self.keys.split_at(self.prefix.len());
        write!(f, "PrefixSortExec: [{}], within [{}]", shown(rest), shown(prefix))
    }
}

impl ExecutionPlan for PrefixSortExec {
    fn name(&self) -> &'static str {
        "PrefixSortExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![Distribution::SinglePartition])
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        vec![Some(OrderingRequirements::from(self.position.clone()))]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![false]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => {
                let (position, keys, prefix) = (self.position.clone(), self.keys.clone(), self.prefix.clone());
                Ok(Arc::new(PrefixSortExec::new(input, position, keys, prefix)))
            }
            _ => internal_err!("PrefixSortExec takes one input"),
        }
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        let mut recursion = TreeNodeRecursion::Continue;
        for key in self.keys.iter().chain(&self.position) {
            recursion = recursion.visit_sibling(|| f(&key.expr))?;
        }
        Ok(recursion)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let prefix = self.prefix.iter().map(|k| Arc::clone(&k.expr)).collect();
        let rows = self.input.execute(partition, Arc::clone(&context))?;
        let groups = Groups { rows, prefix, boundaries: Boundaries::new(), next: None };
        let memory = MemoryConsumer::new("PrefixSortExec").register(context.memory_pool());
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let (keys, schema) = (self.keys.clone(), self.schema());
        let sorter = Sorter { groups: Some(groups), open: vec![], great: None, keys, context, memory, metrics };
        let sorted = stream::try_unfold(sorter, |mut sorter| async move {
            let batch = sorter.next().await?;
            Ok(batch.map(|batch| (batch, sorter)))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, sorted)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }
}

/// The input, cut where the prefix changes.
struct Groups {
    rows: SendableRecordBatchStream,
    prefix: Vec<Arc<dyn PhysicalExpr>>,
    boundaries: Boundaries,
    /// What a great group left over: a batch whose first row begins a group.
    next: Option<(RecordBatch, Vec<usize>)>,
}

impl Groups {
    /// The next batch and the rows of it that begin a group.
    async fn next(&mut self) -> Result<Option<(RecordBatch, Vec<usize>)>> {
        if let Some(next) = self.next.take() {
            return Ok(Some(next));
        }
        while let Some(batch) = self.rows.next().await.transpose()? {
            if batch.num_rows() > 0 {
                let keys = evaluate(&self.prefix, &batch)?;
                let starts = self.boundaries.starts(&keys, batch.num_rows())?;
                return Ok(Some((batch, starts)));
            }
        }
        Ok(None)
    }

    /// The next rows of the group that is open; what follows it is kept.
    async fn same(&mut self) -> Result<Option<RecordBatch>> {
        let Some((batch, starts)) = self.next().await? else { return Ok(None) };
        let Some(&end) = starts.first() else { return Ok(Some(batch)) };
        let after = starts.iter().map(|start| start - end).collect();
        self.next = Some((batch.slice(end, batch.num_rows() - end), after));
        Ok((end > 0).then(|| batch.slice(0, end)))
    }
}

struct Sorter {
    /// Lent to the stock sort while a great group passes through it.
    groups: Option<Groups>,
    /// The group that may go on.
    open: Vec<RecordBatch>,
    great: Option<(SendableRecordBatchStream, Arc<Lent>)>,
    keys: LexOrdering,
    context: Arc<TaskContext>,
    memory: MemoryReservation,
    metrics: BaselineMetrics,
}

impl Sorter {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some((sorted, lent)) = &mut self.great {
                if let Some(batch) = sorted.next().await {
                    return batch.map(Some);
                }
                self.groups = lent.taken();
                self.great = None;
            }
            let Some(groups) = &mut self.groups else { return Ok(None) };
            let Some((batch, starts)) = groups.next().await? else {
                self.groups = None;
                let last = std::mem::take(&mut self.open);
                return if last.is_empty() { Ok(None) } else { self.sorted(&last).map(Some) };
            };
            let begin = starts.last().copied().unwrap_or(0);
            let mut whole = vec![];
            if !starts.is_empty() {
                whole = std::mem::take(&mut self.open);
                whole.push(batch.slice(0, begin));
            }
            self.open.push(batch.slice(begin, batch.num_rows() - begin));
            let held: usize = self.open.iter().chain(&whole).map(RecordBatch::get_array_memory_size).sum();
            if self.open.len() > 1 && held > GREAT {
                self.hand_over()?;
            } else {
                // What is sorted stands in memory twice.
                self.memory.try_resize(held * 2)?;
            }
            if whole.iter().any(|batch| batch.num_rows() > 0) {
                return self.sorted(&whole).map(Some);
            }
        }
    }

    fn sorted(&self, groups: &[RecordBatch]) -> Result<RecordBatch> {
        let _timer = self.metrics.elapsed_compute().timer();
        let Some(first) = groups.first() else { return internal_err!("a group without rows") };
        sort_batch(&concat_batches(&first.schema(), groups)?, &self.keys, None)
    }

    /// Leaves the open group, as far as it goes, to the stock sort.
    fn hand_over(&mut self) -> Result<()> {
        let Some(schema) = self.open.first().map(RecordBatch::schema) else { return Ok(()) };
        let lent = Arc::new(Lent {
            schema: Arc::clone(&schema),
            open: Mutex::new(std::mem::take(&mut self.open).into()),
            groups: Mutex::new(self.groups.take()),
        });
        self.memory.free();
        let group: Arc<dyn PartitionStream> = Arc::new(Group(Arc::clone(&lent)));
        let rows = StreamingTableExec::try_new(schema, vec![group], None, None::<LexOrdering>, false, None)?;
        let sorted = SortExec::new(self.keys.clone(), Arc::new(rows)).execute(0, Arc::clone(&self.context))?;
        self.great = Some((sorted, lent));
        Ok(())
    }
}

/// What the stock sort reads from, given back at the group's end.
struct Lent {
    schema: SchemaRef,
    open: Mutex<VecDeque<RecordBatch>>,
    groups: Mutex<Option<Groups>>,
}

impl Lent {
    fn taken(&self) -> Option<Groups> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn next(&self) -> Result<Option<RecordBatch>> {
        if let Some(batch) = self.open.lock().unwrap_or_else(PoisonError::into_inner).pop_front() {
            return Ok(Some(batch));
        }
        let Some(mut groups) = self.taken() else { return Ok(None) };
        let batch = groups.same().await;
        *self.groups.lock().unwrap_or_else(PoisonError::into_inner) = Some(groups);
        batch
    }
}

/// The rows of one great group.
struct Group(Arc<Lent>);

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Group")
    }
}

impl PartitionStream for Group {
    fn schema(&self) -> &SchemaRef {
        &self.0.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = stream::try_unfold(Arc::clone(&self.0), |lent| async move {
            let batch = lent.next().await?;
            Ok(batch.map(|batch| (batch, lent)))
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.0.schema), rows))
    }
}
