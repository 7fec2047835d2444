//! Rust's spelling of values and types, as people write them: `Int64(1)` is 1, `Utf8View` is string.

use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::ScalarValue;

use crate::types::type_name;

/// Types that messages of the base name without parameters.
const TYPES: &[&str] = &[
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "UInt8",
    "UInt16",
    "UInt32",
    "UInt64",
    "Float16",
    "Float32",
    "Float64",
    "Utf8",
    "LargeUtf8",
    "Utf8View",
    "LargeBinary",
    "BinaryView",
    "Boolean",
    "Date32",
    "Date64",
];

/// Types, and values, that messages of the base name with parentheses behind.
const WITH_PARTS: &[&str] = &[
    "Timestamp",
    "Duration",
    "Interval",
    "Time32",
    "Time64",
    "Decimal32",
    "Decimal64",
    "Decimal128",
    "Decimal256",
    "Dictionary",
    "List",
    "LargeList",
    "FixedSizeList",
    "Struct",
    "TimestampSecond",
    "TimestampMillisecond",
    "TimestampMicrosecond",
    "TimestampNanosecond",
    "DurationSecond",
    "DurationMillisecond",
    "DurationMicrosecond",
    "DurationNanosecond",
    "IntervalMonthDayNano",
    "IntervalDayTime",
    "IntervalYearMonth",
    "Binary",
];

/// The text with values and types in a person's spelling.
pub fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    let mut inside_word = false;
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_uppercase()
            && !inside_word
            && let Some((word, length)) = value_or_type(rest)
        {
            shown.push_str(&word);
            rest = &rest[length..];
            continue;
        }
        inside_word = c.is_alphanumeric() || c == '_';
        shown.push(c);
        rest = &rest[c.len_utf8()..];
    }
    shown
}

/// The spelling of what the text begins with, and how long that is.
fn value_or_type(text: &str) -> Option<(String, usize)> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let word = &text[..end];
    let known = TYPES.contains(&word);
    if !known && !WITH_PARTS.contains(&word) {
        return None;
    }
    if let Some(inner) = text[end..].strip_prefix('(').and_then(inside) {
        let length = end + inner.len() + 2;
        if let Some(shown) = data_type(&text[..length]).or_else(|| value(word, inner)) {
            return Some((shown, length));
        }
    }
    if known { data_type(word).map(|t| (t, end)) } else { None }
}

/// The name of a type, where the text is one.
pub fn data_type(text: &str) -> Option<String> {
    text.trim().parse::<DataType>().ok().map(|t| type_name(&t))
}

/// Up to the parenthesis that closes one before the text; quotes hide parentheses.
fn inside(text: &str) -> Option<&str> {
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted.find("\")").map(|end| &text[..end + 2]);
    }
    let mut depth = 0;
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(&text[..i]),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// A value from its kind and what stands between the parentheses.
fn value(kind: &str, inner: &str) -> Option<String> {
    if inner == "NULL" || inner.starts_with("NULL,") || inner.starts_with("None,") {
        return Some("NULL".to_string());
    }
    let quoted = inner.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    match (kind, quoted) {
        ("Utf8" | "Utf8View" | "LargeUtf8", Some(text)) => Some(format!("'{}'", text.replace('\'', "''"))),
        ("Date32" | "Date64", Some(text)) => Some(format!("DATE '{text}'")),
        ("IntervalMonthDayNano", Some(text)) => Some(format!("INTERVAL '{}'", interval(text)?)),
        ("Decimal128" | "Decimal256" | "Decimal64" | "Decimal32", None) => decimal(inner),
        (_, None) if kind.starts_with("Timestamp") => timestamp(kind, inner),
        (_, None) if TYPES.contains(&kind) => Some(inner.to_string()),
        _ => None,
    }
}

/// `Some(123),5,2` is 1.23.
fn decimal(inner: &str) -> Option<String> {
    let mut parts = inner.split(',');
    let digits = parts.next()?.strip_prefix("Some(")?.strip_suffix(')')?.parse::<i128>().ok()?;
    let scale = parts.nth(1)?.trim().parse::<i8>().ok()?;
    Some(ScalarValue::Decimal128(Some(digits), 38, scale).to_string())
}

/// `1704067200000000000, None`.
fn timestamp(kind: &str, inner: &str) -> Option<String> {
    let n = inner.split(',').next()?.trim().parse::<i64>().ok()?;
    let value = match kind {
        "TimestampSecond" => ScalarValue::TimestampSecond(Some(n), None),
        "TimestampMillisecond" => ScalarValue::TimestampMillisecond(Some(n), None),
        "TimestampMicrosecond" => ScalarValue::TimestampMicrosecond(Some(n), None),
        "TimestampNanosecond" => ScalarValue::TimestampNanosecond(Some(n), None),
        _ => return None,
    };
    let array = value.to_array().ok()?;
    let options = FormatOptions::default().with_display_error(false);
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options).ok()?;
    let text = formatter.value(0).try_to_string().ok()?;
    Some(format!("TIMESTAMP '{}'", text.replace('T', " ")))
}

/// `IntervalMonthDayNano { months: 0, days: 1, nanoseconds: 0 }` is `1 days`.
fn interval(text: &str) -> Option<String> {
    let part = |name: &str| -> Option<i64> {
        let rest = text.split_once(&format!("{name}: "))?.1;
        rest.split([',', ' ']).next()?.parse().ok()
    };
    let (months, days, nanos) = (part("months")?, part("days")?, part("nanoseconds")?);
    let mut parts = vec![];
    let mut add = |n: i64, unit: &str| {
        if n != 0 {
            parts.push(format!("{n} {unit}"));
        }
    };
    add(months, "months");
    add(days, "days");
    if nanos % 1_000_000_000 == 0 {
        add(nanos / 1_000_000_000, "seconds");
    } else {
        add(nanos, "nanoseconds");
    }
    Some(if parts.is_empty() { "0 seconds".to_string() } else { parts.join(" ") })
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn values_and_types_are_spelled_as_people_do() {
        for (text, shown) in [
            ("count(Int64(1))", "count(1)"),
            ("t.px > Int64(-1) AND Utf8(\"a(b)'c\") = x", "t.px > -1 AND 'a(b)''c' = x"),
            ("Utf8View + Timestamp(ns)", "string + timestamp[ns]"),
            ("[Int64, Utf8, Decimal128(10, 2)]", "[int64, string, decimal128(10, 2)]"),
            ("Decimal128(Some(123),5,2)", "1.23"),
            ("TimestampNanosecond(1704067200000000000, None)", "TIMESTAMP '2024-01-01 00:00:00'"),
            ("Int64(NULL) or MyInt64 or Utf8Name", "NULL or MyInt64 or Utf8Name"),
            ("Interval(MonthDayNano)", "interval"),
            ("a List of Utf8(", "a List of string("),
        ] {
            assert_eq!(plain(text), shown);
        }
    }
}
