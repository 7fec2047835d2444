//! Aggregates in sequence order as the planner sees them; the binder lowers them.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};

use super::{AGGREGATES, Entry, Op, Values};

/// A placeholder with the name and type of the function.
///
/// The binder replaces it by a stock aggregate ordered by the position, so that
/// it never runs.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct OrderedAggregate {
    op: Op,
    name: &'static str,
    signature: Signature,
}

impl OrderedAggregate {
    fn new(entry: &Entry) -> Self {
        let signature = match entry.values {
            Values::Fixed(names) => Signature::any(names.len(), Volatility::Immutable),
            _ => Signature::variadic_any(Volatility::Immutable),
        };
        OrderedAggregate { op: entry.op, name: entry.name, signature }
    }

    /// What it does.
    pub fn op(&self) -> Op {
        self.op
    }
}

impl AggregateUDFImpl for OrderedAggregate {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        if self.op == Op::Funnel {
            return Ok(DataType::Int64);
        }
        match arg_types.first() {
            Some(first) => Ok(first.clone()),
            None => exec_err!("{} takes a value", self.name),
        }
    }

    fn supports_null_handling_clause(&self) -> bool {
        matches!(self.op, Op::First | Op::Last | Op::Nth)
    }

    fn state_fields(&self, _args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        Ok(vec![])
    }

    fn accumulator(&self, _args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        exec_err!("{} was not bound to an order", self.name)
    }
}

/// All of them, for a session.
pub fn ordered_aggregates() -> Vec<Arc<AggregateUDF>> {
    AGGREGATES.iter().map(|entry| Arc::new(AggregateUDF::from(OrderedAggregate::new(entry)))).collect()
}

/// What an aggregate does, if it is one of ours.
pub fn ordered_aggregate(udaf: &AggregateUDF) -> Option<Op> {
    udaf.inner().downcast_ref::<OrderedAggregate>().map(OrderedAggregate::op)
}
