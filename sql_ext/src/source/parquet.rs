//! Parquet files.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::common::DataFusionError;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTableUrl};
use datafusion::datasource::physical_plan::parquet::metadata::DFParquetMetadata;
use datafusion::execution::SessionState;
use datafusion::object_store::ObjectStoreExt;

use super::files::{self, Files};
use crate::error::{Code, Error, Result};
use crate::plan::SourceTable;
use crate::types::type_name;

/// The first column that is of another type than in an earlier file.
fn misfit(schemas: &[Schema], files: &Files, message: &str) -> Error {
    let mut seen: HashMap<&str, (usize, &DataType)> = HashMap::new();
    for (i, field) in schemas.iter().enumerate().flat_map(|(i, s)| s.fields().iter().map(move |f| (i, f))) {
        let (first, of) = *seen.entry(field.name()).or_insert((i, field.data_type()));
        let path = |i: usize| files.paths.get(i).map(|p| p.display().to_string()).unwrap_or_default();
        if type_name(of) != type_name(field.data_type()) {
            let (a, b) = (type_name(of), type_name(field.data_type()));
            let text = format!("column '{}' is {a} in '{}' and {b} in '{}'", field.name(), path(first), path(i));
            return Error::new(Code::SchemaMismatch, text);
        }
    }
    Error::new(Code::SchemaMismatch, format!("the files do not fit together: {message}"))
}

/// The name of two columns of a file; the base takes them for one.
async fn repeated(state: &SessionState, url: &ListingTableUrl) -> Result<Option<String>> {
    let store = state.runtime_env().object_store(url)?;
    let file = store.head(url.prefix()).await.map_err(DataFusionError::from)?;
    let cache = state.runtime_env().cache_manager.get_file_metadata_cache();
    let metadata = DFParquetMetadata::new(store.as_ref(), &file).with_file_metadata_cache(Some(cache));
    let metadata = metadata.fetch_metadata().await?;
    let columns = metadata.file_metadata().schema_descr().root_schema().get_fields();
    let mut seen = HashSet::new();
    Ok(columns.iter().find(|c| !seen.insert(c.name())).map(|c| c.name().to_string()))
}

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
        if let Some(name) = files::inspected(&shown, repeated(state, url)).await? {
            return Err(Error::new(Code::SchemaMismatch, format!("'{shown}' has two columns '{name}'")));
        }
        schemas.push(schema.as_ref().clone());
    }
    let merged = Schema::try_merge(schemas.clone()).map_err(|e| misfit(&schemas, files, &e.to_string()))?;
    files::listing(state, files, format, Arc::new(merged))
}
