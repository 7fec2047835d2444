//! Tables in memory: one partition, rows in the order in which they came, or in the
//! order that the table declares.

use std::fmt::{self, Debug};
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, UInt64Array};
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Constraints, Result, SchemaExt, Statistics, exec_datafusion_err, not_impl_err};
use datafusion::datasource::MemTable;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::sink::{DataSink, DataSinkExec};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::dml::InsertOp;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan};
use futures::StreamExt;

use super::keep::Keep;
use super::{positions, unique};
use crate::error::{Code, Error};
use crate::exec::prune::SortedBy;
use crate::order::{Order, Trust};
use crate::plan::SourceTable;

/// A table of rows, as the session sees it; `declared` is what its rows are in.
pub fn table(schema: SchemaRef, batches: Vec<RecordBatch>, declared: Option<(Order, Trust)>) -> Result<SourceTable> {
    let mem = Arc::new(MemTable::try_new(schema, vec![batches])?);
    Ok(source(MemoryTable { mem, keep: None }, declared))
}

/// A table in memory under its declared order.
pub fn source(table: MemoryTable, declared: Option<(Order, Trust)>) -> SourceTable {
    let sorted = declared.as_ref().filter(|_| table.keep.is_some()).and_then(|(order, trust)| {
        let believed = *trust == Trust::Assume;
        if believed { None } else { sorted_by(order, &table.mem.schema()) }
    });
    let scan = positions::memory(Arc::clone(&table.mem), sorted);
    let source = SourceTable::new(Arc::new(table), scan);
    match declared {
        Some((order, trust)) => source.with_declared(order, trust),
        None => source,
    }
}

/// The first column of an order that is kept.
fn sorted_by(order: &Order, schema: &SchemaRef) -> Option<SortedBy> {
    let key = order.layout().into_iter().next()?;
    let Expr::Column(column) = key.expr else { return None };
    // Keys hold -0.0 and 0.0 equal, filters do not.
    let kept = schema.field_with_name(&column.name).is_ok_and(|field| !field.data_type().is_floating());
    let options = SortOptions { descending: !key.asc, nulls_first: key.nulls_first };
    kept.then_some(SortedBy { column: column.name, options })
}

/// A stock table of one partition, whose rows are written all or none, and in order.
#[derive(Debug, Clone)]
pub struct MemoryTable {
    mem: Arc<MemTable>,
    keep: Option<Keep>,
}

impl MemoryTable {
    /// Wraps a stock table of one partition; `keep` says how its rows are laid out.
    pub fn new(mem: Arc<MemTable>, keep: Option<Keep>) -> Self {
        MemoryTable { mem, keep }
    }

    /// Adds rows, all or none, and tells how many.
    pub async fn append(&self, new: Vec<RecordBatch>, overwrite: bool, rows_per_batch: usize) -> Result<u64> {
        let schema = self.mem.schema();
        present(&schema, &new)?;
        let new: Vec<RecordBatch> = new.into_iter().map(|b| under(&schema, &b)).collect::<Result<_>>()?;
        let count: usize = new.iter().map(RecordBatch::num_rows).sum();
        let Some(partition) = self.mem.batches.first() else {
            return Err(exec_datafusion_err!("a table without partitions"));
        };
        let mut stored = partition.write().await;
        let base: &[RecordBatch] = if overwrite { &[] } else { &stored };
        let rows = match &self.keep {
            Some(keep) => keep.merge(base, new, rows_per_batch)?,
            None => base.iter().cloned().chain(new).collect(),
        };
        unique::check(&schema, self.mem.constraints(), &rows)?;
        *stored = rows;
        Ok(count as u64)
    }

    /// Puts all rows in order again.
    async fn settle(&self, rows_per_batch: usize) -> Result<()> {
        if let (Some(keep), Some(partition)) = (&self.keep, self.mem.batches.first()) {
            let mut stored = partition.write().await;
            let rows = std::mem::take(&mut *stored);
            *stored = keep.merge(&[], rows, rows_per_batch)?;
        }
        Ok(())
    }
}

/// Fails where a column that is NOT NULL has no value.
fn present(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<()> {
    for (i, field) in schema.fields().iter().enumerate().filter(|(_, f)| !f.is_nullable()) {
        let mut before = 0;
        for batch in batches {
            let nulls = batch.columns().get(i).and_then(|column| column.logical_nulls());
            if let Some(row) = nulls.and_then(|nulls| nulls.iter().position(|valid| !valid)) {
                let text =
                    format!("column '{}' is NOT NULL, and row {} has no value there", field.name(), before + row + 1);
                return Err(Error::new(Code::Constraint, text).into());
            }
            before += batch.num_rows();
        }
    }
    Ok(())
}

/// The batch's columns under the table's schema.
fn under(schema: &SchemaRef, batch: &RecordBatch) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), batch.columns().to_vec(), &options)?)
}

#[async_trait]
impl TableProvider for MemoryTable {
    fn schema(&self) -> SchemaRef {
        self.mem.schema()
    }

    fn constraints(&self) -> Option<&Constraints> {
        self.mem.constraints()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn get_column_default(&self, column: &str) -> Option<&Expr> {
        self.mem.get_column_default(column)
    }

    fn statistics(&self) -> Option<Statistics> {
        self.mem.statistics()
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.mem.scan(state, projection, filters, limit).await
    }

    async fn insert_into(
        &self,
        _state: &dyn Session,
        input: Arc<dyn ExecutionPlan>,
        insert_op: InsertOp,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.schema().logically_equivalent_names_and_types(&input.schema())?;
        let overwrite = match insert_op {
            InsertOp::Append => false,
            InsertOp::Overwrite => true,
            InsertOp::Replace => return not_impl_err!("REPLACE INTO a table in memory"),
        };
        // Whether values are missing is checked by the table, which knows the columns' names.
        let lenient = self.schema().fields().iter().map(|f| f.as_ref().clone().with_nullable(true)).collect::<Vec<_>>();
        let sink = Sink { schema: Arc::new(Schema::new(lenient)), table: self.clone(), overwrite };
        Ok(Arc::new(DataSinkExec::new(input, Arc::new(sink), None)))
    }

    async fn delete_from(&self, state: &dyn Session, filters: Vec<Expr>) -> Result<Arc<dyn ExecutionPlan>> {
        self.mem.delete_from(state, filters).await
    }

    async fn update(
        &self,
        state: &dyn Session,
        assignments: Vec<(String, Expr)>,
        filters: Vec<Expr>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(partition) = self.mem.batches.first() else {
            return Err(exec_datafusion_err!("a table without partitions"));
        };
        let before = partition.read().await.clone();
        let done = self.mem.update(state, assignments, filters).await?;
        let checked = unique::check(&self.schema(), self.mem.constraints(), &partition.read().await);
        if let Err(error) = checked {
            *partition.write().await = before;
            return Err(error);
        }
        self.settle(state.config().batch_size()).await?;
        Ok(done)
    }

    async fn truncate(&self, _state: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
        let mut count = 0;
        for partition in &self.mem.batches {
            let mut stored = partition.write().await;
            count += stored.iter().map(RecordBatch::num_rows).sum::<usize>();
            stored.clear();
        }
        let schema = Arc::new(Schema::new(vec![Field::new("count", DataType::UInt64, false)]));
        let column: ArrayRef = Arc::new(UInt64Array::from(vec![count as u64]));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![column])?;
        Ok(MemorySourceConfig::try_new_exec(&[vec![batch]], schema, None)?)
    }
}

/// Stores rows once all of them are there.
#[derive(Debug)]
struct Sink {
    schema: SchemaRef,
    table: MemoryTable,
    overwrite: bool,
}

impl DisplayAs for Sink {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "MemoryTable")?;
        if self.table.keep.is_some() { write!(f, " (kept in order)") } else { Ok(()) }
    }
}

#[async_trait]
impl DataSink for Sink {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    async fn write_all(&self, mut data: SendableRecordBatchStream, context: &Arc<TaskContext>) -> Result<u64> {
        let mut batches = vec![];
        while let Some(batch) = data.next().await {
            batches.push(batch?);
        }
        self.table.append(batches, self.overwrite, context.session_config().batch_size()).await
    }
}
