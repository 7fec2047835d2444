//! `(SELECT … ORDER BY … LIMIT 1)` with a predicate on the outer row: the first value of each group.
//!
//! Stock joins the subquery to the outer rows, and a LIMIT in it would count over the rows of all of them.
//! One without a LIMIT, which may have more rows than one, is an error if it has.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, Result};
use datafusion::functions_aggregate::count::count;
use datafusion::functions_aggregate::first_last::first_value;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{
    Expr, FetchType, Limit, LogicalPlan, LogicalPlanBuilder, Projection, SkipType, SortExpr, Subquery, SubqueryAlias,
    lit,
};
use datafusion::optimizer::AnalyzerRule;

use crate::order::MARK;
use crate::plan::deliver::DeliverNode;
use crate::plan::node_of;
use crate::registry;

/// The rule; see the module above.
#[derive(Debug)]
pub struct FirstRow;

impl AnalyzerRule for FirstRow {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let done = plan.transform_up_with_subqueries(|node| {
            let names = NamePreserver::new(&node);
            node.map_expressions(|expr| {
                let name = names.save(&expr);
                let done = expr.transform_up(|e| match e {
                    Expr::ScalarSubquery(subquery) => Ok(match first_row(&subquery)? {
                        Some(first) => Transformed::yes(Expr::ScalarSubquery(first)),
                        None => match sole_row(&subquery)? {
                            Some(sole) => Transformed::yes(sole),
                            None => Transformed::no(Expr::ScalarSubquery(subquery)),
                        },
                    }),
                    other => Ok(Transformed::no(other)),
                })?;
                Ok(if done.transformed { done.update_data(|e| name.restore(e)) } else { done })
            })
        })?;
        Ok(done.data)
    }

    fn name(&self) -> &str {
        "first_row"
    }
}

fn first_row(subquery: &Subquery) -> Result<Option<Subquery>> {
    if subquery.outer_ref_columns.is_empty() {
        return Ok(None);
    }
    let column = Column::from(subquery.subquery.schema().qualified_field(0));
    let mut value = Expr::Column(column);
    let mut plan = subquery.subquery.as_ref();
    let mut limited = false;
    let mut keys: Vec<SortExpr> = vec![];
    loop {
        match plan {
            LogicalPlan::Projection(projection) => {
                value = below(value, projection)?;
                plan = projection.input.as_ref();
            }
            LogicalPlan::Limit(limit) if !limited && takes_one(limit)? => {
                limited = true;
                plan = limit.input.as_ref();
            }
            LogicalPlan::Sort(sort) if limited && sort.fetch.is_none() => {
                keys.clone_from(&sort.expr);
                plan = sort.input.as_ref();
                break;
            }
            other => {
                // Our LIMIT counts along the sequence.
                if let (true, Some(deliver)) = (limited, node_of::<DeliverNode>(other)) {
                    keys.clone_from(&deliver.position);
                    plan = &deliver.input;
                }
                break;
            }
        }
    }
    if !limited {
        return Ok(None);
    }
    if let LogicalPlan::Aggregate(aggregate) = plan
        && aggregate.group_expr.is_empty()
    {
        // One row as it is.
        let plan = LogicalPlan::Projection(Projection::try_new(vec![value], Arc::new(plan.clone()))?);
        return Ok(Some(subquery.with_plan(Arc::new(plan))));
    }
    if holds_total(plan) {
        return Ok(None);
    }
    let first = format!("{MARK}first");
    let plan = LogicalPlanBuilder::from(plan.clone())
        .aggregate(Vec::<Expr>::new(), vec![first_value(value, keys).alias(first)])?
        .build()?;
    Ok(Some(subquery.with_plan(Arc::new(plan))))
}

/// A subquery of which nobody knows that it has one row: the first, once there is known to be no other.
///
/// Both are asked for by themselves: what is known of rows that no outer row selects is no error.
fn sole_row(subquery: &Subquery) -> Result<Option<Expr>> {
    let mut plan = subquery.subquery.as_ref();
    if subquery.outer_ref_columns.is_empty() || plan.max_rows().is_some_and(|rows| rows <= 1) {
        return Ok(None);
    }
    while let LogicalPlan::Projection(Projection { input, .. })
    | LogicalPlan::SubqueryAlias(SubqueryAlias { input, .. }) = plan
    {
        plan = input;
    }
    let grouped = match plan {
        LogicalPlan::Filter(filter) => matches!(filter.input.as_ref(), LogicalPlan::Aggregate(_)),
        other => matches!(other, LogicalPlan::Aggregate(_)),
    };
    if grouped || plan.exists(|node| Ok(matches!(node, LogicalPlan::Limit(_))))? {
        return Ok(None);
    }
    let mut rows = subquery.subquery.as_ref();
    let mut value = Expr::Column(Column::from(rows.schema().qualified_field(0)));
    // Stock adds the column that is compared to a projection, where a computed one may have its name.
    while let LogicalPlan::Projection(projection) = rows {
        value = below(value, projection)?;
        rows = projection.input.as_ref();
    }
    let total = |call: Expr, name: &str| -> Result<Expr> {
        let plan = LogicalPlanBuilder::from(rows.clone())
            .aggregate(Vec::<Expr>::new(), vec![call.alias(format!("{MARK}{name}"))])?
            .build()?;
        Ok(Expr::ScalarSubquery(subquery.with_plan(Arc::new(plan))))
    };
    let name = subquery.subquery.schema().field(0).name();
    let (first, rows) = (total(first_value(value, vec![]), "first")?, total(count(lit(1_i64)), "rows")?);
    Ok(Some(registry::sole_row(first, rows, name)?))
}

/// Does the plan read an aggregate without keys, which has a row where it reads none?
fn holds_total(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty() || holds_total(&aggregate.input),
        other => other.inputs().into_iter().any(holds_total),
    }
}

fn takes_one(limit: &Limit) -> Result<bool> {
    let none_skipped = matches!(limit.get_skip_type()?, SkipType::Literal(0));
    Ok(none_skipped && matches!(limit.get_fetch_type()?, FetchType::Literal(Some(1))))
}

/// The value over the projection's output as one over its input.
fn below(value: Expr, projection: &Projection) -> Result<Expr> {
    let replaced = value.transform_up(|e| match &e {
        Expr::Column(column) => match projection.schema.maybe_index_of_column(column) {
            Some(index) => Ok(Transformed::yes(projection.expr[index].clone().unalias())),
            None => Ok(Transformed::no(e)),
        },
        _ => Ok(Transformed::no(e)),
    })?;
    Ok(replaced.data)
}
