//! Rows to one file: all of them, in order, or the old file as it was.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::csv::{Writer as CsvWriter, WriterBuilder};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::properties::WriterProperties;
use futures::StreamExt;
use serde_json::Value;

use super::stream::Planned;
use crate::error::{Code, Error, Result};
use crate::source::csv;
use crate::source::files::file_error;
use crate::types::type_name;

/// How a file is written.
#[derive(Debug, Clone, Copy)]
pub enum Options {
    /// Text with a header.
    Csv,
    /// Parquet with a codec.
    Parquet(Compression),
}

impl Options {
    /// Reads the JSON that the object API sends.
    pub fn parse(json: &str) -> Result<Options> {
        let given: Value =
            serde_json::from_str(json).map_err(|_| Error::new(Code::Argument, "write: the options are not JSON"))?;
        let codec = given.get("compression").and_then(Value::as_str);
        match (given.get("format").and_then(Value::as_str), codec) {
            (Some("csv"), None) => Ok(Options::Csv),
            (Some("csv"), Some(_)) => Err(Error::new(Code::NotSupported, "CSV is written without compression")),
            (Some("parquet"), codec) => Ok(Options::Parquet(compression(codec)?)),
            _ => Err(Error::new(Code::Argument, "write: the format is csv or parquet")),
        }
    }
}

const CODECS: [&str; 6] = ["snappy", "zstd", "gzip", "lz4", "brotli", "none"];

fn compression(name: Option<&str>) -> Result<Compression> {
    match name.map(str::to_ascii_lowercase).as_deref() {
        None | Some("snappy") => Ok(Compression::SNAPPY),
        Some("zstd") => Ok(Compression::ZSTD(ZstdLevel::default())),
        Some("gzip") => Ok(Compression::GZIP(GzipLevel::default())),
        Some("lz4") => Ok(Compression::LZ4_RAW),
        Some("brotli") => Ok(Compression::BROTLI(BrotliLevel::default())),
        Some("none" | "uncompressed") => Ok(Compression::UNCOMPRESSED),
        Some(other) => Err(Error::new(Code::Argument, format!("there is no codec '{other}'"))
            .with_names(other, CODECS.map(str::to_string))),
    }
}

/// Runs the plan into the file at `path`.
pub async fn write(planned: &Planned, path: &str, options: &Options) -> Result<()> {
    let target = Path::new(path.strip_prefix("file://").unwrap_or(path));
    let stage = Stage::beside(target)?;
    let mut writer = Writer::new(stage.create()?, planned.schema(), options)?;
    let mut stream = planned.start()?;
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(|e| csv::locate(&planned.plan, e.into()))?;
        writer.write(&planned.visible(&batch)?)?;
    }
    let file = writer.finish()?;
    stage.publish(&file)
}

/// A hidden name beside a name; its ending says how to write it.
pub(super) fn stage_name(name: &OsStr) -> OsString {
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_nanos());
    let mut hidden = OsString::from(format!(".tmp-{}-{clock}-", std::process::id()));
    hidden.push(name);
    hidden
}

/// A file beside its target, so that a rename puts it there in one step.
pub(super) struct Stage {
    target: PathBuf,
    /// Where to write.
    pub path: PathBuf,
}

impl Stage {
    /// The stage of a target; nothing is created.
    pub fn beside(target: &Path) -> Result<Stage> {
        let Some(name) = target.file_name() else {
            return Err(Error::new(Code::File, format!("'{}' is no file name", target.display())));
        };
        Ok(Stage { target: target.to_path_buf(), path: target.with_file_name(stage_name(name)) })
    }

    /// The empty file.
    pub fn create(&self) -> Result<File> {
        // The stage's name means nothing to people.
        File::create_new(&self.path).map_err(|e| file_error(&self.target, &e))
    }

    /// Puts it where the target is.
    pub fn publish(&self, file: &File) -> Result<()> {
        let done = file.sync_all().and_then(|()| fs::rename(&self.path, &self.target));
        done.map_err(|e| file_error(&self.target, &e))?;
        let parent = self.target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Not every file system can sync a directory.
        let _ = File::open(parent).and_then(|d| d.sync_all());
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Gone already where it was published.
        let _ = fs::remove_file(&self.path);
    }
}

enum Writer {
    Csv(Box<CsvWriter<BufWriter<File>>>),
    Parquet(Box<ArrowWriter<File>>),
}

impl Writer {
    fn new(file: File, schema: &SchemaRef, options: &Options) -> Result<Writer> {
        match options {
            Options::Csv => {
                if let Some(field) = schema.fields().iter().find(|f| f.data_type().is_nested()) {
                    let text =
                        format!("column '{}': a CSV file holds no {}", field.name(), type_name(field.data_type()));
                    return Err(Error::new(Code::Type, text).with_hint("write Parquet, or a column for each part"));
                }
                let mut writer = WriterBuilder::new().with_header(true).build(BufWriter::new(file));
                // An empty table writes its header.
                writer.write(&RecordBatch::new_empty(Arc::clone(schema)))?;
                Ok(Writer::Csv(Box::new(writer)))
            }
            Options::Parquet(codec) => {
                let properties = WriterProperties::builder().set_compression(*codec).build();
                let writer = ArrowWriter::try_new(file, Arc::clone(schema), Some(properties)).map_err(parquet_error)?;
                Ok(Writer::Parquet(Box::new(writer)))
            }
        }
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        match self {
            Writer::Csv(writer) => Ok(writer.write(batch)?),
            Writer::Parquet(writer) => writer.write(batch).map_err(parquet_error),
        }
    }

    fn finish(self) -> Result<File> {
        match self {
            Writer::Csv(writer) => {
                let file = writer.into_inner().into_inner();
                file.map_err(|e| datafusion::common::DataFusionError::IoError(e.into_error()).into())
            }
            Writer::Parquet(writer) => writer.into_inner().map_err(parquet_error),
        }
    }
}

fn parquet_error(error: ParquetError) -> Error {
    datafusion::common::DataFusionError::ParquetError(Box::new(error)).into()
}
