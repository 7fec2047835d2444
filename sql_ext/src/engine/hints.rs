//! What the base's errors leave out: the place in the text, and names that exist.

use datafusion::execution::SessionState;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, Tokenizer};

use super::catalog::table_names;
use crate::error::{Code, Error};
use crate::order::is_hidden;
use crate::source::files;

/// An error about a statement, with place, excerpt and names where they can be told.
pub fn complete(error: Error, text: &str, state: &SessionState) -> Error {
    let mut error = error;
    // DROP reports what is not there as a fault of execution.
    if error.code == Code::Data && error.message.ends_with("doesn't exist.") {
        error.code = Code::UnknownTable;
    }
    match error.code {
        Code::UnknownTable if error.available.is_empty() && !error.message.ends_with("is not in FROM") => {
            if let Some(name) = quoted(&error.message) {
                let position = error.position;
                let short = name.rsplit('.').next().unwrap_or(name).to_string();
                let shown = if files::is_path(name) { file_name(name, state) } else { short };
                error = unknown_table(&shown, state);
                error.position = position;
                error = locate(error, &shown, text);
            }
        }
        Code::UnknownFunction => {
            if let Some(name) = quoted(&error.message).map(str::to_string) {
                if error.available.is_empty() {
                    error = error.with_names(&name, functions(state));
                    error.available.clear();
                }
                error = locate(error, &name, text);
            }
        }
        _ => {}
    }
    if let (Code::UnknownColumn, None, Some(name)) = (error.code, &error.hint, quoted(&error.message))
        && is_alias(name, text)
    {
        let hint =
            format!("'{name}' is a name of the SELECT list: filter it with QUALIFY, or use it around a derived table");
        error = error.with_hint(hint);
    }
    if let Some(name) = error.about.take() {
        error = locate_only(error, &name, text);
    }
    error.with_text(text)
}

/// The path without the catalogue and schema that were put before it.
fn file_name(name: &str, state: &SessionState) -> String {
    let options = &state.config_options().catalog;
    let prefix = format!("{}.{}.", options.default_catalog, options.default_schema);
    name.strip_prefix(&prefix).unwrap_or(name).to_string()
}

/// The error for a table that is not there.
pub fn unknown_table(name: &str, state: &SessionState) -> Error {
    if files::is_path(name) {
        return Error::new(Code::FileNotFound, format!("there is no file '{name}'"));
    }
    Error::new(Code::UnknownTable, format!("Table '{name}' not found")).with_names(name, table_names(state))
}

/// The functions that may be called in an expression.
fn functions(state: &SessionState) -> impl Iterator<Item = String> {
    let scalar = state.scalar_functions().keys();
    let names = scalar.chain(state.aggregate_functions().keys()).chain(state.window_functions().keys());
    names.filter(|name| !is_hidden(name)).cloned()
}

fn quoted(message: &str) -> Option<&str> {
    message.split('\'').nth(1).filter(|n| !n.is_empty())
}

/// Puts the first word of that name into the error.
fn locate(error: Error, name: &str, text: &str) -> Error {
    if error.position.is_some() {
        return error;
    }
    match places(name, text).first() {
        Some(at) => error.at(at.line, at.column),
        None => error,
    }
}

/// Puts the place of a name, perhaps with its table before it, into the error, if it stands once in the text.
fn locate_only(error: Error, name: &str, text: &str) -> Error {
    if error.position.is_some() {
        return error;
    }
    let short = name.rsplit('.').next().unwrap_or(name);
    for name in [name, short] {
        match places(name, text).as_slice() {
            [at] => return error.at(at.line, at.column),
            // Of names that should not be alike the later one is too many.
            [.., at] if matches!(error.code, Code::SchemaMismatch | Code::Ambiguous) => {
                return error.at(at.line, at.column);
            }
            _ => {}
        }
    }
    error
}

/// Does a SELECT list of the text give something this name with AS?
fn is_alias(name: &str, text: &str) -> bool {
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, text).tokenize() else { return false };
    let (mut in_list, mut after_as) = (false, false);
    for token in &tokens {
        let Token::Word(word) = token else { continue };
        if in_list && after_as && word.value.eq_ignore_ascii_case(name) {
            return true;
        }
        after_as = word.keyword == Keyword::AS;
        match word.keyword {
            Keyword::SELECT => in_list = true,
            Keyword::FROM => in_list = false,
            _ => {}
        }
    }
    false
}

/// Where the name stands in the text.
fn places(name: &str, text: &str) -> Vec<Location> {
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, text).tokenize_with_location() else { return vec![] };
    let is_name = |token: &Token| match token {
        Token::Word(word) if word.quote_style.is_none() => word.value.eq_ignore_ascii_case(name),
        Token::Word(word) => word.value == name,
        Token::SingleQuotedString(value) => value == name,
        Token::Number(value, _) => value == name,
        _ => false,
    };
    tokens.iter().filter(|t| is_name(&t.token)).map(|t| t.span.start).collect()
}
