//! Sequence functions: constant arguments resolved, composite functions spelled out.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::{NullTreatment, WindowFunctionParams};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Expr, ExprSchemable, cast};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::prelude::lit;

use super::windows::{Resolver, Spec};
use crate::error::{Code, Error};
use crate::plan::sequence::SeqKind;
use crate::registry::{Op, SequenceFunction, entries};
use crate::types::type_name;

impl Resolver<'_> {
    /// The expression that a sequence call becomes.
    pub(super) fn sequence(
        &mut self,
        function: &SequenceFunction,
        params: WindowFunctionParams,
        spec: &Spec,
    ) -> Result<Expr> {
        let op = function.op();
        let mut params = params;
        if params.filter.is_some() || params.distinct {
            let text = format!("{} takes no FILTER and no DISTINCT", name_of(op));
            return Err(Error::new(Code::Argument, text).into());
        }
        let nulls = params.null_treatment == Some(NullTreatment::IgnoreNulls);
        if nulls && !matches!(op, Op::Shift | Op::Diff | Op::PctChange) {
            let text = format!("IGNORE NULLS is not permitted for {}", name_of(op));
            return Err(Error::new(Code::Argument, text).into());
        }
        let args = std::mem::take(&mut params.args);
        match op {
            Op::Shift => self.shift(args, nulls, spec),
            Op::Diff => self.diff(args, nulls, spec),
            Op::PctChange => self.pct_change(args, nulls, spec),
            Op::Rolling => self.rolling(function, args, spec),
            Op::CumSum | Op::CumMin | Op::CumMax | Op::CumAvg | Op::CumCount | Op::CumProd => {
                self.cumulative(op, args, spec)
            }
            Op::RunId | Op::RunIdWhen | Op::RunPos | Op::Streak => self.runs(op, args, spec),
            _ => self.further(op, args, spec),
        }
    }

    fn shift(&mut self, args: Vec<Expr>, ignore_nulls: bool, spec: &Spec) -> Result<Expr> {
        let [x, n, default] = fixed::<3>(args, Op::Shift)?;
        let data_type = x.get_type(self.schema())?;
        let n = integer(&n, Op::Shift, "n", 1)?;
        let default = match constant(&default)? {
            Some(value) if value.is_null() => ScalarValue::try_from(&data_type)?,
            Some(value) => value.cast_to(&data_type).map_err(|_| {
                Error::new(
                    Code::Type,
                    format!("the default of SHIFT does not fit the type of its value, {}", type_name(&data_type)),
                )
            })?,
            None => {
                let text = "the default of SHIFT must be a constant";
                return Err(Error::new(Code::Argument, text).with_hint("write COALESCE(SHIFT(x), y)").into());
            }
        };
        // The standard function loses values when it skips NULLs.
        if !self.binder.kernels && !ignore_nulls {
            return self.lower_shift(x, n, default, spec);
        }
        self.add(SeqKind::Shift { n, default, ignore_nulls }, vec![x], spec, data_type, true)
    }

    fn before(&mut self, x: &Expr, n: i64, ignore_nulls: bool, spec: &Spec) -> Result<Expr> {
        self.shift(vec![x.clone(), lit(n), lit(ScalarValue::Null)], ignore_nulls, spec)
    }

    fn diff(&mut self, args: Vec<Expr>, ignore_nulls: bool, spec: &Spec) -> Result<Expr> {
        let [x, n] = fixed::<2>(args, Op::Diff)?;
        let n = integer(&n, Op::Diff, "n", 1)?;
        let before = self.before(&x, n, ignore_nulls, spec)?;
        Ok(x - before)
    }

    fn pct_change(&mut self, args: Vec<Expr>, ignore_nulls: bool, spec: &Spec) -> Result<Expr> {
        let [x, n] = fixed::<2>(args, Op::PctChange)?;
        let n = integer(&n, Op::PctChange, "n", 1)?;
        self.number(Op::PctChange, &x)?;
        let before = self.before(&x, n, ignore_nulls, spec)?;
        let (x, before) = (cast(x, DataType::Float64), cast(before, DataType::Float64));
        Ok((x - before.clone()) / before)
    }

    fn cumulative(&mut self, op: Op, args: Vec<Expr>, spec: &Spec) -> Result<Expr> {
        let [x] = fixed::<1>(args, op)?;
        let x = self.summed(op, x)?;
        // The least of values that are all NULL, without a type, is one of them.
        if matches!(op, Op::CumMin | Op::CumMax) && x.get_type(self.schema())? == DataType::Null {
            return Ok(x);
        }
        let input = x.get_type(self.schema())?;
        let output = function_type(op, std::slice::from_ref(&input))?;
        // A product has no standard aggregate, and a standard integer sum wraps.
        let exact = op == Op::CumProd || (op == Op::CumSum && !output.is_floating());
        if !self.binder.kernels && !exact {
            return self.lower_cumulative(op, x, &output, spec);
        }
        self.add(SeqKind::Cumulative(op), vec![x], spec, output, op != Op::CumCount)
    }

    /// What a running value is made of: numbers for sums, means and products, durations too for sums.
    fn summed(&self, op: Op, x: Expr) -> Result<Expr> {
        let found = x.get_type(self.schema())?;
        match (op, &found) {
            (Op::CumMin | Op::CumMax | Op::CumCount, _) | (Op::CumSum, DataType::Duration(_)) => Ok(x),
            (Op::CumSum, DataType::Null) => Ok(cast(x, DataType::Int64)),
            (Op::CumSum | Op::CumAvg, DataType::Decimal256(..)) => {
                let text = format!("{} of {}", name_of(op), typed(&x, &found));
                Err(Error::new(Code::NotSupported, text).with_hint("CAST it to DECIMAL(38, s) or DOUBLE").into())
            }
            _ => self.number(op, &x).map(|()| in_kernel_type(x, &found)),
        }
    }

    fn runs(&mut self, op: Op, args: Vec<Expr>, spec: &Spec) -> Result<Expr> {
        if op == Op::RunPos && args.is_empty() && !spec.partition.iter().any(crate::plan::order_of::is_run) {
            return Err(Error::new(Code::Argument, "RUN_POS takes the keys of the run outside GROUP ORDERED")
                .with_hint("write RUN_POS(key)")
                .into());
        }
        let conditions = matches!(op, Op::RunIdWhen | Op::Streak);
        let args = if conditions { self.boolean(op, args)? } else { args };
        if !self.binder.kernels {
            return self.lower_runs(op, args, spec);
        }
        let kind = if args.is_empty() { SeqKind::RowInPartition } else { SeqKind::Runs(op) };
        self.add(kind, args, spec, DataType::Int64, false)
    }

    /// Conditions must be boolean; a NULL without a type becomes one.
    pub(super) fn boolean(&self, op: Op, args: Vec<Expr>) -> Result<Vec<Expr>> {
        args.into_iter().map(|arg| condition(&name_of(op), arg, self.schema())).collect()
    }
}

/// What kernels do not compute with, as DOUBLE: decimals of more than 38 digits, and NULLs without a type.
pub(super) fn in_kernel_type(x: Expr, found: &DataType) -> Expr {
    if matches!(found, DataType::Decimal256(..) | DataType::Null) { cast(x, DataType::Float64) } else { x }
}

/// The name of a function, as messages spell it.
pub(super) fn name_of(op: Op) -> String {
    entries().find(|e| e.op == op).map(|e| e.name.to_uppercase()).unwrap_or_default()
}

/// What must be boolean; a NULL without a type becomes so.
pub(super) fn condition(what: &str, arg: Expr, schema: &DFSchema) -> Result<Expr> {
    match arg.get_type(schema)? {
        DataType::Boolean => Ok(arg),
        DataType::Null => Ok(cast(arg, DataType::Boolean)),
        found => {
            let text = format!("{what} takes a condition, not {}", typed(&arg, &found));
            Err(Error::new(Code::Type, text).into())
        }
    }
}

/// An argument and its type, as messages spell them.
pub(super) fn typed(x: &Expr, found: &DataType) -> String {
    format!("{} of type {}", x.human_display(), type_name(found))
}

/// Exactly `N` arguments; the registry has normalised the call.
pub(super) fn fixed<const N: usize>(args: Vec<Expr>, op: Op) -> Result<[Expr; N]> {
    args.try_into()
        .map_err(|_| Error::new(Code::Argument, format!("wrong number of arguments for {}", name_of(op))).into())
}

/// The value of a constant expression.
pub(super) fn constant(expr: &Expr) -> Result<Option<ScalarValue>> {
    if let Expr::Literal(value, _) = expr {
        return Ok(Some(value.clone()));
    }
    if !expr.column_refs().is_empty() {
        return Ok(None);
    }
    let simplifier = ExprSimplifier::new(SimplifyContext::default());
    Ok(match simplifier.simplify(expr.clone())? {
        Expr::Literal(value, _) => Some(value),
        _ => None,
    })
}

/// A constant whole number; NULL stands for the default.
pub(super) fn integer(expr: &Expr, op: Op, what: &str, default: i64) -> Result<i64> {
    Ok(maybe_integer(expr, op, what)?.unwrap_or(default))
}

/// A constant whole number, unless it is NULL.
pub(super) fn maybe_integer(expr: &Expr, op: Op, what: &str) -> Result<Option<i64>> {
    let wrong = || Error::new(Code::Argument, format!("{what} of {} must be a constant whole number", name_of(op)));
    let value = constant(expr)?.ok_or_else(wrong)?;
    if value.is_null() {
        return Ok(None);
    }
    if !value.data_type().is_integer() {
        return Err(wrong().into());
    }
    match value.cast_to(&DataType::Int64) {
        Ok(ScalarValue::Int64(Some(n))) => Ok(Some(n)),
        _ => Err(wrong().into()),
    }
}

fn function_type(op: Op, inputs: &[DataType]) -> Result<DataType> {
    crate::registry::sequence_type(op, inputs)
}
