//! Python's operators on columns.

use datafusion::arrow::datatypes::{DataType, IntervalMonthDayNano, IntervalUnit, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::Cast;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

use super::method::{Call, Class, Lower, Method, MethodKind, Param, method, req};
use super::own;
use crate::error::Result;
use crate::types::is_string;

const AB: &[Param] = &[req("a", Class::Any), req("b", Class::Any)];
const BOOLS: &[Param] = &[req("a", Class::Bool), req("b", Class::Bool)];
const NUMBERS: &[Param] = &[req("a", Class::Number), req("b", Class::Number)];
const SUMS: &[Param] = &[req("a", Class::Summable), req("b", Class::Summable)];

const fn op(
    name: &'static str,
    params: &'static [Param],
    f: fn(&Call) -> Result<Expr>,
    text: [&'static str; 2],
) -> Method {
    method(name, MethodKind::Operator, params, Lower::With(f), text)
}

/// The operator that join conditions are made of.
pub const EQUAL: &str = "eq";
/// The operator that joins them.
pub const BOTH: &str = "and";

/// Every operator.
pub const OPERATORS: &[Method] = &[
    op("add", AB, add, ["Sum; joins strings; moves dates by durations.", "r.px + 1"]),
    op("sub", AB, sub, ["Difference; of two dates in days, of two timestamps a duration.", "r.px - 1"]),
    op("mul", SUMS, mul, ["Product.", "r.px * 2"]),
    op("truediv", SUMS, truediv, ["Quotient, float64 also on integers; by zero inf or NaN.", "r.px / 2"]),
    op(
        "floordiv",
        NUMBERS,
        |c| own::call("floor_div", c.all()),
        ["Quotient rounded down; an integer by zero is an error.", "r.px // 2"],
    ),
    op(
        "mod",
        NUMBERS,
        |c| own::call("floor_mod", c.all()),
        ["Remainder with the divisor's sign; an integer by zero is an error.", "r.px % 2"],
    ),
    op(
        "pow",
        NUMBERS,
        pow,
        ["Power; an integer for a literal exponent that is not negative, else float64.", "r.px ** 2"],
    ),
    op("neg", &[req("x", Class::Summable)], neg, ["Negation.", "-r.px"]),
    op(EQUAL, AB, |c| binary(c, Operator::Eq), ["Equal; NULL where a side is.", "r.px == 1"]),
    op("ne", AB, |c| binary(c, Operator::NotEq), ["Not equal; NULL where a side is.", "r.px != 1"]),
    op("lt", AB, |c| binary(c, Operator::Lt), ["Less.", "r.px < 1"]),
    op("le", AB, |c| binary(c, Operator::LtEq), ["Less or equal.", "r.px <= 1"]),
    op("gt", AB, |c| binary(c, Operator::Gt), ["Greater.", "r.px > 1"]),
    op("ge", AB, |c| binary(c, Operator::GtEq), ["Greater or equal.", "r.px >= 1"]),
    op(BOTH, BOOLS, |c| binary(c, Operator::And), ["Both; SQL's three-valued logic.", "(r.px > 1) & (r.px < 3)"]),
    op("or", BOOLS, |c| binary(c, Operator::Or), ["Either; SQL's three-valued logic.", "(r.px > 3) | (r.px < 1)"]),
    op("xor", BOOLS, |c| binary(c, Operator::NotEq), ["One and not the other.", "(r.px > 3) ^ (r.sym == 'A')"]),
    op(
        "invert",
        &[req("x", Class::Bool)],
        |c| Ok(Expr::Not(Box::new(c.arg(0)?))),
        ["Not; NULL stays NULL.", "~(r.px > 1)"],
    ),
];

fn join(left: Expr, op: Operator, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)))
}

/// A cast, or the literal converted where that loses nothing.
pub(super) fn cast(expr: Expr, to: &DataType) -> Expr {
    if let Expr::Literal(value, None) = &expr
        && value.data_type().is_numeric()
        && to.is_floating()
        && let Ok(value) = value.cast_to(to)
    {
        return Expr::Literal(value, None);
    }
    Expr::Cast(Cast::new(Box::new(expr), to.clone()))
}

/// A cast to Float64 where the type is another.
pub(super) fn float(expr: Expr, from: &DataType) -> Expr {
    if *from == DataType::Float64 { expr } else { cast(expr, &DataType::Float64) }
}

fn binary(call: &Call, op: Operator) -> Result<Expr> {
    Ok(join(call.arg(0)?, op, call.arg(1)?))
}

fn add(call: &Call) -> Result<Expr> {
    let (left, right) = (call.data_type(0), call.data_type(1));
    let text = |t: &DataType| is_string(t) || *t == DataType::Null;
    if (is_string(&left) || is_string(&right)) && text(&left) && text(&right) {
        return binary(call, Operator::StringConcat);
    }
    match (&left, &right) {
        (DataType::Date32, DataType::Duration(_)) => Ok(move_date(call.arg(0)?, Operator::Plus, call.arg(1)?)),
        (DataType::Duration(_), DataType::Date32) => Ok(move_date(call.arg(1)?, Operator::Plus, call.arg(0)?)),
        (t, DataType::Duration(_)) if is_time(t) => Ok(join(call.arg(0)?, Operator::Plus, interval(call.arg(1)?))),
        (DataType::Duration(_), t) if is_time(t) => Ok(join(call.arg(1)?, Operator::Plus, interval(call.arg(0)?))),
        _ => binary(call, Operator::Plus),
    }
}

fn sub(call: &Call) -> Result<Expr> {
    match (call.data_type(0), call.data_type(1)) {
        (DataType::Date32, DataType::Duration(_)) => Ok(move_date(call.arg(0)?, Operator::Minus, call.arg(1)?)),
        (t, DataType::Duration(_)) if is_time(&t) => Ok(join(call.arg(0)?, Operator::Minus, interval(call.arg(1)?))),
        _ => binary(call, Operator::Minus),
    }
}

fn is_time(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Time32(_) | DataType::Time64(_))
}

/// What a time of day moves by, round the clock.
fn interval(duration: Expr) -> Expr {
    if let Expr::Literal(ScalarValue::DurationMicrosecond(Some(n)), _) = &duration
        && let Some(nanos) = n.checked_mul(1000)
    {
        let value = ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(0, 0, nanos)));
        return Expr::Literal(value, None);
    }
    cast(duration, &DataType::Interval(IntervalUnit::MonthDayNano))
}

/// A date stays one when it moves by whole days; otherwise it becomes a timestamp.
fn move_date(date: Expr, op: Operator, duration: Expr) -> Expr {
    const DAY: i64 = 86_400_000_000;
    if let Expr::Literal(ScalarValue::DurationMicrosecond(Some(n)), _) = &duration
        && n % DAY == 0
        && let Ok(days) = i32::try_from(n / DAY)
    {
        let days = ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(0, days, 0)));
        return join(date, op, Expr::Literal(days, None));
    }
    join(cast(date, &DataType::Timestamp(TimeUnit::Microsecond, None)), op, duration)
}

fn mul(call: &Call) -> Result<Expr> {
    let (left, right) = (call.data_type(0), call.data_type(1));
    match (&left, &right) {
        (DataType::Duration(_), n) if n.is_numeric() => {
            Ok(scale(call.arg(0)?, &left, Operator::Multiply, call.arg(1)?))
        }
        (n, DataType::Duration(_)) if n.is_numeric() => {
            Ok(scale(call.arg(1)?, &right, Operator::Multiply, call.arg(0)?))
        }
        _ => binary(call, Operator::Multiply),
    }
}

/// A duration times or by a number, through its count of units.
fn scale(duration: Expr, unit: &DataType, op: Operator, by: Expr) -> Expr {
    let scaled = join(cast(duration, &DataType::Int64), op, by);
    cast(cast(scaled, &DataType::Int64), unit)
}

fn truediv(call: &Call) -> Result<Expr> {
    let (left, right) = (call.data_type(0), call.data_type(1));
    let (a, b) = (call.arg(0)?, call.arg(1)?);
    match (&left, &right) {
        (DataType::Duration(_), DataType::Duration(_)) => {
            let common =
                |e| float(cast(cast(e, &DataType::Duration(TimeUnit::Nanosecond)), &DataType::Int64), &DataType::Int64);
            Ok(join(common(a), Operator::Divide, common(b)))
        }
        (DataType::Duration(_), n) => Ok(scale(a, &left, Operator::Divide, float(b, n))),
        (l, r) if (l.is_decimal() && !r.is_floating()) || (r.is_decimal() && !l.is_floating()) => {
            binary(call, Operator::Divide)
        }
        (l, r) => Ok(join(float(a, l), Operator::Divide, float(b, r))),
    }
}

fn pow(call: &Call) -> Result<Expr> {
    let (left, right) = (call.data_type(0), call.data_type(1));
    let (base, exponent) = (call.arg(0)?, call.arg(1)?);
    let natural = matches!(&exponent, Expr::Literal(ScalarValue::Int64(Some(n)), _) if *n >= 0);
    if left.is_integer() && natural {
        return own::call("int_pow", vec![base, exponent]);
    }
    call.scalar("power", vec![float(base, &left), float(exponent, &right)])
}

fn neg(call: &Call) -> Result<Expr> {
    let x = call.arg(0)?;
    let of = call.data_type(0);
    if matches!(of, DataType::Duration(_)) {
        return Ok(scale(x, &of, Operator::Multiply, Expr::Literal(ScalarValue::Int64(Some(-1)), None)));
    }
    let unsigned = of.is_unsigned_integer();
    Ok(Expr::Negative(Box::new(if unsigned { cast(x, &DataType::Int64) } else { x })))
}
