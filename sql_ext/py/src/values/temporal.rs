//! Dates, times, durations.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Date64Type, DurationMicrosecondType, DurationMillisecondType,
    DurationNanosecondType, DurationSecondType, IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType,
    TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use pyo3::prelude::*;

use super::{Objects, each, failed, out_of_range};
use crate::python::classes;

const DAY: i64 = 86_400_000_000;

/// One column's values, in microseconds: what is finer than Python's classes is cut.
pub fn objects(py: Python<'_>, array: &dyn Array) -> PyResult<Objects> {
    match array.data_type() {
        DataType::Date32 => dates::<Date32Type>(py, array, 1),
        DataType::Date64 => dates::<Date64Type>(py, array, DAY / 1000),
        DataType::Timestamp(_, zone) => timestamps(py, array, zone.as_deref()),
        DataType::Time32(_) | DataType::Time64(_) => times(py, array),
        DataType::Duration(_) => durations(py, array),
        _ => intervals(py, array),
    }
}

/// A cast in which a value that does not fit is an error, never a None.
fn converted(py: Python<'_>, array: &dyn Array, to: &DataType) -> PyResult<ArrayRef> {
    let options = CastOptions { safe: false, ..Default::default() };
    cast_with_options(array, to, &options).map_err(|e| failed(py, e))
}

/// Dates that count so many to a day.
fn dates<T>(py: Python<'_>, array: &dyn Array, a_day: i64) -> PyResult<Objects>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i64>,
{
    let class = classes(py)?.date.bind(py);
    let array = array.as_primitive::<T>();
    // Days repeat.
    let mut seen: HashMap<i64, Py<PyAny>> = HashMap::new();
    let mut out = Vec::with_capacity(array.len());
    for value in array {
        out.push(match value.map(|v| v.into().div_euclid(a_day)) {
            None => py.None(),
            Some(day) => match seen.get(&day) {
                Some(object) => object.clone_ref(py),
                None => {
                    let (y, m, d) =
                        civil(day).ok_or_else(|| out_of_range(py, &format!("the date {day} days from 1970")))?;
                    let object = class.call1((y, m, d))?.unbind();
                    seen.insert(day, object.clone_ref(py));
                    object
                }
            },
        });
    }
    Ok(out)
}

fn timestamps(py: Python<'_>, array: &dyn Array, zone: Option<&str>) -> PyResult<Objects> {
    let kinds = classes(py)?;
    let class = kinds.datetime.bind(py);
    let zone = zone.map(|z| time_zone(py, z)).transpose()?;
    // Cut towards the past, for times before 1970 too.
    let make = |value: i64, unit: TimeUnit| -> PyResult<Py<PyAny>> {
        let wrong = || out_of_range(py, &format!("the timestamp {value} {} from 1970", word(unit)));
        let micros = in_micros(value, unit).ok_or_else(wrong)?;
        let (day, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
        let (y, m, d) = civil(day).ok_or_else(wrong)?;
        let (h, mi, s, us) = clock(rest);
        match &zone {
            None => Ok(class.call1((y, m, d, h, mi, s, us))?.unbind()),
            Some((zone, true)) => Ok(class.call1((y, m, d, h, mi, s, us, zone))?.unbind()),
            Some((zone, false)) => {
                let utc = class.call1((y, m, d, h, mi, s, us, zone))?;
                Ok(zone.call_method1("fromutc", (utc,))?.unbind())
            }
        }
    };
    let DataType::Timestamp(unit, _) = array.data_type() else { return Err(out_of_range(py, "a timestamp")) };
    let one = |v: i64| make(v, *unit);
    match unit {
        TimeUnit::Second => each(py, array.as_primitive::<TimestampSecondType>(), one),
        TimeUnit::Millisecond => each(py, array.as_primitive::<TimestampMillisecondType>(), one),
        TimeUnit::Microsecond => each(py, array.as_primitive::<TimestampMicrosecondType>(), one),
        TimeUnit::Nanosecond => each(py, array.as_primitive::<TimestampNanosecondType>(), one),
    }
}

/// The value in microseconds, as far as they can count it.
fn in_micros(value: i64, unit: TimeUnit) -> Option<i64> {
    match unit {
        TimeUnit::Second => value.checked_mul(1_000_000),
        TimeUnit::Millisecond => value.checked_mul(1000),
        TimeUnit::Microsecond => Some(value),
        TimeUnit::Nanosecond => Some(value.div_euclid(1000)),
    }
}

fn word(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "seconds",
        TimeUnit::Millisecond => "milliseconds",
        TimeUnit::Microsecond => "microseconds",
        TimeUnit::Nanosecond => "nanoseconds",
    }
}

/// The zone's object, and whether it is UTC.
fn time_zone<'py>(py: Python<'py>, name: &str) -> PyResult<(Bound<'py, PyAny>, bool)> {
    let kinds = classes(py)?;
    if matches!(name, "UTC" | "utc" | "Z" | "+00:00" | "+0000" | "-00:00") {
        return Ok((kinds.utc.bind(py).clone(), true));
    }
    if let Some(minutes) = offset(name) {
        let delta = kinds.timedelta.bind(py).call1((0, minutes * 60))?;
        return Ok((kinds.timezone.bind(py).call1((delta,))?, false));
    }
    Ok((kinds.zone_info.bind(py).call1((name,))?, false))
}

/// `+02:00` in minutes.
fn offset(name: &str) -> Option<i64> {
    let sign = match name.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = name[1..].chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = if digits.len() > 2 { digits.split_at(2) } else { (digits.as_str(), "0") };
    Some(sign * (hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?))
}

fn times(py: Python<'_>, array: &dyn Array) -> PyResult<Objects> {
    let class = classes(py)?.time.bind(py);
    let micros = converted(py, array, &DataType::Time64(TimeUnit::Microsecond))?;
    each(py, micros.as_primitive::<Time64MicrosecondType>(), |v| {
        let (h, m, s, us) = clock(v);
        Ok(class.call1((h, m, s, us))?.unbind())
    })
}

fn durations(py: Python<'_>, array: &dyn Array) -> PyResult<Objects> {
    let DataType::Duration(unit) = array.data_type() else { return Err(out_of_range(py, "a duration")) };
    let one = |v: i64| {
        // Durations are cut towards zero.
        let micros = if *unit == TimeUnit::Nanosecond { Some(v / 1000) } else { in_micros(v, *unit) };
        let micros = micros.ok_or_else(|| out_of_range(py, &format!("the duration of {v} {}", word(*unit))))?;
        delta(py, 0, micros)
    };
    match unit {
        TimeUnit::Second => each(py, array.as_primitive::<DurationSecondType>(), one),
        TimeUnit::Millisecond => each(py, array.as_primitive::<DurationMillisecondType>(), one),
        TimeUnit::Microsecond => each(py, array.as_primitive::<DurationMicrosecondType>(), one),
        TimeUnit::Nanosecond => each(py, array.as_primitive::<DurationNanosecondType>(), one),
    }
}

fn delta(py: Python<'_>, days: i64, micros: i64) -> PyResult<Py<PyAny>> {
    let days = days + micros.div_euclid(DAY);
    let rest = micros.rem_euclid(DAY);
    let class = classes(py)?.timedelta.bind(py);
    Ok(class.call1((days, rest / 1_000_000, rest % 1_000_000))?.unbind())
}

/// Intervals of days and less are timedeltas; months have no length, so they stay text.
fn intervals(py: Python<'_>, array: &dyn Array) -> PyResult<Objects> {
    let options = FormatOptions::default();
    let shown = ArrayFormatter::try_new(array, &options).map_err(|e| failed(py, e))?;
    let all = converted(py, array, &DataType::Interval(IntervalUnit::MonthDayNano))?;
    let all = all.as_primitive::<IntervalMonthDayNanoType>();
    let one = |i: usize| {
        if all.is_null(i) {
            return Ok(py.None());
        }
        let value = all.value(i);
        if value.months == 0 {
            delta(py, i64::from(value.days), value.nanoseconds.div_euclid(1000))
        } else {
            super::text(py, &shown.value(i).to_string())
        }
    };
    (0..all.len()).map(one).collect()
}

fn clock(micros: i64) -> (i64, i64, i64, i64) {
    let seconds = micros / 1_000_000;
    (seconds / 3600, seconds / 60 % 60, seconds % 60, micros % 1_000_000)
}

/// Year, month and day of a day counted from 1970-01-01, if its year is 1 to 9999.
fn civil(day: i64) -> Option<(i64, i64, i64)> {
    // Years begin in March, so that the leap day is the last of its year.
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (1..=9999).contains(&year).then_some((year, month, doy - (153 * mp + 2) / 5 + 1))
}
