//! Errors as part of the product: code, position in the user's own text,
//! nearest names and the fix.

use std::fmt;

use datafusion::arrow::error::ArrowError;
use datafusion::common::{Column, DataFusionError, SchemaError};
use datafusion::sql::sqlparser::parser::ParserError;

/// What went wrong, as a stable word that clients can branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// Text that does not parse.
    Syntax,
    /// A column that is not there.
    UnknownColumn,
    /// A table that is not there.
    UnknownTable,
    /// A function that is not there.
    UnknownFunction,
    /// A name that could mean two things.
    Ambiguous,
    /// A wrong argument value or count.
    Argument,
    /// A wrong type.
    Type,
    /// A sequence function without an order.
    NoOrder,
    /// A clause or a call in a place where it cannot stand.
    Clause,
    /// Parameters that do not match the statement.
    ParameterCount,
    /// Two tables that do not fit together.
    SchemaMismatch,
    /// Known, but not supported yet.
    NotSupported,
    /// A number too large for its type.
    Overflow,
    /// A value that cannot be converted.
    Cast,
    /// Integer division by zero.
    Division,
    /// Any other fault of the data.
    Data,
    /// A declared order that is false.
    OrderViolation,
    /// A declared constraint that is false.
    Constraint,
    /// A file that cannot be read or written.
    File,
    /// A file that is not there.
    FileNotFound,
    /// The memory limit.
    Memory,
    /// The time limit.
    Timeout,
    /// Cancelled by the user.
    Cancelled,
    /// A full disk.
    Disk,
    /// A fault of ours.
    Internal,
}

impl Code {
    /// The code's stable spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::Syntax => "SYNTAX",
            Code::UnknownColumn => "UNKNOWN_COLUMN",
            Code::UnknownTable => "UNKNOWN_TABLE",
            Code::UnknownFunction => "UNKNOWN_FUNCTION",
            Code::Ambiguous => "AMBIGUOUS",
            Code::Argument => "ARGUMENT",
            Code::Type => "TYPE",
            Code::NoOrder => "NO_ORDER",
            Code::Clause => "CLAUSE",
            Code::ParameterCount => "PARAMETER_COUNT",
            Code::SchemaMismatch => "SCHEMA_MISMATCH",
            Code::NotSupported => "NOT_SUPPORTED",
            Code::Overflow => "OVERFLOW",
            Code::Cast => "CAST",
            Code::Division => "DIVISION",
            Code::Data => "DATA",
            Code::OrderViolation => "ORDER_VIOLATION",
            Code::Constraint => "CONSTRAINT",
            Code::File => "FILE",
            Code::FileNotFound => "FILE_NOT_FOUND",
            Code::Memory => "MEMORY",
            Code::Timeout => "TIMEOUT",
            Code::Cancelled => "CANCELLED",
            Code::Disk => "DISK",
            Code::Internal => "INTERNAL",
        }
    }
}

/// A place in the user's text; both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line.
    pub line: u64,
    /// Column.
    pub column: u64,
}

/// An error that a person can act on.
#[derive(Debug, Clone, PartialEq)]
pub struct Error {
    /// What went wrong.
    pub code: Code,
    /// One sentence, without code, position or hint.
    pub message: String,
    /// Where in the user's text.
    pub position: Option<Position>,
    /// What to write instead.
    pub hint: Option<String>,
    /// Names like the one that was not found, nearest first.
    pub nearest: Vec<String>,
    /// The names there are.
    pub available: Vec<String>,
    /// The caret excerpt, once the text is known.
    pub excerpt: Option<String>,
}

/// Result with our error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with a code and a message alone.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error {
            code,
            message: message.into(),
            position: None,
            hint: None,
            nearest: vec![],
            available: vec![],
            excerpt: None,
        }
    }

    /// Adds the fix.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the place, if it is a real one.
    pub fn at(mut self, line: u64, column: u64) -> Self {
        if line > 0 && column > 0 {
            self.position = Some(Position { line, column });
        }
        self
    }

    /// Adds the names there are, and of them those nearest to `wanted`.
    pub fn with_names<I: IntoIterator<Item = String>>(mut self, wanted: &str, names: I) -> Self {
        self.available = names.into_iter().collect();
        self.nearest = nearest(wanted, self.available.iter().map(String::as_str));
        self
    }

    /// Adds an excerpt of `text` with a caret under the place.
    pub fn with_text(mut self, text: &str) -> Self {
        if let (Some(at), None) = (self.position, &self.excerpt) {
            self.excerpt = excerpt(text, at);
        }
        self
    }
}

/// The names most like `wanted`: at most three, by edit distance, case aside.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let lower = wanted.to_lowercase();
    let limit = (lower.chars().count() / 3).max(1) + 1;
    let mut scored: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| {
            let candidate = name.to_lowercase();
            let distance = datafusion::common::utils::datafusion_strsim::levenshtein(&lower, &candidate);
            let close =
                distance <= limit || (lower.len() > 2 && (candidate.contains(&lower) || lower.contains(&candidate)));
            (if close { distance } else { usize::MAX }, name)
        })
        .filter(|(distance, _)| *distance != usize::MAX)
        .collect();
    scored.sort();
    scored.dedup();
    scored.into_iter().take(3).map(|(_, name)| name.to_string()).collect()
}

fn excerpt(text: &str, at: Position) -> Option<String> {
    let line = text.lines().nth(usize::try_from(at.line).ok()?.checked_sub(1)?)?;
    let column = usize::try_from(at.column).ok()?.checked_sub(1)?;
    let from = column.saturating_sub(60);
    let shown: String = line.chars().skip(from).take(100).map(printable).collect();
    let label = format!("LINE {}: ", at.line);
    let caret = " ".repeat(label.chars().count() + column - from);
    Some(format!("{label}{shown}\n{caret}^"))
}

fn printable(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)?;
        if let Some(Position { line, column }) = self.position {
            write!(f, " (line {line}, column {column})")?;
        }
        if let Some(excerpt) = &self.excerpt {
            write!(f, "\n{excerpt}")?;
        }
        if !self.nearest.is_empty() {
            write!(f, "\nDid you mean: {}?", self.nearest.join(", "))?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nHint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<Error> for DataFusionError {
    fn from(error: Error) -> Self {
        DataFusionError::External(Box::new(error))
    }
}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        let position = error.diagnostic().and_then(|d| d.span).map(|span| (span.start.line, span.start.column));
        let mut ours = classify(&error);
        if let (None, Some((line, column))) = (ours.position, position) {
            ours = ours.at(line, column);
        }
        ours
    }
}

/// Looks below the wrappers for the error that names the cause.
fn classify(error: &DataFusionError) -> Error {
    match error {
        DataFusionError::External(inner) => classify_external(inner.as_ref()),
        DataFusionError::Diagnostic(_, inner) => classify(inner),
        // The context names an optimizer rule or a C++-like trail; the cause is inside.
        DataFusionError::Context(_, inner) => classify(inner),
        DataFusionError::Shared(inner) => classify(inner),
        DataFusionError::Collection(errors) => match errors.first() {
            Some(first) => first_of(errors).unwrap_or_else(|| classify(first)),
            None => Error::new(Code::Internal, "an empty list of errors"),
        },
        DataFusionError::SQL(parse, _) => syntax(parse),
        DataFusionError::SchemaError(schema, _) => schema_error(schema),
        DataFusionError::Plan(text) => plan_error(text),
        DataFusionError::NotImplemented(text)
            if text.starts_with("Physical plan does not support logical expression") =>
        {
            Error::new(Code::NotSupported, "this subquery cannot be computed where it stands")
                .with_hint("IN (subquery) and EXISTS belong in WHERE, HAVING or QUALIFY; write other ones as a join")
        }
        DataFusionError::NotImplemented(text) => Error::new(Code::NotSupported, clean(text)),
        DataFusionError::Configuration(text) => Error::new(Code::Argument, clean(text)),
        DataFusionError::ResourcesExhausted(text) => Error::new(Code::Memory, clean(text))
            .with_hint("raise datafusion.runtime.memory_limit, or ask for fewer columns"),
        DataFusionError::ArrowError(arrow, _) => arrow_error(arrow),
        DataFusionError::ParquetError(parquet) => Error::new(Code::File, clean(&parquet.to_string())),
        DataFusionError::ObjectStore(store) => {
            let text = clean(&store.to_string());
            let missing = text.contains("not found") || text.contains("No such file");
            Error::new(if missing { Code::FileNotFound } else { Code::File }, text)
        }
        DataFusionError::IoError(io) => io_error(io),
        DataFusionError::Execution(text) => execution_error(text),
        DataFusionError::ExecutionJoin(join) if join.is_cancelled() => {
            Error::new(Code::Cancelled, "the query was cancelled")
        }
        other => Error::new(Code::Internal, clean(&other.strip_backtrace())),
    }
}

fn first_of(errors: &[DataFusionError]) -> Option<Error> {
    errors.iter().map(classify).find(|e| e.code != Code::Internal)
}

fn classify_external(inner: &(dyn std::error::Error + Send + Sync + 'static)) -> Error {
    if let Some(ours) = inner.downcast_ref::<Error>() {
        ours.clone()
    } else if let Some(below) = inner.downcast_ref::<DataFusionError>() {
        classify(below)
    } else if let Some(arrow) = inner.downcast_ref::<ArrowError>() {
        arrow_error(arrow)
    } else if let Some(io) = inner.downcast_ref::<std::io::Error>() {
        io_error(io)
    } else {
        Error::new(Code::Data, clean(&inner.to_string()))
    }
}

fn syntax(parse: &ParserError) -> Error {
    match parse {
        ParserError::RecursionLimitExceeded => Error::new(Code::Syntax, "the statement is nested too deeply")
            .with_hint("raise datafusion.sql_parser.recursion_limit, or split the expression"),
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => {
            let (message, position) = split_position(text);
            let error = Error::new(Code::Syntax, message);
            match position {
                Some((line, column)) => error.at(line, column),
                None => error,
            }
        }
    }
}

/// Takes sqlparser's ` at Line: 1, Column: 7` off the end of a message.
fn split_position(text: &str) -> (String, Option<(u64, u64)>) {
    let Some((message, tail)) = text.rsplit_once(" at Line: ") else {
        return (clean(text), None);
    };
    let mut numbers = tail.split(", Column: ").map(|n| {
        let digits: String = n.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().ok()
    });
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(line), Some(column)) => (clean(message), Some((line, column))),
        _ => (clean(text), None),
    }
}

fn schema_error(error: &SchemaError) -> Error {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let names = valid_fields.iter().filter(|c| !crate::order::is_hidden(&c.name));
            let wanted = shown(field);
            let error = Error::new(Code::UnknownColumn, format!("Column '{wanted}' not found"))
                .with_names(&field.name, names.map(|c| c.name.clone()));
            match field.spans.first() {
                Some(span) => error.at(span.start.line, span.start.column),
                None => error,
            }
        }
        SchemaError::AmbiguousReference { field } => {
            Error::new(Code::Ambiguous, format!("Column '{}' is ambiguous", shown(field)))
                .with_hint("put the table's name or alias before it")
        }
        other => Error::new(Code::Argument, clean(&other.to_string())),
    }
}

fn shown(column: &Column) -> String {
    match &column.relation {
        Some(relation) => format!("{relation}.{}", column.name),
        None => column.name.clone(),
    }
}

fn plan_error(text: &str) -> Error {
    let text = clean(text);
    let lower = text.to_lowercase();
    let code = if lower.starts_with("table '") && lower.contains("not found") {
        Code::UnknownTable
    } else if lower.starts_with("no files found at") {
        Code::FileNotFound
    } else if lower.starts_with("invalid function") {
        Code::UnknownFunction
    } else if lower.contains("coerce") || lower.contains("type") {
        Code::Type
    } else {
        Code::Argument
    };
    Error::new(code, text)
}

fn arrow_error(error: &ArrowError) -> Error {
    match error {
        ArrowError::ExternalError(inner) => classify_external(inner.as_ref()),
        ArrowError::ArithmeticOverflow(text) => Error::new(Code::Overflow, clean(text)),
        ArrowError::ComputeError(text) if text.contains("overflow") => Error::new(Code::Overflow, clean(text)),
        ArrowError::DivideByZero => Error::new(Code::Division, "division by zero"),
        ArrowError::CastError(text) => Error::new(Code::Cast, clean(text)),
        ArrowError::CsvError(text) | ArrowError::ParquetError(text) => Error::new(Code::File, clean(text)),
        ArrowError::ParseError(text) => Error::new(Code::Data, clean(text)),
        ArrowError::IoError(_, io) => io_error(io),
        ArrowError::MemoryError(text) => Error::new(Code::Memory, clean(text)),
        other => Error::new(Code::Data, clean(&other.to_string())),
    }
}

fn io_error(error: &std::io::Error) -> Error {
    let code = match error.kind() {
        std::io::ErrorKind::NotFound => Code::FileNotFound,
        std::io::ErrorKind::StorageFull => Code::Disk,
        _ => Code::File,
    };
    Error::new(code, clean(&error.to_string()))
}

fn execution_error(text: &str) -> Error {
    let text = clean(text);
    let lower = text.to_lowercase();
    let code = if lower.contains("overflow") {
        Code::Overflow
    } else if lower.contains("divide by zero") || lower.contains("division by zero") {
        Code::Division
    } else if lower.contains("placeholder") {
        Code::ParameterCount
    } else {
        Code::Data
    };
    Error::new(code, text)
}

/// A base error's text without its own prefixes, backtraces and our marks.
fn clean(text: &str) -> String {
    let text = text.split("\n\nbacktrace:").next().unwrap_or(text);
    let mut text = text.trim();
    for prefix in [
        "Error during planning: ",
        "Execution error: ",
        "External error: ",
        "sql parser error: ",
        "Arrow error: ",
        "This feature is not implemented: ",
    ] {
        text = text.strip_prefix(prefix).unwrap_or(text);
    }
    without_hidden(text)
}

/// Takes hidden names out of lists, and the mark off those that stand alone.
fn without_hidden(text: &str) -> String {
    let mut parts = text.split(crate::order::MARK);
    let mut shown = parts.next().unwrap_or("").to_string();
    for part in parts {
        let end = part.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        match (rest.strip_prefix(", "), shown.strip_suffix(", ")) {
            (Some(rest), _) => shown.push_str(rest),
            (None, Some(before)) => shown = format!("{before}{rest}"),
            (None, None) => shown.extend([name, rest]),
        }
    }
    shown
}
