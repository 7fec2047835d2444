//! `ROLLING(agg, …)`: aggregates over frames of rows or of key ranges.
//!
//! ```text
//! rows of the batch ─ frames ─▶ spans lo..hi, one per row that is ready
//!         │                                     │ counter: rows to non-null values
//!         └─ non-null values ─▶ aggregate ◀─────┘
//! ```
//!
//! Indices run through the whole sequence and never restart: a span never crosses
//! a partition, and its ends never fall, so that the aggregates need to know
//! neither partitions nor nulls.

mod count;
mod extremes;
mod integers;
mod moments;
mod quantile;
mod range;
mod rows;
mod stack;
mod sum;
#[cfg(test)]
mod tests;

use crate::Kernel;
use crate::columns::{arg, expect_type, unsupported};
use crate::keys::{KeyKind, unpacked};
use crate::numbers::{Number, relabel};
use crate::partition::Partitions;
use arrow::array::{Array, ArrayRef, BooleanArray, Int64Array};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::filter;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use count::Counter;
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
    spans: Vec<Span>,
}

/// The rows or values `lo..hi`, by absolute index.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Span {
    lo: usize,
    hi: usize,
}

impl Span {
    #[inline(always)]
    fn len(self) -> usize {
        self.hi - self.lo
    }
}

#[derive(Debug)]
enum Frames {
    Rows(rows::RowFrames),
    Range(range::RangeFrames),
}

/// An aggregate's state over non-null values under absolute indices.
trait Windowed: Debug + Send {
    /// Appends values, none of them NULL.
    fn ingest(&mut self, values: &ArrayRef) -> Result<(), ArrowError>;
    /// Aggregates the spans, whose ends never fall from call to call. What is
    /// returned for a span that `nulls` masks means nothing.
    fn emit(&mut self, spans: &[Span], nulls: Option<NullBuffer>) -> Result<ArrayRef, ArrowError>;
    /// Promises that no later span begins before `low`.
    fn trim(&mut self, low: usize);
    fn memory(&self) -> usize;
}

impl Rolling {
    /// `input`: the type of the first argument; an error where `agg` cannot take it.
    /// `min_periods`: see the type; 0 and 1 differ for counts only.
    pub fn new(
        agg: RollingAgg,
        input: &DataType,
        frame: Frame,
        min_periods: u64,
    ) -> Result<Self, ArrowError> {
        let least = match agg {
            RollingAgg::Count | RollingAgg::CountRows => 0,
            RollingAgg::VarSamp | RollingAgg::StddevSamp => 2,
            _ => 1,
        };
        Ok(Self {
            agg,
            input: input.clone(),
            output: Self::output_type(agg, input)?,
            frames: match frame {
                Frame::Rows {
                    preceding,
                    following,
                } => Frames::Rows(rows::RowFrames::new(preceding, following)),
                Frame::Range {
                    preceding,
                    following,
                    descending,
                } => Frames::Range(range::RangeFrames::new(preceding, following, descending)),
            },
            counter: Counter::default(),
            state: state(agg, input)?,
            partitions: Partitions::default(),
            needed: usize::try_from(min_periods)
                .unwrap_or(usize::MAX)
                .max(least),
            spans: Vec::new(),
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
            _ => match Number::of("ROLLING(VAR)", input)? {
                Number::Duration(_) => return Err(unsupported("ROLLING(VAR)", input)),
                _ => DataType::Float64,
            },
        })
    }

    /// Hands the batch's values to the aggregate, and its nulls to the counter.
    fn ingest(&mut self, batch: &ArrayRef) -> Result<(), ArrowError> {
        let nulls = match self.agg {
            RollingAgg::CountRows => None,
            _ => batch.logical_nulls().filter(|n| n.null_count() > 0),
        };
        self.counter.ingest(batch.len(), nulls.as_ref());
        let values = match nulls {
            Some(nulls) if !matches!(self.agg, RollingAgg::Count) => {
                filter(batch, &BooleanArray::new(nulls.into_inner(), None))?
            }
            _ => batch.clone(),
        };
        self.state.ingest(&values)
    }

    /// Answers the rows whose frames are in `spans`.
    fn answer(&mut self) -> Result<ArrayRef, ArrowError> {
        self.counter.to_values(&mut self.spans);
        let (spans, needed) = (&self.spans, self.needed);
        let nulls = match needed {
            0 => None,
            _ => {
                let enough = BooleanBuffer::collect_bool(spans.len(), |i| spans[i].len() >= needed);
                Some(NullBuffer::new(enough)).filter(|n| n.null_count() > 0)
            }
        };
        let values = self.state.emit(spans, nulls)?;
        self.spans.clear();
        relabel(values, &self.output)
    }
}

fn state(agg: RollingAgg, input: &DataType) -> Result<Box<dyn Windowed>, ArrowError> {
    Ok(match agg {
        RollingAgg::Sum => sum::sum(Number::of("ROLLING(SUM)", input)?),
        RollingAgg::Avg => sum::avg(Number::of("ROLLING(AVG)", input)?),
        RollingAgg::Count | RollingAgg::CountRows => Box::new(SpanLengths),
        RollingAgg::Median => quantile::median(input)?,
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
        match &mut self.frames {
            Frames::Rows(frames) => frames.push(&cut, &mut self.spans),
            Frames::Range(frames) => frames.push(arg(args, 1)?, &cut, &mut self.spans)?,
        }
        self.ingest(batch)?;
        let values = self.answer()?;
        let low = match &mut self.frames {
            Frames::Rows(frames) => frames.low(),
            Frames::Range(frames) => frames.trim(),
        };
        self.state.trim(self.counter.trim(low));
        Ok(values)
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        match &mut self.frames {
            Frames::Rows(frames) => frames.finish(&mut self.spans),
            Frames::Range(frames) => frames.finish(&mut self.spans),
        }
        self.answer()
    }

    fn memory(&self) -> usize {
        let frames = match &self.frames {
            Frames::Rows(_) => 0,
            Frames::Range(frames) => frames.memory(),
        };
        let spans = self.spans.capacity() * size_of::<Span>();
        size_of::<Self>() + frames + spans + self.counter.memory() + self.state.memory()
    }
}

/// Counts: the spans of values say it all.
#[derive(Debug)]
struct SpanLengths;

impl Windowed for SpanLengths {
    fn ingest(&mut self, _values: &ArrayRef) -> Result<(), ArrowError> {
        Ok(())
    }

    fn emit(&mut self, spans: &[Span], nulls: Option<NullBuffer>) -> Result<ArrayRef, ArrowError> {
        let counts: Vec<i64> = spans.iter().map(|s| s.len() as i64).collect();
        Ok(Arc::new(Int64Array::try_new(counts.into(), nulls)?))
    }

    fn trim(&mut self, _low: usize) {}

    fn memory(&self) -> usize {
        0
    }
}
