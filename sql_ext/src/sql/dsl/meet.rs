//! Values of several types that meet in one call: the type in which nothing of them is lost.
//!
//! The base puts moments that differ into nanoseconds, which end in the year 2262, decimals beside floats into
//! decimals, which hold neither 1e300 nor NaN, and calls the type of `CASE` that of its first value.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;

use super::kinds::alike;
use crate::plan::case::converted;
use crate::registry::Call;
use crate::types::{is_string, is_temporal, wider};

type Typed = (Expr, DataType);

/// The call with the arguments that meet in it brought to one type, where they have one.
pub(super) fn meet(mut call: Call) -> Call {
    values(&mut call).into_iter().for_each(large);
    match call.method.name {
        "fill_null" | "nvl" | "coalesce" => one_type(values(&mut call)),
        "if_else" => one_type(call.slots.iter_mut().skip(1).flatten().collect()),
        "case" => {
            let (rest, otherwise) = (&mut call.rest, &mut call.slots);
            one_type(rest.iter_mut().skip(1).step_by(2).chain(otherwise.iter_mut().flatten()).collect());
        }
        "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "between" | "same" => compared(values(&mut call)),
        "is_in" => {
            drop_beyond(&mut call);
            compared(values(&mut call));
        }
        "add" | "sub" => {
            moved(values(&mut call));
            exact(values(&mut call));
        }
        "mul" => exact(values(&mut call)),
        "floordiv" | "mod" => {
            unsigned(values(&mut call));
            exact(values(&mut call));
        }
        _ => {}
    }
    call
}

fn values<'a>(call: &'a mut Call) -> Vec<&'a mut Typed> {
    call.slots.iter_mut().flatten().chain(&mut call.rest).collect()
}

/// Values of which one comes out.
fn one_type(values: Vec<&mut Typed>) {
    if let Some(of) = common(&values) {
        values.into_iter().for_each(|value| convert(value, &of));
    }
}

/// The type of all: literals take the others' where it holds them.
fn common(values: &[&mut Typed]) -> Option<DataType> {
    let (literals, others): (Vec<_>, Vec<_>) = values.iter().partition(|(e, _)| matches!(e, Expr::Literal(..)));
    let mut of = DataType::Null;
    for (_, other) in others {
        of = joined(&of, other)?;
    }
    for (literal, t) in literals {
        if within(literal, &of).is_none() {
            of = joined(&of, t)?;
        }
    }
    Some(of)
}

fn joined(a: &DataType, b: &DataType) -> Option<DataType> {
    if alike(a, b) { wider(a, b) } else { None }
}

/// A literal as a value of another type, where that holds it: whole numbers of any number's, others of their kind's.
fn within(literal: &Expr, of: &DataType) -> Option<ScalarValue> {
    let Expr::Literal(value, _) = literal else { return None };
    let from = value.data_type();
    let fits = match &from {
        t if t.is_integer() => of.is_numeric(),
        t if t.is_floating() => of.is_floating(),
        t if t.is_decimal() => of.is_decimal(),
        t => !is_string(t) && !is_string(of) && *of != DataType::Null && alike(t, of),
    };
    let there = value.cast_to(of).ok().filter(|there| fits && !there.is_null())?;
    (there.cast_to(&from).ok()? == *value).then_some(there)
}

fn convert(value: &mut Typed, of: &DataType) {
    let (expr, from) = value;
    if from == of || *of == DataType::Null {
        return;
    }
    *expr = converted(expr.clone(), of);
    *from = of.clone();
}

/// Values that are compared: the base's way but for moments, and decimals beside floats.
fn compared(values: Vec<&mut Typed>) {
    let any = |test: fn(&DataType) -> bool| values.iter().any(|(_, t)| test(t));
    let text = values.iter().any(|(_, t)| is_string(t));
    let mixed = any(DataType::is_decimal) && any(DataType::is_floating);
    if text || !(mixed || narrow(&values) || any(is_timed)) {
        return;
    }
    let Some(of) = common(&values) else { return };
    // No moment of a fine unit equals one beyond its reach: they compare in the coarser unit.
    let beyond = values.iter().find(|(e, _)| is_beyond(e, &of)).map(|(_, t)| t.clone());
    let of = beyond.unwrap_or(of);
    values.into_iter().for_each(|value| convert(value, &of));
}

/// A small decimal as one of 38 digits: with integers the base makes integers of them.
fn large(value: &mut Typed) {
    if let DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) = value.1 {
        convert(value, &DataType::Decimal128(precision, scale));
    }
}

/// Is there a float that does not hold the integers beside it?
fn narrow(values: &[&mut Typed]) -> bool {
    let float = |(_, t): &Typed| matches!(t, DataType::Float16 | DataType::Float32);
    values.iter().any(|v| float(v)) && values.iter().any(|(_, t)| t.is_integer())
}

/// Operands of which one would be rounded to the other's type, in one that holds both.
fn exact(values: Vec<&mut Typed>) {
    if narrow(&values) {
        one_type(values);
    }
}

/// Is this a literal that the type cannot reach?
fn is_beyond(expr: &Expr, of: &DataType) -> bool {
    matches!(expr, Expr::Literal(value, _) if !value.is_null() && is_timed(of) && value.cast_to(of).is_err())
}

/// A moment, a time of day or a duration.
pub(in crate::sql::dsl) fn is_timed(of: &DataType) -> bool {
    is_temporal(of) || matches!(of, DataType::Duration(_))
}

/// Takes values out of a list that the asked column cannot hold, and so does not.
fn drop_beyond(call: &mut Call) {
    let of = call.data_type(0);
    let kept = call.rest.iter().filter(|(e, t)| !(alike(t, &of) && is_beyond(e, &of))).count();
    // One has to stay for the NULLs of the column, which then compares in its unit.
    if kept > 0 {
        call.rest.retain(|(e, t)| !(alike(t, &of) && is_beyond(e, &of)));
    }
}

/// Moments and durations that are added or taken from each other, in the finer unit.
fn moved(values: Vec<&mut Typed>) {
    use DataType::{Date32, Duration, Timestamp};
    let Ok([left, right]) = <[&mut Typed; 2]>::try_from(values) else { return };
    match (&left.1, &right.1) {
        (Duration(_), Duration(_)) | (Timestamp(..), Timestamp(..) | Date32) | (Date32, Timestamp(..)) => {
            one_type(vec![left, right]);
        }
        (Timestamp(..), Duration(_)) => in_unit(left, right),
        (Duration(_), Timestamp(..)) => in_unit(right, left),
        _ => {}
    }
}

/// A timestamp in the unit of the duration that it moves by, where that is finer.
fn in_unit(moment: &mut Typed, by: &mut Typed) {
    let (DataType::Timestamp(unit, zone), DataType::Duration(finer)) = (&moment.1, &by.1) else { return };
    let own = DataType::Duration(*unit);
    if within(&by.0, &own).is_some() {
        convert(by, &own);
    } else if finer > unit {
        let of = DataType::Timestamp(*finer, zone.clone());
        convert(moment, &of);
    }
}

/// An unsigned number stays one beside a literal that is.
fn unsigned(values: Vec<&mut Typed>) {
    let of = DataType::UInt64;
    if values.iter().any(|(e, t)| *t == of && !matches!(e, Expr::Literal(..)))
        && values.iter().all(|(e, t)| *t == of || within(e, &of).is_some())
    {
        values.into_iter().for_each(|value| convert(value, &of));
    }
}
