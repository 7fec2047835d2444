//! Where calls stand, for errors that are found when nobody knows the text any more.

use std::ops::ControlFlow;

use datafusion::sql::parser::{CopyToSource, Statement};
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, JoinConstraint, JoinOperator, LimitClause, Query,
    Select, SetExpr, Spanned, TableFactor, UnaryOperator, Visit, Visitor, WindowType,
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
        Statement::CopyTo(copy) => {
            places.copy(&copy.target);
            match &copy.source {
                CopyToSource::Query(query) => query.visit(&mut places),
                CopyToSource::Relation(_) => ControlFlow::Continue(()),
            }
        }
        _ => ControlFlow::Continue(()),
    };
    places.found
}

/// What messages call a query inside an expression.
const SUBQUERY: &str = "subquery";
/// What they call WHERE, HAVING and QUALIFY.
const FILTER: &str = "filter";
/// What they call the `*` of a call that is not COUNT.
const STAR: &str = "star";
/// What they call the rows of a window call.
const FRAME: &str = "frame";

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
        let framed = matches!(&call.over, Some(WindowType::WindowSpec(w)) if w.window_frame.is_some());
        for (other, found) in [(STAR, name != "COUNT" && takes_star(call)), (FRAME, framed)] {
            if found {
                let words = self.words(at, 0);
                self.found.push(CallPlace { name: other.to_string(), at, words, ordered });
            }
        }
        let words = self.words(at, 0);
        self.found.push(CallPlace { name, at, words, ordered });
    }

    /// COPY is found at its target.
    fn copy(&mut self, target: &str) {
        let token = self.tokens.iter().find(|t| matches!(&t.token, Token::SingleQuotedString(s) if s == target));
        if let Some(at) = token.map(|t| t.span.start) {
            self.found.push(CallPlace { name: "COPY".to_string(), at, words: vec![], ordered: true });
        }
    }

    /// A clause is found by its word.
    fn part(&mut self, name: &str, expr: Option<&Expr>) {
        let Some(at) = expr.and_then(|e| self.begin(e)) else { return };
        self.found.push(CallPlace { name: name.to_string(), at, words: self.words(at, 1), ordered: true });
    }

    /// Where an expression begins: at its leftmost part, signs and parentheses before it included.
    ///
    /// The base's own spans visit all of an expression, each part in a frame of the stack.
    fn begin(&self, expr: &Expr) -> Option<Location> {
        let (mut expr, mut signs) = (expr, 0);
        loop {
            expr = match expr {
                Expr::BinaryOp { left, .. } => left,
                Expr::Nested(inner) | Expr::UnaryOp { expr: inner, .. } => {
                    signs += 1;
                    inner
                }
                Expr::IsNull(inner) | Expr::IsNotNull(inner) | Expr::IsTrue(inner) | Expr::IsNotTrue(inner) => inner,
                Expr::InSubquery { expr, .. } | Expr::InList { expr, .. } | Expr::Between { expr, .. } => expr,
                Expr::Function(call) => return self.before(place(call), signs),
                Expr::Subquery(query) => return self.before(start(&query.body)?, signs),
                Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Value(_) => {
                    return self.before(expr.span().start, signs);
                }
                _ => return None,
            };
        }
    }

    /// Where the token begins that stands so many before another one.
    fn before(&self, at: Location, count: usize) -> Option<Location> {
        let index = self.tokens.partition_point(|t| t.span.start < at);
        self.tokens.get(index.checked_sub(count)?).map(|t| t.span.start)
    }

    /// A query that is a value is found by the word that messages have for it.
    fn query(&mut self, query: &Query) {
        let Some(at) = start(&query.body) else { return };
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

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let (limit, offset) = match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => (limit.as_ref(), offset.as_ref().map(|o| &o.value)),
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => (Some(limit), Some(offset)),
            None => (None, None),
        };
        self.part("LIMIT", limit);
        self.part("OFFSET", offset);
        self.part("FETCH", query.fetch.as_ref().and_then(|f| f.quantity.as_ref()));
        let mut body = query.body.as_ref();
        while let SetExpr::SetOperation { op, left, right, .. } = body {
            if let Some(at) = start(right) {
                self.found.push(CallPlace { name: op.to_string(), at, words: self.words(at, 1), ordered: true });
            }
            body = left;
        }
        if let SetExpr::Values(values) = body {
            self.part("VALUES", values.rows.first().and_then(|row| row.content.first()));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        for condition in [&select.selection, &select.having, &select.qualify] {
            self.part(FILTER, condition.as_ref());
        }
        for join in select.from.iter().flat_map(|from| &from.joins) {
            if let Some(JoinConstraint::On(condition)) = constraint(&join.join_operator) {
                self.part("ON", Some(condition));
            }
        }
        self.blocks.push(is_ordered(select));
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _select: &Select) -> ControlFlow<()> {
        self.blocks.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Derived { lateral: true, subquery, .. } = table {
            self.query(subquery);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let call = match expr {
            Expr::Function(call) => call,
            Expr::Subquery(query) | Expr::InSubquery { subquery: query, .. } | Expr::Exists { subquery: query, .. } => {
                self.query(query);
                return ControlFlow::Continue(());
            }
            Expr::Substring { expr, .. } => {
                if let Some(at) = self.begin(expr).and_then(|at| self.before(at, 2)) {
                    let words = self.words(at, 0);
                    self.found.push(CallPlace { name: "SUBSTR".to_string(), at, words, ordered: true });
                }
                return ControlFlow::Continue(());
            }
            Expr::Like { any: true, expr, .. } | Expr::ILike { any: true, expr, .. } => {
                self.part("ANY", Some(expr));
                return ControlFlow::Continue(());
            }
            Expr::UnaryOp { op: UnaryOperator::Not, .. } => {
                self.part("NOT", Some(expr));
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

/// Where a query's own text begins.
fn start(body: &SetExpr) -> Option<Location> {
    let mut body = body;
    loop {
        body = match body {
            SetExpr::Select(select) => return Some(select.select_token.0.span.start),
            SetExpr::SetOperation { left, .. } => left,
            SetExpr::Query(query) => &query.body,
            _ => return None,
        };
    }
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    use JoinOperator::{FullOuter, Inner, Join, Left, LeftOuter, Right, RightOuter};
    match operator {
        Join(c) | Inner(c) | Left(c) | LeftOuter(c) | Right(c) | RightOuter(c) | FullOuter(c) => Some(c),
        _ => None,
    }
}

fn takes_star(call: &Function) -> bool {
    let FunctionArguments::List(list) = &call.args else { return false };
    list.args.iter().any(|arg| matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Wildcard)))
}

/// Gives an error that names one of the calls, in capitals, the place of that call.
pub fn locate(calls: &[CallPlace], error: Error) -> Error {
    use Code::{Argument, Clause, Data, NoOrder, NotSupported, Overflow, Type, UnknownFunction};
    let planned = matches!(error.code, NoOrder | Argument | Type | Clause | NotSupported | UnknownFunction);
    let about_calls = planned || matches!(error.code, Data | Overflow);
    if error.position.is_some() || !about_calls {
        return error;
    }
    let said: Vec<&str> = words(&error.message).collect();
    // Calls inside others are shown as the planner has them, in lower case.
    let shown = error.message.split('(').filter_map(|before| words(before).last()).map(str::to_uppercase);
    let names: Vec<String> = said.iter().map(ToString::to_string).chain(shown).collect();
    let found = names.iter().find_map(|word| {
        let mut named = calls.iter().filter(|call| call.name == *word);
        // Of several, the one that lacks an order is meant, or else the one that the message says most words of.
        let lacking = named.clone().find(|call| error.code == NoOrder && !call.ordered);
        let shared = |call: &CallPlace| {
            let others = said.iter().filter(|w| *w != word);
            others.filter(|w| call.words.contains(&w.to_lowercase())).count()
        };
        // Among those that say as many, an inner one is closer than the one around it.
        let rank = |call: &CallPlace| (leading(&said, call), shared(call), std::cmp::Reverse(call.words.len()));
        let first = named.next()?;
        let several = named.clone().next().is_some();
        let closest = named.fold(first, |best, call| if rank(call) > rank(best) { call } else { best });
        // Which of them is meant nobody can tell: a wrong place is worse than none.
        if *word == SUBQUERY && several && shared(closest) == 0 {
            return None;
        }
        Some(lacking.unwrap_or(closest))
    });
    match found.map(|call| call.at) {
        Some(place) => at(error, place),
        None => error,
    }
}

/// How many words of a subquery's list a message has after its "of": it is named by its column.
fn leading(said: &[&str], call: &CallPlace) -> usize {
    let named = said.iter().skip_while(|word| **word != "of").skip(1);
    let list = call.words.iter().skip(1);
    named.zip(list).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}
