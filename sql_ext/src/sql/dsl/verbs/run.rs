//! Verbs of ordered groups: the plan carries the number of the run in a hidden column.

use datafusion::common::Column;
use datafusion::logical_expr::{Expr, LogicalPlan, lit};

use super::group::{aggregate, looked_up_after, plain_columns};
use super::row::{compute, derived, under};
use super::unique;
use crate::error::{Code, Error, Result};
use crate::order::is_hidden;
use crate::plan::runs::{run_column, run_keys};
use crate::plan::{builder, order_of, rows};
use crate::registry::missing;
use crate::sql::dsl::calls::windowed;
use crate::sql::dsl::expr;
use crate::sql::dsl::payload::Node;
use crate::sql::dsl::request::{Named, Request};
use crate::sql::dsl::scope::{Aggregates, Scope, visible};

/// The columns that `flatten` adds.
const FLAT: [&str; 3] = ["__group_id__", "__group_count__", "__rn__"];

/// Numbers the runs.
pub fn open(request: &Request) -> Result<LogicalPlan> {
    let (by, when) = (request.nodes("by")?, request.maybe_node("when")?);
    if by.is_empty() && when.is_none() {
        return Err(Error::new(Code::Argument, "group_ordered takes a key"));
    }
    let nodes: Vec<Node> = by.iter().chain(&when).cloned().collect();
    let joined = request.join_lookups(&nodes)?;
    let scope = request.scope(&joined, Aggregates::Refused);
    scope.require_order("group_ordered")?;
    let by = by.iter().map(|n| expr::expr(&scope, n)).collect::<Result<_>>()?;
    let when = when.as_ref().map(|n| expr::predicate(&scope, n)).transpose()?;
    let plan = builder::runs(joined.plan.clone(), by, when)?;
    // Keys may read other rows, or other tables: what they were made of is nobody's column.
    let mut columns = request.columns();
    if plan.schema().fields().len() == columns.len() + 1 {
        return Ok(plan);
    }
    columns.push(Column::new_unqualified(run_column()));
    Ok(builder::project(plan, columns.into_iter().map(Expr::Column).collect())?)
}

/// The column with the run's number.
fn run(request: &Request) -> Result<Expr> {
    let scope = Scope::new(request.ctx, request.input, Aggregates::Refused);
    scope.run().ok_or_else(|| Error::new(Code::Internal, "the table has no runs"))
}

/// The rows, what helped to group them left out.
pub fn rows(request: &Request) -> Result<LogicalPlan> {
    bare(request.input.clone())
}

fn bare(plan: LogicalPlan) -> Result<LogicalPlan> {
    let columns = visible(&plan).into_iter().map(Expr::Column).collect();
    Ok(builder::project(plan, columns)?)
}

/// The first rows of each run.
pub fn first(request: &Request) -> Result<LogicalPlan> {
    let n = i64::try_from(request.maybe_count("n")?.unwrap_or(1)).unwrap_or(i64::MAX);
    bare(rows::first_per(request.ctx, request.input.clone(), vec![run(request)?], n)?)
}

/// The last rows of each run.
pub fn last(request: &Request) -> Result<LogicalPlan> {
    let n = i64::try_from(request.maybe_count("n")?.unwrap_or(1)).unwrap_or(i64::MAX);
    bare(rows::last_per(request.input.clone(), vec![run(request)?], n)?)
}

/// Rows where the predicate is true; the runs keep their numbers.
pub fn filter(request: &Request) -> Result<LogicalPlan> {
    run(request)?;
    let node = request.node("predicate")?;
    let joined = request.join_lookups_in(std::slice::from_ref(&node), Aggregates::OfRun)?;
    let predicate = expr::predicate(&request.scope(&joined, Aggregates::OfRun), &node)?;
    let plan = builder::filter(joined.plan.clone(), predicate)?;
    joined.trim(plan, &request.columns())
}

/// More columns; values of the run stand on each of its rows.
pub fn derive(request: &Request) -> Result<LogicalPlan> {
    run(request)?;
    if let Some(name) = request.named("columns")?.iter().filter_map(|c| c.name.as_deref()).find(|n| FLAT.contains(n)) {
        return Err(reserved(name));
    }
    derived(request, Aggregates::OfRun)
}

fn reserved(name: &str) -> Error {
    Error::new(Code::Argument, format!("the name '{name}' is reserved for flatten"))
}

/// One row per run, in order: the mapped columns.
///
/// Aggregates are of the run; what is left reads the runs as rows.
pub fn agg(request: &Request) -> Result<LogicalPlan> {
    let aggs = request.named("aggs")?;
    if let Some(name) = aggs.iter().filter_map(|c| c.name.as_deref()).find(|n| FLAT.contains(n)) {
        return Err(reserved(name));
    }
    looked_up_after(request, &aggs, |aggs| aggregated(request, aggs))
}

fn aggregated(request: &Request, aggs: &[Named]) -> Result<LogicalPlan> {
    let nodes: Vec<Node> = aggs.iter().map(|c| c.node.clone()).collect();
    let joined = request.join_lookups(&nodes)?;
    let scope = request.scope(&joined, Aggregates::Grouped);
    let values = compute(&scope, aggs)?;
    let (names, values): (Vec<String>, Vec<Expr>) = values.into_iter().unzip();
    unique(&names)?;
    // Partition keys are the same all over a run: as group keys they stay the order's.
    let partition = order_of(&joined.plan).map(|o| o.partition).unwrap_or_default();
    let mut keys = vec![run(request)?];
    keys.extend(partition.into_iter().filter(|e| matches!(e, Expr::Column(c) if !is_hidden(&c.name))));
    let constant = run_keys(&joined.plan);
    for key in plain_columns(&values)? {
        if constant.contains(&key) && !keys.contains(&key) {
            keys.push(key);
        }
    }
    let (plan, values) = aggregate(joined.plan.clone(), vec![], keys, values)?;
    let exprs = values.into_iter().zip(names).map(|(e, name)| under(name, e)).collect();
    Ok(builder::project(plan, exprs)?)
}

/// The rows with the number of their run, its rows and their position in it.
pub fn flatten(request: &Request) -> Result<LogicalPlan> {
    let run = run(request)?;
    let columns: Vec<Column> = visible(request.input);
    if let Some(taken) = columns.iter().find(|c| FLAT.contains(&c.name.as_str())) {
        return Err(reserved(&taken.name));
    }
    let count = request.ctx.aggregate("count").ok_or_else(|| missing("count"))?;
    let count = match count.call(vec![lit(1_i64)]) {
        Expr::AggregateFunction(agg) => windowed(agg, vec![run.clone()], None),
        other => other,
    };
    let number = rows::row_number(request.ctx, vec![run.clone()])?;
    let [id, size, position] = FLAT;
    let mut exprs: Vec<Expr> = columns.into_iter().map(Expr::Column).collect();
    exprs.extend([(run + lit(1_i64)).alias(id), count.alias(size), number.alias(position)]);
    Ok(builder::project(request.input.clone(), exprs)?)
}
