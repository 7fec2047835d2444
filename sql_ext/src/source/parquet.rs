//! Parquet files.

use std::sync::Arc;

use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::ListingOptions;
use datafusion::execution::SessionState;

use super::files::{self, Files};
use crate::error::{Code, Error, Result};
use crate::plan::SourceTable;

/// A table over Parquet files, with the columns of all of them.
pub async fn read(state: &SessionState, files: &Files) -> Result<SourceTable> {
    for path in &files.paths {
        let size = std::fs::metadata(path).map_err(|e| files::file_error(path, &e))?.len();
        if size == 0 {
            return Err(Error::new(Code::File, format!("'{}' is empty, not a Parquet file", path.display())));
        }
    }
    let format: Arc<dyn FileFormat> =
        Arc::new(ParquetFormat::default().with_options(state.default_table_options().parquet.clone()));
    let options = ListingOptions::new(Arc::clone(&format)).with_file_extension("");
    let mut schemas = vec![];
    for (url, path) in files::urls(files)?.iter().zip(&files.paths) {
        let shown = path.display().to_string();
        let schema = files::inspected(&shown, options.infer_schema(state, url)).await.map_err(|mut error| {
            if !error.message.contains(&shown) {
                error.message = format!("'{shown}': {}", error.message);
            }
            error
        })?;
        schemas.push(schema.as_ref().clone());
    }
    let merged = datafusion::arrow::datatypes::Schema::try_merge(schemas)
        .map_err(|e| Error::new(Code::SchemaMismatch, format!("the files do not fit together: {e}")))?;
    files::listing(state, files, format, Arc::new(merged))
}
