//! CASE of one type: the base calls its type that of the first value until the analyzer has brought the others to
//! it, and a plan's schema is read before that.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::{Case, Cast};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::type_coercion::other::get_coerce_type_for_case_expression;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};

/// The plan with every CASE in it of the type that the analyzer would give it.
pub fn of_one_type(plan: LogicalPlan) -> Result<LogicalPlan> {
    let mut holds = false;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            holds |= expr.exists(|e| Ok(matches!(e, Expr::Case(_))))?;
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    if !holds {
        return Ok(plan);
    }
    let done = plan.transform_up_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        let names = NamePreserver::new(&node);
        let node = node.map_expressions(|expr| {
            let name = names.save(&expr);
            Ok(expr_of_one_type(expr, &schema)?.update_data(|expr| name.restore(expr)))
        })?;
        // What stands above a CASE must hear of its type, even where nothing changes in itself.
        node.map_data(LogicalPlan::recompute_schema)
    })?;
    Ok(done.data)
}

/// The same of an expression over columns of this schema.
pub fn expr_of_one_type(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    expr.transform_up(|expr| match expr {
        Expr::Case(case) => one_type(case, schema),
        other => Ok(Transformed::no(other)),
    })
}

fn one_type(case: Case, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let types = case.when_then_expr.iter().map(|(_, then)| then.get_type(schema)).collect::<Result<Vec<_>>>()?;
    let otherwise = case.else_expr.as_ref().map(|e| e.get_type(schema)).transpose()?;
    let of = match get_coerce_type_for_case_expression(&types, otherwise.as_ref()) {
        Some(of) if types.iter().chain(&otherwise).any(|t| *t != of) => of,
        // The analyzer finds better words for what has no common type.
        _ => return Ok(Transformed::no(Expr::Case(case))),
    };
    let cast = |expr: Box<Expr>| -> Result<Box<Expr>> {
        Ok(if expr.get_type(schema)? == of { expr } else { Box::new(converted(*expr, &of)) })
    };
    let when_then = case.when_then_expr.into_iter().map(|(when, then)| Ok((when, cast(then)?)));
    let when_then = when_then.collect::<Result<_>>()?;
    let otherwise = case.else_expr.map(cast).transpose()?;
    Ok(Transformed::yes(Expr::Case(Case::new(case.expr, when_then, otherwise))))
}

/// An expression in another type: a literal as one of that type, all else under a cast.
pub fn converted(expr: Expr, of: &DataType) -> Expr {
    if let Expr::Literal(value, metadata) = &expr
        && let Ok(value) = value.cast_to(of)
    {
        return Expr::Literal(value, metadata.clone());
    }
    Expr::Cast(Cast::new(Box::new(expr), of.clone()))
}
