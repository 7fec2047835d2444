//! CSV files: which columns they have, and the stock reader over them.

mod locate;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::csv::ReaderBuilder;
use datafusion::arrow::csv::reader::Format;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::arrow::error::ArrowError;
use datafusion::datasource::file_format::csv::CsvFormat;
use datafusion::execution::SessionState;
use serde_json::Value;

pub use locate::locate;

use super::files::{self, Files};
use super::memory;
use crate::error::{Code, Error, Result};
use crate::plan::SourceTable;
use crate::types::{parse_type, type_name};

/// How the text is read.
#[derive(Debug, Clone)]
pub struct Options {
    /// Does the first line name the columns?
    pub has_header: bool,
    /// One byte.
    pub delimiter: u8,
    /// Types of some of the columns.
    pub schema: BTreeMap<String, DataType>,
    /// Rows that the other types are inferred from.
    pub infer_rows: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { has_header: true, delimiter: b',', schema: BTreeMap::new(), infer_rows: 1000 }
    }
}

impl Options {
    /// Reads the JSON that the object API sends.
    pub fn parse(json: &str) -> Result<Options> {
        let bad = |what: &str| Error::new(Code::Argument, format!("read_csv: bad value for {what}"));
        let given: Value = serde_json::from_str(json).map_err(|_| bad("options"))?;
        let mut options = Options::default();
        if let Some(header) = given.get("has_header") {
            options.has_header = header.as_bool().ok_or_else(|| bad("has_header"))?;
        }
        if let Some(delimiter) = given.get("delimiter") {
            options.delimiter = match delimiter.as_str().map(str::as_bytes) {
                Some([byte]) => *byte,
                _ => return Err(bad("delimiter").with_hint("give one ASCII character")),
            };
        }
        if let Some(rows) = given.get("infer_rows") {
            let rows = rows.as_u64().and_then(|n| usize::try_from(n).ok());
            options.infer_rows = rows.ok_or_else(|| bad("infer_rows"))?;
        }
        match given.get("schema") {
            None | Some(Value::Null) => {}
            Some(Value::Object(types)) => {
                for (name, of) in types {
                    let of = of.as_str().ok_or_else(|| bad("schema"))?;
                    options.schema.insert(name.clone(), parse_type(of)?);
                }
            }
            Some(_) => return Err(bad("schema")),
        }
        Ok(options)
    }

    fn format(&self) -> Format {
        Format::default().with_header(self.has_header).with_delimiter(self.delimiter)
    }
}

/// A table over CSV files.
pub async fn read(state: &SessionState, files: &Files, options: &Options) -> Result<SourceTable> {
    // A file without a byte has neither columns nor rows.
    let mut files = files.clone();
    files.paths.retain(|p| std::fs::metadata(p).map_or(true, |m| m.len() > 0));
    let schema = infer(&files, options)?;
    if schema.fields().is_empty() {
        return Ok(memory::table(schema, vec![], None)?);
    }
    // Values may hold line ends, so a file is never cut in the middle.
    let format = CsvFormat::default()
        .with_options(state.default_table_options().csv.clone())
        .with_has_header(options.has_header)
        .with_delimiter(options.delimiter)
        .with_newlines_in_values(true);
    files::listing(state, &files, Arc::new(format), schema)
}

fn infer(files: &Files, options: &Options) -> Result<SchemaRef> {
    let mut columns: Option<Vec<(String, DataType)>> = None;
    let mut left = options.infer_rows;
    let mut cut = false;
    for path in &files.paths {
        let (schema, rows) = infer_file(path, options, Some(left))?;
        cut |= rows >= left;
        left -= rows.min(left);
        columns = Some(match columns.take() {
            None => named(&schema),
            Some(known) => merge(path, known, &schema)?,
        });
    }
    let mut columns = columns.unwrap_or_default();
    // The reader would drop values of a column that looked empty so far.
    let unseen = |(name, of): &(String, DataType)| *of == DataType::Null && !options.schema.contains_key(name);
    if cut && columns.iter().any(unseen) {
        for path in &files.paths {
            let (schema, _) = infer_file(path, options, None)?;
            let whole = merge(path, columns.clone(), &schema)?;
            for (column, of) in columns.iter_mut().zip(whole) {
                if unseen(column) {
                    column.1 = of.1;
                }
            }
        }
    }
    typed(columns, options)
}

fn infer_file(path: &Path, options: &Options, rows: Option<usize>) -> Result<(Schema, usize)> {
    let file = File::open(path).map_err(|e| files::file_error(path, &e))?;
    let (schema, read) = options.format().infer_schema(file, rows).map_err(|e| unreadable(path, &e.to_string()))?;
    if let Some(field) = schema.fields().iter().find(|f| f.name().contains('\0')) {
        let shown = field.name().replace('\0', "\\0");
        return Err(Error::new(
            Code::File,
            format!("'{}': the column name '{shown}' holds a NUL byte", path.display()),
        ));
    }
    Ok((parsed(path, schema, options, read), read))
}

/// The types with those given up that only look like the text: there is no 30th of February.
fn parsed(path: &Path, schema: Schema, options: &Options, rows: usize) -> Schema {
    let inferred = Arc::new(schema.clone());
    let reads = |column: usize| -> bool {
        let reader = ReaderBuilder::new(Arc::clone(&inferred))
            .with_format(options.format())
            .with_bounds(0, rows)
            .with_projection(vec![column]);
        let reader = File::open(path).map_err(ArrowError::from).and_then(|file| reader.build(file));
        reader.is_ok_and(|mut batches| batches.all(|batch| batch.is_ok()))
    };
    let fields = schema.fields().iter().enumerate().map(|(column, field)| match field.data_type() {
        DataType::Date32 | DataType::Timestamp(..) if !reads(column) => {
            Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8))
        }
        _ => Arc::clone(field),
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn unreadable(path: &Path, message: &str) -> Error {
    let shown = path.display();
    match locate::record_fault(message) {
        Some(fault) => Error::new(Code::File, format!("'{shown}', {fault}")),
        None => {
            Error::new(Code::File, format!("'{shown}': {}", message.strip_prefix("Csv error: ").unwrap_or(message)))
        }
    }
}

/// Types that no text of a field stands for.
fn has_no_text(of: &DataType) -> bool {
    use DataType::{Binary, BinaryView, Duration, FixedSizeBinary, Interval, LargeBinary};
    let bytes = matches!(of, Binary | LargeBinary | BinaryView | FixedSizeBinary(_));
    of.is_nested() || bytes || matches!(of, Duration(_) | Interval(_))
}

fn named(schema: &Schema) -> Vec<(String, DataType)> {
    schema.fields().iter().map(|f| (f.name().clone(), widen(f.data_type()))).collect()
}

/// Timestamps get room for fractions that come later.
fn widen(of: &DataType) -> DataType {
    match of {
        DataType::Timestamp(TimeUnit::Second | TimeUnit::Millisecond, zone) => {
            DataType::Timestamp(TimeUnit::Microsecond, zone.clone())
        }
        other => other.clone(),
    }
}

fn merge(path: &Path, known: Vec<(String, DataType)>, schema: &Schema) -> Result<Vec<(String, DataType)>> {
    let more = named(schema);
    if known.len() != more.len() || known.iter().zip(&more).any(|(a, b)| a.0 != b.0) {
        let list = |columns: &[(String, DataType)]| columns.iter().map(|c| c.0.as_str()).collect::<Vec<_>>().join(", ");
        return Err(Error::new(
            Code::SchemaMismatch,
            format!("'{}' has the columns {}, not {}", path.display(), list(&more), list(&known)),
        ));
    }
    Ok(known.into_iter().zip(more).map(|((name, a), (_, b))| (name, common(a, b))).collect())
}

fn common(a: DataType, b: DataType) -> DataType {
    use DataType::{Date32, Float64, Int64, Null, Timestamp, Utf8};
    match (a, b) {
        (a, b) if a == b => a,
        (Null, other) | (other, Null) => other,
        (Int64, Float64) | (Float64, Int64) => Float64,
        (Date32, t @ Timestamp(..)) | (t @ Timestamp(..), Date32) => t,
        (Timestamp(..), Timestamp(..)) => Timestamp(TimeUnit::Nanosecond, None),
        _ => Utf8,
    }
}

fn typed(columns: Vec<(String, DataType)>, options: &Options) -> Result<SchemaRef> {
    for name in options.schema.keys() {
        if !columns.iter().any(|(column, _)| column == name) {
            return Err(Error::new(Code::UnknownColumn, format!("Column '{name}' not found"))
                .with_names(name, columns.iter().map(|c| c.0.clone())));
        }
    }
    let mut fields: Vec<Field> = vec![];
    for (name, of) in columns {
        if fields.iter().any(|f| *f.name() == name) {
            return Err(Error::new(Code::SchemaMismatch, format!("the column '{name}' stands twice in the header")));
        }
        let of = options.schema.get(&name).cloned().unwrap_or(of);
        if has_no_text(&of) {
            let text = format!("column '{name}': a CSV file holds no {}", type_name(&of));
            return Err(Error::new(Code::Type, text).with_hint("read it as string, and convert that"));
        }
        fields.push(Field::new(name, of, true));
    }
    Ok(Arc::new(Schema::new(fields)))
}
