//! `SELECT a, a`: the planner wants every column of a SELECT list to have a name of its
//! own, clients do not. Later items of one name get a name aside, and their own back
//! when the rows go out.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::common::DFSchema;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{self, Expr, Ident, SelectItem, SetExpr};

/// Begins the name of an item that gets its own name back; no unquoted token can hold it.
const ASIDE: char = '\u{2}';

/// Names of the items that were set aside, by the number in their new name.
#[derive(Debug, Default)]
pub struct Aside {
    names: Vec<Name>,
}

#[derive(Debug)]
enum Name {
    Known(String),
    /// As the item at this index is named.
    LikeItem(usize),
}

/// Sets the later items of a query's SELECT list aside, or of the query that INSERT
/// stores, whose names do not matter; `None` where there are none.
pub fn set_aside(statement: &mut Statement) -> Option<Aside> {
    let Statement::Statement(statement) = statement else { return None };
    let query = match statement.as_mut() {
        ast::Statement::Query(query) => query,
        ast::Statement::Insert(insert) => insert.source.as_mut()?,
        _ => return None,
    };
    let mut aside = Aside::default();
    set_aside_in(&mut query.body, &mut aside);
    (!aside.names.is_empty()).then_some(aside)
}

/// The first SELECT of a set operation names its columns: its items get the first numbers.
fn set_aside_in(body: &mut SetExpr, aside: &mut Aside) {
    match body {
        SetExpr::Select(select) => set_items_aside(&mut select.projection, aside),
        SetExpr::Query(query) => set_aside_in(&mut query.body, aside),
        SetExpr::SetOperation { left, right, .. } => {
            set_aside_in(left, aside);
            set_aside_in(right, aside);
        }
        _ => {}
    }
}

fn set_items_aside(items: &mut [SelectItem], aside: &mut Aside) {
    let wild = items.iter().any(|i| !matches!(i, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. }));
    let mut first: HashMap<String, usize> = HashMap::new();
    for (index, item) in items.iter_mut().enumerate() {
        let (expr, known) = match item {
            SelectItem::UnnamedExpr(expr) => (expr.clone(), column_name(expr)),
            SelectItem::ExprWithAlias { expr, alias } => (expr.clone(), Some(normal(alias))),
            _ => continue,
        };
        let key = known.clone().unwrap_or_else(|| without_queries(expr.clone()).to_string());
        let before = *first.entry(key).or_insert(index);
        // What a wildcard stands for is unknown here: every named item may repeat a name of it.
        let repeats = before != index || wild && known.is_some();
        if repeats {
            let alias = Ident::with_quote('"', format!("{ASIDE}{}", aside.names.len()));
            aside.names.push(known.map_or(Name::LikeItem(before), Name::Known));
            *item = SelectItem::ExprWithAlias { expr, alias };
        }
    }
}

/// The planner's names leave subqueries out, and what they are compared with.
fn without_queries(mut expr: Expr) -> Expr {
    let _ = ast::visit_expressions_mut(&mut expr, |e| {
        let plain = match e {
            Expr::InSubquery { negated, .. } => format!("in {negated}"),
            Expr::Exists { negated, .. } => format!("exists {negated}"),
            Expr::Subquery(_) => "subquery".to_string(),
            _ => return ControlFlow::<()>::Continue(()),
        };
        *e = Expr::Identifier(Ident::new(plain));
        ControlFlow::Continue(())
    });
    expr
}

fn column_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(ident) => Some(normal(ident)),
        Expr::CompoundIdentifier(parts) => parts.last().map(normal),
        // A subquery that is a value is named like its one column.
        Expr::Subquery(query) => match query.body.as_ref() {
            SetExpr::Select(select) => match select.projection.as_slice() {
                [SelectItem::UnnamedExpr(expr)] => column_name(expr),
                [SelectItem::ExprWithAlias { alias, .. }] => Some(normal(alias)),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn normal(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

impl Aside {
    /// The names of all columns as the client sees them.
    pub fn names(&self, schema: &DFSchema) -> Vec<String> {
        let fields = schema.fields();
        let name = |name: &String| {
            let number = name.strip_prefix(ASIDE).and_then(|n| n.parse::<usize>().ok());
            match number.and_then(|n| self.names.get(n)) {
                Some(Name::Known(own)) => own.clone(),
                Some(Name::LikeItem(index)) => fields.get(*index).map_or_else(|| name.clone(), |f| f.name().clone()),
                None => name.clone(),
            }
        };
        fields.iter().map(|f| name(f.name())).collect()
    }
}
