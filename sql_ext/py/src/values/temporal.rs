//! Dates, times, durations.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, DurationMicrosecondType, IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType,
    TimeUnit, TimestampMicrosecondType, TimestampNanosecondType,
};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use pyo3::prelude::*;

use super::{Objects, each, failed, out_of_range};
use crate::python::classes;

const DAY: i64 = 86_400_000_000;

/// One column's values, in microseconds: what is finer than Python's classes is cut.
pub fn objects(py: Python<'_>, array: &dyn Array) -> PyResult<Objects> {
    match array.data_type() {
        DataType::Date32 => dates(py, array),
        DataType::Date64 => dates(py, converted(py, array, &DataType::Date32)?.as_ref()),
        DataType::Timestamp(_, zone) => timestamps(py, array, zone.as_deref()),
        DataType::Time32(_) | DataType::Time64(_) => times(py, array),
        DataType::Duration(_) => durations(py, array),
        _ => intervals(py, array),
    }
}

fn converted(py: Python<'_>, array: &dyn Array, to: &DataType) -> PyResult<ArrayRef> {
    cast(array, to).map_err(|e| failed(py, e))
}

fn dates(py: Python<'_>, array: &dyn Array) -> PyResult<Objects> {
    let class = classes(py)?.date.bind(py);
    let array = array.as_primitive::<Date32Type>();
    // Days repeat.
    let mut seen: HashMap<i32, Py<PyAny>> = HashMap::new();
    let mut out = Vec::with_capacity(array.len());
    for value in array {
        out.push(match value {
            None => py.None(),
            Some(day) => match seen.get(&day) {
                Some(object) => object.clone_ref(py),
                None => {
                    let (y, m, d) = civil(i64::from(day)).ok_or_else(|| out_of_range(py, "date"))?;
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
    let make = |micros: i64| -> PyResult<Py<PyAny>> {
        let (day, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
        let (y, m, d) = civil(day).ok_or_else(|| out_of_range(py, "timestamp"))?;
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
    match array.data_type() {
        // Cut towards the past, for times before 1970 too.
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            each(py, array.as_primitive::<TimestampNanosecondType>(), |v| make(v.div_euclid(1000)))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            each(py, array.as_primitive::<TimestampMicrosecondType>(), make)
        }
        DataType::Timestamp(_, zone) => {
            let micros = converted(py, array, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
            each(py, micros.as_primitive::<TimestampMicrosecondType>(), make)
        }
        _ => Err(out_of_range(py, "timestamp")),
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
    let micros = converted(py, array, &DataType::Duration(TimeUnit::Microsecond))?;
    each(py, micros.as_primitive::<DurationMicrosecondType>(), |v| delta(py, 0, v))
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
