//! `GROUP ORDERED`: the runs of a block as one more column of its FROM.
//!
//! The carrier holds FROM, WHERE and the run keys, and adds the run's number; one row per
//! run is then a GROUP BY that number, all rows per run are windows partitioned by it.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, GroupByExpr, Ident, ObjectName, OrderBy, Select, SelectItem, Value, Visit, Visitor,
};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::attach::{hidden_args, hidden_kind};
use super::calls::{self, hidden_ident, normal};
use super::carrier::{Carrier, Kind, alone, nest};
use super::having;
use super::link::hide_columns;
use super::qualify;
use super::statement::FunctionNames;
use super::token::at;
use crate::error::{Code, Error, Result};
use crate::plan::runs::run_column;

/// A `GROUP ORDERED` clause.
#[derive(Debug)]
pub struct Group {
    kind: Kind,
    at: Location,
    /// Run keys, or the one condition.
    keys: Vec<Expr>,
    /// Select items that the keys name by their alias.
    aliases: Vec<(Ident, Expr)>,
    /// `ALL ROWS PER RUN`.
    pub all_rows: bool,
}

impl Group {
    /// The keys, and what their names may stand for.
    pub fn keys_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        self.keys.iter_mut().chain(self.aliases.iter_mut().map(|(_, expr)| expr))
    }
}

/// Takes the clause out of a block.
pub fn take(select: &mut Select) -> Result<Option<Group>> {
    let GroupByExpr::Expressions(exprs, _) = &mut select.group_by else { return Ok(None) };
    let [Expr::Function(call)] = exprs.as_slice() else { return Ok(None) };
    let Some(kind) = hidden_kind(call) else { return Ok(None) };
    let place = calls::place(call);
    let Some(Expr::Function(call)) = exprs.pop() else { return Ok(None) };
    let mut keys = hidden_args(call);
    let rows = keys.pop();
    let all_rows = matches!(rows, Some(Expr::Value(v)) if v.value == Value::SingleQuotedString("all".into()));
    for key in &mut keys {
        resolve_position(key, &select.projection)?;
    }
    let named: Vec<&Expr> = keys.iter().chain(select.having.iter().filter(|_| all_rows)).collect();
    let aliases = aliases(&named, &select.projection);
    Ok(Some(Group { kind, at: place, keys, aliases, all_rows }))
}

/// Select items whose alias one of the expressions names; whether FROM has such a column is known later.
fn aliases(exprs: &[&Expr], items: &[SelectItem]) -> Vec<(Ident, Expr)> {
    let named = items.iter().filter_map(|item| match item {
        SelectItem::ExprWithAlias { expr, alias } => Some((alias, expr)),
        _ => None,
    });
    let read = |alias: &Ident| {
        let wanted = normal(alias);
        let test = |e: &Expr| matches!(e, Expr::Identifier(i) if normal(i) == wanted);
        exprs.iter().any(|e| e.visit(&mut Find { test: &test }).is_break())
    };
    named.filter(|(alias, _)| read(alias)).map(|(alias, expr)| (alias.clone(), expr.clone())).collect()
}

/// `GROUP ORDERED BY 1` means the first select item, as in GROUP BY.
fn resolve_position(key: &mut Expr, items: &[SelectItem]) -> Result<()> {
    let Expr::Value(value) = &*key else { return Ok(()) };
    let Value::Number(number, _) = &value.value else { return Ok(()) };
    let item = number.to_string().parse::<usize>().ok().and_then(|n| n.checked_sub(1)).and_then(|n| items.get(n));
    match item {
        Some(SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) => {
            *key = expr.clone();
            Ok(())
        }
        _ => {
            let text = format!("GROUP ORDERED BY position {number} is not an expression of the select list");
            Err(at(Error::new(Code::Clause, text), value.span.start))
        }
    }
}

/// Puts the clause around the block's FROM; `partition` are the keys that the block names.
pub fn attach(
    select: &mut Select,
    group: Group,
    partition: Vec<Expr>,
    order_by: Option<&mut OrderBy>,
    names: &dyn FunctionNames,
) -> Result<()> {
    let Group { kind, at: place, keys, aliases, all_rows } = group;
    let Some(table) = nest(std::mem::take(&mut select.from)) else {
        return Err(at(Error::new(Code::Clause, "GROUP ORDERED needs a FROM"), place));
    };
    exclude_run(&mut select.projection);
    let (mut by, mut loose) = (vec![], vec![]);
    if all_rows {
        let mut fixed = partition;
        if kind == Kind::RunsBy {
            let named = aliases.iter().filter(|(alias, _)| keys.contains(&Expr::Identifier(alias.clone())));
            fixed.extend(named.map(|(_, item)| item.clone()).chain(keys.clone()));
        }
        loose.extend(select.having.iter().flat_map(|having| having::loose(having, &fixed, &aliases, names)));
        having_to_qualify(select);
    } else {
        by.push(calls::run());
        let run_keys: &[Expr] = if kind == Kind::RunsBy { &keys } else { &[] };
        for key in run_keys.iter().chain(&partition) {
            // Plain columns follow from the run; others only where somebody reads them.
            let named = |key: &Expr| matches!(key, Expr::Identifier(i) if aliases.iter().any(|(a, _)| a == i));
            let read = named(key) || !is_column(key) && reads(select, order_by.as_deref(), key);
            if read && !by.contains(key) {
                by.push(key.clone());
            }
        }
    }
    select.group_by = GroupByExpr::Expressions(by, vec![]);
    let filter = select.selection.take();
    let carrier = Carrier { kind, at: place, table, exprs: keys, keys: vec![], filter, aliases, loose };
    select.from = vec![alone(carrier.into_factor())];
    Ok(())
}

fn is_column(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
}

/// `*` does not show the run's number.
fn exclude_run(items: &mut [SelectItem]) {
    for item in items {
        if let SelectItem::Wildcard(options) = item {
            hide_columns(options, &[ObjectName::from(vec![hidden_ident(run_column())])]);
        }
    }
}

/// With all rows kept, HAVING filters the rows of runs, after the windows.
fn having_to_qualify(select: &mut Select) {
    let parts = select.having.take().into_iter().chain(select.qualify.take());
    select.qualify = parts.reduce(qualify::and);
}

fn reads(select: &Select, order_by: Option<&OrderBy>, key: &Expr) -> bool {
    let parts: Vec<Expr> = select.having.iter().chain(&select.qualify).cloned().collect();
    any(select, order_by, &parts, &|e| e == key)
}

/// Does an expression after the grouping, sub-queries included, satisfy `test`?
fn any(select: &Select, order_by: Option<&OrderBy>, parts: &[Expr], test: &dyn Fn(&Expr) -> bool) -> bool {
    let mut find = Find { test };
    let mut found = select.projection.iter().any(|item| item.visit(&mut find).is_break());
    found = found || parts.iter().any(|e| e.visit(&mut find).is_break());
    found || order_by.is_some_and(|o| o.visit(&mut find).is_break())
}

struct Find<'a> {
    test: &'a dyn Fn(&Expr) -> bool,
}

impl Visitor for Find<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if (self.test)(expr) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
