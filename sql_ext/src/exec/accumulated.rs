//! The base's accumulators as the aggregate of a frame.

use std::ops::Range;

use datafusion::arrow::array::{ArrayRef, AsArray, new_empty_array};
use datafusion::arrow::compute::filter;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::error::ArrowError;
use datafusion::common::{Result, ScalarValue};
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use ltseq_kernels::rolling::FrameAggregate;

use crate::plan::FrameCall;

/// An aggregate of the base, with a fresh accumulator for each frame.
#[derive(Debug)]
pub struct Accumulated {
    aggregate: AggregateFunctionExpr,
    /// Is the last column the rows that count?
    filtered: bool,
}

impl Accumulated {
    /// The aggregate over columns of these types.
    pub fn try_new(call: &FrameCall, types: &[DataType]) -> Result<Self> {
        Ok(Accumulated { aggregate: call.aggregate(types)?, filtered: call.filtered })
    }

    fn frame(&self, columns: &[ArrayRef], rows: &Range<usize>) -> Result<ScalarValue> {
        let mut slices: Vec<ArrayRef> = columns.iter().map(|c| c.slice(rows.start, rows.len())).collect();
        if let Some(kept) = slices.pop_if(|_| self.filtered) {
            let kept = kept.as_boolean();
            slices = slices.iter().map(|c| filter(c, kept)).collect::<Result<_, ArrowError>>()?;
        }
        let mut accumulator = self.aggregate.create_accumulator()?;
        accumulator.update_batch(&slices)?;
        accumulator.evaluate()
    }

    fn frames(&self, columns: &[ArrayRef], frames: &[Option<Range<usize>>]) -> Result<ArrayRef> {
        let data_type = self.aggregate.field().data_type().clone();
        if frames.is_empty() {
            return Ok(new_empty_array(&data_type));
        }
        let null = ScalarValue::try_from(&data_type)?;
        let mut values: Vec<ScalarValue> = Vec::with_capacity(frames.len());
        for (i, frame) in frames.iter().enumerate() {
            // Peers share a frame.
            let same = i > 0 && frames[i - 1] == *frame;
            values.push(match (frame, values.last()) {
                (None, _) => null.clone(),
                (Some(_), Some(last)) if same => last.clone(),
                (Some(rows), _) => self.frame(columns, rows)?,
            });
        }
        ScalarValue::iter_to_array(values)
    }
}

impl FrameAggregate for Accumulated {
    fn compute(&mut self, columns: &[ArrayRef], frames: &[Option<Range<usize>>]) -> Result<ArrayRef, ArrowError> {
        self.frames(columns, frames).map_err(|error| ArrowError::ExternalError(Box::new(error)))
    }
}
