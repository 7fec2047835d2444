//! The start of the week, month, quarter or year around a date or a moment without a zone, in its own unit.
//!
//! The base goes through nanoseconds, which end in the year 2262.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::Result;

use super::time::civil;
use super::{Own, column, wrong_count, wrong_types};
use crate::error::{Code, Error};
use crate::types::{is_string, per_second};

pub(super) fn functions() -> Vec<Own> {
    vec![Own::new("dt_truncate", types, truncate)]
}

fn types(name: &str, types: &[DataType]) -> Result<(Vec<DataType>, DataType)> {
    let [unit, moment] = types else {
        return wrong_count(name, 2, types.len());
    };
    match moment {
        DataType::Date32 | DataType::Timestamp(_, None) if is_string(unit) => {
            Ok((vec![DataType::Utf8, moment.clone()], moment.clone()))
        }
        _ => wrong_types(name, types),
    }
}

fn truncate(args: &[ArrayRef], result: &DataType) -> Result<ArrayRef> {
    let [units, moments] = args else { return column("dt_truncate") };
    let day = match moments.data_type() {
        DataType::Timestamp(unit, _) => 86_400 * per_second(*unit),
        _ => 1,
    };
    // Dates are 32 bits wide.
    let narrow = *moments.data_type() == DataType::Date32;
    let moments = if narrow {
        cast(&cast(moments, &DataType::Int32)?, &DataType::Int64)?
    } else {
        cast(moments, &DataType::Int64)?
    };
    let (units, moments) = (units.as_string::<i32>(), moments.as_primitive::<Int64Type>());
    let mut starts = Vec::with_capacity(moments.len());
    for row in 0..moments.len() {
        let known = moments.is_valid(row) && units.is_valid(row);
        starts.push(if known {
            Some(start(moments.value(row).div_euclid(day), units.value(row))? * day)
        } else {
            None
        });
    }
    let starts: ArrayRef = Arc::new(Int64Array::from(starts));
    let starts = if narrow { cast(&starts, &DataType::Int32)? } else { starts };
    Ok(cast(&starts, result)?)
}

/// The first day of what is around a day, both counted from 1970-01-01, a Thursday.
fn start(day: i64, unit: &str) -> Result<i64> {
    // Months are counted from year 0.
    let first = |months: i64| {
        let (month, _) = civil(day);
        first_day(month - month.rem_euclid(months))
    };
    Ok(match unit {
        "day" => day,
        "week" => (day + 3).div_euclid(7) * 7 - 3,
        "month" => first(1),
        "quarter" => first(3),
        "year" => first(12),
        _ => {
            return Err(Error::new(Code::Argument, format!("'{unit}' is no unit of days"))
                .with_hint("one of year, quarter, month, week, day")
                .into());
        }
    })
}

/// The day with which a month begins; [`civil`] the other way.
fn first_day(month: i64) -> i64 {
    // Years that begin in March.
    let (year, month) = ((month - 2).div_euclid(12), (month - 2).rem_euclid(12));
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_of_known_days() {
        // 2024-02-29, a Thursday, is day 19782; 2024-01-01 is 19723, 2024-02-01 19754, 2024-02-26 19779.
        let cases = [("day", 19782), ("week", 19779), ("month", 19754), ("quarter", 19723), ("year", 19723)];
        for (unit, day) in cases {
            assert_eq!(start(19782, unit).unwrap(), day, "{unit}");
        }
        // 1969-12-31, a Wednesday: the week began on the 29th.
        assert_eq!(
            [start(-1, "week").unwrap(), start(-1, "month").unwrap(), start(-1, "year").unwrap()],
            [-3, -31, -365]
        );
        assert!(start(0, "hour").is_err());
        // Every day of 800 years around year 0 lies in the month that begins on or before it.
        for day in -865_000..-572_000 {
            let (month, in_month) = civil(day);
            assert_eq!(first_day(month) + in_month, day);
        }
    }
}
