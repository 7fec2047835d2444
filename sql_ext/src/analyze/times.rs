//! Times of day of different units compare: the stock coercion knows no common type for them.
//! Frames of time go along keys of time: it would read the interval as a number.

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, WindowFrameBound, WindowFrameUnits, cast,
};
use datafusion::optimizer::analyzer::AnalyzerRule;

use crate::error::{Code, Error};
use crate::types::type_name;

/// Casts both sides of a comparison of two units to nanoseconds.
///
/// ```text
/// Filter: t = TIME64(µs) '01:02'      Filter: t = CAST(TIME64(µs) '01:02' AS Time64(ns))
///   TableScan: a (t Time64(ns))   ⇒     TableScan: a
/// ```
#[derive(Debug)]
pub(super) struct CompareTimes;

impl AnalyzerRule for CompareTimes {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|node| {
            let schema = merge_schema(&node.inputs());
            node.map_expressions(|expr| expr.transform_up(|e| common(e, &schema)))
        })
        .map(|t| t.data)
    }

    fn name(&self) -> &str {
        "compare_times"
    }
}

fn common(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let (left, op, right) = match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => (left, op, right),
        Expr::WindowFunction(call) => {
            check_frame(&call, schema)?;
            return Ok(Transformed::no(Expr::WindowFunction(call)));
        }
        other => return Ok(Transformed::no(other)),
    };
    let is_time = |e: &Expr| e.get_type(schema).ok().filter(|t| matches!(t, DataType::Time32(_) | DataType::Time64(_)));
    match (is_time(&left), is_time(&right)) {
        (Some(l), Some(r)) if l != r && compares(op) => {
            let fine = DataType::Time64(TimeUnit::Nanosecond);
            let fit = |e: Box<Expr>, from: DataType| if from == fine { e } else { Box::new(cast(*e, fine.clone())) };
            let (left, right) = (fit(left, l), fit(right, r));
            Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr { left, op, right })))
        }
        _ => Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right }))),
    }
}

/// Fails where the distances of a RANGE frame are none along its key.
fn check_frame(call: &WindowFunction, schema: &DFSchema) -> Result<()> {
    let frame = &call.params.window_frame;
    let [key] = call.params.order_by.as_slice() else { return Ok(()) };
    let Some(found) = key.expr.get_type(schema).ok().filter(|t| t.is_numeric()) else { return Ok(()) };
    if frame.units != WindowFrameUnits::Range {
        return Ok(());
    }
    for bound in [&frame.start_bound, &frame.end_bound] {
        if let WindowFrameBound::Preceding(distance) | WindowFrameBound::Following(distance) = bound
            && distance.cast_to(&found).is_err()
        {
            let (name, found) = (call.fun.name().to_uppercase(), type_name(&found));
            let text = format!("{name} over a RANGE of '{distance}' needs an order key of date or time, not {found}");
            return Err(Error::new(Code::Type, text).with_hint("measure the RANGE in the key's own numbers").into());
        }
    }
    Ok(())
}

fn compares(op: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}
