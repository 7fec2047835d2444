//! Expressions: from nodes to the base's expressions, typed as they are built.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::{AggregateFunction, ScalarFunction, WindowFunction};
use datafusion::logical_expr::utils::find_aggregate_exprs;
use datafusion::logical_expr::{Expr, and};
use serde_json::Value;

use super::calls;
use super::kinds;
use super::meet::meet;
use super::payload::{Arg, Node};
use super::scope::{Aggregates, Scope};
use crate::error::{Code, Error, Result};
use crate::plan::hidden::{hide_all, marker};
use crate::registry::{self, Call, Form, Given, Kind, Lower, Method, MethodKind};

/// How far an aggregate or window call is finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// As its surroundings want it.
    Whole,
    /// Bare, for a call around it that gives it its frame.
    Raw,
}

/// An expression with its type; aggregates are what the scope says.
pub fn typed(scope: &Scope, node: &Node) -> Result<(Expr, DataType)> {
    decode(scope, node, Stage::Whole)
}

/// An expression; aggregates that stand alone are refused where the scope is of rows.
pub fn expr(scope: &Scope, node: &Node) -> Result<Expr> {
    let (expr, _) = typed(scope, node)?;
    if scope.aggregates == Aggregates::Refused {
        refuse_aggregates(&expr)?;
    }
    Ok(expr)
}

/// An expression that must be a condition.
pub fn predicate(scope: &Scope, node: &Node) -> Result<Expr> {
    let (found, data_type) = typed(scope, node)?;
    if !registry::Class::Bool.accepts(&data_type) {
        let text = format!("a condition must be a boolean, not {}", scope.describe(&found, &data_type));
        return Err(Error::new(Code::Type, text));
    }
    if scope.aggregates == Aggregates::Refused {
        refuse_aggregates(&found)?;
    }
    Ok(found)
}

fn refuse_aggregates(expr: &Expr) -> Result<()> {
    match find_aggregate_exprs([expr]).first() {
        None => Ok(()),
        Some(found) => {
            let name = crate::sql::print::text(found);
            Err(Error::new(Code::Argument, format!("the aggregate {name} cannot stand alone in an expression of rows"))
                .with_hint("use agg for one row per group, rolling for a window of rows, or .over for the value of a partition"))
        }
    }
}

#[recursive::recursive]
pub(super) fn decode(scope: &Scope, node: &Node, stage: Stage) -> Result<(Expr, DataType)> {
    if let Some((_, column)) = scope.lookups.iter().find(|(n, _)| n == node) {
        let found = Expr::Column(column.clone());
        let data_type = scope.type_of(&found)?;
        return Ok((found, data_type));
    }
    match node {
        Node::Column { name, .. } => {
            let column = scope.column(name)?;
            let index = scope.schema().maybe_index_of_column(&column);
            let data_type = index.map_or(DataType::Null, |i| scope.schema().field(i).data_type().clone());
            Ok((Expr::Column(column), data_type))
        }
        Node::Literal(value) => Ok((Expr::Literal(value.clone(), None), value.data_type())),
        Node::Alias { expr, .. } => decode(scope, expr, stage),
        Node::Call { func, args, kwargs } => call(scope, func, args, kwargs, stage),
    }
}

fn call(scope: &Scope, func: &str, args: &[Node], kwargs: &[(String, Arg)], stage: Stage) -> Result<(Expr, DataType)> {
    if let Some(method) = registry::find_method(func) {
        return method_call(scope, method, args, kwargs, stage);
    }
    if func == "sql"
        && let [(_, Arg::Plain(Value::String(text)))] = kwargs
    {
        return sql_text(scope, text);
    }
    let built = match registry::find(func) {
        Some(entry) => match entry.kind {
            Kind::Sequence => calls::sequence(scope, entry, args, kwargs, stage)?,
            Kind::Aggregate => {
                let agg = calls::ordered_aggregate(scope, entry, args, kwargs, stage)?;
                finish_aggregates(scope, agg, kwargs, stage)?
            }
        },
        None => base_call(scope, func, args, kwargs, stage)?,
    };
    let data_type = scope.type_of(&built)?;
    Ok((built, data_type))
}

/// `sql_expr(text)`: SQL over the columns of the table.
fn sql_text(scope: &Scope, text: &str) -> Result<(Expr, DataType)> {
    let unplanned = || Error::new(Code::Internal, "SQL text without a session");
    let state = scope.ctx.session().ok_or_else(unplanned)?;
    let built = crate::sql::exprs::plan_expr(state, text, scope.schema())?;
    let built = crate::plan::case::expr_of_one_type(built, scope.schema())?.data;
    let data_type = scope.type_of(&built)?;
    Ok((built, data_type))
}

/// A function that the registry does not have: the session's own.
fn base_call(scope: &Scope, func: &str, args: &[Node], kwargs: &[(String, Arg)], stage: Stage) -> Result<Expr> {
    let args = args.iter().map(|a| decode(scope, a, Stage::Whole).map(|(e, _)| e));
    if let Some(udf) = scope.ctx.scalar(func) {
        return Ok(Expr::ScalarFunction(ScalarFunction::new_udf(udf, args.collect::<Result<_>>()?)));
    }
    let args = args.map(|a| Ok(hide_all(a?)?)).collect::<Result<Vec<_>>>()?;
    if let Some(udaf) = scope.ctx.aggregate(func) {
        let agg = AggregateFunction::new_udf(udaf, args, false, None, vec![], None);
        return finish_aggregates(scope, Expr::AggregateFunction(agg), kwargs, stage);
    }
    if let Some(udwf) = scope.ctx.window(func) {
        return calls::pure_window(scope, udwf, args, kwargs, stage);
    }
    let names = registry::methods().map(|m| m.name).chain(registry::entries().map(|e| e.name));
    Err(Error::new(Code::UnknownFunction, format!("there is no function '{func}'"))
        .with_names(func, names.map(ToString::to_string)))
}

fn method_call(
    scope: &Scope,
    method: &'static Method,
    args: &[Node],
    kwargs: &[(String, Arg)],
    stage: Stage,
) -> Result<(Expr, DataType)> {
    let built = match method.lower {
        Lower::Form(Form::Over) => calls::over(scope, args, kwargs)?,
        Lower::Form(Form::RowIndex) => calls::row_index(scope)?,
        Lower::Form(Form::Lookup) => {
            return Err(Error::new(Code::Clause, "a lookup cannot stand here"));
        }
        Lower::Base(_) | Lower::With(_) => {
            let call = meet(bind(scope, method, args, kwargs)?);
            let built = lower(scope, &call, kwargs, stage)?;
            kinds::check(scope, &call, &built)?;
            let data_type = scope.type_of(&built).map_err(|e| mistyped(scope, &call, e))?;
            return Ok((built, data_type));
        }
    };
    let data_type = scope.type_of(&built)?;
    Ok((built, data_type))
}

fn lower(scope: &Scope, call: &Call, kwargs: &[(String, Arg)], stage: Stage) -> Result<Expr> {
    match (call.method.kind, call.method.lower) {
        (MethodKind::Window, Lower::Base(name)) => {
            let udwf = call.ctx.window(name).ok_or_else(|| registry::missing(name))?;
            calls::pure_window(scope, udwf, call.all(), kwargs, stage)
        }
        (MethodKind::Aggregate, Lower::Base(name)) => {
            finish_aggregates(scope, call.aggregate(name, call.all())?, kwargs, stage)
        }
        (MethodKind::Aggregate, Lower::With(f)) => finish_aggregates(scope, f(call)?, kwargs, stage),
        (_, Lower::With(f)) => f(call),
        (_, Lower::Base(name)) => call.scalar(name, call.all()),
        (_, Lower::Form(_)) => Err(Error::new(Code::Internal, "a form was lowered as a function")),
    }
}

/// Puts arguments into the slots of the method's parameters and checks their types.
fn bind<'a>(scope: &'a Scope, method: &'static Method, args: &[Node], kwargs: &[(String, Arg)]) -> Result<Call<'a>> {
    let variadic = method.params.iter().find(|p| matches!(p.given, Given::Rest(_)));
    let mut call = Call { ctx: scope.ctx, method, slots: vec![None; method.params.len()], rest: vec![] };
    // Aggregates and window calls cannot hold window calls as they are.
    let hides = matches!(method.kind, MethodKind::Aggregate | MethodKind::Window);
    let positional =
        method.params.iter().take_while(|p| matches!(p.given, Given::Required | Given::Optional(_))).count();
    for (i, node) in args.iter().enumerate() {
        let value = argument(scope, node, hides)?;
        match variadic {
            _ if i < positional => call.slots[i] = Some(value),
            Some(_) => call.rest.push(value),
            None => {
                return Err(Error::new(
                    Code::Argument,
                    format!("{} takes {}, got {}", method.name, count(positional), args.len()),
                ));
            }
        }
    }
    for (name, value) in kwargs.iter().filter(|(n, v)| !taken_elsewhere(method, n) && !v.is_nothing()) {
        let Some(i) = method.params.iter().position(|p| p.name == name && !matches!(p.given, Given::Rest(_))) else {
            let known = method.params.iter().map(|p| p.name.to_string());
            return Err(
                Error::new(Code::Argument, format!("{} has no argument '{name}'", method.name)).with_names(name, known)
            );
        };
        if call.slots[i].is_some() {
            return Err(Error::new(Code::Argument, format!("{}: '{name}' is given twice", method.name)));
        }
        call.slots[i] = Some(named_argument(scope, value, hides)?);
    }
    check(scope, &call)?;
    Ok(call)
}

/// Arguments that surround the call rather than enter it.
fn taken_elsewhere(method: &Method, name: &str) -> bool {
    match method.kind {
        MethodKind::Aggregate => name == "filter",
        MethodKind::Window => matches!(name, "partition_by" | "ignore_nulls"),
        _ => false,
    }
}

fn count(n: usize) -> String {
    if n == 1 { "1 argument".to_string() } else { format!("{n} arguments") }
}

fn argument(scope: &Scope, node: &Node, hides: bool) -> Result<(Expr, DataType)> {
    let (value, data_type) = decode(scope, node, Stage::Whole)?;
    Ok((if hides { hide_all(value)? } else { value }, data_type))
}

fn named_argument(scope: &Scope, arg: &Arg, hides: bool) -> Result<(Expr, DataType)> {
    match arg {
        Arg::One(node) => argument(scope, node, hides),
        Arg::Plain(value) => {
            let value = plain(value)?;
            let data_type = value.data_type();
            Ok((Expr::Literal(value, None), data_type))
        }
        Arg::List(_) => Err(Error::new(Code::Argument, "a list cannot stand here")),
    }
}

/// A plain value of JSON as a literal.
pub(super) fn plain(value: &Value) -> Result<ScalarValue> {
    Ok(match value {
        Value::Null => ScalarValue::Null,
        Value::Bool(b) => ScalarValue::from(*b),
        Value::String(s) => ScalarValue::from(s.as_str()),
        Value::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(i), _) => ScalarValue::from(i),
            (None, Some(f)) => ScalarValue::from(f),
            (None, None) => return Err(Error::new(Code::Argument, format!("{n} is out of range"))),
        },
        other => return Err(Error::new(Code::Argument, format!("{other} is no value"))),
    })
}

fn check(scope: &Scope, call: &Call) -> Result<()> {
    for (param, slot) in call.method.params.iter().zip(&call.slots) {
        match (param.given, slot) {
            (Given::Rest(least), _) => {
                if call.rest.len() < least {
                    return Err(Error::new(
                        Code::Argument,
                        format!("{} takes at least {}", call.method.name, count(least)),
                    ));
                }
                for (value, data_type) in &call.rest {
                    check_class(scope, call, param.class, value, data_type)?;
                }
            }
            (Given::Required, None) => {
                return Err(Error::new(
                    Code::Argument,
                    format!("{} takes an argument '{}'", call.method.name, param.name),
                ));
            }
            (_, Some((value, data_type))) => check_class(scope, call, param.class, value, data_type)?,
            (_, None) => {}
        }
    }
    Ok(())
}

fn check_class(scope: &Scope, call: &Call, class: registry::Class, value: &Expr, data_type: &DataType) -> Result<()> {
    if class.accepts(data_type) {
        return Ok(());
    }
    let (name, shown) = (call.method.name, scope.describe(value, data_type));
    Err(Error::new(Code::Type, format!("{name}: {shown} must be {}", class.words())))
}

/// The error of the base's type check, with the columns in it.
fn mistyped(scope: &Scope, call: &Call, error: Error) -> Error {
    if !matches!(error.code, Code::Type | Code::Argument | Code::Internal) {
        return error;
    }
    let shown: Vec<String> = call.slots.iter().flatten().chain(&call.rest).map(|(e, t)| scope.describe(e, t)).collect();
    Error::new(Code::Type, format!("{} cannot take {}", call.method.name, shown.join(" and ")))
}

/// Adds the filter, and makes window calls of aggregates where the scope is a run.
fn finish_aggregates(scope: &Scope, built: Expr, kwargs: &[(String, Arg)], stage: Stage) -> Result<Expr> {
    let built = match kwargs.iter().find(|(n, v)| n == "filter" && !v.is_nothing()) {
        None => built,
        Some((_, Arg::One(node))) => {
            let (condition, data_type) = argument(scope, node, true)?;
            if !registry::Class::Bool.accepts(&data_type) {
                return Err(Error::new(
                    Code::Type,
                    format!("filter: {} must be a boolean", scope.describe(&condition, &data_type)),
                ));
            }
            each_aggregate(built, |mut agg| {
                agg.params.filter = Some(Box::new(match agg.params.filter.take() {
                    Some(own) => and(*own, condition.clone()),
                    None => condition.clone(),
                }));
                Expr::AggregateFunction(agg)
            })?
        }
        Some(_) => return Err(Error::new(Code::Argument, "filter must be an expression")),
    };
    match (stage, scope.aggregates, scope.run()) {
        (Stage::Whole, Aggregates::OfRun, Some(run)) => {
            each_aggregate(built, |agg| calls::windowed(agg, vec![run.clone()], None))
        }
        _ => Ok(built),
    }
}

/// Replaces the outermost aggregates of an expression.
pub(super) fn each_aggregate(expr: Expr, mut f: impl FnMut(AggregateFunction) -> Expr) -> Result<Expr> {
    let done = expr.transform_down(|e| match e {
        Expr::AggregateFunction(agg) => Ok(Transformed::new(f(agg), true, TreeNodeRecursion::Jump)),
        other => Ok(Transformed::no(other)),
    });
    Ok(done?.data)
}

/// A window call in the order of the table.
pub(super) fn in_order(window: &mut WindowFunction) {
    window.params.order_by = vec![marker()];
    window.params.window_frame = datafusion::logical_expr::WindowFrame::new(Some(false));
}
