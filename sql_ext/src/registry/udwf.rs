//! Sequence functions as the planner sees them: typed window functions that the
//! binder turns into operators, and that refuse to run unbound.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::expr::{AggregateFunction, Cast, NullTreatment, TryCast};
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::type_coercion::binary::BinaryTypeCoercer;
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::{
    AggregateUDF, Expr, Operator, PartitionEvaluator, Signature, TypeSignature, Volatility, WindowUDF, WindowUDFImpl,
};

use super::{Entry, Op, SEQUENCES, Values, ordered_aggregate, stock_sum};
use crate::error::{Code, Error};
use crate::types::type_name;

/// The aggregate inside `ROLLING(agg(…), …)`; its arguments lead the call's arguments.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RollingAggregate {
    /// The function.
    pub udaf: Arc<AggregateUDF>,
    /// `agg(DISTINCT …)`.
    pub distinct: bool,
    /// Number of leading arguments that are its own.
    pub arity: usize,
    /// Keys of `agg(… ORDER BY …)` after those: ascending, NULLs first.
    pub sorts: Vec<(bool, bool)>,
    /// Is an `agg(…) FILTER (WHERE …)` condition the argument after those?
    pub filtered: bool,
    /// `agg(…) IGNORE NULLS`.
    pub ignore_nulls: bool,
}

impl RollingAggregate {
    fn label(&self, name: &str) -> String {
        let distinct = if self.distinct { " distinct" } else { "" };
        let filter = if self.filtered { " filter" } else { "" };
        let nulls = if self.ignore_nulls { " ignore nulls" } else { "" };
        let sorts: String = self.sorts.iter().map(|s| format!(" by {s:?}")).collect();
        format!("{name} {}{distinct}{sorts}{filter}{nulls}", self.udaf.name())
    }
}

/// A sequence function, not yet bound to an order.
///
/// Arguments are normalised: the values, then one slot per optional argument of
/// the registry entry, an absent one as an untyped NULL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SequenceFunction {
    op: Op,
    name: &'static str,
    label: String,
    rolling: Option<RollingAggregate>,
    signature: Signature,
}

impl SequenceFunction {
    fn new(entry: &Entry, rolling: Option<RollingAggregate>) -> Self {
        let any = vec![TypeSignature::VariadicAny, TypeSignature::Nullary];
        SequenceFunction {
            op: entry.op,
            name: entry.name,
            label: rolling.as_ref().map_or_else(|| entry.name.to_string(), |r| r.label(entry.name)),
            rolling,
            signature: Signature::one_of(any, Volatility::Immutable),
        }
    }

    /// Column names leave casts out, so that the label must tell calls apart that differ in them.
    fn distinguish(&mut self, args: &[Expr]) -> Result<()> {
        for arg in args {
            arg.apply(|e| {
                if let Expr::Cast(Cast { field, .. }) | Expr::TryCast(TryCast { field, .. }) = e {
                    self.label = format!("{} {}", self.label, field.data_type());
                }
                Ok(TreeNodeRecursion::Continue)
            })?;
        }
        Ok(())
    }

    /// What it does.
    pub fn op(&self) -> Op {
        self.op
    }

    /// Its name in the registry.
    pub fn entry_name(&self) -> &'static str {
        self.name
    }

    /// The aggregate of a ROLLING.
    pub fn rolling(&self) -> Option<&RollingAggregate> {
        self.rolling.as_ref()
    }

    fn value(&self, fields: &[FieldRef]) -> Result<DataType> {
        match fields.first() {
            Some(field) => Ok(field.data_type().clone()),
            None => Err(Error::new(Code::Argument, format!("{} takes an argument", self.name.to_uppercase())).into()),
        }
    }

    fn return_type(&self, fields: &[FieldRef]) -> Result<DataType> {
        Ok(match self.op {
            Op::Shift | Op::CumMin | Op::CumMax | Op::FillForward | Op::FillBackward => self.value(fields)?,
            Op::Diff => difference(&self.value(fields)?)?,
            Op::CumSum => sum_type(&self.value(fields)?),
            Op::CumAvg => avg_type(&self.value(fields)?),
            Op::CumProd => prod_type(&self.value(fields)?),
            Op::PctChange | Op::EwmMean | Op::EwmStd | Op::EwmVar | Op::Interpolate => DataType::Float64,
            Op::SearchFirst | Op::SearchPattern => DataType::Boolean,
            Op::Rolling => match &self.rolling {
                Some(agg) => {
                    let own = fields.get(..agg.arity).unwrap_or(fields);
                    rolling_type(agg, own)?
                }
                // Planned as text only: the expression planner puts the aggregate in.
                None => DataType::Null,
            },
            _ => DataType::Int64,
        })
    }
}

fn rolling_type(agg: &RollingAggregate, fields: &[FieldRef]) -> Result<DataType> {
    Ok(agg.udaf.return_field(&taken_fields(&agg.udaf, fields)?)?.data_type().clone())
}

/// The arguments as an aggregate takes them: a NULL without a type is a whole number to those that take none.
pub fn taken_fields(udaf: &AggregateUDF, fields: &[FieldRef]) -> Result<Vec<FieldRef>> {
    let coerced = fields_with_udf(fields, udaf)?;
    let untyped = coerced.iter().any(|f| f.data_type().is_null());
    if !untyped || udaf.return_field(&coerced).is_ok() {
        return Ok(coerced);
    }
    let typed = |f: FieldRef| if f.data_type().is_null() { whole(&f) } else { f };
    Ok(coerced.into_iter().map(typed).collect())
}

fn whole(field: &Field) -> FieldRef {
    Arc::new(field.clone().with_data_type(DataType::Int64))
}

fn difference(value: &DataType) -> Result<DataType> {
    BinaryTypeCoercer::new(value, &Operator::Minus, value).get_result_type().map_err(|_| {
        let text = format!("DIFF takes numbers, dates, times or durations, not a value of type {}", type_name(value));
        Error::new(Code::Type, text).into()
    })
}

fn sum_type(value: &DataType) -> DataType {
    match value {
        DataType::Decimal32(p, s) => DataType::Decimal32((p + 10).min(9), *s),
        DataType::Decimal64(p, s) => DataType::Decimal64((p + 10).min(18), *s),
        DataType::Decimal128(p, s) => DataType::Decimal128((p + 10).min(38), *s),
        DataType::Decimal256(p, s) => DataType::Decimal256((p + 10).min(76), *s),
        t if t.is_unsigned_integer() => DataType::UInt64,
        t if t.is_floating() => DataType::Float64,
        DataType::Duration(unit) => DataType::Duration(*unit),
        _ => DataType::Int64,
    }
}

fn avg_type(value: &DataType) -> DataType {
    match value {
        DataType::Decimal32(p, s) => DataType::Decimal32((p + 4).min(9), (s + 4).min(9)),
        DataType::Decimal64(p, s) => DataType::Decimal64((p + 4).min(18), (s + 4).min(18)),
        DataType::Decimal128(p, s) => DataType::Decimal128((p + 4).min(38), (s + 4).min(38)),
        DataType::Decimal256(p, s) => DataType::Decimal256((p + 4).min(76), (s + 4).min(76)),
        DataType::Duration(unit) => DataType::Duration(*unit),
        _ => DataType::Float64,
    }
}

fn prod_type(value: &DataType) -> DataType {
    match value {
        t if t.is_unsigned_integer() => DataType::UInt64,
        t if t.is_integer() => DataType::Int64,
        _ => DataType::Float64,
    }
}

impl WindowUDFImpl for SequenceFunction {
    /// The planner names columns by this, so that calls that differ in it alone stay apart.
    fn name(&self) -> &str {
        &self.label
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn partition_evaluator(&self, _args: PartitionEvaluatorArgs) -> Result<Box<dyn PartitionEvaluator>> {
        Err(Error::new(Code::Internal, format!("{} was not bound to an order", self.name)).into())
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        let data_type = self.return_type(args.input_fields())?;
        let nullable = !matches!(
            self.op,
            Op::CumCount | Op::RunId | Op::RunIdWhen | Op::RunPos | Op::Streak | Op::SearchFirst | Op::SearchPattern
        );
        Ok(Arc::new(Field::new(args.name(), data_type, nullable)))
    }
}

/// The result type of a sequence function other than ROLLING for these argument types.
pub fn sequence_type(op: Op, inputs: &[DataType]) -> Result<DataType> {
    let Some(entry) = SEQUENCES.iter().find(|e| e.op == op) else {
        return Err(Error::new(Code::Internal, "not a sequence function").into());
    };
    let fields: Vec<FieldRef> = inputs.iter().map(|t| Arc::new(Field::new("x", t.clone(), true))).collect();
    SequenceFunction::new(entry, None).return_type(&fields)
}

/// All sequence functions, for a session.
pub fn sequence_functions() -> Vec<Arc<WindowUDF>> {
    SEQUENCES.iter().map(|entry| Arc::new(WindowUDF::from(SequenceFunction::new(entry, None)))).collect()
}

/// Checks and normalises a call: values, then a slot per optional argument.
///
/// An aggregate call as the first argument of ROLLING is taken apart.
pub fn sequence_call(
    entry: &Entry,
    positional: Vec<Expr>,
    named: Vec<(String, Expr)>,
) -> Result<(Arc<WindowUDF>, Vec<Expr>)> {
    let upper = entry.name.to_uppercase();
    let (rolling, mut args, rest) = split_values(entry, &upper, positional)?;
    let mut slots: Vec<Option<Expr>> = vec![None; entry.optional.len()];
    let mut rest = rest.into_iter();
    for (slot, _) in slots.iter_mut().zip(entry.optional).filter(|(_, o)| o.positional) {
        *slot = rest.next();
    }
    if rest.next().is_some() {
        return Err(too_many(entry, &upper).into());
    }
    for (name, value) in named {
        let index = entry.optional.iter().position(|o| o.name.eq_ignore_ascii_case(&name));
        match index {
            Some(i) if slots[i].is_none() => slots[i] = Some(value),
            Some(_) => return Err(Error::new(Code::Argument, format!("{upper}: '{name}' is given twice")).into()),
            None => return Err(unknown_argument(entry, &upper, &name).into()),
        }
    }
    args.extend(slots.into_iter().map(|slot| slot.unwrap_or(Expr::Literal(ScalarValue::Null, None))));
    let mut function = SequenceFunction::new(entry, rolling);
    function.distinguish(&args)?;
    Ok((Arc::new(WindowUDF::from(function)), args))
}

type Parts = (Option<RollingAggregate>, Vec<Expr>, Vec<Expr>);

fn split_values(entry: &Entry, upper: &str, mut positional: Vec<Expr>) -> Result<Parts> {
    match entry.values {
        Values::AtLeast(n, what) => {
            if positional.len() < n {
                return Err(Error::new(Code::Argument, format!("{upper} takes at least {n} {what}")).into());
            }
            Ok((None, positional, vec![]))
        }
        Values::Led(..) => Ok((None, positional, vec![])),
        Values::Fixed(names) => {
            if positional.len() < names.len() {
                let s = if names.len() == 1 { "" } else { "s" };
                let got =
                    if positional.is_empty() { "none is".to_string() } else { format!("{} are", positional.len()) };
                let text = format!("{upper} takes {} argument{s} ({}), and {got} given", names.len(), names.join(", "));
                return Err(Error::new(Code::Argument, text).with_hint(usage(entry)).into());
            }
            let rest = positional.split_off(names.len());
            Ok((None, positional, rest))
        }
        Values::AggregateCall => {
            let rest = positional.split_off(positional.len().min(1));
            // COUNT(*) and calls by a second name come with their text as an alias.
            let mut call = positional.pop();
            while let Some(Expr::Alias(alias)) = call {
                call = Some(*alias.expr);
            }
            match call {
                Some(Expr::AggregateFunction(agg)) => {
                    let (rolling, args) = rolling_aggregate(agg)?;
                    Ok((Some(rolling), args, rest))
                }
                _ => {
                    Err(Error::new(Code::Argument, format!("the first argument of {upper} must be an aggregate call"))
                        .with_hint("write ROLLING(AVG(x), 20)")
                        .into())
                }
            }
        }
    }
}

fn rolling_aggregate(agg: AggregateFunction) -> Result<(RollingAggregate, Vec<Expr>)> {
    let params = agg.params;
    if ordered_aggregate(&agg.func) == Some(Op::Funnel) {
        return Err(Error::new(Code::Argument, "FUNNEL is never a window: ROLLING cannot take it").into());
    }
    let mut args = params.args;
    let rolling = RollingAggregate {
        udaf: stock_sum(agg.func),
        distinct: params.distinct,
        arity: args.len(),
        sorts: params.order_by.iter().map(|k| (k.asc, k.nulls_first)).collect(),
        filtered: params.filter.is_some(),
        ignore_nulls: params.null_treatment == Some(NullTreatment::IgnoreNulls),
    };
    args.extend(params.order_by.into_iter().map(|k| k.expr));
    args.extend(params.filter.map(|f| *f));
    Ok((rolling, args))
}

fn too_many(entry: &Entry, upper: &str) -> Error {
    Error::new(Code::Argument, format!("too many arguments for {upper}")).with_hint(usage(entry))
}

fn unknown_argument(entry: &Entry, upper: &str, name: &str) -> Error {
    let known = entry.optional.iter().map(|o| o.name.to_string());
    Error::new(Code::Argument, format!("{upper} has no argument '{name}'"))
        .with_names(name, known)
        .with_hint(usage(entry))
}

fn usage(entry: &Entry) -> String {
    let mut parts: Vec<String> = match entry.values {
        Values::Fixed(names) => names.iter().map(ToString::to_string).collect(),
        Values::AtLeast(_, what) => vec![format!("{what}, …")],
        Values::Led(first, _, what) => vec![first.to_string(), format!("{what}, …")],
        Values::AggregateCall => vec!["agg(x)".to_string()],
    };
    parts.extend(
        entry.optional.iter().map(
            |o| {
                if o.positional { format!("[{}]", o.name) } else { format!("[{} => …]", o.name) }
            },
        ),
    );
    format!("{}({})", entry.name.to_uppercase(), parts.join(", "))
}
