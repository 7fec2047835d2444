//! The type in which the values of two types stand side by side.

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;

use super::is_string;

/// Digits of the widest decimal that has a name.
const DIGITS: u8 = 38;

/// The type that holds the values of both: of numbers the wider, of moments and durations the finer unit, NULL in
/// any. None where there is no such type.
///
/// Integers beside floats become the float that holds them, of 64 bits at most; signed beside unsigned of 64 bits
/// become decimals.
pub fn wider(a: &DataType, b: &DataType) -> Option<DataType> {
    use DataType::{Date32, Date64, Dictionary, Duration, Null, Timestamp};
    match (a, b) {
        (a, b) if a == b => Some(a.clone()),
        (Null, other) | (other, Null) => Some(other.clone()),
        (a, b) if a.is_numeric() && b.is_numeric() => number(a, b),
        (a, b) if is_string(a) && is_string(b) => comparison_coercion(a, b),
        (Dictionary(_, a), b) => wider(a, b),
        (a, Dictionary(_, b)) => wider(a, b),
        (Timestamp(a, zone), Timestamp(b, other)) => Some(Timestamp(*a.max(b), zone.clone().or_else(|| other.clone()))),
        (Date32 | Date64, Timestamp(..)) => Some(b.clone()),
        (Timestamp(..), Date32 | Date64) => Some(a.clone()),
        (Duration(a), Duration(b)) => Some(Duration(*a.max(b))),
        _ => time_unit(a).zip(time_unit(b)).map_or_else(|| comparison_coercion(a, b), |(a, b)| Some(time(*a.max(b)))),
    }
}

fn time_unit(of: &DataType) -> Option<&TimeUnit> {
    match of {
        DataType::Time32(unit) | DataType::Time64(unit) => Some(unit),
        _ => None,
    }
}

fn time(unit: TimeUnit) -> DataType {
    match unit {
        TimeUnit::Second | TimeUnit::Millisecond => DataType::Time32(unit),
        TimeUnit::Microsecond | TimeUnit::Nanosecond => DataType::Time64(unit),
    }
}

fn number(a: &DataType, b: &DataType) -> Option<DataType> {
    if a.is_floating() || b.is_floating() {
        return Some(match exact_bits(a).max(exact_bits(b)) {
            ..=11 => DataType::Float16,
            12..=24 => DataType::Float32,
            _ => DataType::Float64,
        });
    }
    if !a.is_decimal() && !b.is_decimal() {
        return comparison_coercion(a, b);
    }
    let ((whole, scale), (other, finer)) = (digits(a)?, digits(b)?);
    let (whole, scale) = (whole.max(other), scale.max(finer));
    let precision = u8::try_from(whole + i16::from(scale)).ok()?;
    (precision <= DIGITS).then_some(DataType::Decimal128(precision, scale))
}

/// The bits that a float needs to hold all values of a type, as far as one can.
fn exact_bits(of: &DataType) -> u32 {
    match of {
        DataType::Float16 => 11,
        DataType::Float32 => 24,
        t if t.is_integer() => t.primitive_width().map_or(64, |bytes| bytes as u32 * 8),
        _ => 53,
    }
}

/// Digits before the point, and after it.
fn digits(of: &DataType) -> Option<(i16, i8)> {
    match of {
        DataType::Decimal32(p, s) | DataType::Decimal64(p, s) | DataType::Decimal128(p, s) => {
            Some((i16::from(*p) - i16::from(*s), (*s).max(0)))
        }
        DataType::Int8 | DataType::UInt8 => Some((3, 0)),
        DataType::Int16 | DataType::UInt16 => Some((5, 0)),
        DataType::Int32 | DataType::UInt32 => Some((10, 0)),
        DataType::Int64 => Some((19, 0)),
        DataType::UInt64 => Some((20, 0)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use DataType::*;

    use super::*;

    #[test]
    fn numbers_widen_as_far_as_they_must() {
        let cases = [
            (Int8, Int32, Some(Int32)),
            (UInt32, Int32, Some(Int64)),
            (UInt64, Int64, Some(Decimal128(20, 0))),
            (Int16, Float32, Some(Float32)),
            (Int32, Float32, Some(Float64)),
            (Int64, Float32, Some(Float64)),
            (Int8, Float16, Some(Float16)),
            (Decimal128(10, 2), Float32, Some(Float64)),
            (Decimal128(4, 3), Decimal128(5, 2), Some(Decimal128(6, 3))),
            (Int64, Decimal128(10, 2), Some(Decimal128(21, 2))),
            (Decimal128(38, 0), Decimal128(38, 38), None),
        ];
        for (a, b, both) in cases {
            assert_eq!(wider(&a, &b), both, "{a} and {b}");
            assert_eq!(wider(&b, &a), both, "{b} and {a}");
        }
    }

    #[test]
    fn moments_take_the_finer_unit() {
        let utc = Some("UTC".into());
        let (s, us) = (TimeUnit::Second, TimeUnit::Microsecond);
        assert_eq!(wider(&Date32, &Timestamp(us, None)), Some(Timestamp(us, None)));
        assert_eq!(wider(&Timestamp(s, utc.clone()), &Timestamp(us, None)), Some(Timestamp(us, utc)));
        assert_eq!(wider(&Duration(us), &Duration(s)), Some(Duration(us)));
        assert_eq!(wider(&Time32(s), &Time64(us)), Some(Time64(us)));
        assert_eq!(wider(&Null, &Date32), Some(Date32));
    }
}
