//! ROLLING, and the portable lowering of every call to standard windows.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use datafusion::common::{Result, ScalarValue};
use datafusion::functions_aggregate::average::Avg;
use datafusion::functions_aggregate::average::avg_udaf;
use datafusion::functions_aggregate::count::{Count, count_udaf};
use datafusion::functions_aggregate::median::Median;
use datafusion::functions_aggregate::min_max::{Max, Min, max_udaf, min_udaf};
use datafusion::functions_aggregate::stddev::{Stddev, StddevPop};
use datafusion::functions_aggregate::sum::{Sum, sum_udaf};
use datafusion::functions_aggregate::variance::{VariancePopulation, VarianceSample};
use datafusion::functions_window::lead_lag::{lag_udwf, lead_udwf};
use datafusion::functions_window::nth_value::{first_value_udwf, last_value_udwf, nth_value_udwf};
use datafusion::logical_expr::expr::WindowFunctionParams;
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::{
    AggregateUDF, Expr, ExprSchemable, Operator, WindowFrame, WindowFrameBound, WindowFrameUnits,
    WindowFunctionDefinition, binary_expr, cast, when,
};
use datafusion::prelude::lit;

use super::calls::{constant, fixed, integer};
use super::windows::{Resolver, Spec, all_rows, rows_to_here};
use crate::error::{Code, Error};
use crate::plan::sequence::{Frame, RollingOp, SeqKind};
use crate::registry::{Op, RollingAggregate, SequenceFunction, ordered_aggregate};

/// A frame as written, before the key's type is known.
enum Bounds {
    Rows(i64, i64),
    Interval(ScalarValue, ScalarValue),
}

fn argument(text: impl Into<String>) -> datafusion::common::DataFusionError {
    Error::new(Code::Argument, text).into()
}

impl Resolver<'_> {
    /// `ROLLING(agg(…), …)`: an own kernel where there is one, else the aggregate over a standard frame.
    pub(super) fn rolling(&mut self, function: &SequenceFunction, args: Vec<Expr>, spec: &Spec) -> Result<Expr> {
        let Some(agg) = function.rolling() else {
            return Err(argument("the first argument of ROLLING must be an aggregate call"));
        };
        let own = agg.arity + usize::from(agg.filtered);
        let mut inputs = args;
        let options = inputs.split_off(own.min(inputs.len()));
        let filter = if agg.filtered { inputs.pop() } else { None };
        let [n, min_periods, preceding, following] = fixed::<4>(options, Op::Rolling)?;
        let bounds = bounds(&n, &preceding, &following)?;
        let full = match &bounds {
            Bounds::Rows(a, b) => a.saturating_add(*b).saturating_add(1),
            Bounds::Interval(..) => 1,
        };
        let min_periods = integer(&min_periods, Op::Rolling, "min_periods", full)?;
        if min_periods < 0 {
            return Err(argument("min_periods of ROLLING must not be negative"));
        }
        let inputs = match filter {
            Some(filter) => inputs.into_iter().map(|x| when(filter.clone(), x).end()).collect::<Result<Vec<_>>>()?,
            None => inputs,
        };
        let output = self.rolling_type(agg, &inputs)?;
        if self.binder.kernels
            && let Some(expr) = self.rolling_kernel(agg, &inputs, &bounds, min_periods, &output, spec)?
        {
            return Ok(expr);
        }
        self.rolling_portable(agg, inputs, &bounds, min_periods, spec)
    }

    fn rolling_type(&self, agg: &RollingAggregate, inputs: &[Expr]) -> Result<DataType> {
        let fields = inputs.iter().map(|x| Ok(x.to_field(self.schema())?.1)).collect::<Result<Vec<_>>>()?;
        let fields = fields_with_udf(&fields, agg.udaf.as_ref())?;
        Ok(agg.udaf.return_field(&fields)?.data_type().clone())
    }

    fn rolling_kernel(
        &mut self,
        agg: &RollingAggregate,
        inputs: &[Expr],
        bounds: &Bounds,
        min_periods: i64,
        output: &DataType,
        spec: &Spec,
    ) -> Result<Option<Expr>> {
        let Some((op, x)) = kernel_call(&agg.udaf, inputs)? else { return Ok(None) };
        let distinct = agg.distinct
            && !matches!(op, RollingOp::Min | RollingOp::Max | RollingOp::First | RollingOp::Last | RollingOp::Nth(_));
        let rows = op == RollingOp::Count && matches!(x, Expr::Literal(value, _) if !value.is_null());
        let input = x.get_type(self.schema())?;
        if distinct || !kernel_takes(op, &input) {
            return Ok(None);
        }
        let mut args = vec![x.clone()];
        let frame = match bounds {
            Bounds::Rows(preceding, following) => Frame::Rows { preceding: *preceding, following: *following },
            Bounds::Interval(preceding, following) => {
                let (key, data_type) = self.interval_key(spec)?;
                let distances = (distance(preceding, &data_type), distance(following, &data_type));
                let (Some(preceding), Some(following)) = distances else { return Ok(None) };
                args.push(cast(key.expr.clone(), DataType::Int64));
                Frame::Range { preceding, following, descending: !key.asc }
            }
        };
        let kind = SeqKind::Rolling { op, frame, min_periods, rows };
        self.add(kind, args, spec, output.clone(), true).map(Some)
    }

    /// The one order key that an interval is measured along.
    pub(super) fn interval_key(&self, spec: &Spec) -> Result<(datafusion::logical_expr::SortExpr, DataType)> {
        let [key] = spec.keys.as_slice() else {
            return Err(Error::new(
                Code::Argument,
                format!("an interval needs exactly one order key, here are {}", spec.keys.len()),
            )
            .with_hint("write ORDERED BY ts, or a frame of rows")
            .into());
        };
        let data_type = key.expr.get_type(self.schema())?;
        if !data_type.is_temporal() {
            return Err(Error::new(
                Code::Type,
                format!("an interval needs an order key of date or time, not {data_type}"),
            )
            .into());
        }
        Ok((key.clone(), data_type))
    }

    fn rolling_portable(
        &mut self,
        agg: &RollingAggregate,
        inputs: Vec<Expr>,
        bounds: &Bounds,
        min_periods: i64,
        spec: &Spec,
    ) -> Result<Expr> {
        let (frame, order_by) = match bounds {
            Bounds::Rows(a, b) => (rows_frame(*a, *b), spec.tail()),
            Bounds::Interval(a, b) => {
                let (key, _) = self.interval_key(spec)?;
                let units = WindowFrameUnits::Range;
                let bounds = (WindowFrameBound::Preceding(a.clone()), WindowFrameBound::Following(b.clone()));
                (WindowFrame::new_bounds(units, bounds.0, bounds.1), vec![key])
            }
        };
        let window = |args: Vec<Expr>, distinct: bool| WindowFunctionParams {
            args,
            partition_by: spec.partition.clone(),
            order_by: order_by.clone(),
            window_frame: frame.clone(),
            filter: None,
            null_treatment: None,
            distinct,
        };
        // Conditions that the optimizer would find constant make equal calls under two names,
        // which common subexpression elimination then tears out of the window.
        let mut present: Option<Expr> = None;
        for x in &inputs {
            if x.nullable(self.schema())? {
                let known = x.clone().is_not_null();
                present = Some(present.map_or(known.clone(), |p| p.and(known)));
            }
        }
        let counted = match present {
            Some(present) => when(present, lit(1_i64)).end()?,
            None => lit(1_i64),
        };
        let count =
            self.add_window(WindowFunctionDefinition::AggregateUDF(count_udaf()), window(vec![counted], false))?;
        let fun = match ordered_aggregate(&agg.udaf) {
            Some(op) => value_in_frame(op)?,
            None => WindowFunctionDefinition::AggregateUDF(Arc::clone(&agg.udaf)),
        };
        let value = self.add_window(fun, window(inputs, agg.distinct))?;
        when(count.gt_eq(lit(min_periods)), value).end()
    }

    fn lowered(&self, args: Vec<Expr>, spec: &Spec, frame: WindowFrame) -> WindowFunctionParams {
        WindowFunctionParams {
            args,
            partition_by: spec.partition.clone(),
            order_by: spec.tail(),
            window_frame: frame,
            filter: None,
            null_treatment: None,
            distinct: false,
        }
    }

    pub(super) fn lower_shift(&mut self, x: Expr, n: i64, default: ScalarValue, spec: &Spec) -> Result<Expr> {
        let (udwf, distance) = if n >= 0 { (lag_udwf(), n) } else { (lead_udwf(), n.saturating_neg()) };
        let params = self.lowered(vec![x, lit(distance), lit(default)], spec, all_rows());
        self.add_window(WindowFunctionDefinition::WindowUDF(udwf), params)
    }

    pub(super) fn lower_cumulative(&mut self, op: Op, x: Expr, output: &DataType, spec: &Spec) -> Result<Expr> {
        let udaf = match op {
            Op::CumSum => sum_udaf(),
            Op::CumMin => min_udaf(),
            Op::CumMax => max_udaf(),
            Op::CumAvg => avg_udaf(),
            Op::CumCount => count_udaf(),
            _ => return Err(Error::new(Code::Internal, "no standard window for this running value").into()),
        };
        let params = self.lowered(vec![x], spec, rows_to_here());
        let value = self.add_window(WindowFunctionDefinition::AggregateUDF(udaf), params)?;
        Ok(if value.get_type(self.schema())? == *output { value } else { cast(value, output.clone()) })
    }

    /// Runs as running sums of their starts.
    pub(super) fn lower_runs(&mut self, op: Op, args: Vec<Expr>, spec: &Spec) -> Result<Expr> {
        let start = match op {
            Op::RunIdWhen => args.into_iter().next().unwrap_or_else(|| lit(false)).is_true(),
            Op::Streak => args.into_iter().next().unwrap_or_else(|| lit(false)).is_not_true(),
            _ => self.changed(args, spec)?,
        };
        let flag = when(start.clone(), lit(1_i64)).otherwise(lit(0_i64))?;
        let runs = self.running_sum(flag, spec)?;
        match op {
            Op::RunId => Ok(runs),
            Op::RunIdWhen => {
                // The first row belongs to run 0 even where its condition is true.
                let first = self.first_true(start, spec)?;
                Ok(runs - first)
            }
            _ => {
                let mut inner = spec.clone();
                inner.partition.push(runs);
                let params = WindowFunctionParams {
                    order_by: spec.tail(),
                    ..self.lowered(vec![lit(1_i64)], &inner, rows_to_here())
                };
                let count = self.add_window(WindowFunctionDefinition::AggregateUDF(count_udaf()), params)?;
                if op == Op::Streak {
                    // A run starts with the row that broke the streak, except before the first break.
                    let broken = self.running_sum(when(start.clone(), lit(1_i64)).otherwise(lit(0_i64))?, spec)?;
                    return when(start, lit(0_i64))
                        .when(broken.eq(lit(0_i64)), count.clone())
                        .otherwise(count - lit(1_i64));
                }
                Ok(count - lit(1_i64))
            }
        }
    }

    fn running_sum(&mut self, flag: Expr, spec: &Spec) -> Result<Expr> {
        let params = self.lowered(vec![flag], spec, rows_to_here());
        self.add_window(WindowFunctionDefinition::AggregateUDF(sum_udaf()), params)
    }

    fn first_true(&mut self, start: Expr, spec: &Spec) -> Result<Expr> {
        let flag = when(start, lit(1_i64)).otherwise(lit(0_i64))?;
        let udaf = super::aggregate::stock_of(Op::First)?;
        let params = self.lowered(vec![flag], spec, rows_to_here());
        self.add_window(WindowFunctionDefinition::AggregateUDF(udaf), params)
    }

    /// True where any key differs from the row before; false on the first row.
    fn changed(&mut self, keys: Vec<Expr>, spec: &Spec) -> Result<Expr> {
        let mut changed = lit(false);
        let params = self.lowered(vec![lit(1_i64)], spec, all_rows());
        let before = self.add_window(WindowFunctionDefinition::WindowUDF(lag_udwf()), params)?;
        for key in keys {
            let params = self.lowered(vec![key.clone()], spec, all_rows());
            let last = self.add_window(WindowFunctionDefinition::WindowUDF(lag_udwf()), params)?;
            changed = changed.or(binary_expr(key, Operator::IsDistinctFrom, last));
        }
        Ok(before.is_not_null().and(changed))
    }
}

/// FIRST, LAST and NTH as the standard functions that read a row of the frame.
fn value_in_frame(op: Op) -> Result<WindowFunctionDefinition> {
    Ok(WindowFunctionDefinition::WindowUDF(match op {
        Op::First => first_value_udwf(),
        Op::Last => last_value_udwf(),
        Op::Nth => nth_value_udwf(),
        _ => return Err(Error::new(Code::NotSupported, "this aggregate inside ROLLING").into()),
    }))
}

fn rows_frame(preceding: i64, following: i64) -> WindowFrame {
    let bound = |n: i64, back: bool| {
        let size = ScalarValue::UInt64(Some(n.unsigned_abs()));
        if (n >= 0) == back { WindowFrameBound::Preceding(size) } else { WindowFrameBound::Following(size) }
    };
    WindowFrame::new_bounds(WindowFrameUnits::Rows, bound(preceding, true), bound(following, false))
}

fn bounds(n: &Expr, preceding: &Expr, following: &Expr) -> Result<Bounds> {
    let values = [n, preceding, following].map(constant);
    let [n, preceding, following] = values;
    let missing = || argument("the frame of ROLLING must be constant: a number of rows or an interval");
    let n = n?.ok_or_else(missing)?;
    let (preceding, following) = (preceding?.ok_or_else(missing)?, following?.ok_or_else(missing)?);
    if n.is_null() && preceding.is_null() && following.is_null() {
        return Err(argument("ROLLING needs a frame: a number of rows or an interval"));
    }
    if !(n.is_null() || preceding.is_null() && following.is_null()) {
        return Err(argument("ROLLING takes n, or preceding and following, not both"));
    }
    if !n.is_null() {
        return match &n {
            value if value.data_type().is_integer() => {
                let rows = whole(value)?;
                if rows < 1 {
                    return Err(argument(format!("n of ROLLING must be at least 1, not {rows}")));
                }
                Ok(Bounds::Rows(rows - 1, 0))
            }
            value => Ok(Bounds::Interval(interval(value)?, zero())),
        };
    }
    let given = [&preceding, &following].into_iter().find(|v| !v.is_null());
    if given.is_some_and(|v| v.data_type().is_integer()) {
        let side = |v: &ScalarValue| if v.is_null() { Ok(0) } else { whole(v) };
        let (a, b) = (side(&preceding)?, side(&following)?);
        if a.saturating_add(b) < 0 {
            return Err(argument("the frame of ROLLING ends before it starts"));
        }
        return Ok(Bounds::Rows(a, b));
    }
    let side = |v: &ScalarValue| if v.is_null() { Ok(zero()) } else { interval(v) };
    Ok(Bounds::Interval(side(&preceding)?, side(&following)?))
}

fn zero() -> ScalarValue {
    ScalarValue::new_interval_mdn(0, 0, 0)
}

fn whole(value: &ScalarValue) -> Result<i64> {
    match value.cast_to(&DataType::Int64)? {
        ScalarValue::Int64(Some(n)) if value.data_type().is_integer() => Ok(n),
        _ => Err(argument("preceding and following of ROLLING must be both rows or both intervals")),
    }
}

/// The frame as months, days and nanoseconds; a duration counts nanoseconds.
pub(crate) fn interval(value: &ScalarValue) -> Result<ScalarValue> {
    let target = DataType::Interval(IntervalUnit::MonthDayNano);
    match value.data_type() {
        DataType::Interval(_) => value.cast_to(&target),
        DataType::Duration(unit) => {
            let ScalarValue::Int64(Some(n)) = value.cast_to(&DataType::Int64)? else {
                return Err(argument("the frame of ROLLING must not be NULL"));
            };
            let nanos = n.checked_mul(nanos_per(unit)).ok_or_else(|| argument("the frame of ROLLING is too long"))?;
            Ok(ScalarValue::new_interval_mdn(0, 0, nanos))
        }
        other => Err(argument(format!("the frame of ROLLING must be a number of rows or an interval, not {other}"))),
    }
}

fn nanos_per(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}

const DAY: i64 = 86_400_000_000_000;

/// An interval as a distance between keys of a type; none where it has no fixed length.
pub(crate) fn distance(value: &ScalarValue, key: &DataType) -> Option<i64> {
    let ScalarValue::IntervalMonthDayNano(Some(i)) = value else { return None };
    let zoned = matches!(key, DataType::Timestamp(_, Some(_)));
    if i.months != 0 || (zoned && i.days != 0) {
        return None;
    }
    let nanos = i64::from(i.days).checked_mul(DAY)?.checked_add(i.nanoseconds)?;
    let unit = match key {
        DataType::Timestamp(unit, _) | DataType::Time64(unit) | DataType::Time32(unit) | DataType::Duration(unit) => {
            nanos_per(*unit)
        }
        DataType::Date32 => DAY,
        DataType::Date64 => 1_000_000,
        _ => return None,
    };
    (nanos >= 0).then_some(nanos / unit)
}

/// The kernel's aggregate and its value.
fn kernel_call<'a>(udaf: &AggregateUDF, inputs: &'a [Expr]) -> Result<Option<(RollingOp, &'a Expr)>> {
    Ok(match (ordered_aggregate(udaf), inputs) {
        (Some(Op::First), [x]) => Some((RollingOp::First, x)),
        (Some(Op::Last), [x]) => Some((RollingOp::Last, x)),
        (Some(Op::Nth), [x, n]) => {
            let n = integer(n, Op::Nth, "n", 0)?;
            if n < 1 {
                return Err(argument(format!("n of NTH counts from 1, not {n}")));
            }
            Some((RollingOp::Nth(n.unsigned_abs()), x))
        }
        (None, [x]) => kernel_of(udaf).map(|op| (op, x)),
        _ => None,
    })
}

/// The kernel of a stock aggregate.
pub(crate) fn kernel_of(udaf: &AggregateUDF) -> Option<RollingOp> {
    let inner = udaf.inner();
    Some(if inner.downcast_ref::<Sum>().is_some() {
        RollingOp::Sum
    } else if inner.downcast_ref::<Avg>().is_some() {
        RollingOp::Avg
    } else if inner.downcast_ref::<Min>().is_some() {
        RollingOp::Min
    } else if inner.downcast_ref::<Max>().is_some() {
        RollingOp::Max
    } else if inner.downcast_ref::<Count>().is_some() {
        RollingOp::Count
    } else if inner.downcast_ref::<VarianceSample>().is_some() {
        RollingOp::VarSamp
    } else if inner.downcast_ref::<VariancePopulation>().is_some() {
        RollingOp::VarPop
    } else if inner.downcast_ref::<Stddev>().is_some() {
        RollingOp::StddevSamp
    } else if inner.downcast_ref::<StddevPop>().is_some() {
        RollingOp::StddevPop
    } else if inner.downcast_ref::<Median>().is_some() {
        RollingOp::Median
    } else {
        return None;
    })
}

/// Can a kernel read this type?
pub(crate) fn kernel_takes(op: RollingOp, input: &DataType) -> bool {
    let number = input.is_integer() || input.is_floating() || matches!(input, DataType::Decimal128(..));
    match op {
        RollingOp::Count | RollingOp::First | RollingOp::Last | RollingOp::Nth(_) => true,
        RollingOp::Sum | RollingOp::Avg => number,
        RollingOp::Min | RollingOp::Max => {
            number || input.is_temporal() || *input == DataType::Boolean || input.is_string()
        }
        RollingOp::Median => matches!(input, DataType::Float64),
        _ => input.is_integer() || input.is_floating(),
    }
}
