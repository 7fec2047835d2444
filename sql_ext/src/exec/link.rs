//! `LINK`: the target in a hash table by key, the left rows streaming past it in their order.
//!
//! ```text
//! left (in order)  a  b  c        target by key  a → 2   b → 0, 3
//! rows out         (a,2) (b,0) (b,3)             then, for RIGHT and FULL, the targets nobody met
//! ```

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{Array, ArrayRef, UInt32Array, new_null_array};
use datafusion::arrow::compute::{concat_batches, take};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::row::{RowConverter, Rows, SortField};
use datafusion::common::hash_utils::RandomState;
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

use super::operator::evaluate;
use crate::plan::LinkType;

/// No further row with this key.
const END: u32 = u32::MAX;

/// Joins left rows to target rows by equal keys, keeping the left order.
#[derive(Debug)]
pub struct LinkExec {
    left: Arc<dyn ExecutionPlan>,
    target: Arc<dyn ExecutionPlan>,
    spec: Arc<LinkSpec>,
    built: Arc<OnceCell<Arc<Table>>>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

/// What a LINK joins, and how its rows are told apart.
#[derive(Debug)]
pub struct LinkSpec {
    /// Keys over the left input.
    pub left: Vec<Arc<dyn PhysicalExpr>>,
    /// Keys over the target, of the same types.
    pub target: Vec<Arc<dyn PhysicalExpr>>,
    /// Which rows survive.
    pub link_type: LinkType,
    /// Position of the left rows.
    pub left_position: Vec<PhysicalSortExpr>,
    /// Position of the target's rows, over the target.
    pub target_position: Vec<PhysicalSortExpr>,
    /// Position of the rows that come out: left, then target.
    pub position: Vec<PhysicalSortExpr>,
    /// The columns that come out.
    pub schema: SchemaRef,
}

impl LinkSpec {
    fn keeps_left(&self) -> bool {
        matches!(self.link_type, LinkType::Left | LinkType::Full)
    }

    fn keeps_target(&self) -> bool {
        matches!(self.link_type, LinkType::Right | LinkType::Full)
    }
}

impl LinkExec {
    /// Plans a LINK.
    pub fn try_new(left: Arc<dyn ExecutionPlan>, target: Arc<dyn ExecutionPlan>, spec: Arc<LinkSpec>) -> Result<Self> {
        let mut eq = EquivalenceProperties::new(Arc::clone(&spec.schema));
        eq.add_orderings([spec.position.clone()]);
        let partitioning = match spec.keeps_target() {
            true => Partitioning::UnknownPartitioning(1),
            false => Partitioning::UnknownPartitioning(left.output_partitioning().partition_count()),
        };
        let properties = PlanProperties::new(eq, partitioning, EmissionType::Incremental, left.boundedness());
        let metrics = ExecutionPlanMetricsSet::new();
        Ok(LinkExec { left, target, spec, built: Arc::default(), properties: Arc::new(properties), metrics })
    }
}

impl DisplayAs for LinkExec {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        let on: Vec<String> =
            self.spec.left.iter().zip(&self.spec.target).map(|(l, r)| format!("{l} = {r}")).collect();
        write!(f, "LinkExec: {} on=[{}]", self.spec.link_type.keyword(), on.join(", "))
    }
}

impl ExecutionPlan for LinkExec {
    fn name(&self) -> &str {
        "LinkExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        let left = match self.spec.keeps_target() {
            true => Distribution::SinglePartition,
            false => Distribution::UnspecifiedDistribution,
        };
        InputDistributionRequirements::new(vec![left, Distribution::SinglePartition])
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        [&self.spec.left_position, &self.spec.target_position]
            .map(|keys| LexOrdering::new(keys.clone()).map(OrderingRequirements::from))
            .to_vec()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true, false]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false, false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.left, &self.target]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.pop(), children.is_empty()) {
            (Some(target), Some(left), true) => Ok(Arc::new(LinkExec::try_new(left, target, Arc::clone(&self.spec))?)),
            _ => internal_err!("LinkExec takes two inputs"),
        }
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        let mut recursion = TreeNodeRecursion::Continue;
        for expr in self.spec.left.iter().chain(&self.spec.target) {
            recursion = recursion.visit_sibling(|| f(expr))?;
        }
        Ok(recursion)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let left = self.left.execute(partition, Arc::clone(&context))?;
        let target = Arc::clone(&self.target);
        let (spec, built) = (Arc::clone(&self.spec), Arc::clone(&self.built));
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let size = context.session_config().batch_size().max(1);
        let joined = stream::once(async move {
            let reserve = MemoryConsumer::new("LinkExec").register(context.memory_pool());
            let build = Arc::clone(&spec);
            let table = built.get_or_try_init(|| async move { build_table(target, build, context, reserve).await }).await?;
            let table = Arc::clone(table);
            let probe = Probe { keys: RowConverter::new(table.types.clone())?, spec, table, size };
            Ok::<_, datafusion::common::DataFusionError>(probe.run(left, metrics))
        })
        .try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), joined)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// The target, by key.
#[derive(Debug)]
struct Table {
    batch: RecordBatch,
    types: Vec<SortField>,
    /// First and last row of each key.
    rows: HashMap<Box<[u8]>, (u32, u32), RandomState>,
    /// The next row with the same key.
    next: Vec<u32>,
    /// Rows that a left row has met, kept where unmet ones come out.
    met: Mutex<Vec<bool>>,
    _memory: MemoryReservation,
}

async fn build_table(
    target: Arc<dyn ExecutionPlan>,
    spec: Arc<LinkSpec>,
    context: Arc<TaskContext>,
    memory: MemoryReservation,
) -> Result<Arc<Table>> {
    let schema = target.schema();
    let mut stream = target.execute(0, context)?;
    let mut batches = vec![];
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        memory.try_grow(batch.get_array_memory_size())?;
        batches.push(batch);
    }
    let batch = concat_batches(&schema, &batches)?;
    drop(batches);
    let keys = evaluate(&spec.target, &batch)?;
    let types: Vec<SortField> = keys.iter().map(|k| SortField::new(k.data_type().clone())).collect();
    let rows = RowConverter::new(types.clone())?.convert_columns(&keys)?;
    memory.try_grow(rows.size() + batch.num_rows() * 16)?;
    let (rows, next) = index(&rows, &keys);
    let met = Mutex::new(if spec.keeps_target() { vec![false; batch.num_rows()] } else { vec![] });
    Ok(Arc::new(Table { batch, types, rows, next, met, _memory: memory }))
}

type Index = (HashMap<Box<[u8]>, (u32, u32), RandomState>, Vec<u32>);

/// Chains the rows of each key in their order; a NULL key has none.
fn index(rows: &Rows, keys: &[ArrayRef]) -> Index {
    let mut heads: HashMap<Box<[u8]>, (u32, u32), RandomState> = HashMap::with_hasher(RandomState::default());
    let mut next = vec![END; rows.num_rows()];
    for (i, row) in rows.iter().enumerate() {
        if keys.iter().any(|k| k.is_null(i)) {
            continue;
        }
        let at = u32::try_from(i).unwrap_or(END);
        match heads.get_mut(row.data()) {
            Some((_, last)) => {
                next[*last as usize] = at;
                *last = at;
            }
            None => {
                heads.insert(row.data().into(), (at, at));
            }
        }
    }
    (heads, next)
}

struct Probe {
    keys: RowConverter,
    spec: Arc<LinkSpec>,
    table: Arc<Table>,
    size: usize,
}

/// Pairs of rows to put side by side.
#[derive(Default)]
struct Pairs {
    left: Vec<u32>,
    target: Vec<Option<u32>>,
}

impl Probe {
    fn run(
        self,
        left: SendableRecordBatchStream,
        metrics: BaselineMetrics,
    ) -> impl futures::Stream<Item = Result<RecordBatch>> + Send {
        let rest = if self.spec.keeps_target() { Some(()) } else { None };
        stream::unfold((self, left, rest, metrics), |(probe, mut left, mut rest, metrics)| async move {
            match left.next().await {
                Some(batch) => {
                    let joined = batch.and_then(|batch| {
                        let _timer = metrics.elapsed_compute().timer();
                        probe.join(&batch)
                    });
                    let batches = match joined {
                        Ok(batches) => batches.into_iter().map(Ok).collect(),
                        Err(error) => vec![Err(error)],
                    };
                    Some((stream::iter(batches), (probe, left, rest, metrics)))
                }
                None => {
                    rest.take()?;
                    let unmet = probe.unmet(&left.schema());
                    Some((stream::iter(vec![unmet]), (probe, left, rest, metrics)))
                }
            }
        })
        .flatten()
    }

    fn join(&self, batch: &RecordBatch) -> Result<Vec<RecordBatch>> {
        let keys = evaluate(&self.spec.left, batch)?;
        let rows = self.keys.convert_columns(&keys)?;
        let pairs = self.pairs(&rows, &keys);
        if self.spec.keeps_target() {
            let mut met = self.table.met.lock().unwrap_or_else(PoisonError::into_inner);
            for row in pairs.target.iter().flatten() {
                if let Some(seen) = met.get_mut(*row as usize) {
                    *seen = true;
                }
            }
        }
        let total = pairs.left.len();
        (0..total)
            .step_by(self.size.max(1))
            .map(|at| self.side_by_side(batch, &pairs, at, self.size.min(total - at)))
            .collect()
    }

    fn pairs(&self, rows: &Rows, keys: &[ArrayRef]) -> Pairs {
        let mut pairs = Pairs::default();
        let nullable = keys.iter().any(|k| k.null_count() > 0);
        for (i, row) in rows.iter().enumerate() {
            let left = u32::try_from(i).unwrap_or(END);
            let known = !nullable || keys.iter().all(|k| k.is_valid(i));
            let mut found = if known { self.table.rows.get(row.data()).map_or(END, |(first, _)| *first) } else { END };
            if found == END && self.spec.keeps_left() {
                pairs.left.push(left);
                pairs.target.push(None);
            }
            while found != END {
                pairs.left.push(left);
                pairs.target.push(Some(found));
                found = self.table.next.get(found as usize).copied().unwrap_or(END);
            }
        }
        pairs
    }

    fn side_by_side(&self, batch: &RecordBatch, pairs: &Pairs, at: usize, rows: usize) -> Result<RecordBatch> {
        let left = &pairs.left[at..at + rows];
        let same = rows == batch.num_rows() && left.iter().enumerate().all(|(i, l)| *l as usize == i);
        let mut columns = Vec::with_capacity(self.spec.schema.fields().len());
        if same {
            columns.extend_from_slice(batch.columns());
        } else {
            let indices = UInt32Array::from(left.to_vec());
            for column in batch.columns() {
                columns.push(take(column, &indices, None)?);
            }
        }
        let indices = UInt32Array::from(pairs.target[at..at + rows].to_vec());
        for column in self.table.batch.columns() {
            columns.push(take(column, &indices, None)?);
        }
        Ok(RecordBatch::try_new(Arc::clone(&self.spec.schema), columns)?)
    }

    /// Target rows that no left row met, in the target's order.
    fn unmet(&self, left: &SchemaRef) -> Result<RecordBatch> {
        let met = self.table.met.lock().unwrap_or_else(PoisonError::into_inner);
        let indices: Vec<u32> =
            met.iter().enumerate().filter(|(_, met)| !**met).filter_map(|(i, _)| u32::try_from(i).ok()).collect();
        let mut columns: Vec<ArrayRef> =
            left.fields().iter().map(|f| new_null_array(f.data_type(), indices.len())).collect();
        let indices = UInt32Array::from(indices);
        for column in self.table.batch.columns() {
            columns.push(take(column, &indices, None)?);
        }
        Ok(RecordBatch::try_new(Arc::clone(&self.spec.schema), columns)?)
    }
}
