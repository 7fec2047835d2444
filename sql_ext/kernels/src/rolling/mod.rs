//! `ROLLING(agg, …)`: aggregates over frames of rows or of key ranges.
//!
//! ```text
//! keys or row numbers ─ frames ─▶ spans lo..hi, one per row that is ready
//!                                     │ counter: rows to non-null values
//! rows, or non-null values ─▶ aggregate ─▶ values
//! ```
//!
//! Indices run through the whole sequence and never restart: a span never crosses
//! a partition, and its ends never fall, so that the aggregates need to know
//! no partitions and hardly any nulls.

mod count;
mod extremes;
mod integers;
mod moments;
mod pick;
mod quantile;
mod range;
mod recompute;
mod rows;
mod spans;
mod stack;
mod sum;
#[cfg(test)]
mod tests;

use crate::Kernel;
use crate::columns::{arg, expect_type, unsupported};
use crate::keys::{KeyKind, unpacked};
use crate::numbers::{Number, relabel};
use crate::partition::{Partitions, Segment};
use arrow::array::{Array, ArrayRef, BooleanArray, Int64Array};
use arrow::buffer::NullBuffer;
use arrow::compute::filter;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use count::Counter;
use pick::{Pick, Which};
pub use recompute::{Counted, FrameAggregate, Recomputed};
use spans::Spans;
use std::fmt::Debug;
use std::sync::Arc;

/// Which rows of the partition a row's frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// From `preceding` rows before to `following` rows after the current row, both
    /// included. Negative numbers count the other way: the frame may lie wholly
    /// before or after the row.
    Rows {
        /// Rows before.
        preceding: i64,
        /// Rows after.
        following: i64,
    },
    /// The rows whose key lies from `preceding` before to `following` after the
    /// current row's, both included, peers always; NULL keys see each other only.
    /// The key is the second argument, Int64, sorted.
    Range {
        /// Distance back along the order.
        preceding: i64,
        /// Distance ahead along the order.
        following: i64,
        /// Whether keys descend.
        descending: bool,
    },
}

/// Which aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollingAgg {
    /// Sum; an integer or decimal sum out of range is an error.
    Sum,
    /// Mean.
    Avg,
    /// Minimum.
    Min,
    /// Maximum; NaN is greatest.
    Max,
    /// Number of non-null values.
    Count,
    /// Number of rows: COUNT(*). Its argument may be of any type.
    CountRows,
    /// Sample variance, NULL for one value.
    VarSamp,
    /// Population variance.
    VarPop,
    /// Sample standard deviation, NULL for one value.
    StddevSamp,
    /// Population standard deviation.
    StddevPop,
    /// Median; the mean of the middle two. NaN is greatest.
    Median,
    /// The value at this fraction, 0 to 1, of the way from the least to the greatest, given as
    /// the bits of a float; between two values linear. NaN is greatest.
    Quantile(u64),
    /// Value of the frame's first row, NULL or not. Any type.
    First,
    /// Value of the frame's last row, NULL or not. Any type.
    Last,
    /// Value of the frame's n-th row, from 1, NULL or not; NULL where there is none.
    /// Any type.
    Nth(u64),
}

/// An aggregate over the frame of each row.
///
/// NULL inputs are skipped. Fewer than `min_periods` non-null inputs in the frame
/// (rows, for COUNT(*)) give NULL, for counts too; an empty frame gives NULL, or 0
/// for counts. Nothing that has left the frame leaves a trace: no float is ever
/// subtracted. A row is answered as soon as its frame is complete.
#[derive(Debug)]
pub struct Rolling {
    agg: RollingAgg,
    input: DataType,
    output: DataType,
    frames: Frames,
    counter: Counter,
    state: Box<dyn Windowed>,
    partitions: Partitions,
    /// Fewest non-null values that give a value.
    needed: usize,
}

#[derive(Debug)]
enum Frames {
    Rows(rows::RowFrames),
    Range(range::RangeFrames),
}

impl Frames {
    fn new(frame: Frame) -> Self {
        match frame {
            Frame::Rows { preceding, following } => Frames::Rows(rows::RowFrames::new(preceding, following)),
            Frame::Range { preceding, following, descending } => {
                Frames::Range(range::RangeFrames::new(preceding, following, descending))
            }
        }
    }

    /// Takes the rows of a batch; `key` is looked at for ranges only.
    fn push(&mut self, key: Option<&ArrayRef>, cut: &[Segment]) -> Result<(), ArrowError> {
        match (self, key) {
            (Frames::Rows(frames), _) => frames.push(cut),
            (Frames::Range(frames), Some(key)) => frames.push(key, cut)?,
            (Frames::Range(_), None) => return Err(ArrowError::ComputeError("a range needs its key".to_string())),
        }
        Ok(())
    }

    /// The sequence ends: what waits sees what there is.
    fn finish(&mut self) {
        match self {
            Frames::Rows(frames) => frames.finish(),
            Frames::Range(frames) => frames.finish(),
        }
    }

    /// The frames that have become complete.
    fn take(&mut self) -> Spans {
        match self {
            Frames::Rows(frames) => frames.take(),
            Frames::Range(frames) => frames.take(),
        }
    }

    /// Lets go of what no frame needs; no later span begins before the row returned.
    fn trim(&mut self) -> usize {
        match self {
            Frames::Rows(frames) => frames.low(),
            Frames::Range(frames) => frames.trim(),
        }
    }

    fn memory(&self) -> usize {
        match self {
            Frames::Rows(_) => 0,
            Frames::Range(frames) => frames.memory(),
        }
    }
}

/// What a batch asks of an aggregate.
struct Answer<'a> {
    /// The frames, in rows or in values as the aggregate works.
    spans: &'a Spans,
    /// The frames in values: how many there are.
    values: &'a Spans,
    /// Masks the frames with too few values; what is returned for them means nothing.
    nulls: Option<NullBuffer>,
}

impl Answer<'_> {
    fn valid(&self, i: usize) -> bool {
        self.nulls.as_ref().is_none_or(|n| n.is_valid(i))
    }
}

/// An aggregate's state under absolute indices.
trait Windowed: Debug + Send {
    /// Whether it takes whole batches and counts rows. Otherwise it takes and counts
    /// non-null values only.
    fn by_row(&self) -> bool {
        false
    }
    /// Appends rows or values.
    fn ingest(&mut self, batch: &ArrayRef) -> Result<(), ArrowError>;
    /// Aggregates the spans, whose ends never fall from call to call.
    fn emit(&mut self, answer: &Answer) -> Result<ArrayRef, ArrowError>;
    /// Promises that no later span begins before `low`.
    fn trim(&mut self, low: usize);
    fn memory(&self) -> usize;
}

impl Rolling {
    /// `input`: the type of the first argument; an error where `agg` cannot take it.
    /// `min_periods`: see the type; 0 and 1 differ for counts only.
    pub fn new(agg: RollingAgg, input: &DataType, frame: Frame, min_periods: u64) -> Result<Self, ArrowError> {
        let least = match agg {
            RollingAgg::Count | RollingAgg::CountRows => 0,
            // A frame without such a row picks NULL anyway.
            RollingAgg::First | RollingAgg::Last | RollingAgg::Nth(_) => 0,
            RollingAgg::VarSamp | RollingAgg::StddevSamp => 2,
            _ => 1,
        };
        Ok(Self {
            agg,
            input: input.clone(),
            output: Self::output_type(agg, input)?,
            frames: Frames::new(frame),
            counter: Counter::default(),
            state: state(agg, input)?,
            partitions: Partitions::default(),
            needed: usize::try_from(min_periods).unwrap_or(usize::MAX).max(least),
        })
    }

    /// The type of the values: as DataFusion's aggregates, counts Int64.
    pub fn output_type(agg: RollingAgg, input: &DataType) -> Result<DataType, ArrowError> {
        Ok(match agg {
            RollingAgg::Sum => Number::of("ROLLING(SUM)", input)?.sum_type(),
            RollingAgg::Avg => Number::of("ROLLING(AVG)", input)?.avg_type(),
            RollingAgg::Min | RollingAgg::Max => unpacked(input),
            RollingAgg::Count | RollingAgg::CountRows => DataType::Int64,
            RollingAgg::Median => quantile::output_type(input)?,
            RollingAgg::Quantile(_) if input.is_floating() => input.clone(),
            RollingAgg::Quantile(_) => DataType::Float64,
            RollingAgg::First | RollingAgg::Last | RollingAgg::Nth(_) => input.clone(),
            _ => match Number::of("ROLLING(VAR)", input)? {
                Number::Duration(_) => return Err(unsupported("ROLLING(VAR)", input)),
                _ => DataType::Float64,
            },
        })
    }

    /// Hands the batch to the aggregate, and its nulls to the counter.
    fn ingest(&mut self, batch: &ArrayRef) -> Result<(), ArrowError> {
        let nulls = match self.agg {
            RollingAgg::CountRows => None,
            _ => batch.logical_nulls().filter(|n| n.null_count() > 0),
        };
        self.counter.ingest(batch.len(), nulls.as_ref());
        match nulls {
            Some(nulls) if !self.state.by_row() => {
                let keep = BooleanArray::new(nulls.into_inner(), None);
                self.state.ingest(&filter(batch, &keep)?)
            }
            _ => self.state.ingest(batch),
        }
    }

    /// Answers the rows whose frames are complete.
    fn answer(&mut self) -> Result<ArrayRef, ArrowError> {
        let rows = self.frames.take();
        let values = self.counter.values(&rows);
        let values = values.as_ref().unwrap_or(&rows);
        let answer =
            Answer { spans: if self.state.by_row() { &rows } else { values }, values, nulls: values.mask(self.needed) };
        relabel(self.state.emit(&answer)?, &self.output)
    }
}

fn state(agg: RollingAgg, input: &DataType) -> Result<Box<dyn Windowed>, ArrowError> {
    Ok(match agg {
        RollingAgg::Sum => sum::sum(Number::of("ROLLING(SUM)", input)?),
        RollingAgg::Avg => sum::avg(Number::of("ROLLING(AVG)", input)?),
        RollingAgg::Count | RollingAgg::CountRows => Box::new(SpanLengths),
        RollingAgg::Median => quantile::median(input)?,
        RollingAgg::Quantile(bits) => quantile::quantile(input, f64::from_bits(bits))?,
        RollingAgg::First => Box::new(Pick::new(input, Which::FromFirst(0))),
        RollingAgg::Last => Box::new(Pick::new(input, Which::Last)),
        RollingAgg::Nth(n) => {
            // Counted from 1; there is no row 0.
            let n = usize::try_from(n).unwrap_or(usize::MAX).wrapping_sub(1);
            Box::new(Pick::new(input, Which::FromFirst(n)))
        }
        RollingAgg::VarSamp => Box::new(moments::Variance::new(true, false)),
        RollingAgg::VarPop => Box::new(moments::Variance::new(false, false)),
        RollingAgg::StddevSamp => Box::new(moments::Variance::new(true, true)),
        RollingAgg::StddevPop => Box::new(moments::Variance::new(false, true)),
        RollingAgg::Min | RollingAgg::Max => {
            let greatest = agg == RollingAgg::Max;
            match KeyKind::of(&unpacked(input)) {
                KeyKind::Narrow => Box::new(extremes::KeyExtremes::<i64>::new(input, greatest)),
                KeyKind::Wide => Box::new(extremes::KeyExtremes::<i128>::new(input, greatest)),
                KeyKind::Rows => Box::new(extremes::RowExtremes::new(&unpacked(input), greatest)?),
            }
        }
    })
}

impl Kernel for Rolling {
    fn push(&mut self, args: &[ArrayRef], starts: &[usize]) -> Result<ArrayRef, ArrowError> {
        let batch = arg(args, 0)?;
        expect_type(batch, &self.input)?;
        let cut = self.partitions.segments(starts, batch.len())?;
        self.frames.push(args.get(1), &cut)?;
        self.ingest(batch)?;
        let values = self.answer()?;
        let low = self.frames.trim();
        let low_value = self.counter.trim(low);
        self.state.trim(if self.state.by_row() { low } else { low_value });
        Ok(values)
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        self.frames.finish();
        self.answer()
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.frames.memory() + self.counter.memory() + self.state.memory()
    }
}

/// Counts: the spans of values say it all.
#[derive(Debug)]
struct SpanLengths;

impl Windowed for SpanLengths {
    fn ingest(&mut self, _values: &ArrayRef) -> Result<(), ArrowError> {
        Ok(())
    }

    fn emit(&mut self, answer: &Answer) -> Result<ArrayRef, ArrowError> {
        let mut counts = Vec::with_capacity(answer.values.len());
        answer.values.for_each(|span| counts.push(span.len() as i64));
        let nulls = answer.nulls.clone();
        Ok(Arc::new(Int64Array::try_new(counts.into(), nulls)?))
    }

    fn trim(&mut self, _low: usize) {}

    fn memory(&self) -> usize {
        0
    }
}
