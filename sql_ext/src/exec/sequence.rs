//! Computes sequence calls: boundaries once per batch, kernels over slices, look-ahead
//! held back until it is known.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::{Result, internal_err};
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::{PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::SpillManager;
use ltseq_kernels::Kernel;
use ltseq_kernels::runs::Boundaries;

use super::kernels::kernel;
use super::operator::{Operator, State, evaluate, extended};
use super::waiting::{Computed, Waiting};
use crate::order::MARK;
use crate::plan::sequence::{RollingOp, SeqKind};

/// One call, with physical arguments.
#[derive(Debug)]
pub struct Call {
    /// What is computed.
    pub kind: SeqKind,
    /// From what.
    pub args: Vec<Arc<dyn PhysicalExpr>>,
    /// Types of the arguments.
    pub types: Vec<DataType>,
    /// The computed column.
    pub field: Field,
    /// The aggregate, where it is one over the whole partition.
    pub aggregate: Option<Aggregate>,
}

/// An aggregate whose arguments are those of its call.
#[derive(Debug)]
pub struct Aggregate {
    /// What is aggregated.
    pub call: Arc<AggregateFunctionExpr>,
    /// Is the last argument a filter?
    pub filtered: bool,
}

/// Calls that share partition and order.
#[derive(Debug)]
pub struct Sequence {
    /// What restarts the calls.
    pub partition: Vec<Arc<dyn PhysicalExpr>>,
    /// Required order.
    pub sort: Vec<PhysicalSortExpr>,
    /// The calls.
    pub calls: Vec<Call>,
    /// Further orders of the output.
    pub orderings: Vec<Vec<PhysicalSortExpr>>,
}

impl Operator for Sequence {
    fn name(&self) -> &'static str {
        "SequenceExec"
    }

    fn describe(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let calls: Vec<String> = self.calls.iter().map(|c| describe(c).replace(MARK, "")).collect();
        write!(f, ": {}", calls.join(", "))?;
        if !self.partition.is_empty() {
            let keys: Vec<String> = self.partition.iter().map(|k| k.to_string().replace(MARK, "")).collect();
            write!(f, " partition=[{}]", keys.join(", "))?;
        }
        Ok(())
    }

    fn schema(&self, input: &SchemaRef) -> Result<SchemaRef> {
        Ok(extended(input, self.calls.iter().map(|c| c.field.clone()).collect()))
    }

    fn requires(&self) -> Option<&[PhysicalSortExpr]> {
        Some(&self.sort)
    }

    fn orderings(&self) -> Vec<Vec<PhysicalSortExpr>> {
        self.orderings.clone()
    }

    fn expressions(&self) -> Vec<Arc<dyn PhysicalExpr>> {
        let sort = self.sort.iter().map(|k| Arc::clone(&k.expr));
        let args = self.calls.iter().flat_map(|c| c.args.iter().cloned());
        self.partition.iter().cloned().chain(sort).chain(args).collect()
    }

    fn passes_limit(&self) -> bool {
        false
    }

    fn spills(&self) -> bool {
        self.calls.iter().any(|call| call.kind.waits_without_end())
    }

    fn start(&self, _partition: usize, schema: SchemaRef) -> Result<Box<dyn State>> {
        let calls = self
            .calls
            .iter()
            .map(|call| Ok(Running { kernel: kernel(call)?, args: call.args.clone() }))
            .collect::<Result<Vec<_>>>()?;
        let columns = self.calls.iter().map(|call| Computed::new(call.field.data_type().clone())).collect();
        Ok(Box::new(Sequencer {
            partition: self.partition.clone(),
            boundaries: Boundaries::new(),
            calls,
            waiting: Waiting::new(schema, columns),
            finished: false,
        }))
    }
}

fn describe(call: &Call) -> String {
    let args: Vec<String> = call.args.iter().map(ToString::to_string).collect();
    let args = args.join(", ");
    match &call.kind {
        SeqKind::Shift { n, .. } => format!("shift({args}, {n})"),
        SeqKind::Cumulative(op) => format!("{op:?}({args})"),
        SeqKind::Rolling { op: RollingOp::Quantile(bits), frame, .. } => {
            format!("rolling(Quantile({args}, {}), {frame:?})", f64::from_bits(*bits))
        }
        SeqKind::Rolling { op, frame, .. } => format!("rolling({op:?}({args}), {frame:?})"),
        SeqKind::Run { when } => format!("run({args}{})", if *when { " WHEN" } else { "" }),
        SeqKind::Whole => {
            let name = call.aggregate.as_ref().map_or("", |aggregate| aggregate.call.fun().name());
            format!("whole({name}({args}))")
        }
        other => format!("{other:?}({args})"),
    }
}

struct Running {
    kernel: Box<dyn Kernel>,
    args: Vec<Arc<dyn PhysicalExpr>>,
}

/// Steps of kernels between two looks at whether the query is cancelled: well under a second.
const AT_ONCE: usize = 1 << 22;

struct Sequencer {
    partition: Vec<Arc<dyn PhysicalExpr>>,
    boundaries: Boundaries,
    calls: Vec<Running>,
    waiting: Waiting,
    finished: bool,
}

impl State for Sequencer {
    fn push(&mut self, batch: RecordBatch, _ready: &mut VecDeque<RecordBatch>) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let keys = evaluate(&self.partition, &batch)?;
        let starts = self.boundaries.starts(&keys, batch.num_rows())?;
        for (call, column) in self.calls.iter_mut().zip(&mut self.waiting.columns) {
            let args = evaluate(&call.args, &batch)?;
            column.add(call.kernel.push(&args, &starts)?);
        }
        self.waiting.push(batch);
        Ok(())
    }

    fn finish(&mut self, _ready: &mut VecDeque<RecordBatch>) -> Result<()> {
        for (call, column) in self.calls.iter_mut().zip(&mut self.waiting.columns) {
            column.add(call.kernel.finish()?);
        }
        self.finished = true;
        Ok(())
    }

    fn poll_complete(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<RecordBatch>>> {
        let complete = ready!(self.waiting.poll_complete(cx));
        if complete.is_none() && self.finished && !self.waiting.is_empty() {
            return Poll::Ready(Some(internal_err!("a kernel owes values after its last row")));
        }
        Poll::Ready(complete)
    }

    fn spill(&mut self, disk: &SpillManager) -> Result<bool> {
        self.waiting.spill(disk)
    }

    fn memory(&self) -> usize {
        let kernels: usize = self.calls.iter().map(|c| c.kernel.memory()).sum();
        kernels + self.waiting.memory() + self.boundaries.memory()
    }

    fn stride(&self) -> usize {
        let work = self.calls.iter().map(|c| c.kernel.work()).max().unwrap_or(1);
        (AT_ONCE / work.max(1)).max(1)
    }
}
