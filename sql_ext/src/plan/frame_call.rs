//! Any aggregate over a frame: what a plan says of it, and the aggregate to run.

use std::sync::Arc;

use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::AggregateUDF;
use datafusion::physical_expr::aggregate::{AggregateExprBuilder, AggregateFunctionExpr};
use datafusion::physical_expr::expressions::{Column, Literal};
use datafusion::physical_expr::{PhysicalExpr, PhysicalSortExpr};

/// An aggregate and the columns it reads: its inputs, what they are sorted by, a filter.
#[derive(Debug, Clone, PartialEq, PartialOrd, Eq, Hash)]
pub struct FrameCall {
    /// The function.
    pub udaf: Arc<AggregateUDF>,
    /// Its inputs; those that are constants with their values, for some functions ask.
    pub inputs: Vec<Option<ScalarValue>>,
    /// The keys after the inputs: descending, NULLs first.
    pub sorts: Vec<(bool, bool)>,
    /// Is a condition the last column?
    pub filtered: bool,
    /// `agg(DISTINCT …)`.
    pub distinct: bool,
    /// `agg(…) IGNORE NULLS`.
    pub ignore_nulls: bool,
}

impl FrameCall {
    /// How many columns it reads.
    pub fn width(&self) -> usize {
        self.inputs.len() + self.sorts.len() + usize::from(self.filtered)
    }

    /// The aggregate over columns of these types, which must be those it takes.
    pub fn aggregate(&self, types: &[DataType]) -> Result<AggregateFunctionExpr> {
        let fields: Vec<Field> =
            types.iter().enumerate().map(|(i, t)| Field::new(format!("x{i}"), t.clone(), true)).collect();
        let column = |i: usize| Arc::new(Column::new(&format!("x{i}"), i)) as Arc<dyn PhysicalExpr>;
        let inputs = self.inputs.iter().enumerate().map(|(i, constant)| match constant {
            Some(value) => Arc::new(Literal::new(value.clone())) as Arc<dyn PhysicalExpr>,
            None => column(i),
        });
        let sorts = self.sorts.iter().enumerate().map(|(i, &(descending, nulls_first))| {
            PhysicalSortExpr::new(column(self.inputs.len() + i), SortOptions { descending, nulls_first })
        });
        AggregateExprBuilder::new(Arc::clone(&self.udaf), inputs.collect())
            .order_by(sorts.collect())
            .schema(Arc::new(Schema::new(fields)))
            .alias(self.udaf.name())
            .with_distinct(self.distinct)
            .with_ignore_nulls(self.ignore_nulls)
            .build()
    }

    /// Can it take rows back, so that a frame may slide at a cost of its own?
    pub fn slides(&self, types: &[DataType]) -> bool {
        self.aggregate(types).and_then(|a| a.create_sliding_accumulator()).is_ok()
    }
}
