//! Three-valued `x IN (subquery)`, and ANY and ALL over a relation that the outer query has too.

use std::sync::Arc;

use datafusion::arrow::datatypes::FieldRef;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, Result, ScalarValue};
use datafusion::functions_aggregate::expr_fn::{max, min};
use datafusion::logical_expr::expr::{Exists, InSubquery, SetComparison, SetQuantifier};
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
    let unknown = unknown(&expr, &subquery, schema)?;
    let found = Expr::InSubquery(InSubquery { expr, subquery, negated: false });
    let value = match unknown {
        None => found,
        Some(unknown) => when(found, lit(true)).when(unknown, null()).otherwise(lit(false))?,
    };
    Ok(if negated { not(value) } else { value })
}

/// Is there a value in the subquery of which one cannot say how the operand compares with it?
fn unknown(operand: &Expr, subquery: &Subquery, schema: &DFSchema) -> Result<Option<Expr>> {
    let (column, field) = only_column(subquery);
    let mut unknown = vec![];
    if operand.nullable(schema)? {
        unknown.push(operand.clone().is_null().and(exists(subquery.clone())));
    }
    if field.is_nullable() {
        let nulls = Filter::try_new(column.is_null(), Arc::clone(&subquery.subquery))?;
        unknown.push(exists(Subquery { subquery: Arc::new(LogicalPlan::Filter(nulls)), ..subquery.clone() }));
    }
    Ok(unknown.into_iter().reduce(Expr::or))
}

fn only_column(subquery: &Subquery) -> (Expr, &FieldRef) {
    let (relation, field) = subquery.subquery.schema().qualified_field(0);
    (Expr::Column(Column::from((relation, field))), field)
}

fn null() -> Expr {
    Expr::Literal(ScalarValue::Boolean(None), None)
}

/// The three-valued result of a comparison with ANY or ALL, by the least and the greatest value; `None` for
/// operators that compare by no order.
///
/// `x < ANY (S)` is true where x is below the greatest value, and else unknown where one of the values or x is.
/// `x < ALL (S)` is false where x is not below the least.
pub(super) fn any_or_all(comparison: SetComparison, schema: &DFSchema) -> Result<Option<Expr>> {
    let SetComparison { expr, subquery, op, quantifier } = comparison;
    let any = quantifier == SetQuantifier::Any;
    let (least, greatest) = match op {
        Operator::Lt | Operator::LtEq => (!any, any),
        Operator::Gt | Operator::GtEq => (any, !any),
        Operator::Eq | Operator::NotEq => (true, true),
        _ => return Ok(None),
    };
    let unknown = unknown(&expr, &subquery, schema)?;
    let (column, field) = only_column(&subquery);
    let mut sides = vec![];
    for (wanted, extreme) in [(least, min(column.clone())), (greatest, max(column))] {
        if !wanted {
            continue;
        }
        let plan = LogicalPlanBuilder::from(Arc::clone(&subquery.subquery))
            .aggregate(Vec::<Expr>::new(), vec![extreme.alias(format!("{MARK}extreme"))])?
            .build()?;
        let extreme = Expr::ScalarSubquery(subquery.with_plan(Arc::new(plan)));
        let extreme = extreme.cast_to(field.data_type(), schema)?;
        sides.push(Expr::BinaryExpr(BinaryExpr::new(expr.clone(), op, Box::new(extreme))));
    }
    let sides = sides.into_iter();
    let (decided, decides) =
        if any { (sides.reduce(Expr::or), true) } else { (sides.reduce(Expr::and).map(not), false) };
    let Some(decided) = decided else { return Ok(None) };
    let mut value = when(decided, lit(decides));
    if let Some(unknown) = unknown {
        value = value.when(unknown, null());
    }
    Ok(Some(value.otherwise(lit(!decides))?))
}

fn exists(subquery: Subquery) -> Expr {
    Expr::Exists(Exists { subquery, negated: false })
}
