//! Keeping stored rows in the table's declared order.
//!
//! ```text
//! stored   1 3 3' 7     already in order
//! new      9 3"         sorted among themselves, source order among ties
//! kept     1 3 3' 3" 7 9    new ties after stored rows
//! ```

use std::sync::Arc;

use datafusion::arrow::array::{RecordBatch, UInt64Array};
use datafusion::arrow::compute::{SortOptions, concat_batches, take_record_batch};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::row::{RowConverter, Rows, SortField};
use datafusion::catalog::Session;
use datafusion::common::{DFSchema, Result};
use datafusion::physical_expr::PhysicalExpr;

use crate::order::Order;
use crate::registry::as_key;

/// The sort keys of a table that is stored in order.
#[derive(Debug, Clone)]
pub struct Keep {
    schema: SchemaRef,
    keys: Vec<(Arc<dyn PhysicalExpr>, SortOptions)>,
}

impl Keep {
    /// The layout of an order over the table's columns.
    pub fn new(schema: &SchemaRef, order: &Order, session: &dyn Session) -> Result<Self> {
        let named = DFSchema::try_from(Arc::clone(schema))?;
        let keys = order
            .layout()
            .iter()
            .map(|key| {
                let expr = session.create_physical_expr(key.expr.clone(), &named)?;
                Ok((expr, SortOptions { descending: !key.asc, nulls_first: key.nulls_first }))
            })
            .collect::<Result<_>>()?;
        Ok(Keep { schema: Arc::clone(schema), keys })
    }

    /// The stored rows, which are in order, with the new ones among them.
    ///
    /// Nothing moves where the new rows are in order and follow the stored ones.
    pub fn merge(
        &self,
        stored: &[RecordBatch],
        new: Vec<RecordBatch>,
        rows_per_batch: usize,
    ) -> Result<Vec<RecordBatch>> {
        let count: usize = new.iter().map(RecordBatch::num_rows).sum();
        if self.keys.is_empty() || count == 0 {
            return Ok(stored.iter().cloned().chain(new).collect());
        }
        let mut converter = self.converter()?;
        let last = stored.iter().rev().find(|b| b.num_rows() > 0);
        let tail: Vec<RecordBatch> =
            last.map(|b| b.slice(b.num_rows() - 1, 1)).into_iter().chain(new.iter().cloned()).collect();
        if in_order(&self.rows(&mut converter, &tail)?) {
            return Ok(stored.iter().cloned().chain(new).collect());
        }
        let all: Vec<RecordBatch> = stored.iter().cloned().chain(new).collect();
        let rows = self.rows(&mut converter, &all)?;
        let mut indices: Vec<u64> = (0..rows.num_rows() as u64).collect();
        // Stable, so ties stay as they come: stored before new, both in their own order.
        indices.sort_by(|a, b| rows.row(*a as usize).cmp(&rows.row(*b as usize)));
        let whole = concat_batches(&self.schema, &all)?;
        let sorted = take_record_batch(&whole, &UInt64Array::from(indices))?;
        Ok(slices(&sorted, rows_per_batch))
    }

    fn converter(&self) -> Result<RowConverter> {
        let fields = self
            .keys
            .iter()
            .map(|(expr, options)| Ok(SortField::new_with_options(expr.data_type(&self.schema)?, *options)))
            .collect::<Result<_>>()?;
        Ok(RowConverter::new(fields)?)
    }

    fn rows(&self, converter: &mut RowConverter, batches: &[RecordBatch]) -> Result<Rows> {
        let mut rows = converter.empty_rows(0, 0);
        for batch in batches {
            let columns = self
                .keys
                .iter()
                .map(|(expr, _)| Ok(as_key(&expr.evaluate(batch)?.into_array(batch.num_rows())?)))
                .collect::<Result<Vec<_>>>()?;
            converter.append(&mut rows, &columns)?;
        }
        Ok(rows)
    }
}

fn in_order(rows: &Rows) -> bool {
    (1..rows.num_rows()).all(|i| rows.row(i - 1) <= rows.row(i))
}

/// A batch in pieces of a common size.
pub fn slices(batch: &RecordBatch, rows: usize) -> Vec<RecordBatch> {
    let rows = rows.max(1);
    (0..batch.num_rows()).step_by(rows).map(|at| batch.slice(at, rows.min(batch.num_rows() - at))).collect()
}
