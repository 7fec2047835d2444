//! Type names as people write them.
//!
//! Until `types.rs` is merged this is the only place that spells types; both functions
//! then become calls of `crate::types`.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};

use crate::error::{Code, Error, Result};

/// `int64`, `timestamp[us, UTC]`, `list<string>` …
pub fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "bool".to_string(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "string".to_string(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => "binary".to_string(),
        DataType::Timestamp(unit, None) => format!("timestamp[{}]", unit_name(unit)),
        DataType::Timestamp(unit, Some(zone)) => format!("timestamp[{}, {zone}]", unit_name(unit)),
        DataType::Time32(unit) => format!("time32[{}]", unit_name(unit)),
        DataType::Time64(unit) => format!("time64[{}]", unit_name(unit)),
        DataType::Duration(unit) => format!("duration[{}]", unit_name(unit)),
        DataType::Decimal32(p, s) | DataType::Decimal64(p, s) | DataType::Decimal128(p, s) => format!("decimal128({p}, {s})"),
        DataType::Decimal256(p, s) => format!("decimal256({p}, {s})"),
        DataType::Dictionary(_, value) => type_name(value),
        DataType::RunEndEncoded(_, value) => type_name(value.data_type()),
        DataType::List(f) | DataType::LargeList(f) | DataType::ListView(f) | DataType::LargeListView(f) | DataType::FixedSizeList(f, _) => {
            format!("list<{}>", type_name(f.data_type()))
        }
        DataType::Struct(fields) => {
            let fields: Vec<String> = fields.iter().map(|f| format!("{}: {}", f.name(), type_name(f.data_type()))).collect();
            format!("struct<{}>", fields.join(", "))
        }
        other => other.to_string().to_lowercase(),
    }
}

fn unit_name(unit: &TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}

/// Reads a type's name, in any case.
pub fn parse_type(text: &str) -> Result<DataType> {
    let lower = text.trim().to_ascii_lowercase();
    let simple = match lower.as_str() {
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
        "null" => DataType::Null,
        "timestamp" => DataType::Timestamp(TimeUnit::Microsecond, None),
        _ => return parse_compound(text.trim()).ok_or_else(|| Error::new(Code::Type, format!("there is no type '{text}'"))),
    };
    Ok(simple)
}

fn parse_compound(text: &str) -> Option<DataType> {
    let open = text.find(['[', '(', '<'])?;
    let (head, rest) = text.split_at(open);
    let body = rest.get(1..rest.len().checked_sub(1)?)?;
    match head.to_ascii_lowercase().as_str() {
        "timestamp" => {
            let (unit, zone) = body.split_once(',').map_or((body, None), |(u, z)| (u, Some(Arc::from(z.trim()))));
            Some(DataType::Timestamp(parse_unit(unit)?, zone))
        }
        "time64" => Some(DataType::Time64(parse_unit(body)?)),
        "time32" => Some(DataType::Time32(parse_unit(body)?)),
        "duration" => Some(DataType::Duration(parse_unit(body)?)),
        "decimal128" | "decimal" => {
            let (p, s) = body.split_once(',')?;
            Some(DataType::Decimal128(p.trim().parse().ok()?, s.trim().parse().ok()?))
        }
        "list" => Some(DataType::List(Arc::new(Field::new_list_field(parse_type(body).ok()?, true)))),
        _ => None,
    }
}

fn parse_unit(text: &str) -> Option<TimeUnit> {
    match text.trim().to_ascii_lowercase().as_str() {
        "s" => Some(TimeUnit::Second),
        "ms" => Some(TimeUnit::Millisecond),
        "us" => Some(TimeUnit::Microsecond),
        "ns" => Some(TimeUnit::Nanosecond),
        _ => None,
    }
}
