//! Scans that number their rows: DataFusion's readers over frozen slices, in source order.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::datasource::MemTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingTable, ListingTableUrl, PartitionedFile};
use datafusion::datasource::physical_plan::parquet::metadata::DFParquetMetadata;
use datafusion::datasource::physical_plan::parquet::{ParquetAccessPlan, RowGroupAccess};
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::Expr;
use datafusion::parquet::arrow::RowNumber;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
};

use super::number::{Position, RowNumbers};
use super::operator::OrderedExec;
use super::prune::SortedBy;
use crate::order::hidden;
use crate::plan::PositionedScan;

/// Batches in memory, in stored order.
#[derive(Debug)]
pub struct MemoryScan {
    table: Arc<MemTable>,
    sorted: Option<SortedBy>,
}

impl MemoryScan {
    /// Scans a table whose partitions follow each other; `sorted` where their rows are known to be so.
    pub fn new(table: Arc<MemTable>, sorted: Option<SortedBy>) -> Self {
        MemoryScan { table, sorted }
    }
}

#[async_trait]
impl PositionedScan for MemoryScan {
    async fn scan(
        &self,
        state: &dyn Session,
        projection: &[usize],
        filters: &[Expr],
        position: &str,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut partitions = Vec::with_capacity(self.table.batches.len());
        for partition in &self.table.batches {
            let batches = partition.read().await.clone();
            partitions.push(match &self.sorted {
                Some(sorted) if !filters.is_empty() => sorted.prune(&self.table.schema(), batches, filters, state)?,
                _ => batches,
            });
        }
        let bases = (0..partitions.len()).collect();
        let chunks = ChunksExec::try_new(self.table.schema(), partitions, projection.to_vec())?;
        number(Arc::new(chunks), position, RowNumbers::Counted, bases, vec![])
    }

    fn prunes(&self) -> bool {
        self.sorted.is_some()
    }
}

/// Any provider, as one stream.
#[derive(Debug)]
pub struct StreamScan {
    table: Arc<dyn TableProvider>,
}

impl StreamScan {
    /// Counts the rows that a provider gives, in the order in which they come.
    pub fn new(table: Arc<dyn TableProvider>) -> Self {
        StreamScan { table }
    }
}

#[async_trait]
impl PositionedScan for StreamScan {
    async fn scan(
        &self,
        state: &dyn Session,
        projection: &[usize],
        _filters: &[Expr],
        position: &str,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut plan = self.table.scan(state, Some(&projection.to_vec()), &[], None).await?;
        if plan.output_partitioning().partition_count() > 1 {
            plan = Arc::new(CoalescePartitionsExec::new(plan));
        }
        number(plan, position, RowNumbers::Counted, vec![0], vec![])
    }

    fn prunes(&self) -> bool {
        false
    }
}

fn number(
    input: Arc<dyn ExecutionPlan>,
    position: &str,
    rows: RowNumbers,
    bases: Vec<usize>,
    files: Vec<String>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let width = input.schema().fields().len();
    let index = if rows == RowNumbers::LastColumn { width - 1 } else { width };
    let operator = Position { name: position.to_string(), index, rows, bases, files };
    Ok(Arc::new(OrderedExec::try_new(Arc::new(operator), input)?))
}

/// A leaf over batches that no rule can repartition.
#[derive(Debug)]
struct ChunksExec {
    partitions: Vec<Vec<RecordBatch>>,
    projection: Vec<usize>,
    properties: Arc<PlanProperties>,
}

impl ChunksExec {
    fn try_new(schema: SchemaRef, partitions: Vec<Vec<RecordBatch>>, projection: Vec<usize>) -> Result<Self> {
        let schema = Arc::new(schema.project(&projection)?);
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(partitions.len()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(ChunksExec { partitions, projection, properties: Arc::new(properties) })
    }
}

impl DisplayAs for ChunksExec {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        let rows: usize = self.partitions.iter().flatten().map(RecordBatch::num_rows).sum();
        write!(f, "MemoryExec: rows={rows}")
    }
}

impl ExecutionPlan for ChunksExec {
    fn name(&self) -> &str {
        "MemoryExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![]
    }

    fn with_new_children(self: Arc<Self>, _children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let Some(batches) = self.partitions.get(partition).cloned() else {
            return internal_err!("no partition {partition} in memory");
        };
        let size = context.session_config().batch_size().max(1);
        let projection = self.projection.clone();
        let slices = batches.into_iter().flat_map(move |batch| {
            let projection = projection.clone();
            (0..batch.num_rows()).step_by(size).map(move |at| {
                let rows = size.min(batch.num_rows() - at);
                Ok(batch.slice(at, rows).project(&projection)?)
            })
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), futures::stream::iter(slices))))
    }
}

/// Files of a listing, in name order within each path and in the order of the paths.
#[derive(Debug)]
pub struct FileScan {
    table: Arc<ListingTable>,
}

/// The pieces of files that are read one after the other.
struct Slices {
    groups: Vec<FileGroup>,
    bases: Vec<usize>,
    names: Vec<String>,
}

impl FileScan {
    /// Scans the files that a listing holds when the scan is planned.
    pub fn new(table: Arc<ListingTable>) -> Self {
        FileScan { table }
    }

    /// All files, in source order.
    async fn files(&self, state: &dyn Session) -> Result<Vec<PartitionedFile>> {
        let listed = self.table.list_files_for_scan(state, &[], None).await?;
        let mut files: Vec<PartitionedFile> = listed.file_groups.into_iter().flat_map(FileGroup::into_inner).collect();
        files.sort_by_cached_key(|file| file.object_meta.location.to_string());
        // The listing has each file once; a path that stands twice is read twice.
        let of = |path: &ListingTableUrl| {
            let within: Vec<_> = files.iter().filter(|f| path.contains(&f.object_meta.location, false)).collect();
            within
        };
        Ok(self.table.table_paths().iter().flat_map(of).cloned().collect())
    }

    /// One slice per file.
    fn whole(files: Vec<PartitionedFile>) -> Slices {
        let names = files.iter().map(|f| f.object_meta.location.to_string()).collect();
        let bases = (0..files.len()).collect();
        let groups = files.into_iter().map(|f| FileGroup::new(vec![f])).collect();
        Slices { groups, bases, names }
    }

    /// One slice per row group.
    async fn row_groups(&self, state: &dyn Session, files: Vec<PartitionedFile>) -> Result<Slices> {
        let mut slices = Slices { groups: vec![], bases: vec![], names: vec![] };
        let Some(url) = self.table.table_paths().first() else {
            return Ok(slices);
        };
        let store = state.runtime_env().object_store(url.object_store())?;
        let cache = state.runtime_env().cache_manager.get_file_metadata_cache();
        for (ordinal, file) in files.into_iter().enumerate() {
            slices.names.push(file.object_meta.location.to_string());
            let metadata = DFParquetMetadata::new(store.as_ref(), &file.object_meta)
                .with_file_metadata_cache(Some(Arc::clone(&cache)))
                .fetch_metadata()
                .await?;
            let count = metadata.num_row_groups();
            if count <= 1 {
                slices.groups.push(FileGroup::new(vec![file]));
                slices.bases.push(ordinal);
                continue;
            }
            for only in 0..count {
                let access =
                    (0..count).map(|i| if i == only { RowGroupAccess::Scan } else { RowGroupAccess::Skip }).collect();
                let slice = file.clone().with_extension(ParquetAccessPlan::new(access));
                slices.groups.push(FileGroup::new(vec![slice]));
                slices.bases.push(ordinal);
            }
        }
        Ok(slices)
    }
}

#[async_trait]
impl PositionedScan for FileScan {
    async fn scan(
        &self,
        state: &dyn Session,
        projection: &[usize],
        _filters: &[Expr],
        position: &str,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = self.table.schema();
        let options = self.table.options();
        let parquet = options.format.downcast_ref::<ParquetFormat>().is_some();
        let files = self.files(state).await?;
        let slices = if parquet { self.row_groups(state, files).await? } else { FileScan::whole(files) };
        let rows = if parquet { RowNumbers::LastColumn } else { RowNumbers::Counted };
        let mut indices = projection.to_vec();
        let row_number = Field::new(hidden("rn", 0), DataType::Int64, false);
        let row_number = if parquet { Some(row_number.with_extension_type(RowNumber)) } else { None };
        if parquet {
            indices.push(schema.fields().len());
        }
        let Some(url) = self.table.table_paths().first().filter(|_| !slices.groups.is_empty()) else {
            return nothing(&schema, projection, row_number, position, rows);
        };
        let partitions: Vec<_> = options
            .table_partition_cols
            .iter()
            .map(|(name, data_type)| Arc::new(Field::new(name, data_type.clone(), false)))
            .collect();
        let width = schema.fields().len() - partitions.len();
        let file_schema = Arc::new(schema.project(&(0..width).collect::<Vec<_>>())?);
        let table_schema = TableSchema::builder(file_schema)
            .with_table_partition_cols(partitions)
            .with_virtual_columns(row_number.map(Arc::new).into_iter().collect::<Vec<_>>())
            .build();
        let source = options.format.file_source(table_schema);
        // A stated partitioning keeps stock rules from cutting or stealing slices.
        let frozen = Partitioning::UnknownPartitioning(slices.groups.len());
        let config = FileScanConfigBuilder::new(url.object_store(), source)
            .with_file_groups(slices.groups)
            .with_projection_indices(Some(indices))?
            .with_output_partitioning(Some(frozen))
            .build();
        let plan = options.format.create_physical_plan(state, config).await?;
        number(plan, position, rows, slices.bases, slices.names)
    }

    fn prunes(&self) -> bool {
        true
    }
}

fn nothing(
    schema: &SchemaRef,
    projection: &[usize],
    row_number: Option<Field>,
    position: &str,
    rows: RowNumbers,
) -> Result<Arc<dyn ExecutionPlan>> {
    let mut fields = schema.project(projection)?.fields().to_vec();
    fields.extend(row_number.map(Arc::new));
    let empty = EmptyExec::new(Arc::new(Schema::new(fields)));
    number(Arc::new(empty), position, rows, vec![0], vec![])
}
