//! The generic ordered operator: streaming, memory, metrics; what it computes is an
//! [`Operator`].

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{
    Distribution, EquivalenceProperties, LexOrdering, OrderingRequirements, PhysicalExpr, PhysicalSortExpr,
};
use datafusion::physical_plan::distribution_requirements::InputDistributionRequirements;
use datafusion::physical_plan::execution_plan::{CardinalityEffect, EmissionType};
use datafusion::physical_plan::filter_pushdown::{FilterDescription, FilterPushdownPhase};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet, SpillMetrics};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties, SpillManager,
};
use futures::{Stream, StreamExt};

use crate::cancel::Token;

/// A computation over rows in order, as planned.
pub trait Operator: fmt::Debug + Send + Sync + std::any::Any {
    /// Name in EXPLAIN.
    fn name(&self) -> &'static str;

    /// What EXPLAIN says after the name.
    fn describe(&self, f: &mut fmt::Formatter) -> fmt::Result;

    /// Columns that come out: the input's first, then further ones.
    fn schema(&self, input: &SchemaRef) -> Result<SchemaRef> {
        Ok(Arc::clone(input))
    }

    /// The order in which the rows must come, as one stream; `None` takes them per partition as they are.
    fn requires(&self) -> Option<&[PhysicalSortExpr]>;

    /// Orders of the output besides those of the input.
    fn orderings(&self) -> Vec<Vec<PhysicalSortExpr>> {
        vec![]
    }

    /// All expressions that the operator evaluates.
    fn expressions(&self) -> Vec<Arc<dyn PhysicalExpr>>;

    /// May a LIMIT above be handed to the input?
    fn passes_limit(&self) -> bool {
        true
    }

    /// Does it only require an order and let the rows through?
    fn is_identity(&self) -> bool {
        false
    }

    /// May rows have to wait without an end, so that they go to disk where memory is short?
    fn spills(&self) -> bool {
        false
    }

    /// A fresh computation over one partition.
    fn start(&self, partition: usize, schema: SchemaRef) -> Result<Box<dyn State>>;
}

/// A running computation.
pub trait State: Send {
    /// Takes the next batch and appends what is ready.
    fn push(&mut self, batch: RecordBatch, ready: &mut VecDeque<RecordBatch>) -> Result<()>;

    /// Appends what is still owed after the last batch.
    fn finish(&mut self, _ready: &mut VecDeque<RecordBatch>) -> Result<()> {
        Ok(())
    }

    /// The next batch that is complete, where rows wait inside for what follows them.
    fn poll_complete(&mut self, _cx: &mut Context<'_>) -> Poll<Option<Result<RecordBatch>>> {
        Poll::Ready(None)
    }

    /// Writes rows that wait to disk; false where there are none.
    fn spill(&mut self, _disk: &SpillManager) -> Result<bool> {
        Ok(false)
    }

    /// Bytes held between batches.
    fn memory(&self) -> usize {
        0
    }

    /// Rows that may be pushed at once without keeping a cancelled query waiting.
    fn stride(&self) -> usize {
        usize::MAX
    }
}

/// Runs an [`Operator`] over its input.
#[derive(Debug)]
pub struct OrderedExec {
    operator: Arc<dyn Operator>,
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl OrderedExec {
    /// Plans `operator` over `input`.
    pub fn try_new(operator: Arc<dyn Operator>, input: Arc<dyn ExecutionPlan>) -> Result<Self> {
        let schema = operator.schema(&input.schema())?;
        let mut eq = EquivalenceProperties::new(Arc::clone(&schema)).extend(input.equivalence_properties().clone())?;
        eq.add_orderings(operator.orderings());
        let partitioning = match operator.requires() {
            Some(_) => Partitioning::UnknownPartitioning(1),
            None => input.output_partitioning().clone(),
        };
        let properties = PlanProperties::new(eq, partitioning, EmissionType::Incremental, input.boundedness());
        Ok(OrderedExec { operator, input, properties: Arc::new(properties), metrics: ExecutionPlanMetricsSet::new() })
    }

    /// What it computes.
    pub fn operator(&self) -> &Arc<dyn Operator> {
        &self.operator
    }

    /// What it reads.
    pub fn input(&self) -> &Arc<dyn ExecutionPlan> {
        &self.input
    }
}

impl DisplayAs for OrderedExec {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.operator.name())?;
        self.operator.describe(f)
    }
}

impl ExecutionPlan for OrderedExec {
    fn name(&self) -> &str {
        self.operator.name()
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        let distribution = match self.operator.requires() {
            Some(_) => Distribution::SinglePartition,
            None => Distribution::UnspecifiedDistribution,
        };
        InputDistributionRequirements::new(vec![distribution])
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        let order = self.operator.requires().and_then(|keys| LexOrdering::new(keys.to_vec()));
        vec![order.map(OrderingRequirements::from)]
    }

    // It does keep the order, and says so in its properties. Stock takes this answer as leave to
    // sort the input as a parent likes it, whatever order is required here, and by the column of
    // the input that stands where the position will stand.
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
            (Some(input), true) => Ok(Arc::new(OrderedExec::try_new(Arc::clone(&self.operator), input)?)),
            _ => internal_err!("{} takes one input", self.operator.name()),
        }
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        let mut recursion = TreeNodeRecursion::Continue;
        for expr in self.operator.expressions() {
            recursion = recursion.visit_sibling(|| f(&expr))?;
        }
        Ok(recursion)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, Arc::clone(&context))?;
        let schema = self.schema();
        let state = self.operator.start(partition, Arc::clone(&schema))?;
        let consumer = MemoryConsumer::new(self.operator.name()).with_can_spill(self.operator.spills());
        let reservation = consumer.register(context.memory_pool());
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let spilled = SpillMetrics::new(&self.metrics, partition);
        let disk = SpillManager::new(context.runtime_env(), spilled, self.input.schema());
        let token = context.session_config().get_extension::<Token>().unwrap_or_default();
        let (ready, rest) = (VecDeque::new(), None);
        Ok(Box::pin(OrderedStream {
            input,
            schema,
            state,
            rest,
            ready,
            ended: None,
            reservation,
            disk,
            token,
            metrics,
        }))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn supports_limit_pushdown(&self) -> bool {
        self.operator.passes_limit()
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }

    // Positions need only increase: a source may skip rows, an operator that reads neighbours may not.
    fn gather_filters_for_pushdown(
        &self,
        _phase: FilterPushdownPhase,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        _config: &ConfigOptions,
    ) -> Result<FilterDescription> {
        match self.operator.requires() {
            None => FilterDescription::from_children(filters, &self.children()),
            Some(_) => Ok(FilterDescription::all_unsupported(&filters, &self.children())),
        }
    }
}

struct OrderedStream {
    input: SendableRecordBatchStream,
    schema: SchemaRef,
    state: Box<dyn State>,
    /// What is still to be pushed of the last batch.
    rest: Option<RecordBatch>,
    ready: VecDeque<RecordBatch>,
    ended: Option<Ended>,
    reservation: MemoryReservation,
    disk: SpillManager,
    token: Arc<Token>,
    metrics: BaselineMetrics,
}

/// Why no more rows are taken.
#[derive(PartialEq)]
enum Ended {
    /// There are none; some may still be owed.
    Input,
    Error,
}

impl OrderedStream {
    fn step(&mut self, next: Option<RecordBatch>) -> Result<()> {
        if self.token.is_cancelled() {
            return Err(self.token.error().into());
        }
        let _timer = self.metrics.elapsed_compute().timer();
        match next {
            Some(mut batch) => {
                let stride = self.state.stride();
                if stride < batch.num_rows() {
                    self.rest = Some(batch.slice(stride, batch.num_rows() - stride));
                    batch = batch.slice(0, stride);
                }
                self.state.push(batch, &mut self.ready)?;
            }
            None => {
                self.ended = Some(Ended::Input);
                self.state.finish(&mut self.ready)?;
            }
        }
        match self.reservation.try_resize(self.state.memory()) {
            Err(_) if self.state.spill(&self.disk)? => self.reservation.try_resize(self.state.memory()),
            done => done,
        }
    }

    fn fail(&mut self, error: DataFusionError) -> Poll<Option<Result<RecordBatch>>> {
        self.ended = Some(Ended::Error);
        self.rest = None;
        self.ready.clear();
        Poll::Ready(Some(Err(error)))
    }
}

impl Stream for OrderedStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.ended == Some(Ended::Error) {
                return Poll::Ready(None);
            }
            if let Some(batch) = self.ready.pop_front() {
                return self.metrics.record_poll(Poll::Ready(Some(Ok(batch))));
            }
            match ready!(self.state.poll_complete(cx)) {
                Some(Ok(batch)) => return self.metrics.record_poll(Poll::Ready(Some(Ok(batch)))),
                Some(Err(error)) => return self.fail(error),
                None if self.ended.is_some() => return Poll::Ready(None),
                None => {}
            }
            let next = match self.rest.take() {
                Some(rest) => Some(rest),
                None => match ready!(self.input.poll_next_unpin(cx)).transpose() {
                    Ok(batch) => batch,
                    Err(error) => return self.fail(error),
                },
            };
            if let Err(error) = self.step(next) {
                return self.fail(error);
            }
        }
    }
}

impl RecordBatchStream for OrderedStream {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

/// The input's columns and further ones.
pub fn extended(input: &SchemaRef, further: Vec<datafusion::arrow::datatypes::Field>) -> SchemaRef {
    let mut fields = input.fields().to_vec();
    fields.extend(further.into_iter().map(Arc::new));
    let metadata = input.metadata().clone();
    Arc::new(datafusion::arrow::datatypes::Schema::new_with_metadata(fields, metadata))
}

/// Evaluates expressions over a batch, as arrays.
pub fn evaluate(
    exprs: &[Arc<dyn PhysicalExpr>],
    batch: &RecordBatch,
) -> Result<Vec<datafusion::arrow::array::ArrayRef>> {
    exprs.iter().map(|e| e.evaluate(batch)?.into_array(batch.num_rows())).collect()
}
