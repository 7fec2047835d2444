//! `lookup`: single values of other tables, linked below the verb that uses them.
//!
//! ```text
//! r.k.lookup(t, "v")   ─▶   Link LEFT  k = key
//!                             input
//!                             key, sole(first(v), count(*)) of t by key
//! ```

use datafusion::common::Column;
use datafusion::logical_expr::{Aggregate, Expr, Filter, LogicalPlan};
use serde_json::Value;
use std::sync::Arc;

use super::keys::{Key, comparable};
use super::payload::{Arg, Node};
use super::scope::{Aggregates, Scope, unknown_column, visible};
use crate::error::{Code, Error, Result};
use crate::order::hidden;
use crate::plan::{LinkType, builder};
use crate::registry::{self, DslContext, Form, Kind, Lower, MethodKind, missing};

/// A plan with lookups joined on.
pub(super) struct Joined {
    pub plan: LogicalPlan,
    /// The calls, and the columns that hold their values.
    pub found: Vec<(Node, Column)>,
}

impl Joined {
    /// The plan's own columns alone, once the values were used.
    pub fn trim(&self, plan: LogicalPlan, own: &[Column]) -> Result<LogicalPlan> {
        if self.found.is_empty() {
            return Ok(plan);
        }
        Ok(builder::project(plan, own.iter().cloned().map(Expr::Column).collect())?)
    }
}

/// Links every lookup in `nodes` onto the plan, innermost first; `aggregates`: what those in keys mean.
pub(super) fn join<'a>(
    ctx: &dyn DslContext,
    mut joined: Joined,
    nodes: impl IntoIterator<Item = &'a Node>,
    others: &[LogicalPlan],
    aggregates: Aggregates,
) -> Result<Joined> {
    let mut calls = vec![];
    for node in nodes {
        collect(node, &mut calls);
    }
    for call in calls {
        if !joined.found.iter().any(|(n, _)| n == call) {
            link(ctx, &mut joined, call, others, aggregates)?;
        }
    }
    Ok(joined)
}

fn is_lookup(func: &str) -> bool {
    registry::find_method(func).is_some_and(|m| matches!(m.lower, Lower::Form(Form::Lookup)))
}

#[recursive::recursive]
fn collect<'a>(node: &'a Node, calls: &mut Vec<&'a Node>) {
    node.children().for_each(|n| collect(n, calls));
    if matches!(node, Node::Call { func, .. } if is_lookup(func)) {
        calls.push(node);
    }
}

/// The column whose value a lookup gives.
pub(super) fn looked_up(node: &Node) -> Option<&str> {
    match node {
        Node::Call { func, kwargs, .. } if is_lookup(func) => plain(kwargs, "column").and_then(Value::as_str),
        _ => None,
    }
}

fn plain<'a>(kwargs: &'a [(String, Arg)], name: &str) -> Option<&'a Value> {
    kwargs.iter().find(|(n, _)| n == name).and_then(|(_, a)| if let Arg::Plain(v) = a { Some(v) } else { None })
}

/// Is there a lookup outside of aggregates, whose key is a value of a group, so that it comes after the groups?
#[recursive::recursive]
pub(super) fn of_groups(node: &Node) -> bool {
    match node {
        Node::Call { func, .. } if is_lookup(func) => true,
        Node::Call { func, .. } if is_aggregate(func) => false,
        _ => node.children().any(of_groups),
    }
}

/// What lookups of groups are made of: the largest expressions without one.
#[recursive::recursive]
pub(super) fn parts<'a>(node: &'a Node, out: &mut Vec<&'a Node>) {
    match of_groups(node) {
        true => node.children().for_each(|n| parts(n, out)),
        false if !matches!(node, Node::Literal(_)) && !out.contains(&node) => out.push(node),
        false => {}
    }
}

fn is_aggregate(func: &str) -> bool {
    match registry::find_method(func) {
        Some(method) => method.kind == MethodKind::Aggregate,
        None => registry::find(func).is_some_and(|entry| entry.kind == Kind::Aggregate),
    }
}

fn link(
    ctx: &dyn DslContext,
    joined: &mut Joined,
    call: &Node,
    others: &[LogicalPlan],
    aggregates: Aggregates,
) -> Result<()> {
    let Node::Call { args, kwargs, .. } = call else { return Ok(()) };
    let [key] = args.as_slice() else {
        return Err(Error::new(Code::Argument, "lookup takes one key"));
    };
    let target = plain(kwargs, "target").and_then(Value::as_u64).and_then(|i| others.get(usize::try_from(i).ok()?));
    let target = target.ok_or_else(|| Error::new(Code::Argument, "lookup takes a target table"))?;
    let column = plain(kwargs, "column")
        .and_then(Value::as_str)
        .ok_or_else(|| Error::new(Code::Argument, "lookup takes a column"))?;
    let join_key = join_key(target, plain(kwargs, "join_key").and_then(Value::as_str), key)?;

    let key = Key::new(&Scope::new(ctx, &joined.plan, aggregates).with_lookups(&joined.found), key)?;
    let n = joined.found.len();
    let values = values(ctx, target, &join_key, column, n)?;
    let (left, mut exprs) = builder::windows(joined.plan.clone(), vec![key.expr.clone()])?;
    let Some(expr) = exprs.pop() else { return Ok(()) };
    let (qualifier, field) = values.schema().qualified_field(0);
    let (right, data_type) = (Expr::Column(Column::from((qualifier, field))), field.data_type().clone());
    let value = Column::from(values.schema().qualified_field(1));
    let on = comparable(Key { expr, ..key }, Key { expr: right, data_type, text: join_key })
        .map_err(|text| Error::new(Code::Type, format!("lookup: {text}")))?;
    joined.plan = builder::link(left, values, vec![on], LinkType::Left)?;
    joined.found.push((call.clone(), value));
    Ok(())
}

/// The key's column in the target: as named, of the same name, or the first.
fn join_key(target: &LogicalPlan, named: Option<&str>, key: &Node) -> Result<String> {
    let columns = visible(target);
    let has = |name: &str| columns.iter().any(|c| c.name == name);
    match (named, key) {
        (Some(name), _) if has(name) => Ok(name.to_string()),
        (Some(name), _) => Err(unknown_column(name, target)),
        (None, Node::Column { name, .. }) if has(name) => Ok(name.clone()),
        (None, _) => match columns.first() {
            Some(first) => Ok(first.name.clone()),
            None => Err(Error::new(Code::Argument, "the target of lookup has no columns")),
        },
    }
}

/// One row per key: the key, and its value, which fails where the key is repeated.
fn values(ctx: &dyn DslContext, target: &LogicalPlan, key: &str, column: &str, n: usize) -> Result<LogicalPlan> {
    let scope = Scope::new(ctx, target, Aggregates::Grouped);
    let (key, value) = (scope.column(key)?, scope.column(column)?);
    let aggregate = |name: &str| ctx.aggregate(name).ok_or_else(|| missing(name));
    let first = aggregate("first_value")?.call(vec![Expr::Column(value)]);
    let count = aggregate("count")?.call(vec![datafusion::logical_expr::lit(1_i64)]);
    let key = Expr::Column(key);
    // NULL is nobody's key: it may be repeated.
    let known = Filter::try_new(key.clone().is_not_null(), Arc::new(target.clone()))?;
    let known = Arc::new(LogicalPlan::Filter(known));
    let grouped = Aggregate::try_new(known, vec![key.clone()], vec![first.clone(), count.clone()])?;
    let computed = [first.clone(), count.clone()];
    let sole = builder::rebase(registry::sole(first, count)?, &computed)?;
    let plan = builder::project(
        LogicalPlan::Aggregate(grouped),
        vec![key.alias(hidden("key", n)), sole.alias(hidden("value", n))],
    )?;
    Ok(builder::alias(plan, &hidden("lookup", n))?)
}
