//! COPY to local files: the whole answer, or what was there before.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use datafusion::logical_expr::dml::CopyTo;

use super::folder::Folder;
use super::write::Stage;
use crate::error::{Code, Error, Result};
use crate::source::files::file_error;

/// What is written beside its target, until all of it is there.
pub enum Staged {
    /// One file.
    File(Stage),
    /// Files of a directory.
    Folder(Folder),
}

/// Turns a COPY to local files into one to a stage beside them; `None` where they are written elsewhere.
pub fn staged(copy: &mut CopyTo) -> Result<Option<Staged>> {
    let Some(target) = local(&copy.output_url) else { return Ok(None) };
    // A link stays one.
    let target = fs::canonicalize(&target).unwrap_or(target);
    let found = fs::metadata(&target).ok();
    if found.as_ref().is_some_and(|m| !m.is_file() && !m.is_dir()) {
        let text = format!("'{}' is neither a file nor a directory", target.display());
        return Err(Error::new(Code::File, text));
    }
    let into = copy.output_url.ends_with('/') || found.is_some_and(|m| m.is_dir()) || !has_ending(&target);
    let into = into || !copy.partition_by.is_empty();
    let probe = if into { target.join("rows") } else { target.clone() };
    if let Some(parent) = probe.parent().filter(|p| !p.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(|e| file_error(&target, &e))?;
    }
    // Stock tries for ever where a directory takes no files.
    let stage = Stage::beside(&probe)?;
    stage.create().map_err(|e| {
        let code = if e.code == Code::Disk { Code::Disk } else { Code::File };
        Error::new(code, format!("cannot write '{}'", target.display())).with_hint(e.message)
    })?;
    let _ = fs::remove_file(&stage.path);
    if into {
        let folder = Folder::beside(&target);
        let Some(path) = folder.as_ref().and_then(Folder::path) else { return Ok(None) };
        copy.output_url = path;
        return Ok(folder.map(Staged::Folder));
    }
    let Some(path) = stage.path.to_str() else { return Ok(None) };
    copy.output_url = path.to_string();
    Ok(Some(Staged::File(stage)))
}

/// Publishes what was written; a COPY of no rows may have written nothing.
pub fn publish(staged: &Staged) -> Result<()> {
    let stage = match staged {
        Staged::File(stage) => stage,
        Staged::Folder(folder) => return folder.publish(),
    };
    match File::open(&stage.path) {
        Ok(file) => stage.publish(&file),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(file_error(&stage.path, &error)),
    }
}

/// The path of a target on this machine.
fn local(url: &str) -> Option<PathBuf> {
    let path = match url.strip_prefix("file://") {
        Some(path) if path.contains('%') => return None,
        Some(path) => path,
        None => url,
    };
    (!path.contains("://")).then(|| Path::new(path).to_path_buf())
}

/// Names without an ending are directories to the writers.
fn has_ending(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        let name = name.to_string_lossy();
        name.contains('.') && !name.ends_with('.')
    })
}
