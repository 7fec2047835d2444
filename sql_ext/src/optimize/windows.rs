//! Standard windows that own kernels compute.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::WindowFunctionParams;
use datafusion::logical_expr::{
    Expr, ExprSchemable, LogicalPlan, Projection, SortExpr, Window, WindowFrame, WindowFrameBound, WindowFrameUnits,
    WindowFunctionDefinition, cast, when,
};
use datafusion::optimizer::AnalyzerRule;

use super::correlated::predicates;
use crate::analyze::{distance, interval, kernel_of, kernel_takes};
use crate::order::MARK;
use crate::plan::extension;
use crate::plan::sequence::{Frame, RollingOp, SeqCall, SeqKind, SequenceNode};
use crate::registry::Op;

/// The rule; see the module above.
#[derive(Debug)]
pub struct OwnWindows;

impl AnalyzerRule for OwnWindows {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let mut names = 0;
        let routed = plan.transform_up_with_subqueries(|node| match node {
            // A correlated subquery becomes a join, which sees through stock nodes only.
            LogicalPlan::Window(window) if predicates(&window.input)?.is_empty() => window_node(window, &mut names),
            other => Ok(Transformed::no(other)),
        })?;
        Ok(routed.data)
    }

    fn name(&self) -> &str {
        "own_windows"
    }
}

/// Calls that share partition and order.
struct Group {
    partition: Vec<Expr>,
    sort: Vec<SortExpr>,
    calls: Vec<SeqCall>,
}

fn window_node(window: Window, names: &mut usize) -> Result<Transformed<LogicalPlan>> {
    let schema = window.input.schema();
    let inputs = schema.fields().len();
    let mut groups: Vec<Group> = vec![];
    let mut rest = vec![];
    let mut outputs: Vec<Expr> = window.schema.iter().take(inputs).map(|f| Expr::Column(Column::from(f))).collect();
    for (i, expr) in window.window_expr.iter().enumerate() {
        let (relation, field) = window.schema.qualified_field(inputs + i);
        let Some((group, kind, args)) = own_call(expr, schema)? else {
            rest.push(expr.clone());
            outputs.push(Expr::Column(Column::from((relation, field))));
            continue;
        };
        let name = format!("{MARK}own{names}");
        *names += 1;
        outputs.push(Expr::Column(Column::from_name(&name)).alias_qualified(relation.cloned(), field.name()));
        let call = SeqCall { kind, args, name, data_type: field.data_type().clone(), nullable: field.is_nullable() };
        match groups.iter_mut().find(|g| g.partition == group.partition && g.sort == group.sort) {
            Some(same) => same.calls.push(call),
            None => groups.push(Group { calls: vec![call], ..group }),
        }
    }
    if groups.is_empty() {
        return Ok(Transformed::no(LogicalPlan::Window(window)));
    }
    let mut plan = Arc::unwrap_or_clone(window.input);
    for group in groups {
        plan = extension(SequenceNode::try_new(plan, group.partition, group.sort, group.calls)?);
    }
    if !rest.is_empty() {
        plan = LogicalPlan::Window(Window::try_new(rest, Arc::new(plan))?);
    }
    Ok(Transformed::yes(LogicalPlan::Projection(Projection::try_new(outputs, Arc::new(plan))?)))
}

/// A window call as a call of the sequence operator, if a kernel computes it.
fn own_call(expr: &Expr, schema: &DFSchema) -> Result<Option<(Group, SeqKind, Vec<Expr>)>> {
    let Expr::WindowFunction(call) = unaliased(expr) else { return Ok(None) };
    let WindowFunctionDefinition::AggregateUDF(udaf) = &call.fun else { return Ok(None) };
    let params = &call.params;
    let (Some(op), [x]) = (kernel_of(udaf), params.args.as_slice()) else { return Ok(None) };
    let constant = |e: &Expr| e.column_refs().is_empty();
    let keys = params.order_by.iter().map(|k| &k.expr).chain(&params.partition_by);
    if params.distinct
        || params.null_treatment.is_some()
        || params.order_by.is_empty()
        || keys.into_iter().any(constant)
        || op == RollingOp::Median
        || !kernel_takes(op, &x.get_type(schema)?)
    {
        return Ok(None);
    }
    let rows = op == RollingOp::Count && matches!(x, Expr::Literal(value, _) if !value.is_null());
    let (x, rows) = match &params.filter {
        Some(filter) => (when(filter.as_ref().clone(), x.clone()).end()?, false),
        None => (x.clone(), rows),
    };
    let Some((kind, key)) = kind(op, rows, params, schema)? else { return Ok(None) };
    let mut args = vec![x];
    args.extend(key);
    let mut sort: Vec<SortExpr> = params.partition_by.iter().map(|e| e.clone().sort(true, false)).collect();
    sort.extend(params.order_by.iter().cloned());
    Ok(Some((Group { partition: params.partition_by.clone(), sort, calls: vec![] }, kind, args)))
}

fn unaliased(expr: &Expr) -> &Expr {
    match expr {
        Expr::Alias(alias) => unaliased(&alias.expr),
        other => other,
    }
}

/// What the kernel does, and the key that a RANGE frame measures along.
fn kind(
    op: RollingOp,
    rows: bool,
    params: &WindowFunctionParams,
    schema: &DFSchema,
) -> Result<Option<(SeqKind, Option<Expr>)>> {
    let frame = &params.window_frame;
    let rolling = |frame| SeqKind::Rolling { op, frame, min_periods: 0, rows };
    match frame.units {
        WindowFrameUnits::Rows
            if frame.start_bound.is_unbounded() && frame.end_bound == WindowFrameBound::CurrentRow =>
        {
            Ok(cumulative(op).map(|op| (SeqKind::Cumulative(op), None)))
        }
        WindowFrameUnits::Rows => Ok(row_frame(frame).map(|frame| (rolling(frame), None))),
        WindowFrameUnits::Range => {
            Ok(range_frame(frame, &params.order_by, schema)?.map(|(frame, key)| (rolling(frame), Some(key))))
        }
        WindowFrameUnits::Groups => Ok(None),
    }
}

fn cumulative(op: RollingOp) -> Option<Op> {
    Some(match op {
        RollingOp::Sum => Op::CumSum,
        RollingOp::Avg => Op::CumAvg,
        RollingOp::Min => Op::CumMin,
        RollingOp::Max => Op::CumMax,
        RollingOp::Count => Op::CumCount,
        _ => return None,
    })
}

/// Distances back and ahead, both ends of the frame counted towards its own side.
fn distances(frame: &WindowFrame, measure: impl Fn(&ScalarValue) -> Option<i64>) -> Option<(i64, i64)> {
    let toward = |bound: &WindowFrameBound, back: bool| match bound {
        WindowFrameBound::CurrentRow => Some(0),
        WindowFrameBound::Preceding(n) if !n.is_null() => measure(n).map(|n| if back { n } else { -n }),
        WindowFrameBound::Following(n) if !n.is_null() => measure(n).map(|n| if back { -n } else { n }),
        _ => None,
    };
    let (preceding, following) = (toward(&frame.start_bound, true)?, toward(&frame.end_bound, false)?);
    // A frame that ends before it starts is left to stock.
    (preceding.checked_add(following)? >= 0).then_some((preceding, following))
}

fn whole(value: &ScalarValue) -> Option<i64> {
    match value.cast_to(&DataType::Int64) {
        Ok(ScalarValue::Int64(Some(n))) if value.data_type().is_integer() && (0..i64::MAX / 4).contains(&n) => Some(n),
        _ => None,
    }
}

fn row_frame(frame: &WindowFrame) -> Option<Frame> {
    let (preceding, following) = distances(frame, whole)?;
    Some(Frame::Rows { preceding, following })
}

fn range_frame(frame: &WindowFrame, order: &[SortExpr], schema: &DFSchema) -> Result<Option<(Frame, Expr)>> {
    let [key] = order else { return Ok(None) };
    let data_type = key.expr.get_type(schema)?;
    let narrow = data_type.is_integer() && data_type != DataType::UInt64;
    let measured = match &data_type {
        _ if narrow => distances(frame, whole),
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => {
            distances(frame, |value| distance(&interval(value).ok()?, &data_type))
        }
        _ => None,
    };
    Ok(measured.map(|(preceding, following)| {
        let frame = Frame::Range { preceding, following, descending: !key.asc };
        (frame, cast(key.expr.clone(), DataType::Int64))
    }))
}
