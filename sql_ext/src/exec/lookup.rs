//! The generic look-up operator: one side in memory, the rows of the other streaming past
//! it in their order. What is looked up is a [`Lookup`]: LINK and ASOF.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::compute::{concat_batches, filter_record_batch, take};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{
    Distribution, EquivalenceProperties, LexOrdering, OrderingRequirements, PhysicalExpr, PhysicalSortExpr,
};
use datafusion::physical_plan::distribution_requirements::InputDistributionRequirements;
use datafusion::physical_plan::execution_plan::EmissionType;
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::OnceCell;

/// What is looked up, as planned.
pub trait Lookup: fmt::Debug + Send + Sync {
    /// Name in EXPLAIN.
    fn name(&self) -> &'static str;

    /// What EXPLAIN says after the name.
    fn describe(&self, f: &mut fmt::Formatter) -> fmt::Result;

    /// All expressions that are evaluated.
    fn expressions(&self) -> Vec<Arc<dyn PhysicalExpr>>;

    /// Puts the right side into memory; it comes in right order. Memory beyond the batch is grown by the look-up.
    fn build(&self, right: RecordBatch, memory: &MemoryReservation) -> Result<Box<dyn Table>>;

    /// Are right rows kept that no left row met?
    fn keeps_right(&self) -> bool {
        false
    }
}

/// The right side, ready to be asked.
pub trait Table: Send + Sync {
    /// The right side's rows.
    fn batch(&self) -> &RecordBatch;

    /// The right rows by key, those of a key in right order; places of [`Match`]es count in them.
    fn rows(&self) -> &[u32];

    /// Do left rows come out that meet nobody?
    fn keeps_left(&self) -> bool;

    /// Whom the left rows meet.
    fn matches(&self, left: &RecordBatch) -> Result<Matches>;

    /// Hears of the right rows that come out; [`NOBODY`] is none.
    fn meet(&self, _right: &[u32]) {}

    /// Right rows that nobody met, in right order, once the left side has ended.
    fn unmet(&self) -> Vec<u32> {
        vec![]
    }
}

/// Whom the rows of a left batch meet.
#[derive(Debug)]
pub enum Matches {
    /// For each left row the one right row that it meets, or [`NOBODY`].
    One(Vec<u32>),
    /// The left rows that come out, ascending.
    Many(Vec<Match>),
}

/// A left row and the right rows that it meets; with none it stands beside nothing.
#[derive(Debug)]
pub struct Match {
    /// The left row.
    pub left: u32,
    /// Places in [`Table::rows`].
    pub places: Range<usize>,
}

/// The right row beside a left row that meets none.
pub const NOBODY: u32 = u32::MAX;

/// Rows to put side by side.
#[derive(Debug, Default)]
struct Pairs {
    left: Vec<u32>,
    right: Vec<u32>,
}

/// How the rows of both sides are sorted, and what comes out.
#[derive(Debug)]
pub struct Shape {
    /// Position of the left rows.
    pub left: Vec<PhysicalSortExpr>,
    /// Position of the right rows, over the right side.
    pub right: Vec<PhysicalSortExpr>,
    /// Position of the rows that come out.
    pub out: Vec<PhysicalSortExpr>,
    /// The columns that come out: left, then right.
    pub schema: SchemaRef,
}

impl Shape {
    /// The orders in which the two sides must come.
    pub fn required(&self) -> Vec<Option<OrderingRequirements>> {
        let keys = [&self.left, &self.right];
        keys.map(|keys| LexOrdering::new(keys.clone()).map(OrderingRequirements::from)).to_vec()
    }

    /// Rows that keep the left side's order, in so many partitions.
    pub fn properties(&self, left: &Arc<dyn ExecutionPlan>, partitions: usize) -> Arc<PlanProperties> {
        let mut eq = EquivalenceProperties::new(Arc::clone(&self.schema));
        eq.add_orderings([self.out.clone()]);
        let partitioning = Partitioning::UnknownPartitioning(partitions);
        Arc::new(PlanProperties::new(eq, partitioning, EmissionType::Incremental, left.boundedness()))
    }
}

/// Runs a [`Lookup`] over its two inputs.
#[derive(Debug)]
pub struct LookupExec {
    left: Arc<dyn ExecutionPlan>,
    right: Arc<dyn ExecutionPlan>,
    lookup: Arc<dyn Lookup>,
    shape: Arc<Shape>,
    built: Arc<OnceCell<Built>>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

/// The right side in memory, shared by all partitions of the left.
struct Built {
    table: Arc<dyn Table>,
    _memory: MemoryReservation,
}

impl fmt::Debug for Built {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Built({} rows)", self.table.batch().num_rows())
    }
}

impl LookupExec {
    /// Plans a look-up of left rows in the right side.
    pub fn new(
        left: Arc<dyn ExecutionPlan>,
        right: Arc<dyn ExecutionPlan>,
        lookup: Arc<dyn Lookup>,
        shape: Arc<Shape>,
    ) -> Self {
        let partitions = if lookup.keeps_right() { 1 } else { left.output_partitioning().partition_count() };
        let properties = shape.properties(&left, partitions);
        let metrics = ExecutionPlanMetricsSet::new();
        LookupExec { left, right, lookup, shape, built: Arc::default(), properties, metrics }
    }
}

impl DisplayAs for LookupExec {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: ", self.lookup.name())?;
        self.lookup.describe(f)
    }
}

impl ExecutionPlan for LookupExec {
    fn name(&self) -> &str {
        self.lookup.name()
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        let left = match self.lookup.keeps_right() {
            true => Distribution::SinglePartition,
            false => Distribution::UnspecifiedDistribution,
        };
        InputDistributionRequirements::new(vec![left, Distribution::SinglePartition])
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        self.shape.required()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true, false]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false, false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.left, &self.right]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.pop(), children.is_empty()) {
            (Some(right), Some(left), true) => {
                let (lookup, shape) = (Arc::clone(&self.lookup), Arc::clone(&self.shape));
                Ok(Arc::new(LookupExec::new(left, right, lookup, shape)))
            }
            _ => internal_err!("{} takes two inputs", self.lookup.name()),
        }
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        let mut recursion = TreeNodeRecursion::Continue;
        for expr in self.lookup.expressions() {
            recursion = recursion.visit_sibling(|| f(&expr))?;
        }
        Ok(recursion)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let left = self.left.execute(partition, Arc::clone(&context))?;
        let right = Arc::clone(&self.right);
        let (lookup, built) = (Arc::clone(&self.lookup), Arc::clone(&self.built));
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let schema = Arc::clone(&self.shape.schema);
        let size = context.session_config().batch_size().max(1);
        let joined = stream::once(async move {
            let asked = Arc::clone(&lookup);
            let built = built.get_or_try_init(|| async move { build(right, asked, context).await }).await?;
            let probe = Probe { table: Arc::clone(&built.table), keeps_right: lookup.keeps_right(), schema, size };
            Ok::<_, datafusion::common::DataFusionError>(probe.run(left, metrics))
        })
        .try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), joined)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

async fn build(right: Arc<dyn ExecutionPlan>, lookup: Arc<dyn Lookup>, context: Arc<TaskContext>) -> Result<Built> {
    let memory = MemoryConsumer::new(lookup.name()).register(context.memory_pool());
    let schema = right.schema();
    let mut stream = right.execute(0, context)?;
    let mut batches = vec![];
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        memory.try_grow(batch.get_array_memory_size())?;
        batches.push(batch);
    }
    let batch = concat_batches(&schema, &batches)?;
    drop(batches);
    if batch.num_rows() >= u32::MAX as usize {
        return datafusion::common::exec_err!("{} holds at most {} rows", lookup.name(), u32::MAX);
    }
    let table = Arc::from(lookup.build(batch, &memory)?);
    Ok(Built { table, _memory: memory })
}

struct Probe {
    table: Arc<dyn Table>,
    keeps_right: bool,
    schema: SchemaRef,
    size: usize,
}

/// A left batch on its way: one row of it may meet more right rows than fit a batch, or memory.
struct Pending {
    batch: RecordBatch,
    matches: Vec<Match>,
    next: usize,
}

impl Pending {
    /// The next pairs, at most `size`; none at the end.
    fn pairs(&mut self, rows: &[u32], size: usize) -> Pairs {
        let mut pairs = Pairs::default();
        while let Some(found) = self.matches.get_mut(self.next)
            && pairs.left.len() < size
        {
            if found.places.is_empty() {
                pairs.left.push(found.left);
                pairs.right.push(NOBODY);
            }
            let room = found.places.len().min(size - pairs.left.len());
            let now = found.places.start..found.places.start + room;
            found.places.start = now.end;
            pairs.left.extend(std::iter::repeat_n(found.left, room));
            pairs.right.extend_from_slice(&rows[now]);
            if found.places.is_empty() {
                self.next += 1;
            }
        }
        pairs
    }
}

/// What is left to do.
enum Rest {
    Left(SendableRecordBatchStream, Option<Pending>),
    /// The right rows that nobody met, beside the left side's columns.
    Right(SchemaRef),
    Done,
}

impl Probe {
    fn run(
        self,
        left: SendableRecordBatchStream,
        metrics: BaselineMetrics,
    ) -> impl futures::Stream<Item = Result<RecordBatch>> + Send {
        let rest = Rest::Left(left, None);
        stream::try_unfold((self, rest, metrics), |(probe, rest, metrics)| async move {
            let (batch, rest) = probe.next(rest, &metrics).await?;
            Ok(batch.map(|batch| (batch, (probe, rest, metrics))))
        })
    }

    async fn next(&self, mut rest: Rest, metrics: &BaselineMetrics) -> Result<(Option<RecordBatch>, Rest)> {
        loop {
            rest = match rest {
                Rest::Left(left, Some(mut pending)) => {
                    let _timer = metrics.elapsed_compute().timer();
                    let pairs = pending.pairs(self.table.rows(), self.size);
                    if !pairs.left.is_empty() {
                        self.table.meet(&pairs.right);
                        let batch = self.side_by_side(&pending.batch, pairs)?;
                        return Ok((Some(batch), Rest::Left(left, Some(pending))));
                    }
                    Rest::Left(left, None)
                }
                Rest::Left(mut left, None) => match left.next().await.transpose()? {
                    Some(batch) => {
                        let _timer = metrics.elapsed_compute().timer();
                        match self.table.matches(&batch)? {
                            Matches::Many(matches) => Rest::Left(left, Some(Pending { batch, matches, next: 0 })),
                            Matches::One(right) => match self.one_each(&batch, right)? {
                                joined if joined.num_rows() > 0 => {
                                    return Ok((Some(joined), Rest::Left(left, None)));
                                }
                                _ => Rest::Left(left, None),
                            },
                        }
                    }
                    None if self.keeps_right => Rest::Right(left.schema()),
                    None => Rest::Done,
                },
                Rest::Right(left) => return Ok((Some(self.unmet(&left)?), Rest::Done)),
                Rest::Done => return Ok((None, Rest::Done)),
            };
        }
    }

    /// Each left row beside its one right row; left rows alone stay where they are kept.
    fn one_each(&self, batch: &RecordBatch, mut right: Vec<u32>) -> Result<RecordBatch> {
        self.table.meet(&right);
        if self.table.keeps_left() || !right.contains(&NOBODY) {
            return self.beside(batch.columns().to_vec(), right);
        }
        let met = right.iter().map(|row| Some(*row != NOBODY)).collect();
        right.retain(|row| *row != NOBODY);
        self.beside(filter_record_batch(batch, &met)?.columns().to_vec(), right)
    }

    fn side_by_side(&self, batch: &RecordBatch, pairs: Pairs) -> Result<RecordBatch> {
        let indices = UInt32Array::from(pairs.left);
        let left = batch.columns().iter().map(|column| take(column, &indices, None)).collect::<Result<_, _>>()?;
        self.beside(left, pairs.right)
    }

    /// The left columns beside those of the right rows.
    fn beside(&self, left: Vec<ArrayRef>, right: Vec<u32>) -> Result<RecordBatch> {
        let mut columns = left;
        let options = RecordBatchOptions::new().with_row_count(Some(right.len()));
        let indices = rows_or_none(right);
        for column in self.table.batch().columns() {
            columns.push(take(column, &indices, None)?);
        }
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }

    fn unmet(&self, left: &SchemaRef) -> Result<RecordBatch> {
        let rows = self.table.unmet();
        let mut columns: Vec<ArrayRef> =
            left.fields().iter().map(|f| datafusion::arrow::array::new_null_array(f.data_type(), rows.len())).collect();
        let indices = UInt32Array::from(rows);
        for column in self.table.batch().columns() {
            columns.push(take(column, &indices, None)?);
        }
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}

/// Indices of right rows, NULL where there is none.
fn rows_or_none(mut right: Vec<u32>) -> UInt32Array {
    if !right.contains(&NOBODY) {
        return right.into();
    }
    let met: NullBuffer = right.iter().map(|row| *row != NOBODY).collect();
    right.iter_mut().filter(|row| **row == NOBODY).for_each(|row| *row = 0);
    UInt32Array::new(right.into(), Some(met))
}
