//! Values as integers that sort like them.
//!
//! Extremes and medians work on `i64` (or `i128`) keys only; one conversion on the
//! way in and one on the way out replaces a kernel per type. NaN is greatest, all
//! NaNs are one; −0.0 sorts before 0.0, so that an extreme of both is the same
//! wherever the batches are cut.

use crate::columns::primitive;
use arrow::array::types::*;
use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::cast;
use arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use arrow::error::ArrowError;
use std::sync::Arc;

/// An integer key.
pub(crate) trait Key: Copy + Ord + Send + std::fmt::Debug + 'static {
    /// Sorts after every other key.
    const LAST: Self;
    /// The key in the opposite order.
    fn reversed(self) -> Self;
    /// The keys of a column, one per row; what stands for a NULL row means nothing.
    fn encode(array: &dyn Array) -> Result<Vec<Self>, ArrowError>;
    /// The column that has these keys.
    fn decode(keys: Vec<Self>, nulls: Option<NullBuffer>, data_type: &DataType) -> Result<ArrayRef, ArrowError>;
}

/// How the values of a type are ordered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum KeyKind {
    /// By an `i64`.
    Narrow,
    /// By an `i128`.
    Wide,
    /// By arrow's row format.
    Rows,
}

impl KeyKind {
    pub fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Decimal128(_, _) => KeyKind::Wide,
            DataType::Boolean
            | DataType::Date32
            | DataType::Date64
            | DataType::Time32(_)
            | DataType::Time64(_)
            | DataType::Timestamp(_, _)
            | DataType::Duration(_)
            | DataType::Interval(IntervalUnit::YearMonth)
            | DataType::Decimal32(_, _)
            | DataType::Decimal64(_, _) => KeyKind::Narrow,
            t if t.is_integer() || t.is_floating() => KeyKind::Narrow,
            _ => KeyKind::Rows,
        }
    }
}

/// The type of a column's extremes: of a dictionary, plain values, as in DataFusion.
pub(crate) fn unpacked(input: &DataType) -> DataType {
    match input {
        DataType::Dictionary(_, values) => values.as_ref().clone(),
        other => other.clone(),
    }
}

/// The column in its [`unpacked`] type.
pub(crate) fn unpack(batch: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match batch.data_type() {
        DataType::Dictionary(_, values) => cast(batch, values),
        _ => Ok(batch.clone()),
    }
}

/// A native value with an order-preserving image in `i64`.
trait Ranked: Copy {
    fn rank(self) -> i64;
    fn unrank(key: i64) -> Self;
}

macro_rules! ranked_by_cast {
    ($($t:ty),*) => {$(
        impl Ranked for $t {
            fn rank(self) -> i64 {
                self as i64
            }
            fn unrank(key: i64) -> Self {
                key as $t
            }
        }
    )*};
}
ranked_by_cast!(i8, i16, i32, i64, u8, u16, u32);

impl Ranked for u64 {
    fn rank(self) -> i64 {
        (self ^ (1 << 63)) as i64
    }
    fn unrank(key: i64) -> Self {
        key as u64 ^ (1 << 63)
    }
}

impl Ranked for f64 {
    fn rank(self) -> i64 {
        let value = if self.is_nan() { f64::NAN.abs() } else { self };
        flip(value.to_bits() as i64)
    }
    fn unrank(key: i64) -> Self {
        f64::from_bits(flip(key) as u64)
    }
}

/// The key of a float.
pub(crate) fn key_of(value: f64) -> i64 {
    value.rank()
}

/// The float of a key.
pub(crate) fn float_of(key: i64) -> f64 {
    f64::unrank(key)
}

/// Reverses the order of the negative numbers' bit patterns; its own inverse.
fn flip(bits: i64) -> i64 {
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

impl Ranked for f32 {
    fn rank(self) -> i64 {
        f64::from(self).rank()
    }
    fn unrank(key: i64) -> Self {
        f64::unrank(key) as f32
    }
}

fn rank_all<T: ArrowPrimitiveType>(array: &dyn Array) -> Result<Vec<i64>, ArrowError>
where
    T::Native: Ranked,
{
    Ok(primitive::<T>(array)?.values().iter().map(|v| v.rank()).collect())
}

fn unrank_all<T: ArrowPrimitiveType>(
    keys: Vec<i64>,
    nulls: Option<NullBuffer>,
    data_type: &DataType,
) -> Result<ArrayRef, ArrowError>
where
    T::Native: Ranked,
{
    let values = keys.into_iter().map(T::Native::unrank).collect::<Vec<_>>();
    let array = PrimitiveArray::<T>::try_new(values.into(), nulls)?;
    Ok(Arc::new(array.with_data_type(data_type.clone())))
}

/// Calls a function generic over the arrow type, for each type of narrow keys.
macro_rules! narrow {
    ($data_type:expr, $call:ident ( $($arg:expr),* )) => {
        match $data_type {
            DataType::Int8 => $call::<Int8Type>($($arg),*),
            DataType::Int16 => $call::<Int16Type>($($arg),*),
            DataType::Int32 => $call::<Int32Type>($($arg),*),
            DataType::Int64 => $call::<Int64Type>($($arg),*),
            DataType::UInt8 => $call::<UInt8Type>($($arg),*),
            DataType::UInt16 => $call::<UInt16Type>($($arg),*),
            DataType::UInt32 => $call::<UInt32Type>($($arg),*),
            DataType::UInt64 => $call::<UInt64Type>($($arg),*),
            DataType::Float32 => $call::<Float32Type>($($arg),*),
            DataType::Float64 => $call::<Float64Type>($($arg),*),
            DataType::Date32 => $call::<Date32Type>($($arg),*),
            DataType::Date64 => $call::<Date64Type>($($arg),*),
            DataType::Time32(TimeUnit::Second) => $call::<Time32SecondType>($($arg),*),
            DataType::Time32(_) => $call::<Time32MillisecondType>($($arg),*),
            DataType::Time64(TimeUnit::Microsecond) => $call::<Time64MicrosecondType>($($arg),*),
            DataType::Time64(_) => $call::<Time64NanosecondType>($($arg),*),
            DataType::Timestamp(TimeUnit::Second, _) => $call::<TimestampSecondType>($($arg),*),
            DataType::Timestamp(TimeUnit::Millisecond, _) => $call::<TimestampMillisecondType>($($arg),*),
            DataType::Timestamp(TimeUnit::Microsecond, _) => $call::<TimestampMicrosecondType>($($arg),*),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => $call::<TimestampNanosecondType>($($arg),*),
            DataType::Duration(TimeUnit::Second) => $call::<DurationSecondType>($($arg),*),
            DataType::Duration(TimeUnit::Millisecond) => $call::<DurationMillisecondType>($($arg),*),
            DataType::Duration(TimeUnit::Microsecond) => $call::<DurationMicrosecondType>($($arg),*),
            DataType::Duration(TimeUnit::Nanosecond) => $call::<DurationNanosecondType>($($arg),*),
            DataType::Interval(IntervalUnit::YearMonth) => $call::<IntervalYearMonthType>($($arg),*),
            DataType::Decimal32(_, _) => $call::<Decimal32Type>($($arg),*),
            DataType::Decimal64(_, _) => $call::<Decimal64Type>($($arg),*),
            other => Err(ArrowError::ComputeError(format!("no integer key for {other}"))),
        }
    };
}

impl Key for i64 {
    const LAST: Self = i64::MAX;

    fn reversed(self) -> Self {
        !self
    }

    fn encode(array: &dyn Array) -> Result<Vec<Self>, ArrowError> {
        match array.data_type() {
            DataType::Boolean => {
                let array = crate::columns::boolean(array)?;
                Ok(array.values().iter().map(i64::from).collect())
            }
            DataType::Float16 => rank_all::<Float32Type>(&cast(array, &DataType::Float32)?),
            other => narrow!(other, rank_all(array)),
        }
    }

    fn decode(keys: Vec<Self>, nulls: Option<NullBuffer>, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
        match data_type {
            DataType::Boolean => {
                let bits = BooleanBuffer::from_iter(keys.iter().map(|&k| k == 1));
                Ok(Arc::new(BooleanArray::new(bits, nulls)))
            }
            DataType::Float16 => {
                let wide = unrank_all::<Float32Type>(keys, nulls, &DataType::Float32)?;
                cast(&wide, data_type)
            }
            other => narrow!(other, unrank_all(keys, nulls, data_type)),
        }
    }
}

impl Key for i128 {
    const LAST: Self = i128::MAX;

    fn reversed(self) -> Self {
        !self
    }

    fn encode(array: &dyn Array) -> Result<Vec<Self>, ArrowError> {
        Ok(primitive::<Decimal128Type>(array)?.values().to_vec())
    }

    fn decode(keys: Vec<Self>, nulls: Option<NullBuffer>, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
        let array = PrimitiveArray::<Decimal128Type>::try_new(keys.into(), nulls)?;
        Ok(Arc::new(array.with_data_type(data_type.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Float32Array, Float64Array, Int8Array, TimestampNanosecondArray, UInt64Array};

    #[test]
    fn keys_sort_like_the_values_and_come_back() {
        let floats = [f64::NEG_INFINITY, f64::MIN, -1.0, -0.0, 0.0, 5e-324, 1.0, f64::INFINITY, f64::NAN];
        let columns: [ArrayRef; 6] = [
            Arc::new(Float64Array::from(floats.to_vec())),
            Arc::new(Float32Array::from(vec![f32::MIN, -0.0, 0.0, f32::NAN])),
            Arc::new(Int8Array::from(vec![i8::MIN, -1, 0, i8::MAX])),
            Arc::new(UInt64Array::from(vec![0, 1, 1 << 63, u64::MAX])),
            Arc::new(TimestampNanosecondArray::from(vec![i64::MIN, 0, i64::MAX])),
            Arc::new(BooleanArray::from(vec![false, true])),
        ];
        for column in columns {
            let keys = i64::encode(&column).expect("keys");
            assert!(keys.is_sorted_by(|a, b| a < b), "{column:?}");
            assert!(keys.is_sorted_by(|a, b| a.reversed() > b.reversed()));
            let back = i64::decode(keys, None, column.data_type()).expect("values");
            assert_eq!(&back, &column);
        }
        assert_eq!((-f64::NAN).rank(), f64::NAN.rank());
    }
}
