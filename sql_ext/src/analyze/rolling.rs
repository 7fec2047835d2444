//! ROLLING: an own kernel, the aggregate anew for each frame, or the aggregate over a standard frame.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, FieldRef, TimeUnit};
use datafusion::common::{Result, ScalarValue};
use datafusion::functions_aggregate::average::Avg;
use datafusion::functions_aggregate::correlation::Correlation;
use datafusion::functions_aggregate::count::{Count, count_udaf};
use datafusion::functions_aggregate::covariance::{CovariancePopulation, CovarianceSample};
use datafusion::functions_aggregate::median::Median;
use datafusion::functions_aggregate::min_max::{Max, Min};
use datafusion::functions_aggregate::nth_value::NthValueAgg;
use datafusion::functions_aggregate::percentile_cont::PercentileCont;
use datafusion::functions_aggregate::regr::Regr;
use datafusion::functions_aggregate::stddev::{Stddev, StddevPop};
use datafusion::functions_aggregate::variance::{VariancePopulation, VarianceSample};
use datafusion::functions_window::nth_value::{first_value_udwf, last_value_udwf, nth_value_udwf};
use datafusion::logical_expr::expr::WindowFunctionParams;
use datafusion::logical_expr::{
    AggregateUDF, Expr, ExprSchemable, SortExpr, WindowFrame, WindowFrameBound, WindowFrameUnits,
    WindowFunctionDefinition, cast, when,
};
use datafusion::prelude::lit;

use super::aggregate::{lower, stock_of};
use super::calls::{constant, fixed, integer, name_of};
use super::frames::{Bounds, argument, bounds, distance};
use super::windows::{Resolver, Spec};
use crate::error::{Code, Error};
use crate::plan::FrameCall;
use crate::plan::sequence::{Frame, RollingOp, SeqKind};
use crate::registry::{Op, RollingAggregate, SequenceFunction, is_sum, ordered_aggregate, taken_fields};
use crate::types::type_name;

/// A ROLLING call with its options resolved.
struct Rolled<'a> {
    agg: &'a RollingAggregate,
    inputs: Vec<Expr>,
    /// `agg(… ORDER BY …)`.
    sorts: Vec<SortExpr>,
    filter: Option<Expr>,
    bounds: Bounds,
    min_periods: i64,
    output: DataType,
}

impl Rolled<'_> {
    /// The inputs, NULL where the filter does not hold.
    fn masked(&self) -> Result<Vec<Expr>> {
        let masked = |x: &Expr| match &self.filter {
            Some(filter) => when(filter.clone(), x.clone()).end(),
            None => Ok(x.clone()),
        };
        self.inputs.iter().map(masked).collect()
    }
}

impl Resolver<'_> {
    /// `ROLLING(agg(…), …)`.
    pub(super) fn rolling(&mut self, function: &SequenceFunction, args: Vec<Expr>, spec: &Spec) -> Result<Expr> {
        let Some(agg) = function.rolling() else {
            return Err(argument("the first argument of ROLLING must be an aggregate call"));
        };
        let own = agg.arity + agg.sorts.len() + usize::from(agg.filtered);
        let mut inputs = args;
        let options = inputs.split_off(own.min(inputs.len()));
        let filter = if agg.filtered { inputs.pop() } else { None };
        let keys = inputs.split_off(agg.arity.min(inputs.len()));
        let sorts = keys.into_iter().zip(&agg.sorts).map(|(e, (asc, first))| e.sort(*asc, *first)).collect();
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
        nth_from_one(agg, &inputs)?;
        let inputs = self.with_types(agg, inputs)?;
        let output = self.rolling_type(agg, &inputs)?;
        let rolled = Rolled { agg, inputs, sorts, filter, bounds, min_periods, output };
        // A standard window sums frames that are not full yet, and may overflow where nobody looks.
        let unseen = rolled.min_periods > 1 && kernel_of(&agg.udaf) == Some(RollingOp::Sum);
        if (self.binder.kernels || unseen && !rolled.output.is_floating())
            && let Some(expr) = self.rolling_kernel(&rolled, spec)?
        {
            return Ok(expr);
        }
        match self.recomputed(&rolled, spec)? {
            Some(expr) => Ok(expr),
            None => self.rolling_portable(rolled, spec),
        }
    }

    fn rolling_type(&self, agg: &RollingAggregate, inputs: &[Expr]) -> Result<DataType> {
        Ok(agg.udaf.return_field(&self.taken(&agg.udaf, inputs)?)?.data_type().clone())
    }

    /// The inputs, those without a type cast to the one that the aggregate takes.
    fn with_types(&self, agg: &RollingAggregate, inputs: Vec<Expr>) -> Result<Vec<Expr>> {
        let taken = self.taken(&agg.udaf, &inputs)?;
        let typed = |(x, to): (Expr, &FieldRef)| -> Result<Expr> {
            let untyped = x.get_type(self.schema())?.is_null() && !to.data_type().is_null();
            Ok(if untyped { cast(x, to.data_type().clone()) } else { x })
        };
        inputs.into_iter().zip(&taken).map(typed).collect()
    }

    /// The inputs as the aggregate takes them.
    fn taken(&self, udaf: &AggregateUDF, inputs: &[Expr]) -> Result<Vec<FieldRef>> {
        let fields = inputs.iter().map(|x| Ok(x.to_field(self.schema())?.1)).collect::<Result<Vec<_>>>()?;
        taken_fields(udaf, &fields)
    }

    fn rolling_kernel(&mut self, rolled: &Rolled, spec: &Spec) -> Result<Option<Expr>> {
        let Rolled { agg, bounds, min_periods, .. } = rolled;
        let inputs = rolled.masked()?;
        let call = match quantile(rolled) {
            Some(op) => inputs.first().map(|x| (op, x)),
            None if !rolled.sorts.is_empty() || agg.ignore_nulls => None,
            None => kernel_call(&agg.udaf, &inputs)?,
        };
        let Some((op, x)) = call else { return Ok(None) };
        let reads_row = matches!(op, RollingOp::First | RollingOp::Last | RollingOp::Nth(_));
        // A row that a filter leaves out is no NULL that could be read.
        if reads_row && rolled.filter.is_some() {
            return Ok(None);
        }
        let distinct = agg.distinct && !reads_row && !matches!(op, RollingOp::Min | RollingOp::Max);
        let rows = op == RollingOp::Count && matches!(x, Expr::Literal(value, _) if !value.is_null());
        let input = x.get_type(self.schema())?;
        if distinct || !kernel_takes(op, &input) {
            return Ok(None);
        }
        let mut args = vec![x.clone()];
        let Some(frame) = self.frame(bounds, spec, &mut args)? else { return Ok(None) };
        let kind = SeqKind::Rolling { op, frame, min_periods: *min_periods, rows };
        self.add(kind, args, spec, rolled.output.clone(), true).map(Some)
    }

    /// The frame of a kernel, whose key joins the arguments; none for an interval of no fixed length.
    fn frame(&self, bounds: &Bounds, spec: &Spec, args: &mut Vec<Expr>) -> Result<Option<Frame>> {
        let (preceding, following) = match bounds {
            Bounds::Rows(preceding, following) => {
                return Ok(Some(Frame::Rows { preceding: *preceding, following: *following }));
            }
            Bounds::Interval(preceding, following) => (preceding, following),
        };
        let (key, data_type) = self.interval_key(spec, Op::Rolling)?;
        let distances = (distance(preceding, &data_type), distance(following, &data_type));
        let (Some(preceding), Some(following)) = distances else { return Ok(None) };
        args.push(cast(key.expr.clone(), DataType::Int64));
        Ok(Some(Frame::Range { preceding, following, descending: !key.asc }))
    }

    /// The aggregate anew for each frame, unless it can slide and comes to no harm by it.
    fn recomputed(&mut self, rolled: &Rolled, spec: &Spec) -> Result<Option<Expr>> {
        let reads_row = matches!(ordered_aggregate(&rolled.agg.udaf), Some(Op::First | Op::Last | Op::Nth));
        if reads_row && rolled.sorts.is_empty() && rolled.filter.is_none() && !rolled.agg.ignore_nulls {
            return Ok(None);
        }
        let (call, counted, mut args) = self.frame_call(rolled, spec)?;
        let types = args.iter().map(|x| x.get_type(self.schema())).collect::<Result<Vec<_>>>()?;
        let plain = call.sorts.is_empty() && !call.filtered && !call.ignore_nulls;
        let slides = plain && call.slides(&types);
        if slides && !keeps_traces(&call.udaf) {
            return Ok(None);
        }
        let Some(frame) = self.frame(&rolled.bounds, spec, &mut args)? else {
            let name = call.udaf.name().to_uppercase();
            return if slides {
                Ok(None)
            } else {
                let text = format!("ROLLING({name}(…)) over an interval of months");
                Err(Error::new(Code::NotSupported, text).with_hint("write days or hours").into())
            };
        };
        let kind = SeqKind::Recomputed { call, frame, min_periods: rolled.min_periods, counted };
        self.add(kind, args, spec, rolled.output.clone(), true).map(Some)
    }

    /// The aggregate, how many of its columns count towards `min_periods`, and the columns.
    fn frame_call(&self, rolled: &Rolled, spec: &Spec) -> Result<(FrameCall, usize, Vec<Expr>)> {
        let agg = rolled.agg;
        let (mut inputs, mut filter, mut sorts) = (rolled.inputs.clone(), rolled.filter.clone(), rolled.sorts.clone());
        let mut udaf = Arc::clone(&agg.udaf);
        let mut counted = inputs.len();
        if let Some(op) = ordered_aggregate(&udaf) {
            let lowered = lower(op, inputs, filter, agg.ignore_nulls, self.schema())?;
            (inputs, filter, sorts) = (lowered.args, lowered.filter, lowered.by);
            counted = inputs.len() + sorts.len();
            sorts.extend(spec.tail());
            udaf = stock_of(op)?;
        }
        let coerced = self.taken(&udaf, &inputs)?;
        let same = |(x, to): (Expr, &FieldRef)| -> Result<Expr> {
            Ok(if x.get_type(self.schema())? == *to.data_type() { x } else { cast(x, to.data_type().clone()) })
        };
        let inputs = inputs.into_iter().zip(&coerced).map(same).collect::<Result<Vec<_>>>()?;
        let call = FrameCall {
            udaf,
            inputs: inputs.iter().map(constant).collect::<Result<_>>()?,
            sorts: sorts.iter().map(|k| (!k.asc, k.nulls_first)).collect(),
            filtered: filter.is_some(),
            distinct: agg.distinct,
            ignore_nulls: agg.ignore_nulls && ordered_aggregate(&agg.udaf).is_none(),
        };
        let args = inputs.into_iter().chain(sorts.into_iter().map(|k| k.expr)).chain(filter).collect();
        Ok((call, counted, args))
    }

    /// The one order key that an interval is measured along.
    pub(super) fn interval_key(&self, spec: &Spec, op: Op) -> Result<(SortExpr, DataType)> {
        let [key] = spec.keys.as_slice() else {
            return Err(Error::new(
                Code::Argument,
                format!("{} over an interval needs exactly one order key, here are {}", name_of(op), spec.keys.len()),
            )
            .with_hint("write ORDERED BY ts, or a frame of rows")
            .into());
        };
        let data_type = key.expr.get_type(self.schema())?;
        if !data_type.is_temporal() && data_type != DataType::Null {
            return Err(Error::new(
                Code::Type,
                format!(
                    "{} over an interval needs an order key of date or time, not {}",
                    name_of(op),
                    type_name(&data_type)
                ),
            )
            .into());
        }
        Ok((key.clone(), data_type))
    }

    fn rolling_portable(&mut self, rolled: Rolled, spec: &Spec) -> Result<Expr> {
        let Rolled { agg, min_periods, .. } = rolled;
        let inputs = rolled.masked()?;
        let (frame, order_by) = match &rolled.bounds {
            Bounds::Rows(a, b) => (rows_frame(*a, *b), spec.tail()),
            Bounds::Interval(a, b) => {
                let (mut key, data_type) = self.interval_key(spec, Op::Rolling)?;
                if data_type == DataType::Null {
                    key.expr = cast(key.expr, DataType::Timestamp(TimeUnit::Nanosecond, None));
                }
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
}

/// FIRST, LAST and NTH as the standard functions that read a row of the frame.
pub(super) fn value_in_frame(op: Op) -> Result<WindowFunctionDefinition> {
    Ok(WindowFunctionDefinition::WindowUDF(match op {
        Op::First => first_value_udwf(),
        Op::Last => last_value_udwf(),
        Op::Nth => nth_value_udwf(),
        _ => return Err(Error::new(Code::NotSupported, "this aggregate over a frame").into()),
    }))
}

fn rows_frame(preceding: i64, following: i64) -> WindowFrame {
    let bound = |n: i64, back: bool| {
        let size = ScalarValue::UInt64(Some(n.unsigned_abs()));
        if (n >= 0) == back { WindowFrameBound::Preceding(size) } else { WindowFrameBound::Following(size) }
    };
    WindowFrame::new_bounds(WindowFrameUnits::Rows, bound(preceding, true), bound(following, false))
}

/// PERCENTILE_CONT(x, p), or WITHIN GROUP (ORDER BY x), of a constant p.
fn quantile(rolled: &Rolled) -> Option<RollingOp> {
    let ([x, p], false) = (rolled.inputs.as_slice(), rolled.agg.ignore_nulls) else { return None };
    rolled.agg.udaf.inner().downcast_ref::<PercentileCont>()?;
    let descending = match rolled.sorts.as_slice() {
        [] => false,
        [sort] if sort.expr == *x => !sort.asc,
        _ => return None,
    };
    let Expr::Literal(p, _) = p else { return None };
    let ScalarValue::Float64(Some(p)) = p.cast_to(&DataType::Float64).ok()? else { return None };
    (0.0..=1.0).contains(&p).then(|| RollingOp::Quantile(if descending { 1.0 - p } else { p }.to_bits()))
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

/// The stock function checks its n only while it runs.
fn nth_from_one(agg: &RollingAggregate, inputs: &[Expr]) -> Result<()> {
    if agg.udaf.inner().downcast_ref::<NthValueAgg>().is_some()
        && let Some(n) = inputs.get(1)
        && let Some(ScalarValue::Int64(Some(0))) = constant(n)?
    {
        return Err(argument("n of NTH_VALUE counts from 1, or from -1 for the end, and is never 0"));
    }
    Ok(())
}

/// Does a value that has left its frame leave a trace, when it slides?
fn keeps_traces(udaf: &AggregateUDF) -> bool {
    let inner = udaf.inner();
    inner.downcast_ref::<Correlation>().is_some()
        || inner.downcast_ref::<CovarianceSample>().is_some()
        || inner.downcast_ref::<CovariancePopulation>().is_some()
        || inner.downcast_ref::<Regr>().is_some()
}

/// The kernel of a stock aggregate.
pub(crate) fn kernel_of(udaf: &AggregateUDF) -> Option<RollingOp> {
    let inner = udaf.inner();
    Some(if is_sum(udaf) {
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
        RollingOp::Median | RollingOp::Quantile(_) => number,
        _ => input.is_integer() || input.is_floating(),
    }
}
