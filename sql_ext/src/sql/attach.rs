//! Our clauses, from where the token stream put them, to where the stock planner meets them.
//!
//! Works on one query block at a time, inner blocks first.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::parser::{CopyToSource, Statement};
use datafusion::sql::sqlparser::ast::{
    Distinct, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, GroupByExpr,
    LateralView, OrderBy, OrderByExpr, OrderByKind, Query, Select, SelectItem, SetExpr, Value, VisitMut, VisitorMut,
    WindowType,
};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::calls::{self, KEY, hidden_ident, mark, place, refuse};
use super::carrier::{Carrier, Kind, alone, nest};
use super::statement::FunctionNames;
use super::token::at;
use super::{group, link, qualify, using, windows};
use crate::error::{Code, Error, Result};

/// The text of each select item, by the place of its SELECT.
pub type Items = HashMap<Location, Vec<String>>;

/// Attaches our clauses in every query block of a statement.
pub fn attach(statement: &mut Statement, names: &dyn FunctionNames, items: &Items) -> Result<()> {
    let mut statement = statement;
    while let Statement::Explain(explain) = statement {
        statement = &mut explain.statement;
    }
    let mut visitor = Attach { names, items, depth: 0 };
    let flow = match statement {
        Statement::Statement(stock) => stock.visit(&mut visitor),
        Statement::CopyTo(copy) => match &mut copy.source {
            CopyToSource::Query(query) => query.visit(&mut visitor),
            CopyToSource::Relation(_) => ControlFlow::Continue(()),
        },
        _ => ControlFlow::Continue(()),
    };
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Attach<'a> {
    names: &'a dyn FunctionNames,
    items: &'a Items,
    depth: usize,
}

impl VisitorMut for Attach<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Error> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        self.depth -= 1;
        match self.query(query) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }

    /// Outside of queries (UPDATE, DELETE, VALUES of an EXECUTE) there is no order.
    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        if self.depth == 0
            && let Expr::Function(call) = expr
            && let calls::Call::Sequence(entry) = calls::classify(call, self.names)
        {
            let error =
                Error::new(Code::Clause, format!("{} cannot stand outside of a query", entry.name.to_uppercase()));
            return ControlFlow::Break(at(error, place(call)));
        }
        ControlFlow::Continue(())
    }
}

impl Attach<'_> {
    /// The blocks of one query; a chain of UNIONs is as deep as it is long.
    fn query(&self, query: &mut Query) -> Result<()> {
        let mut open = vec![query.body.as_mut()];
        let mut order_by = query.order_by.as_mut();
        while let Some(body) = open.pop() {
            match body {
                SetExpr::Select(select) => self.block(select, order_by.take())?,
                SetExpr::SetOperation { left, right, .. } => {
                    order_by = None;
                    open.extend([left.as_mut(), right.as_mut()]);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn block(&self, select: &mut Select, mut order_by: Option<&mut OrderBy>) -> Result<()> {
        using::rename(select, order_by.as_deref_mut());
        let ordered = take_ordered(select);
        let mut group = group::take(select)?;
        self.inline_windows(select, order_by.as_deref_mut())?;
        for key in group.iter_mut().flat_map(|g| g.keys_mut()) {
            windows::inline(key, &select.named_window)?;
            mark(key, self.names, false)?;
        }
        self.refuse(select, ordered.as_ref())?;
        link::attach(select)?;
        let all_rows = group.as_ref().is_some_and(|g| g.all_rows);
        self.mark_block(select, order_by.as_deref_mut(), all_rows)?;
        let partition = ordered.as_ref().map(|o| o.exprs.clone()).unwrap_or_default();
        if let Some(ordered) = ordered {
            wrap(select, ordered)?;
        }
        if let Some(group) = group {
            group::attach(select, group, partition, order_by, self.names)?;
        }
        qualify::ensure_window(select, self.names, all_rows);
        Ok(())
    }

    /// Named windows, in every clause that may call functions over them.
    fn inline_windows(&self, select: &mut Select, order_by: Option<&mut OrderBy>) -> Result<()> {
        let defined = std::mem::take(&mut select.named_window);
        windows::inline(&mut select.projection, &defined)?;
        windows::inline(&mut select.qualify, &defined)?;
        windows::inline(&mut select.group_by, &defined)?;
        if let Some(order_by) = order_by {
            windows::inline(order_by, &defined)?;
        }
        select.named_window = defined;
        Ok(())
    }

    /// Clauses that come before sequence functions are computed.
    fn refuse(&self, select: &mut Select, ordered: Option<&Ordered>) -> Result<()> {
        refuse(&mut select.from, self.names, "JOIN … ON", false)?;
        if let Some(ordered) = ordered {
            let (mut keys, mut exprs) = (ordered.keys.clone(), ordered.exprs.clone());
            refuse(&mut keys, self.names, KEY, false)?;
            refuse(&mut exprs, self.names, KEY, false)?;
            refuse_constants(ordered)?;
        }
        refuse(&mut select.selection, self.names, "WHERE", false)?;
        refuse(&mut select.having, self.names, "HAVING", true)
    }

    fn mark_block(&self, select: &mut Select, order_by: Option<&mut OrderBy>, runs: bool) -> Result<()> {
        let texts = self.items.get(&select.select_token.0.span.start);
        let mut marked = vec![];
        for (i, item) in select.projection.iter_mut().enumerate() {
            let aliased = matches!(item, SelectItem::ExprWithAlias { .. });
            let found = self.mark_item(item, texts.and_then(|t| t.get(i)), runs)?;
            if let (true, true, SelectItem::ExprWithAlias { expr, alias }) = (aliased, found, item) {
                marked.push((alias.clone(), expr.clone()));
            }
        }
        let mut rest: Vec<&mut Expr> = vec![];
        if let Some(Distinct::On(exprs)) = &mut select.distinct {
            rest.extend(exprs);
        }
        if let GroupByExpr::Expressions(exprs, _) = &mut select.group_by {
            rest.extend(exprs);
        }
        rest.extend(&mut select.having);
        rest.extend(&mut select.qualify);
        if let Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) = order_by {
            rest.extend(keys.iter_mut().map(|k| &mut k.expr));
        }
        for expr in rest {
            mark(expr, self.names, runs)?;
        }
        if let (Some(condition), false) = (&mut select.qualify, marked.is_empty()) {
            qualify::alias_arguments(condition, &marked);
        }
        Ok(())
    }

    /// A marked item without an alias is named by its own text, not by its marks.
    fn mark_item(&self, item: &mut SelectItem, text: Option<&String>, runs: bool) -> Result<bool> {
        match item {
            SelectItem::UnnamedExpr(expr) => {
                let found = mark(expr, self.names, runs)?;
                if let (true, Some(text)) = (found, text) {
                    let expr = std::mem::replace(expr, Expr::value(Value::Null));
                    *item = SelectItem::ExprWithAlias { expr, alias: hidden_ident(text.clone()) };
                }
                Ok(found)
            }
            SelectItem::ExprWithAlias { expr, .. } => mark(expr, self.names, runs),
            _ => Ok(false),
        }
    }
}

/// An `ORDERED BY`, taken out of the tree.
struct Ordered {
    kind: Kind,
    at: Location,
    keys: Vec<OrderByExpr>,
    exprs: Vec<Expr>,
}

/// Takes the `ORDERED BY` from among the lateral views, where the token stream put it.
fn take_ordered(select: &mut Select) -> Option<Ordered> {
    let found = select.lateral_views.iter().position(|view| ordered_kind(view).is_some())?;
    let view = select.lateral_views.remove(found);
    let kind = ordered_kind(&view)?;
    let Expr::Function(Function { args: FunctionArguments::List(list), over, name, .. }) = view.lateral_view else {
        return None;
    };
    let at = name.0.first().and_then(|p| p.as_ident()).map_or(Location::empty(), |i| i.span.start);
    let keys = list.clauses.into_iter().find_map(|c| match c {
        FunctionArgumentClause::OrderBy(keys) => Some(keys),
        _ => None,
    });
    let exprs = match over {
        Some(WindowType::WindowSpec(spec)) => spec.partition_by,
        _ => vec![],
    };
    Some(Ordered { kind, at, keys: keys.unwrap_or_default(), exprs })
}

/// Has this block, not yet attached, an `ORDERED BY`?
pub fn is_ordered(select: &Select) -> bool {
    select.lateral_views.iter().any(|view| ordered_kind(view).is_some())
}

fn ordered_kind(view: &LateralView) -> Option<Kind> {
    let Expr::Function(call) = &view.lateral_view else { return None };
    hidden_kind(call).filter(|k| matches!(k, Kind::Ordered | Kind::Assumed))
}

/// The kind of a call of a hidden function.
pub fn hidden_kind(call: &Function) -> Option<Kind> {
    Kind::of(&call.name.0.first()?.as_ident()?.value)
}

/// The arguments of a call of a hidden function.
pub fn hidden_args(call: Function) -> Vec<Expr> {
    let FunctionArguments::List(list) = call.args else { return vec![] };
    let own = list.args.into_iter().filter_map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    });
    own.collect()
}

/// A number as a key is no position: FROM has no list.
fn refuse_constants(ordered: &Ordered) -> Result<()> {
    let keys = ordered.keys.iter().map(|k| &k.expr).chain(&ordered.exprs);
    for key in keys {
        if let Expr::Value(value) = key
            && matches!(value.value, Value::Number(..))
        {
            let error = Error::new(Code::Clause, format!("ORDERED BY orders FROM, which has no item {value}"))
                .with_hint("write the column's name");
            return Err(at(error, value.span.start));
        }
    }
    Ok(())
}

fn wrap(select: &mut Select, ordered: Ordered) -> Result<()> {
    let Ordered { kind, at: place, keys, exprs } = ordered;
    let Some(table) = nest(std::mem::take(&mut select.from)) else {
        return Err(at(Error::new(Code::Clause, "ORDERED BY needs a FROM"), place));
    };
    let carrier = Carrier { kind, at: place, table, exprs, keys, filter: None, aliases: vec![], loose: vec![] };
    select.from = vec![alone(carrier.into_factor())];
    Ok(())
}
