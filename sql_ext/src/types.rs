//! Types in words: how LTSeq spells Arrow's types, reads them back, and types literals.

mod wider;

use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};
use datafusion::common::ScalarValue;
use serde_json::Value;

use crate::error::{Code, Error, Result};

pub use wider::wider;

/// The name of a type, as every front end shows it.
///
/// Strings of every layout are `string`, dictionaries are what they hold.
pub fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "bool".to_string(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "string".to_string(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "binary".to_string()
        }
        DataType::Dictionary(_, value) => type_name(value),
        DataType::RunEndEncoded(_, value) => type_name(value.data_type()),
        DataType::Timestamp(unit, None) => format!("timestamp[{}]", unit_name(*unit)),
        DataType::Timestamp(unit, Some(zone)) => format!("timestamp[{}, {}]", unit_name(*unit), zone_name(zone)),
        DataType::Time32(unit) => format!("time32[{}]", unit_name(*unit)),
        DataType::Time64(unit) => format!("time64[{}]", unit_name(*unit)),
        DataType::Duration(unit) => format!("duration[{}]", unit_name(*unit)),
        DataType::Decimal32(p, s) => format!("decimal32({p}, {s})"),
        DataType::Decimal64(p, s) => format!("decimal64({p}, {s})"),
        DataType::Decimal128(p, s) => format!("decimal128({p}, {s})"),
        DataType::Decimal256(p, s) => format!("decimal256({p}, {s})"),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => format!("list<{}>", type_name(item.data_type())),
        DataType::Struct(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|f| format!("{}: {}", f.name(), type_name(f.data_type()))).collect();
            format!("struct<{}>", fields.join(", "))
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) => {
                let pair: Vec<String> = pair.iter().map(|f| type_name(f.data_type())).collect();
                format!("map<{}>", pair.join(", "))
            }
            other => format!("map<{}>", type_name(other)),
        },
        DataType::Interval(_) => "interval".to_string(),
        other => other.to_string().to_lowercase(),
    }
}

fn unit_name(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}

fn zone_name(zone: &str) -> &str {
    if matches!(zone, "+00:00" | "Z" | "utc") { "UTC" } else { zone }
}

/// Is this a string, whatever its layout?
pub fn is_string(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, value) => is_string(value),
        _ => false,
    }
}

/// How often a unit is counted in a second.
pub fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

/// Is this a date, a time of day or a timestamp?
pub fn is_temporal(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) | DataType::Time32(_) | DataType::Time64(_)
    )
}

/// The type of a name, in any case, synonyms included.
///
/// The error names what is wrong; no name is guessed.
pub fn parse_type(text: &str) -> Result<DataType> {
    let text = text.trim();
    let lower = text.to_lowercase();
    if let Some(simple) = simple_type(&lower) {
        return Ok(simple);
    }
    parse_parametric(text, &lower).ok_or_else(|| {
        Error::new(Code::Argument, format!("unknown type '{text}'"))
            .with_names(text, TYPE_NAMES.iter().map(ToString::to_string))
    })
}

const TYPE_NAMES: &[&str] = &[
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "bool",
    "string",
    "binary",
    "date32",
    "timestamp[us]",
    "timestamp[us, UTC]",
    "time64[us]",
    "duration[us]",
    "decimal128(p, s)",
    "list<…>",
    "struct<…>",
    "null",
];

fn simple_type(lower: &str) -> Option<DataType> {
    Some(match lower {
        "int8" => DataType::Int8,
        "int16" => DataType::Int16,
        "int32" => DataType::Int32,
        "int64" | "int" => DataType::Int64,
        "uint8" => DataType::UInt8,
        "uint16" => DataType::UInt16,
        "uint32" => DataType::UInt32,
        "uint64" => DataType::UInt64,
        "float16" => DataType::Float16,
        "float32" => DataType::Float32,
        "float64" | "float" => DataType::Float64,
        "bool" | "boolean" => DataType::Boolean,
        "string" | "str" | "utf8" => DataType::Utf8,
        "binary" => DataType::Binary,
        "date32" | "date" => DataType::Date32,
        "date64" => DataType::Date64,
        "timestamp" => DataType::Timestamp(TimeUnit::Microsecond, None),
        "null" => DataType::Null,
        _ => return None,
    })
}

fn parse_parametric(text: &str, lower: &str) -> Option<DataType> {
    if let Some(inner) = bracketed(text, lower, "timestamp[", "]") {
        let (unit, zone) = match inner.split_once(',') {
            Some((unit, zone)) => (unit, Some(zone_name(zone.trim()).into())),
            None => (inner, None),
        };
        return Some(DataType::Timestamp(parse_unit(unit)?, zone));
    }
    if let Some(inner) = bracketed(text, lower, "time64[", "]") {
        let unit = parse_unit(inner)?;
        return matches!(unit, TimeUnit::Microsecond | TimeUnit::Nanosecond).then_some(DataType::Time64(unit));
    }
    if let Some(inner) = bracketed(text, lower, "time32[", "]") {
        let unit = parse_unit(inner)?;
        return matches!(unit, TimeUnit::Second | TimeUnit::Millisecond).then_some(DataType::Time32(unit));
    }
    if let Some(inner) = bracketed(text, lower, "duration[", "]") {
        return Some(DataType::Duration(parse_unit(inner)?));
    }
    if let Some(inner) = bracketed(text, lower, "decimal128(", ")") {
        let (p, s) = parse_decimal(inner)?;
        return (p <= 38).then_some(DataType::Decimal128(p, s));
    }
    if let Some(inner) = bracketed(text, lower, "decimal256(", ")") {
        let (p, s) = parse_decimal(inner)?;
        return (p <= 76).then_some(DataType::Decimal256(p, s));
    }
    if let Some(inner) = bracketed(text, lower, "list<", ">") {
        return Some(DataType::List(Field::new("item", parse_type(inner).ok()?, true).into()));
    }
    let inner = bracketed(text, lower, "struct<", ">")?;
    let fields: Option<Vec<Field>> = split_fields(inner)
        .into_iter()
        .map(|part| {
            let (name, data_type) = part.split_once(':')?;
            Some(Field::new(name.trim(), parse_type(data_type).ok()?, true))
        })
        .collect();
    Some(DataType::Struct(fields?.into()))
}

fn bracketed<'a>(text: &'a str, lower: &str, open: &str, close: &str) -> Option<&'a str> {
    let inside = lower.starts_with(open) && lower.ends_with(close) && lower.len() == text.len();
    if inside { text.get(open.len()..text.len() - close.len()) } else { None }
}

fn parse_unit(text: &str) -> Option<TimeUnit> {
    Some(match text.trim().to_lowercase().as_str() {
        "s" => TimeUnit::Second,
        "ms" => TimeUnit::Millisecond,
        "us" => TimeUnit::Microsecond,
        "ns" => TimeUnit::Nanosecond,
        _ => return None,
    })
}

fn parse_decimal(text: &str) -> Option<(u8, i8)> {
    let (p, s) = text.split_once(',')?;
    let (p, s) = (p.trim().parse::<u8>().ok()?, s.trim().parse::<i8>().ok()?);
    (p > 0 && i16::from(s) <= i16::from(p)).then_some((p, s))
}

/// Splits at the commas that stand in no bracket.
fn split_fields(text: &str) -> Vec<&str> {
    let mut parts = vec![];
    let (mut depth, mut start) = (0_i32, 0);
    for (i, c) in text.char_indices() {
        match c {
            '<' | '[' | '(' => depth += 1,
            '>' | ']' | ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    if start < text.len() {
        parts.push(&text[start..]);
    }
    parts
}

/// Arrow's Rust name of a type that a literal can have, as payloads carry it.
pub fn dtype_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Timestamp(unit, zone) => match zone {
            Some(zone) => format!("Timestamp({unit:?}, \"{zone}\")"),
            None => format!("Timestamp({unit:?}, None)"),
        },
        DataType::Time64(unit) => format!("Time64({unit:?})"),
        DataType::Duration(unit) => format!("Duration({unit:?})"),
        other if is_string(other) => "Utf8".to_string(),
        other => other.to_string(),
    }
}

/// A literal of a payload: JSON value and dtype.
pub fn literal(value: &Value, dtype: &str) -> Result<ScalarValue> {
    let data_type = parse_dtype(dtype)
        .ok_or_else(|| Error::new(Code::Argument, format!("a literal cannot have the type '{dtype}'")))?;
    if value.is_null() {
        return ScalarValue::try_from(&data_type).map_err(Error::from);
    }
    scalar(value, &data_type)
        .ok_or_else(|| Error::new(Code::Argument, format!("{value} is no literal of type '{dtype}'")))
}

fn parse_dtype(dtype: &str) -> Option<DataType> {
    let (head, inner) = match dtype.split_once('(') {
        Some((head, rest)) => (head, rest.strip_suffix(')')?),
        None => (dtype, ""),
    };
    let mut parts = inner.split(',').map(str::trim);
    match head {
        "Timestamp" => {
            let unit = rust_unit(parts.next()?)?;
            let zone = parts.next().unwrap_or("None");
            let zone = zone.strip_prefix("Some(").and_then(|z| z.strip_suffix(')')).unwrap_or(zone);
            let zone = if zone == "None" { None } else { Some(zone_name(zone.trim_matches('"')).into()) };
            Some(DataType::Timestamp(unit, zone))
        }
        "Time64" => Some(DataType::Time64(rust_unit(parts.next()?)?)),
        "Duration" => Some(DataType::Duration(rust_unit(parts.next()?)?)),
        "Decimal128" => parse_decimal(inner).map(|(p, s)| DataType::Decimal128(p, s)),
        "Decimal256" => parse_decimal(inner).map(|(p, s)| DataType::Decimal256(p, s)),
        "Null" | "Boolean" | "Binary" | "Utf8" | "Date32" => simple_type(&dtype.to_lowercase()),
        _ if inner.is_empty() => simple_type(&dtype.to_lowercase()).filter(DataType::is_numeric),
        _ => None,
    }
}

fn rust_unit(text: &str) -> Option<TimeUnit> {
    Some(match text {
        "Second" | "s" => TimeUnit::Second,
        "Millisecond" | "ms" => TimeUnit::Millisecond,
        "Microsecond" | "us" | "µs" => TimeUnit::Microsecond,
        "Nanosecond" | "ns" => TimeUnit::Nanosecond,
        _ => return None,
    })
}

fn scalar(value: &Value, data_type: &DataType) -> Option<ScalarValue> {
    match data_type {
        DataType::Boolean => value.as_bool().map(ScalarValue::from),
        DataType::Utf8 => value.as_str().map(ScalarValue::from),
        DataType::Binary => decode_base64(value.as_str()?).map(|b| ScalarValue::Binary(Some(b))),
        DataType::UInt64 => value.as_u64().map(ScalarValue::from),
        t if t.is_integer() => ScalarValue::from(value.as_i64()?).cast_to(t).ok(),
        t if t.is_floating() => ScalarValue::from(float(value)?).cast_to(t).ok(),
        DataType::Duration(unit) => {
            let n = value.as_i64();
            Some(match unit {
                TimeUnit::Second => ScalarValue::DurationSecond(n),
                TimeUnit::Millisecond => ScalarValue::DurationMillisecond(n),
                TimeUnit::Microsecond => ScalarValue::DurationMicrosecond(n),
                TimeUnit::Nanosecond => ScalarValue::DurationNanosecond(n),
            })
            .filter(|_| n.is_some())
        }
        // Dates, times and decimals travel as text.
        other => ScalarValue::try_from_string(value.as_str()?.to_string(), other).ok().filter(|s| !s.is_null()),
    }
}

fn float(value: &Value) -> Option<f64> {
    match value.as_str() {
        Some("inf") => Some(f64::INFINITY),
        Some("-inf") => Some(f64::NEG_INFINITY),
        Some("nan") => Some(f64::NAN),
        Some(_) => None,
        None => value.as_f64(),
    }
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for c in text.bytes().filter(|c| *c != b'=') {
        let six = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).ok()?);
            bits &= (1 << held) - 1;
        }
    }
    Some(out)
}
