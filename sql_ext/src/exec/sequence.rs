//! Computes sequence calls: boundaries once per batch, kernels over slices, look-ahead
//! held back until it is known.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::compute::{cast, concat};
use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::{Result, internal_err};
use datafusion::physical_expr::{PhysicalExpr, PhysicalSortExpr};
use ltseq_kernels::Kernel;
use ltseq_kernels::runs::Boundaries;

use super::kernels::kernel;
use super::operator::{Operator, State, evaluate, extended};
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

    fn start(&self, _partition: usize, schema: SchemaRef) -> Result<Box<dyn State>> {
        let calls = self
            .calls
            .iter()
            .map(|call| {
                let kernel = kernel(&call.kind, &call.types)?;
                let data_type = call.field.data_type().clone();
                Ok(Running { kernel, args: call.args.clone(), data_type, ready: VecDeque::new(), rows: 0 })
            })
            .collect::<Result<Vec<_>>>()?;
        let boundaries = Boundaries::new();
        Ok(Box::new(Sequencer {
            schema,
            partition: self.partition.clone(),
            boundaries,
            calls,
            waiting: VecDeque::new(),
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
        other => format!("{other:?}({args})"),
    }
}

struct Running {
    kernel: Box<dyn Kernel>,
    args: Vec<Arc<dyn PhysicalExpr>>,
    /// What the plan promised: string layouts may differ from the kernel's.
    data_type: DataType,
    ready: VecDeque<ArrayRef>,
    rows: usize,
}

impl Running {
    fn add(&mut self, values: ArrayRef) -> Result<()> {
        if !values.is_empty() {
            self.rows += values.len();
            let fits = *values.data_type() == self.data_type;
            self.ready.push_back(if fits { values } else { cast(&values, &self.data_type)? });
        }
        Ok(())
    }

    /// The next `rows` values; there must be as many.
    fn take(&mut self, rows: usize) -> Result<ArrayRef> {
        let mut parts: Vec<ArrayRef> = vec![];
        let mut missing = rows;
        while missing > 0 {
            let Some(head) = self.ready.pop_front() else {
                return internal_err!("a kernel owes values");
            };
            if head.len() > missing {
                self.ready.push_front(head.slice(missing, head.len() - missing));
                parts.push(head.slice(0, missing));
                missing = 0;
            } else {
                missing -= head.len();
                parts.push(head);
            }
        }
        self.rows -= rows;
        match parts.as_slice() {
            [only] => Ok(Arc::clone(only)),
            _ => Ok(concat(&parts.iter().map(|p| p.as_ref()).collect::<Vec<_>>())?),
        }
    }
}

/// Steps of kernels between two looks at whether the query is cancelled: well under a second.
const AT_ONCE: usize = 1 << 22;

struct Sequencer {
    schema: SchemaRef,
    partition: Vec<Arc<dyn PhysicalExpr>>,
    boundaries: Boundaries,
    calls: Vec<Running>,
    /// Batches whose computed columns are not complete yet.
    waiting: VecDeque<RecordBatch>,
}

impl Sequencer {
    fn emit(&mut self, ready: &mut VecDeque<RecordBatch>) -> Result<()> {
        while let Some(batch) = self.waiting.front() {
            let rows = batch.num_rows();
            if self.calls.iter().any(|c| c.rows < rows) {
                return Ok(());
            }
            let Some(batch) = self.waiting.pop_front() else { return Ok(()) };
            let mut columns = batch.columns().to_vec();
            for call in &mut self.calls {
                columns.push(call.take(rows)?);
            }
            ready.push_back(RecordBatch::try_new(Arc::clone(&self.schema), columns)?);
        }
        Ok(())
    }
}

impl State for Sequencer {
    fn push(&mut self, batch: RecordBatch, ready: &mut VecDeque<RecordBatch>) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let keys = evaluate(&self.partition, &batch)?;
        let starts = self.boundaries.starts(&keys, batch.num_rows())?;
        for call in &mut self.calls {
            let args = evaluate(&call.args, &batch)?;
            let values = call.kernel.push(&args, &starts)?;
            call.add(values)?;
        }
        self.waiting.push_back(batch);
        self.emit(ready)
    }

    fn finish(&mut self, ready: &mut VecDeque<RecordBatch>) -> Result<()> {
        for call in &mut self.calls {
            let values = call.kernel.finish()?;
            call.add(values)?;
        }
        self.emit(ready)?;
        if !self.waiting.is_empty() {
            return internal_err!("a kernel owes values after its last row");
        }
        Ok(())
    }

    fn memory(&self) -> usize {
        let kernels: usize = self.calls.iter().map(|c| c.kernel.memory()).sum();
        let computed: usize = self.calls.iter().flat_map(|c| &c.ready).map(|a| a.get_buffer_memory_size()).sum();
        let waiting: usize = self.waiting.iter().map(RecordBatch::get_array_memory_size).sum();
        kernels + computed + waiting + self.boundaries.memory()
    }

    fn stride(&self) -> usize {
        let work = self.calls.iter().map(|c| c.kernel.work()).max().unwrap_or(1);
        (AT_ONCE / work.max(1)).max(1)
    }
}
