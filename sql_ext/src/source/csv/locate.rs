//! Which file, line and column an error of the reader is about.
//!
//! The reader tells a record's number at most: where it failed, the scan's files are read once more, up to the first
//! record, or value, that does not read. What the readers say is put into words of ours here, and nowhere else.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::csv::ReaderBuilder;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::datasource::physical_plan::{CsvSource, FileSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;

use crate::error::{Code, Error};
use crate::types::type_name;

/// What the reader says of values, and of records.
const FAULTS: &[&str] = &[
    "Error while parsing value ",
    "Error parsing column ",
    "parse decimal overflow",
    "incorrect number of fields for line ",
    "Encountered invalid UTF-8 data for line ",
];

/// Rows that are parsed together on the way to a value that does not.
const BATCH: usize = 1024;

/// The error with file, line and column, where it comes from one of the plan's CSV files.
pub fn locate(plan: &Arc<dyn ExecutionPlan>, error: Error) -> Error {
    if !FAULTS.iter().any(|fault| error.message.starts_with(fault)) {
        return error;
    }
    let mut scans = vec![];
    scans_of(plan, &mut scans);
    scans.iter().find_map(Scan::fault).unwrap_or(error)
}

/// One scan's files and how they are read.
struct Scan {
    paths: Vec<PathBuf>,
    schema: SchemaRef,
    header: bool,
    delimiter: u8,
    quote: u8,
}

fn scans_of(plan: &Arc<dyn ExecutionPlan>, found: &mut Vec<Scan>) {
    let source = plan.downcast_ref::<DataSourceExec>().and_then(DataSourceExec::downcast_to_file_source::<CsvSource>);
    if let Some((config, csv)) = source {
        let files = config.file_groups.iter().flat_map(|group| group.iter());
        let mut paths: Vec<PathBuf> = files.map(|f| Path::new("/").join(f.object_meta.location.as_ref())).collect();
        paths.dedup();
        found.push(Scan {
            paths,
            schema: Arc::clone(csv.table_schema().file_schema()),
            header: csv.has_header(),
            delimiter: csv.delimiter(),
            quote: csv.quote(),
        });
    }
    plan.children().into_iter().for_each(|child| scans_of(child, found));
}

impl Scan {
    fn fault(&self) -> Option<Error> {
        self.paths.iter().find_map(|path| {
            let row = self.first_bad_row(path)?;
            self.describe(path, row)
        })
    }

    /// The row of the first record or value that does not read, counted without the header.
    fn first_bad_row(&self, path: &Path) -> Option<usize> {
        let whole: Vec<usize> = (0..self.schema.fields().len()).collect();
        let good = self.good(path, &whole, None, BATCH)?;
        let from = good * BATCH;
        Some(from + self.good(path, &whole, Some((from, from + BATCH)), 1)?)
    }

    /// How many batches of so many rows read well before one does not; none where all do.
    fn good(&self, path: &Path, columns: &[usize], rows: Option<(usize, usize)>, size: usize) -> Option<usize> {
        let mut builder = ReaderBuilder::new(Arc::clone(&self.schema))
            .with_header(self.header)
            .with_delimiter(self.delimiter)
            .with_quote(self.quote)
            .with_projection(columns.to_vec())
            .with_batch_size(size);
        if let Some((from, to)) = rows {
            builder = builder.with_bounds(from, to);
        }
        builder.build(File::open(path).ok()?).ok()?.position(|batch| batch.is_err())
    }

    /// What is wrong with a row: its fields, its text, or a value.
    fn describe(&self, path: &Path, row: usize) -> Option<Error> {
        let mut reader = csv::ReaderBuilder::new();
        reader.has_headers(self.header).delimiter(self.delimiter).quote(self.quote).flexible(true);
        let record = reader.from_path(path).ok()?.into_byte_records().nth(row)?.ok()?;
        let place = format!("'{}', line {}", path.display(), line_of(path, record.position()?)?);
        let wrong = |text: String| Some(Error::new(Code::Data, format!("{place}{text}")));
        let wanted = self.schema.fields().len();
        if record.len() != wanted {
            return wrong(format!(": {}, not {wanted}", fields(record.len())));
        }
        if record.iter().any(|field| std::str::from_utf8(field).is_err()) {
            return wrong(NO_UTF8.to_string());
        }
        let column = (0..wanted).find(|column| self.good(path, &[*column], Some((row, row + 1)), 1).is_some())?;
        let field = self.schema.field(column);
        let (name, of) = (field.name(), type_name(field.data_type()));
        let value = String::from_utf8_lossy(&record[column]);
        let hint = format!("read more rows with infer_rows, or give the type with schema={{\"{name}\": …}}");
        wrong(format!(", column '{name}': '{value}' is no {of}")).map(|error| error.with_hint(hint))
    }
}

/// The line in which a record begins: lines without anything in them stand before it.
fn line_of(path: &Path, position: &csv::Position) -> Option<u64> {
    let mut file = File::open(path).ok()?;
    file.seek(SeekFrom::Start(position.byte())).ok()?;
    let blank = BufReader::new(file).bytes().map_while(Result::ok).take_while(|byte| matches!(byte, b'\r' | b'\n'));
    Some(position.line() + blank.filter(|byte| *byte == b'\n').count() as u64)
}

const NO_UTF8: &str = ": text that is not UTF-8";

fn fields(n: usize) -> String {
    if n == 1 { "1 field".to_string() } else { format!("{n} fields") }
}

/// What is wrong with a record as a whole, as the reader of types says it.
pub fn record_fault(message: &str) -> Option<String> {
    let number = |after: &str| number(message, after);
    if message.contains("unequal lengths between records") {
        let (line, found, wanted) = (number(" at line ")?, number("found ")?, number("Expected ")?);
        return Some(format!("line {line}: {}, not {wanted}", fields(found)));
    }
    if message.contains("invalid UTF-8 in field") {
        return Some(format!("line {}{NO_UTF8}", number(" at line ")?));
    }
    None
}

/// The number that stands after some words.
fn number(message: &str, after: &str) -> Option<usize> {
    let rest = message.split(after).nth(1)?;
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}
