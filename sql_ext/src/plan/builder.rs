//! Where both doors meet: every plan that text or lambdas build is put together here.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result, TableReference};
use datafusion::logical_expr::expr::Alias;
use datafusion::logical_expr::expr_rewriter::normalize_col;
use datafusion::logical_expr::utils::{find_window_exprs, split_conjunction};
use datafusion::logical_expr::{
    BinaryExpr, Expr, Filter, LogicalPlan, LogicalPlanBuilder, Operator, Projection, SortExpr, SubqueryAlias,
};

use super::asof::check_types;
use super::hidden::is_ours;
use super::runs::RunsNode;
use super::{
    AsofCondition, AsofNode, DeliverNode, LinkNode, LinkType, OrderedNode, UnorderedNode, extension, order_of,
};
use crate::error::{Code, Error};
use crate::order::{Order, Trust, is_hidden};

/// The relation in a new order, which replaces any it had.
pub fn ordered(input: LogicalPlan, keys: Vec<SortExpr>, partition: Vec<Expr>, trust: Trust) -> Result<LogicalPlan> {
    for expr in keys.iter().map(|k| &k.expr).chain(&partition) {
        refuse_sequence(expr, "an ORDERED BY key")?;
    }
    Ok(extension(OrderedNode { input, order: Order::new(partition, keys), trust }))
}

/// The same rows, in the same sequence, without the order that they had.
pub fn unordered(input: LogicalPlan) -> LogicalPlan {
    if order_of(&input).is_none() { input } else { extension(UnorderedNode { input }) }
}

/// LIMIT along the order, in source order where none is declared, whoever reads the rows.
pub fn slice(input: LogicalPlan, offset: usize, length: Option<usize>) -> Result<LogicalPlan> {
    let input = match order_of(&input) {
        Some(_) => input,
        None => extension(DeliverNode { input, position: vec![] }),
    };
    LogicalPlanBuilder::from(input).limit(offset, length)?.build()
}

/// The relation joined to a dimension; `on` pairs expressions over left and target.
pub fn link(left: LogicalPlan, target: LogicalPlan, on: Vec<(Expr, Expr)>, link_type: LinkType) -> Result<LogicalPlan> {
    Ok(extension(LinkNode::try_new(left, target, on, link_type)?))
}

/// The relation with the closest row of another one beside each row.
pub fn asof(left: LogicalPlan, right: LogicalPlan, condition: AsofCondition) -> Result<LogicalPlan> {
    check_types(&left, &right, &condition)?;
    Ok(extension(AsofNode::try_new(left, right, condition)?))
}

/// Splits a condition into pairs of equal expressions over left and target.
pub fn equalities(condition: &Expr, left: &LogicalPlan, target: &LogicalPlan) -> Result<Vec<(Expr, Expr)>> {
    split_conjunction(condition)
        .into_iter()
        .map(|part| {
            let Expr::BinaryExpr(BinaryExpr { left: a, op: Operator::Eq, right: b }) = part else {
                return Err(bad_condition(part));
            };
            let within = |e: &Expr, plan: &LogicalPlan| {
                let refs = e.column_refs();
                !refs.is_empty() && refs.iter().all(|c| plan.schema().has_column(c))
            };
            if within(a, left) && within(b, target) {
                Ok((a.as_ref().clone(), b.as_ref().clone()))
            } else if within(b, left) && within(a, target) {
                Ok((b.as_ref().clone(), a.as_ref().clone()))
            } else {
                Err(bad_condition(part))
            }
        })
        .collect()
}

fn bad_condition(part: &Expr) -> datafusion::common::DataFusionError {
    Error::new(Code::Clause, format!("a LINK condition pairs columns of the two sides with =, not: {part}"))
        .with_hint("write other conditions in WHERE")
        .into()
}

/// Adds the columns of the target `alias` as `alias_col`, where that name is free.
pub fn alias_columns(input: LogicalPlan, alias: &str) -> Result<LogicalPlan> {
    let schema = Arc::clone(input.schema());
    let mut exprs: Vec<Expr> = schema.columns().into_iter().map(Expr::Column).collect();
    let reference = TableReference::bare(alias);
    for (qualifier, field) in schema.iter().filter(|(q, _)| *q == Some(&reference)) {
        let name = format!("{alias}_{}", field.name());
        let taken = schema.fields().iter().any(|f| *f.name() == name);
        if !taken && !is_hidden(field.name()) {
            exprs.push(Expr::Column(Column::new(qualifier.cloned(), field.name())).alias(name));
        }
    }
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(input))?))
}

/// Adds the run number; the relation must have an order.
pub fn runs(input: LogicalPlan, by: Vec<Expr>, when: Option<Expr>) -> Result<LogicalPlan> {
    let Some(order) = order_of(&input) else {
        return Err(no_order("GROUP ORDERED").into());
    };
    let (input, exprs) = windows(input, by.into_iter().chain(when.clone()).collect())?;
    let mut exprs = exprs;
    let when = if when.is_some() { exprs.pop() } else { None };
    Ok(extension(RunsNode::try_new(input, exprs, when, &order.partition)?))
}

/// SELECT: the given expressions, window calls included.
pub fn project(input: LogicalPlan, exprs: Vec<Expr>) -> Result<LogicalPlan> {
    let (input, exprs) = windows(input, exprs)?;
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(input))?))
}

/// WHERE, or QUALIFY where the predicate holds window calls: the columns stay as they are.
pub fn filter(input: LogicalPlan, predicate: Expr) -> Result<LogicalPlan> {
    let columns: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
    let before = input.schema().fields().len();
    let (input, mut exprs) = windows(input, vec![predicate])?;
    let Some(predicate) = exprs.pop() else {
        return Ok(input);
    };
    let widened = input.schema().fields().len() > before;
    let plan = LogicalPlan::Filter(Filter::try_new(predicate, Arc::new(input))?);
    if widened { Ok(LogicalPlan::Projection(Projection::try_new(columns, Arc::new(plan))?)) } else { Ok(plan) }
}

/// The relation under a name.
pub fn alias(input: LogicalPlan, name: &str) -> Result<LogicalPlan> {
    let alias = SubqueryAlias::try_new(Arc::new(input), TableReference::bare(name))?;
    Ok(LogicalPlan::SubqueryAlias(alias))
}

/// Computes the window calls in `exprs` below, and returns the expressions over them.
pub fn windows(input: LogicalPlan, exprs: Vec<Expr>) -> Result<(LogicalPlan, Vec<Expr>)> {
    // The window node qualifies its columns; so must the expressions that look for its results.
    let exprs = exprs.into_iter().map(|e| normalize_col(e, &input)).collect::<Result<Vec<_>>>()?;
    let calls = find_window_exprs(exprs.iter());
    if calls.is_empty() {
        return Ok((input, exprs));
    }
    let plan = LogicalPlanBuilder::window_plan(input, calls.clone())?;
    let exprs = exprs.into_iter().map(|e| rebase(e, &calls)).collect::<Result<Vec<_>>>()?;
    Ok((plan, exprs))
}

/// Replaces every one of `computed` by the column it became, keeping the outer name.
pub fn rebase(expr: Expr, computed: &[Expr]) -> Result<Expr> {
    let name = expr.schema_name().to_string();
    let aliased = matches!(expr, Expr::Alias(Alias { .. }));
    let rebased = expr.transform_down(|e| {
        if computed.contains(&e) {
            let column = Expr::Column(Column::new_unqualified(e.schema_name().to_string()));
            Ok(Transformed::new(column, true, TreeNodeRecursion::Jump))
        } else {
            Ok(Transformed::no(e))
        }
    })?;
    let changed = rebased.transformed && !aliased && rebased.data.schema_name().to_string() != name;
    Ok(if changed { rebased.data.alias(name) } else { rebased.data })
}

/// Refuses window calls of ours where a clause cannot have them.
pub fn refuse_sequence(expr: &Expr, place: &str) -> Result<()> {
    let mut found = None;
    expr.apply(|e| {
        if let Expr::WindowFunction(window) = e
            && is_ours(window)
        {
            found = Some(window.fun.name().to_uppercase());
            return Ok(TreeNodeRecursion::Stop);
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    match found {
        None => Ok(()),
        Some(name) => Err(Error::new(Code::Clause, format!("{name} cannot stand in {place}"))
            .with_hint("filter its result with QUALIFY, or compute it in a derived table")
            .into()),
    }
}

/// The error for an aggregate with OVER that has no meaning as a window.
pub fn never_a_window(what: &str) -> Error {
    Error::new(Code::Clause, format!("{what} is an aggregate, never a window"))
        .with_hint("GROUP BY its keys, and join the result where every row needs it")
}

/// The error for a call that reads neighbours where there are none.
pub fn no_order(what: &str) -> Error {
    Error::new(Code::NoOrder, format!("{what} reads neighbouring rows, and this query has no order"))
        .with_hint("add ORDERED BY key after FROM (in Python: t.sort(\"key\")), or OVER (ORDER BY key)")
}
