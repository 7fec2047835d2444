//! Kinds of values: the object API compares and mixes only what is of one kind.
//!
//! SQL turns texts into numbers and numbers into dates where it can. Python does not, and what cannot
//! be known to work is refused at the call rather than at some row.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, StringArray};
use datafusion::arrow::compute::can_cast_types;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::functions::core::coalesce::CoalesceFunc;
use datafusion::functions::regex::regexplike::{RegexpLikeFunc, regexp_like};
use datafusion::logical_expr::expr::Case;
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;
use datafusion::logical_expr::{Expr, Operator};

use super::scope::Scope;
use crate::error::{Code, Error, Result};
use crate::registry::{Call, MethodKind};
use crate::types::{is_string, type_name};

/// What compares with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Number,
    Text,
    /// A date or a timestamp.
    Moment,
    TimeOfDay,
    Duration,
    Binary,
    Nested,
}

/// The kind of a type; NULL's own type is of every kind.
fn kind(data_type: &DataType) -> Option<Kind> {
    Some(match data_type {
        DataType::Null => return None,
        DataType::Dictionary(_, value) => return kind(value),
        DataType::Boolean => Kind::Bool,
        t if t.is_numeric() => Kind::Number,
        t if is_string(t) => Kind::Text,
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Kind::Moment,
        DataType::Time32(_) | DataType::Time64(_) => Kind::TimeOfDay,
        DataType::Duration(_) | DataType::Interval(_) => Kind::Duration,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => Kind::Binary,
        _ => Kind::Nested,
    })
}

/// May values of these types stand side by side?
pub(super) fn alike(a: &DataType, b: &DataType) -> bool {
    match (kind(a), kind(b)) {
        (None, _) | (_, None) => true,
        (Some(Kind::Nested), Some(Kind::Nested)) => a == b || comparison_coercion(a, b).is_some(),
        (Some(a), Some(b)) => a == b,
    }
}

type Typed = (Expr, DataType);

/// Refuses what a call mixes: operands of comparisons, values of one result, operands of + and -, casts.
pub(super) fn check(scope: &Scope, call: &Call, built: &Expr) -> Result<()> {
    let name = call.method.name;
    calendar(scope, call)?;
    match built {
        Expr::BinaryExpr(b) if b.op.supports_propagation() || b.op == Operator::IsNotDistinctFrom => {
            comparable(scope, name, &[b.left.as_ref(), b.right.as_ref()])
        }
        Expr::BinaryExpr(b)
            if call.method.kind == MethodKind::Operator
                && matches!(b.op, Operator::Plus | Operator::Minus | Operator::Divide) =>
        {
            arithmetic(scope, call, b.op)
        }
        Expr::Between(b) => comparable(scope, name, &[b.expr.as_ref(), b.low.as_ref(), b.high.as_ref()]),
        Expr::InList(list) => {
            let mut operands = vec![list.expr.as_ref()];
            operands.extend(&list.list);
            comparable(scope, name, &operands)
        }
        Expr::Case(Case { when_then_expr, else_expr, .. }) => {
            let values = when_then_expr.iter().map(|(_, then)| then).chain(else_expr);
            uniform(scope, name, &typed(scope, &values.map(AsRef::as_ref).collect::<Vec<_>>())?)
        }
        Expr::ScalarFunction(f) if f.func.inner().downcast_ref::<CoalesceFunc>().is_some() => {
            uniform(scope, name, &typed(scope, &f.args.iter().collect::<Vec<_>>())?)
        }
        Expr::ScalarFunction(f) if f.func.inner().downcast_ref::<RegexpLikeFunc>().is_some() => pattern(name, &f.args),
        Expr::Cast(c) => castable(scope, name, &c.expr, c.field.data_type()),
        Expr::TryCast(c) => castable(scope, name, &c.expr, c.field.data_type()),
        _ => Ok(()),
    }
}

fn typed(scope: &Scope, exprs: &[&Expr]) -> Result<Vec<Typed>> {
    exprs.iter().map(|e| Ok(((*e).clone(), scope.type_of(e)?))).collect()
}

fn comparable(scope: &Scope, name: &str, operands: &[&Expr]) -> Result<()> {
    let mut operands = typed(scope, operands)?;
    let Some(moment) = operands.iter().map(|(_, t)| t).find(|t| is_time(t)).cloned() else {
        return uniform(scope, name, &operands);
    };
    // A date may be written as a text, where the text is one.
    operands.retain(|(e, _)| match e {
        Expr::Literal(value, _) if is_string(&value.data_type()) => {
            !value.cast_to(&moment).is_ok_and(|v: ScalarValue| !v.is_null())
        }
        _ => true,
    });
    uniform(scope, name, &operands)
}

fn is_time(data_type: &DataType) -> bool {
    matches!(kind(data_type), Some(Kind::Moment | Kind::TimeOfDay))
}

fn uniform(scope: &Scope, name: &str, values: &[Typed]) -> Result<()> {
    let Some((first, of)) = values.iter().find(|(_, t)| kind(t).is_some()) else { return Ok(()) };
    match values.iter().find(|(_, t)| !alike(of, t)) {
        None => Ok(()),
        Some((other, t)) => Err(mixed(scope, name, (first, of), (other, t))),
    }
}

fn mixed(scope: &Scope, name: &str, a: (&Expr, &DataType), b: (&Expr, &DataType)) -> Error {
    let text = format!("{name} cannot take {} and {}", scope.describe(a.0, a.1), scope.describe(b.0, b.1));
    Error::new(Code::Type, text).with_hint(format!("convert one of them, as in .cast(\"{}\")", type_name(a.1)))
}

/// What Python refuses to add, subtract and divide, and SQL counts in days or in microseconds.
fn arithmetic(scope: &Scope, call: &Call, op: Operator) -> Result<()> {
    let (Some(Some(a)), Some(Some(b))) = (call.slots.first(), call.slots.get(1)) else { return Ok(()) };
    let (Some(left), Some(right)) = (kind(&a.1), kind(&b.1)) else { return Ok(()) };
    let hint = "move a date by dt.timedelta(days=1), or with .dt.add(days=1)";
    let wrong = match op {
        Operator::Plus => {
            let numbered = |x, y| is_time(x) && kind(y) == Some(Kind::Number);
            numbered(&a.1, &b.1) || numbered(&b.1, &a.1) || (left == Kind::TimeOfDay && right == Kind::TimeOfDay)
        }
        Operator::Minus => matches!((left, right), (Kind::Moment | Kind::TimeOfDay, Kind::Number)),
        _ => left == Kind::Number && right == Kind::Duration,
    };
    if wrong { Err(mixed(scope, call.method.name, (&a.0, &a.1), (&b.0, &b.1)).with_hint(hint)) } else { Ok(()) }
}

/// What a time of day, which stands on no day, is asked of the calendar.
fn calendar(scope: &Scope, call: &Call) -> Result<()> {
    const PARTS: &[&str] = &["dt_year", "dt_quarter", "dt_month", "dt_week", "dt_day", "dt_weekday", "dt_day_of_year"];
    let Some(Some((of, data_type))) = call.slots.first() else { return Ok(()) };
    if kind(data_type) != Some(Kind::TimeOfDay) {
        return Ok(());
    }
    let name = call.method.name;
    let of_calendar = |slot: usize, default: bool| match call.slots.get(slot) {
        Some(Some((Expr::Literal(ScalarValue::Utf8(Some(unit)), _), _))) => {
            PARTS.contains(&format!("dt_{}", unit.to_lowercase()).as_str())
        }
        _ => default,
    };
    let wrong = match name {
        "dt_truncate" => of_calendar(1, false),
        "dt_diff" => of_calendar(2, true),
        // Years, months, weeks and days: parts that are left out are not there.
        "dt_add" => call.slots.iter().skip(1).take(4).any(Option::is_some),
        _ => PARTS.contains(&name),
    };
    if !wrong {
        return Ok(());
    }
    let text = format!("{name} needs a date, and {} is a time of day", scope.describe(of, data_type));
    Err(Error::new(Code::Type, text).with_hint("hour, minute, second and millisecond are what it has"))
}

/// A pattern that is a constant must be one.
fn pattern(name: &str, args: &[Expr]) -> Result<()> {
    let Some(Expr::Literal(ScalarValue::Utf8(Some(pattern)), _)) = args.get(1) else { return Ok(()) };
    let text = |s: &str| Arc::new(StringArray::from(vec![s])) as ArrayRef;
    match regexp_like(&[text(""), text(pattern)]) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::new(Code::Argument, format!("{name}: {}", Error::from(error).message))),
    }
}

fn castable(scope: &Scope, name: &str, expr: &Expr, to: &DataType) -> Result<()> {
    let from = scope.type_of(expr)?;
    if can_cast_types(&from, to) {
        return Ok(());
    }
    let text = format!("{name}: {} cannot become {}", scope.describe(expr, &from), type_name(to));
    Err(Error::new(Code::Type, text))
}
