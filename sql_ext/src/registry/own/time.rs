//! Calendar distances and intervals made from columns.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, IntervalMonthDayNanoArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Int64Type, IntervalMonthDayNano, IntervalUnit, TimeUnit, TimestampMicrosecondType,
};
use datafusion::common::Result;

use super::{Own, column, wrong_count, wrong_types};
use crate::error::{Code, Error};
use crate::types::is_string;

const DAY: i64 = 86_400_000_000;

pub(super) fn functions() -> Vec<Own> {
    vec![Own::new("make_interval", interval_types, make_interval), Own::new("dt_diff", diff_types, diff)]
}

fn interval_types(name: &str, types: &[DataType]) -> Result<(Vec<DataType>, DataType)> {
    if types.len() != 7 {
        return wrong_count(name, 7, types.len());
    }
    if !types.iter().all(|t| t.is_integer() || *t == DataType::Null) {
        return wrong_types(name, types);
    }
    Ok((vec![DataType::Int64; 7], DataType::Interval(IntervalUnit::MonthDayNano)))
}

/// Years, months, weeks, days, hours, minutes, seconds; NULL in one is NULL.
fn make_interval(args: &[ArrayRef], _result: &DataType) -> Result<ArrayRef> {
    let [years, months, weeks, days, hours, minutes, seconds] = args else { return column("make_interval") };
    let parts: Vec<&Int64Array> =
        [years, months, weeks, days, hours, minutes, seconds].iter().map(|a| a.as_primitive::<Int64Type>()).collect();
    let out: Result<IntervalMonthDayNanoArray> = (0..years.len())
        .map(|row| {
            let values: Option<Vec<i64>> = parts.iter().map(|p| p.is_valid(row).then(|| p.value(row))).collect();
            values.map(|v| interval(&v).ok_or_else(too_large)).transpose()
        })
        .collect();
    Ok(Arc::new(out?))
}

fn interval(parts: &[i64]) -> Option<IntervalMonthDayNano> {
    let [years, months, weeks, days, hours, minutes, seconds] = parts else { return None };
    let months = years.checked_mul(12)?.checked_add(*months)?;
    let days = weeks.checked_mul(7)?.checked_add(*days)?;
    let minutes = hours.checked_mul(60)?.checked_add(*minutes)?;
    let nanos = minutes.checked_mul(60)?.checked_add(*seconds)?.checked_mul(1_000_000_000)?;
    Some(IntervalMonthDayNano::new(i32::try_from(months).ok()?, i32::try_from(days).ok()?, nanos))
}

fn too_large() -> datafusion::common::DataFusionError {
    Error::new(Code::Overflow, "an interval is out of range").into()
}

fn diff_types(name: &str, types: &[DataType]) -> Result<(Vec<DataType>, DataType)> {
    let [left, right, unit] = types else {
        return wrong_count(name, 3, types.len());
    };
    let moment =
        |t: &DataType| matches!(t, DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) | DataType::Null);
    if !moment(left) || !moment(right) || !is_string(unit) {
        return wrong_types(name, types);
    }
    let zone = |t: &DataType| if let DataType::Timestamp(_, zone) = t { zone.clone() } else { None };
    let to = |t: &DataType| DataType::Timestamp(TimeUnit::Microsecond, zone(t));
    Ok((vec![to(left), to(right), DataType::Utf8], DataType::Int64))
}

/// `left − right` in whole units toward zero; days and longer by the clock on the wall.
fn diff(args: &[ArrayRef], _result: &DataType) -> Result<ArrayRef> {
    let [left, right, unit] = args else { return column("dt_diff") };
    let units = unit.as_string::<i32>();
    let (left, right) = (Moments::new(left)?, Moments::new(right)?);
    let mut out = Vec::with_capacity(units.len());
    for row in 0..units.len() {
        let value = match (left.at(row), right.at(row), units.is_valid(row)) {
            (Some(a), Some(b), true) => Some(distance(a, b, units.value(row))?),
            _ => None,
        };
        out.push(value);
    }
    Ok(Arc::new(Int64Array::from(out)))
}

struct Moments {
    utc: ArrayRef,
    wall: ArrayRef,
}

impl Moments {
    fn new(array: &ArrayRef) -> Result<Self> {
        let wall = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
        Ok(Moments { utc: Arc::clone(array), wall })
    }

    /// Microseconds in UTC and on the wall.
    fn at(&self, row: usize) -> Option<(i64, i64)> {
        let (utc, wall) =
            (self.utc.as_primitive::<TimestampMicrosecondType>(), self.wall.as_primitive::<TimestampMicrosecondType>());
        utc.is_valid(row).then(|| (utc.value(row), wall.value(row)))
    }
}

fn distance(a: (i64, i64), b: (i64, i64), unit: &str) -> Result<i64> {
    Ok(match unit {
        "year" => months(a.1, b.1) / 12,
        "quarter" => months(a.1, b.1) / 3,
        "month" => months(a.1, b.1),
        "week" => (a.1 - b.1) / (7 * DAY),
        "day" => (a.1 - b.1) / DAY,
        "hour" => (a.0 - b.0) / 3_600_000_000,
        "minute" => (a.0 - b.0) / 60_000_000,
        "second" => (a.0 - b.0) / 1_000_000,
        "millisecond" => (a.0 - b.0) / 1000,
        _ => {
            return Err(Error::new(Code::Argument, format!("'{unit}' is no unit of time"))
                .with_hint("one of year, quarter, month, week, day, hour, minute, second, millisecond")
                .into());
        }
    })
}

/// Complete months from `b` to `a`, toward zero.
fn months(a: i64, b: i64) -> i64 {
    if a < b {
        return -months(b, a);
    }
    let (a_month, a_rest) = month_of(a);
    let (b_month, b_rest) = month_of(b);
    a_month - b_month - i64::from(a_rest < b_rest)
}

/// The month, counted from year 0, and the microseconds since it began.
fn month_of(micros: i64) -> (i64, i64) {
    let (month, in_month) = civil(micros.div_euclid(DAY));
    (month, in_month * DAY + micros.rem_euclid(DAY))
}

/// The month of a day that is counted from 1970-01-01, itself counted from year 0, and the days since it began.
///
/// Days to civil dates after H. Hinnant: eras of 400 years that begin in March.
pub(super) fn civil(day: i64) -> (i64, i64) {
    let shifted = day + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let in_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    ((era * 400 + year) * 12 + month + 2, in_year - (153 * month + 2) / 5)
}
