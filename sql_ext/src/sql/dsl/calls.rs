//! Calls that read other rows: sequence functions, ordered aggregates, windows.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, IntervalMonthDayNano, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::TreeNode;
use datafusion::logical_expr::expr::{AggregateFunction, Cast, NullTreatment, WindowFunction};
use datafusion::logical_expr::{
    Expr, SortExpr, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition, WindowUDF,
};
use serde_json::Value;

use super::expr::{Stage, decode, each_aggregate, in_order, plain};
use super::options;
use super::payload::{Arg, Node};
use super::scope::{Aggregates, Scope};
use crate::error::{Code, Error, Result};
use crate::plan::hidden::{follows_block, hide_all, is_ours, marker, sequence_function, source_marker, whole};
use crate::plan::rows::row_number;
use crate::registry::{self, Class, Entry, Kind, MethodKind, Op, Values, sequence_call};
use crate::types::per_second;

type Named = [(String, Arg)];

/// What holds uint64 and its differences.
const UNSIGNED: DataType = DataType::Decimal128(20, 0);

/// A call of a sequence function.
pub(super) fn sequence(
    scope: &Scope,
    entry: &'static Entry,
    args: &[Node],
    kwargs: &Named,
    stage: Stage,
) -> Result<Expr> {
    if entry.op == Op::RunId && args.is_empty() {
        // Inside groups a run is numbered already.
        return scope.run().ok_or_else(|| missing_keys(entry));
    }
    if entry.op == Op::RunPos && args.is_empty() && scope.run().is_none() {
        return Err(missing_keys(entry));
    }
    let positional = values(scope, entry, args)?;
    let named = by_name(scope, entry, kwargs)?;
    options::check(scope, entry, &positional, &named)?;
    let (udwf, args) = sequence_call(entry, positional, named)?;
    let args = args.into_iter().map(hide_all).collect::<datafusion::common::Result<_>>()?;
    let mut window = WindowFunction::new(udwf, args);
    in_order(&mut window);
    surround(scope, &mut window, kwargs, stage, entry.needs_order, entry.name)?;
    let window = Expr::from(window);
    if stage == Stage::Raw { Ok(window) } else { signed(scope, window) }
}

fn missing_keys(entry: &Entry) -> Error {
    Error::new(Code::Argument, format!("{} takes at least one key outside of groups", entry.name))
}

/// The values of a call, and what follows them by position.
fn values(scope: &Scope, entry: &'static Entry, args: &[Node]) -> Result<Vec<Expr>> {
    let count = match entry.values {
        Values::Fixed(names) => names.len(),
        Values::AtLeast(..) | Values::Led(..) => args.len(),
        Values::AggregateCall => 1,
    };
    let mut out = Vec::with_capacity(args.len());
    for (i, node) in args.iter().enumerate() {
        if i >= count {
            let (value, _) = decode(scope, node, Stage::Whole)?;
            out.push(interval(value));
        } else if entry.values == Values::AggregateCall {
            out.push(decode(scope, node, Stage::Raw)?.0);
        } else {
            let (value, data_type) = decode(scope, node, Stage::Whole)?;
            if entry.op == Op::Diff && !subtracts(&data_type) {
                let shown = scope.describe(&value, &data_type);
                let text = format!("{}: {shown} must be a number, a date, a time or a duration", entry.name);
                return Err(Error::new(Code::Type, text));
            }
            if !entry.op.takes().accepts(&data_type) {
                let shown = scope.describe(&value, &data_type);
                return Err(Error::new(
                    Code::Type,
                    format!("{}: {shown} must be {}", entry.name, entry.op.takes().words()),
                ));
            }
            // A difference of unsigned numbers may be negative, and fit where they do not.
            let signed = match data_type {
                DataType::UInt64 => Some(UNSIGNED),
                t if t.is_unsigned_integer() => Some(DataType::Int64),
                _ => None,
            };
            out.push(match signed.filter(|_| entry.op == Op::Diff) {
                Some(signed) => Expr::Cast(Cast::new(Box::new(value), signed)),
                None => value,
            });
        }
    }
    Ok(out)
}

/// Is there a difference of such values?
fn subtracts(data_type: &DataType) -> bool {
    Class::Summable.accepts(data_type) || Class::Temporal.accepts(data_type)
}

/// Arguments by name, without those that surround the call.
fn by_name(scope: &Scope, entry: &Entry, kwargs: &Named) -> Result<Vec<(String, Expr)>> {
    let mut out = vec![];
    for (name, arg) in kwargs {
        if matches!(name.as_str(), "partition_by" | "ignore_nulls") || arg.is_nothing() {
            continue;
        }
        let value = match arg {
            Arg::One(node) => decode(scope, node, Stage::Whole)?.0,
            Arg::Plain(value) => Expr::Literal(plain(value)?, None),
            Arg::List(_) => {
                return Err(Error::new(Code::Argument, format!("{}: '{name}' takes one value", entry.name)));
            }
        };
        out.push((name.clone(), interval(value)));
    }
    Ok(out)
}

/// A duration as SQL's INTERVAL, days and the rest.
pub(super) fn interval(value: Expr) -> Expr {
    let (n, unit) = match &value {
        Expr::Literal(ScalarValue::DurationSecond(Some(n)), _) => (*n, TimeUnit::Second),
        Expr::Literal(ScalarValue::DurationMillisecond(Some(n)), _) => (*n, TimeUnit::Millisecond),
        Expr::Literal(ScalarValue::DurationMicrosecond(Some(n)), _) => (*n, TimeUnit::Microsecond),
        Expr::Literal(ScalarValue::DurationNanosecond(Some(n)), _) => (*n, TimeUnit::Nanosecond),
        _ => return value,
    };
    let per_day = 86_400 * per_second(unit);
    let nanos = (n % per_day) * (86_400_000_000_000 / per_day);
    match i32::try_from(n / per_day) {
        Ok(days) => {
            Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(0, days, nanos))), None)
        }
        Err(_) => value,
    }
}

/// Partition and treatment of NULL; the order must be there unless a call around gives one.
fn surround(
    scope: &Scope,
    window: &mut WindowFunction,
    kwargs: &Named,
    stage: Stage,
    needs_order: bool,
    name: &str,
) -> Result<()> {
    for (key, arg) in kwargs {
        match key.as_str() {
            "partition_by" => window.params.partition_by = keys(scope, arg)?,
            "ignore_nulls" if matches!(arg, Arg::Plain(Value::Bool(true))) => {
                window.params.null_treatment = Some(NullTreatment::IgnoreNulls);
            }
            _ => {}
        }
    }
    if window.params.partition_by.is_empty()
        && scope.aggregates == Aggregates::OfRun
        && let Some(run) = scope.run()
    {
        window.params.partition_by = vec![run];
    }
    if stage == Stage::Whole && needs_order {
        scope.require_order(name)?;
    }
    Ok(())
}

/// A list of expressions, or one.
fn keys(scope: &Scope, arg: &Arg) -> Result<Vec<Expr>> {
    if let Arg::Plain(value) = arg
        && !arg.is_nothing()
    {
        return Err(Error::new(Code::Argument, format!("{value} is no column")));
    }
    arg.nodes().iter().map(|n| Ok(hide_all(decode(scope, n, Stage::Whole)?.0)?)).collect()
}

/// A pure window function in the order of the table.
pub(super) fn pure_window(
    scope: &Scope,
    udwf: Arc<WindowUDF>,
    args: Vec<Expr>,
    kwargs: &Named,
    stage: Stage,
) -> Result<Expr> {
    if let Some(Expr::Literal(ScalarValue::Int64(Some(n)), _)) = args.first()
        && *n < 1
    {
        return Err(Error::new(Code::Argument, format!("{} takes a number from 1, not {n}", udwf.name())));
    }
    let name = udwf.name().to_string();
    let mut window = WindowFunction::new(udwf, args);
    in_order(&mut window);
    surround(scope, &mut window, kwargs, stage, true, &name)?;
    let window = Expr::from(window);
    if stage == Stage::Raw { Ok(window) } else { signed(scope, window) }
}

/// Counts, ranks and differences of unsigned numbers are int64.
fn signed(scope: &Scope, window: Expr) -> Result<Expr> {
    let Expr::WindowFunction(call) = &window else { return Ok(window) };
    let wide = match sequence_function(&call.fun).map(|f| f.op()) {
        Some(Op::Diff) => matches!(call.params.args.first(), Some(Expr::Cast(c))
            if *c.field.data_type() == UNSIGNED && scope.type_of(&c.expr)? == DataType::UInt64),
        Some(_) => false,
        None => {
            let counts = matches!(call.fun, WindowFunctionDefinition::WindowUDF(_));
            counts && scope.type_of(&window)? == DataType::UInt64
        }
    };
    Ok(if wide { Expr::Cast(Cast::new(Box::new(window), DataType::Int64)) } else { window })
}

/// FIRST, LAST and the others that follow the order.
pub(super) fn ordered_aggregate(
    scope: &Scope,
    entry: &'static Entry,
    args: &[Node],
    kwargs: &Named,
    stage: Stage,
) -> Result<Expr> {
    let mut args: Vec<&Node> = args.iter().collect();
    let (least, exact) = match entry.values {
        Values::Fixed(names) => {
            for name in names.iter().skip(args.len()) {
                let named = kwargs.iter().find(|(n, _)| n == name).and_then(|(_, a)| a.nodes().first());
                args.extend(named);
            }
            (names.len(), true)
        }
        Values::AtLeast(n, _) => (n, false),
        Values::Led(_, n, _) => (n + 1, false),
        Values::AggregateCall => (1, true),
    };
    if args.len() < least || (exact && args.len() > least) {
        return Err(Error::new(Code::Argument, format!("{} takes {least} arguments, got {}", entry.name, args.len())));
    }
    if stage == Stage::Whole && entry.needs_order {
        scope.require_order(entry.name)?;
    }
    let mut decoded = Vec::with_capacity(args.len());
    for node in args {
        decoded.push(hide_all(interval(decode(scope, node, Stage::Whole)?.0))?);
    }
    if entry.op == Op::Nth && !matches!(decoded.get(1), Some(Expr::Literal(ScalarValue::Int64(Some(n)), _)) if *n >= 1)
    {
        return Err(Error::new(Code::Argument, "nth takes a whole number from 1"));
    }
    let udaf = registry::ordered_aggregates().into_iter().find(|u| registry::ordered_aggregate(u) == Some(entry.op));
    let udaf = udaf.ok_or_else(|| registry::missing(entry.name))?;
    let ignores = kwargs.iter().any(|(n, v)| n == "ignore_nulls" && matches!(v, Arg::Plain(Value::Bool(true))));
    let nulls = ignores.then_some(NullTreatment::IgnoreNulls);
    Ok(Expr::AggregateFunction(AggregateFunction::new_udf(udaf, decoded, false, None, vec![], nulls)))
}

/// An aggregate over a whole partition, or along an order of its own.
///
/// Aggregates that follow the order get the table's, all rows in their frame.
pub(super) fn windowed(agg: AggregateFunction, partition: Vec<Expr>, order_by: Option<Vec<SortExpr>>) -> Expr {
    let AggregateFunction { func, params } = agg;
    let follows = registry::ordered_aggregate(&func);
    // Those that need no order go by the source's where there is none.
    let needs_order = registry::entries().any(|e| Some(e.op) == follows && e.needs_order);
    let mut window = WindowFunction::new(WindowFunctionDefinition::AggregateUDF(func), params.args);
    let all = || {
        WindowFrame::new_bounds(
            WindowFrameUnits::Rows,
            WindowFrameBound::Preceding(ScalarValue::UInt64(None)),
            WindowFrameBound::Following(ScalarValue::UInt64(None)),
        )
    };
    window.params.partition_by = partition;
    window.params.filter = params.filter;
    window.params.distinct = params.distinct;
    window.params.null_treatment = params.null_treatment;
    match order_by {
        Some(order_by) => {
            window.params.order_by = order_by;
            window.params.window_frame = WindowFrame::new(Some(false));
        }
        None if follows.is_some() => {
            window.params.order_by = vec![if needs_order { marker() } else { source_marker() }];
            window.params.window_frame = all();
        }
        None if !params.order_by.is_empty() => {
            window.params.order_by = params.order_by;
            window.params.window_frame = all();
        }
        None => {}
    }
    Expr::from(window)
}

/// `call.over(partition_by, order_by, descending)`.
pub(super) fn over(scope: &Scope, args: &[Node], kwargs: &Named) -> Result<Expr> {
    let [inner] = args else {
        return Err(Error::new(Code::Argument, "over takes one call"));
    };
    if !is_window_call(inner) {
        return Err(Error::new(Code::Argument, "over: not a window expression")
            .with_hint("over follows a sequence function, a window function or an aggregate"));
    }
    let find = |name: &str| kwargs.iter().find(|(n, _)| n == name).map(|(_, a)| a).filter(|a| !a.is_nothing());
    let partition = find("partition_by").map(|a| keys(scope, a)).transpose()?;
    let order_by = find("order_by").map(|a| sort_keys(scope, a, find("descending"))).transpose()?;
    let (built, _) = decode(scope, inner, Stage::Raw)?;
    match built {
        Expr::WindowFunction(mut window) => {
            if let Some(partition) = partition {
                let given = !window.params.partition_by.is_empty() && scope.aggregates != Aggregates::OfRun;
                if given {
                    return Err(Error::new(Code::Argument, "over: the partition is given twice"));
                }
                window.params.partition_by = partition;
            }
            match order_by {
                Some(order_by) => window.params.order_by = order_by,
                None if follows_block(&window.params.order_by) => require(scope, &window)?,
                None => {}
            }
            signed(scope, Expr::WindowFunction(window))
        }
        aggregates => {
            let partition = partition.unwrap_or_default();
            let funnel = |e: &Expr| {
                Ok(matches!(e, Expr::AggregateFunction(a) if registry::ordered_aggregate(&a.func) == Some(Op::Funnel)))
            };
            if aggregates.exists(funnel)? {
                return Err(Error::new(Code::Argument, "over: funnel is an aggregate, never a window"));
            }
            each_aggregate(aggregates, |agg| windowed(agg, partition.clone(), order_by.clone()))
        }
    }
}

fn require(scope: &Scope, window: &WindowFunction) -> Result<()> {
    let name = window.fun.name();
    match registry::find(name) {
        Some(entry) if is_ours(window) && !entry.needs_order => Ok(()),
        _ => scope.require_order(name),
    }
}

fn is_window_call(node: &Node) -> bool {
    let Node::Call { func, .. } = node else { return false };
    match registry::find_method(func) {
        Some(method) => matches!(method.kind, MethodKind::Aggregate | MethodKind::Window),
        None => registry::find(func).is_none_or(|e| matches!(e.kind, Kind::Sequence | Kind::Aggregate)),
    }
}

/// Order keys with their directions; NULLs last going up, first going down.
fn sort_keys(scope: &Scope, order_by: &Arg, descending: Option<&Arg>) -> Result<Vec<SortExpr>> {
    let keys = keys(scope, order_by)?;
    let flags: Vec<bool> = match descending {
        None => vec![false; keys.len()],
        Some(Arg::Plain(Value::Bool(down))) => vec![*down; keys.len()],
        Some(Arg::Plain(Value::Array(flags))) => flags.iter().filter_map(Value::as_bool).collect(),
        Some(_) => vec![],
    };
    if flags.len() != keys.len() {
        return Err(Error::new(Code::Argument, "over: descending takes a boolean, or one for each key of order_by"));
    }
    Ok(keys.into_iter().zip(flags).map(|(e, down)| e.sort(!down, down)).collect())
}

/// The row's position from 0 along the order, in source order where none is declared.
pub(super) fn row_index(scope: &Scope) -> Result<Expr> {
    let number = row_number(scope.ctx, vec![whole()])?;
    Ok(number - Expr::Literal(ScalarValue::Int64(Some(1)), None))
}
