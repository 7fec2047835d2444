//! Frames as written: numbers of rows, or intervals and their length along a key.

use datafusion::arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::Expr;

use super::calls::constant;
use crate::error::{Code, Error};
use crate::types::{per_second, type_name};

/// A frame as written, before the key's type is known.
pub(super) enum Bounds {
    Rows(i64, i64),
    Interval(ScalarValue, ScalarValue),
}

pub(super) fn argument(text: impl Into<String>) -> DataFusionError {
    Error::new(Code::Argument, text).into()
}

/// The frame of a ROLLING from its three arguments.
pub(super) fn bounds(n: &Expr, preceding: &Expr, following: &Expr) -> Result<Bounds> {
    let values = [n, preceding, following].map(constant);
    let [n, preceding, following] = values;
    let missing = || argument("the frame of ROLLING must be constant: a number of rows or an interval");
    let n = n?.ok_or_else(missing)?;
    let (preceding, following) = (preceding?.ok_or_else(missing)?, following?.ok_or_else(missing)?);
    if n.is_null() && preceding.is_null() && following.is_null() {
        return Err(argument("ROLLING needs a frame: a number of rows or an interval"));
    }
    if !(n.is_null() || preceding.is_null() && following.is_null()) {
        return Err(argument("ROLLING takes n, or preceding and following, not both"));
    }
    if !n.is_null() {
        return match &n {
            value if value.data_type().is_integer() => {
                let rows = whole(value)?;
                if rows < 1 {
                    return Err(argument(format!("n of ROLLING must be at least 1, not {rows}")));
                }
                Ok(Bounds::Rows(rows - 1, 0))
            }
            value => Ok(Bounds::Interval(forward(value)?, zero())),
        };
    }
    let rows = [&preceding, &following].map(|v| if v.is_null() { None } else { Some(v.data_type().is_integer()) });
    if let [Some(a), Some(b)] = rows
        && a != b
    {
        return Err(argument("preceding and following of ROLLING must be both rows or both intervals"));
    }
    if rows.contains(&Some(true)) {
        let side = |v: &ScalarValue| if v.is_null() { Ok(0) } else { whole(v) };
        let (a, b) = (side(&preceding)?, side(&following)?);
        if a.saturating_add(b) < 0 {
            return Err(argument("the frame of ROLLING ends before it starts"));
        }
        return Ok(Bounds::Rows(a, b));
    }
    let side = |v: &ScalarValue| if v.is_null() { Ok(zero()) } else { forward(v) };
    Ok(Bounds::Interval(side(&preceding)?, side(&following)?))
}

fn zero() -> ScalarValue {
    ScalarValue::new_interval_mdn(0, 0, 0)
}

fn whole(value: &ScalarValue) -> Result<i64> {
    match value.cast_to(&DataType::Int64)? {
        ScalarValue::Int64(Some(n)) => Ok(n),
        _ => Err(argument(format!("the frame of ROLLING is too long: {value} rows"))),
    }
}

/// An interval that reaches back, as a frame's do.
fn forward(value: &ScalarValue) -> Result<ScalarValue> {
    let length = interval(value)?;
    let ScalarValue::IntervalMonthDayNano(Some(i)) = &length else {
        return Err(argument("the frame of ROLLING must not be NULL"));
    };
    let rest = i128::from(i.days) * i128::from(DAY) + i128::from(i.nanoseconds);
    if i.months < 0 || rest < 0 {
        let text = "the interval of ROLLING must not be negative";
        return Err(Error::new(Code::Argument, text).with_hint("write it without its minus: it reaches back").into());
    }
    Ok(length)
}

/// The frame as months, days and nanoseconds; a duration counts nanoseconds.
pub(crate) fn interval(value: &ScalarValue) -> Result<ScalarValue> {
    let target = DataType::Interval(IntervalUnit::MonthDayNano);
    match value.data_type() {
        DataType::Interval(_) => value.cast_to(&target),
        DataType::Duration(unit) => {
            let ScalarValue::Int64(Some(n)) = value.cast_to(&DataType::Int64)? else {
                return Err(argument("the frame of ROLLING must not be NULL"));
            };
            let nanos = n.checked_mul(nanos_per(unit)).ok_or_else(|| argument("the frame of ROLLING is too long"))?;
            Ok(ScalarValue::new_interval_mdn(0, 0, nanos))
        }
        other => {
            let text = "the frame of ROLLING must be a number of rows or an interval";
            Err(argument(format!("{text}, not a value of type {}", type_name(&other))))
        }
    }
}

fn nanos_per(unit: TimeUnit) -> i64 {
    1_000_000_000 / per_second(unit)
}

const DAY: i64 = 86_400_000_000_000;

/// An interval as a distance between keys of a type; none where it has no fixed length.
pub(crate) fn distance(value: &ScalarValue, key: &DataType) -> Option<i64> {
    let ScalarValue::IntervalMonthDayNano(Some(i)) = value else { return None };
    let zoned = matches!(key, DataType::Timestamp(_, Some(_)));
    if i.months != 0 || (zoned && i.days != 0) {
        return None;
    }
    let nanos = i64::from(i.days).checked_mul(DAY)?.checked_add(i.nanoseconds)?;
    let unit = match key {
        DataType::Timestamp(unit, _) | DataType::Time64(unit) | DataType::Time32(unit) | DataType::Duration(unit) => {
            nanos_per(*unit)
        }
        DataType::Date32 => DAY,
        DataType::Date64 => 1_000_000,
        // Keys that are all NULL have no distance, in no unit.
        DataType::Null => 1,
        _ => return None,
    };
    (nanos >= 0).then_some(nanos / unit)
}
