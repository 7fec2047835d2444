//! Three-valued `x IN (subquery)`, and ANY and ALL over a relation that the outer query has too.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::{Exists, InSubquery};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{
    BinaryExpr, Expr, ExprSchemable, Filter, LogicalPlan, LogicalPlanBuilder, Operator, Subquery, lit, not, when,
};
use datafusion::optimizer::AnalyzerRule;

use crate::order::MARK;

/// The rule; see the module above.
#[derive(Debug)]
pub struct ThreeValuedIn;

impl AnalyzerRule for ThreeValuedIn {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let mut count = 0;
        let rewritten = plan.transform_up_with_subqueries(|node| {
            compared(node, &mut count)?.transform_data(|node| match node {
                LogicalPlan::Filter(filter) if holds_in(&filter.predicate)? => {
                    let schema = Arc::clone(filter.input.schema());
                    let conjuncts = split_conjunction_owned(filter.predicate);
                    let each = |e| conjunct(e, &schema, &mut count);
                    let conjuncts = conjuncts.into_iter().map(each).collect::<Result<Vec<_>>>()?;
                    let predicate = conjunction(conjuncts).unwrap_or_else(|| lit(true));
                    Ok(Transformed::yes(LogicalPlan::Filter(Filter::try_new(predicate, filter.input)?)))
                }
                other => Ok(Transformed::no(other)),
            })
        })?;
        Ok(rewritten.data)
    }

    fn name(&self) -> &str {
        "three_valued_in"
    }
}

/// ANY and ALL of a node, over subqueries with a column of their own.
fn compared(node: LogicalPlan, count: &mut usize) -> Result<Transformed<LogicalPlan>> {
    let names = NamePreserver::new(&node);
    node.map_expressions(|expr| {
        if !expr.exists(|e| Ok(matches!(e, Expr::SetComparison(_))))? {
            return Ok(Transformed::no(expr));
        }
        let name = names.save(&expr);
        let renamed = expr.transform_up(|e| match e {
            Expr::SetComparison(mut comparison) => {
                comparison.subquery = renamed(comparison.subquery, count)?;
                Ok(Transformed::yes(Expr::SetComparison(comparison)))
            }
            other => Ok(Transformed::no(other)),
        })?;
        Ok(renamed.update_data(|e| name.restore(e)))
    })
}

fn holds_in(expr: &Expr) -> Result<bool> {
    expr.exists(|e| Ok(matches!(e, Expr::InSubquery(_))))
}

/// One predicate of a WHERE. What stock makes a join of by itself is right, but for a
/// correlated NOT IN.
fn conjunct(expr: Expr, schema: &DFSchema, count: &mut usize) -> Result<Expr> {
    match expr {
        Expr::InSubquery(call) if !call.negated || call.subquery.outer_ref_columns.is_empty() => {
            Ok(Expr::InSubquery(call))
        }
        Expr::Not(inner) => match *inner {
            Expr::InSubquery(call) => {
                conjunct(Expr::InSubquery(InSubquery { negated: !call.negated, ..call }), schema, count)
            }
            other => three_valued(Expr::Not(Box::new(other)), schema, true, count),
        },
        other => three_valued(other, schema, true, count),
    }
}

/// `either`: NULL and false mean the same to whoever reads this.
fn three_valued(expr: Expr, schema: &DFSchema, either: bool, count: &mut usize) -> Result<Expr> {
    match expr {
        Expr::InSubquery(mut call) => {
            call.subquery = renamed(call.subquery, count)?;
            if either && !call.negated { Ok(Expr::InSubquery(call)) } else { value(call, schema) }
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if matches!(op, Operator::And | Operator::Or) => {
            let left = three_valued(*left, schema, either, count)?;
            let right = three_valued(*right, schema, either, count)?;
            Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right))))
        }
        other => Ok(other.map_children(|e| three_valued(e, schema, false, count).map(Transformed::yes))?.data),
    }
}

/// The subquery with a column that no other relation has: stock takes columns of one name for one.
///
/// A correlated one stays: its predicates move up, and would miss the columns they compare.
fn renamed(subquery: Subquery, count: &mut usize) -> Result<Subquery> {
    if !subquery.outer_ref_columns.is_empty() {
        return Ok(subquery);
    }
    *count += 1;
    let (relation, field) = subquery.subquery.schema().qualified_field(0);
    let column = Expr::Column(Column::from((relation, field))).alias(format!("{MARK}in{count}"));
    let plan = LogicalPlanBuilder::from(Arc::clone(&subquery.subquery))
        .project([column])?
        .alias(format!("{MARK}sq{count}"))?
        .build()?;
    Ok(subquery.with_plan(Arc::new(plan)))
}

/// The three-valued result, of IN and EXISTS that are true or false.
pub(super) fn value(call: InSubquery, schema: &DFSchema) -> Result<Expr> {
    let InSubquery { expr, subquery, negated } = call;
    let (relation, field) = subquery.subquery.schema().qualified_field(0);
    let column = Expr::Column(Column::from((relation, field)));
    let mut unknown = vec![];
    if expr.nullable(schema)? {
        unknown.push(expr.as_ref().clone().is_null().and(exists(subquery.clone())));
    }
    if field.is_nullable() {
        let nulls = Filter::try_new(column.is_null(), Arc::clone(&subquery.subquery))?;
        unknown.push(exists(Subquery { subquery: Arc::new(LogicalPlan::Filter(nulls)), ..subquery.clone() }));
    }
    let found = Expr::InSubquery(InSubquery { expr, subquery, negated: false });
    let value = match unknown.into_iter().reduce(Expr::or) {
        None => found,
        Some(unknown) => {
            let null = Expr::Literal(ScalarValue::Boolean(None), None);
            when(found, lit(true)).when(unknown, null).otherwise(lit(false))?
        }
    };
    Ok(if negated { not(value) } else { value })
}

fn exists(subquery: Subquery) -> Expr {
    Expr::Exists(Exists { subquery, negated: false })
}
