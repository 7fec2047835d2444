//! Functions of one row that are neither text's nor time's own.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::functions::math::nanvl;
use datafusion::logical_expr::expr::{Between, Case, Cast, InList, ScalarFunction, TryCast};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

use super::method::{Call, Class, Lower, Method, MethodKind, Param, key, method, opt, req, rest};
use super::operators::float;
use crate::error::{Code, Error, Result};
use crate::types::parse_type;

const X: &[Param] = &[req("x", Class::Any)];
const N: &[Param] = &[req("x", Class::Number)];
const TWO: &[Param] = &[req("x", Class::Number), req("y", Class::Number)];
const TYPE: &[Param] = &[req("x", Class::Any), key("type", Class::Text, "")];

const fn with(
    name: &'static str,
    params: &'static [Param],
    f: fn(&Call) -> Result<Expr>,
    text: [&'static str; 2],
) -> Method {
    method(name, MethodKind::Scalar, params, Lower::With(f), text)
}

const fn base(name: &'static str, of: &'static str, params: &'static [Param], text: [&'static str; 2]) -> Method {
    method(name, MethodKind::Scalar, params, Lower::Base(of), text)
}

/// Every one of them.
pub const SCALARS: &[Method] = &[
    with("is_null", X, |c| Ok(c.arg(0)?.is_null()), ["True where the value is NULL.", "r.px.is_null()"]),
    with(
        "is_not_null",
        X,
        |c| Ok(c.arg(0)?.is_not_null()),
        ["True where the value is not NULL.", "r.px.is_not_null()"],
    ),
    base(
        "fill_null",
        "coalesce",
        &[req("x", Class::Any), req("value", Class::Any)],
        ["The value, or another where it is NULL.", "r.px.fill_null(0.0)"],
    ),
    base(
        "coalesce",
        "coalesce",
        &[rest("x", Class::Any, 1)],
        ["The first value that is not NULL.", "coalesce(r.px, 0.0)"],
    ),
    base(
        "nvl",
        "coalesce",
        &[req("x", Class::Any), req("default", Class::Any)],
        ["The value, or the default where it is NULL.", "nvl(r.px, 0.0)"],
    ),
    with(
        "is_in",
        &[req("x", Class::Any), rest("values", Class::Any, 0)],
        is_in,
        ["Is the value one of these? False for none given.", "r.sym.is_in(['A', 'B'])"],
    ),
    with(
        "between",
        &[req("x", Class::Any), req("low", Class::Any), req("high", Class::Any)],
        between,
        ["Between two bounds, both included.", "r.px.between(1, 3)"],
    ),
    with(
        "same",
        &[req("a", Class::Any), req("b", Class::Any)],
        same,
        ["Equal as keys are: NULL is NULL, NaN is NaN, -0.0 is 0.0; never NULL.", ""],
    ),
    with(
        "if_else",
        &[req("cond", Class::Bool), req("a", Class::Any), req("b", Class::Any)],
        if_else,
        ["a where the condition is true, else b.", "if_else(r.px > 2, 1, 0)"],
    ),
    with(
        "ifa",
        &[req("cond", Class::Bool), req("value", Class::Any)],
        if_else,
        ["The value where the condition is true, else NULL.", "ifa(r.px > 2, 1)"],
    ),
    with(
        "case",
        &[rest("pairs", Class::Any, 2), key("otherwise", Class::Any, "None")],
        case,
        ["The value after the first true condition.", "when(r.px > 2, 'high').otherwise('low')"],
    ),
    with(
        "cast",
        TYPE,
        |c| Ok(Expr::Cast(Cast::new(Box::new(c.arg(0)?), target(c)?))),
        ["The value in another type; an error where that is impossible.", "r.px.cast('int64')"],
    ),
    with(
        "try_cast",
        TYPE,
        |c| Ok(Expr::TryCast(TryCast::new(Box::new(c.arg(0)?), target(c)?))),
        ["The value in another type; NULL where that is impossible.", "r.sym.try_cast('int64')"],
    ),
    base("abs", "abs", N, ["Absolute value.", "r.px.abs()"]),
    base(
        "round",
        "round",
        &[req("x", Class::Number), opt("n", Class::Integer, "0")],
        ["Rounded to n places, halves away from zero.", "r.px.round(1)"],
    ),
    with("floor", N, |c| fraction(c, "floor"), ["Rounded down; integers stay as they are.", "r.px.floor()"]),
    with("ceil", N, |c| fraction(c, "ceil"), ["Rounded up; integers stay as they are.", "r.px.ceil()"]),
    base("sqrt", "sqrt", N, ["Square root.", "sqrt(r.px)"]),
    with("power", TWO, |c| floats(c, "power"), ["Power, as float64.", "power(r.px, 2)"]),
    base("sign", "signum", N, ["-1, 0 or 1.", "sign(r.px)"]),
    with(
        "log",
        &[req("x", Class::Number), opt("base", Class::Number, "None")],
        log,
        ["Logarithm, to base 10 unless said.", "log(r.px)"],
    ),
    base("ln", "ln", N, ["Natural logarithm.", "ln(r.px)"]),
    base("exp", "exp", N, ["e to that power.", "exp(r.px)"]),
    base("sin", "sin", N, ["Sine.", "sin(r.px)"]),
    base("cos", "cos", N, ["Cosine.", "cos(r.px)"]),
    base("tan", "tan", N, ["Tangent.", "tan(r.px)"]),
    base("asin", "asin", N, ["Arc sine.", "asin(r.px / 10)"]),
    base("acos", "acos", N, ["Arc cosine.", "acos(r.px / 10)"]),
    base("atan", "atan", N, ["Arc tangent.", "atan(r.px)"]),
    base("atan2", "atan2", TWO, ["Arc tangent of a quotient.", "atan2(r.px, r.px)"]),
    base(
        "rand",
        "random",
        &[],
        ["A random number from 0 up to 1; the one function that is not deterministic.", "rand() < 1"],
    ),
    base(
        "gcd",
        "gcd",
        &[req("a", Class::Integer), req("b", Class::Integer)],
        ["Greatest common divisor.", "gcd(r.ts, 4)"],
    ),
    base(
        "lcm",
        "lcm",
        &[req("a", Class::Integer), req("b", Class::Integer)],
        ["Least common multiple.", "lcm(r.ts, 4)"],
    ),
    base("factorial", "factorial", &[req("n", Class::Integer)], ["Factorial.", "factorial(r.ts)"]),
];

/// The base makes floats of integers.
fn fraction(call: &Call, name: &str) -> Result<Expr> {
    if call.data_type(0).is_integer() { call.arg(0) } else { call.scalar(name, call.all()) }
}

fn is_in(call: &Call) -> Result<Expr> {
    let values = call.others();
    if values.is_empty() {
        return Ok(Expr::Literal(ScalarValue::Boolean(Some(false)), None));
    }
    Ok(Expr::InList(InList::new(Box::new(call.arg(0)?), values, false)))
}

fn between(call: &Call) -> Result<Expr> {
    let (x, low, high) = (call.arg(0)?, call.arg(1)?, call.arg(2)?);
    Ok(Expr::Between(Between::new(Box::new(x), false, Box::new(low), Box::new(high))))
}

fn same(call: &Call) -> Result<Expr> {
    let side = |i: usize| -> Result<Expr> { Ok(key_value(call.arg(i)?, &call.data_type(i))) };
    Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(side(0)?), Operator::IsNotDistinctFrom, Box::new(side(1)?))))
}

/// A value as keys compare it: adding zero makes −0.0 into 0.0, and all NaN become one.
pub fn key_value(expr: Expr, data_type: &DataType) -> Expr {
    if !data_type.is_floating() {
        return expr;
    }
    let literal = |value| Expr::Literal(ScalarValue::Float64(Some(value)), None);
    let sum = BinaryExpr::new(Box::new(expr), Operator::Plus, Box::new(literal(0.0)));
    Expr::ScalarFunction(ScalarFunction::new_udf(nanvl(), vec![Expr::BinaryExpr(sum), literal(f64::NAN)]))
}

fn if_else(call: &Call) -> Result<Expr> {
    let pair = (Box::new(call.arg(0)?), Box::new(call.arg(1)?));
    Ok(Expr::Case(Case::new(None, vec![pair], call.opt(2).map(Box::new))))
}

fn case(call: &Call) -> Result<Expr> {
    let mut pairs = vec![];
    for pair in call.rest.chunks(2) {
        let [(condition, data_type), (value, _)] = pair else {
            return Err(Error::new(Code::Argument, "a condition of when has no value"));
        };
        if !Class::Bool.accepts(data_type) {
            return Err(Error::new(Code::Type, "a condition of when must be a boolean"));
        }
        pairs.push((Box::new(condition.clone()), Box::new(value.clone())));
    }
    Ok(Expr::Case(Case::new(None, pairs, call.opt(1).map(Box::new))))
}

/// The type named by the argument `type`; strings in the layout of SQL's VARCHAR.
fn target(call: &Call) -> Result<DataType> {
    match call.opt(1) {
        Some(Expr::Literal(ScalarValue::Utf8(Some(name)), _)) => match parse_type(&name)? {
            DataType::Utf8 => Ok(DataType::Utf8View),
            other => Ok(other),
        },
        _ => Err(Error::new(Code::Argument, "a cast needs the name of a type")),
    }
}

fn floats(call: &Call, name: &str) -> Result<Expr> {
    call.scalar(name, vec![float(call.arg(0)?, &call.data_type(0)), float(call.arg(1)?, &call.data_type(1))])
}

fn log(call: &Call) -> Result<Expr> {
    match call.opt(1) {
        // SQL's logarithm takes the base first.
        Some(base) => call.scalar("log", vec![base, call.arg(0)?]),
        None => call.scalar("log10", vec![call.arg(0)?]),
    }
}
