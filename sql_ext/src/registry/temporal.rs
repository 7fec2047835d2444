//! Functions behind `.dt`, in the column's own zone; NULL where an argument is.

use datafusion::arrow::datatypes::{DataType, IntervalMonthDayNano, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

use super::method::{Call, Class, Lower, Method, MethodKind, Param, key, method, opt, req};
use super::operators::cast;
use super::own;
use crate::error::{Code, Error, Result};

const T: Param = req("t", Class::Temporal);
const ONE: &[Param] = &[T];
const PARTS: &[Param] = &[
    T,
    key("years", Class::Integer, "0"),
    key("months", Class::Integer, "0"),
    key("weeks", Class::Integer, "0"),
    key("days", Class::Integer, "0"),
    key("hours", Class::Integer, "0"),
    key("minutes", Class::Integer, "0"),
    key("seconds", Class::Integer, "0"),
];
/// Parameters from here on give a date its time of day.
const FIRST_TIME_PART: usize = 5;

const fn with(
    name: &'static str,
    params: &'static [Param],
    f: fn(&Call) -> Result<Expr>,
    text: [&'static str; 2],
) -> Method {
    method(name, MethodKind::Temporal, params, Lower::With(f), text)
}

const fn free(name: &'static str, f: fn(&Call) -> Result<Expr>, text: [&'static str; 2]) -> Method {
    method(name, MethodKind::Scalar, &[], Lower::With(f), text)
}

/// Every one of them.
pub const TEMPORALS: &[Method] = &[
    with("dt_year", ONE, |c| part(c, "year"), ["Year.", "r.at.dt.year()"]),
    with("dt_month", ONE, |c| part(c, "month"), ["Month, from 1.", "r.at.dt.month()"]),
    with("dt_day", ONE, |c| part(c, "day"), ["Day of the month, from 1.", "r.at.dt.day()"]),
    with("dt_hour", ONE, |c| part(c, "hour"), ["Hour.", "r.at.dt.hour()"]),
    with("dt_minute", ONE, |c| part(c, "minute"), ["Minute.", "r.at.dt.minute()"]),
    with("dt_second", ONE, |c| part(c, "second"), ["Second, whole.", "r.at.dt.second()"]),
    with(
        "dt_millisecond",
        ONE,
        |c| Ok(binary(part(c, "millisecond")?, Operator::Modulo, int(1000))),
        ["Milliseconds within the second.", "r.at.dt.millisecond()"],
    ),
    with(
        "dt_weekday",
        ONE,
        |c| Ok(binary(binary(part(c, "dow")?, Operator::Plus, int(6)), Operator::Modulo, int(7))),
        ["Day of the week, Monday 0.", "r.at.dt.weekday()"],
    ),
    with("dt_week", ONE, |c| part(c, "week"), ["ISO week.", "r.at.dt.week()"]),
    with("dt_quarter", ONE, |c| part(c, "quarter"), ["Quarter, from 1.", "r.at.dt.quarter()"]),
    with("dt_day_of_year", ONE, |c| part(c, "doy"), ["Day of the year, from 1.", "r.at.dt.day_of_year()"]),
    with(
        "dt_truncate",
        &[T, opt("unit", Class::Text, "")],
        truncate,
        ["Start of the year, month, week, day, hour, … around it.", "r.at.dt.truncate('hour')"],
    ),
    with(
        "dt_add",
        PARTS,
        add,
        [
            "Moved by calendar units; month ends clamp; a date with time parts becomes a timestamp.",
            "r.at.dt.add(days=1)",
        ],
    ),
    with(
        "dt_diff",
        &[T, req("other", Class::Temporal), opt("unit", Class::Text, "\"day\"")],
        diff,
        ["Distance from another in whole units, toward zero.", "r.at.dt.diff(r.at.shift(1), 'second')"],
    ),
    with(
        "dt_age",
        ONE,
        |c| own::call("dt_diff", vec![c.scalar("current_date", vec![])?, c.arg(0)?, text("year")]),
        ["Complete years until today, negative ahead.", "r.at.dt.age() >= 2"],
    ),
    free("now", now, ["This moment, fixed per query.", "now() > r.at"]),
    free("today", |c| c.scalar("current_date", vec![]), ["This day, fixed per query.", "today() > r.at"]),
];

fn int(n: i64) -> Expr {
    Expr::Literal(ScalarValue::Int64(Some(n)), None)
}

fn text(s: &str) -> Expr {
    Expr::Literal(ScalarValue::from(s), None)
}

fn binary(left: Expr, op: Operator, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)))
}

const MOMENT: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

/// The first argument; a column of NULLs alone, which is of no type, as a moment.
fn moment(call: &Call) -> Result<Expr> {
    let moment = call.arg(0)?;
    Ok(if call.data_type(0) == DataType::Null { cast(moment, &MOMENT) } else { moment })
}

fn part(call: &Call, name: &str) -> Result<Expr> {
    call.scalar("date_part", vec![text(name), moment(call)?])
}

fn now(call: &Call) -> Result<Expr> {
    let zoned = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    Ok(cast(call.scalar("now", vec![])?, &zoned))
}

/// A unit, in any case.
fn unit(call: &Call, i: usize, default: &str) -> Result<String> {
    match call.opt(i) {
        None => Ok(default.to_string()),
        Some(Expr::Literal(ScalarValue::Utf8(Some(unit)), _)) => Ok(unit.to_lowercase()),
        Some(_) => Err(Error::new(Code::Argument, format!("the unit of {} must be a text", call.method.name))),
    }
}

fn known_unit(unit: &str, known: &[&str]) -> Result<()> {
    if known.contains(&unit) {
        return Ok(());
    }
    Err(Error::new(Code::Argument, format!("'{unit}' is no unit of time"))
        .with_names(unit, known.iter().map(ToString::to_string))
        .with_hint(format!("one of {}", known.join(", "))))
}

const UNITS: &[&str] = &["year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond"];

fn truncate(call: &Call) -> Result<Expr> {
    let unit = unit(call, 1, "")?;
    known_unit(&unit, UNITS)?;
    let days = UNITS.iter().take(5).any(|u| *u == unit);
    match call.data_type(0) {
        DataType::Date32 if days => own::call("dt_truncate", vec![text(&unit), call.arg(0)?]),
        DataType::Date32 => call.scalar("date_trunc", vec![text(&unit), cast(call.arg(0)?, &MOMENT)]),
        // The base's ends in 2262 for these.
        DataType::Timestamp(of, None) if days && unit != "day" && of != TimeUnit::Nanosecond => {
            own::call("dt_truncate", vec![text(&unit), call.arg(0)?])
        }
        _ => call.scalar("date_trunc", vec![text(&unit), moment(call)?]),
    }
}

fn diff(call: &Call) -> Result<Expr> {
    let unit = unit(call, 2, "day")?;
    known_unit(&unit, UNITS)?;
    let (a, b) = (call.arg(0)?, call.arg(1)?);
    let time = |i: usize| matches!(call.data_type(i), DataType::Time32(_) | DataType::Time64(_));
    if time(0) && time(1) {
        let micros = match unit.as_str() {
            "hour" => 3_600_000_000,
            "minute" => 60_000_000,
            "second" => 1_000_000,
            _ => 1000,
        };
        let distance = cast(binary(a, Operator::Minus, b), &DataType::Duration(TimeUnit::Microsecond));
        return Ok(binary(cast(distance, &DataType::Int64), Operator::Divide, int(micros)));
    }
    own::call("dt_diff", vec![a, b, text(&unit)])
}

fn add(call: &Call) -> Result<Expr> {
    let parts: Vec<Expr> = (1..PARTS.len()).map(|i| call.opt(i).unwrap_or(int(0))).collect();
    let mut moment = moment(call)?;
    let timed = (FIRST_TIME_PART..PARTS.len()).any(|i| call.opt(i).is_some_and(|e| e != int(0)));
    if timed && call.data_type(0) == DataType::Date32 {
        moment = cast(moment, &MOMENT);
    }
    let interval = match constant(&parts) {
        Some(interval) => Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(interval)), None),
        None => own::call("make_interval", parts)?,
    };
    Ok(binary(moment, Operator::Plus, interval))
}

fn constant(parts: &[Expr]) -> Option<IntervalMonthDayNano> {
    let numbers: Option<Vec<i64>> =
        parts.iter().map(|e| if let Expr::Literal(ScalarValue::Int64(n), _) = e { *n } else { None }).collect();
    let numbers = numbers?;
    let [years, months, weeks, days, hours, minutes, seconds] = numbers.as_slice() else { return None };
    let months = i32::try_from(years.checked_mul(12)?.checked_add(*months)?).ok()?;
    let days = i32::try_from(weeks.checked_mul(7)?.checked_add(*days)?).ok()?;
    let minutes = hours.checked_mul(60)?.checked_add(*minutes)?;
    let nanos = minutes.checked_mul(60)?.checked_add(*seconds)?.checked_mul(1_000_000_000)?;
    Some(IntervalMonthDayNano::new(months, days, nanos))
}
