//! Where the calls of ours stand, for errors that are found when nobody knows the text any more.

use std::ops::ControlFlow;

use datafusion::sql::parser::{CopyToSource, Statement};
use datafusion::sql::sqlparser::ast::{Expr, Function, FunctionArguments, Select, Spanned, Visit, Visitor, WindowType};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::attach::{hidden_kind, is_ordered};
use super::calls::place;
use super::carrier::Kind;
use super::statement::FunctionNames;
use super::token::at;
use crate::error::{Code, Error};
use crate::registry;

/// A call of ours.
#[derive(Debug, Clone, PartialEq)]
pub struct CallPlace {
    /// The function's name, or a clause's word, as messages have it.
    pub name: String,
    /// Where it stands.
    pub at: Location,
    /// Does its block or its window say what its order is?
    pub ordered: bool,
}

/// The calls of a statement, as they come in the text.
pub fn calls(statement: &Statement, names: &dyn FunctionNames) -> Vec<CallPlace> {
    let mut statement = statement;
    while let Statement::Explain(explain) = statement {
        statement = &explain.statement;
    }
    let mut places = Places { names, blocks: vec![], found: vec![] };
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
    /// For each block around: has it an ORDERED BY?
    blocks: Vec<bool>,
    found: Vec<CallPlace>,
}

impl Places<'_> {
    fn call(&mut self, call: &Function, name: String) {
        let own = matches!(&call.over, Some(WindowType::WindowSpec(w)) if !w.order_by.is_empty());
        let ordered = own || self.blocks.last().copied().unwrap_or(false);
        self.found.push(CallPlace { name, at: place(call), ordered });
    }
}

impl Visitor for Places<'_> {
    type Break = ();

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        self.blocks.push(is_ordered(select));
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _select: &Select) -> ControlFlow<()> {
        self.blocks.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let Expr::Function(call) = expr else { return ControlFlow::Continue(()) };
        if let Some(Kind::Asof | Kind::AsofNearest) = hidden_kind(call) {
            if let FunctionArguments::List(list) = &call.args
                && let [_, _, tolerance] = list.args.as_slice()
            {
                let at = tolerance.span().start;
                self.found.push(CallPlace { name: "TOLERANCE".to_string(), at, ordered: true });
            }
        } else if let [part] = call.name.0.as_slice()
            && let Some(ident) = part.as_ident()
            && !self.names.is_scalar(&super::calls::normal(ident))
            && let Some(entry) = registry::find(&ident.value)
        {
            self.call(call, entry.name.to_uppercase());
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
    let mut words = error.message.split(|c: char| !c.is_alphanumeric() && c != '_');
    let found = words.find_map(|word| {
        let mut named = calls.iter().filter(|call| call.name.eq_ignore_ascii_case(word));
        let first = named.clone().next();
        // Of several, the one that lacks an order is meant.
        let lacking = named.find(|call| error.code == Code::NoOrder && !call.ordered);
        lacking.or(first)
    });
    match found.map(|call| call.at) {
        Some(place) => at(error, place),
        None => error,
    }
}
