//! Python's integer arithmetic: quotients rounded down, remainders with the
//! divisor's sign, powers that do not become floats.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use datafusion::arrow::compute::binary;
use datafusion::arrow::compute::kernels::arity::try_binary;
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type, UInt64Type};
use datafusion::arrow::error::ArrowError;
use datafusion::common::Result;

use super::{Own, column, wrong_count, wrong_types};
use crate::error::{Code, Error, many_rows};

pub(super) fn functions() -> Vec<Own> {
    vec![
        Own::new("floor_div", numbers, |args, result| divide(args, result, true)),
        Own::new("floor_mod", numbers, |args, result| divide(args, result, false)),
        Own::new("int_pow", integers, power),
        Own::new("sole", sole_types, sole),
        Own::new("sole_row", sole_row_types, sole_row),
    ]
}

/// Both sides in one type: Int64, UInt64, Float64, or decimals of one scale.
fn numbers(name: &str, types: &[DataType]) -> Result<(Vec<DataType>, DataType)> {
    let [left, right] = types else {
        return wrong_count(name, 2, types.len());
    };
    let number = |t: &DataType| t.is_numeric() || *t == DataType::Null;
    if !number(left) || !number(right) {
        return wrong_types(name, types);
    }
    let unsigned = |t: &DataType| t.is_unsigned_integer() || *t == DataType::Null;
    let big = |t: &DataType| *t == DataType::UInt64;
    let common = if left.is_floating() || right.is_floating() {
        DataType::Float64
    } else if left.is_decimal() || right.is_decimal() {
        DataType::Decimal128(38, scale(left).max(scale(right)))
    } else if unsigned(left) && unsigned(right) && (big(left) || big(right)) {
        DataType::UInt64
    } else if big(left) || big(right) {
        DataType::Decimal128(38, 0)
    } else {
        DataType::Int64
    };
    Ok((vec![common.clone(), common.clone()], common))
}

fn scale(data_type: &DataType) -> i8 {
    match data_type {
        DataType::Decimal32(_, s)
        | DataType::Decimal64(_, s)
        | DataType::Decimal128(_, s)
        | DataType::Decimal256(_, s) => *s,
        _ => 0,
    }
}

fn divide(args: &[ArrayRef], result: &DataType, quotient: bool) -> Result<ArrayRef> {
    let [a, b] = args else { return column("floor_div") };
    Ok(match result {
        DataType::Float64 => {
            let (a, b) = (a.as_primitive::<Float64Type>(), b.as_primitive::<Float64Type>());
            Arc::new(binary::<_, _, _, Float64Type>(a, b, if quotient { float_div } else { float_mod })?)
        }
        DataType::UInt64 => checked::<UInt64Type>(a, b, |a, b| {
            let q = if quotient { a.checked_div(b) } else { a.checked_rem(b) };
            q.ok_or(ArrowError::DivideByZero)
        })?,
        DataType::Int64 => checked::<Int64Type>(a, b, |a, b| {
            let value = int_div(i128::from(a), i128::from(b), quotient)?;
            i64::try_from(value).map_err(|_| overflow())
        })?,
        DataType::Decimal128(p, s) => {
            // At one scale the quotient of the digits is the quotient of the numbers.
            let unit = if quotient { 10_i128.checked_pow(u32::try_from(*s).unwrap_or(0)) } else { Some(1) };
            let unit = unit.unwrap_or(1);
            let array = checked::<Decimal128Type>(a, b, |a, b| {
                int_div(a, b, quotient)?.checked_mul(unit).ok_or_else(overflow)
            })?;
            Arc::new(array.as_primitive::<Decimal128Type>().clone().with_precision_and_scale(*p, *s)?)
        }
        _ => return column("floor_div"),
    })
}

type Op<T> = <T as ArrowPrimitiveType>::Native;

fn checked<T: ArrowPrimitiveType>(
    a: &ArrayRef,
    b: &ArrayRef,
    f: impl Fn(Op<T>, Op<T>) -> Result<Op<T>, ArrowError>,
) -> Result<ArrayRef> {
    let out: PrimitiveArray<T> = try_binary(a.as_primitive::<T>(), b.as_primitive::<T>(), f)?;
    Ok(Arc::new(out))
}

fn overflow() -> ArrowError {
    ArrowError::ArithmeticOverflow("the result of an integer operation is out of range".to_string())
}

fn int_div(a: i128, b: i128, quotient: bool) -> Result<i128, ArrowError> {
    if b == 0 {
        return Err(ArrowError::DivideByZero);
    }
    let (q, r) = (a.checked_div(b).ok_or_else(overflow)?, a.checked_rem(b).ok_or_else(overflow)?);
    let down = r != 0 && (r < 0) != (b < 0);
    Ok(match (quotient, down) {
        (true, false) => q,
        (true, true) => q - 1,
        (false, false) => r,
        (false, true) => r + b,
    })
}

fn float_mod(a: f64, b: f64) -> f64 {
    let r = a % b;
    if r == 0.0 {
        0.0_f64.copysign(b)
    } else if (r < 0.0) != (b < 0.0) {
        r + b
    } else {
        r
    }
}

// As CPython does it: from the exact remainder, then to the nearest integer.
fn float_div(a: f64, b: f64) -> f64 {
    if b == 0.0 || !a.is_finite() {
        return a / b;
    }
    let rest = a % b;
    let below = rest != 0.0 && (rest < 0.0) != (b < 0.0);
    let div = (a - rest) / b - if below { 1.0 } else { 0.0 };
    if div == 0.0 {
        return 0.0_f64.copysign(a / b);
    }
    let floor = div.floor();
    if div - floor > 0.5 { floor + 1.0 } else { floor }
}

fn integers(name: &str, types: &[DataType]) -> Result<(Vec<DataType>, DataType)> {
    let [base, exponent] = types else {
        return wrong_count(name, 2, types.len());
    };
    let integer = |t: &DataType| t.is_integer() || *t == DataType::Null;
    if !integer(base) || !integer(exponent) {
        return wrong_types(name, types);
    }
    let result = if *base == DataType::UInt64 { DataType::UInt64 } else { DataType::Int64 };
    Ok((vec![result.clone(), DataType::Int64], result))
}

fn power(args: &[ArrayRef], result: &DataType) -> Result<ArrayRef> {
    let [base, exponent] = args else { return column("int_pow") };
    let exponent = exponent.as_primitive::<Int64Type>();
    let small = |n: i64| u32::try_from(n.clamp(0, i64::from(u32::MAX))).unwrap_or(u32::MAX);
    if *result == DataType::UInt64 {
        let out: PrimitiveArray<UInt64Type> = try_binary(base.as_primitive::<UInt64Type>(), exponent, |a, n| {
            a.checked_pow(small(n)).ok_or_else(overflow)
        })?;
        return Ok(Arc::new(out));
    }
    let out: PrimitiveArray<Int64Type> =
        try_binary(base.as_primitive::<Int64Type>(), exponent, |a, n| a.checked_pow(small(n)).ok_or_else(overflow))?;
    Ok(Arc::new(out))
}

fn sole_types(name: &str, types: &[DataType]) -> Result<(Vec<DataType>, DataType)> {
    let [value, _] = types else {
        return wrong_count(name, 2, types.len());
    };
    Ok((vec![value.clone(), DataType::Int64], value.clone()))
}

/// The value, where it is the only one of its key.
fn sole(args: &[ArrayRef], _result: &DataType) -> Result<ArrayRef> {
    only(args, || {
        Error::new(Code::Data, "lookup found a repeated key in its target")
            .with_hint("make the target distinct by its key first")
    })
}

fn sole_row_types(name: &str, types: &[DataType]) -> Result<(Vec<DataType>, DataType)> {
    let [value, _, _] = types else {
        return wrong_count(name, 3, types.len());
    };
    Ok((vec![value.clone(), DataType::Int64, DataType::Utf8], value.clone()))
}

/// The value, where it is that of the only row of a subquery; the last argument is the name of its column.
fn sole_row(args: &[ArrayRef], _result: &DataType) -> Result<ArrayRef> {
    let [counted @ .., names] = args else { return column("sole_row") };
    let name = names.as_string_opt::<i32>().and_then(|names| names.iter().flatten().next()).unwrap_or("");
    only(counted, || many_rows(name))
}

fn only(args: &[ArrayRef], error: impl Fn() -> Error) -> Result<ArrayRef> {
    let [value, count] = args else { return column("sole") };
    if count.as_primitive::<Int64Type>().iter().flatten().any(|n| n > 1) {
        return Err(error().into());
    }
    Ok(Arc::clone(value))
}
