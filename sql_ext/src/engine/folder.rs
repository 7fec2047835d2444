//! Files that a statement adds to a directory: all of them, or none.
//!
//! The writers name files as they go and leave them where they fail. They write into a directory beside the
//! target, whose files move into it once all are there.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::datatypes::Schema;
use datafusion::catalog::TableProvider;
use datafusion::datasource::listing::{ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::datasource::{provider_as_source, source_as_provider};
use datafusion::execution::SessionState;
use datafusion::execution::cache::TableScopedPath;
use datafusion::logical_expr::WriteOp;
use datafusion::logical_expr::dml::DmlStatement;

use super::catalog::downcast;
use super::write::stage_name;
use crate::error::{Error, Result};
use crate::plan::SourceTable;
use crate::source::files::file_error;

/// A directory beside the one that is written to.
pub(super) struct Folder {
    stage: PathBuf,
    target: PathBuf,
}

impl Folder {
    /// The stage of a directory; none where nothing can be made beside it.
    pub fn beside(target: &Path) -> Option<Folder> {
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_path_buf());
        let stage = target.with_file_name(stage_name(target.file_name()?));
        fs::create_dir(&stage).ok()?;
        Some(Folder { stage, target })
    }

    /// Where to write, as a path that stands for a directory.
    pub fn path(&self) -> Option<String> {
        self.stage.to_str().map(|path| format!("{path}/"))
    }

    /// Moves what was written into the target; what is there already where one of the files cannot be moved.
    pub fn publish(&self) -> Result<()> {
        let mut written = vec![];
        files_of(&self.stage, &mut written)?;
        let mut moved: Vec<(PathBuf, PathBuf)> = vec![];
        for from in written {
            let to = self.target.join(from.strip_prefix(&self.stage).unwrap_or(&from));
            let made = to.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::rename(&from, &to));
            if let Err(error) = made {
                for (from, to) in moved {
                    let _ = fs::rename(to, from);
                }
                return Err(file_error(&to, &error));
            }
            moved.push((from, to));
        }
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.stage);
    }
}

fn files_of(directory: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(directory).map_err(|e| file_error(directory, &e))?;
    for entry in entries {
        let path = entry.map_err(|e| file_error(directory, &e))?.path();
        if path.is_dir() {
            files_of(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// An INSERT into a directory of files, put off until its files move there.
pub(super) struct Put {
    folder: Folder,
    url: ListingTableUrl,
}

impl Put {
    /// Turns an INSERT into local files into one to a stage beside them; `None` for any other statement.
    pub fn aside(dml: &mut DmlStatement) -> Result<Option<Put>> {
        let provider = source_as_provider(&dml.target).map_err(Error::from)?;
        let inner = SourceTable::of(provider.as_ref()).map(SourceTable::inner);
        let Some(table) = inner.and_then(downcast::<ListingTable>).filter(|_| matches!(dml.op, WriteOp::Insert(_)))
        else {
            return Ok(None);
        };
        let [url] = table.table_paths().as_slice() else { return Ok(None) };
        let local = url.is_collection() && url.scheme() == "file";
        let Some(target) = url.get_url().to_file_path().ok().filter(|_| local) else { return Ok(None) };
        let Some(folder) = Folder::beside(&target) else { return Ok(None) };
        let Some(path) = folder.path() else { return Ok(None) };
        let options = table.options().clone();
        let parts = options.table_partition_cols.len();
        let schema = table.schema();
        // The columns of the directories' names come last.
        let fields = schema.fields()[..schema.fields().len().saturating_sub(parts)].to_vec();
        let schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
        let config = ListingTableConfig::new(ListingTableUrl::parse(&path).map_err(Error::from)?)
            .with_listing_options(options)
            .with_schema(schema);
        let stage = ListingTable::try_new(config).map_err(Error::from)?;
        dml.target = provider_as_source(Arc::new(stage));
        Ok(Some(Put { folder, url: url.clone() }))
    }

    /// Puts the files into the table.
    pub fn publish(&self, state: &SessionState) -> Result<()> {
        self.folder.publish()?;
        if let Some(known) = state.runtime_env().cache_manager.get_list_files_cache() {
            let table = self.url.get_table_ref().clone();
            let _ = known.remove(&TableScopedPath { table, path: self.url.prefix().clone() });
        }
        Ok(())
    }
}
