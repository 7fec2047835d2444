//! `sum` that fails where stock wraps, `min` and `max` that know ∞ and NaN, and float
//! aggregates in windows that never subtract.

mod extremes;
mod groups;
mod queue;
mod total;

use std::sync::Arc;

use datafusion::arrow::datatypes::{
    DataType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Field, FieldRef, Int64Type, UInt64Type,
};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::functions_aggregate::average::Avg;
use datafusion::functions_aggregate::min_max::{Max, Min};
use datafusion::functions_aggregate::stddev::{Stddev, StddevPop};
use datafusion::functions_aggregate::sum::Sum;
use datafusion::functions_aggregate::variance::{VariancePopulation, VarianceSample};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, Expr, ExprSchemable, GroupsAccumulator, LogicalPlan,
    ReversedUDAF, SetMonotonicity, Signature, StatisticsArgs, WindowFunctionDefinition, cast,
};
use datafusion::optimizer::AnalyzerRule;

use queue::Float;

/// The rule; see the module above.
#[derive(Debug)]
pub struct ExactAggregates;

impl AnalyzerRule for ExactAggregates {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let swapped = plan.transform_up_with_subqueries(|plan| {
            let names = NamePreserver::new(&plan);
            let schema = merge_schema(&plan.inputs());
            plan.map_expressions(|expr| {
                let name = names.save(&expr);
                let swapped = expr.transform_up(|e| untyped_average(e, &schema)?.transform_data(swap))?;
                if swapped.transformed { Ok(swapped.update_data(|e| name.restore(e))) } else { Ok(swapped) }
            })
        })?;
        Ok(swapped.data)
    }

    fn name(&self) -> &str {
        "exact_aggregates"
    }
}

/// The average of a column without a type is NULL: stock finds no accumulator for it while running.
fn untyped_average(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let is_avg = |udaf: &AggregateUDF| udaf.inner().downcast_ref::<Avg>().is_some();
    let typed = |args: &mut Vec<Expr>| -> Result<bool> {
        let [arg] = args.as_mut_slice() else { return Ok(false) };
        let untyped = arg.get_type(schema)? == DataType::Null;
        if untyped {
            *arg = cast(arg.clone(), DataType::Float64);
        }
        Ok(untyped)
    };
    match expr {
        Expr::AggregateFunction(mut call) if is_avg(&call.func) => {
            let changed = typed(&mut call.params.args)?;
            Ok(if changed {
                Transformed::yes(Expr::AggregateFunction(call))
            } else {
                Transformed::no(Expr::AggregateFunction(call))
            })
        }
        Expr::WindowFunction(mut call) => {
            let avg = matches!(&call.fun, WindowFunctionDefinition::AggregateUDF(udaf) if is_avg(udaf));
            let changed = avg && typed(&mut call.params.args)?;
            Ok(if changed {
                Transformed::yes(Expr::WindowFunction(call))
            } else {
                Transformed::no(Expr::WindowFunction(call))
            })
        }
        other => Ok(Transformed::no(other)),
    }
}

fn swap(expr: Expr) -> Result<Transformed<Expr>> {
    match expr {
        Expr::AggregateFunction(mut call) => {
            let Some(kind) = group_kind(&call.func) else { return Ok(Transformed::no(Expr::AggregateFunction(call))) };
            call.func = exact(&call.func, kind);
            Ok(Transformed::yes(Expr::AggregateFunction(call)))
        }
        Expr::WindowFunction(mut call) => {
            let swapped = match &call.fun {
                WindowFunctionDefinition::AggregateUDF(udaf) => window_kind(udaf).map(|kind| exact(udaf, kind)),
                WindowFunctionDefinition::WindowUDF(_) => None,
            };
            let Some(udaf) = swapped else { return Ok(Transformed::no(Expr::WindowFunction(call))) };
            call.fun = WindowFunctionDefinition::AggregateUDF(udaf);
            Ok(Transformed::yes(Expr::WindowFunction(call)))
        }
        other => Ok(Transformed::no(other)),
    }
}

fn exact(stock: &Arc<AggregateUDF>, kind: Kind) -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::from(Exact { stock: Arc::clone(stock), kind }))
}

fn is_sum(udaf: &AggregateUDF) -> bool {
    udaf.inner().downcast_ref::<Sum>().is_some()
}

fn group_kind(udaf: &AggregateUDF) -> Option<Kind> {
    let inner = udaf.inner();
    Some(if is_sum(udaf) {
        Kind::Sum
    } else if inner.downcast_ref::<Max>().is_some() {
        Kind::Extreme { greatest: true }
    } else if inner.downcast_ref::<Min>().is_some() {
        Kind::Extreme { greatest: false }
    } else {
        return None;
    })
}

fn window_kind(udaf: &AggregateUDF) -> Option<Kind> {
    let inner = udaf.inner();
    Some(if is_sum(udaf) {
        Kind::WindowSum
    } else if inner.downcast_ref::<Avg>().is_some() {
        Kind::Window(Float::Avg)
    } else if inner.downcast_ref::<VarianceSample>().is_some() {
        Kind::Window(Float::VarSamp)
    } else if inner.downcast_ref::<VariancePopulation>().is_some() {
        Kind::Window(Float::VarPop)
    } else if inner.downcast_ref::<Stddev>().is_some() {
        Kind::Window(Float::StddevSamp)
    } else if inner.downcast_ref::<StddevPop>().is_some() {
        Kind::Window(Float::StddevPop)
    } else {
        // A window over whole partitions keeps its values as groups do.
        return group_kind(udaf);
    })
}

/// What is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    /// Sums of integers and decimals.
    Sum,
    /// Least or greatest of floats.
    Extreme { greatest: bool },
    /// Sums in a window, where sums of floats are exact too.
    WindowSum,
    /// An aggregate of floats in a window.
    Window(Float),
}

/// A stock aggregate with other accumulators for some types; all else is the stock one's.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Exact {
    stock: Arc<AggregateUDF>,
    kind: Kind,
}

/// Runs `$body` with the types of value and total for a result type, else `$other`.
macro_rules! by_type {
    ($data_type:expr, $make:ident, $other:expr) => {
        match $data_type {
            DataType::Int64 => $make!(Int64Type, Decimal128Type),
            DataType::UInt64 => $make!(UInt64Type, Decimal128Type),
            DataType::Decimal32(..) => $make!(Decimal32Type, Decimal128Type),
            DataType::Decimal64(..) => $make!(Decimal64Type, Decimal128Type),
            // Twenty digits and 2^60 rows of them fit into 128 bits.
            DataType::Decimal128(p, _) if *p <= 30 => $make!(Decimal128Type, Decimal128Type),
            DataType::Decimal128(..) => $make!(Decimal128Type, Decimal256Type),
            DataType::Decimal256(..) => $make!(Decimal256Type, Decimal256Type),
            _ => $other,
        }
    };
}

impl Exact {
    fn sums(&self) -> bool {
        matches!(self.kind, Kind::Sum | Kind::WindowSum)
    }

    fn float(&self, args: &AccumulatorArgs) -> Option<Float> {
        let floats =
            args.expr_fields.iter().all(|f| *f.data_type() == DataType::Float64) && args.expr_fields.len() == 1;
        match self.kind {
            Kind::WindowSum if floats && !args.is_distinct => Some(Float::Sum),
            Kind::Window(op) if floats && !args.is_distinct => Some(op),
            _ => None,
        }
    }

    fn single(&self, args: AccumulatorArgs, sliding: bool) -> Result<Box<dyn Accumulator>> {
        if let Some(op) = self.float(&args) {
            return Ok(queue::accumulator(op, sliding));
        }
        if self.sums() {
            let result = args.return_field.data_type().clone();
            macro_rules! make {
                ($t:ty, $w:ty) => {
                    return Ok(if args.is_distinct {
                        Box::new(total::Distinct::<$t, $w>::new(&result))
                    } else {
                        Box::new(total::Single::<$t, $w>::new(&result))
                    })
                };
            }
            by_type!(&result, make, {});
        }
        if sliding { self.stock.create_sliding_accumulator(args) } else { self.stock.accumulator(args) }
    }
}

impl AggregateUDFImpl for Exact {
    fn name(&self) -> &str {
        self.stock.name()
    }

    fn aliases(&self) -> &[String] {
        self.stock.aliases()
    }

    fn signature(&self) -> &Signature {
        self.stock.signature()
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        self.stock.return_type(arg_types)
    }

    fn return_field(&self, arg_fields: &[FieldRef]) -> Result<FieldRef> {
        self.stock.return_field(arg_fields)
    }

    fn is_nullable(&self) -> bool {
        self.stock.is_nullable()
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        self.single(args, false)
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        self.single(args, true)
    }

    // Partial sums travel in the wider type: a part may leave the range that the whole keeps.
    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        if args.is_distinct || !self.sums() {
            return self.stock.state_fields(args);
        }
        let wide = match args.return_field.data_type() {
            DataType::Int64 | DataType::UInt64 => DataType::Decimal128(38, 0),
            DataType::Decimal32(_, s) | DataType::Decimal64(_, s) => DataType::Decimal128(38, *s),
            DataType::Decimal128(p, s) if *p <= 30 => DataType::Decimal128(38, *s),
            DataType::Decimal128(_, s) | DataType::Decimal256(_, s) => DataType::Decimal256(76, *s),
            _ => return self.stock.state_fields(args),
        };
        Ok(vec![Arc::new(Field::new(format_state_name(args.name, "sum"), wide, true))])
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        // Groups of floats are summed as stock does it, windows are not.
        self.float(&args).is_none() && self.stock.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        if self.sums() {
            let result = args.return_field.data_type().clone();
            macro_rules! make {
                ($t:ty, $w:ty) => {
                    return Ok(Box::new(groups::Groups::<$t, $w>::new(&result)))
                };
            }
            by_type!(&result, make, {});
        }
        if let Kind::Extreme { greatest } = self.kind
            && let Some(groups) = extremes::groups(greatest, args.return_field.data_type())
        {
            return Ok(groups);
        }
        self.stock.create_groups_accumulator(args)
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        match self.stock.reverse_udf() {
            ReversedUDAF::NotSupported => ReversedUDAF::NotSupported,
            _ => ReversedUDAF::Identical,
        }
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        self.stock.order_sensitivity()
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        self.stock.coerce_types(arg_types)
    }

    fn is_descending(&self) -> Option<bool> {
        self.stock.is_descending()
    }

    // Statistics of floats leave NaN out.
    fn value_from_stats(&self, statistics: &StatisticsArgs) -> Option<ScalarValue> {
        if statistics.return_type.is_floating() { None } else { self.stock.value_from_stats(statistics) }
    }

    fn default_value(&self, data_type: &DataType) -> Result<ScalarValue> {
        self.stock.default_value(data_type)
    }

    fn set_monotonicity(&self, data_type: &DataType) -> SetMonotonicity {
        self.stock.inner().set_monotonicity(data_type)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.stock.documentation()
    }
}
