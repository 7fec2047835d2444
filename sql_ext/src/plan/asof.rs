//! `ASOF JOIN`: each left row with the closest right row.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DFSchemaRef, JoinType, Result};
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;
use datafusion::logical_expr::{
    Expr, ExprSchemable, LogicalPlan, SortExpr, UserDefinedLogicalNodeCore, build_join_schema,
};

use super::order_of;
use crate::error::{Code, Error};
use crate::types::type_name;

/// Which right rows may match a left row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The last at or before it (`>=`).
    AtOrBefore,
    /// The last before it (`>`).
    Before,
    /// The first at or after it (`<=`).
    AtOrAfter,
    /// The first after it (`<`).
    After,
    /// The closer of both sides, the earlier on a tie.
    Nearest,
}

impl Direction {
    /// The same condition with its sides swapped.
    pub fn turned(self) -> Self {
        match self {
            Direction::AtOrBefore => Direction::AtOrAfter,
            Direction::Before => Direction::After,
            Direction::AtOrAfter => Direction::AtOrBefore,
            Direction::After => Direction::Before,
            Direction::Nearest => Direction::Nearest,
        }
    }

    /// The operator between left and right time.
    pub fn symbol(self) -> &'static str {
        match self {
            Direction::AtOrBefore => ">=",
            Direction::Before => ">",
            Direction::AtOrAfter => "<=",
            Direction::After => "<",
            Direction::Nearest => "~",
        }
    }
}

/// The condition of an ASOF JOIN.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Hash)]
pub struct AsofCondition {
    /// Time over the left side.
    pub left_time: Expr,
    /// Time over the right side.
    pub right_time: Expr,
    /// Which right rows may match.
    pub direction: Direction,
    /// Equalities: (expression over left, expression over right).
    pub on: Vec<(Expr, Expr)>,
    /// Distance at most, inclusive; constant.
    pub tolerance: Option<Expr>,
    /// Are left rows without a match kept?
    pub keeps_left: bool,
}

/// Left rows, each with at most one right row, in left order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AsofNode {
    /// The relation whose order is kept.
    pub left: LogicalPlan,
    /// The relation that is looked up.
    pub right: LogicalPlan,
    /// What matches.
    pub condition: AsofCondition,
    /// Positions of left and right, once they are bound.
    pub positions: Option<(Vec<SortExpr>, Vec<SortExpr>)>,
    /// Do both sides come by their times, so that they can be read along with each other?
    pub along_time: bool,
    schema: DFSchemaRef,
}

impl AsofNode {
    /// Checks the two schemas against each other.
    pub fn try_new(left: LogicalPlan, right: LogicalPlan, condition: AsofCondition) -> Result<Self> {
        let join = if condition.keeps_left { JoinType::Left } else { JoinType::Inner };
        let schema = Arc::new(build_join_schema(left.schema(), right.schema(), &join)?);
        Ok(AsofNode { left, right, condition, positions: None, along_time: false, schema })
    }
}

/// Do both sides come by their times, and does that tell what a left row meets once the right side is read so far?
pub fn is_along_time(left: &LogicalPlan, right: &LogicalPlan, condition: &AsofCondition) -> Result<bool> {
    let along = |plan: &LogicalPlan, time: &Expr| {
        let order = order_of(plan).filter(|order| order.partition.is_empty());
        order.and_then(|order| order.keys.into_iter().next()).is_some_and(|key| key.asc && key.expr == *time)
    };
    if !matches!(condition.direction, Direction::AtOrBefore | Direction::Before)
        || !along(left, &condition.left_time)
        || !along(right, &condition.right_time)
    {
        return Ok(false);
    }
    let time =
        time_type(&condition.left_time.get_type(left.schema())?, &condition.right_time.get_type(right.schema())?)?;
    // Those that compare as whole numbers of 64 bits.
    let whole = time.is_signed_integer() || matches!(time, DataType::UInt8 | DataType::UInt16 | DataType::UInt32);
    Ok(whole || time.is_temporal())
}

/// The type in which two times compare, if they have one that distances can be told in.
///
/// Types that are not known yet, those of parameters, pass.
pub fn time_type(left: &DataType, right: &DataType) -> Result<DataType> {
    let common = if left == right { Some(left.clone()) } else { comparison_coercion(left, right) };
    let measured = |t: &DataType| {
        t.is_null()
            || t.is_numeric() && !matches!(t, DataType::Decimal256(..))
            || t.is_temporal() && !matches!(t, DataType::Interval(_))
    };
    common.filter(measured).ok_or_else(|| {
        let (left, right) = (type_name(left), type_name(right));
        Error::new(Code::Type, format!("ASOF JOIN compares dates, times or numbers, not {left} with {right}")).into()
    })
}

/// Checks the types of what an ASOF JOIN compares.
pub fn check_types(left: &LogicalPlan, right: &LogicalPlan, condition: &AsofCondition) -> Result<()> {
    let types = |l: &Expr, r: &Expr| l.get_type(left.schema()).and_then(|l| Ok((l, r.get_type(right.schema())?)));
    if let Ok((l, r)) = types(&condition.left_time, &condition.right_time) {
        time_type(&l, &r)?;
    }
    for (l, r) in &condition.on {
        if let Ok((left_type, right_type)) = types(l, r)
            && left_type != right_type
            && comparison_coercion(&left_type, &right_type).is_none()
        {
            let (left, right) = (type_name(&left_type), type_name(&right_type));
            let text = format!("{l} of type {left} cannot be compared with {r} of type {right}");
            return Err(Error::new(Code::Type, text).into());
        }
    }
    Ok(())
}

impl PartialOrd for AsofNode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (&self.left, &self.right, &self.condition).partial_cmp(&(&other.left, &other.right, &other.condition))
    }
}

impl UserDefinedLogicalNodeCore for AsofNode {
    fn name(&self) -> &str {
        "Asof"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.left, &self.right]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        let condition = &self.condition;
        let times = [condition.left_time.clone(), condition.right_time.clone()];
        let on = condition.on.iter().flat_map(|(l, r)| [l.clone(), r.clone()]);
        let positions = self.positions.iter().flat_map(|(l, r)| l.iter().chain(r)).map(|k| k.expr.clone());
        times.into_iter().chain(condition.tolerance.clone()).chain(on).chain(positions).collect()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let condition = &self.condition;
        write!(f, "Asof: {} {} {}", condition.left_time, condition.direction.symbol(), condition.right_time)?;
        for (l, r) in &condition.on {
            write!(f, " AND {l} = {r}")?;
        }
        match &condition.tolerance {
            Some(tolerance) => write!(f, " TOLERANCE {tolerance}"),
            None => Ok(()),
        }
    }

    fn with_exprs_and_inputs(&self, exprs: Vec<Expr>, mut inputs: Vec<LogicalPlan>) -> Result<Self> {
        let (Some(right), Some(left), true) = (inputs.pop(), inputs.pop(), inputs.is_empty()) else {
            return datafusion::common::internal_err!("ASOF JOIN takes two inputs");
        };
        let mut exprs = exprs.into_iter();
        let mut condition = self.condition.clone();
        let mut next = |old: &mut Expr| {
            if let Some(new) = exprs.next() {
                *old = new;
            }
        };
        next(&mut condition.left_time);
        next(&mut condition.right_time);
        condition.tolerance.iter_mut().for_each(&mut next);
        for (l, r) in &mut condition.on {
            next(l);
            next(r);
        }
        let mut positions = self.positions.clone();
        for key in positions.iter_mut().flat_map(|(l, r)| l.iter_mut().chain(r)) {
            next(&mut key.expr);
        }
        let along_time = self.along_time;
        Ok(AsofNode { positions, along_time, ..AsofNode::try_new(left, right, condition)? })
    }

    // Only the right columns that somebody reads are fetched.
    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        Some(super::needed_of_two(self.left.schema(), self.right.schema(), output_columns, &self.expressions()))
    }
}
