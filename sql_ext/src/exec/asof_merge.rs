//! `ASOF JOIN` of two sides that both come in time order: the right side is read along with the left.
//!
//! ```text
//! left   10:01 A   10:02 B   10:04 A
//! right  10:00 A   10:01 B   10:03 A   10:05 B
//!                            ▲ read as far as the left row's time; per key the last row so far is kept
//! ```
//!
//! Memory is that of the last right rows: one per key, and some batches that hold them.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, Int64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{Distribution, OrderingRequirements, PhysicalExpr};
use datafusion::physical_plan::distribution_requirements::InputDistributionRequirements;
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::{StreamExt, stream};

use super::asof::Asof;
use super::held::{Held, Place};
use super::keys::{Keys, NONE};
use super::lookup::{Lookup, Shape};
use super::operator::evaluate;
use crate::plan::asof::Direction;

/// Runs an [`Asof`] over two inputs that come by their times: each left row meets the last right row of its keys
/// at or before it.
#[derive(Debug)]
pub struct AsofMergeExec {
    left: Arc<dyn ExecutionPlan>,
    right: Arc<dyn ExecutionPlan>,
    asof: Arc<Asof>,
    tolerance: Option<i64>,
    shape: Arc<Shape>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl AsofMergeExec {
    /// Plans the merge of two inputs, each in the order of its position, along times that are whole numbers.
    pub fn try_new(
        left: Arc<dyn ExecutionPlan>,
        right: Arc<dyn ExecutionPlan>,
        asof: Arc<Asof>,
        shape: Arc<Shape>,
    ) -> Result<Self> {
        let tolerance = match asof.tolerance.as_ref().map(|most| most.cast_to(&DataType::Int64)).transpose()? {
            Some(ScalarValue::Int64(Some(most))) => Some(most),
            Some(_) => return internal_err!("the tolerance of an ASOF JOIN is no whole number"),
            None => None,
        };
        let properties = shape.properties(&left, 1);
        let metrics = ExecutionPlanMetricsSet::new();
        Ok(AsofMergeExec { left, right, asof, tolerance, shape, properties, metrics })
    }
}

impl DisplayAs for AsofMergeExec {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "AsofMergeExec: ")?;
        self.asof.describe(f)
    }
}

impl ExecutionPlan for AsofMergeExec {
    fn name(&self) -> &'static str {
        "AsofMergeExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![Distribution::SinglePartition, Distribution::SinglePartition])
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
                let (asof, shape) = (Arc::clone(&self.asof), Arc::clone(&self.shape));
                Ok(Arc::new(AsofMergeExec::try_new(left, right, asof, shape)?))
            }
            _ => internal_err!("AsofMergeExec takes two inputs"),
        }
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        let mut recursion = TreeNodeRecursion::Continue;
        for expr in self.asof.expressions() {
            recursion = recursion.visit_sibling(|| f(&expr))?;
        }
        Ok(recursion)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let left = self.left.execute(partition, Arc::clone(&context))?;
        let right = Right {
            rows: self.right.execute(partition, Arc::clone(&context))?,
            held: Held::new(&self.right.schema())?,
            last: vec![],
            unread: None,
            ended: false,
        };
        let merging = Merging {
            asof: Arc::clone(&self.asof),
            tolerance: self.tolerance,
            shape: Arc::clone(&self.shape),
            left,
            right,
            keys: Keys::new(self.asof.right.len()),
            memory: MemoryConsumer::new("AsofMergeExec").register(context.memory_pool()),
            metrics: BaselineMetrics::new(&self.metrics, partition),
        };
        let joined = stream::try_unfold(merging, |mut merging| async move {
            let batch = merging.next().await?;
            Ok(batch.map(|batch| (batch, merging)))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), joined)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// The last right row of a key so far.
#[derive(Debug, Clone, Copy, Default)]
struct Last {
    place: Place,
    time: i64,
}

/// A right batch, read up to `next`.
struct Unread {
    slot: u32,
    times: Int64Array,
    /// Empty where there are no keys, and all rows share one number.
    keys: Vec<u32>,
    next: usize,
}

struct Right {
    rows: SendableRecordBatchStream,
    held: Held,
    /// By key.
    last: Vec<Last>,
    unread: Option<Unread>,
    ended: bool,
}

impl Right {
    /// Reads on to a left row's time; false where more rows are needed for that.
    #[inline]
    fn read_to(&mut self, time: i64, strict: bool) -> bool {
        let Some(unread) = &mut self.unread else { return false };
        let times = unread.times.values();
        if unread.keys.is_empty() && unread.times.null_count() == 0 {
            let rest = &times[unread.next..];
            let more = rest.iter().take_while(|right| **right < time || !strict && **right == time).count();
            if let (Some(last), 1..) = (self.last.first_mut(), more) {
                let row = unread.next + more - 1;
                *last = Last { place: Place { slot: unread.slot, row: row as u32 }, time: times[row] };
            }
            unread.next += more;
            return more < rest.len();
        }
        while let Some(&right) = times.get(unread.next) {
            // A row without a time is met by nobody.
            let known = unread.times.is_valid(unread.next);
            if known && (right > time || strict && right == time) {
                return true;
            }
            let row = unread.next;
            unread.next += 1;
            if let Some(last) = numbered(&unread.keys, row).and_then(|key| self.last.get_mut(key))
                && known
            {
                *last = Last { place: Place { slot: unread.slot, row: row as u32 }, time: right };
            }
        }
        false
    }
}

struct Merging {
    asof: Arc<Asof>,
    tolerance: Option<i64>,
    shape: Arc<Shape>,
    left: SendableRecordBatchStream,
    right: Right,
    keys: Keys,
    memory: MemoryReservation,
    metrics: BaselineMetrics,
}

/// A left batch, matched up to as many rows as there are places.
struct Asking {
    batch: RecordBatch,
    times: Int64Array,
    keys: Vec<u32>,
    places: Vec<Place>,
}

impl Merging {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        while let Some(batch) = self.left.next().await.transpose()? {
            let keys = self.keys.number(&evaluate(&self.asof.left, &batch)?, batch.num_rows())?;
            let times = whole(&self.asof.left_time, &batch)?;
            self.right.last.resize(self.keys.count(), Last::default());
            let mut asking = Asking { places: Vec::with_capacity(batch.num_rows()), batch, times, keys };
            while self.ask(&mut asking) {
                if !self.fetch(&mut asking).await? {
                    break;
                }
            }
            self.answer_rest(&mut asking);
            let joined = self.side_by_side(asking)?;
            if joined.num_rows() > 0 {
                return Ok(Some(joined));
            }
        }
        Ok(None)
    }

    /// Matches left rows; true where it takes more right rows to go on.
    fn ask(&mut self, asking: &mut Asking) -> bool {
        let _timer = self.metrics.elapsed_compute().timer();
        let strict = self.asof.direction == Direction::Before;
        for row in asking.places.len()..asking.batch.num_rows() {
            let time = asking.times.value(row);
            if asking.times.is_valid(row) && !self.right.read_to(time, strict) {
                return true;
            }
            asking.places.push(self.closest(asking, row));
        }
        false
    }

    /// There are no more right rows: the last ones are those there are.
    fn answer_rest(&mut self, asking: &mut Asking) {
        for row in asking.places.len()..asking.batch.num_rows() {
            asking.places.push(self.closest(asking, row));
        }
    }

    #[inline]
    fn closest(&self, asking: &Asking, row: usize) -> Place {
        let last = numbered(&asking.keys, row).and_then(|key| self.right.last.get(key));
        let Some(last) = last else { return Place::default() };
        let time = asking.times.value(row);
        let near = self.tolerance.is_none_or(|most| i128::from(time) - i128::from(last.time) <= i128::from(most));
        if near && asking.times.is_valid(row) { last.place } else { Place::default() }
    }

    /// Puts the next right batch in the place of the one that has been read; false at the end.
    async fn fetch(&mut self, asking: &mut Asking) -> Result<bool> {
        self.right.unread = None;
        while !self.right.ended {
            let Some(batch) = self.right.rows.next().await.transpose()? else { break };
            if batch.num_rows() == 0 {
                continue;
            }
            let keys = self.keys.number(&evaluate(&self.asof.right, &batch)?, batch.num_rows())?;
            let times = whole(&self.asof.right_time, &batch)?;
            let Right { held, last, .. } = &mut self.right;
            last.resize(self.keys.count(), Last::default());
            let more = batch.get_array_memory_size() + self.keys.memory() + last.capacity() * size_of::<Last>();
            if held.is_full() || self.memory.try_resize(held.memory() + more).is_err() {
                held.compact(asking.places.iter_mut().chain(last.iter_mut().map(|last| &mut last.place)))?;
                self.memory.try_resize(held.memory() + more)?;
            }
            let slot = held.add(batch);
            self.right.unread = Some(Unread { slot, times, keys, next: 0 });
            return Ok(true);
        }
        self.right.ended = true;
        Ok(false)
    }

    fn side_by_side(&self, asking: Asking) -> Result<RecordBatch> {
        let _timer = self.metrics.elapsed_compute().timer();
        let Asking { mut batch, mut places, .. } = asking;
        if !self.asof.keeps_left {
            let met = places.iter().map(|place| Some(*place != Place::default())).collect();
            batch = datafusion::arrow::compute::filter_record_batch(&batch, &met)?;
            places.retain(|place| *place != Place::default());
        }
        let mut columns = batch.columns().to_vec();
        columns.extend(self.right.held.columns(&places)?);
        Ok(RecordBatch::try_new(Arc::clone(&self.shape.schema), columns)?)
    }
}

/// The number of a row's key; none where it has no key.
#[inline]
fn numbered(keys: &[u32], row: usize) -> Option<usize> {
    keys.get(row).map_or(Some(0), |key| (*key != NONE).then_some(*key as usize))
}

fn whole(time: &Arc<dyn PhysicalExpr>, batch: &RecordBatch) -> Result<Int64Array> {
    let times = time.evaluate(batch)?.into_array(batch.num_rows())?;
    Ok(cast(&times, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
}
