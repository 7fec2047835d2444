//! Weighted values, fills and searches: functions that only kernels compute.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Expr, ExprSchemable, cast, lit};

use super::calls::{constant, fixed, in_kernel_type, maybe_integer, name_of, typed};
use super::frames::{distance, interval};
use super::windows::{Resolver, Spec};
use crate::error::{Code, Error};
use crate::plan::sequence::{Decay, SeqKind};
use crate::registry::Op;
use crate::types::type_name;

fn argument(text: impl Into<String>) -> datafusion::common::DataFusionError {
    Error::new(Code::Argument, text).into()
}

impl Resolver<'_> {
    pub(super) fn further(&mut self, op: Op, args: Vec<Expr>, spec: &Spec) -> Result<Expr> {
        match op {
            Op::EwmMean | Op::EwmStd | Op::EwmVar => self.ewm(op, args, spec),
            Op::FillForward | Op::FillBackward => self.fill(op, args, spec),
            Op::Interpolate => self.interpolate(args, spec),
            Op::SearchFirst => {
                let cond = self.boolean(op, fixed::<1>(args, op)?.to_vec())?;
                self.add(SeqKind::SearchFirst, cond, spec, DataType::Boolean, false)
            }
            Op::SearchPattern => self.pattern(args, spec),
            _ => Err(Error::new(Code::Internal, "not a sequence function").into()),
        }
    }

    fn ewm(&mut self, op: Op, args: Vec<Expr>, spec: &Spec) -> Result<Expr> {
        let [x, alpha, span, halflife, adjust] = fixed::<5>(args, op)?;
        self.number(op, &x)?;
        let x = in_kernel_type(x.clone(), &x.get_type(self.schema())?);
        let given: Vec<Decay> = [
            float(&alpha, op, "alpha")?.map(Decay::Alpha),
            float(&span, op, "span")?.map(Decay::Span),
            float(&halflife, op, "halflife")?.map(Decay::Halflife),
        ]
        .into_iter()
        .flatten()
        .collect();
        let [decay] = given.as_slice() else {
            return Err(argument(format!("{} takes exactly one of alpha, span and halflife", name_of(op))));
        };
        in_range(*decay, op)?;
        let adjust = match constant(&adjust)? {
            Some(ScalarValue::Boolean(Some(adjust))) => adjust,
            Some(value) if value.is_null() => false,
            _ => return Err(argument(format!("adjust of {} must be true or false", name_of(op)))),
        };
        self.add(SeqKind::Ewm { op, decay: *decay, adjust }, vec![x], spec, DataType::Float64, true)
    }

    /// Values without a type are numbers as well as anything else.
    pub(super) fn number(&self, op: Op, x: &Expr) -> Result<()> {
        let found = x.get_type(self.schema())?;
        if found.is_numeric() || found == DataType::Null {
            return Ok(());
        }
        Err(Error::new(Code::Type, format!("{} takes numbers, not {}", name_of(op), typed(x, &found))).into())
    }

    fn fill(&mut self, op: Op, args: Vec<Expr>, spec: &Spec) -> Result<Expr> {
        let [x, limit, max_gap] = fixed::<3>(args, op)?;
        let limit = match maybe_integer(&limit, op, "limit")? {
            None => None,
            Some(n) if n >= 1 => Some(n),
            Some(n) => return Err(argument(format!("limit of {} must be above zero, not {n}", name_of(op)))),
        };
        let data_type = x.get_type(self.schema())?;
        let mut args = vec![x];
        let max_gap = self.key_distance(&max_gap, op, "max_gap", spec, &mut args)?;
        self.add(SeqKind::Fill { op, limit, max_gap }, args, spec, data_type, true)
    }

    /// An interval along the one order key, which joins the arguments.
    fn key_distance(&self, value: &Expr, op: Op, what: &str, spec: &Spec, args: &mut Vec<Expr>) -> Result<Option<i64>> {
        let Some(value) = constant(value)? else {
            return Err(argument(format!("{what} of {} must be a constant interval", name_of(op))));
        };
        if value.is_null() {
            return Ok(None);
        }
        if value.data_type().is_integer() {
            return self.number_distance(&value, op, what, spec, args).map(Some);
        }
        let (key, data_type) = self.interval_key(spec, op)?;
        let Some(length) = distance(&interval(&value)?, &data_type) else {
            let text = format!("{what} of {} must be an interval of fixed length, zero or more", name_of(op));
            return Err(Error::new(Code::Argument, text).with_hint("write days or hours instead of months").into());
        };
        args.push(cast(key.expr, DataType::Int64));
        Ok(Some(length))
    }

    /// A whole number along the one order key of whole numbers, which joins the arguments.
    fn number_distance(&self, n: &ScalarValue, op: Op, what: &str, spec: &Spec, args: &mut Vec<Expr>) -> Result<i64> {
        let [key] = spec.keys.as_slice() else {
            return Err(argument(format!("{what} of {} needs exactly one order key", name_of(op))));
        };
        let found = key.expr.get_type(self.schema())?;
        if !found.is_integer() && found != DataType::Null {
            let text = format!("{what} of {} is a number, the order key is {}", name_of(op), type_name(&found));
            return Err(Error::new(Code::Type, text).with_hint("write an interval along a key of date or time").into());
        }
        args.push(whole_key(key.expr.clone(), &found));
        match n.cast_to(&DataType::Int64)? {
            ScalarValue::Int64(Some(n)) if n >= 0 => Ok(n),
            _ => Err(argument(format!("{what} of {} must not be negative: {n}", name_of(op)))),
        }
    }

    /// The rows on which FUNNEL gets a step deeper: their number is its value.
    pub(super) fn funnel(&mut self, mut conditions: Vec<Expr>, filter: Option<Expr>, spec: &Spec) -> Result<Expr> {
        if conditions.len() < 2 {
            return Err(argument("FUNNEL takes a window and at least one condition"));
        }
        let window = conditions.remove(0);
        let conditions = self.boolean(Op::Funnel, conditions)?;
        let mut args: Vec<Expr> = match filter {
            Some(filter) => conditions.into_iter().map(|c| c.and(filter.clone())).collect(),
            None => conditions,
        };
        let Some(within) = self.key_distance(&window, Op::Funnel, "the window", spec, &mut args)? else {
            return Err(argument("the window of FUNNEL must not be NULL"));
        };
        self.add(SeqKind::Funnel { within }, args, spec, DataType::Boolean, true)
    }

    fn interpolate(&mut self, args: Vec<Expr>, spec: &Spec) -> Result<Expr> {
        let [x] = fixed::<1>(args, Op::Interpolate)?;
        self.number(Op::Interpolate, &x)?;
        let x = in_kernel_type(x.clone(), &x.get_type(self.schema())?);
        let [key] = spec.keys.as_slice() else {
            return Err(argument("INTERPOLATE needs exactly one order key"));
        };
        let data_type = key.expr.get_type(self.schema())?;
        let target = match &data_type {
            t if t.is_integer() || t.is_temporal() || *t == DataType::Null => DataType::Int64,
            t if t.is_numeric() => DataType::Float64,
            t => {
                let text = format!("INTERPOLATE needs an order key of numbers, dates or times, not {}", type_name(t));
                return Err(Error::new(Code::Type, text).into());
            }
        };
        let key = match target {
            DataType::Int64 => whole_key(key.expr.clone(), &data_type),
            target => cast(key.expr.clone(), target),
        };
        let args = vec![x, key];
        self.add(SeqKind::Interpolate, args, spec, DataType::Float64, true)
    }

    fn pattern(&mut self, mut args: Vec<Expr>, spec: &Spec) -> Result<Expr> {
        let Some(within) = args.pop() else {
            return Err(argument("SEARCH_PATTERN takes at least one condition"));
        };
        let mut args = self.boolean(Op::SearchPattern, args)?;
        let within = self.key_distance(&within, Op::SearchPattern, "within", spec, &mut args)?;
        self.add(SeqKind::Pattern { within }, args, spec, DataType::Boolean, false)
    }
}

/// The key as kernels measure distances along it: unsigned ones moved so far down that all of them fit.
fn whole_key(key: Expr, found: &DataType) -> Expr {
    if *found != DataType::UInt64 {
        return cast(key, DataType::Int64);
    }
    let half = ScalarValue::Decimal128(Some(1 << 63), 20, 0);
    cast(cast(key, DataType::Decimal128(20, 0)) - lit(half), DataType::Int64)
}

/// Weights that fall.
fn in_range(decay: Decay, op: Op) -> Result<()> {
    let (given, rule) = match decay {
        Decay::Alpha(x) => (x, "alpha of {} must be above 0 and at most 1"),
        Decay::Span(x) => (x, "span of {} must be at least 1"),
        Decay::Halflife(x) => (x, "halflife of {} must be above 0"),
    };
    if decay.is_valid() {
        return Ok(());
    }
    Err(argument(format!("{}, not {given}", rule.replace("{}", &name_of(op)))))
}

/// A constant number; NULL where it is left out.
fn float(expr: &Expr, op: Op, what: &str) -> Result<Option<f64>> {
    let wrong = || argument(format!("{what} of {} must be a constant number", name_of(op)));
    let value = constant(expr)?.ok_or_else(wrong)?;
    if value.is_null() {
        return Ok(None);
    }
    match value.cast_to(&DataType::Float64) {
        Ok(ScalarValue::Float64(Some(x))) if value.data_type().is_numeric() => Ok(Some(x)),
        _ => Err(wrong()),
    }
}
