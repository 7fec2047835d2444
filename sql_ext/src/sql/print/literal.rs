//! Values and types as SQL text.

use datafusion::arrow::datatypes::{DataType, IntervalMonthDayNano, TimeUnit};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::ScalarValue;

/// A text in quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A literal as people write it: a duration is an interval, whatever its type.
pub(super) fn readable(value: &ScalarValue) -> String {
    match value {
        ScalarValue::DurationSecond(Some(n)) => duration(*n, 1_000_000_000),
        ScalarValue::DurationMillisecond(Some(n)) => duration(*n, 1_000_000),
        ScalarValue::DurationMicrosecond(Some(n)) => duration(*n, 1000),
        ScalarValue::DurationNanosecond(Some(n)) => duration(*n, 1),
        other => literal(other),
    }
}

/// A literal that plans to this very value.
pub(super) fn literal(value: &ScalarValue) -> String {
    if value.is_null() {
        return null(&value.data_type());
    }
    match value {
        ScalarValue::Boolean(Some(b)) => if *b { "TRUE" } else { "FALSE" }.to_string(),
        ScalarValue::Utf8(Some(s)) | ScalarValue::Utf8View(Some(s)) | ScalarValue::LargeUtf8(Some(s)) => quoted(s),
        ScalarValue::Float64(Some(f)) if f.is_finite() => format!("{f:?}"),
        ScalarValue::Float64(Some(f)) => format!("CAST('{f}' AS DOUBLE)"),
        ScalarValue::Binary(Some(b)) => {
            let hex: String = b.iter().map(|b| format!("{b:02X}")).collect();
            format!("X'{hex}'")
        }
        ScalarValue::IntervalMonthDayNano(Some(i)) => interval(*i),
        ScalarValue::DurationSecond(Some(n))
        | ScalarValue::DurationMillisecond(Some(n))
        | ScalarValue::DurationMicrosecond(Some(n))
        | ScalarValue::DurationNanosecond(Some(n)) => {
            format!("arrow_cast({n}, {})", quoted(&value.data_type().to_string()))
        }
        value if value.data_type().is_integer() => value.to_string(),
        value => by_text(value),
    }
}

fn null(data_type: &DataType) -> String {
    match (data_type, sql_type(data_type)) {
        (DataType::Null, _) => "NULL".to_string(),
        (_, Some(name)) => format!("CAST(NULL AS {name})"),
        (other, None) => format!("arrow_cast(NULL, {})", quoted(&other.to_string())),
    }
}

/// Dates, times and all else, through their text.
fn by_text(value: &ScalarValue) -> String {
    let shown = value
        .to_array()
        .ok()
        .and_then(|array| {
            let options = FormatOptions::default().with_display_error(false);
            let formatter = ArrayFormatter::try_new(array.as_ref(), &options).ok()?;
            formatter.value(0).try_to_string().ok()
        })
        .unwrap_or_else(|| value.to_string());
    match value.data_type() {
        DataType::Date32 => format!("DATE {}", quoted(&shown)),
        DataType::Time64(TimeUnit::Nanosecond) => format!("TIME {}", quoted(&shown)),
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            format!("TIMESTAMP(6) {}", quoted(&shown.replace('T', " ")))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, None) => format!("TIMESTAMP {}", quoted(&shown.replace('T', " "))),
        other => match sql_type(&other) {
            Some(name) => format!("CAST({} AS {name})", quoted(&shown)),
            None => format!("arrow_cast({}, {})", quoted(&shown), quoted(&other.to_string())),
        },
    }
}

fn duration(n: i64, nanos: i64) -> String {
    let total = i128::from(n) * i128::from(nanos);
    let day = 86_400_000_000_000_i128;
    let days = i32::try_from(total / day).unwrap_or(i32::MAX);
    interval(IntervalMonthDayNano::new(0, days, i64::try_from(total % day).unwrap_or(0)))
}

fn interval(value: IntervalMonthDayNano) -> String {
    let mut parts = vec![];
    let mut add = |n: i64, unit: &str| {
        if n != 0 {
            parts.push(format!("{n} {unit}{}", if n == 1 { "" } else { "s" }));
        }
    };
    add(i64::from(value.months / 12), "year");
    add(i64::from(value.months % 12), "month");
    add(i64::from(value.days), "day");
    let seconds = value.nanoseconds / 1_000_000_000;
    add(seconds / 3600, "hour");
    add(seconds / 60 % 60, "minute");
    let (whole, rest) = (seconds % 60, value.nanoseconds % 1_000_000_000);
    if rest != 0 {
        let sign = if rest < 0 { "-" } else { "" };
        let fraction = format!("{:09}", rest.abs());
        parts.push(format!("{sign}{}.{} seconds", whole.abs(), fraction.trim_end_matches('0')));
    } else if whole != 0 {
        parts.push(format!("{whole} second{}", if whole == 1 { "" } else { "s" }));
    }
    if parts.is_empty() {
        parts.push("0 seconds".to_string());
    }
    format!("INTERVAL {}", quoted(&parts.join(" ")))
}

/// The SQL name of a type, where there is one that plans to this very type.
pub(super) fn sql_type(data_type: &DataType) -> Option<String> {
    Some(match data_type {
        DataType::Boolean => "BOOLEAN".to_string(),
        DataType::Int8 => "TINYINT".to_string(),
        DataType::Int16 => "SMALLINT".to_string(),
        DataType::Int32 => "INT".to_string(),
        DataType::Int64 => "BIGINT".to_string(),
        DataType::UInt8 => "TINYINT UNSIGNED".to_string(),
        DataType::UInt16 => "SMALLINT UNSIGNED".to_string(),
        DataType::UInt32 => "INT UNSIGNED".to_string(),
        DataType::UInt64 => "BIGINT UNSIGNED".to_string(),
        DataType::Float32 => "REAL".to_string(),
        DataType::Float64 => "DOUBLE".to_string(),
        DataType::Utf8View => "VARCHAR".to_string(),
        DataType::Date32 => "DATE".to_string(),
        DataType::Time64(TimeUnit::Nanosecond) => "TIME".to_string(),
        DataType::Timestamp(unit, None) => match unit {
            TimeUnit::Second => "TIMESTAMP(0)".to_string(),
            TimeUnit::Millisecond => "TIMESTAMP(3)".to_string(),
            TimeUnit::Microsecond => "TIMESTAMP(6)".to_string(),
            TimeUnit::Nanosecond => "TIMESTAMP".to_string(),
        },
        DataType::Decimal128(p, s) => format!("DECIMAL({p}, {s})"),
        DataType::Binary => "BYTEA".to_string(),
        _ => return None,
    })
}
