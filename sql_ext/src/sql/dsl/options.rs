//! Options of sequence calls: constants, within their bounds, of the right kind.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;

use super::kinds::alike;
use super::scope::Scope;
use crate::error::{Code, Error, Result};
use crate::plan::sequence::Decay;
use crate::registry::{Entry, Op, Values};

/// Checks what stands beside the values of a call, by position or by name.
pub(super) fn check(scope: &Scope, entry: &Entry, positional: &[Expr], named: &[(String, Expr)]) -> Result<()> {
    let leading = match entry.values {
        Values::Fixed(names) => names.len(),
        Values::AtLeast(..) | Values::Led(..) => positional.len(),
        Values::AggregateCall => 1,
    };
    let by_position = positional.iter().skip(leading).zip(entry.optional.iter().filter(|o| o.positional));
    let by_position = by_position.map(|(value, option)| (option.name, value));
    for (name, value) in by_position.chain(named.iter().map(|(n, v)| (n.as_str(), v))) {
        match (name, positional.first()) {
            ("default", Some(x)) => default(scope, entry, x, value)?,
            _ => constant(entry, name, value)?,
        }
    }
    Ok(())
}

fn wrong(entry: &Entry, what: &str, value: &Expr) -> Error {
    let value = crate::sql::print::text(value);
    Error::new(Code::Argument, format!("{}: {what}, not {value}", entry.name))
}

/// Whole numbers from 1 for a frame, whole numbers for an offset, weights within their bounds.
fn constant(entry: &Entry, name: &str, value: &Expr) -> Result<()> {
    let Expr::Literal(scalar, _) = value else {
        return Err(wrong(entry, &format!("'{name}' must be a constant"), value));
    };
    if matches!(entry.op, Op::EwmMean | Op::EwmStd | Op::EwmVar) {
        return weight(entry, name, scalar, value);
    }
    match scalar {
        ScalarValue::Int64(Some(n)) => {
            let counts = entry.op == Op::Rolling && name == "n" || name == "limit";
            if counts && *n < 1 {
                return Err(wrong(entry, &format!("'{name}' must be at least 1"), value));
            }
            if *n < 0 && entry.op == Op::Rolling {
                return Err(wrong(entry, &format!("'{name}' cannot be negative"), value));
            }
        }
        other if name == "n" => {
            let time = matches!(other, ScalarValue::IntervalMonthDayNano(Some(_))) && entry.op == Op::Rolling;
            if !time {
                return Err(wrong(entry, "'n' must be a whole number", value));
            }
        }
        _ => {}
    }
    Ok(())
}

/// What tells how fast the weights fade.
fn weight(entry: &Entry, name: &str, scalar: &ScalarValue, value: &Expr) -> Result<()> {
    if !scalar.data_type().is_numeric() {
        return Ok(());
    }
    let Ok(ScalarValue::Float64(Some(x))) = scalar.cast_to(&DataType::Float64) else { return Ok(()) };
    let (decay, bounds) = match name {
        "alpha" => (Decay::Alpha(x), "'alpha' must lie above 0 and not above 1"),
        "span" => (Decay::Span(x), "'span' must be at least 1"),
        "halflife" => (Decay::Halflife(x), "'halflife' must be above 0"),
        _ => return Ok(()),
    };
    if decay.is_valid() { Ok(()) } else { Err(wrong(entry, bounds, value)) }
}

/// The value past the ends: of the kind of the others, and none that their type would change.
fn default(scope: &Scope, entry: &Entry, x: &Expr, default: &Expr) -> Result<()> {
    let (of, own) = (scope.type_of(x)?, scope.type_of(default)?);
    let fits = alike(&of, &own)
        && match default {
            Expr::Literal(value, _) if of.is_numeric() || of.is_temporal() => unchanged(value, &of),
            _ => true,
        };
    if fits {
        return Ok(());
    }
    let (default, x) = (scope.describe(default, &own), scope.describe(x, &of));
    Err(Error::new(Code::Type, format!("{}: the default {default} does not fit {x}", entry.name)))
}

/// Does the value come back the same from this type?
fn unchanged(value: &ScalarValue, to: &DataType) -> bool {
    let there = value.cast_to(to);
    there.and_then(|v| v.cast_to(&value.data_type())).is_ok_and(|back| back == *value)
}
