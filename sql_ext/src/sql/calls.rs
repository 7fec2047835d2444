//! Calls of ours inside the expressions of one query block.
//!
//! The marks are put into the syntax tree: a call that reads neighbours becomes a stock
//! window call `OVER (ORDER BY marker)`. Sub-queries have been through this on their own.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArgumentList, FunctionArguments,
    Ident, ObjectName, OrderByExpr, OrderByOptions, Query, VisitMut, VisitorMut, WindowFrame, WindowFrameBound,
    WindowFrameUnits, WindowSpec, WindowType, visit_expressions,
};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::args;
use super::statement::FunctionNames;
use super::token::at;
use crate::error::{Code, Error, Result};
use crate::order::MARK;
use crate::plan::builder::never_a_window;
use crate::plan::hidden::{marker_name, whole_name};
use crate::plan::runs::run_column;
use crate::registry::{self, Entry, Kind, Op, Values};

/// What a call is.
#[derive(Debug, Clone, Copy)]
pub enum Call {
    /// A sequence function of ours.
    Sequence(&'static Entry),
    /// A window function that is no aggregate.
    Window,
    /// An aggregate.
    Aggregate,
    /// Anything else.
    Other,
}

/// Which function a call names; the user's own shadow ours.
pub fn classify(function: &Function, names: &dyn FunctionNames) -> Call {
    let [part] = function.name.0.as_slice() else { return Call::Other };
    let Some(ident) = part.as_ident() else { return Call::Other };
    if function.args == FunctionArguments::None {
        return Call::Other;
    }
    let name = normal(ident);
    if names.is_scalar(&name) {
        return Call::Other;
    }
    if names.is_aggregate(&name) {
        return Call::Aggregate;
    }
    match registry::find(&name) {
        Some(entry) if entry.kind == Kind::Sequence && entry.name == name => Call::Sequence(entry),
        _ if names.is_window(&name) => Call::Window,
        _ => Call::Other,
    }
}

/// A name as the planner resolves it.
pub fn normal(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

/// Where a call stands.
pub fn place(function: &Function) -> Location {
    let ident = function.name.0.first().and_then(|p| p.as_ident());
    ident.map_or(Location::empty(), |i| i.span.start)
}

/// A hidden column or function name.
pub fn hidden_ident(name: String) -> Ident {
    Ident::with_quote('"', name)
}

/// The hidden run column.
pub fn run() -> Expr {
    Expr::Identifier(hidden_ident(run_column()))
}

/// A call of a hidden function without arguments.
fn nullary(name: String) -> Expr {
    Expr::Function(function(name, vec![]))
}

/// A call of a function by its exact name.
pub fn function(name: String, args: Vec<Expr>) -> Function {
    let args = args.into_iter().map(|e| FunctionArg::Unnamed(FunctionArgExpr::Expr(e))).collect();
    Function {
        name: ObjectName::from(vec![hidden_ident(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses: vec![] }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: vec![],
    }
}

/// A window in the block's order.
pub fn follows(partition_by: Vec<Expr>) -> WindowSpec {
    let options = OrderByOptions { asc: None, nulls_first: None };
    let marker = OrderByExpr { expr: nullary(marker_name()), options, with_fill: None };
    WindowSpec { window_name: None, partition_by, order_by: vec![marker], window_frame: None }
}

/// Puts marks on the calls of an expression, not of its sub-queries; says whether there were any.
///
/// `runs`: the block keeps all rows of its runs, so that a run is what calls see.
pub fn mark(expr: &mut Expr, names: &dyn FunctionNames, runs: bool) -> Result<bool> {
    let mut marker = Marker { names, runs, depth: 0, found: false };
    match expr.visit(&mut marker) {
        ControlFlow::Continue(()) => Ok(marker.found),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Marker<'a> {
    names: &'a dyn FunctionNames,
    runs: bool,
    depth: usize,
    found: bool,
}

impl VisitorMut for Marker<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Error> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Error> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        if let (0, Expr::Function(call)) = (self.depth, expr)
            && let Call::Sequence(entry) = classify(call, self.names)
            && entry.values == Values::AggregateCall
            && let Some(inner) = first_call(call)
            && inner.over.is_none()
        {
            inner.over = Some(bare());
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        let (0, Expr::Function(call)) = (self.depth, expr) else { return ControlFlow::Continue(()) };
        let result = match classify(call, self.names) {
            Call::Sequence(entry) => self.sequence(call, entry),
            Call::Window if call.over.is_none() => self.window(call),
            Call::Aggregate if call.over == Some(bare()) => Ok(()),
            Call::Aggregate if call.over.is_some() && is_funnel(call) => Err(at(never_a_window("FUNNEL"), place(call))),
            Call::Aggregate if self.runs && call.over.is_none() => self.aggregate(call),
            // Its name would be the one by which queries are told apart.
            Call::Aggregate | Call::Window if asks(call) => {
                self.found = true;
                Ok(())
            }
            _ => Ok(()),
        };
        match result {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

impl Marker<'_> {
    fn block(&self) -> WindowType {
        WindowType::WindowSpec(follows(if self.runs { vec![run()] } else { vec![] }))
    }

    fn sequence(&mut self, call: &mut Function, entry: &Entry) -> Result<()> {
        self.found = true;
        if entry.values == Values::AggregateCall
            && let Some(inner) = first_call(call)
            && inner.over == Some(bare())
        {
            inner.over = None;
        }
        args::check(call, entry, self.names)?;
        args::name(call, entry)?;
        call.over = Some(match call.over.take() {
            None => self.block(),
            Some(WindowType::WindowSpec(spec)) if spec.order_by.is_empty() => {
                // Constants make no partitions, and the planner drops them.
                let keys: Vec<Expr> = spec.partition_by.into_iter().filter(|e| !matches!(e, Expr::Value(_))).collect();
                let keys = if keys.is_empty() { vec![nullary(whole_name())] } else { keys };
                WindowType::WindowSpec(follows(keys))
            }
            Some(own) => own,
        });
        Ok(())
    }

    fn window(&mut self, call: &mut Function) -> Result<()> {
        self.found = true;
        call.over = Some(self.block());
        Ok(())
    }

    /// An aggregate over the rows of the run.
    fn aggregate(&mut self, call: &mut Function) -> Result<()> {
        self.found = true;
        let mut spec = follows(vec![run()]);
        spec.order_by = own_order(call);
        if !spec.order_by.is_empty() {
            spec.window_frame = Some(WindowFrame {
                units: WindowFrameUnits::Rows,
                start_bound: WindowFrameBound::Preceding(None),
                end_bound: Some(WindowFrameBound::Following(None)),
            });
        }
        call.over = Some(WindowType::WindowSpec(spec));
        Ok(())
    }
}

/// Does a call hold a query that is true or false?
fn asks(call: &Function) -> bool {
    let found = visit_expressions(call, |e| match e {
        Expr::InSubquery { .. } | Expr::Exists { .. } => ControlFlow::Break(()),
        Expr::AnyOp { right, .. } | Expr::AllOp { right, .. } if matches!(right.as_ref(), Expr::Subquery(_)) => {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

fn is_funnel(call: &Function) -> bool {
    matches!(call.name.0.as_slice(), [part] if part.as_ident().is_some_and(|i| {
        registry::find(&normal(i)).is_some_and(|e| e.op == Op::Funnel)
    }))
}

/// Takes `agg(x ORDER BY y)`'s keys, which a window call has in OVER.
fn own_order(call: &mut Function) -> Vec<OrderByExpr> {
    let FunctionArguments::List(list) = &mut call.args else { return vec![] };
    let mut keys = vec![];
    list.clauses.retain_mut(|clause| match clause {
        FunctionArgumentClause::OrderBy(own) => {
            keys.append(own);
            false
        }
        _ => true,
    });
    keys
}

/// Keeps the aggregate inside ROLLING from becoming a window call itself.
fn bare() -> WindowType {
    WindowType::NamedWindow(hidden_ident(format!("{MARK}bare")))
}

fn first_call(call: &mut Function) -> Option<&mut Function> {
    let FunctionArguments::List(list) = &mut call.args else { return None };
    match list.args.first_mut() {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Function(inner)))) => Some(inner),
        _ => None,
    }
}

/// The clause of [`refuse`] that keys of an order are.
pub const KEY: &str = "an ORDERED BY key";

/// Refuses windows and aggregates in a clause that comes too early for them.
///
/// Inside an aggregate's argument they are fine where `grouped`.
pub fn refuse<V: VisitMut>(node: &mut V, names: &dyn FunctionNames, clause: &str, grouped: bool) -> Result<()> {
    let keys = clause == KEY;
    let mut visitor = Refuse { names, clause, keys, grouped, depth: 0, inside: 0 };
    match node.visit(&mut visitor) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

/// What to do about a window call in a clause that comes before them.
pub const QUALIFY: &str = "filter its result with QUALIFY, or compute it in a derived table";

struct Refuse<'a> {
    names: &'a dyn FunctionNames,
    clause: &'a str,
    keys: bool,
    grouped: bool,
    depth: usize,
    inside: usize,
}

impl VisitorMut for Refuse<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Error> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Error> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        let (0, Expr::Function(call)) = (self.depth, expr) else { return ControlFlow::Continue(()) };
        let kind = classify(call, self.names);
        // The planner of the keys has words of its own for what has an OVER, and for aggregates.
        if self.keys && (call.over.is_some() || matches!(kind, Call::Aggregate)) && !matches!(kind, Call::Sequence(_)) {
            return ControlFlow::Continue(());
        }
        let hint = match kind {
            Call::Sequence(_) | Call::Window => QUALIFY,
            Call::Aggregate if call.over.is_some() => QUALIFY,
            Call::Aggregate if self.grouped => {
                self.inside += 1;
                return ControlFlow::Continue(());
            }
            Call::Aggregate if self.clause == "WHERE" => "filter groups with HAVING, or compute it in a derived table",
            Call::Aggregate => "compute it in a derived table",
            Call::Other => return ControlFlow::Continue(()),
        };
        if self.inside > 0 {
            return ControlFlow::Continue(());
        }
        let name = call.name.to_string().to_uppercase();
        let error = Error::new(Code::Clause, format!("{name} cannot stand in {}", self.clause)).with_hint(hint);
        ControlFlow::Break(at(error, place(call)))
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        if let (0, true, Expr::Function(call)) = (self.depth, self.grouped, expr)
            && call.over.is_none()
            && matches!(classify(call, self.names), Call::Aggregate)
        {
            self.inside = self.inside.saturating_sub(1);
        }
        ControlFlow::Continue(())
    }
}
