//! What sums and means are made of: input classes, output types, exact sums.

use crate::columns::{primitive, unsupported};
use arrow::array::types::Decimal128Type;
use arrow::array::{Array, ArrayRef};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{
    DECIMAL32_MAX_PRECISION, DECIMAL64_MAX_PRECISION, DECIMAL128_MAX_PRECISION, DataType, TimeUnit, i256,
};
use arrow::error::ArrowError;

/// Classes of summable input, each worked on in one canonical type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// Worked on as Int64.
    Int,
    /// Worked on as UInt64.
    UInt,
    /// Worked on as Float64.
    Float,
    /// Worked on as Decimal128 of this precision and scale; the first number is the
    /// greatest precision of the storage type (9, 18, 38).
    Decimal(u8, u8, i8),
    /// Worked on as Int64.
    Duration(TimeUnit),
}

impl Number {
    /// The class of `input`; an error that names `function` where it has none.
    pub fn of(function: &str, input: &DataType) -> Result<Self, ArrowError> {
        Ok(match input {
            t if t.is_signed_integer() => Number::Int,
            t if t.is_unsigned_integer() => Number::UInt,
            t if t.is_floating() => Number::Float,
            DataType::Decimal32(p, s) => Number::Decimal(DECIMAL32_MAX_PRECISION, *p, *s),
            DataType::Decimal64(p, s) => Number::Decimal(DECIMAL64_MAX_PRECISION, *p, *s),
            DataType::Decimal128(p, s) => Number::Decimal(DECIMAL128_MAX_PRECISION, *p, *s),
            DataType::Duration(unit) => Number::Duration(*unit),
            other => return Err(unsupported(function, other)),
        })
    }

    /// The type that the arithmetic runs on.
    pub fn canonical(self) -> DataType {
        match self {
            Number::Int | Number::Duration(_) => DataType::Int64,
            Number::UInt => DataType::UInt64,
            Number::Float => DataType::Float64,
            Number::Decimal(_, p, s) => DataType::Decimal128(p, s),
        }
    }

    /// The column in its canonical type.
    pub fn cast(self, array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
        let canonical = self.canonical();
        if *array.data_type() == canonical {
            return Ok(array.clone());
        }
        cast_exact(array, &canonical)
    }

    /// The type of a sum, as DataFusion has it.
    pub fn sum_type(self) -> DataType {
        match self {
            Number::Duration(unit) => DataType::Duration(unit),
            Number::Decimal(max, p, s) => decimal(max, p.saturating_add(10), s),
            _ => self.canonical(),
        }
    }

    /// The type of a mean, as DataFusion has it.
    pub fn avg_type(self) -> DataType {
        match self {
            Number::Duration(unit) => DataType::Duration(unit),
            Number::Decimal(max, p, s) => decimal(max, p.saturating_add(4), s.saturating_add(4).min(max as i8)),
            _ => DataType::Float64,
        }
    }
}

fn decimal(max: u8, precision: u8, scale: i8) -> DataType {
    let precision = precision.min(max);
    match max {
        DECIMAL32_MAX_PRECISION => DataType::Decimal32(precision, scale),
        DECIMAL64_MAX_PRECISION => DataType::Decimal64(precision, scale),
        _ => DataType::Decimal128(precision, scale),
    }
}

/// `data_type`, with decimals in the 128-bit storage that the arithmetic uses.
pub(crate) fn widest(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Decimal32(p, s) | DataType::Decimal64(p, s) => DataType::Decimal128(*p, *s),
        other => other.clone(),
    }
}

/// A cast in which a value that does not fit is an error, never a NULL.
pub(crate) fn cast_exact(array: &dyn Array, to: &DataType) -> Result<ArrayRef, ArrowError> {
    let options = CastOptions { safe: false, ..Default::default() };
    cast_with_options(array, to, &options)
}

/// From the storage that the arithmetic used to the output type: precision and
/// scale are put on, decimals narrowed, durations labelled.
pub(crate) fn relabel(values: ArrayRef, output: &DataType) -> Result<ArrayRef, ArrowError> {
    if values.data_type() == output {
        return Ok(values);
    }
    match widest(output) {
        wide @ DataType::Decimal128(_, _) => {
            let values = primitive::<Decimal128Type>(&values)?;
            cast_exact(&values.clone().with_data_type(wide), output)
        }
        _ => cast_exact(&values, output),
    }
}

/// The error of a result that its type cannot hold.
pub(crate) fn overflow(what: &str, data_type: &DataType) -> ArrowError {
    ArrowError::ArithmeticOverflow(format!("{what} is out of range for {data_type}"))
}

/// A sum of floats and what rounding has cut off it (Neumaier 1974, Knuth's TwoSum):
/// the error stays near one rounding, however many terms.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ExactSum {
    sum: f64,
    cut: f64,
}

impl ExactSum {
    /// The sum of nothing.
    pub const EMPTY: Self = Self { sum: 0.0, cut: 0.0 };

    /// The sum with one more term.
    #[inline(always)]
    pub fn plus(self, x: f64) -> Self {
        let sum = self.sum + x;
        let part = sum - self.sum;
        let cut = (self.sum - (sum - part)) + (x - part);
        Self { sum, cut: self.cut + cut }
    }

    /// The sum of two sums.
    #[inline(always)]
    pub fn merge(self, other: Self) -> Self {
        let mut both = self.plus(other.sum);
        both.cut += other.cut;
        both
    }

    /// The rounded sum. Infinite and NaN sums have no meaningful rest.
    #[inline(always)]
    pub fn value(self) -> f64 {
        let rounded = self.sum + self.cut;
        if rounded.is_nan() { self.sum } else { rounded }
    }
}

/// Turns an exact sum of decimals and a count into a mean.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DecimalMean {
    factor: i128,
    limit: i128,
}

impl DecimalMean {
    /// For sums of scale `from`, and means of type Decimal128(`precision`, `scale`).
    pub fn new(from: i8, precision: u8, scale: i8) -> Self {
        Self { factor: 10i128.pow(u32::from(scale.abs_diff(from).min(4))), limit: decimal_limit(precision) }
    }

    /// The mean, rounded towards zero as DataFusion's; None where it does not fit.
    pub fn mean(self, sum: i256, count: u64) -> Option<i128> {
        let scaled = sum.checked_mul(i256::from_i128(self.factor))?;
        let mean = match scaled.to_i128() {
            Some(narrow) => narrow / i128::from(count.max(1)),
            None => scaled.checked_div(i256::from_i128(i128::from(count.max(1))))?.to_i128()?,
        };
        (mean.abs() <= self.limit).then_some(mean)
    }
}

/// The nearest float; most sums fit 64 bits, whose conversion is one instruction.
#[inline(always)]
pub(crate) fn to_float(sum: i128) -> f64 {
    match i64::try_from(sum) {
        Ok(narrow) => narrow as f64,
        Err(_) => sum as f64,
    }
}

/// The greatest unscaled value of a decimal of this precision.
pub(crate) fn decimal_limit(precision: u8) -> i128 {
    10i128.pow(u32::from(precision.min(DECIMAL128_MAX_PRECISION))) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_and_specials_survive() {
        let sum = |xs: &[f64]| {
            let start = ExactSum::default();
            xs.iter().fold(start, |s, &x| s.plus(x)).value()
        };
        assert_eq!(sum(&[1e16, 1.0, -1e16]), 1.0);
        assert_eq!(sum(&[0.1; 1000]), 100.0);
        assert_eq!(sum(&[f64::INFINITY, 1.0]), f64::INFINITY);
        assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).is_nan());
    }

    #[test]
    fn decimal_means() {
        let mean = DecimalMean::new(2, 38, 6);
        assert_eq!(mean.mean(i256::from_i128(100), 3), Some(333_333));
        assert_eq!(mean.mean(i256::from_i128(-100), 3), Some(-333_333));
        assert_eq!(mean.mean(i256::from_i128(i128::MAX), 1), None);
        let large = i256::from_i128(10i128.pow(37));
        assert_eq!(mean.mean(large, 10_000), Some(10i128.pow(37)));
    }
}
