//! Scalar functions that the base does not have, under the names that SQL text gives them.

mod arith;
mod key;
mod skew;
mod text;
mod time;
mod truncate;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    AggregateUDF, ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, lit,
};

use super::method::missing;
use crate::error::{self, Code, Error};

/// Types of the arguments after coercion, and of the result.
type Typing = fn(&str, &[DataType]) -> Result<(Vec<DataType>, DataType)>;
type Run = fn(&[ArrayRef], &DataType) -> Result<ArrayRef>;

/// One function: pure, from arrays to an array.
pub(super) struct Own {
    name: &'static str,
    signature: Signature,
    typing: Typing,
    run: Run,
}

impl Own {
    fn new(name: &'static str, typing: Typing, run: Run) -> Self {
        Own { name, signature: Signature::user_defined(Volatility::Immutable), typing, run }
    }
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own").field("name", &self.name).finish()
    }
}

// A name stands for one function alone.
impl PartialEq for Own {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Own {}

impl Hash for Own {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Own {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        (self.typing)(self.name, arg_types).map(|(args, _)| args)
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        (self.typing)(self.name, arg_types).map(|(_, result)| result)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let result = (self.run)(&arrays, args.return_type())?;
        if constant && result.len() == 1 {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?));
        }
        Ok(ColumnarValue::Array(result))
    }
}

static FUNCTIONS: LazyLock<Vec<Arc<ScalarUDF>>> = LazyLock::new(|| {
    arith::functions()
        .into_iter()
        .chain(key::functions())
        .chain(text::functions())
        .chain(time::functions())
        .chain(truncate::functions())
        .map(|f| Arc::new(ScalarUDF::from(f)))
        .collect()
});

/// All of them, for a session.
pub fn scalar_functions() -> Vec<Arc<ScalarUDF>> {
    FUNCTIONS.clone()
}

static AGGREGATES: LazyLock<Vec<Arc<AggregateUDF>>> =
    LazyLock::new(|| vec![Arc::new(AggregateUDF::from(skew::Skew::new()))]);

/// Aggregates that the base does not have and that follow no order, for a session.
pub fn aggregate_functions() -> Vec<Arc<AggregateUDF>> {
    AGGREGATES.clone()
}

/// One of them.
pub(super) fn aggregate(name: &str, args: Vec<Expr>) -> error::Result<Expr> {
    let udaf = AGGREGATES.iter().find(|f| f.name() == name).ok_or_else(|| missing(name))?;
    Ok(udaf.call(args))
}

/// A call of one of the scalar functions.
pub(super) fn call(name: &str, args: Vec<Expr>) -> error::Result<Expr> {
    let udf = FUNCTIONS.iter().find(|f| f.name() == name).ok_or_else(|| missing(name))?;
    Ok(Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(udf), args)))
}

/// `value` where `count` is at most 1; a DATA error where a key of a lookup is repeated.
pub fn sole(value: Expr, count: Expr) -> error::Result<Expr> {
    call("sole", vec![value, count])
}

/// `value` where `count` is at most 1; a DATA error where a subquery that is a value, of column `name`, gave more rows.
pub fn sole_row(value: Expr, count: Expr, name: &str) -> error::Result<Expr> {
    call("sole_row", vec![value, count, lit(name)])
}

pub use key::as_key;

/// A float key under the value by which it compares.
pub fn key(expr: Expr) -> error::Result<Expr> {
    call("as_key", vec![expr])
}

fn wrong_count<T>(name: &str, wanted: usize, got: usize) -> Result<T> {
    Err(Error::new(Code::Argument, format!("{} takes {wanted} arguments, got {got}", name.to_uppercase())).into())
}

fn wrong_types<T>(name: &str, got: &[DataType]) -> Result<T> {
    let got: Vec<String> = got.iter().map(crate::types::type_name).collect();
    Err(Error::new(Code::Type, format!("{} cannot take ({})", name.to_uppercase(), got.join(", "))).into())
}

fn column<T>(name: &str) -> Result<T> {
    exec_err!("{name} was given an array of another type")
}
