//! Rows that are kept of a passing stream.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatchOptions, new_null_array};
use datafusion::arrow::compute::interleave;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::Result;

/// Where a kept row is; the default place is that of no row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// Which batch.
    pub slot: u32,
    /// Which row of it.
    pub row: u32,
}

/// Batches that are held at least before their wanted rows are put together.
const FEW: usize = 16;

/// Batches of a stream that some places still point into.
pub struct Held {
    /// The first is a row of NULLs.
    batches: Vec<RecordBatch>,
    memory: usize,
    /// Bytes of the rows that were wanted when it was last asked.
    wanted: usize,
}

impl Held {
    /// Holds no rows yet.
    pub fn new(schema: &SchemaRef) -> Result<Self> {
        let nullable: Vec<Field> = schema.fields().iter().map(|f| f.as_ref().clone().with_nullable(true)).collect();
        let nulls = nullable.iter().map(|f| new_null_array(f.data_type(), 1)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(1));
        let nobody = RecordBatch::try_new_with_options(Arc::new(Schema::new(nullable)), nulls, &options)?;
        Ok(Held { batches: vec![nobody], memory: 0, wanted: 0 })
    }

    /// Holds a batch, and tells its slot.
    pub fn add(&mut self, batch: RecordBatch) -> u32 {
        self.memory += batch.get_array_memory_size();
        self.batches.push(batch);
        u32::try_from(self.batches.len() - 1).unwrap_or(u32::MAX)
    }

    /// Are there so many batches that it is time to let go of those that nobody wants?
    pub fn is_full(&self) -> bool {
        self.batches.len() > FEW && self.memory > 4 * self.wanted
    }

    /// Keeps the wanted rows alone, whose places change.
    pub fn compact<'a>(&mut self, wanted: impl Iterator<Item = &'a mut Place>) -> Result<()> {
        let mut places = vec![];
        for place in wanted.filter(|place| **place != Place::default()) {
            let row = u32::try_from(places.len()).unwrap_or(u32::MAX);
            places.push(*place);
            *place = Place { slot: 1, row };
        }
        let schema = self.batches[0].schema();
        let options = RecordBatchOptions::new().with_row_count(Some(places.len()));
        let columns = self.columns(&places)?.iter().map(unshared).collect();
        let kept = RecordBatch::try_new_with_options(schema, columns, &options)?;
        self.batches.truncate(1);
        self.memory = 0;
        self.add(kept);
        self.wanted = self.memory;
        Ok(())
    }

    /// The columns of the rows at these places.
    pub fn columns(&self, places: &[Place]) -> Result<Vec<ArrayRef>> {
        let places: Vec<(usize, usize)> = places.iter().map(|p| (p.slot as usize, p.row as usize)).collect();
        (0..self.batches[0].num_columns())
            .map(|i| {
                let sources: Vec<&dyn Array> = self.batches.iter().map(|batch| batch.column(i).as_ref()).collect();
                Ok(interleave(&sources, &places)?)
            })
            .collect()
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        self.memory
    }
}

/// Views point into the buffers of the batches that they come from, which are to go.
fn unshared(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Utf8View => Arc::new(column.as_string_view().gc()),
        DataType::BinaryView => Arc::new(column.as_binary_view().gc()),
        _ => Arc::clone(column),
    }
}
