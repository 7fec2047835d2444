//! Scans that number their rows, one function per kind of source.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::Result;
use datafusion::datasource::MemTable;
use datafusion::datasource::listing::ListingTable;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;

use crate::error::{Code, Error};
use crate::plan::PositionedScan;

/// Positions of rows in memory.
pub fn memory(_table: Arc<MemTable>) -> Arc<dyn PositionedScan> {
    // Until merged: Arc::new(crate::exec::scan::MemoryScan::new(table))
    Arc::new(Unpositioned)
}

/// Positions of rows in files.
pub fn files(_table: Arc<ListingTable>) -> Arc<dyn PositionedScan> {
    // Until merged: Arc::new(crate::exec::scan::FileScan::new(table))
    Arc::new(Unpositioned)
}

/// A source whose rows cannot be numbered.
#[derive(Debug)]
pub struct Unpositioned;

#[async_trait]
impl PositionedScan for Unpositioned {
    async fn scan(&self, _: &dyn Session, _: &[usize], _: &[Expr], _: &str) -> Result<Arc<dyn ExecutionPlan>> {
        Err(Error::new(Code::NotSupported, "this source cannot number its rows").into())
    }

    fn prunes(&self) -> bool {
        false
    }
}
