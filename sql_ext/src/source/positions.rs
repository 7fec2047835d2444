//! Scans that number their rows, one function per kind of source.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::datasource::listing::ListingTable;

use crate::exec::prune::SortedBy;
use crate::exec::scan::{FileScan, MemoryScan, StreamScan};
use crate::plan::PositionedScan;

/// Positions of rows in memory; `sorted` where they are known to be so.
pub fn memory(table: Arc<MemTable>, sorted: Option<SortedBy>) -> Arc<dyn PositionedScan> {
    Arc::new(MemoryScan::new(table, sorted))
}

/// Positions of rows in files.
pub fn files(table: Arc<ListingTable>) -> Arc<dyn PositionedScan> {
    Arc::new(FileScan::new(table))
}

/// Positions of a source that says nothing of its order: rows are counted as they come.
pub fn as_they_come(table: Arc<dyn TableProvider>) -> Arc<dyn PositionedScan> {
    Arc::new(StreamScan::new(table))
}
