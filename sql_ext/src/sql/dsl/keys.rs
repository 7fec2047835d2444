//! Pairs of keys: what a two-table condition equates, and how the two sides compare.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::logical_expr::expr::{Case, Cast, TryCast};
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator};

use super::expr;
use super::kinds::alike;
use super::payload::{Node, Side};
use super::scope::{Aggregates, Scope};
use crate::error::{Code, Error, Result};
use crate::plan::builder::refuse_sequence;
use crate::registry::{self, DslContext, key_value};
use crate::types::is_string;

/// The equalities of a condition, each as (expression over left, expression over right).
pub(super) fn pairs(
    ctx: &dyn DslContext,
    left: &LogicalPlan,
    right: &LogicalPlan,
    on: &Node,
) -> Result<Vec<(Expr, Expr)>> {
    let mut equal = vec![];
    split(on, &mut equal)?;
    let (in_left, in_right) = (Scope::new(ctx, left, Aggregates::Refused), Scope::new(ctx, right, Aggregates::Refused));
    equal
        .into_iter()
        .map(|(a, b)| {
            let (l, r) = match (a.sides().as_slice(), b.sides().as_slice()) {
                ([Side::Left], [Side::Right]) => (a, b),
                ([Side::Right], [Side::Left]) => (b, a),
                _ => return Err(invalid("each equality takes one side from each table")),
            };
            let (l, r) = (expr::expr(&in_left, l)?, expr::expr(&in_right, r)?);
            refuse_sequence(&l, "a join condition")?;
            refuse_sequence(&r, "a join condition")?;
            comparable(l, left.schema(), r, right.schema())
        })
        .collect()
}

fn split<'a>(node: &'a Node, out: &mut Vec<(&'a Node, &'a Node)>) -> Result<()> {
    let Node::Call { func, args, .. } = node else {
        return Err(invalid("it is no equality"));
    };
    let method = registry::find_method(func);
    let is = |name: &str| method.is_some_and(|m| m.name == name);
    match args.as_slice() {
        [a, b] if is(registry::EQUAL) => {
            out.push((a, b));
            Ok(())
        }
        [a, b] if is(registry::BOTH) => {
            split(a, out)?;
            split(b, out)
        }
        _ => Err(invalid("only equalities joined by & can stand in it")),
    }
}

fn invalid(why: &str) -> Error {
    Error::new(Code::Argument, format!("Invalid join condition: {why}"))
        .with_hint("write lambda a, b: (a.x == b.x) & (a.y == b.y)")
}

/// Two keys that compare by value: a text with a number by its number, a float with an integer by the
/// integer that it is, −0.0 as 0.0.
pub(super) fn comparable(
    left: Expr,
    left_schema: &DFSchema,
    right: Expr,
    right_schema: &DFSchema,
) -> Result<(Expr, Expr)> {
    let (l, r) = (left.get_type(left_schema)?, right.get_type(right_schema)?);
    let (left, l) = if is_string(&l) && r.is_numeric() { number(left, &r) } else { (left, l) };
    let (right, r) = if is_string(&r) && l.is_numeric() { number(right, &l) } else { (right, r) };
    let (left, l) = if l.is_floating() && r.is_integer() { integer(left, &r) } else { (left, l) };
    let (right, r) = if r.is_floating() && l.is_integer() { integer(right, &l) } else { (right, r) };
    if !alike(&l, &r) || comparison_coercion(&l, &r).is_none() {
        let (l, r) = (crate::types::type_name(&l), crate::types::type_name(&r));
        return Err(Error::new(
            Code::Type,
            format!(
                "Invalid join condition: {} of type {l} cannot equal {} of type {r}",
                crate::sql::print::text(&left),
                crate::sql::print::text(&right)
            ),
        ));
    }
    Ok((key_value(left, &l), key_value(right, &r)))
}

fn try_cast(expr: &Expr, to: &DataType) -> Expr {
    Expr::TryCast(TryCast::new(Box::new(expr.clone()), to.clone()))
}

/// The integer that a float is; NULL where it is none. Past 2⁵³ an integer may lie between two floats, and
/// one that was made a float would equal what it is not.
fn integer(float: Expr, other: &DataType) -> (Expr, DataType) {
    let wide = wide(other);
    let value = Case::new(None, vec![whole(&float, &wide)], None);
    (Expr::Case(value), wide)
}

/// The widest integer type of the same sign.
fn wide(of: &DataType) -> DataType {
    if *of == DataType::UInt64 { DataType::UInt64 } else { DataType::Int64 }
}

/// When a float is whole, and the integer that it then is.
fn whole(float: &Expr, wide: &DataType) -> (Box<Expr>, Box<Expr>) {
    let integer = try_cast(float, wide);
    let back = Expr::Cast(Cast::new(Box::new(integer.clone()), DataType::Float64));
    let is_whole = Expr::BinaryExpr(BinaryExpr::new(Box::new(float.clone()), Operator::Eq, Box::new(back)));
    (Box::new(is_whole), Box::new(integer))
}

/// The number that a text holds, in the type of the other side; NULL where it holds none.
fn number(text: Expr, other: &DataType) -> (Expr, DataType) {
    if !other.is_integer() {
        return (try_cast(&text, other), other.clone());
    }
    // `1.0` is the number 1, yet a long integer must not pass through a float.
    let wide = wide(other);
    let exact = try_cast(&text, &wide);
    let value = Expr::Case(Case::new(
        None,
        vec![
            (Box::new(exact.clone().is_not_null()), Box::new(exact)),
            whole(&try_cast(&text, &DataType::Float64), &wide),
        ],
        Some(Box::new(Expr::Literal(ScalarValue::try_from(&wide).unwrap_or(ScalarValue::Null), None))),
    ));
    (value, wide)
}
