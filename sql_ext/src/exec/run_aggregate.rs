//! Aggregates over runs: rows of a run stand together, so that nothing is hashed.
//!
//! ```text
//! run     7 7 7 8 9 9          numbers of the runs, never falling
//! group   0 0 0 1 2 2          places of the accumulators
//! ```
//!
//! All runs but the last are complete after each batch; they leave once they fill a batch
//! of their own. Memory is that of one batch of runs, however long a run is.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, UInt32Array};
use datafusion::arrow::compute::{concat, take};
use datafusion::arrow::datatypes::{Int64Type, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{
    GroupsAccumulatorAdapter, LexOrdering, OrderingRequirements, PhysicalExpr, PhysicalSortExpr,
};
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode, aggregate_expressions, evaluate_many};
use datafusion::physical_plan::distribution_requirements::InputDistributionRequirements;
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties};
use futures::StreamExt;

use super::operator::evaluate;
use crate::order::MARK;
use crate::plan::runs::run_column;

/// Aggregates the runs of an input that comes in their order.
#[derive(Debug)]
pub struct RunAggregateExec {
    /// What is computed, in one step over one partition; it is not run itself.
    aggregate: Arc<AggregateExec>,
    /// The run's place among the keys.
    run: usize,
    metrics: ExecutionPlanMetricsSet,
}

impl RunAggregateExec {
    /// The same aggregate over runs; none where its keys have no run number by which the input is ordered.
    pub fn of(aggregate: &AggregateExec) -> Result<Option<Self>> {
        let group_by = aggregate.group_expr();
        let run = group_by.expr().iter().position(|(e, _)| is_run(e));
        let (Some(run), true, None) = (run, group_by.is_single(), aggregate.limit_options()) else { return Ok(None) };
        let input = aggregate.input();
        if !input.equivalence_properties().ordering_satisfy(vec![ascending(&group_by.expr()[run].0)])? {
            return Ok(None);
        }
        Self::over(aggregate, Arc::clone(input), run).map(Some)
    }

    fn over(aggregate: &AggregateExec, input: Arc<dyn ExecutionPlan>, run: usize) -> Result<Self> {
        let aggregate = AggregateExec::try_new(
            AggregateMode::Single,
            aggregate.group_expr().clone(),
            aggregate.aggr_expr().to_vec(),
            aggregate.filter_expr().to_vec(),
            input,
            aggregate.input_schema(),
        )?;
        Ok(RunAggregateExec { aggregate: Arc::new(aggregate), run, metrics: ExecutionPlanMetricsSet::new() })
    }

    fn keys(&self) -> Vec<Arc<dyn PhysicalExpr>> {
        self.aggregate.group_expr().expr().iter().map(|(e, _)| Arc::clone(e)).collect()
    }
}

fn is_run(expr: &Arc<dyn PhysicalExpr>) -> bool {
    expr.downcast_ref::<Column>().is_some_and(|c| c.name() == run_column())
}

fn ascending(expr: &Arc<dyn PhysicalExpr>) -> PhysicalSortExpr {
    PhysicalSortExpr::new_default(Arc::clone(expr)).asc().nulls_last()
}

impl DisplayAs for RunAggregateExec {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        let keys: Vec<String> = self.keys().iter().map(|k| k.to_string().replace(MARK, "")).collect();
        let calls: Vec<String> = self.aggregate.aggr_expr().iter().map(|a| a.name().replace(MARK, "")).collect();
        write!(f, "RunAggregateExec: keys=[{}], aggr=[{}]", keys.join(", "), calls.join(", "))
    }
}

impl ExecutionPlan for RunAggregateExec {
    fn name(&self) -> &str {
        "RunAggregateExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.aggregate.properties()
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        self.aggregate.input_distribution_requirements()
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        let run = || self.keys().get(self.run).and_then(|run| LexOrdering::new([ascending(run)]));
        let own = self.aggregate.required_input_ordering().pop().flatten();
        vec![own.or_else(|| run().map(OrderingRequirements::from))]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![false]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.aggregate.children()
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => Ok(Arc::new(Self::over(&self.aggregate, input, self.run)?)),
            _ => internal_err!("RunAggregateExec takes one input"),
        }
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.aggregate.apply_expressions(f)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.aggregate.input().execute(partition, Arc::clone(&context))?;
        let aggregates = self.aggregate.aggr_expr();
        let runs = Runs {
            schema: self.schema(),
            keys: self.keys(),
            run: self.run,
            arguments: aggregate_expressions(aggregates, &AggregateMode::Single, 0)?,
            filters: self.aggregate.filter_expr().to_vec(),
            accumulators: aggregates.iter().map(accumulator).collect::<Result<_>>()?,
            open: vec![vec![]; self.keys().len()],
            last: None,
            count: 0,
            batch_size: context.session_config().batch_size(),
            reservation: MemoryConsumer::new("RunAggregateExec").register(context.memory_pool()),
            metrics: BaselineMetrics::new(&self.metrics, partition),
        };
        let schema = self.schema();
        let stream = futures::stream::try_unfold((input, Some(runs)), |(mut input, runs)| async move {
            let Some(mut runs) = runs else { return Ok(None) };
            while let Some(batch) = input.next().await {
                if let Some(complete) = runs.push(&batch?)? {
                    return Ok(Some((complete, (input, Some(runs)))));
                }
            }
            let rest = runs.finish()?;
            Ok(rest.map(|rest| (rest, (input, None))))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, stream)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// The accumulator of an aggregate for many groups at once.
pub(super) fn accumulator(aggregate: &Arc<AggregateFunctionExpr>) -> Result<Box<dyn GroupsAccumulator>> {
    if aggregate.groups_accumulator_supported() {
        return aggregate.create_groups_accumulator();
    }
    let aggregate = Arc::clone(aggregate);
    Ok(Box::new(GroupsAccumulatorAdapter::new(move || aggregate.create_accumulator())))
}

/// The runs that have not left yet.
struct Runs {
    schema: SchemaRef,
    keys: Vec<Arc<dyn PhysicalExpr>>,
    run: usize,
    arguments: Vec<Vec<Arc<dyn PhysicalExpr>>>,
    filters: Vec<Option<Arc<dyn PhysicalExpr>>>,
    accumulators: Vec<Box<dyn GroupsAccumulator>>,
    /// Per key, its values on the first rows of the runs.
    open: Vec<Vec<ArrayRef>>,
    /// Number of the last run.
    last: Option<i64>,
    /// How many runs there are, the last one included.
    count: usize,
    batch_size: usize,
    reservation: MemoryReservation,
    metrics: BaselineMetrics,
}

impl Runs {
    /// Takes a batch; gives the complete runs once there are enough.
    fn push(&mut self, batch: &RecordBatch) -> Result<Option<RecordBatch>> {
        let compute = self.metrics.elapsed_compute().clone();
        let _timer = compute.timer();
        if batch.num_rows() == 0 {
            return Ok(None);
        }
        let keys = evaluate(&self.keys, batch)?;
        let (groups, starts) = self.places(keys[self.run].as_primitive::<Int64Type>());
        for (open, key) in self.open.iter_mut().zip(&keys) {
            if !starts.is_empty() {
                open.push(take(key, &starts, None)?);
            }
        }
        let arguments = evaluate_many(&self.arguments, batch)?;
        for ((accumulator, values), filter) in self.accumulators.iter_mut().zip(&arguments).zip(&self.filters) {
            let filter = filter.as_ref().map(|f| f.evaluate(batch)?.into_array(batch.num_rows())).transpose()?;
            accumulator.update_batch(values, &groups, filter.as_ref().map(|f| f.as_boolean()), self.count)?;
        }
        let complete = self.count - 1;
        let ready = if complete >= self.batch_size { Some(self.emit(complete)?) } else { None };
        self.reservation.try_resize(self.memory())?;
        Ok(ready)
    }

    /// Each row's place among the accumulators, and the rows that start a run.
    fn places(&mut self, runs: &Int64Array) -> (Vec<usize>, UInt32Array) {
        let (mut last, mut count) = match (self.last, runs.values().first()) {
            (Some(last), _) => (last, self.count),
            (None, first) => (first.map_or(0, |run| run.wrapping_sub(1)), self.count),
        };
        // Short runs begin where no processor foresees it: nothing here branches on it.
        let mut starts = vec![0_u32; runs.len() + 1];
        let mut begun = 0;
        let groups = (0_u32..).zip(runs.values()).map(|(row, &run)| {
            starts[begun] = row;
            let begins = usize::from(run != last);
            (last, begun, count) = (run, begun + begins, count + begins);
            count - 1
        });
        let groups = groups.collect();
        (self.last, self.count) = (Some(last), count);
        starts.truncate(begun);
        (groups, starts.into())
    }

    /// The first `complete` runs, which leave.
    fn emit(&mut self, complete: usize) -> Result<RecordBatch> {
        let all = complete == self.count;
        let mut columns = Vec::with_capacity(self.schema.fields().len());
        for open in &mut self.open {
            let parts: Vec<&dyn Array> = open.iter().map(AsRef::as_ref).collect();
            let values = concat(&parts)?;
            columns.push(values.slice(0, complete));
            *open = if all { vec![] } else { vec![values.slice(complete, values.len() - complete)] };
        }
        for accumulator in &mut self.accumulators {
            columns.push(accumulator.evaluate(if all { EmitTo::All } else { EmitTo::First(complete) })?);
        }
        self.count -= complete;
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        self.metrics.record_output(batch.num_rows());
        Ok(batch)
    }

    fn finish(&mut self) -> Result<Option<RecordBatch>> {
        if self.count == 0 { Ok(None) } else { self.emit(self.count).map(Some) }
    }

    fn memory(&self) -> usize {
        let open: usize = self.open.iter().flatten().map(|a| a.get_array_memory_size()).sum();
        open + self.accumulators.iter().map(|a| a.size()).sum::<usize>()
    }
}
