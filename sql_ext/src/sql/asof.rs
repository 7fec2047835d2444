//! `ASOF JOIN`: from the hidden call that the token stream made of it to the node.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, IntervalUnit};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::Placeholder;
use datafusion::logical_expr::expr_rewriter::normalize_col_with_schemas_and_ambiguity_check;
use datafusion::logical_expr::planner::RelationPlannerContext;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};
use datafusion::sql::sqlparser::ast::{
    self, BinaryOperator, Function, Join, JoinConstraint, JoinOperator, ObjectName, Select, SelectItem, Spanned,
    TableFactor, TableWithJoins, Value,
};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::attach::{hidden_args, hidden_kind};
use super::calls::place;
use super::carrier::{Carrier, Kind};
use super::link::{alias_of, conjuncts, hide_columns};
use super::relation::using_pairs;
use super::token::at;
use super::using;
use crate::error::{Code, Error};
use crate::plan::{AsofCondition, Direction, builder};

/// The hidden call of an ASOF JOIN of ours.
pub fn call(join: &Join) -> Option<&Function> {
    match &join.join_operator {
        JoinOperator::AsOf { match_condition: ast::Expr::Function(call), .. } => {
            hidden_kind(call).filter(|k| matches!(k, Kind::Asof | Kind::AsofNearest)).map(|_| call)
        }
        _ => None,
    }
}

/// The columns that an ASOF JOIN's USING names.
fn using_names(join: &Join) -> &[ObjectName] {
    match &join.join_operator {
        JoinOperator::AsOf { constraint: JoinConstraint::Using(names), .. } => names,
        _ => &[],
    }
}

/// Checks an ASOF JOIN; gives its place.
pub fn check(join: &Join) -> crate::error::Result<Location> {
    let place = call(join).map_or(Location::empty(), place);
    if !using_names(join).is_empty() && alias_of(&join.relation).is_none() {
        let error = Error::new(Code::Clause, "the right side of ASOF JOIN … USING needs an alias")
            .with_hint("write ASOF JOIN (…) AS r USING (…)");
        return Err(at(error, join.relation.span().start));
    }
    Ok(place)
}

/// `*` shows the columns of a USING once: the right side's own are hidden.
pub fn exclude_merged(select: &mut Select) {
    let mut hidden = vec![];
    select.from.iter().for_each(|table| collect_merged(table, &mut hidden));
    for item in &mut select.projection {
        if let SelectItem::Wildcard(options) = item {
            hide_columns(options, &hidden);
        }
    }
}

fn collect_merged(table: &TableWithJoins, hidden: &mut Vec<ObjectName>) {
    let inside = |factor: &TableFactor, hidden: &mut Vec<ObjectName>| {
        if let TableFactor::NestedJoin { table_with_joins, .. } = factor {
            collect_merged(table_with_joins, hidden);
        }
    };
    inside(&table.relation, hidden);
    for join in &table.joins {
        inside(&join.relation, hidden);
        let (Some(_), Some(alias)) = (call(join), alias_of(&join.relation)) else { continue };
        let columns = using_names(join).iter().filter_map(|n| n.0.first()?.as_ident());
        hidden.extend(columns.map(|c| ObjectName::from(vec![using::hidden(alias, c)])));
    }
}

/// Plans an ASOF JOIN.
pub fn plan(carrier: Carrier, context: &mut dyn RelationPlannerContext) -> Result<LogicalPlan> {
    let malformed = || Error::new(Code::Internal, "an ASOF JOIN without two sides");
    let TableFactor::NestedJoin { mut table_with_joins, .. } = carrier.table else { return Err(malformed().into()) };
    let join = table_with_joins.joins.pop().ok_or_else(malformed)?;
    let JoinOperator::AsOf { match_condition: ast::Expr::Function(call), constraint } = join.join_operator else {
        return Err(malformed().into());
    };
    let left = context.plan(table_with_joins.relation)?;
    let right = context.plan(join.relation)?;
    let sides = Sides { schema: left.schema().join(right.schema())?, left: &left, right: &right };
    let nearest = hidden_kind(&call) == Some(Kind::AsofNearest);
    let mut args = hidden_args(call).into_iter();
    let (Some(mode), Some(condition)) = (args.next(), args.next()) else { return Err(malformed().into()) };
    let tolerance = args.next().map(|t| sides.tolerance(t, context)).transpose()?;
    let (matching, keeps_left) = match text(&mode) {
        "match" => (sides.match_condition(&condition, constraint, context)?, true),
        mode => (sides.duckdb(constraint, carrier.at, context)?, mode == "left"),
    };
    let Matching { time: (left_time, right_time, direction), on, merged } = matching;
    let direction = if nearest { Direction::Nearest } else { direction };
    let tolerance = tolerance.map(|t| typed(t, &left_time, &left));
    let condition = AsofCondition { left_time, right_time, direction, on, tolerance, keeps_left };
    let plan = builder::asof(left.clone(), right.clone(), condition)?;
    if merged.is_empty() { Ok(plan) } else { using::merge(plan, &merged, None) }
}

fn text(expr: &ast::Expr) -> &str {
    match expr {
        ast::Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => text,
            _ => "",
        },
        _ => "",
    }
}

type Pairs = Vec<(Expr, Expr)>;
type Time = (Expr, Expr, Direction);

/// What an ASOF JOIN compares.
struct Matching {
    time: Time,
    on: Pairs,
    /// Columns that USING makes one.
    merged: Pairs,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

struct Sides<'a> {
    left: &'a LogicalPlan,
    right: &'a LogicalPlan,
    schema: DFSchema,
}

impl Sides<'_> {
    /// An expression over both sides, its columns qualified.
    fn expression(&self, sql: ast::Expr, context: &mut dyn RelationPlannerContext) -> Result<Expr> {
        let expr = context.sql_to_expr(sql, &self.schema)?;
        let schemas: &[&DFSchema] = &[self.left.schema(), self.right.schema()];
        let using: Vec<_> = self.left.using_columns()?.into_iter().chain(self.right.using_columns()?).collect();
        normalize_col_with_schemas_and_ambiguity_check(expr, &[schemas], &using)
    }

    /// The side that all columns of an expression are of.
    fn side(&self, expr: &Expr) -> Option<Side> {
        let columns = expr.column_refs();
        let of = |plan: &LogicalPlan| columns.iter().all(|c| plan.schema().has_column(c));
        match (columns.is_empty(), of(self.left), of(self.right)) {
            (false, true, _) => Some(Side::Left),
            (false, _, true) => Some(Side::Right),
            _ => None,
        }
    }

    /// MATCH_CONDITION with the equalities after it.
    fn match_condition(
        &self,
        condition: &ast::Expr,
        constraint: JoinConstraint,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<Matching> {
        let time = self.time(condition, "MATCH_CONDITION", context)?;
        Ok(match constraint {
            JoinConstraint::On(on) => {
                let on = conjuncts(&on).into_iter().map(|part| self.equality(part, context)).collect::<Result<_>>()?;
                Matching { time, on, merged: vec![] }
            }
            JoinConstraint::Using(names) => {
                let on = using_pairs(names, self.left, self.right, context)?;
                Matching { time, merged: on.clone(), on }
            }
            JoinConstraint::Natural | JoinConstraint::None => Matching { time, on: vec![], merged: vec![] },
        })
    }

    /// DuckDB's spelling: one inequality among the equalities, the last column of a USING.
    fn duckdb(
        &self,
        constraint: JoinConstraint,
        place: Location,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<Matching> {
        let missing = || {
            at(Error::new(Code::Clause, "ASOF JOIN needs one inequality of times"), place)
                .with_hint("write MATCH_CONDITION (l.ts >= r.ts), or ON l.key = r.key AND l.ts >= r.ts")
        };
        match constraint {
            JoinConstraint::On(condition) => {
                let (times, equal): (Vec<_>, Vec<_>) = conjuncts(&condition).into_iter().partition(|p| unequal(p));
                let time = match times.as_slice() {
                    [time] => self.time(time, "ASOF JOIN", context)?,
                    [_, second, ..] => {
                        let error = Error::new(Code::Clause, "ASOF JOIN takes one inequality, this is another")
                            .with_hint("write other conditions in WHERE");
                        return Err(at(error, second.span().start).into());
                    }
                    [] => {
                        equal.into_iter().try_for_each(|part| self.equality(part, context).map(|_| ()))?;
                        return Err(missing().into());
                    }
                };
                let on = equal.into_iter().map(|part| self.equality(part, context)).collect::<Result<_>>()?;
                Ok(Matching { time, on, merged: vec![] })
            }
            JoinConstraint::Using(names) => {
                let merged = using_pairs(names, self.left, self.right, context)?;
                let mut on = merged.clone();
                let (left, right) = on.pop().ok_or_else(missing)?;
                Ok(Matching { time: (left, right, Direction::AtOrBefore), on, merged })
            }
            JoinConstraint::Natural | JoinConstraint::None => Err(missing().into()),
        }
    }

    /// An inequality between the two sides, the left one's first.
    fn time(&self, part: &ast::Expr, what: &str, context: &mut dyn RelationPlannerContext) -> Result<Time> {
        let wrong = || {
            let text = format!("{what} compares a time of the left side with one of the right by >=, >, <= or <");
            at(Error::new(Code::Clause, text), part.span().start)
        };
        let Some((a, direction, b)) = comparison(part) else { return Err(wrong().into()) };
        let (a, b) = (self.expression(a.clone(), context)?, self.expression(b.clone(), context)?);
        match (self.side(&a), self.side(&b)) {
            (Some(Side::Left), Some(Side::Right)) => Ok((a, b, direction)),
            (Some(Side::Right), Some(Side::Left)) => Ok((b, a, direction.turned())),
            _ => Err(wrong().into()),
        }
    }

    /// An equality between the two sides, the left one's first.
    fn equality(&self, part: &ast::Expr, context: &mut dyn RelationPlannerContext) -> Result<(Expr, Expr)> {
        let wrong = || {
            let error = Error::new(Code::Clause, "the ON of an ASOF JOIN pairs columns of the two sides with =")
                .with_hint("the comparison of times stands in MATCH_CONDITION, other conditions in WHERE");
            at(error, part.span().start)
        };
        let ast::Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = part else { return Err(wrong().into()) };
        let a = self.expression(left.as_ref().clone(), context)?;
        let b = self.expression(right.as_ref().clone(), context)?;
        match (self.side(&a), self.side(&b)) {
            (Some(Side::Left), Some(Side::Right)) => Ok((a, b)),
            (Some(Side::Right), Some(Side::Left)) => Ok((b, a)),
            _ => Err(wrong().into()),
        }
    }

    /// What TOLERANCE says; its value is checked by the binder, which knows parameters.
    fn tolerance(&self, sql: ast::Expr, context: &mut dyn RelationPlannerContext) -> Result<Expr> {
        let place = sql.span().start;
        let expr = self.expression(sql, context)?;
        if expr.column_refs().is_empty() {
            return Ok(expr);
        }
        Err(at(Error::new(Code::Argument, "TOLERANCE must be a constant"), place).into())
    }
}

/// A parameter as TOLERANCE gets the type that the times call for.
fn typed(tolerance: Expr, time: &Expr, left: &LogicalPlan) -> Expr {
    let (Expr::Placeholder(Placeholder { id, field: None }), Ok(time)) = (&tolerance, time.get_type(left.schema()))
    else {
        return tolerance;
    };
    let data_type = if time.is_temporal() { DataType::Interval(IntervalUnit::MonthDayNano) } else { DataType::Float64 };
    let field = Arc::new(Field::new("", data_type, true));
    Expr::Placeholder(Placeholder { id: id.clone(), field: Some(field) })
}

fn unequal(part: &ast::Expr) -> bool {
    comparison(part).is_some()
}

/// The parts of an inequality.
fn comparison(part: &ast::Expr) -> Option<(&ast::Expr, Direction, &ast::Expr)> {
    let (left, op, right) = match part {
        ast::Expr::Nested(inner) => return comparison(inner),
        ast::Expr::BinaryOp { left, op, right } => (left, op, right),
        _ => return None,
    };
    let direction = match op {
        BinaryOperator::GtEq => Direction::AtOrBefore,
        BinaryOperator::Gt => Direction::Before,
        BinaryOperator::LtEq => Direction::AtOrAfter,
        BinaryOperator::Lt => Direction::After,
        _ => return None,
    };
    Some((left, direction, right))
}
