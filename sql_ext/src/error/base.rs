//! The base's errors as ours: a code for each kind, and the cause without its wrappers.

use datafusion::arrow::error::ArrowError;
use datafusion::common::{Column, DataFusionError, SchemaError};
use datafusion::sql::sqlparser::parser::ParserError;

use super::phrases::phrase;
use super::words::plain;
use super::{Code, Error};

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
        DataFusionError::NotImplemented(text) => worded(text, Code::NotSupported),
        DataFusionError::Internal(text) => worded(text, Code::Internal),
        DataFusionError::Configuration(text) => worded(text, Code::Argument),
        DataFusionError::ResourcesExhausted(text) => Error::new(Code::Memory, clean(text))
            .with_hint("raise datafusion.runtime.memory_limit, or ask for fewer columns"),
        DataFusionError::ArrowError(arrow, _) => arrow_error(arrow),
        DataFusionError::ParquetError(parquet) => damaged(&parquet.to_string()),
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
        worded(&inner.to_string(), Code::Data)
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
        // Pulling a subquery up into its query has torn a computed column away from its name.
        SchemaError::FieldNotFound { field, .. } if is_computed(&field.name) => {
            Error::new(Code::NotSupported, "this subquery reads columns of the query around it beside computed ones")
                .with_hint("join the two, or compare in the outer query")
        }
        SchemaError::FieldNotFound { field, valid_fields } => {
            let names = valid_fields.iter().filter(|c| !crate::order::is_hidden(&c.name));
            let wanted = shown(field);
            let mut error = Error::new(Code::UnknownColumn, format!("Column '{wanted}' not found")).about(&field.name);
            let table = field.relation.as_ref();
            if let (Some(table), false) = (table, valid_fields.iter().any(|c| c.relation.as_ref() == table)) {
                error = error.with_hint(format!("there is no table '{table}' in FROM"));
            }
            let error = error.with_names(&field.name, names.map(|c| c.name.clone()));
            match field.spans.first() {
                Some(span) => error.at(span.start.line, span.start.column),
                None => error,
            }
        }
        SchemaError::AmbiguousReference { field } => {
            Error::new(Code::Ambiguous, format!("Column '{}' is ambiguous", shown(field)))
                .with_hint("put the table's name or alias before it")
        }
        SchemaError::DuplicateQualifiedField { qualifier, .. } => {
            let name = qualifier.table();
            Error::new(Code::Ambiguous, format!("two tables in FROM are named '{name}'"))
                .with_hint("give one of them another name with AS")
                .about(name)
        }
        SchemaError::DuplicateUnqualifiedField { name } => {
            Error::new(Code::SchemaMismatch, format!("two columns are named '{}'", plain(name)))
                .with_hint("give one of them another name")
                .about(name)
        }
    }
}

/// A name of ours, or the text of a window call.
fn is_computed(name: &str) -> bool {
    crate::order::is_hidden(name) || name.contains(" ROWS BETWEEN ") || name.contains(" RANGE BETWEEN ")
}

fn shown(column: &Column) -> String {
    match &column.relation {
        Some(relation) => format!("{relation}.{}", column.name),
        None => column.name.clone(),
    }
}

/// In the user's words where the sentence is known, else with this code.
fn worded(text: &str, code: Code) -> Error {
    let text = cut(text);
    phrase(text).unwrap_or_else(|| Error::new(code, clean(text)))
}

fn plan_error(text: &str) -> Error {
    if let Some(known) = phrase(cut(text)) {
        return known;
    }
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
        ArrowError::ArithmeticOverflow(text) => worded(text, Code::Overflow),
        ArrowError::ComputeError(text) if text.contains("overflow") => worded(text, Code::Overflow),
        ArrowError::DivideByZero => Error::new(Code::Division, "division by zero"),
        ArrowError::CastError(text) => worded(text, Code::Cast),
        ArrowError::CsvError(text) => Error::new(Code::File, clean(text)),
        ArrowError::ParquetError(text) => damaged(text),
        ArrowError::ParseError(text) => worded(text, Code::Data),
        ArrowError::IoError(_, io) => io_error(io),
        ArrowError::MemoryError(text) => Error::new(Code::Memory, clean(text)),
        other => worded(&other.to_string(), Code::Data),
    }
}

fn damaged(text: &str) -> Error {
    let text = text.strip_prefix("Parquet error: ").unwrap_or(text);
    let text = text.strip_prefix("External: ").unwrap_or(text);
    Error::new(Code::File, format!("a Parquet file does not read: {}", clean(text)))
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
    if let Some(known) = phrase(cut(text)) {
        return known;
    }
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
    plain(&without_hidden(cut(text))).replace("'datafusion.public.", "'")
}

/// The text without what the base puts around it.
fn cut(text: &str) -> &str {
    let mut text = text;
    for after in ["\n\nbacktrace:", "\nThis issue was likely caused by a bug in DataFusion"] {
        // Only where the base's own sentence ends there: candidates of a call come after it.
        if !text.contains("Candidate functions:") || after.contains("backtrace") {
            text = text.split(after).next().unwrap_or(text);
        }
    }
    let mut text = text.trim();
    for prefix in [
        "Error during planning: ",
        "Compute error: ",
        "Execution error: ",
        "External error: ",
        "sql parser error: ",
        "Arrow error: ",
        "This feature is not implemented: ",
        "Internal error: ",
        "Invalid argument error: ",
        "Not yet implemented: ",
    ] {
        text = text.strip_prefix(prefix).unwrap_or(text);
    }
    text
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
