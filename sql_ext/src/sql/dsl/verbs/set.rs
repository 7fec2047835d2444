//! Two tables as sets of rows.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{JoinType, NullEquality};
use datafusion::logical_expr::expr::Cast;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Union};

use super::order::all_columns;
use crate::error::{Code, Error, Result};
use crate::plan::{builder, rows};
use crate::sql::dsl::keys::{Key, Sides, comparable};
use crate::sql::dsl::kinds::alike;
use crate::sql::dsl::meet::is_timed;
use crate::sql::dsl::request::Request;
use crate::sql::dsl::scope::visible;
use crate::types::{type_name, wider};

/// All rows of both: self, then other; columns by name.
pub fn union(request: &Request) -> Result<LogicalPlan> {
    let (left, right) = (request.input, request.other()?);
    let pairs = matched(left, right)?;
    let (mut ours, mut theirs) = (vec![], vec![]);
    for (name, l, r) in pairs {
        let (lt, rt) = (l.get_type(left.schema())?, r.get_type(right.schema())?);
        let common = widened(&lt, &rt).ok_or_else(|| {
            let text =
                format!("column '{name}' is {} in one table and {} in the other", type_name(&lt), type_name(&rt));
            Error::new(Code::SchemaMismatch, text)
        })?;
        ours.push(cast(l, &lt, &common).alias(&name));
        theirs.push(cast(r, &rt, &common).alias(&name));
    }
    let (ours, theirs) = (builder::project(left.clone(), ours)?, builder::project(right.clone(), theirs)?);
    Ok(LogicalPlan::Union(Union::try_new(vec![Arc::new(ours), Arc::new(theirs)])?))
}

fn cast(expr: Expr, from: &DataType, to: &DataType) -> Expr {
    if from == to { expr } else { Expr::Cast(Cast::new(Box::new(expr), to.clone())) }
}

/// Columns of both tables by name, or what is different.
fn matched(left: &LogicalPlan, right: &LogicalPlan) -> Result<Vec<(String, Expr, Expr)>> {
    let (ours, theirs) = (visible(left), visible(right));
    let lacking = |from: &[datafusion::common::Column], of: &[datafusion::common::Column]| -> Vec<String> {
        of.iter().filter(|c| !from.iter().any(|f| f.name == c.name)).map(|c| format!("'{}'", c.name)).collect()
    };
    let (not_theirs, not_ours) = (lacking(&theirs, &ours), lacking(&ours, &theirs));
    if !not_theirs.is_empty() || !not_ours.is_empty() {
        let mut parts = vec![];
        if !not_theirs.is_empty() {
            parts.push(format!("the other table lacks {}", not_theirs.join(", ")));
        }
        if !not_ours.is_empty() {
            parts.push(format!("this table lacks {}", not_ours.join(", ")));
        }
        return Err(Error::new(Code::SchemaMismatch, format!("the schemas differ: {}", parts.join("; "))));
    }
    Ok(ours
        .into_iter()
        .filter_map(|c| {
            let r = theirs.iter().find(|r| r.name == c.name)?.clone();
            Some((c.name.clone(), Expr::Column(c), Expr::Column(r)))
        })
        .collect())
}

/// The type that holds both: of one kind they must be.
fn widened(left: &DataType, right: &DataType) -> Option<DataType> {
    if one_kind(left, right) { wider(left, right) } else { None }
}

/// Are values of both of one kind? A moment in a zone and one in none are not.
fn one_kind(left: &DataType, right: &DataType) -> bool {
    let zoned = |t: &DataType| match t {
        DataType::Timestamp(_, zone) => Some(zone.is_some()),
        _ => None,
    };
    alike(left, right) && zoned(left).zip(zoned(right)).is_none_or(|(l, r)| l == r)
}

/// The rows that the other table has, too; the first of each key.
pub fn intersect(request: &Request) -> Result<LogicalPlan> {
    against(request, JoinType::LeftSemi)
}

/// The rows that the other table has not; the first of each key.
pub fn except(request: &Request) -> Result<LogicalPlan> {
    against(request, JoinType::LeftAnti)
}

fn against(request: &Request, join_type: JoinType) -> Result<LogicalPlan> {
    let (left, right) = (request.input.clone(), request.other()?.clone());
    let nodes = request.nodes("on")?;
    let Sides { left, right, keys } = if nodes.is_empty() {
        let keys = matched(&left, &right)?
            .into_iter()
            .map(|(_, l, r)| Ok((Key::of(&left, l)?, Key::of(&right, r)?)))
            .collect::<Result<_>>()?;
        Sides { left, right, keys }
    } else {
        Sides::new(request, left, right, &nodes.iter().map(|n| (n, n)).collect::<Vec<_>>())?
    };
    if let Some((l, r)) = keys.iter().find(|(l, r)| !one_kind(&l.data_type, &r.data_type)) {
        let (ours, theirs) = (type_name(&l.data_type), type_name(&r.data_type));
        let text = format!("`{}` is {ours} in one table and {theirs} in the other", l.text);
        return Err(Error::new(Code::SchemaMismatch, text));
    }
    let first = if nodes.is_empty() { all_columns(&left) } else { keys.iter().map(|(l, _)| l.expr.clone()).collect() };
    let distinct = rows::distinct(request.ctx, left, first)?;
    let mut same = vec![];
    for (l, r) in keys {
        // What no value of the other type equals, a fraction among integers, compares as NULL, which equals NULL here.
        let (lt, rt) = (&l.data_type, &r.data_type);
        if lt.is_floating() != rt.is_floating() || (lt != rt && is_timed(lt) && is_timed(rt)) {
            same.push((l.expr.clone().is_null(), r.expr.clone().is_null()));
        }
        same.push(comparable(l, r).map_err(|text| Error::new(Code::SchemaMismatch, text))?);
    }
    let plan = super::tables::keyed(distinct, right, same, join_type, NullEquality::NullEqualsNull)?;
    Ok(builder::unordered(request.without_helpers(plan)?))
}
