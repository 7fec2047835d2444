//! An aggregate over whole partitions, beside each of their rows.
//!
//! ```text
//! partition  a a b b b c
//! place      0 0 1 1 1 2     of the accumulators
//! lengths    2   3     …     known once the next partition begins
//! ```

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array, RunArray, new_empty_array};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::arrow::error::ArrowError;
use datafusion::common::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use ltseq_kernels::Kernel;

use super::run_aggregate::accumulator;

/// The aggregate's value for each row of a partition, once the partition has ended.
pub struct Whole {
    accumulator: Box<dyn GroupsAccumulator>,
    data_type: DataType,
    /// Is the last column the rows that count?
    filtered: bool,
    /// Rows of the partitions that have not left; the last may go on.
    lengths: Vec<i64>,
}

impl std::fmt::Debug for Whole {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "Whole({})", self.data_type)
    }
}

impl Whole {
    /// The arguments are those of the aggregate, then its filter if there is one.
    pub fn try_new(aggregate: &Arc<AggregateFunctionExpr>, filtered: bool) -> Result<Self> {
        let data_type = aggregate.field().data_type().clone();
        Ok(Whole { accumulator: accumulator(aggregate)?, data_type, filtered, lengths: vec![] })
    }

    fn take(&mut self, args: &[ArrayRef], starts: &[usize]) -> Result<ArrayRef> {
        let rows = args.first().map_or(0, |arg| arg.len());
        let mut places = Vec::with_capacity(rows);
        let mut starts = starts.iter().copied().peekable();
        while places.len() < rows {
            let begins = starts.next_if_eq(&places.len()).is_some();
            if begins || self.lengths.is_empty() {
                self.lengths.push(0);
            }
            let end = starts.peek().copied().unwrap_or(rows);
            let (last, so_far) = (self.lengths.len() - 1, places.len());
            self.lengths[last] += i64::try_from(end - so_far).unwrap_or(i64::MAX);
            places.resize(end, last);
        }
        let (args, filter) = match args.split_last() {
            Some((filter, args)) if self.filtered => (args, Some(filter.as_boolean())),
            _ => (args, None),
        };
        self.accumulator.update_batch(args, &places, filter, self.lengths.len())?;
        match self.lengths.len() {
            0 | 1 => Ok(new_empty_array(&self.data_type)),
            open => self.leave(EmitTo::First(open - 1), open - 1),
        }
    }

    /// The first `count` partitions, each as one value and how often it stands.
    fn leave(&mut self, emit: EmitTo, count: usize) -> Result<ArrayRef> {
        let values = self.accumulator.evaluate(emit)?;
        let mut end = 0;
        let ends = self.lengths.drain(..count).map(|length| {
            end += length;
            end
        });
        let ends = Int64Array::from_iter_values(ends);
        Ok(Arc::new(RunArray::<Int64Type>::try_new(&ends, &values)?))
    }
}

fn external(error: datafusion::common::DataFusionError) -> ArrowError {
    ArrowError::ExternalError(Box::new(error))
}

impl Kernel for Whole {
    fn push(&mut self, args: &[ArrayRef], starts: &[usize]) -> Result<ArrayRef, ArrowError> {
        self.take(args, starts).map_err(external)
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        match self.lengths.len() {
            0 => Ok(new_empty_array(&self.data_type)),
            open => self.leave(EmitTo::All, open).map_err(external),
        }
    }

    fn memory(&self) -> usize {
        self.accumulator.size() + self.lengths.capacity() * size_of::<i64>()
    }
}
