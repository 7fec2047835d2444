//! `sum` as the planner sees it: the stock one, but for the sum of a column without a type, which is NULL.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::Result;
use datafusion::functions_aggregate::sum::{Sum, sum_udaf};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, Signature};

/// Stock plans no sum of a NULL type, though it plans every other aggregate of one.
///
/// It never runs: the rule that makes sums exact puts one of its own in its place.
#[derive(Debug, PartialEq, Eq, Hash)]
struct TypedSum {
    stock: Arc<AggregateUDF>,
}

impl AggregateUDFImpl for TypedSum {
    fn name(&self) -> &str {
        self.stock.name()
    }

    fn signature(&self) -> &Signature {
        self.stock.signature()
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        match arg_types {
            [DataType::Null] => Ok(DataType::Int64),
            typed => self.stock.return_type(typed),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        self.stock.state_fields(args)
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        self.stock.accumulator(args)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.stock.documentation()
    }
}

/// The function, for a session.
pub fn sum() -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::from(TypedSum { stock: sum_udaf() }))
}

/// Is it a sum, be it stock's or the one above?
pub fn is_sum(udaf: &AggregateUDF) -> bool {
    let inner = udaf.inner();
    inner.downcast_ref::<Sum>().is_some() || inner.downcast_ref::<TypedSum>().is_some()
}

/// The stock function behind a sum; others stay.
pub fn stock_sum(udaf: Arc<AggregateUDF>) -> Arc<AggregateUDF> {
    if is_sum(&udaf) { sum_udaf() } else { udaf }
}
