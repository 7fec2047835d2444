//! Pairs of keys: what a two-table condition equates, and how the two sides compare.

use std::fmt;

use datafusion::arrow::datatypes::{DECIMAL128_MAX_SCALE, DECIMAL256_MAX_PRECISION, DataType};
use datafusion::common::{Column, ScalarValue};
use datafusion::logical_expr::expr::{Case, Cast, TryCast};
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator};

use super::expr;
use super::kinds::alike;
use super::lookup::{self, Joined};
use super::meet::is_timed;
use super::payload::{Node, Side};
use super::request::Request;
use super::scope::{Aggregates, Scope};
use crate::error::{Code, Error, Result};
use crate::order::hidden;
use crate::plan::builder;
use crate::registry::{self, key_value};
use crate::types::{is_string, type_name, wider};

/// A key of one table: the expression, its type, and how people wrote it.
pub(super) struct Key {
    pub expr: Expr,
    pub data_type: DataType,
    pub text: String,
}

impl Key {
    /// The expression that a node is in a scope.
    pub fn new(scope: &Scope, node: &Node) -> Result<Self> {
        let expr = expr::expr(scope, node)?;
        let data_type = scope.type_of(&expr)?;
        Ok(Key { text: scope.text(&expr), expr, data_type })
    }

    /// A column of a table.
    pub fn of(plan: &LogicalPlan, column: Expr) -> Result<Self> {
        let data_type = column.get_type(plan.schema())?;
        Ok(Key { text: crate::sql::print::text(&column), expr: column, data_type })
    }

    fn map(self, f: impl FnOnce(Expr) -> (Expr, DataType)) -> Self {
        let (expr, data_type) = f(self.expr);
        Key { expr, data_type, text: self.text }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = type_name(&self.data_type);
        match &self.expr {
            Expr::Column(c) if c.name == self.text => write!(f, "column '{}' of type {name}", self.text),
            _ => write!(f, "`{}` of type {name}", self.text),
        }
    }
}

/// Two tables and the expressions over them that are to be equal.
pub(super) type Paired = (LogicalPlan, LogicalPlan, Vec<(Expr, Expr)>);

/// Two tables with keys of both, pair by pair.
pub(super) struct Sides {
    pub left: LogicalPlan,
    pub right: LogicalPlan,
    pub keys: Vec<(Key, Key)>,
}

impl Sides {
    /// The keys of these pairs of nodes; the tables get hidden columns for lookups in them.
    pub fn new(request: &Request, left: LogicalPlan, right: LogicalPlan, pairs: &[(&Node, &Node)]) -> Result<Self> {
        let (ours, theirs): (Vec<&Node>, Vec<&Node>) = pairs.iter().copied().unzip();
        let (left, ours) = side(request, left, &ours, "left_key")?;
        let (right, theirs) = side(request, right, &theirs, "right_key")?;
        Ok(Sides { left, right, keys: ours.into_iter().zip(theirs).collect() })
    }

    /// The tables joined by the equalities of a condition, and those as pairs of expressions.
    pub fn joined_on(request: &Request, left: LogicalPlan, right: LogicalPlan, on: &Node) -> Result<Paired> {
        let Sides { left, right, keys } = Sides::new(request, left, right, &equalities(on)?)?;
        Ok((left, right, compared(keys)?))
    }
}

/// Keys that are to be equal, made comparable.
pub(super) fn compared(keys: Vec<(Key, Key)>) -> Result<Vec<(Expr, Expr)>> {
    let wrong = |text| Error::new(Code::JoinCondition, format!("Invalid join condition: {text}"));
    keys.into_iter().map(|(l, r)| comparable(l, r).map_err(wrong)).collect()
}

/// Keys over one table. Where they look anything up or read other rows, they become hidden columns of it.
pub(super) fn side(
    request: &Request,
    plan: LogicalPlan,
    nodes: &[&Node],
    stem: &str,
) -> Result<(LogicalPlan, Vec<Key>)> {
    let own = plan.schema().columns();
    let start = Joined { plan, found: vec![] };
    let joined = lookup::join(request.ctx, start, nodes.iter().copied(), request.others, Aggregates::Refused)?;
    let scope = request.scope(&joined, Aggregates::Refused);
    let mut keys = nodes.iter().map(|n| Key::new(&scope, n)).collect::<Result<Vec<_>>>()?;
    let (plan, computed) = builder::windows(joined.plan.clone(), keys.iter().map(|k| k.expr.clone()).collect())?;
    if plan.schema().fields().len() == own.len() {
        return Ok((plan, keys));
    }
    let mut exprs: Vec<Expr> = own.into_iter().map(Expr::Column).collect();
    for (i, (key, expr)) in keys.iter_mut().zip(computed).enumerate() {
        let name = hidden(stem, i);
        exprs.push(expr.alias(&name));
        key.expr = Expr::Column(Column::new_unqualified(name));
    }
    Ok((builder::project(plan, exprs)?, keys))
}

/// The equalities of a condition, each as (node over left, node over right).
pub(super) fn equalities(on: &Node) -> Result<Vec<(&Node, &Node)>> {
    let mut equal = vec![];
    split(on, &mut equal)?;
    equal
        .into_iter()
        .map(|(a, b)| match (a.sides().as_slice(), b.sides().as_slice()) {
            ([Side::Left], [Side::Right]) => Ok((a, b)),
            ([Side::Right], [Side::Left]) => Ok((b, a)),
            _ => Err(invalid("each equality takes one side from each table")),
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
    Error::new(Code::JoinCondition, format!("Invalid join condition: {why}"))
        .with_hint("write lambda a, b: (a.x == b.x) & (a.y == b.y)")
}

/// Two keys that compare by value: a text with a number by its number, a float with an integer by the
/// integer that it is, −0.0 as 0.0. The error says what cannot equal what.
pub(super) fn comparable(left: Key, right: Key) -> std::result::Result<(Expr, Expr), String> {
    let (l, r) = (left.data_type.clone(), right.data_type.clone());
    let left = if is_string(&l) && r.is_numeric() { left.map(|e| number(e, &r)) } else { left };
    let right = if is_string(&r) && l.is_numeric() { right.map(|e| number(e, &l)) } else { right };
    let (l, r) = (left.data_type.clone(), right.data_type.clone());
    let left = if l.is_floating() && r.is_integer() { left.map(|e| integer(e, &r)) } else { left };
    let right = if r.is_floating() && l.is_integer() { right.map(|e| integer(e, &l)) } else { right };
    let (l, r) = (left.data_type.clone(), right.data_type.clone());
    // Decimals hold neither NaN nor large floats, and 38 digits not all pairs of them.
    let (left, right) = match (l.is_decimal(), r.is_decimal()) {
        (true, _) if r.is_floating() => (left.map(|e| cast(e, DataType::Float64)), right),
        (_, true) if l.is_floating() => (left, right.map(|e| cast(e, DataType::Float64))),
        (true, true) if wider(&l, &r).is_none() => {
            let of = DataType::Decimal256(DECIMAL256_MAX_PRECISION, DECIMAL128_MAX_SCALE);
            (left.map(|e| cast(e, of.clone())), right.map(|e| cast(e, of.clone())))
        }
        _ => (left, right),
    };
    // A moment that the finer unit does not reach equals none in it.
    let (l, r) = (left.data_type.clone(), right.data_type.clone());
    let (left, right) = match wider(&l, &r).filter(|of| l != r && alike(&l, &r) && is_timed(of)) {
        Some(of) => (within_reach(left, &of), within_reach(right, &of)),
        None => (left, right),
    };
    let (l, r) = (&left.data_type, &right.data_type);
    if !alike(l, r) || comparison_coercion(l, r).is_none() {
        return Err(format!("{left} cannot equal {right}"));
    }
    Ok((key_value(left.expr, &left.data_type), key_value(right.expr, &right.data_type)))
}

fn within_reach(key: Key, of: &DataType) -> Key {
    if key.data_type == *of { key } else { key.map(|e| (try_cast(&e, of), of.clone())) }
}

fn cast(expr: Expr, to: DataType) -> (Expr, DataType) {
    (Expr::Cast(Cast::new(Box::new(expr), to.clone())), to)
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
