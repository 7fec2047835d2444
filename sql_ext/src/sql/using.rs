//! `USING (c)` of a LINK or an ASOF JOIN: one column `c` for two.
//!
//! `c` is the left side's, or the target's where there is no left row. Two columns `c` would
//! make the bare name ambiguous, so that the target's own has no name but a hidden one, for
//! which `alias.c` stands, and `alias_c` of a LINK where that is free.

use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::common::{Column, Result};
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::logical_expr::{Expr as Planned, LogicalPlan, Projection};
use datafusion::sql::sqlparser::ast::{
    ExcludeSelectItem, Expr, Ident, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, OrderBy, Query, Select,
    SelectItem, SelectItemQualifiedWildcardKind, TableFactor, TableWithJoins, VisitMut, VisitorMut,
};

use super::asof;
use super::calls::{hidden_ident, normal};
use super::link::alias_of;
use crate::order::MARK;
use crate::plan::LinkType;

/// The hidden name of a target's column.
pub fn hidden(alias: &Ident, column: &Ident) -> Ident {
    hidden_ident(hidden_name(&normal(alias), &normal(column)))
}

fn hidden_name(alias: &str, column: &str) -> String {
    format!("{MARK}{alias}.{column}")
}

/// Gives `alias.c` its hidden name, in all clauses of the block.
pub fn rename(select: &mut Select, order_by: Option<&mut OrderBy>) {
    let mut merged = vec![];
    select.from.iter().for_each(|table| collect(table, &mut merged));
    if merged.is_empty() {
        return;
    }
    for item in std::mem::take(&mut select.projection) {
        let item = match item {
            SelectItem::UnnamedExpr(expr) => match qualified(&expr, &merged).map(named) {
                Some(alias) => SelectItem::ExprWithAlias { expr, alias },
                None => SelectItem::UnnamedExpr(expr),
            },
            mut other => {
                select.projection.extend(left_out(&mut other, &merged));
                other
            }
        };
        select.projection.push(item);
    }
    let mut visitor = Rename { merged: &merged, depth: 0 };
    let _ = select.visit(&mut visitor);
    if let Some(order_by) = order_by {
        let _ = order_by.visit(&mut visitor);
    }
}

/// The name of a merged column of a target in a SELECT list.
fn named((alias, column): &(String, String)) -> Ident {
    hidden_ident(format!("{alias}_{column}"))
}

/// The merged columns that `alias.*` does not find: they lead the others, unless it excludes them.
fn left_out(item: &mut SelectItem, merged: &[(String, String)]) -> Vec<SelectItem> {
    let SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) = item else {
        return vec![];
    };
    let [ObjectNamePart::Identifier(table)] = name.0.as_slice() else { return vec![] };
    let mut found: Vec<&(String, String)> = merged.iter().filter(|(alias, _)| *alias == normal(table)).collect();
    if found.is_empty() || options.opt_ilike.is_some() || options.opt_except.is_some() {
        return vec![];
    }
    let mut excluded = match options.opt_exclude.take() {
        None => vec![],
        Some(ExcludeSelectItem::Single(one)) => vec![one],
        Some(ExcludeSelectItem::Multiple(all)) => all,
    };
    found.retain(|(_, column)| {
        let before = excluded.len();
        excluded.retain(|one| !is_named(one, column));
        excluded.len() == before
    });
    options.opt_exclude = (!excluded.is_empty()).then_some(ExcludeSelectItem::Multiple(excluded));
    let item = |pair: &(String, String)| SelectItem::ExprWithAlias {
        expr: Expr::CompoundIdentifier(vec![hidden_ident(pair.0.clone()), hidden_ident(pair.1.clone())]),
        alias: named(pair),
    };
    found.into_iter().map(item).collect()
}

fn is_named(name: &ObjectName, column: &str) -> bool {
    matches!(name.0.as_slice(), [ObjectNamePart::Identifier(ident)] if normal(ident) == column)
}

/// Targets and the columns that USING takes from them.
fn collect(table: &TableWithJoins, merged: &mut Vec<(String, String)>) {
    let inside = |factor: &TableFactor, merged: &mut Vec<(String, String)>| {
        if let TableFactor::NestedJoin { table_with_joins, .. } = factor {
            collect(table_with_joins, merged);
        }
    };
    inside(&table.relation, merged);
    for join in &table.joins {
        inside(&join.relation, merged);
        let ours = join.global || asof::call(join).is_some();
        let (true, Some(alias)) = (ours, alias_of(&join.relation)) else { continue };
        if let JoinOperator::Join(JoinConstraint::Using(names))
        | JoinOperator::Inner(JoinConstraint::Using(names))
        | JoinOperator::Left(JoinConstraint::Using(names))
        | JoinOperator::LeftOuter(JoinConstraint::Using(names))
        | JoinOperator::Right(JoinConstraint::Using(names))
        | JoinOperator::RightOuter(JoinConstraint::Using(names))
        | JoinOperator::FullOuter(JoinConstraint::Using(names))
        | JoinOperator::AsOf { constraint: JoinConstraint::Using(names), .. } = &join.join_operator
        {
            let columns = names.iter().filter_map(|n| n.0.first()?.as_ident());
            merged.extend(columns.map(|c| (normal(alias), normal(c))));
        }
    }
}

fn qualified<'m>(expr: &Expr, merged: &'m [(String, String)]) -> Option<&'m (String, String)> {
    let Expr::CompoundIdentifier(parts) = expr else { return None };
    let [alias, column] = parts.as_slice() else { return None };
    let wanted = (normal(alias), normal(column));
    merged.iter().find(|pair| **pair == wanted)
}

struct Rename<'a> {
    merged: &'a [(String, String)],
    depth: usize,
}

impl VisitorMut for Rename<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if self.depth == 0
            && let Some((alias, column)) = qualified(expr, self.merged)
        {
            *expr = Expr::Identifier(hidden_ident(hidden_name(alias, column)));
        }
        ControlFlow::Continue(())
    }
}

/// Projects a join whose `pairs` of columns USING makes one; `link_type`: of a LINK.
pub fn merge(plan: LogicalPlan, pairs: &[(Planned, Planned)], link_type: Option<LinkType>) -> Result<LogicalPlan> {
    let schema = Arc::clone(plan.schema());
    let outer = matches!(link_type, Some(LinkType::Right | LinkType::Full));
    let mut exprs = vec![];
    for (qualifier, field) in schema.iter() {
        let column = Planned::Column(Column::new(qualifier.cloned(), field.name()));
        let left = pairs.iter().find(|(left, _)| *left == column);
        match (left, pairs.iter().any(|(_, target)| *target == column)) {
            (Some((left, target)), _) if outer => {
                let both = coalesce(vec![left.clone(), target.clone()]);
                exprs.push(both.alias_qualified(qualifier.cloned(), field.name()));
            }
            (None, true) => {
                let alias = qualifier.map_or("", |q| q.table());
                let name = format!("{alias}_{}", field.name());
                if link_type.is_some() && schema.fields().iter().all(|f| *f.name() != name) {
                    exprs.push(column.clone().alias(name));
                }
                exprs.push(column.alias(hidden_name(alias, field.name())));
            }
            _ => exprs.push(column),
        }
    }
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(plan))?))
}
