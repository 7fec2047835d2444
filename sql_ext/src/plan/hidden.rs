//! What the stock planner must not see: the marker that stands for "the block's
//! order", and window calls nested inside arguments.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::expr::{NullTreatment, ScalarFunction, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::function::WindowUDFFieldArgs;
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, SortExpr,
    Volatility, WindowFrame, WindowFunctionDefinition,
};

use crate::error::{Code, Error};
use crate::order::MARK;
use crate::plan::order_of::is_run;
use crate::registry::SequenceFunction;

/// Name of the marker function.
pub fn marker_name() -> String {
    format!("{MARK}seq_order")
}

/// Name of the marker for "the block's order, or source order where there is none".
pub fn source_marker_name() -> String {
    format!("{MARK}source_order")
}

/// Name of the marker in `PARTITION BY` for "all rows are one partition".
pub fn whole_name() -> String {
    format!("{MARK}whole")
}

/// Name of the function that carries `name => value` to our expression planner.
pub fn named_name() -> String {
    format!("{MARK}named")
}

/// Name of the function that stands in QUALIFY for a name that is a column or else an alias.
pub fn either_name() -> String {
    format!("{MARK}either")
}

/// Stands in `OVER (ORDER BY …)` for the block's order, and `name => value` for itself.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Placeholder {
    name: String,
    signature: Signature,
}

impl ScalarUDFImpl for Placeholder {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        internal_err!("a placeholder was run")
    }
}

static MARKER: LazyLock<Arc<ScalarUDF>> =
    LazyLock::new(|| placeholder(marker_name(), Signature::nullary(Volatility::Stable)));
static SOURCE_MARKER: LazyLock<Arc<ScalarUDF>> =
    LazyLock::new(|| placeholder(source_marker_name(), Signature::nullary(Volatility::Stable)));
static WHOLE: LazyLock<Arc<ScalarUDF>> =
    LazyLock::new(|| placeholder(whole_name(), Signature::nullary(Volatility::Stable)));
static NAMED: LazyLock<Arc<ScalarUDF>> =
    LazyLock::new(|| placeholder(named_name(), Signature::any(2, Volatility::Immutable)));
static EITHER: LazyLock<Arc<ScalarUDF>> =
    LazyLock::new(|| placeholder(either_name(), Signature::any(2, Volatility::Immutable)));

fn placeholder(name: String, signature: Signature) -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::from(Placeholder { name, signature }))
}

/// The placeholders that a session must know.
pub fn placeholders() -> Vec<Arc<ScalarUDF>> {
    [&MARKER, &SOURCE_MARKER, &WHOLE, &NAMED, &EITHER].map(|udf| Arc::clone(udf)).to_vec()
}

/// `OVER (ORDER BY marker)`: the block's order.
pub fn marker() -> SortExpr {
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(&MARKER), vec![])).sort(true, false)
}

/// Does a window call follow the block's order?
pub fn follows_block(order_by: &[SortExpr]) -> bool {
    matches!(order_by, [only] if is_call_of(&only.expr, &MARKER))
}

/// `OVER (ORDER BY source marker)`: the block's order, or source order where there is none.
pub fn source_marker() -> SortExpr {
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(&SOURCE_MARKER), vec![])).sort(true, false)
}

/// `PARTITION BY` of one partition, whatever the block has.
pub fn whole() -> Expr {
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(&WHOLE), vec![]))
}

/// Does a window call follow the block's order, or else source order?
pub fn follows_source(order_by: &[SortExpr]) -> bool {
    matches!(order_by, [only] if is_call_of(&only.expr, &SOURCE_MARKER))
}

/// Does a window call follow the block's order, be it only in its lack source order?
pub fn follows_order(order_by: &[SortExpr]) -> bool {
    follows_block(order_by) || follows_source(order_by)
}

/// Is a partition key the mark of one partition?
pub fn is_whole(expr: &Expr) -> bool {
    is_call_of(expr, &WHOLE)
}

/// `name => value`, if that is what the argument carries.
pub fn named_argument(expr: &Expr) -> Option<(String, Expr)> {
    match expr {
        Expr::ScalarFunction(call) if is_call_of(expr, &NAMED) => match call.args.as_slice() {
            [Expr::Literal(ScalarValue::Utf8(Some(name)), _), value] => Some((name.clone(), value.clone())),
            _ => None,
        },
        _ => None,
    }
}

/// `value` under `name`, as an argument.
pub fn name_argument(name: &str, value: Expr) -> Expr {
    let name = Expr::Literal(ScalarValue::Utf8(Some(name.to_string())), None);
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(&NAMED), vec![name, value]))
}

fn is_call_of(expr: &Expr, udf: &Arc<ScalarUDF>) -> bool {
    matches!(expr, Expr::ScalarFunction(call) if Arc::ptr_eq(&call.func, udf) || call.func == *udf)
}

/// A window call dressed as a scalar one, so that it may stand in arguments.
///
/// The arguments are the call's arguments, partition keys, order keys and filter, in a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hidden {
    fun: WindowFunctionDefinition,
    name: String,
    args: usize,
    partition: usize,
    order: Vec<(bool, bool)>,
    frame: WindowFrame,
    filter: bool,
    nulls: Option<NullTreatment>,
    distinct: bool,
    signature: Signature,
}

impl ScalarUDFImpl for Hidden {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        internal_err!("the type of a nested window call needs its fields")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let own = args.arg_fields.get(..self.args).unwrap_or(args.arg_fields);
        match &self.fun {
            WindowFunctionDefinition::WindowUDF(udwf) => {
                let coerced = fields_with_udf(own, udwf.as_ref())?;
                udwf.field(WindowUDFFieldArgs::new(&coerced, &self.name))
            }
            WindowFunctionDefinition::AggregateUDF(udaf) => {
                let coerced = fields_with_udf(own, udaf.as_ref())?;
                let field = udaf.return_field(&coerced)?;
                Ok(Arc::new(Field::new(&self.name, field.data_type().clone(), true)))
            }
        }
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        let own: Vec<String> = args.iter().take(self.args).map(|a| a.schema_name().to_string()).collect();
        Ok(format!("{}({})", self.name, own.join(",")))
    }

    fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Err(Error::new(Code::Clause, format!("{} cannot stand here", self.name.to_uppercase()))
            .with_hint("compute it in a derived table")
            .into())
    }
}

/// Is this a window call that belongs to us: a sequence function, or any call in the block's order?
pub fn is_ours(window: &WindowFunction) -> bool {
    follows_order(&window.params.order_by) || sequence_function(&window.fun).is_some()
}

/// The sequence function of a window call.
pub fn sequence_function(fun: &WindowFunctionDefinition) -> Option<&SequenceFunction> {
    match fun {
        WindowFunctionDefinition::WindowUDF(udwf) => udwf.inner().downcast_ref::<SequenceFunction>(),
        WindowFunctionDefinition::AggregateUDF(_) => None,
    }
}

fn hide_one(window: WindowFunction) -> Expr {
    let WindowFunction { fun, params } = window;
    let WindowFunctionParams { args, partition_by, order_by, window_frame, filter, null_treatment, distinct } = params;
    let hidden = Hidden {
        name: fun.name().to_string(),
        fun,
        args: args.len(),
        partition: partition_by.len(),
        order: order_by.iter().map(|k| (k.asc, k.nulls_first)).collect(),
        frame: window_frame,
        filter: filter.is_some(),
        nulls: null_treatment,
        distinct,
        signature: Signature::variadic_any(Volatility::Immutable),
    };
    let mut all = args;
    all.extend(partition_by);
    all.extend(order_by.into_iter().map(|k| k.expr));
    all.extend(filter.map(|f| *f));
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(ScalarUDF::from(hidden)), all))
}

/// Hides every window call of ours in an argument, and those over the rows of a run.
pub fn hide(expr: Expr) -> Result<Expr> {
    expr.transform_down(|e| match e {
        Expr::WindowFunction(window) if is_ours(&window) || window.params.partition_by.iter().any(is_run) => {
            Ok(Transformed::new(hide_one(*window), true, TreeNodeRecursion::Jump))
        }
        Expr::ScalarFunction(call) if call.func == *EITHER => {
            let chosen = hide(either(call.args))?;
            Ok(Transformed::new(chosen, true, TreeNodeRecursion::Jump))
        }
        other => Ok(Transformed::no(other)),
    })
    .map(|t| t.data)
}

/// A name that the planner found in FROM is that column, otherwise the select item.
fn either(args: Vec<Expr>) -> Expr {
    match <[Expr; 2]>::try_from(args) {
        Ok([Expr::Column(column), item]) if column.relation.is_none() => item,
        Ok([column, _]) => column,
        Err(_) => Expr::Literal(ScalarValue::Null, None),
    }
}

/// Hides every window call in an argument, stock ones too: no window call may nest in another.
pub fn hide_all(expr: Expr) -> Result<Expr> {
    expr.transform_down(|e| match e {
        Expr::WindowFunction(window) => Ok(Transformed::new(hide_one(*window), true, TreeNodeRecursion::Jump)),
        other => Ok(Transformed::no(other)),
    })
    .map(|t| t.data)
}

/// The window call that an expression hides, if it does.
pub fn reveal(expr: &Expr) -> Option<WindowFunction> {
    let Expr::ScalarFunction(call) = expr else { return None };
    let hidden = call.func.inner().downcast_ref::<Hidden>()?;
    let mut rest = call.args.iter().cloned();
    let args = rest.by_ref().take(hidden.args).collect();
    let partition_by = rest.by_ref().take(hidden.partition).collect();
    let order_by = rest
        .by_ref()
        .take(hidden.order.len())
        .zip(&hidden.order)
        .map(|(e, (asc, nulls_first))| SortExpr::new(e, *asc, *nulls_first))
        .collect();
    let filter = if hidden.filter { rest.next().map(Box::new) } else { None };
    Some(WindowFunction {
        fun: hidden.fun.clone(),
        params: WindowFunctionParams {
            args,
            partition_by,
            order_by,
            window_frame: hidden.frame.clone(),
            filter,
            null_treatment: hidden.nulls,
            distinct: hidden.distinct,
        },
    })
}
