//! Where the calls of ours stand, for errors that are found when nobody knows the text any more.

use std::ops::ControlFlow;

use datafusion::sql::parser::{CopyToSource, Statement};
use datafusion::sql::sqlparser::ast::{Expr, Visit, Visitor};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::calls::place;
use super::statement::FunctionNames;
use super::token::at;
use crate::error::{Code, Error};
use crate::registry;

/// A function of ours by its name in messages, and the place of a call.
pub type CallPlace = (String, Location);

/// The calls of a statement, as they come in the text.
pub fn calls(statement: &Statement, names: &dyn FunctionNames) -> Vec<CallPlace> {
    let mut statement = statement;
    while let Statement::Explain(explain) = statement {
        statement = &explain.statement;
    }
    let mut places = Places { names, found: vec![] };
    let _ = match statement {
        Statement::Statement(stock) => stock.visit(&mut places),
        Statement::CopyTo(copy) => match &copy.source {
            CopyToSource::Query(query) => query.visit(&mut places),
            CopyToSource::Relation(_) => ControlFlow::Continue(()),
        },
        _ => ControlFlow::Continue(()),
    };
    places.found
}

struct Places<'a> {
    names: &'a dyn FunctionNames,
    found: Vec<CallPlace>,
}

impl Visitor for Places<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Function(call) = expr
            && let [part] = call.name.0.as_slice()
            && let Some(ident) = part.as_ident()
            && !self.names.is_scalar(&super::calls::normal(ident))
            && let Some(entry) = registry::find(&ident.value)
        {
            self.found.push((entry.name.to_uppercase(), place(call)));
        }
        ControlFlow::Continue(())
    }
}

/// Gives an error that names one of the calls the place of that call.
pub fn locate(calls: &[CallPlace], error: Error) -> Error {
    let about_calls = matches!(error.code, Code::NoOrder | Code::Argument | Code::Type | Code::Clause);
    if error.position.is_some() || !about_calls {
        return error;
    }
    let names = |word: &str, name: &str| word.eq_ignore_ascii_case(name);
    let mut words = error.message.split(|c: char| !c.is_alphanumeric() && c != '_');
    let found = words.find_map(|word| calls.iter().find(|(name, _)| names(word, name)));
    match found.map(|(_, place)| *place) {
        Some(place) => at(error, place),
        None => error,
    }
}
