//! Errors as part of the product: code, position in the user's own text,
//! nearest names and the fix.

mod base;
mod phrases;
mod signatures;
mod words;

use std::fmt;

use datafusion::common::DataFusionError;

pub use phrases::{many_rows, ungrouped};
pub use words::plain;

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
    /// A condition of two tables that is none.
    JoinCondition,
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
            Code::JoinCondition => "JOIN_CONDITION",
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
    /// The name that the error is about, where its place is still to be found in the text.
    pub about: Option<String>,
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
            about: None,
        }
    }

    /// Adds the fix.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the name that the error is about; its place is looked for in the text.
    pub fn about(mut self, name: &str) -> Self {
        self.about = Some(name.to_string());
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
    // Beside a good guess a poor one is noise.
    let best = scored.first().map_or(0, |(distance, _)| *distance);
    scored.retain(|(distance, _)| *distance <= best + 1);
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
