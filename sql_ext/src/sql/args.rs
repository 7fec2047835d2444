//! The arguments of a sequence call: checked while their place in the text is known, and
//! their names put where the stock planner leaves them alone.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr as Planned;
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, Value, WindowType,
};

use super::calls::{Call, classify, function, normal, place};
use super::statement::FunctionNames;
use super::token::at;
use crate::error::{Code, Error, Result};
use crate::plan::hidden::named_name;
use crate::registry::{self, Entry, Values};

/// Refuses what a sequence call cannot have, and arguments that do not fit.
pub fn check(call: &Function, entry: &Entry, names: &dyn FunctionNames) -> Result<()> {
    let upper = entry.name.to_uppercase();
    let framed = matches!(&call.over, Some(WindowType::WindowSpec(spec)) if spec.window_frame.is_some());
    let FunctionArguments::List(list) = &call.args else {
        return Err(at(Error::new(Code::Argument, format!("{upper} takes no query")), place(call)));
    };
    let what = if framed {
        "frame: its arguments say which rows it reads"
    } else if call.filter.is_some() {
        "FILTER: it reads rows by their position"
    } else if list.duplicate_treatment.is_some() {
        "DISTINCT: it reads rows by their position"
    } else if list.clauses.iter().any(|c| !matches!(c, FunctionArgumentClause::IgnoreOrRespectNulls(_))) {
        "ORDER BY or LIMIT among its arguments: OVER (ORDER BY …) gives it another order"
    } else if !call.within_group.is_empty() {
        "WITHIN GROUP"
    } else {
        return fit(&list.args, entry, names).map_err(|e| if e.position.is_some() { e } else { at(e, place(call)) });
    };
    Err(at(Error::new(Code::Clause, format!("{upper} takes no {what}")), place(call)))
}

/// Tries the call with NULLs for arguments, so that number and names are checked.
fn fit(args: &[FunctionArg], entry: &Entry, names: &dyn FunctionNames) -> Result<()> {
    let null = || Planned::Literal(ScalarValue::Null, None);
    let (mut positional, mut named) = (vec![], vec![]);
    for arg in args {
        match arg {
            FunctionArg::Unnamed(arg) if !matches!(arg, FunctionArgExpr::Expr(_)) => {
                return Err(Error::new(Code::Argument, format!("{} takes no *", entry.name.to_uppercase())));
            }
            FunctionArg::Named { name, .. } => named.push((normal(name), null())),
            _ if named.is_empty() => positional.push(null()),
            _ => return Err(Error::new(Code::Argument, "an argument by position stands after one by name")),
        }
    }
    // The aggregate of a ROLLING is one argument until it is planned.
    let values = match entry.values {
        Values::AggregateCall if is_aggregate(args.first(), names) => Values::Fixed(&["agg(x)"]),
        Values::AggregateCall => return Err(no_aggregate(args.first(), entry, names)),
        other => other,
    };
    let tried = Entry { values, ..*entry };
    registry::sequence_call(&tried, positional, named)?;
    Ok(())
}

/// Why the first argument is no aggregate call.
fn no_aggregate(arg: Option<&FunctionArg>, entry: &Entry, names: &dyn FunctionNames) -> Error {
    let upper = entry.name.to_uppercase();
    let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Function(call)))) = arg else {
        return Error::new(Code::Argument, format!("the first argument of {upper} must be an aggregate call"))
            .with_hint("write ROLLING(AVG(x), 20)");
    };
    let name = call.name.to_string();
    let known = match call.name.0.as_slice() {
        [part] => part.as_ident().is_none_or(|i| names.is_scalar(&normal(i)) || registry::find(&normal(i)).is_some()),
        _ => true,
    };
    let error = match (known, call.over.is_some()) {
        (_, true) => Error::new(Code::Argument, format!("the aggregate of {upper} takes no OVER: it has the frame")),
        (true, false) => {
            Error::new(Code::Argument, format!("{} is no aggregate, as {upper} takes", name.to_uppercase()))
                .with_hint("write ROLLING(AVG(x), 20)")
        }
        (false, false) => Error::new(Code::UnknownFunction, format!("Function '{}' not found", name.to_lowercase())),
    };
    at(error, place(call))
}

fn is_aggregate(arg: Option<&FunctionArg>, names: &dyn FunctionNames) -> bool {
    matches!(
        arg,
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Function(call))))
            if call.over.is_none() && matches!(classify(call, names), Call::Aggregate)
    )
}

/// `name => value` becomes `␁named('name', value)`, for the planner knows no names here.
pub fn name(call: &mut Function, entry: &Entry) -> Result<()> {
    let here = place(call);
    let FunctionArguments::List(list) = &mut call.args else { return Ok(()) };
    for arg in &mut list.args {
        if let FunctionArg::Named { name, arg: value, .. } = arg {
            let FunctionArgExpr::Expr(value) = value else {
                let text = format!("{}: '{name}' takes a value", entry.name.to_uppercase());
                return Err(at(Error::new(Code::Argument, text), here));
            };
            let name = Expr::value(Value::SingleQuotedString(normal(name)));
            let value = std::mem::replace(value, Expr::value(Value::Null));
            let pair = Expr::Function(function(named_name(), vec![name, value]));
            *arg = FunctionArg::Unnamed(FunctionArgExpr::Expr(pair));
        }
    }
    Ok(())
}
