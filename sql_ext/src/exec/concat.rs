//! One partition after the other: what a merge by position comes to, without comparing.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::CardinalityEffect;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
};
use futures::{Stream, StreamExt, stream};
use tokio::sync::mpsc::{Receiver, channel};

/// Batches that a partition may be ahead of its reader.
const BUFFER: usize = 32;

/// Reads the input's partitions in turn, a few of them ahead.
#[derive(Debug)]
pub struct ConcatExec {
    input: Arc<dyn ExecutionPlan>,
    fetch: Option<usize>,
    properties: Arc<PlanProperties>,
}

impl ConcatExec {
    /// The input's partitions must follow each other in the order that they share.
    pub fn new(input: Arc<dyn ExecutionPlan>, fetch: Option<usize>) -> Self {
        let properties = PlanProperties::new(
            input.equivalence_properties().clone(),
            Partitioning::UnknownPartitioning(1),
            input.pipeline_behavior(),
            input.boundedness(),
        );
        ConcatExec { input, fetch, properties: Arc::new(properties) }
    }
}

impl DisplayAs for ConcatExec {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "OrderedConcatExec: partitions={}", self.input.output_partitioning().partition_count())?;
        match self.fetch {
            Some(fetch) => write!(f, ", fetch={fetch}"),
            None => Ok(()),
        }
    }
}

impl ExecutionPlan for ConcatExec {
    fn name(&self) -> &str {
        "OrderedConcatExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => Ok(Arc::new(ConcatExec::new(input, self.fetch))),
            _ => internal_err!("OrderedConcatExec takes one input"),
        }
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, _partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let count = self.input.output_partitioning().partition_count();
        let workers = context.session_config().target_partitions().min(count);
        let batches = if workers <= 1 {
            in_turn(Arc::clone(&self.input), count, context).boxed()
        } else {
            ahead(Arc::clone(&self.input), count, workers * 2, context).boxed()
        };
        let schema = self.schema();
        let batches = match self.fetch {
            Some(fetch) => limited(batches, fetch).boxed(),
            None => batches,
        };
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }

    fn fetch(&self) -> Option<usize> {
        self.fetch
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }
}

type Batches = Result<RecordBatch>;

fn in_turn(
    input: Arc<dyn ExecutionPlan>,
    count: usize,
    context: Arc<TaskContext>,
) -> impl Stream<Item = Batches> + Send {
    stream::iter(0..count).flat_map(move |i| match input.execute(i, Arc::clone(&context)) {
        Ok(stream) => stream.boxed(),
        Err(error) => stream::iter([Err(error)]).boxed(),
    })
}

struct Ahead {
    input: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
    next: usize,
    count: usize,
    open: VecDeque<(Receiver<Batches>, SpawnedTask<()>)>,
    width: usize,
}

impl Ahead {
    /// Opens partitions, in order, until `width` of them run.
    fn fill(&mut self) {
        while self.open.len() < self.width && self.next < self.count {
            let (sender, receiver) = channel(BUFFER);
            let (input, context, partition) = (Arc::clone(&self.input), Arc::clone(&self.context), self.next);
            let task = SpawnedTask::spawn(async move {
                let mut batches = match input.execute(partition, context) {
                    Ok(batches) => batches,
                    Err(error) => {
                        let _ = sender.send(Err(error)).await;
                        return;
                    }
                };
                while let Some(batch) = batches.next().await {
                    if sender.send(batch).await.is_err() {
                        return;
                    }
                }
            });
            self.open.push_back((receiver, task));
            self.next += 1;
        }
    }
}

fn ahead(
    input: Arc<dyn ExecutionPlan>,
    count: usize,
    width: usize,
    context: Arc<TaskContext>,
) -> impl Stream<Item = Batches> + Send {
    let state = Ahead { input, context, next: 0, count, open: VecDeque::new(), width };
    stream::unfold(state, |mut state| async move {
        loop {
            state.fill();
            let (receiver, _) = state.open.front_mut()?;
            if let Some(batch) = receiver.recv().await {
                return Some((batch, state));
            }
            // A task that ended without an error has sent all it had; one that panicked has not.
            if let Some((_, task)) = state.open.pop_front()
                && let Err(error) = task.join().await
            {
                state.open.clear();
                state.next = state.count;
                let error = datafusion::common::DataFusionError::ExecutionJoin(Box::new(error));
                return Some((Err(error), state));
            }
        }
    })
}

fn limited(batches: impl Stream<Item = Batches> + Send + Unpin, fetch: usize) -> impl Stream<Item = Batches> + Send {
    stream::unfold((batches, fetch), |(mut batches, left)| async move {
        if left == 0 {
            return None;
        }
        let batch = batches.next().await?.map(|b| if b.num_rows() > left { b.slice(0, left) } else { b });
        let taken = batch.as_ref().map_or(left, RecordBatch::num_rows);
        Some((batch, (batches, left - taken)))
    })
}
