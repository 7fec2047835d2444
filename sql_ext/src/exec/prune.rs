//! Batches in memory that a filter cannot match are left out, where they lie in order.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, UInt64Array, new_null_array};
use datafusion::arrow::compute::{SortOptions, concat};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, DFSchema, Result, ScalarValue};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr_rewriter::unnormalize_cols;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;

/// The column that the rows of a table are sorted by, before all others.
#[derive(Debug, Clone)]
pub struct SortedBy {
    /// Its name.
    pub column: String,
    /// Its direction.
    pub options: SortOptions,
}

impl SortedBy {
    /// The batches that may hold rows which pass all filters.
    pub fn prune(
        &self,
        schema: &SchemaRef,
        batches: Vec<RecordBatch>,
        filters: &[Expr],
        session: &dyn Session,
    ) -> Result<Vec<RecordBatch>> {
        let named = DFSchema::try_from(Arc::clone(schema))?;
        let filter = conjunction(unnormalize_cols(filters.iter().cloned()));
        let Some(Ok(filter)) = filter.map(|filter| session.create_physical_expr(filter, &named)) else {
            return Ok(batches);
        };
        let predicate = PruningPredicateBuilder::new().with_file_schema(Arc::clone(schema)).try_build(filter)?;
        let ends = Ends { sorted: self, batches: &batches };
        let kept = predicate.prune(&ends)?;
        Ok(batches.into_iter().zip(kept).filter_map(|(batch, keep)| keep.then_some(batch)).collect())
    }
}

/// The ends of each batch, which are its least and greatest values.
struct Ends<'a> {
    sorted: &'a SortedBy,
    batches: &'a [RecordBatch],
}

impl Ends<'_> {
    fn values(&self, column: &Column, first: bool) -> Option<ArrayRef> {
        if column.name != self.sorted.column {
            return None;
        }
        let ends = self.batches.iter().map(|batch| {
            let values = batch.column_by_name(&column.name)?;
            // The other end may be any value where NULLs stand before or after it.
            let known = values.null_count() == 0 && !values.is_empty();
            let row = if first { 0 } else { values.len().saturating_sub(1) };
            Some(if known { values.slice(row, 1) } else { new_null_array(values.data_type(), 1) })
        });
        let ends = ends.collect::<Option<Vec<_>>>()?;
        concat(&ends.iter().map(AsRef::as_ref).collect::<Vec<_>>()).ok()
    }
}

impl PruningStatistics for Ends<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.values(column, !self.sorted.options.descending)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.values(column, self.sorted.options.descending)
    }

    fn num_containers(&self) -> usize {
        self.batches.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        let counts = self.batches.iter().map(|b| b.column_by_name(&column.name).map(|c| c.null_count() as u64));
        counts.collect::<Option<Vec<_>>>().map(|counts| Arc::new(UInt64Array::from(counts)) as ArrayRef)
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        let counts = self.batches.iter().map(|batch| batch.num_rows() as u64);
        Some(Arc::new(UInt64Array::from_iter_values(counts)))
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
