//! Aggregates and window functions of the base as the object API names them.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::AggregateFunction;

use super::method::{Call, Class, Form, Lower, Method, MethodKind, Param, key, method, missing, opt, req};
use super::operators::{cast, float};
use super::own;
use super::scalar::key_value;
use crate::error::{Code, Error, Result};

const ANY: &[Param] = &[req("x", Class::Any)];
const NUM: &[Param] = &[req("x", Class::Number)];
const SUM: &[Param] = &[req("x", Class::Summable)];
const COND: &[Param] = &[req("pred", Class::Bool)];
const COND_ANY: &[Param] = &[req("pred", Class::Bool), req("x", Class::Any)];
const COND_SUM: &[Param] = &[req("pred", Class::Bool), req("x", Class::Summable)];
const PAIR: &[Param] = &[req("x", Class::Number), req("y", Class::Number)];

const fn with(
    name: &'static str,
    params: &'static [Param],
    f: fn(&Call) -> Result<Expr>,
    text: [&'static str; 2],
) -> Method {
    method(name, MethodKind::Aggregate, params, Lower::With(f), text)
}

const fn base(name: &'static str, of: &'static str, params: &'static [Param], text: [&'static str; 2]) -> Method {
    method(name, MethodKind::Aggregate, params, Lower::Base(of), text)
}

/// Every aggregate that the base has or that is made of its aggregates.
pub const REDUCERS: &[Method] = &[
    with("sum", SUM, |c| c.aggregate("sum", vec![number(c, 0)?]), ["Sum; NULL of nothing.", "g.px.sum()"]),
    with("avg", SUM, |c| c.aggregate("avg", vec![number(c, 0)?]), ["Mean.", "g.px.avg()"]),
    with(
        "count",
        &[opt("x", Class::Any, "")],
        count,
        ["Number of values that are not NULL; without one, of rows.", "g.count()"],
    ),
    base("min", "min", ANY, ["Least value.", "g.px.min()"]),
    base("max", "max", ANY, ["Greatest value.", "g.px.max()"]),
    with(
        "median",
        NUM,
        |c| c.aggregate("median", vec![exact(c)?]),
        ["Middle value; between two their mean.", "g.px.median()"],
    ),
    with("std", NUM, |c| c.aggregate("stddev", vec![number(c, 0)?]), ["Standard deviation of a sample.", "g.px.std()"]),
    with("var", NUM, |c| c.aggregate("var_samp", vec![number(c, 0)?]), ["Variance of a sample.", "g.px.var()"]),
    with(
        "percentile",
        &[req("x", Class::Number), req("p", Class::Number)],
        percentile,
        ["Exact percentile, linear between values; p from 0 to 1.", "g.px.percentile(0.9)"],
    ),
    with("skew", NUM, skew, ["Skewness of a population; NULL where there is no spread.", "g.px.skew()"]),
    with(
        "top_k",
        &[req("x", Class::Any), req("k", Class::Integer)],
        top_k,
        ["The k largest values, largest first.", "g.px.top_k(3)"],
    ),
    with("n_unique", ANY, n_unique, ["Number of different values.", "g.sym.n_unique()"]),
    with(
        "corr",
        PAIR,
        |c| c.aggregate("corr", vec![number(c, 0)?, number(c, 1)?]),
        ["Correlation.", "corr(g.px, g.ts)"],
    ),
    with(
        "covar",
        PAIR,
        |c| c.aggregate("covar_samp", vec![number(c, 0)?, number(c, 1)?]),
        ["Covariance of a sample.", "covar(g.px, g.ts)"],
    ),
    with(
        "concat_agg",
        &[req("x", Class::Text), opt("delimiter", Class::Text, "\",\"")],
        concat_agg,
        ["The values joined.", "concat_agg(g.sym)"],
    ),
    with(
        "count_if",
        COND,
        |c| c.filtered("count", vec![one()], Some(c.arg(0)?)),
        ["Number of rows where the condition holds.", "count_if(g.px > 2)"],
    ),
    with(
        "sum_if",
        COND_SUM,
        sum_if,
        ["Sum over the rows where the condition holds; 0 of none.", "sum_if(g.px > 2, g.px)"],
    ),
    with(
        "avg_if",
        COND_SUM,
        |c| c.filtered("avg", vec![number(c, 1)?], Some(c.arg(0)?)),
        ["Mean over the rows where the condition holds.", "avg_if(g.px > 2, g.px)"],
    ),
    with(
        "min_if",
        COND_ANY,
        |c| c.filtered("min", vec![c.arg(1)?], Some(c.arg(0)?)),
        ["Least value over the rows where the condition holds.", "min_if(g.px > 2, g.px)"],
    ),
    with(
        "max_if",
        COND_ANY,
        |c| c.filtered("max", vec![c.arg(1)?], Some(c.arg(0)?)),
        ["Greatest value over the rows where the condition holds.", "max_if(g.px > 2, g.px)"],
    ),
    with(
        "all",
        COND,
        |c| holds(c, "bool_and", true),
        ["Does the condition hold on every row? NULL does not.", "g.all(lambda r: r.px > 0)"],
    ),
    with(
        "any",
        COND,
        |c| holds(c, "bool_or", false),
        ["Does the condition hold on some row?", "g.any(lambda r: r.px > 0)"],
    ),
    with(
        "none",
        COND,
        |c| Ok(Expr::Not(Box::new(holds(c, "bool_or", false)?))),
        ["Does the condition hold on no row?", "g.none(lambda r: r.px > 9)"],
    ),
];

const fn window(name: &'static str, params: &'static [Param], text: [&'static str; 2]) -> Method {
    method(name, MethodKind::Window, params, Lower::Base(name), text)
}

/// Window functions of the base, and the calls that the decoder builds.
pub const WINDOWS: &[Method] = &[
    window("row_number", &[], ["Number of the row, from 1.", "row_number()"]),
    window("rank", &[], ["Rank, from 1, with gaps after ties of the order keys.", "rank()"]),
    window("dense_rank", &[], ["Rank, from 1, without gaps.", "dense_rank()"]),
    window("ntile", &[req("n", Class::Integer)], ["Number, from 1, of n parts of nearly equal size.", "ntile(4)"]),
    window("percent_rank", &[], ["Relative rank, from 0 to 1.", "percent_rank()"]),
    window("cume_dist", &[], ["Share of the rows up to here.", "cume_dist()"]),
    method(
        "over",
        MethodKind::Form,
        &[
            req("call", Class::Any),
            key("partition_by", Class::Any, "None"),
            key("order_by", Class::Any, "None"),
            key("descending", Class::Any, "None"),
        ],
        Lower::Form(Form::Over),
        ["Another partition, or order, for a window call.", "r.px.sum().over('sym')"],
    ),
    method(
        "row_index",
        MethodKind::Form,
        &[],
        Lower::Form(Form::RowIndex),
        ["Position of the row in the whole table, from 0; source order where none is declared.", "row_index()"],
    ),
    method(
        "lookup",
        MethodKind::Form,
        &[
            req("key", Class::Any),
            key("target", Class::Any, ""),
            key("column", Class::Text, ""),
            key("join_key", Class::Text, "None"),
        ],
        Lower::Form(Form::Lookup),
        [
            "One value from another table by its key; NULL if none, a repeated key is an error.",
            "r.sym.lookup(names, 'name')",
        ],
    ),
];

fn one() -> Expr {
    Expr::Literal(ScalarValue::Int64(Some(1)), None)
}

/// A numeric argument; a column that is all NULL counts as numbers.
fn number(call: &Call, i: usize) -> Result<Expr> {
    let value = call.arg(i)?;
    Ok(if call.data_type(i) == DataType::Null { cast(value, &DataType::Float64) } else { value })
}

/// Integers as DOUBLE, so that the mean of two middles is not cut.
fn exact(call: &Call) -> Result<Expr> {
    let (value, data_type) = (call.arg(0)?, call.data_type(0));
    let whole = data_type.is_integer() || data_type == DataType::Null;
    Ok(if whole { float(value, &data_type) } else { value })
}

fn count(call: &Call) -> Result<Expr> {
    call.aggregate("count", vec![call.opt(0).unwrap_or_else(one)])
}

fn percentile(call: &Call) -> Result<Expr> {
    let fraction = match call.arg(1)? {
        Expr::Literal(value, _) => match value.cast_to(&DataType::Float64) {
            Ok(ScalarValue::Float64(Some(p))) if (0.0..=1.0).contains(&p) => p,
            _ => return Err(Error::new(Code::Argument, format!("percentile takes a number from 0 to 1, not {value}"))),
        },
        _ => return Err(Error::new(Code::Argument, "percentile takes a number from 0 to 1")),
    };
    let fraction = Expr::Literal(ScalarValue::Float64(Some(fraction)), None);
    call.aggregate("percentile_cont", vec![exact(call)?, fraction])
}

fn skew(call: &Call) -> Result<Expr> {
    let value = float(call.arg(0)?, &call.data_type(0));
    own::aggregate("skew", vec![value])
}

fn n_unique(call: &Call) -> Result<Expr> {
    let udaf = call.ctx.aggregate("count").ok_or_else(|| missing("count"))?;
    let value = key_value(call.arg(0)?, &call.data_type(0));
    Ok(Expr::AggregateFunction(AggregateFunction::new_udf(udaf, vec![value], true, None, vec![], None)))
}

/// The list is sorted once it is made: as a window, ORDER BY inside the aggregate would give way to the frame's.
fn top_k(call: &Call) -> Result<Expr> {
    let k = match call.arg(1)? {
        Expr::Literal(ScalarValue::Int64(Some(k)), _) if k >= 1 => k,
        _ => return Err(Error::new(Code::Argument, "top_k takes a whole number from 1")),
    };
    let value = call.arg(0)?;
    let udaf = call.ctx.aggregate("array_agg").ok_or_else(|| missing("array_agg"))?;
    let filter = Box::new(value.clone().is_not_null());
    let list = AggregateFunction::new_udf(udaf, vec![value], false, Some(filter), vec![], None);
    let word = |text: &str| Expr::Literal(ScalarValue::from(text), None);
    let sorted = call.scalar("array_sort", vec![Expr::AggregateFunction(list), word("DESC"), word("NULLS LAST")])?;
    call.scalar("array_slice", vec![sorted, one(), Expr::Literal(ScalarValue::Int64(Some(k)), None)])
}

fn concat_agg(call: &Call) -> Result<Expr> {
    let delimiter = call.opt(1).unwrap_or_else(|| Expr::Literal(ScalarValue::from(","), None));
    call.aggregate("string_agg", vec![call.arg(0)?, delimiter])
}

fn sum_if(call: &Call) -> Result<Expr> {
    let value = number(call, 1)?;
    let sum = call.filtered("sum", vec![value], Some(call.arg(0)?))?;
    let zero = match call.data_type(1) {
        DataType::Duration(unit) => cast(Expr::Literal(ScalarValue::Int64(Some(0)), None), &DataType::Duration(unit)),
        t if t.is_floating() || t == DataType::Null => Expr::Literal(ScalarValue::Float64(Some(0.0)), None),
        _ => Expr::Literal(ScalarValue::Int64(Some(0)), None),
    };
    call.scalar("coalesce", vec![sum, zero])
}

fn holds(call: &Call, name: &str, of_none: bool) -> Result<Expr> {
    let fixed = |b: bool| Expr::Literal(ScalarValue::Boolean(Some(b)), None);
    let condition = call.scalar("coalesce", vec![call.arg(0)?, fixed(false)])?;
    call.scalar("coalesce", vec![call.aggregate(name, vec![condition])?, fixed(of_none)])
}
