//! Scalar subqueries that look at the outer row in ways that stock cannot take apart: as one join and one grouping.
//!
//! Stock pulls equalities of an inner column with an outer one up into a join, and knows no other correlation.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, Result, internal_err};
use datafusion::functions_aggregate::first_last::LastValue;
use datafusion::functions_window::row_number::row_number;
use datafusion::logical_expr::utils::{conjunction, split_conjunction};
use datafusion::logical_expr::{
    Aggregate, BinaryExpr, Expr, JoinType, LogicalPlan, LogicalPlanBuilder, Operator, Projection, Subquery, lit, when,
};

use crate::plan::deliver::DeliverNode;
use crate::plan::{is_subquery, last_from_the_end, node_of, subquery_of};

/// Does a scalar subquery look at the outer row by more than equalities in its filters?
pub fn needs(subquery: &Subquery) -> Result<bool> {
    Ok(!subquery.outer_ref_columns.is_empty() && looks_elsewhere(&subquery.subquery)?)
}

fn looks_elsewhere(plan: &LogicalPlan) -> Result<bool> {
    plan.exists(|node| match node {
        LogicalPlan::Filter(filter) => {
            let parts = split_conjunction(&filter.predicate);
            Ok(parts.into_iter().any(|part| part.contains_outer() && !equates(part)))
        }
        other => Ok(other.expressions().iter().any(Expr::contains_outer)),
    })
}

/// Is it the equality of an inner column with something outer?
fn equates(predicate: &Expr) -> bool {
    let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) = predicate else { return false };
    let outer = |e: &Expr| e.contains_outer() && e.column_refs().is_empty();
    let inner = |e: &Expr| match e {
        Expr::Cast(cast) => matches!(cast.expr.as_ref(), Expr::Column(_)),
        other => matches!(other, Expr::Column(_)),
    };
    (outer(left) && inner(right)) || (inner(left) && outer(right))
}

/// The outer rows with the value of a subquery as one more column, where the subquery is an aggregate over
/// rows that filters choose:
///
/// ```text
/// … (SELECT max(u.v) FROM u WHERE u.k < outer_ref(t.ts)) …
///   TableScan: t
/// ⇒
/// Projection: t.*, a AS name
///   Aggregate: groupBy=[[t.*, row]], aggr=[[max(v) FILTER (WHERE hit) AS a]]
///     Left Join: k < t.ts
///       Projection: t.*, row_number() AS row
///       Projection: u.k AS k, u.v AS v, true AS hit
/// ```
pub fn joined(input: &LogicalPlan, subquery: &Subquery, name: &str) -> Result<Option<LogicalPlan>> {
    let outer: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
    if let Some(values) = alone(&subquery.subquery)? {
        let value = valued(values, &HashMap::new(), input.schema())?.alias(name);
        let columns = outer.into_iter().chain([value]).collect();
        return Ok(Some(LogicalPlan::Projection(Projection::try_new(columns, Arc::new(input.clone()))?)));
    }
    let Some((total, having)) = above(&subquery.subquery)? else { return Ok(None) };
    let Some((base, mut aggregates)) = below(total)? else { return Ok(None) };
    for expr in having.iter().chain(&aggregates) {
        if expr.is_volatile() || expr.exists(|e| Ok(is_subquery(e)))? {
            return Ok(None);
        }
    }
    let (row, hit) = (format!("{name}_row"), format!("{name}_hit"));
    let (inner, names) = renamed(&base, name, &hit)?;
    let mut conditions = vec![];
    for condition in aggregates.split_off(total.aggr_expr.len()) {
        conditions.push(here(condition, &names, input.schema())?);
    }
    if conditions.is_empty() {
        conditions.push(lit(true));
    }
    let mut made: HashMap<Column, Expr> = HashMap::new();
    for (i, (expr, column)) in aggregates.iter_mut().zip(total.schema.columns()).enumerate() {
        let alias = format!("{name}_{i}");
        let own = here(std::mem::take(expr).unalias(), &names, input.schema())?;
        *expr = filtered(own, &Expr::Column(Column::new_unqualified(&hit)))?.alias(&alias);
        made.insert(column, Expr::Column(Column::new_unqualified(alias)));
    }
    let row_key = Expr::Column(Column::new_unqualified(&row));
    let plan = LogicalPlanBuilder::from(numbered(input, &row)?)
        .join_on(inner, JoinType::Left, conditions)?
        .aggregate(outer.iter().cloned().chain([row_key]), aggregates)?
        .build()?;
    let value = valued(having, &made, input.schema())?.alias(name);
    let columns = outer.into_iter().chain([value]).collect();
    Ok(Some(LogicalPlan::Projection(Projection::try_new(columns, Arc::new(plan))?)))
}

/// The input with the number of each row: rows that are alike stay apart.
fn numbered(input: &LogicalPlan, row: &str) -> Result<LogicalPlan> {
    let mut columns: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
    let call = row_number();
    columns.push(Expr::Column(Column::new_unqualified(call.schema_name().to_string())).alias(row));
    LogicalPlanBuilder::from(input.clone()).window([call])?.project(columns)?.build()
}

/// The subquery's rows under names that nothing else has, and the mark of a row that was found.
fn renamed(base: &LogicalPlan, name: &str, hit: &str) -> Result<(LogicalPlan, HashMap<Column, Expr>)> {
    let mut names = HashMap::new();
    let mut columns = vec![];
    for (i, column) in base.schema().columns().into_iter().enumerate() {
        let alias = format!("{name}_in{i}");
        names.insert(column.clone(), Expr::Column(Column::new_unqualified(&alias)));
        columns.push(Expr::Column(column).alias(alias));
    }
    columns.push(lit(true).alias(hit));
    Ok((LogicalPlan::Projection(Projection::try_new(columns, Arc::new(base.clone()))?), names))
}

/// Inner columns under their new names, and columns of the outer row as what they are.
fn here(expr: Expr, names: &HashMap<Column, Expr>, outer: &DFSchema) -> Result<Expr> {
    let done = expr.transform_up(|e| {
        Ok(match e {
            Expr::Column(column) => match names.get(&column) {
                Some(new) => Transformed::yes(new.clone()),
                None => Transformed::no(Expr::Column(column)),
            },
            Expr::OuterReferenceColumn(_, column) if outer.has_column(&column) => {
                Transformed::yes(Expr::Column(column))
            }
            other => Transformed::no(other),
        })
    })?;
    Ok(done.data)
}

/// An aggregate over the rows that were found: an outer row without any gives what the aggregate gives of none.
fn filtered(expr: Expr, hit: &Expr) -> Result<Expr> {
    let done = expr.transform_up(|e| {
        let Expr::AggregateFunction(mut call) = e else { return Ok(Transformed::no(e)) };
        let filter = call.params.filter.take().map_or_else(|| hit.clone(), |own| own.and(hit.clone()));
        call.params.filter = Some(Box::new(filter));
        if call.func.inner().downcast_ref::<LastValue>().is_some() {
            last_from_the_end(&mut call);
        }
        Ok(Transformed::yes(Expr::AggregateFunction(call)))
    })?;
    Ok(done.data)
}

/// One step down through a node that computes nothing new: expressions over its columns as ones over its input's.
///
/// The conditions of a filter join them.
fn descend(plan: &LogicalPlan, exprs: Vec<Expr>) -> Result<Option<(&LogicalPlan, Vec<Expr>)>> {
    let (input, below): (_, HashMap<Column, Expr>) = match plan {
        LogicalPlan::Projection(projection) => {
            let made = projection.expr.iter().map(|e| e.clone().unalias());
            (&projection.input, projection.schema.columns().into_iter().zip(made).collect())
        }
        LogicalPlan::SubqueryAlias(alias) => {
            let made = alias.input.schema().columns().into_iter().map(Expr::Column);
            (&alias.input, alias.schema.columns().into_iter().zip(made).collect())
        }
        LogicalPlan::Filter(filter) => {
            let conditions = split_conjunction(&filter.predicate).into_iter().cloned();
            return Ok(Some((&filter.input, exprs.into_iter().chain(conditions).collect())));
        }
        LogicalPlan::Sort(sort) if sort.fetch.is_none() => return Ok(Some((&sort.input, exprs))),
        other => return Ok(node_of::<DeliverNode>(other).map(|deliver| (&deliver.input, exprs))),
    };
    let nothing = DFSchema::empty();
    let exprs = exprs.into_iter().map(|e| here(e, &below, &nothing)).collect::<Result<_>>()?;
    Ok(Some((input.as_ref(), exprs)))
}

/// The value and conditions of a subquery that reads no table.
fn alone(plan: &LogicalPlan) -> Result<Option<Vec<Expr>>> {
    let mut plan = plan;
    let mut exprs = vec![Expr::Column(Column::from(plan.schema().qualified_field(0)))];
    loop {
        match plan {
            LogicalPlan::EmptyRelation(row) if row.produce_one_row => {
                let plain = !exprs.iter().any(Expr::is_volatile);
                return Ok(plain.then_some(exprs));
            }
            _ => match descend(plan, exprs)? {
                Some(next) => (plan, exprs) = next,
                None => return Ok(None),
            },
        }
    }
}

/// The first expression where all others are true.
fn valued(exprs: Vec<Expr>, names: &HashMap<Column, Expr>, outer: &DFSchema) -> Result<Expr> {
    let mut exprs = exprs.into_iter().map(|e| here(e, names, outer)).collect::<Result<Vec<_>>>()?.into_iter();
    let Some(mut value) = exprs.next() else { return internal_err!("a subquery without a value") };
    for condition in exprs {
        value = when(condition, value).end()?;
    }
    Ok(value)
}

/// What stands above the aggregate of a subquery: its value, and after it the conditions of HAVING.
fn above(plan: &LogicalPlan) -> Result<Option<(&Aggregate, Vec<Expr>)>> {
    let mut plan = plan;
    let mut exprs = vec![Expr::Column(Column::from(plan.schema().qualified_field(0)))];
    loop {
        match plan {
            LogicalPlan::Aggregate(total) => return Ok(total.group_expr.is_empty().then_some((total, exprs))),
            _ => match descend(plan, exprs)? {
                Some(next) => (plan, exprs) = next,
                None => return Ok(None),
            },
        }
    }
}

/// Rows that do not depend on the outer row, below the filters that do; the aggregates over them, then the conditions.
///
/// What the last filter says of the rows alone is theirs, be it by a query.
fn below(total: &Aggregate) -> Result<Option<(LogicalPlan, Vec<Expr>)>> {
    let mut plan = total.input.as_ref();
    let mut exprs = total.aggr_expr.clone();
    while !plan.all_out_ref_exprs().is_empty() {
        if let LogicalPlan::Filter(filter) = plan
            && filter.input.all_out_ref_exprs().is_empty()
        {
            let parts = split_conjunction(&filter.predicate).into_iter().cloned();
            let (outer, own): (Vec<_>, Vec<_>) = parts.partition(Expr::contains_outer);
            if own.iter().any(|part| asks_further(part, filter.input.schema())) {
                return Ok(None);
            }
            exprs.extend(outer);
            let rows = LogicalPlanBuilder::from(filter.input.as_ref().clone());
            let rows = match conjunction(own) {
                Some(own) => rows.filter(own)?,
                None => rows,
            };
            return Ok(Some((rows.build()?, exprs)));
        }
        match descend(plan, exprs)? {
            Some(next) => (plan, exprs) = next,
            None => return Ok(None),
        }
    }
    Ok(Some((plan.clone(), exprs)))
}

/// Does a query within the condition look further out than the rows that it filters?
fn asks_further(condition: &Expr, rows: &DFSchema) -> bool {
    let asks = condition.exists(|e| {
        let Some(query) = subquery_of(e) else { return Ok(false) };
        let known = |e: &Expr| matches!(e, Expr::OuterReferenceColumn(_, column) if rows.has_column(column));
        Ok(!query.outer_ref_columns.iter().all(known))
    });
    asks.unwrap_or(true)
}
