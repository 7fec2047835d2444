//! From carriers to nodes: the stock planner's hook for relations.

use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr_rewriter::normalize_col_with_schemas_and_ambiguity_check;
use datafusion::logical_expr::planner::{PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning};
use datafusion::logical_expr::utils::{find_aggregate_exprs, find_window_exprs};
use datafusion::logical_expr::{Expr, Filter, LogicalPlan, SortExpr};
use datafusion::sql::sqlparser::ast::{
    self, Ident, JoinConstraint, JoinOperator, ObjectName, OrderByExpr, Spanned, TableFactor, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::asof;
use super::calls::normal;
use super::carrier::{Carrier, Kind};
use super::having;
use super::link::{alias_of, conjuncts};
use super::token::at;
use super::using;
use crate::error::{Code, Error};
use crate::order::Trust;
use crate::plan::{LinkType, builder};

/// Plans `ORDERED BY`, `GROUP ORDERED`, `LINK` and `ASOF JOIN`.
#[derive(Debug, Default)]
pub struct OrderedRelationPlanner;

impl RelationPlanner for OrderedRelationPlanner {
    fn plan_relation(
        &self,
        relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
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
            Kind::Asof | Kind::AsofNearest => asof::plan(carrier, context),
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
pub(super) fn expression(
    sql: ast::Expr,
    input: &LogicalPlan,
    context: &mut dyn RelationPlannerContext,
) -> Result<Expr> {
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
    for mut sql in carrier.exprs {
        let place = sql.span().start;
        let _ = sql.visit(&mut Aliases { aliases: &carrier.aliases, schema: input.schema(), depth: 0 });
        let expr = expression(sql, &input, context)?;
        if !find_aggregate_exprs(std::slice::from_ref(&expr)).is_empty() {
            let error = Error::new(Code::Clause, "an aggregate cannot make runs: it comes after them");
            return Err(at(error, place).into());
        }
        exprs.push(expr);
    }
    let when = if carrier.kind == Kind::RunsWhen { exprs.pop() } else { None };
    having::check(carrier.loose, &exprs, &input, context)?;
    builder::runs(input, exprs, when)
}

/// Puts select items in place of their aliases, where FROM has no column of that name.
struct Aliases<'a> {
    aliases: &'a [(Ident, ast::Expr)],
    schema: &'a DFSchema,
    depth: usize,
}

impl VisitorMut for Aliases<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &mut ast::Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut ast::Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut ast::Expr) -> ControlFlow<()> {
        let (0, ast::Expr::Identifier(ident)) = (self.depth, &*expr) else { return ControlFlow::Continue(()) };
        let name = normal(ident);
        if self.schema.fields().iter().all(|f| *f.name() != name)
            && let Some((_, item)) = self.aliases.iter().find(|(alias, _)| normal(alias) == name)
        {
            *expr = ast::Expr::Nested(Box::new(item.clone()));
        }
        ControlFlow::Continue(())
    }
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
        JoinConstraint::Using(names) => {
            let pairs = using_pairs(names, &left, &target, context)?;
            let plan = builder::link(left, target, pairs.clone(), link_type)?;
            using::merge(plan, &pairs, Some(link_type))?
        }
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

/// The pairs of columns that `USING (c)` names.
pub(super) fn using_pairs(
    names: Vec<ObjectName>,
    left: &LogicalPlan,
    target: &LogicalPlan,
    context: &mut dyn RelationPlannerContext,
) -> Result<Pairs> {
    let mut pairs = vec![];
    for ident in names.iter().filter_map(|n| n.0.first()?.as_ident()) {
        let column = ast::Expr::Identifier(ident.clone());
        pairs.push((expression(column.clone(), left, context)?, expression(column, target, context)?));
    }
    Ok(pairs)
}
