//! Rows of a running query: one pass, in order, started at the first look.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::execution::{SendableRecordBatchStream, SessionState, TaskContext};
use datafusion::physical_plan::analyze::AnalyzeExec;
use datafusion::physical_plan::explain::ExplainExec;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::StreamExt;
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

use super::config::statement_timeout;
use super::runtime::{guard, handle};
use super::stoppable::stoppable;
use crate::cancel::{CURRENT, Interrupts, Token};
use crate::error::{Code, Error, Result};
use crate::order::is_hidden;

/// Batches that may wait for the consumer.
const AHEAD: usize = 4;

/// What a look at the stream found.
#[derive(Debug)]
pub enum Step {
    /// The next rows.
    Batch(RecordBatch),
    /// Nothing yet.
    Wait,
    /// No more rows.
    End,
}

/// A planned query, ready to run.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its operators.
    pub plan: Arc<dyn ExecutionPlan>,
    /// What they run with.
    pub context: Arc<TaskContext>,
    /// The columns that people see, as indices into the plan's.
    visible: Vec<usize>,
    schema: SchemaRef,
    /// Ends it, in places too where no task could be cancelled.
    token: Arc<Token>,
}

impl Planned {
    /// Hidden columns are left out; `names`, where given, replace those of the rest.
    pub fn new(plan: Arc<dyn ExecutionPlan>, state: &SessionState, names: Option<&[String]>) -> Result<Self> {
        let token = Arc::new(Token::default());
        let context = Arc::new(watching(state, &token));
        let plan = stoppable(plan, &token).map_err(Error::from)?;
        let full = plan.schema();
        let visible: Vec<usize> = (0..full.fields().len()).filter(|i| !is_hidden(full.field(*i).name())).collect();
        let fields: Vec<_> = visible
            .iter()
            .enumerate()
            .map(|(at, i)| match names.and_then(|n| n.get(at)) {
                Some(name) => full.field(*i).clone().with_name(name),
                None => full.field(*i).clone(),
            })
            .collect();
        let schema = Arc::new(Schema::new_with_metadata(fields, full.metadata().clone()));
        Ok(Planned { plan, context, visible, schema, token })
    }

    /// The same with the hidden columns, for rows that stay inside.
    pub fn with_hidden(self) -> Self {
        let schema = self.plan.schema();
        Planned { visible: (0..schema.fields().len()).collect(), schema, ..self }
    }

    /// The visible columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The columns of one batch that people see.
    pub fn visible(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let mut shown = batch.project(&self.visible).map_err(arrow_error)?;
        if explains(self.plan.as_ref()) {
            shown = without_marks(&shown)?;
        }
        if shown.schema() == self.schema {
            return Ok(shown);
        }
        let options = datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(shown.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), shown.columns().to_vec(), &options)
            .map_err(arrow_error)
    }

    /// Runs to the end and keeps the rows.
    pub async fn collect(&self) -> Result<Vec<RecordBatch>> {
        self.collected().await.map_err(|e| crate::source::csv::locate(&self.plan, e))
    }

    /// The running plan; it ends with the work that this task does.
    pub fn start(&self) -> Result<SendableRecordBatchStream> {
        // Without a task of ours around it there is nothing to end it with.
        let _ = CURRENT.try_with(|work| work.includes(&self.token));
        Ok(execute_stream(Arc::clone(&self.plan), Arc::clone(&self.context))?)
    }

    async fn collected(&self) -> Result<Vec<RecordBatch>> {
        let mut stream = self.start()?;
        let mut batches = vec![];
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            if batch.num_rows() > 0 {
                batches.push(self.visible(&batch)?);
            }
        }
        Ok(batches)
    }

    /// Sends the rows as long as there is room for them.
    async fn send(&self, to: &Sender<Result<RecordBatch>>, room: &Semaphore) -> Result<()> {
        let mut stream = execute_stream(Arc::clone(&self.plan), Arc::clone(&self.context))?;
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            if batch.num_rows() == 0 {
                continue;
            }
            let Ok(permit) = room.acquire().await else {
                return Ok(());
            };
            permit.forget();
            if to.send(Ok(self.visible(&batch)?)).is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// What operators run with; ours look at the token there.
fn watching(state: &SessionState, token: &Arc<Token>) -> TaskContext {
    TaskContext::new(
        None,
        state.session_id().to_string(),
        state.config().clone().with_extension(Arc::clone(token)),
        state.scalar_functions().clone(),
        state.higher_order_functions().clone(),
        state.aggregate_functions().clone(),
        state.window_functions().clone(),
        Arc::clone(state.runtime_env()),
    )
}

fn arrow_error(error: datafusion::arrow::error::ArrowError) -> Error {
    datafusion::common::DataFusionError::from(error).into()
}

enum Phase {
    Ready(Planned),
    /// The permits of `room` count the batches that may still be sent.
    Running {
        abort: AbortHandle,
        rows: Receiver<Result<RecordBatch>>,
        room: Arc<Semaphore>,
    },
    Done,
}

fn explains(plan: &dyn ExecutionPlan) -> bool {
    plan.downcast_ref::<ExplainExec>().is_some() || plan.downcast_ref::<AnalyzeExec>().is_some()
}

/// Plans as text name hidden columns without the mark that hides them.
fn without_marks(batch: &RecordBatch) -> Result<RecordBatch> {
    let columns = batch.columns().iter().map(|column| match column.as_string_opt::<i32>() {
        Some(text) => {
            let clean = text.iter().map(|t| t.map(|t| t.replace(crate::order::MARK, "")));
            Arc::new(clean.collect::<StringArray>()) as ArrayRef
        }
        None => Arc::clone(column),
    });
    RecordBatch::try_new(batch.schema(), columns.collect()).map_err(arrow_error)
}

/// The rows of a query; dropping it cancels the query.
pub struct RowStream {
    schema: SchemaRef,
    token: Arc<Token>,
    process: u32,
    phase: Mutex<Phase>,
}

impl RowStream {
    /// A stream that has not started.
    pub fn new(planned: Planned, interrupts: &Interrupts) -> Self {
        interrupts.watch(&planned.token);
        planned.token.limit(statement_timeout(planned.context.session_config()));
        RowStream {
            schema: Arc::clone(planned.schema()),
            token: Arc::clone(&planned.token),
            process: std::process::id(),
            phase: Mutex::new(Phase::Ready(planned)),
        }
    }

    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Waits at most so long for the next rows.
    pub fn step(&self, timeout: Duration) -> Result<Step> {
        if self.process != std::process::id() {
            return Err(forked());
        }
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        let step = self.advance(&mut phase, timeout);
        if matches!(step, Err(_) | Ok(Step::End)) {
            stop(&mut phase);
        }
        step
    }

    fn advance(&self, phase: &mut Phase, timeout: Duration) -> Result<Step> {
        if matches!(phase, Phase::Ready(_))
            && let Phase::Ready(planned) = std::mem::replace(phase, Phase::Done)
        {
            *phase = self.start(planned)?;
        }
        let Phase::Running { rows, room, .. } = phase else {
            return Ok(Step::End);
        };
        let begun = Instant::now();
        let received = rows.recv_timeout(timeout);
        self.token.waited(begun.elapsed());
        match received {
            Ok(batch) => {
                room.add_permits(1);
                batch.map(Step::Batch)
            }
            Err(RecvTimeoutError::Disconnected) => Ok(Step::End),
            Err(RecvTimeoutError::Timeout) if self.token.is_cancelled() => Err(self.token.error()),
            Err(RecvTimeoutError::Timeout) => Ok(Step::Wait),
        }
    }

    fn start(&self, planned: Planned) -> Result<Phase> {
        let (tx, rows) = channel();
        let room = Arc::new(Semaphore::new(AHEAD));
        let (token, permits) = (Arc::clone(&self.token), Arc::clone(&room));
        let task = handle()?.spawn(async move {
            if let Err(error) = guard(&token, planned.send(&tx, &permits)).await {
                let error = crate::source::csv::locate(&planned.plan, error);
                // The consumer may be gone.
                let _ = tx.send(Err(error));
            }
        });
        Ok(Phase::Running { abort: task.abort_handle(), rows, room })
    }

    /// Ends the query.
    pub fn close(&self) {
        self.token.cancel();
        stop(&mut self.phase.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for RowStream {
    fn drop(&mut self) {
        self.token.cancel();
        stop(self.phase.get_mut().unwrap_or_else(PoisonError::into_inner));
    }
}

fn stop(phase: &mut Phase) {
    if let Phase::Running { abort, .. } = std::mem::replace(phase, Phase::Done) {
        abort.abort();
    }
}

/// The error for objects that came through a fork.
pub fn forked() -> Error {
    Error::new(Code::NotSupported, "this process was forked after LTSeq started its threads, which do not exist here")
        .with_hint("use the start method \"spawn\" or \"forkserver\", or connect after the fork")
}
