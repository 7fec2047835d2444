//! Sums of integers and decimals in a type that they cannot leave.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem::size_of;

use datafusion::arrow::array::{Array, ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, AsArray, PrimitiveArray};
use datafusion::arrow::datatypes::{
    DataType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DecimalType, Int64Type, UInt64Type, i256,
};
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::Accumulator;

use crate::error::{Code, Error};
use crate::types::type_name;

/// A type wide enough for sums of `T`.
pub(super) trait Total<T: ArrowPrimitiveType>: ArrowPrimitiveType {
    /// A value as a total.
    fn widen(value: T::Native) -> Self::Native;
    /// A total as a value, if it is one of this type.
    fn narrow(total: Self::Native, result: &DataType) -> Option<T::Native>;
    /// The type of totals for a result type.
    fn data_type(result: &DataType) -> DataType;
}

fn scale(result: &DataType) -> i8 {
    match result {
        DataType::Decimal32(_, s)
        | DataType::Decimal64(_, s)
        | DataType::Decimal128(_, s)
        | DataType::Decimal256(_, s) => *s,
        _ => 0,
    }
}

fn precision(result: &DataType) -> u8 {
    match result {
        DataType::Decimal32(p, _)
        | DataType::Decimal64(p, _)
        | DataType::Decimal128(p, _)
        | DataType::Decimal256(p, _) => *p,
        _ => 0,
    }
}

macro_rules! total_of {
    ($t:ty, integer) => {
        impl Total<$t> for Decimal128Type {
            fn widen(value: <$t as ArrowPrimitiveType>::Native) -> i128 {
                i128::from(value)
            }

            fn narrow(total: i128, _result: &DataType) -> Option<<$t as ArrowPrimitiveType>::Native> {
                total.try_into().ok()
            }

            fn data_type(result: &DataType) -> DataType {
                DataType::Decimal128(38, scale(result))
            }
        }
    };
    ($t:ty, decimal) => {
        impl Total<$t> for Decimal128Type {
            fn widen(value: <$t as ArrowPrimitiveType>::Native) -> i128 {
                i128::from(value)
            }

            fn narrow(total: i128, result: &DataType) -> Option<<$t as ArrowPrimitiveType>::Native> {
                let value = total.try_into().ok()?;
                <$t>::is_valid_decimal_precision(value, precision(result)).then_some(value)
            }

            fn data_type(result: &DataType) -> DataType {
                DataType::Decimal128(38, scale(result))
            }
        }
    };
}

total_of!(Int64Type, integer);
total_of!(UInt64Type, integer);
total_of!(Decimal32Type, decimal);
total_of!(Decimal64Type, decimal);
total_of!(Decimal128Type, decimal);

impl Total<Decimal128Type> for Decimal256Type {
    fn widen(value: i128) -> i256 {
        i256::from_i128(value)
    }

    fn narrow(total: i256, result: &DataType) -> Option<i128> {
        let value = total.to_i128()?;
        Decimal128Type::is_valid_decimal_precision(value, precision(result)).then_some(value)
    }

    fn data_type(result: &DataType) -> DataType {
        DataType::Decimal256(76, scale(result))
    }
}

impl Total<Decimal256Type> for Decimal256Type {
    fn widen(value: i256) -> i256 {
        value
    }

    fn narrow(total: i256, result: &DataType) -> Option<i256> {
        Decimal256Type::is_valid_decimal_precision(total, precision(result)).then_some(total)
    }

    fn data_type(result: &DataType) -> DataType {
        DataType::Decimal256(76, scale(result))
    }
}

/// The error of a sum that its type cannot hold.
pub(super) fn overflow(result: &DataType) -> DataFusionError {
    Error::new(Code::Overflow, format!("the sum is out of range of {}", type_name(result)))
        .with_hint("sum a wider type: SUM(CAST(x AS DECIMAL(38, 0))) or SUM(CAST(x AS DOUBLE))")
        .into()
}

/// Non-null values of an array.
fn each<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, mut f: impl FnMut(T::Native) -> Result<()>) -> Result<()> {
    if array.null_count() == 0 {
        return array.values().iter().try_for_each(|x| f(*x));
    }
    array.iter().flatten().try_for_each(f)
}

/// The sum of one group or frame.
#[derive(Debug)]
pub(super) struct Single<T: ArrowPrimitiveType, W: Total<T>> {
    total: W::Native,
    /// Values in it.
    count: i64,
    result: DataType,
    value: std::marker::PhantomData<T>,
}

impl<T: ArrowPrimitiveType, W: Total<T>> Single<T, W> {
    pub(super) fn new(result: &DataType) -> Self {
        Single { total: W::default_value(), count: 0, result: result.clone(), value: std::marker::PhantomData }
    }
}

fn first(values: &[ArrayRef]) -> Result<&ArrayRef> {
    values.first().ok_or_else(|| Error::new(Code::Internal, "a sum without its argument").into())
}

impl<T, W> Accumulator for Single<T, W>
where
    T: ArrowPrimitiveType + Send + Sync + std::fmt::Debug,
    W: Total<T> + Send + Sync + std::fmt::Debug,
    W::Native: ArrowNativeTypeOp,
{
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let array = first(values)?.as_primitive::<T>();
        let mut total = self.total;
        each(array, |x| {
            total = total.add_checked(W::widen(x)).map_err(|_| overflow(&self.result))?;
            Ok(())
        })?;
        self.total = total;
        self.count += (array.len() - array.null_count()) as i64;
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let array = first(states)?.as_primitive::<W>();
        each(array, |x| {
            self.total = self.total.add_checked(x).map_err(|_| overflow(&self.result))?;
            self.count += 1;
            Ok(())
        })
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let array = first(values)?.as_primitive::<T>();
        each(array, |x| {
            self.total = self.total.sub_checked(W::widen(x)).map_err(|_| overflow(&self.result))?;
            Ok(())
        })?;
        self.count -= (array.len() - array.null_count()) as i64;
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.count == 0 {
            return ScalarValue::try_from(&self.result);
        }
        let value = W::narrow(self.total, &self.result).ok_or_else(|| overflow(&self.result))?;
        ScalarValue::new_primitive::<T>(Some(value), &self.result)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let total = (self.count != 0).then_some(self.total);
        Ok(vec![ScalarValue::new_primitive::<W>(total, &W::data_type(&self.result))?])
    }

    fn size(&self) -> usize {
        size_of::<Self>()
    }
}

/// The sum of the distinct values of one group or frame.
#[derive(Debug)]
pub(super) struct Distinct<T: ArrowPrimitiveType, W: Total<T>> {
    /// How often each value is there.
    seen: HashMap<T::Native, u64>,
    single: Single<T, W>,
}

impl<T: ArrowPrimitiveType, W: Total<T>> Distinct<T, W>
where
    T::Native: Eq + Hash,
{
    pub(super) fn new(result: &DataType) -> Self {
        Distinct { seen: HashMap::new(), single: Single::new(result) }
    }
}

impl<T, W> Accumulator for Distinct<T, W>
where
    T: ArrowPrimitiveType + Send + Sync + std::fmt::Debug,
    T::Native: Eq + Hash,
    W: Total<T> + Send + Sync + std::fmt::Debug,
    W::Native: ArrowNativeTypeOp,
{
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        each(first(values)?.as_primitive::<T>(), |x| {
            *self.seen.entry(x).or_default() += 1;
            Ok(())
        })
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let lists = first(states)?.as_list::<i32>();
        lists.iter().flatten().try_for_each(|list| self.update_batch(&[list]))
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        each(first(values)?.as_primitive::<T>(), |x| {
            if let Some(count) = self.seen.get_mut(&x) {
                *count -= 1;
                if *count == 0 {
                    self.seen.remove(&x);
                }
            }
            Ok(())
        })
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut single = Single::<T, W>::new(&self.single.result);
        let values = PrimitiveArray::<T>::from_iter_values(self.seen.keys().copied());
        single.update_batch(&[std::sync::Arc::new(values)])?;
        single.evaluate()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values = PrimitiveArray::<T>::from_iter_values(self.seen.keys().copied());
        let values = std::sync::Arc::new(values.with_data_type(self.single.result.clone()));
        Ok(vec![SingleRowListArrayBuilder::new(values).build_list_scalar()])
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.seen.capacity() * (size_of::<T::Native>() + size_of::<u64>() + 1)
    }
}
