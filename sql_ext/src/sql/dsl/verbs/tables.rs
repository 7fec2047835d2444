//! Two tables, row to row.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Column, JoinType, NullEquality, TableReference};
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;
use datafusion::logical_expr::{Expr, ExprSchemable, Join, JoinConstraint, LogicalPlan};
use serde_json::Value;

use super::row::under;
use super::unique;
use crate::error::{Code, Error, Result};
use crate::order::{Order, hidden, is_hidden, refuse_hidden};
use crate::plan::asof::{AsofCondition, Direction};
use crate::plan::{LinkType, MergeNode, builder, extension, order_of};
use crate::registry::Class;
use crate::sql::dsl::keys::{Sides, compared, equalities};
use crate::sql::dsl::kinds::alike;
use crate::sql::dsl::request::Request;
use crate::sql::dsl::scope::{Aggregates, Scope, bare, computed_key, unknown_column, visible};
use crate::sql::dsl::{calls, expr};

/// The table joined to a dimension, whose columns come as `alias_column`.
pub fn link(request: &Request) -> Result<LogicalPlan> {
    let alias = request.text("alias")?;
    refuse_hidden([alias])?;
    let link_type = match request.text("join_type")? {
        "inner" => LinkType::Inner,
        "left" => LinkType::Left,
        "right" => LinkType::Right,
        "full" => LinkType::Full,
        other => return Err(invalid_type(other)),
    };
    let target = builder::alias(bare(request.other()?.clone())?, alias)?;
    let left = apart(request.input.clone(), &target)?;
    let (own, linked) = (kept(request, "left_columns", &left), kept(request, "target_columns", &target));
    let (left, target, on) = Sides::joined_on(request, left, target, &request.node("on")?)?;
    let names: Vec<String> =
        own.iter().map(|c| c.name.clone()).chain(linked.iter().map(|c| format!("{alias}_{}", c.name))).collect();
    unique(&names)?;
    // Target rows without a left row have no place in the left order.
    let left = if matches!(link_type, LinkType::Right | LinkType::Full) { builder::unordered(left) } else { left };
    let plan = builder::link(left, target, on, link_type)?;
    let exprs = own.into_iter().chain(linked).zip(names).map(|(c, name)| under(name, Expr::Column(c))).collect();
    Ok(builder::project(plan, exprs)?)
}

fn invalid_type(name: &str) -> Error {
    let known = ["inner", "left", "right", "full"];
    Error::new(Code::Argument, format!("Invalid join type '{name}'")).with_names(name, known.map(ToString::to_string))
}

/// The left table, under a hidden name where its own would clash with the right table's, or where
/// a column without a table's name has one of the same name there.
fn apart(left: LogicalPlan, right: &LogicalPlan) -> Result<LogicalPlan> {
    let theirs: Vec<Option<TableReference>> = right.schema().iter().map(|(q, _)| q.cloned()).collect();
    let known = |name: &str| right.schema().fields().iter().any(|f| f.name() == name);
    let clash = left.schema().iter().any(|(q, field)| match q {
        Some(q) => theirs.contains(&Some(q.clone())),
        None => known(field.name()),
    });
    Ok(if clash { builder::alias(left, &hidden("left", 0))? } else { left })
}

/// All columns of the left, then some of the right under names given.
pub fn join(request: &Request) -> Result<LogicalPlan> {
    let join_type = match request.text("how")? {
        "inner" => JoinType::Inner,
        "left" => JoinType::Left,
        "right" => JoinType::Right,
        "full" => JoinType::Full,
        other => return Err(invalid_type(other)),
    };
    let right = builder::alias(bare(request.other()?.clone())?, &hidden("right", 0))?;
    let left = apart(bare(request.input.clone())?, &right)?;
    let (left, right, on) = Sides::joined_on(request, left, right, &request.node("on")?)?;
    check_strategy(request, &left, &right, &on)?;
    let exprs = outputs(request, &left, &right, "right")?;
    let merged = request.payload.get("strategy").and_then(Value::as_str) == Some("merge");
    let sort = if merged { merge_sort(&left, &right, &on) } else { None };
    let plan = match (keyed(left, right, on, join_type, NullEquality::NullEqualsNothing)?, sort) {
        (LogicalPlan::Join(join), Some(sort)) => extension(MergeNode { join, sort, positions: None }),
        (plan, _) => plan,
    };
    let exprs = exprs.into_iter().map(|(name, c)| under(name, Expr::Column(c))).collect();
    Ok(builder::project(plan, exprs)?)
}

/// A join on pairs of expressions.
pub fn keyed(
    left: LogicalPlan,
    right: LogicalPlan,
    on: Vec<(Expr, Expr)>,
    join_type: JoinType,
    nulls: NullEquality,
) -> Result<LogicalPlan> {
    let right = if matches!(join_type, JoinType::LeftSemi | JoinType::LeftAnti) { right } else { apart(right, &left)? };
    let join = Join::try_new(Arc::new(left), Arc::new(right), on, None, join_type, JoinConstraint::On, nulls, false)?;
    Ok(LogicalPlan::Join(join))
}

/// A merge join takes both tables in the order of the keys.
fn check_strategy(request: &Request, left: &LogicalPlan, right: &LogicalPlan, on: &[(Expr, Expr)]) -> Result<()> {
    match request.payload.get("strategy").and_then(Value::as_str) {
        None | Some("hash") => Ok(()),
        Some("merge") => {
            let keys = |right_side: bool| on.iter().map(|(l, r)| if right_side { r } else { l }).collect::<Vec<_>>();
            let ours = led_by(left, &keys(false)).ok_or_else(|| not_sorted("Left"))?;
            let theirs = led_by(right, &keys(true)).ok_or_else(|| not_sorted("Right"))?;
            if ours == theirs {
                return Ok(());
            }
            Err(Error::new(
                Code::NoOrder,
                "Sort directions don't match: a merge join takes both tables in the same direction",
            )
            .with_hint("sort one of them the other way, or leave strategy out"))
        }
        Some(other) => Err(Error::new(Code::Argument, format!("Invalid strategy '{other}'"))
            .with_names(other, ["hash", "merge"].map(ToString::to_string))),
    }
}

/// How both orders sort the keys, where these can be merged as they are: columns of one type that lead both
/// orders in the same sequence, directions and places of NULLs. Floats are left out, whose order as numbers is
/// not that of their bits; all else is hashed, with the same rows.
fn merge_sort(left: &LogicalPlan, right: &LogicalPlan, on: &[(Expr, Expr)]) -> Option<Vec<(bool, bool)>> {
    let (ours, theirs) = (order_of(left)?.layout(), order_of(right)?.layout());
    on.iter()
        .enumerate()
        .map(|(i, (l, r))| {
            let (a, b) = (ours.get(i)?, theirs.get(i)?);
            let (lt, rt) = (l.get_type(left.schema()).ok()?, r.get_type(right.schema()).ok()?);
            let keys = matches!((l, r), (Expr::Column(_), Expr::Column(_))) && a.expr == *l && b.expr == *r;
            let alike = lt == rt && !lt.is_floating() && !lt.is_nested() && !matches!(lt, DataType::Dictionary(..));
            let sorted_alike = a.asc == b.asc && a.nulls_first == b.nulls_first;
            (keys && alike && sorted_alike).then_some((a.asc, a.nulls_first))
        })
        .collect()
}

fn not_sorted(side: &str) -> Error {
    Error::new(Code::NoOrder, format!("{side} table is not sorted by the join keys"))
        .with_hint("sort both tables by the keys, or leave strategy out")
}

/// The directions of the keys, where they lead the order in any sequence.
fn led_by(plan: &LogicalPlan, keys: &[&Expr]) -> Option<Vec<bool>> {
    if computed_key(plan).is_some() {
        return None;
    }
    let layout = order_of(plan).as_ref().map(Order::layout)?;
    let lead = layout.get(..keys.len())?;
    keys.iter().map(|key| lead.iter().find(|k| column_of(&k.expr) == column_of(key)).map(|k| k.asc)).collect()
}

/// The column that a key compares, whatever makes it comparable.
fn column_of(key: &Expr) -> Option<Column> {
    let mut refs = key.column_refs().into_iter().cloned();
    match (refs.next(), refs.next()) {
        (Some(only), None) if !is_hidden(&only.name) => Some(only),
        _ => None,
    }
}

/// Left rows that have a match.
pub fn semi_join(request: &Request) -> Result<LogicalPlan> {
    existing(request, JoinType::LeftSemi)
}

/// Left rows that have none, those without a key among them.
pub fn anti_join(request: &Request) -> Result<LogicalPlan> {
    existing(request, JoinType::LeftAnti)
}

fn existing(request: &Request, join_type: JoinType) -> Result<LogicalPlan> {
    let right = builder::alias(bare(request.other()?.clone())?, &hidden("right", 0))?;
    let (left, right, on) = Sides::joined_on(request, request.input.clone(), right, &request.node("on")?)?;
    request.without_helpers(keyed(left, right, on, join_type, NullEquality::NullEqualsNothing)?)
}

/// Each left row with the closest right row; the left order stays.
pub fn asof_join(request: &Request) -> Result<LogicalPlan> {
    let right = builder::alias(bare(request.other()?.clone())?, &hidden("right", 0))?;
    let left = apart(bare(request.input.clone())?, &right)?;
    let (left_node, right_node, by) = (request.node("left")?, request.node("right")?, request.maybe_node("by")?);
    let mut pairs = by.as_ref().map(equalities).transpose()?.unwrap_or_default();
    pairs.push((&left_node, &right_node));
    let Sides { left, right, mut keys } = Sides::new(request, left, right, &pairs)?;
    let Some((l, r)) = keys.pop() else { return Err(Error::new(Code::Internal, "an as-of join without times")) };
    let measured = |t: &DataType| Class::Number.accepts(t) || Class::Temporal.accepts(t);
    if !alike(&l.data_type, &r.data_type) || comparison_coercion(&l.data_type, &r.data_type).is_none() {
        return Err(Error::new(Code::Type, format!("asof_join: {l} and {r} do not compare")));
    }
    if !measured(&l.data_type) || !measured(&r.data_type) {
        let text = format!("asof_join: {l} and {r} are no dates, times or numbers, which have distances");
        return Err(Error::new(Code::Type, text));
    }
    let on = compared(keys)?;
    let (left_time, right_time) = (l.expr, r.expr);
    let tolerance = match request.maybe_node("tolerance")? {
        Some(node) => {
            let scope = Scope::new(request.ctx, &left, Aggregates::Refused);
            Some(calls::interval(expr::expr(&scope, &node)?))
        }
        None => None,
    };
    let direction = direction(request)?;
    let exprs = outputs(request, &left, &right, "right_columns")?;
    let condition = AsofCondition { left_time, right_time, direction, on, tolerance, keeps_left: true };
    let plan = builder::asof(left.clone(), right, condition)?;
    let exprs = exprs.into_iter().map(|(name, c)| under(name, Expr::Column(c))).collect();
    Ok(builder::project(plan, exprs)?)
}

fn direction(request: &Request) -> Result<Direction> {
    if request.flag("nearest") {
        return Ok(Direction::Nearest);
    }
    Ok(match request.text("op")? {
        "ge" => Direction::AtOrBefore,
        "gt" => Direction::Before,
        "le" => Direction::AtOrAfter,
        "lt" => Direction::After,
        other => return Err(Error::new(Code::Argument, format!("asof_join: '{other}' is no comparison"))),
    })
}

/// A table's columns, or those of them that the verb is to keep.
fn kept(request: &Request, key: &str, table: &LogicalPlan) -> Vec<Column> {
    let Some(names) = request.payload.get(key).and_then(Value::as_array) else { return visible(table) };
    visible(table).into_iter().filter(|c| names.iter().any(|n| n == &c.name)).collect()
}

/// All columns of the left, then those of the right that `key` lists, under the names given.
fn outputs(request: &Request, left: &LogicalPlan, right: &LogicalPlan, key: &str) -> Result<Vec<(String, Column)>> {
    let mut exprs: Vec<(String, Column)> =
        kept(request, "left_columns", left).into_iter().map(|c| (c.name.clone(), c)).collect();
    for pair in request.list(key) {
        let (Some(from), Some(to)) = (pair.get(0).and_then(Value::as_str), pair.get(1).and_then(Value::as_str)) else {
            return Err(Error::new(Code::Argument, "a pair of names was expected"));
        };
        let column =
            right.schema().columns().into_iter().find(|c| c.name == from).ok_or_else(|| unknown_column(from, right))?;
        exprs.push((to.to_string(), column));
    }
    unique(&exprs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>())?;
    Ok(exprs)
}
