//! `LINK` and `ASOF JOIN`: taken out of the joins, one carrier around the other.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, ExcludeSelectItem, Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, Select, SelectItem,
    SelectItemQualifiedWildcardKind, Spanned, TableAlias, TableFactor, TableWithJoins, WildcardAdditionalOptions,
};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::asof;
use super::carrier::{Carrier, Kind, alone, nested};
use super::token::at;
use crate::error::{Code, Error, Result};

/// Moves the LINKs and ASOF JOINs of a block into carriers, and keeps the columns of LINKs out of `*`.
pub fn attach(select: &mut Select) -> Result<()> {
    let linked = select.from.iter().any(|table| any_join(table, &|j| j.global));
    if !linked && !select.from.iter().any(|table| any_join(table, &|j| asof::call(j).is_some())) {
        return Ok(());
    }
    if !linked {
        asof::exclude_merged(select);
    } else if select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_))) {
        let mut visible = vec![];
        for table in &select.from {
            collect(table, &mut visible)?;
        }
        let items = std::mem::take(&mut select.projection);
        for item in items {
            match item {
                SelectItem::Wildcard(options) => select.projection.extend(expand(options, &visible)?),
                other => select.projection.push(other),
            }
        }
    }
    select.from.iter_mut().try_for_each(transform)
}

fn any_join(table: &TableWithJoins, test: &dyn Fn(&Join) -> bool) -> bool {
    let inside = |factor: &TableFactor| match factor {
        TableFactor::NestedJoin { table_with_joins, .. } => any_join(table_with_joins, test),
        _ => false,
    };
    inside(&table.relation) || table.joins.iter().any(|j| test(j) || inside(&j.relation))
}

/// Everything up to a LINK or an ASOF JOIN becomes its left side.
fn transform(table: &mut TableWithJoins) -> Result<()> {
    transform_factor(&mut table.relation)?;
    for mut join in std::mem::take(&mut table.joins) {
        transform_factor(&mut join.relation)?;
        let (kind, place) = if std::mem::take(&mut join.global) {
            (Kind::Link, check(&mut join)?)
        } else if asof::call(&join).is_some() {
            (Kind::Asof, asof::check(&join)?)
        } else {
            table.joins.push(join);
            continue;
        };
        let left = std::mem::replace(table, alone(nothing()));
        let relation = if left.joins.is_empty() { left.relation } else { nested(left) };
        let pair = nested(TableWithJoins { relation, joins: vec![join] });
        let carrier = Carrier {
            kind,
            at: place,
            table: pair,
            exprs: vec![],
            keys: vec![],
            filter: None,
            aliases: vec![],
            loose: vec![],
        };
        table.relation = carrier.into_factor();
    }
    Ok(())
}

/// Stands for a relation while it is moved.
fn nothing() -> TableFactor {
    TableFactor::Table {
        name: ObjectName::from(vec![Ident::new("")]),
        alias: None,
        args: None,
        with_hints: vec![],
        version: None,
        with_ordinality: false,
        partitions: vec![],
        json_path: None,
        sample: None,
        index_hints: vec![],
    }
}

fn transform_factor(factor: &mut TableFactor) -> Result<()> {
    match factor {
        TableFactor::NestedJoin { table_with_joins, .. } => transform(table_with_joins),
        _ => Ok(()),
    }
}

/// Checks a LINK and names its target; gives its place.
fn check(join: &mut Join) -> Result<Location> {
    let place = join.relation.span().start;
    name_target(&mut join.relation, place)?;
    let constraint = match &join.join_operator {
        JoinOperator::Join(c)
        | JoinOperator::Inner(c)
        | JoinOperator::Left(c)
        | JoinOperator::LeftOuter(c)
        | JoinOperator::Right(c)
        | JoinOperator::RightOuter(c)
        | JoinOperator::FullOuter(c) => c,
        _ => return Err(at(Error::new(Code::Clause, "LINK is INNER, LEFT, RIGHT or FULL"), place)),
    };
    match constraint {
        JoinConstraint::On(condition) => check_condition(condition)?,
        JoinConstraint::Using(_) => {}
        JoinConstraint::Natural | JoinConstraint::None => {
            let error = Error::new(Code::Syntax, "LINK needs ON or USING")
                .with_hint("write LINK target AS t ON source.key = t.key");
            return Err(at(error, place));
        }
    }
    Ok(place)
}

/// Only `a = b AND …` makes a LINK.
fn check_condition(condition: &Expr) -> Result<()> {
    for part in conjuncts(condition) {
        if !matches!(part, Expr::BinaryOp { op: BinaryOperator::Eq, .. }) {
            let error = Error::new(Code::Clause, "a LINK condition pairs columns of the two sides with =")
                .with_hint("write other conditions in WHERE");
            return Err(at(error, part.span().start));
        }
    }
    Ok(())
}

/// The parts of a condition joined by AND.
pub fn conjuncts(condition: &Expr) -> Vec<&Expr> {
    let mut open = vec![condition];
    let mut parts = vec![];
    while let Some(expr) = open.pop() {
        match expr {
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => open.extend([right.as_ref(), left.as_ref()]),
            Expr::Nested(inner) => open.push(inner),
            other => parts.push(other),
        }
    }
    parts
}

/// The name under which a relation's columns stand, if it has one.
pub fn alias_of(factor: &TableFactor) -> Option<&Ident> {
    match factor {
        TableFactor::Table { alias: Some(alias), .. }
        | TableFactor::Derived { alias: Some(alias), .. }
        | TableFactor::Function { alias: Some(alias), .. }
        | TableFactor::UNNEST { alias: Some(alias), .. }
        | TableFactor::NestedJoin { alias: Some(alias), .. } => Some(&alias.name),
        TableFactor::Table { name, args: None, .. } => name.0.last().and_then(|p| p.as_ident()),
        _ => None,
    }
}

/// A target must have one name; of `schema.t` it is `t`.
fn name_target(factor: &mut TableFactor, place: Location) -> Result<()> {
    let Some(own) = alias_of(factor).cloned() else {
        let error = Error::new(Code::Clause, "the target of LINK needs an alias").with_hint("write LINK (…) AS t");
        return Err(at(error, place));
    };
    if let TableFactor::Table { name, alias, .. } = factor
        && alias.is_none()
        && name.0.len() > 1
    {
        *alias = Some(TableAlias { explicit: true, name: own, columns: vec![], at: None });
    }
    Ok(())
}

/// A relation that `*` shows, and what of it stands elsewhere already (USING).
struct Visible {
    name: ObjectName,
    hidden: Vec<ObjectName>,
}

fn collect(table: &TableWithJoins, visible: &mut Vec<Visible>) -> Result<()> {
    let first = visible.len();
    collect_factor(&table.relation, visible)?;
    for join in table.joins.iter().filter(|j| !j.global) {
        let before = visible.len();
        match &join.join_operator {
            JoinOperator::Semi(_) | JoinOperator::LeftSemi(_) | JoinOperator::Anti(_) | JoinOperator::LeftAnti(_) => {
                continue;
            }
            JoinOperator::RightSemi(_) | JoinOperator::RightAnti(_) => visible.truncate(first),
            _ => {}
        }
        let before = before.min(visible.len());
        collect_factor(&join.relation, visible)?;
        match &join.join_operator {
            JoinOperator::Right(JoinConstraint::Using(names))
            | JoinOperator::RightOuter(JoinConstraint::Using(names)) => {
                hide(visible.get_mut(first..before), names);
            }
            JoinOperator::Join(c)
            | JoinOperator::Inner(c)
            | JoinOperator::Left(c)
            | JoinOperator::LeftOuter(c)
            | JoinOperator::FullOuter(c)
            | JoinOperator::Right(c)
            | JoinOperator::RightOuter(c) => match c {
                JoinConstraint::Using(names) => hide(visible.get_mut(before..), names),
                JoinConstraint::Natural => return Err(unnamed("a NATURAL JOIN", &join.relation)),
                _ => {}
            },
            _ => {}
        }
    }
    Ok(())
}

fn hide(relations: Option<&mut [Visible]>, names: &[ObjectName]) {
    for relation in relations.into_iter().flatten() {
        relation.hidden.extend(names.iter().cloned());
    }
}

fn collect_factor(factor: &TableFactor, visible: &mut Vec<Visible>) -> Result<()> {
    let name = match (factor, alias_of(factor)) {
        (TableFactor::NestedJoin { table_with_joins, alias: None }, _) => return collect(table_with_joins, visible),
        (TableFactor::Table { name, alias: None, args: None, .. }, _) => name.clone(),
        (_, Some(alias)) => ObjectName::from(vec![alias.clone()]),
        _ => return Err(unnamed("a relation without a name", factor)),
    };
    visible.push(Visible { name, hidden: vec![] });
    Ok(())
}

fn unnamed(what: &str, factor: &TableFactor) -> Error {
    let error = Error::new(Code::NotSupported, format!("* over a LINK and {what}"))
        .with_hint("give the relation an alias, or name the columns");
    at(error, factor.span().start)
}

/// `*` as the wildcards of the relations that are no targets.
fn expand(options: WildcardAdditionalOptions, visible: &[Visible]) -> Result<Vec<SelectItem>> {
    let plain = options.opt_ilike.is_none() && options.opt_replace.is_none() && options.opt_except.is_none();
    if visible.len() > 1 && !(plain && options.opt_exclude.is_none()) {
        let error =
            Error::new(Code::NotSupported, "* with EXCLUDE, REPLACE or ILIKE over a LINK and several relations")
                .with_hint("write it after each relation: a.* EXCLUDE (x)");
        return Err(at(error, options.wildcard_token.0.span.start));
    }
    let item = |relation: &Visible| {
        let mut options = options.clone();
        if !relation.hidden.is_empty() {
            options.opt_exclude = Some(ExcludeSelectItem::Multiple(relation.hidden.clone()));
        }
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(relation.name.clone()), options)
    };
    Ok(visible.iter().map(item).collect())
}

/// Keeps further columns out of a `*`.
pub fn hide_columns(options: &mut WildcardAdditionalOptions, hidden: &[ObjectName]) {
    if hidden.is_empty() {
        return;
    }
    let mut all = match options.opt_exclude.take() {
        None => vec![],
        Some(ExcludeSelectItem::Single(own)) => vec![own],
        Some(ExcludeSelectItem::Multiple(own)) => own,
    };
    all.extend(hidden.iter().cloned());
    options.opt_exclude = Some(ExcludeSelectItem::Multiple(all));
}
