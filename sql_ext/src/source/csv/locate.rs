//! Which file, line and column an error of the reader is about.
//!
//! The reader tells a record's number and a column's, but not the file: where a value did
//! not parse, the scan's files are read once more, up to the first value that does not.
//! What the readers say is put into words of ours here, and nowhere else.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::csv::ReaderBuilder;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::datasource::physical_plan::{CsvSource, FileSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;

use crate::error::{Code, Error};
use crate::types::type_name;

const VALUE: &str = "Error while parsing value ";
const FIELDS: &str = "incorrect number of fields for line ";
const UTF8: &str = "Encountered invalid UTF-8 data for line ";

/// The error with file, line and column, where it comes from one of the plan's CSV files.
pub fn locate(plan: &Arc<dyn ExecutionPlan>, error: Error) -> Error {
    if ![VALUE, FIELDS, UTF8].iter().any(|start| error.message.starts_with(start)) {
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
            let message = self.first_error(path)?;
            Some(self.describe(path, &message))
        })
    }

    fn first_error(&self, path: &Path) -> Option<String> {
        let file = File::open(path).ok()?;
        let reader = ReaderBuilder::new(Arc::clone(&self.schema))
            .with_header(self.header)
            .with_delimiter(self.delimiter)
            .with_quote(self.quote)
            .build(file)
            .ok()?;
        reader.filter_map(Result::err).map(|e| e.to_string()).next()
    }

    /// `… 'x' as type 'Int64' for column 0 at line 1501. …`, its numbers counted from 0.
    fn describe(&self, path: &Path, message: &str) -> Error {
        let shown = path.display();
        let number = |after: &str| number(message, after);
        if let Some(fault) = record_fault(message) {
            return Error::new(Code::Data, format!("'{shown}', {fault}"));
        }
        let value = message.split(VALUE).nth(1).and_then(|rest| rest.split(" as type").next());
        let (Some(value), Some(column), Some(line)) = (value, number(" for column "), number(" at line ")) else {
            return Error::new(Code::Data, format!("'{shown}': {message}"));
        };
        let field = self.schema.fields().get(column);
        let (name, of) = field.map_or(("?", "value".to_string()), |f| (f.name().as_str(), type_name(f.data_type())));
        Error::new(Code::Data, format!("'{shown}', line {}, column '{name}': {value} is no {of}", line + 1))
            .with_hint(format!("read more rows with infer_rows, or give the type with schema={{\"{name}\": …}}"))
    }
}

/// What is wrong with a record as a whole, as the readers of values and of types say it.
pub fn record_fault(message: &str) -> Option<String> {
    let number = |after: &str| number(message, after);
    let fields = |n: usize| if n == 1 { "1 field".to_string() } else { format!("{n} fields") };
    let counts = |line: usize, found: usize, wanted: usize| format!("line {line}: {}, not {wanted}", fields(found));
    if message.contains(FIELDS) {
        return Some(counts(number(FIELDS)?, number(" got ")?, number("expected ")?));
    }
    if message.contains("unequal lengths between records") {
        return Some(counts(number(" at line ")?, number("found ")?, number("Expected ")?));
    }
    if message.contains(UTF8) {
        return Some(format!("line {}: text that is not UTF-8", number(UTF8)?));
    }
    if message.contains("invalid UTF-8 in field") {
        return Some(format!("line {}: text that is not UTF-8", number(" at line ")?));
    }
    None
}

/// The number that stands after some words.
fn number(message: &str, after: &str) -> Option<usize> {
    let rest = message.split(after).nth(1)?;
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}
