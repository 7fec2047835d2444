//! Numbers the rows: fresh positions after a sort, first positions at a source.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array};
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::{Result, internal_err};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{PhysicalExpr, PhysicalSortExpr};

use super::operator::{Operator, State, extended};
use crate::order::MARK;

/// Partitions are this many rows apart, at least.
const STRIDE: u32 = 40;

/// Adds a running number to rows sorted by `sort`.
#[derive(Debug)]
pub struct Number {
    /// Required order; empty takes the rows as one stream in any order.
    pub sort: Vec<PhysicalSortExpr>,
    /// How many of `sort` are partition keys.
    pub partition: usize,
    /// Name of the number.
    pub position: String,
    /// Index of the number in the output.
    pub index: usize,
    /// The order as people write it.
    pub text: String,
}

/// Sorts ascending by a column.
pub fn ascending(name: &str, index: usize) -> PhysicalSortExpr {
    let options = SortOptions { descending: false, nulls_first: false };
    PhysicalSortExpr::new(Arc::new(Column::new(name, index)), options)
}

impl Operator for Number {
    fn name(&self) -> &'static str {
        "OrderedExec"
    }

    fn describe(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, ": {}", self.text.replace(MARK, ""))
    }

    fn schema(&self, input: &SchemaRef) -> Result<SchemaRef> {
        Ok(extended(input, vec![Field::new(&self.position, DataType::Int64, false)]))
    }

    fn requires(&self) -> Option<&[PhysicalSortExpr]> {
        Some(&self.sort)
    }

    fn orderings(&self) -> Vec<Vec<PhysicalSortExpr>> {
        let position = ascending(&self.position, self.index);
        let mut by_partition: Vec<PhysicalSortExpr> = self.sort.iter().take(self.partition).cloned().collect();
        by_partition.push(position.clone());
        vec![vec![position], by_partition]
    }

    fn expressions(&self) -> Vec<Arc<dyn PhysicalExpr>> {
        self.sort.iter().map(|k| Arc::clone(&k.expr)).collect()
    }

    fn start(&self, _partition: usize, schema: SchemaRef) -> Result<Box<dyn State>> {
        Ok(Box::new(Counter { schema, next: 0 }))
    }
}

struct Counter {
    schema: SchemaRef,
    next: i64,
}

impl State for Counter {
    fn push(&mut self, batch: RecordBatch, ready: &mut VecDeque<RecordBatch>) -> Result<()> {
        let rows = i64::try_from(batch.num_rows()).unwrap_or(i64::MAX);
        let numbers = Int64Array::from_iter_values(self.next..self.next.saturating_add(rows));
        self.next = self.next.saturating_add(rows);
        ready.push_back(with_column(&self.schema, &batch, Arc::new(numbers))?);
        Ok(())
    }
}

fn with_column(schema: &SchemaRef, batch: &RecordBatch, column: ArrayRef) -> Result<RecordBatch> {
    let mut columns = batch.columns().to_vec();
    columns.push(column);
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}

/// Where the positions of a source's partition come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowNumbers {
    /// Rows are counted as they come.
    Counted,
    /// The last column holds the row's number in its file.
    LastColumn,
}

/// Adds first positions to a source whose partitions follow each other.
///
/// Partition `i` starts at `bases[i]` strides, so that positions only ever increase.
#[derive(Debug)]
pub struct Position {
    /// Name of the position.
    pub name: String,
    /// Its index in the output.
    pub index: usize,
    /// Where row numbers come from.
    pub rows: RowNumbers,
    /// The file ordinal of each partition.
    pub bases: Vec<usize>,
    /// The files, where there are any.
    pub files: Vec<String>,
}

impl Operator for Position {
    fn name(&self) -> &'static str {
        "PositionExec"
    }

    fn describe(&self, _f: &mut fmt::Formatter) -> fmt::Result {
        Ok(())
    }

    fn schema(&self, input: &SchemaRef) -> Result<SchemaRef> {
        let mut fields = input.fields().to_vec();
        if self.rows == RowNumbers::LastColumn {
            fields.pop();
        }
        fields.push(Arc::new(Field::new(&self.name, DataType::Int64, false)));
        Ok(Arc::new(Schema::new_with_metadata(fields, input.metadata().clone())))
    }

    fn requires(&self) -> Option<&[PhysicalSortExpr]> {
        None
    }

    fn orderings(&self) -> Vec<Vec<PhysicalSortExpr>> {
        vec![vec![ascending(&self.name, self.index)]]
    }

    fn expressions(&self) -> Vec<Arc<dyn PhysicalExpr>> {
        vec![]
    }

    fn start(&self, partition: usize, schema: SchemaRef) -> Result<Box<dyn State>> {
        let Some(base) = self.bases.get(partition) else {
            return internal_err!("a source has more partitions than it said");
        };
        let base = i64::try_from(*base).unwrap_or(i64::MAX >> STRIDE) << STRIDE;
        match self.rows {
            RowNumbers::Counted => Ok(Box::new(Counter { schema, next: base })),
            RowNumbers::LastColumn => Ok(Box::new(Shifted { schema, base })),
        }
    }
}

struct Shifted {
    schema: SchemaRef,
    base: i64,
}

impl State for Shifted {
    fn push(&mut self, batch: RecordBatch, ready: &mut VecDeque<RecordBatch>) -> Result<()> {
        let mut columns = batch.columns().to_vec();
        let Some(rows) = columns.pop().and_then(|c| c.as_primitive_opt::<Int64Type>().cloned()) else {
            return internal_err!("a scan without row numbers");
        };
        let base = self.base;
        columns.push(if base == 0 { Arc::new(rows) } else { Arc::new(rows.unary::<_, Int64Type>(|n| n + base)) });
        ready.push_back(RecordBatch::try_new(Arc::clone(&self.schema), columns)?);
        Ok(())
    }
}

/// File ordinal and row in the file, both from 0, of a source position.
pub fn place(position: i64) -> (usize, u64) {
    let file = usize::try_from(position >> STRIDE).unwrap_or(0);
    let row = u64::try_from(position & ((1_i64 << STRIDE) - 1)).unwrap_or(0);
    (file, row)
}

/// Requires rows in order and lets them through: the root of a query, and every LIMIT.
#[derive(Debug)]
pub struct Deliver {
    /// The position.
    pub sort: Vec<PhysicalSortExpr>,
}

impl Operator for Deliver {
    fn name(&self) -> &'static str {
        "DeliverExec"
    }

    fn describe(&self, _f: &mut fmt::Formatter) -> fmt::Result {
        Ok(())
    }

    fn requires(&self) -> Option<&[PhysicalSortExpr]> {
        Some(&self.sort)
    }

    fn expressions(&self) -> Vec<Arc<dyn PhysicalExpr>> {
        self.sort.iter().map(|k| Arc::clone(&k.expr)).collect()
    }

    fn is_identity(&self) -> bool {
        true
    }

    fn start(&self, _partition: usize, _schema: SchemaRef) -> Result<Box<dyn State>> {
        Ok(Box::new(Through))
    }
}

struct Through;

impl State for Through {
    fn push(&mut self, batch: RecordBatch, ready: &mut VecDeque<RecordBatch>) -> Result<()> {
        ready.push_back(batch);
        Ok(())
    }
}
