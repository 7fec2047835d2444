//! Exact sums and means: integers, durations, decimals.
//!
//! Integers may be subtracted when they leave: the accumulator is wide enough for
//! any number of values, so only a result out of range is an error.

use super::spans::{Run, Span, Spans};
use super::{Answer, Windowed};
use crate::columns::{append_filled, primitive};
use crate::numbers::{DecimalMean, Number, overflow, to_float};
use crate::tail::Tail;
use arrow::array::types::{Decimal128Type, Float64Type, Int64Type};
use arrow::array::{ArrayRef, ArrowPrimitiveType, PrimitiveArray};
use arrow::datatypes::{ArrowNativeType, i256};
use arrow::error::ArrowError;
use std::fmt::Debug;
use std::sync::Arc;

/// An accumulator that values enter and leave.
trait Wide<T>: Copy + Default + Debug + Send {
    fn add(self, x: T) -> Self;
    fn sub(self, x: T) -> Self;
}

impl<T: Into<i128>> Wide<T> for i128 {
    #[inline(always)]
    fn add(self, x: T) -> Self {
        self.wrapping_add(x.into())
    }

    #[inline(always)]
    fn sub(self, x: T) -> Self {
        self.wrapping_sub(x.into())
    }
}

impl Wide<i128> for i256 {
    fn add(self, x: i128) -> Self {
        self.wrapping_add(i256::from_i128(x))
    }

    fn sub(self, x: i128) -> Self {
        self.wrapping_sub(i256::from_i128(x))
    }
}

/// The sum of a span whose ends never fall.
#[derive(Debug)]
struct Sliding<T, W> {
    number: Number,
    values: Tail<T>,
    lo: usize,
    hi: usize,
    sum: W,
}

impl<T: ArrowNativeType, W: Wide<T>> Sliding<T, W> {
    fn new(number: Number) -> Self {
        Self { number, values: Tail::default(), lo: 0, hi: 0, sum: W::default() }
    }

    fn ingest<A: ArrowPrimitiveType<Native = T>>(&mut self, batch: &ArrayRef) -> Result<(), ArrowError> {
        let batch = self.number.cast(batch)?;
        append_filled(self.values.items(), primitive::<A>(&batch)?, T::default());
        Ok(())
    }

    /// Keeps the values of the last span: they have yet to be subtracted.
    fn trim(&mut self, low: usize) {
        self.values.trim(low.min(self.lo));
    }

    #[inline(always)]
    fn slide(&mut self, span: Span) -> W {
        if span.lo >= self.hi {
            (self.lo, self.hi, self.sum) = (span.lo, span.lo, W::default());
        }
        for &x in self.values.range(self.hi, span.hi) {
            self.sum = self.sum.add(x);
        }
        for &x in self.values.range(self.lo, span.lo) {
            self.sum = self.sum.sub(x);
        }
        (self.lo, self.hi) = (span.lo, span.hi);
        self.sum
    }

    /// The sum of each span.
    fn sums(&mut self, spans: &Spans) -> Vec<W> {
        let mut out = Vec::with_capacity(spans.len());
        match spans {
            Spans::Each(spans) => out.extend(spans.iter().map(|&s| self.slide(s))),
            Spans::Runs(runs) => {
                for run in runs {
                    match run.slides() {
                        true => self.run(*run, &mut out),
                        false => out.extend(run.spans().map(|s| self.slide(s))),
                    }
                }
            }
        }
        out
    }

    /// Spans of one length: one value leaves where one enters.
    fn run(&mut self, run: Run, out: &mut Vec<W>) {
        out.push(self.slide(run.first));
        let (rows, mut sum) = (run.rows - 1, self.sum);
        let leave = self.values.range(self.lo, self.lo + rows);
        let enter = self.values.range(self.hi, self.hi + rows);
        out.extend(leave.iter().zip(enter).map(|(&old, &new)| {
            sum = sum.add(new).sub(old);
            sum
        }));
        (self.lo, self.hi, self.sum) = (self.lo + rows, self.hi + rows, sum);
    }

    /// The values of the spans; an error where one that is not masked does not fit.
    fn emit<O: ArrowPrimitiveType>(
        &mut self,
        answer: &Answer,
        value: impl Fn(W, usize) -> Option<O::Native>,
    ) -> Result<ArrayRef, ArrowError> {
        let sums = self.sums(answer.spans);
        let nulls = answer.nulls.as_ref();
        let (mut sums, mut row, mut failed) = (sums.into_iter(), 0, false);
        let mut out = Vec::with_capacity(sums.len());
        answer.values.for_each(|span| {
            let fits = sums.next().and_then(|sum| value(sum, span.len()));
            failed |= fits.is_none() && nulls.is_none_or(|n| n.is_valid(row));
            out.push(fits.unwrap_or_default());
            row += 1;
        });
        if failed {
            return Err(overflow("a rolling value", &O::DATA_TYPE));
        }
        let array = PrimitiveArray::<O>::try_new(out.into(), nulls.cloned())?;
        Ok(Arc::new(array))
    }
}

/// Declares the parts of [`Windowed`] that every state here shares.
macro_rules! windowed {
    ($arrow:ty) => {
        fn by_row(&self) -> bool {
            true
        }

        fn ingest(&mut self, batch: &ArrayRef) -> Result<(), ArrowError> {
            self.sums.ingest::<$arrow>(batch)
        }

        fn trim(&mut self, low: usize) {
            self.sums.trim(low);
        }

        fn memory(&self) -> usize {
            size_of::<Self>() + self.sums.values.memory()
        }
    };
}

/// SUM of Int64 or UInt64 (`T`), in that type.
#[derive(Debug)]
pub(super) struct IntSum<T: ArrowPrimitiveType> {
    sums: Sliding<T::Native, i128>,
}

impl<T: ArrowPrimitiveType> IntSum<T>
where
    T::Native: Into<i128>,
{
    pub fn new(number: Number) -> Self {
        Self { sums: Sliding::new(number) }
    }
}

impl<T: ArrowPrimitiveType + Debug> Windowed for IntSum<T>
where
    T::Native: Into<i128> + TryFrom<i128>,
{
    fn emit(&mut self, answer: &Answer) -> Result<ArrayRef, ArrowError> {
        self.sums.emit::<T>(answer, |sum, _| T::Native::try_from(sum).ok())
    }

    windowed!(T);
}

/// AVG of Int64 or UInt64 (`T`): Float64, or whole units of a duration.
#[derive(Debug)]
pub(super) struct IntAvg<T: ArrowPrimitiveType, O> {
    sums: Sliding<T::Native, i128>,
    output: std::marker::PhantomData<O>,
}

/// A mean in type `O`, from a sum and a count.
trait Mean: ArrowPrimitiveType {
    fn mean(sum: i128, count: usize) -> Self::Native;
}

impl Mean for Float64Type {
    #[inline(always)]
    fn mean(sum: i128, count: usize) -> f64 {
        to_float(sum) / count as f64
    }
}

impl Mean for Int64Type {
    fn mean(sum: i128, count: usize) -> i64 {
        // Lies between the least and the greatest value, so that it fits.
        (sum / (count.max(1) as i128)) as i64
    }
}

impl<T: ArrowPrimitiveType, O> IntAvg<T, O>
where
    T::Native: Into<i128>,
{
    pub fn new(number: Number) -> Self {
        Self { sums: Sliding::new(number), output: std::marker::PhantomData }
    }
}

impl<T: ArrowPrimitiveType + Debug, O: Mean + Debug + Send> Windowed for IntAvg<T, O>
where
    T::Native: Into<i128>,
{
    fn emit(&mut self, answer: &Answer) -> Result<ArrayRef, ArrowError> {
        self.sums.emit::<O>(answer, |sum, n| Some(O::mean(sum, n)))
    }

    windowed!(T);
}

/// SUM of decimals.
#[derive(Debug)]
pub(super) struct DecimalSum {
    sums: Sliding<i128, i256>,
    limit: i128,
}

impl DecimalSum {
    /// `limit`: the greatest unscaled value of the output type.
    pub fn new(number: Number, limit: i128) -> Self {
        Self { sums: Sliding::new(number), limit }
    }
}

impl Windowed for DecimalSum {
    fn emit(&mut self, answer: &Answer) -> Result<ArrayRef, ArrowError> {
        let limit = self.limit.unsigned_abs();
        self.sums.emit::<Decimal128Type>(answer, |sum, _| sum.to_i128().filter(|s| s.unsigned_abs() <= limit))
    }

    windowed!(Decimal128Type);
}

/// AVG of decimals.
#[derive(Debug)]
pub(super) struct DecimalAvg {
    sums: Sliding<i128, i256>,
    mean: DecimalMean,
}

impl DecimalAvg {
    pub fn new(number: Number, mean: DecimalMean) -> Self {
        Self { sums: Sliding::new(number), mean }
    }
}

impl Windowed for DecimalAvg {
    fn emit(&mut self, answer: &Answer) -> Result<ArrayRef, ArrowError> {
        let mean = self.mean;
        self.sums.emit::<Decimal128Type>(answer, |sum, n| mean.mean(sum, n as u64))
    }

    windowed!(Decimal128Type);
}
