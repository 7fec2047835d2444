//! Where calls stand, for errors that are found when nobody knows the text any more.

use std::ops::ControlFlow;

use datafusion::sql::parser::{CopyToSource, Statement};
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArguments, Query, Select, SetExpr, Spanned, Visit, Visitor, WindowType,
};
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use super::attach::{hidden_kind, is_ordered};
use super::calls::place;
use super::carrier::Kind;
use super::token::at;
use crate::error::{Code, Error};

/// A call.
#[derive(Debug, Clone, PartialEq)]
pub struct CallPlace {
    /// The function's name, or a clause's word, as messages have it.
    pub name: String,
    /// Where it stands.
    pub at: Location,
    /// The words of its text, in lower case.
    pub words: Vec<String>,
    /// Does its block or its window say what its order is?
    pub ordered: bool,
}

/// The calls of a statement, as they come in the text.
pub fn calls(statement: &Statement, tokens: &[TokenWithSpan]) -> Vec<CallPlace> {
    let mut statement = statement;
    while let Statement::Explain(explain) = statement {
        statement = &explain.statement;
    }
    let mut places = Places { tokens, blocks: vec![], found: vec![] };
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

/// What messages call a query inside an expression.
const SUBQUERY: &str = "subquery";

/// Tokens of a call that are looked at: calls nest, and each is read anew.
const MOST: usize = 64;

struct Places<'a> {
    tokens: &'a [TokenWithSpan],
    /// For each block around: has it an ORDERED BY?
    blocks: Vec<bool>,
    found: Vec<CallPlace>,
}

impl Places<'_> {
    fn call(&mut self, call: &Function, name: String) {
        let own = matches!(&call.over, Some(WindowType::WindowSpec(w)) if !w.order_by.is_empty());
        let ordered = own || self.blocks.last().copied().unwrap_or(false);
        let at = place(call);
        self.found.push(CallPlace { name, at, words: self.words(at, 0), ordered });
    }

    /// A query that is a value is found by the word that messages have for it.
    fn query(&mut self, query: &Query) {
        let at = match query.body.as_ref() {
            SetExpr::Select(select) => select.select_token.0.span.start,
            _ => query.span().start,
        };
        let words = self.words(at, 1);
        self.found.push(CallPlace { name: SUBQUERY.to_string(), at, words, ordered: true });
    }

    /// The words of what begins there, as far as they help to tell it from others; `depth` parentheses are open.
    fn words(&self, at: Location, depth: usize) -> Vec<String> {
        let from = self.tokens.partition_point(|t| t.span.start < at);
        let mut depth = depth;
        let mut found = vec![];
        for token in self.tokens.iter().skip(from).take(MOST) {
            match &token.token {
                Token::LParen => depth += 1,
                Token::RParen if depth <= 1 => break,
                Token::RParen => depth -= 1,
                Token::Word(word) => found.push(word.value.to_lowercase()),
                Token::Number(text, _) | Token::SingleQuotedString(text) => found.push(text.clone()),
                _ => {}
            }
        }
        found
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
        let call = match expr {
            Expr::Function(call) => call,
            Expr::Subquery(query) | Expr::InSubquery { subquery: query, .. } | Expr::Exists { subquery: query, .. } => {
                self.query(query);
                return ControlFlow::Continue(());
            }
            _ => return ControlFlow::Continue(()),
        };
        if let Some(Kind::Asof | Kind::AsofNearest) = hidden_kind(call) {
            if let FunctionArguments::List(list) = &call.args
                && let [_, _, tolerance] = list.args.as_slice()
            {
                let at = tolerance.span().start;
                self.found.push(CallPlace { name: "TOLERANCE".to_string(), at, words: vec![], ordered: true });
            }
        } else if let [part] = call.name.0.as_slice()
            && let Some(ident) = part.as_ident()
        {
            self.call(call, ident.value.to_uppercase());
        }
        ControlFlow::Continue(())
    }
}

/// Gives an error that names one of the calls, in capitals, the place of that call.
pub fn locate(calls: &[CallPlace], error: Error) -> Error {
    use Code::{Argument, Clause, NoOrder, NotSupported, Type, UnknownFunction};
    let about_calls = matches!(error.code, NoOrder | Argument | Type | Clause | NotSupported | UnknownFunction);
    if error.position.is_some() || !about_calls {
        return error;
    }
    let said: Vec<&str> = words(&error.message).collect();
    let found = said.iter().find_map(|word| {
        let mut named = calls.iter().filter(|call| call.name == *word);
        // Of several, the one that lacks an order is meant, or else the one that the message says most words of.
        let lacking = named.clone().find(|call| error.code == NoOrder && !call.ordered);
        let shared = |call: &CallPlace| said.iter().filter(|w| call.words.contains(&w.to_lowercase())).count();
        // Among those that say as many, an inner one is closer than the one around it.
        let rank = |call: &CallPlace| (shared(call), std::cmp::Reverse(call.words.len()));
        let first = named.next()?;
        let closest = named.fold(first, |best, call| if rank(call) > rank(best) { call } else { best });
        Some(lacking.unwrap_or(closest))
    });
    match found.map(|call| call.at) {
        Some(place) => at(error, place),
        None => error,
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}
