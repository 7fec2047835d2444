//! Verbs that look at one row at a time, whatever its expressions read.

use datafusion::common::Column;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, LogicalPlan};
use serde_json::Value;

use super::unique;
use crate::error::{Code, Error, Result};
use crate::order::{is_hidden, refuse_hidden};
use crate::plan::builder;
use crate::sql::dsl::expr;
use crate::sql::dsl::payload::Node;
use crate::sql::dsl::request::{Named, Request};
use crate::sql::dsl::scope::{Aggregates, Scope, unknown_column};

/// Rows where all predicates are true; sequence functions see the rows before.
pub fn filter(request: &Request) -> Result<LogicalPlan> {
    where_all(request, &request.nodes("predicates")?)
}

fn where_all(request: &Request, nodes: &[Node]) -> Result<LogicalPlan> {
    let joined = request.join_lookups(nodes)?;
    let scope = request.scope(&joined, Aggregates::Refused);
    let predicates = nodes.iter().map(|n| expr::predicate(&scope, n)).collect::<Result<Vec<_>>>()?;
    let Some(predicate) = conjunction(predicates) else {
        return Err(Error::new(Code::Argument, "filter takes a predicate"));
    };
    let plan = builder::filter(joined.plan.clone(), predicate)?;
    joined.trim(plan, &request.columns())
}

/// At most one row: the first in order where the predicate is true.
pub fn search_first(request: &Request) -> Result<LogicalPlan> {
    let plan = where_all(request, &[request.node("predicate")?])?;
    Ok(builder::slice(plan, 0, Some(1))?)
}

/// The given columns alone.
pub fn select(request: &Request) -> Result<LogicalPlan> {
    let columns = request.named("columns")?;
    let nodes: Vec<Node> = columns.iter().map(|c| c.node.clone()).collect();
    let joined = request.join_lookups(&nodes)?;
    let scope = request.scope(&joined, Aggregates::Refused);
    let exprs = compute(&scope, &columns)?;
    unique(&exprs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>())?;
    if exprs.is_empty() {
        return Err(Error::new(Code::Argument, "select takes at least one column"));
    }
    let exprs = exprs.into_iter().map(|(name, e)| under(name, e)).collect();
    Ok(builder::project(joined.plan.clone(), exprs)?)
}

/// Names and expressions.
pub fn compute(scope: &Scope, columns: &[Named]) -> Result<Vec<(String, Expr)>> {
    columns
        .iter()
        .map(|c| {
            let found = expr::expr(scope, &c.node)?;
            Ok((c.resolve(scope, &found), found))
        })
        .collect()
}

/// An expression under a name; a column that has it already stays as it is.
pub fn under(name: String, expr: Expr) -> Expr {
    match &expr {
        Expr::Column(c) if c.name == name => expr,
        _ => expr.alias(name),
    }
}

/// All columns, and the given ones: at the end, or in place of those they replace.
pub fn derive(request: &Request) -> Result<LogicalPlan> {
    derived(request, Aggregates::Refused)
}

/// Derive with aggregates as the scope has them.
pub fn derived(request: &Request, aggregates: Aggregates) -> Result<LogicalPlan> {
    let columns = request.named("columns")?;
    let nodes: Vec<Node> = columns.iter().map(|c| c.node.clone()).collect();
    let joined = request.join_lookups_in(&nodes, aggregates)?;
    let scope = request.scope(&joined, aggregates);
    let mut new = compute(&scope, &columns)?;
    unique(&new.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>())?;
    refuse_hidden(new.iter().map(|(name, _)| name.as_str()))?;
    let mut exprs = vec![];
    for column in request.columns() {
        match new.iter().position(|(name, _)| *name == column.name) {
            Some(i) => {
                let (name, e) = new.remove(i);
                exprs.push(under(name, e));
            }
            None => exprs.push(Expr::Column(column)),
        }
    }
    exprs.extend(new.into_iter().map(|(name, e)| under(name, e)));
    Ok(builder::project(joined.plan.clone(), exprs)?)
}

/// The same columns under new names.
pub fn rename(request: &Request) -> Result<LogicalPlan> {
    let empty = serde_json::Map::new();
    let mapping = request.payload.get("mapping").and_then(Value::as_object).unwrap_or(&empty);
    let scope = Scope::new(request.ctx, request.input, Aggregates::Refused);
    for old in mapping.keys() {
        scope.column(old)?;
    }
    refuse_hidden(mapping.values().filter_map(Value::as_str))?;
    let renamed = |c: &Column| match mapping.get(&c.name).and_then(Value::as_str) {
        Some(new) if !is_hidden(&c.name) => new.to_string(),
        _ => c.name.clone(),
    };
    let columns = request.columns();
    unique(&columns.iter().map(renamed).collect::<Vec<_>>())?;
    let exprs = columns.into_iter().map(|c| under(renamed(&c), Expr::Column(c))).collect();
    Ok(builder::project(request.input.clone(), exprs)?)
}

/// All columns but these.
pub fn drop(request: &Request) -> Result<LogicalPlan> {
    let scope = Scope::new(request.ctx, request.input, Aggregates::Refused);
    let mut gone = vec![];
    for name in request.list("columns") {
        let name = name.as_str().ok_or_else(|| unknown_column(&name.to_string(), request.input))?;
        gone.push(scope.column(name)?);
    }
    let kept = request.columns().into_iter().filter(|c| !gone.contains(c)).map(Expr::Column).collect();
    Ok(builder::project(request.input.clone(), kept)?)
}
