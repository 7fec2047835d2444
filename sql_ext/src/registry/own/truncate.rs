//! The start of the week, month, quarter or year around a date or a moment without a zone, in its own unit.
//!
//! The base goes through nanoseconds, which end in the year 2262.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type, TimeUnit};
use datafusion::common::Result;

use super::{Own, column, wrong_count, wrong_types};
use crate::error::{Code, Error};
use crate::types::is_string;

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
        DataType::Timestamp(TimeUnit::Second, _) => 86_400,
        DataType::Timestamp(TimeUnit::Millisecond, _) => 86_400_000,
        DataType::Timestamp(TimeUnit::Microsecond, _) => 86_400_000_000,
        DataType::Timestamp(TimeUnit::Nanosecond, _) => 86_400_000_000_000,
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
    let first = |of: fn(i64) -> i64| {
        let (year, month) = year_and_month(day);
        first_day(year, of(month))
    };
    Ok(match unit {
        "day" => day,
        "week" => (day + 3).div_euclid(7) * 7 - 3,
        "month" => first(|month| month),
        "quarter" => first(|month| month - (month - 1) % 3),
        "year" => first(|_| 1),
        _ => {
            return Err(Error::new(Code::Argument, format!("'{unit}' is no unit of days"))
                .with_hint("one of year, quarter, month, week, day")
                .into());
        }
    })
}

/// Days to civil dates and back after H. Hinnant: eras of 400 years that begin in March.
fn year_and_month(day: i64) -> (i64, i64) {
    let shifted = day + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let month = (5 * (day - (365 * year + year / 4 - year / 100)) + 2) / 153;
    let (year, month) = (era * 400 + year, month + 3);
    if month > 12 { (year + 1, month - 12) } else { (year, month) }
}

fn first_day(year: i64, month: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
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
    }
}
