//! Paths to tables.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::execution::SessionState;
use futures::FutureExt;

use super::{csv, glob, parquet, positions};
use crate::error::{Code, Error, Result};
use crate::plan::SourceTable;

/// The kinds of files that the readers know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Comma-separated text.
    Csv,
    /// Parquet.
    Parquet,
}

impl Kind {
    fn extensions(self) -> &'static [&'static str] {
        match self {
            Kind::Csv => &["csv", "tsv", "txt"],
            Kind::Parquet => &["parquet", "pq"],
        }
    }

    fn of(path: &Path) -> Option<Kind> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        [Kind::Csv, Kind::Parquet].into_iter().find(|k| k.extensions().contains(&extension.as_str()))
    }
}

/// Files in the order in which their rows are read, and the name they go by.
#[derive(Debug, Clone)]
pub struct Files {
    /// Absolute paths.
    pub paths: Vec<PathBuf>,
    /// The stem of what was asked for.
    pub name: Option<String>,
}

/// Resolves paths, directories and patterns: name order within each, the order given among them.
pub fn resolve(paths: &[String], kind: Kind) -> Result<Files> {
    let mut found = vec![];
    for path in paths {
        found.extend(resolve_one(local(path), kind)?);
    }
    if found.is_empty() {
        return Err(Error::new(Code::FileNotFound, "no files are given"));
    }
    let name = paths.first().and_then(|p| {
        let path = Path::new(local(p));
        let stem = path.file_stem()?.to_str()?;
        (!glob::has_wildcard(stem) || path.exists()).then(|| stem.to_string())
    });
    let paths =
        found.into_iter().map(|p| std::path::absolute(&p).map_err(|e| file_error(&p, &e))).collect::<Result<_>>()?;
    Ok(Files { paths, name })
}

fn local(path: &str) -> &str {
    path.strip_prefix("file://").unwrap_or(path)
}

fn resolve_one(text: &str, kind: Kind) -> Result<Vec<PathBuf>> {
    let path = Path::new(text);
    // A file may have a star in its name.
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    if path.is_dir() {
        return in_directory(path, kind);
    }
    if glob::has_wildcard(text) {
        let found = glob::expand(text);
        if found.is_empty() {
            return Err(Error::new(Code::FileNotFound, format!("no file matches '{text}'")));
        }
        return Ok(found);
    }
    match std::fs::metadata(path) {
        Err(e) => Err(file_error(path, &e)),
        Ok(_) => Ok(vec![path.to_path_buf()]),
    }
}

/// The directory's files of this kind; where it has none, all its files.
fn in_directory(path: &Path, kind: Kind) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(path).map_err(|e| file_error(path, &e))?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.is_file() && p.file_name().is_some_and(|n| !n.to_string_lossy().starts_with(['.', '_'])))
        .collect();
    if files.iter().any(|p| Kind::of(p) == Some(kind)) {
        files.retain(|p| Kind::of(p) == Some(kind));
    }
    if files.is_empty() {
        return Err(Error::new(Code::FileNotFound, format!("the directory '{}' has no files", path.display())));
    }
    files.sort();
    Ok(files)
}

/// What the system says about a path, in our words.
pub fn file_error(path: &Path, error: &std::io::Error) -> Error {
    let shown = path.display();
    match error.kind() {
        std::io::ErrorKind::NotFound => match path.parent().filter(|p| !p.as_os_str().is_empty() && !p.exists()) {
            Some(parent) => Error::new(Code::FileNotFound, format!("there is no directory '{}'", parent.display())),
            None => Error::new(Code::FileNotFound, format!("there is no file '{shown}'")),
        },
        std::io::ErrorKind::StorageFull => Error::new(Code::Disk, format!("'{shown}': {error}")),
        _ => Error::new(Code::File, format!("'{shown}': {error}")),
    }
}

/// What a reader finds in files; where it panics over one, the file is damaged.
pub async fn inspected<T, E: Into<Error>>(shown: &str, work: impl Future<Output = Result<T, E>>) -> Result<T> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(found) => found.map_err(Into::into),
        Err(_) => Err(Error::new(Code::File, format!("'{shown}' is damaged: its reader cannot make sense of it"))),
    }
}

/// Files as URLs of single objects, whatever characters their names have.
pub fn urls(files: &Files) -> Result<Vec<ListingTableUrl>> {
    files.paths.iter().map(|p| ListingTableUrl::parse(url(p)).map_err(Error::from)).collect()
}

fn url(path: &Path) -> String {
    let mut url = "file://".to_string();
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => url.push(byte as char),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}

/// A listing of exactly these files, in this order.
pub fn listing(
    state: &SessionState,
    files: &Files,
    format: Arc<dyn FileFormat>,
    schema: SchemaRef,
) -> Result<SourceTable> {
    let options = ListingOptions::new(format).with_file_extension("");
    let config =
        ListingTableConfig::new_with_multi_paths(urls(files)?).with_listing_options(options).with_schema(schema);
    let cache = state.runtime_env().cache_manager.get_file_statistic_cache();
    let table = Arc::new(ListingTable::try_new(config).map_err(Error::from)?.with_cache(cache));
    Ok(around(table).with_files(&files.paths))
}

/// A stock listing as a source of ours.
pub fn around(table: Arc<ListingTable>) -> SourceTable {
    let scan = positions::files(Arc::clone(&table));
    SourceTable::new(table, scan)
}

/// Does a table's name look like a path to a file that the readers know?
pub fn is_path(name: &str) -> bool {
    Kind::of(Path::new(local(name))).is_some()
}

/// The table behind a quoted path, if there are files at it.
pub async fn table_at(state: &SessionState, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
    let path = Path::new(local(name));
    let Some(kind) = Kind::of(path) else {
        return Ok(None);
    };
    let files = match resolve(&[name.to_string()], kind) {
        Err(error) if error.code == Code::FileNotFound => return Ok(None),
        other => other?,
    };
    let table = match kind {
        Kind::Csv => csv::read(state, &files, &csv::Options::default()).await?,
        Kind::Parquet => parquet::read(state, &files).await?,
    };
    Ok(Some(Arc::new(table)))
}
