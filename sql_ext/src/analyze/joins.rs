//! LINK, ASOF and stock joins: which side's order goes on.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;
use datafusion::logical_expr::{
    Expr, ExprSchemable, Join, JoinType, LogicalPlan, LogicalPlanBuilder, Projection, UserDefinedLogicalNodeCore, cast,
    lit,
};

use super::bind::{Binder, Bound, Need, strip};
use super::calls::constant;
use super::frames::{distance, interval};
use super::relation::normal_key;
use crate::error::{Code, Error};
use crate::plan::asof::{is_along_time, time_type};
use crate::plan::link::LinkType;
use crate::plan::{AsofNode, LinkNode, MergeNode, extension};
use crate::types::type_name;

/// Columns of a position past which the rows are numbered afresh.
const WIDEST_POSITION: usize = 8;

impl Binder {
    /// `LINK`: an equi-join whose rows go by the left position, then the target's.
    pub(super) fn link(&mut self, node: LinkNode, need: Need) -> Result<Bound> {
        let (left_keys, target_keys): (Vec<Expr>, Vec<Expr>) = node.on.into_iter().unzip();
        let left = self.bind(node.left, need)?;
        let target = self.bind(node.target, need.min(Need::Ties))?;
        let on = paired_keys(left_keys, target_keys, &left.plan, &target.plan)?;
        if need == Need::Nothing {
            let keys: (Vec<Expr>, Vec<Expr>) = on.into_iter().unzip();
            let plan = LogicalPlanBuilder::from(left.plan)
                .join_with_expr_keys(target.plan, node.link_type.join_type(), keys, None)?
                .build()?;
            return Ok(Bound::plain(plan));
        }
        let (mut left, target) = (self.positioned(left)?, self.positioned(target)?);
        // Every link of a chain adds its target's position to what all operators above carry and compare.
        if left.position.len() > WIDEST_POSITION {
            left = self.single_position(left)?;
        }
        let mut link = LinkNode::try_new(left.plan, target.plan, on, node.link_type)?;
        link.positions = Some((left.position.clone(), target.position.clone()));
        let single = matches!(link.link_type, LinkType::Inner | LinkType::Left) && link.target_is_unique();
        let position = if single { left.position } else { left.position.into_iter().chain(target.position).collect() };
        Ok(Bound { plan: extension(link), position, order: left.order })
    }

    /// A merge reads both sides in their order, whoever reads its rows; those come as from any other join.
    pub(super) fn merge(&mut self, node: MergeNode, need: Need) -> Result<Bound> {
        let schema = Arc::clone(&node.join.schema);
        let side = |binder: &mut Self, plan: &Arc<LogicalPlan>| {
            let bound = binder.bind(plan.as_ref().clone(), Need::Order)?;
            binder.positioned(bound)
        };
        let (left, right) = (side(self, &node.join.left)?, side(self, &node.join.right)?);
        let mut merge = node.over(left.plan, right.plan, node.join.on.clone())?;
        merge.positions = Some((left.position.clone(), right.position.clone()));
        if need == Need::Nothing {
            return Ok(Bound::plain(strip(extension(merge), &schema)?));
        }
        let position = left.position.into_iter().chain(right.position).collect();
        Ok(Bound { plan: extension(merge), position, order: None })
    }

    /// Stock joins: ties go by the left row, then the right row.
    pub(super) fn join(&mut self, join: Join, need: Need) -> Result<Bound> {
        let left_only = matches!(join.join_type, JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark);
        let right_only = matches!(join.join_type, JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark);
        let ties = need.min(Need::Ties);
        let (left_need, right_need) = match (left_only, right_only) {
            (true, _) => (need, Need::Nothing),
            (_, true) => (Need::Nothing, ties),
            _ => (ties, ties),
        };
        let expressions = self.exprs(LogicalPlan::Join(join.clone()).expressions())?;
        let left_plan = Arc::unwrap_or_clone(Arc::clone(&join.left));
        let right_plan = Arc::unwrap_or_clone(Arc::clone(&join.right));
        let left = if left_need == Need::Nothing {
            Bound::plain(self.stripped(left_plan)?)
        } else {
            self.bind(left_plan, left_need)?
        };
        let right = if right_need == Need::Nothing {
            Bound::plain(self.stripped(right_plan)?)
        } else {
            self.bind(right_plan, right_need)?
        };
        let known = !left.position.is_empty() && !right.position.is_empty();
        let plan = LogicalPlan::Join(join).with_new_exprs(expressions, vec![left.plan, right.plan])?;
        let (position, order) = match (left_only, right_only) {
            (true, _) => (left.position, left.order),
            (_, true) => (right.position, None),
            _ if known => (left.position.into_iter().chain(right.position).collect(), None),
            _ => (vec![], None),
        };
        Ok(Bound { plan, position, order })
    }

    /// `ASOF JOIN`: rows go by the left position.
    pub(super) fn asof(&mut self, node: AsofNode, need: Need) -> Result<Bound> {
        let along_time = is_along_time(&node.left, &node.right, &node.condition)?;
        let left = self.bind(node.left, if along_time { Need::Order } else { need.max(Need::Ties) })?;
        let right = self.bind(node.right, Need::Order)?;
        let (left, right) = (self.positioned(left)?, self.positioned(right)?);
        let mut condition = node.condition;
        let (left_keys, right_keys) = condition.on.into_iter().unzip();
        condition.on = paired_keys(left_keys, right_keys, &left.plan, &right.plan)?;
        let left_time = typed_time(condition.left_time, &left.plan, condition.tolerance.as_ref())?;
        let times = paired_keys(vec![left_time], vec![condition.right_time], &left.plan, &right.plan)?;
        let Some((left_time, right_time)) = times.into_iter().next() else {
            return Err(Error::new(Code::Internal, "ASOF JOIN without times").into());
        };
        let data_type = left_time.get_type(left.plan.schema())?;
        time_type(&data_type, &right_time.get_type(right.plan.schema())?)?;
        condition.tolerance = condition.tolerance.map(|t| tolerance(&t, &data_type)).transpose()?;
        (condition.left_time, condition.right_time) = (left_time, right_time);
        let mut asof = AsofNode::try_new(left.plan, right.plan, condition)?;
        asof.positions = Some((left.position.clone(), right.position.clone()));
        asof.along_time = along_time;
        let hidden = right.position.iter().map(|k| k.expr.clone()).collect::<Vec<_>>();
        let order = left.order;
        let columns = UserDefinedLogicalNodeCore::schema(&asof).columns();
        let outputs = columns.into_iter().map(Expr::Column).filter(|c| !hidden.contains(c)).collect();
        let plan = LogicalPlan::Projection(Projection::try_new(outputs, Arc::new(extension(asof)))?);
        Ok(Bound { plan, position: left.position, order })
    }
}

/// Join keys of both sides, cast to the type under which they compare.
fn paired_keys(
    left: Vec<Expr>,
    target: Vec<Expr>,
    left_plan: &LogicalPlan,
    target_plan: &LogicalPlan,
) -> Result<Vec<(Expr, Expr)>> {
    left.into_iter()
        .zip(target)
        .map(|(l, r)| {
            let types = (l.get_type(left_plan.schema())?, r.get_type(target_plan.schema())?);
            let common =
                if types.0 == types.1 { Some(types.0.clone()) } else { comparison_coercion(&types.0, &types.1) };
            let Some(common) = common else {
                let text = format!(
                    "{l} of type {} cannot be compared with {r} of type {}",
                    type_name(&types.0),
                    type_name(&types.1)
                );
                return Err(Error::new(Code::Type, text).into());
            };
            // The values of a column without a type are not seen to be NULL, and would match.
            let common = if common == DataType::Null { DataType::Int64 } else { common };
            let fit = |e: Expr, from: &DataType| if *from == common { e } else { cast(e, common.clone()) };
            let (l, r) = (fit(l, &types.0), fit(r, &types.1));
            Ok((normal_key(&l, left_plan)?, normal_key(&r, target_plan)?))
        })
        .collect()
}

/// A time without a type, all of it NULL, is of whatever type the tolerance goes with.
fn typed_time(time: Expr, plan: &LogicalPlan, tolerance: Option<&Expr>) -> Result<Expr> {
    let measured = tolerance.map(|t| t.get_type(plan.schema())).transpose()?;
    let spans = matches!(measured, Some(DataType::Interval(_) | DataType::Duration(_)));
    let untyped = time.get_type(plan.schema())? == DataType::Null;
    Ok(if untyped && spans { cast(time, DataType::Timestamp(TimeUnit::Nanosecond, None)) } else { time })
}

/// The tolerance in units of the time's type.
fn tolerance(expr: &Expr, time: &DataType) -> Result<Expr> {
    let wrong = |text: &str| Error::new(Code::Argument, format!("TOLERANCE {text}"));
    let Some(value) = constant(expr)? else {
        return Err(wrong("must be a constant").into());
    };
    if value.is_null() {
        return Err(wrong("must not be NULL").into());
    }
    let whole = if time.is_temporal() {
        if !matches!(value.data_type(), DataType::Interval(_) | DataType::Duration(_)) {
            return Err(wrong(&format!("must be an interval, as the times are of type {}", type_name(time))).into());
        }
        let length = distance(&interval(&value)?, time);
        let length = length.ok_or_else(|| wrong("must be an interval of fixed length, zero or more"))?;
        ScalarValue::Int64(Some(length))
    } else if value.data_type().is_numeric() {
        number(&value, time)?.ok_or_else(|| wrong("must be zero or more"))?
    } else {
        return Err(wrong(&format!("must be a number, as the times are of type {}", type_name(time))).into());
    };
    Ok(lit(whole))
}

/// The largest value of the time's type within a distance; none where the distance is negative or not a number.
fn number(value: &ScalarValue, time: &DataType) -> Result<Option<ScalarValue>> {
    let ScalarValue::Float64(Some(size)) = value.cast_to(&DataType::Float64)? else { return Ok(None) };
    if size.is_nan() || size < 0.0 {
        return Ok(None);
    }
    if !time.is_floating() {
        // What is beyond the type is no limit, and what is between two of its values is cut, never rounded up.
        let widest = match time {
            DataType::Decimal128(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal32(_, scale) => *scale,
            _ => 0,
        };
        let exact = match value.cast_to(&DataType::Decimal128(38, widest)) {
            Ok(ScalarValue::Decimal128(Some(units), precision, scale)) => {
                let up = units as f64 > size * 10_f64.powi(i32::from(scale));
                ScalarValue::Decimal128(Some(if up { units - 1 } else { units }), precision, scale)
            }
            _ => ScalarValue::Decimal128(Some(i128::MAX), 38, widest),
        };
        return Ok(Some(exact));
    }
    Ok(Some(value.cast_to(time)?))
}
