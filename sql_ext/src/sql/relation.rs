//! From carriers to nodes: the stock planner's hook for relations.

use std::sync::Arc;

use datafusion::common::{Column, DFSchema, Result};
use datafusion::logical_expr::expr_rewriter::normalize_col_with_schemas_and_ambiguity_check;
use datafusion::logical_expr::planner::{PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning};
use datafusion::logical_expr::utils::{find_aggregate_exprs, find_window_exprs};
use datafusion::logical_expr::{Expr, Filter, LogicalPlan, Projection, SortExpr};
use datafusion::sql::sqlparser::ast::{
    self, JoinConstraint, JoinOperator, ObjectName, OrderByExpr, Spanned, TableFactor,
};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::carrier::{Carrier, Kind};
use super::link::{alias_of, conjuncts};
use super::token::at;
use crate::error::{Code, Error};
use crate::order::Trust;
use crate::plan::{LinkType, builder};

/// Plans `ORDERED BY`, `GROUP ORDERED` and `LINK`.
#[derive(Debug, Default)]
pub struct OrderedRelationPlanner;

impl RelationPlanner for OrderedRelationPlanner {
    fn plan_relation(&self, relation: TableFactor, context: &mut dyn RelationPlannerContext) -> Result<RelationPlanning> {
        let carrier = match Carrier::of(relation) {
            Ok(carrier) => carrier,
            Err(original) => return Ok(RelationPlanning::Original(original)),
        };
        let place = carrier.at;
        let plan = match carrier.kind {
            Kind::Ordered => ordered(carrier, Trust::Establish, context),
            Kind::Assumed => ordered(carrier, Trust::Assume, context),
            Kind::RunsBy | Kind::RunsWhen => runs(carrier, context),
            Kind::Link => link(carrier, context),
        };
        let plan = plan.map_err(|e| placed(e, place))?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, None))))
    }
}

/// An error of ours that has no place gets the clause's.
fn placed(error: datafusion::common::DataFusionError, place: Location) -> datafusion::common::DataFusionError {
    match error {
        datafusion::common::DataFusionError::External(inner) => match inner.downcast::<Error>() {
            Ok(ours) => at(*ours, place).into(),
            Err(other) => datafusion::common::DataFusionError::External(other),
        },
        other => other,
    }
}

fn ordered(carrier: Carrier, trust: Trust, context: &mut dyn RelationPlannerContext) -> Result<LogicalPlan> {
    let input = context.plan(carrier.table)?;
    let keys = carrier.keys.into_iter().map(|k| sort_key(k, &input, context)).collect::<Result<Vec<_>>>()?;
    let partition = carrier.exprs.into_iter().map(|e| key(e, &input, context)).collect::<Result<Vec<_>>>()?;
    builder::ordered(input, keys, partition, trust)
}

/// A key with its direction; NULLs come last in ascending order, first in descending.
fn sort_key(by: OrderByExpr, input: &LogicalPlan, context: &mut dyn RelationPlannerContext) -> Result<SortExpr> {
    let asc = by.options.asc.unwrap_or(true);
    let nulls_first = by.options.nulls_first.unwrap_or(!asc);
    Ok(SortExpr::new(key(by.expr, input, context)?, asc, nulls_first))
}

/// A key of an order: computed from the row alone.
fn key(sql: ast::Expr, input: &LogicalPlan, context: &mut dyn RelationPlannerContext) -> Result<Expr> {
    let place = sql.span().start;
    let expr = expression(sql, input, context)?;
    let one = std::slice::from_ref(&expr);
    let what = if !find_aggregate_exprs(one).is_empty() {
        "an aggregate"
    } else if !find_window_exprs(one).is_empty() {
        "a window function"
    } else {
        return Ok(expr);
    };
    let error = Error::new(Code::Clause, format!("an ORDERED BY key cannot hold {what}"))
        .with_hint("compute it in a derived table");
    Err(at(error, place).into())
}

/// An expression over a plan, its columns qualified.
fn expression(sql: ast::Expr, input: &LogicalPlan, context: &mut dyn RelationPlannerContext) -> Result<Expr> {
    let expr = context.sql_to_expr(sql, input.schema())?;
    let schemas: &[&DFSchema] = &[input.schema()];
    normalize_col_with_schemas_and_ambiguity_check(
        expr,
        &[schemas, &input.fallback_normalize_schemas()],
        &input.using_columns()?,
    )
}

fn runs(carrier: Carrier, context: &mut dyn RelationPlannerContext) -> Result<LogicalPlan> {
    let mut input = context.plan(carrier.table)?;
    if let Some(filter) = carrier.filter {
        let predicate = expression(filter, &input, context)?;
        if !find_aggregate_exprs(std::slice::from_ref(&predicate)).is_empty() {
            let error = Error::new(Code::Clause, "an aggregate cannot stand in WHERE").with_hint("write it in HAVING");
            return Err(error.into());
        }
        input = LogicalPlan::Filter(Filter::try_new(predicate, Arc::new(input))?);
    }
    let mut exprs = vec![];
    for sql in carrier.exprs {
        let place = sql.span().start;
        let expr = expression(sql, &input, context)?;
        if !find_aggregate_exprs(std::slice::from_ref(&expr)).is_empty() {
            let error = Error::new(Code::Clause, "an aggregate cannot make runs: it comes after them");
            return Err(at(error, place).into());
        }
        exprs.push(expr);
    }
    let when = if carrier.kind == Kind::RunsWhen { exprs.pop() } else { None };
    builder::runs(input, exprs, when)
}

fn link(carrier: Carrier, context: &mut dyn RelationPlannerContext) -> Result<LogicalPlan> {
    let malformed = || Error::new(Code::Internal, "a LINK without two sides");
    let TableFactor::NestedJoin { mut table_with_joins, .. } = carrier.table else { return Err(malformed().into()) };
    let join = table_with_joins.joins.pop().ok_or_else(malformed)?;
    let alias = alias_of(&join.relation).cloned().ok_or_else(malformed)?;
    let left = context.plan(table_with_joins.relation)?;
    let target = context.plan(join.relation)?;
    let (link_type, constraint) = kind_of(join.join_operator).ok_or_else(malformed)?;
    let alias = context.normalize_ident(alias);
    let plan = match constraint {
        JoinConstraint::On(condition) => {
            let on = conditions(&condition, &left, &target, context)?;
            builder::link(left, target, on, link_type)?
        }
        JoinConstraint::Using(names) => using(names, left, target, link_type, context)?,
        JoinConstraint::Natural | JoinConstraint::None => return Err(malformed().into()),
    };
    builder::alias_columns(plan, &alias)
}

fn kind_of(operator: JoinOperator) -> Option<(LinkType, JoinConstraint)> {
    match operator {
        JoinOperator::Join(c) | JoinOperator::Inner(c) => Some((LinkType::Inner, c)),
        JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => Some((LinkType::Left, c)),
        JoinOperator::Right(c) | JoinOperator::RightOuter(c) => Some((LinkType::Right, c)),
        JoinOperator::FullOuter(c) => Some((LinkType::Full, c)),
        _ => None,
    }
}

type Pairs = Vec<(Expr, Expr)>;

/// The equalities of an ON, one by one, so that an error has its place.
fn conditions(
    condition: &ast::Expr,
    left: &LogicalPlan,
    target: &LogicalPlan,
    context: &mut dyn RelationPlannerContext,
) -> Result<Pairs> {
    let schema = left.schema().join(target.schema())?;
    let using = left.using_columns()?;
    let mut pairs = vec![];
    for part in conjuncts(condition) {
        let place = part.span().start;
        let expr = context.sql_to_expr(part.clone(), &schema)?;
        let schemas: &[&DFSchema] = &[left.schema(), target.schema()];
        let expr = normalize_col_with_schemas_and_ambiguity_check(expr, &[schemas], &using)?;
        pairs.extend(builder::equalities(&expr, left, target).map_err(|e| placed(e, place))?);
    }
    Ok(pairs)
}

/// `USING (c)`: the column is the left side's, or the target's where there is no left row.
///
/// The target's own stays reachable as `alias_c`, not as `alias.c`, for two columns `c`
/// would make the bare name ambiguous.
fn using(
    names: Vec<ObjectName>,
    left: LogicalPlan,
    target: LogicalPlan,
    link_type: LinkType,
    context: &mut dyn RelationPlannerContext,
) -> Result<LogicalPlan> {
    let mut pairs = vec![];
    for name in names {
        let Some(ident) = name.0.first().and_then(|p| p.as_ident()).cloned() else { continue };
        let find = |plan: &LogicalPlan, context: &mut dyn RelationPlannerContext| {
            expression(ast::Expr::Identifier(ident.clone()), plan, context)
        };
        pairs.push((find(&left, context)?, find(&target, context)?));
    }
    let plan = builder::link(left, target, pairs.clone(), link_type)?;
    merge(plan, &pairs, link_type)
}

fn merge(plan: LogicalPlan, pairs: &Pairs, link_type: LinkType) -> Result<LogicalPlan> {
    let schema = Arc::clone(plan.schema());
    let mut exprs = vec![];
    for (qualifier, field) in schema.iter() {
        let column = Expr::Column(Column::new(qualifier.cloned(), field.name()));
        let as_left = pairs.iter().find(|(l, _)| *l == column);
        let as_target = pairs.iter().find(|(_, t)| *t == column);
        exprs.push(match (as_left, as_target) {
            (Some((l, t)), _) if matches!(link_type, LinkType::Right | LinkType::Full) => {
                let both = datafusion::functions::core::expr_fn::coalesce(vec![l.clone(), t.clone()]);
                both.alias_qualified(qualifier.cloned(), field.name())
            }
            (None, Some(_)) => {
                let alias = qualifier.map_or("", |q| q.table());
                let name = format!("{alias}_{}", field.name());
                if schema.fields().iter().any(|f| *f.name() == name) { continue } else { column.alias(name) }
            }
            _ => column,
        });
    }
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(plan))?))
}
