//! Exact sums and means: integers, durations, decimals.
//!
//! Integers may be subtracted when they leave: the accumulator is wide enough for
//! any number of values, so only a result out of range is an error.

use super::{Span, Windowed};
use crate::columns::primitive;
use crate::numbers::{DecimalMean, Number, overflow, to_float};
use crate::tail::Tail;
use arrow::array::types::{Decimal128Type, Float64Type, Int64Type};
use arrow::array::{ArrayRef, ArrowPrimitiveType, PrimitiveArray};
use arrow::buffer::NullBuffer;
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
        Self {
            number,
            values: Tail::default(),
            lo: 0,
            hi: 0,
            sum: W::default(),
        }
    }

    fn ingest<A: ArrowPrimitiveType<Native = T>>(
        &mut self,
        values: &ArrayRef,
    ) -> Result<(), ArrowError> {
        let values = self.number.cast(values)?;
        let values = primitive::<A>(&values)?.values();
        self.values.items().extend_from_slice(values);
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

    /// The values of the spans; an error where one that is not masked does not fit.
    fn emit<O: ArrowPrimitiveType>(
        &mut self,
        spans: &[Span],
        nulls: Option<NullBuffer>,
        value: impl Fn(W, usize) -> Option<O::Native>,
    ) -> Result<ArrayRef, ArrowError> {
        let mut out = Vec::with_capacity(spans.len());
        for (i, &span) in spans.iter().enumerate() {
            let fits = value(self.slide(span), span.len());
            if fits.is_none() && nulls.as_ref().is_none_or(|n| n.is_valid(i)) {
                return Err(overflow("a rolling value", &O::DATA_TYPE));
            }
            out.push(fits.unwrap_or_default());
        }
        Ok(Arc::new(PrimitiveArray::<O>::try_new(out.into(), nulls)?))
    }
}

/// Declares the parts of [`Windowed`] that every state here shares.
macro_rules! windowed {
    ($arrow:ty) => {
        fn ingest(&mut self, values: &ArrayRef) -> Result<(), ArrowError> {
            self.sums.ingest::<$arrow>(values)
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
        Self {
            sums: Sliding::new(number),
        }
    }
}

impl<T: ArrowPrimitiveType + Debug> Windowed for IntSum<T>
where
    T::Native: Into<i128> + TryFrom<i128>,
{
    fn emit(&mut self, spans: &[Span], nulls: Option<NullBuffer>) -> Result<ArrayRef, ArrowError> {
        self.sums
            .emit::<T>(spans, nulls, |sum, _| T::Native::try_from(sum).ok())
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
        Self {
            sums: Sliding::new(number),
            output: std::marker::PhantomData,
        }
    }
}

impl<T: ArrowPrimitiveType + Debug, O: Mean + Debug + Send> Windowed for IntAvg<T, O>
where
    T::Native: Into<i128>,
{
    fn emit(&mut self, spans: &[Span], nulls: Option<NullBuffer>) -> Result<ArrayRef, ArrowError> {
        self.sums
            .emit::<O>(spans, nulls, |sum, n| Some(O::mean(sum, n)))
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
        Self {
            sums: Sliding::new(number),
            limit,
        }
    }
}

impl Windowed for DecimalSum {
    fn emit(&mut self, spans: &[Span], nulls: Option<NullBuffer>) -> Result<ArrayRef, ArrowError> {
        let limit = self.limit.unsigned_abs();
        self.sums.emit::<Decimal128Type>(spans, nulls, |sum, _| {
            sum.to_i128().filter(|s| s.unsigned_abs() <= limit)
        })
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
        Self {
            sums: Sliding::new(number),
            mean,
        }
    }
}

impl Windowed for DecimalAvg {
    fn emit(&mut self, spans: &[Span], nulls: Option<NullBuffer>) -> Result<ArrayRef, ArrowError> {
        let mean = self.mean;
        self.sums
            .emit::<Decimal128Type>(spans, nulls, |sum, n| mean.mean(sum, n as u64))
    }

    windowed!(Decimal128Type);
}
