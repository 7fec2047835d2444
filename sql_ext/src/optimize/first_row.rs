//! `(SELECT … ORDER BY … LIMIT 1)` with a predicate on the outer row: the first value of each group.
//!
//! Stock joins the subquery to the outer rows, and a LIMIT in it would count over the rows of all of them.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, Result};
use datafusion::functions_aggregate::first_last::first_value;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{
    Expr, FetchType, Limit, LogicalPlan, LogicalPlanBuilder, Projection, SkipType, SortExpr, Subquery,
};
use datafusion::optimizer::AnalyzerRule;

use crate::order::MARK;
use crate::plan::deliver::DeliverNode;
use crate::plan::node_of;

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
                    Expr::ScalarSubquery(subquery) => Ok(first_row(&subquery)?.map_or_else(
                        || Transformed::no(Expr::ScalarSubquery(subquery)),
                        |first| Transformed::yes(Expr::ScalarSubquery(first)),
                    )),
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
