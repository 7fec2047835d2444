//! How our clauses travel through the stock syntax tree.
//!
//! In the token stream a clause is a call of a hidden function; in the tree it is a
//! `MATCH_RECOGNIZE` table factor without symbols, which no text can produce.

use datafusion::sql::sqlparser::ast::{
    Expr, Ident, Join, JoinConstraint, JoinOperator, MatchRecognizePattern, MatchRecognizeSymbol, Measure, OrderByExpr,
    TableFactor, TableWithJoins,
};
use datafusion::sql::sqlparser::tokenizer::{Location, Span};

use crate::order::MARK;

/// What a carrier stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `ORDERED BY`, sorted.
    Ordered,
    /// `ORDERED BY … ASSUMED`.
    Assumed,
    /// `GROUP ORDERED BY`.
    RunsBy,
    /// `GROUP ORDERED WHEN`.
    RunsWhen,
    /// `LINK`.
    Link,
    /// `ASOF JOIN`.
    Asof,
    /// `ASOF JOIN … NEAREST`.
    AsofNearest,
}

const KINDS: [(Kind, &str); 7] = [
    (Kind::Ordered, "ordered"),
    (Kind::Assumed, "assumed"),
    (Kind::RunsBy, "runs_by"),
    (Kind::RunsWhen, "runs_when"),
    (Kind::Link, "link"),
    (Kind::Asof, "asof"),
    (Kind::AsofNearest, "asof_nearest"),
];

impl Kind {
    /// The hidden name.
    pub fn name(self) -> String {
        let stem = KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, stem)| stem);
        format!("{MARK}{stem}")
    }

    /// The kind of a hidden name.
    pub fn of(name: &str) -> Option<Kind> {
        let stem = name.strip_prefix(MARK)?;
        KINDS.iter().find(|(_, s)| *s == stem).map(|(kind, _)| *kind)
    }
}

/// A clause of ours around a relation.
#[derive(Debug)]
pub struct Carrier {
    /// Which clause.
    pub kind: Kind,
    /// Where the user wrote it.
    pub at: Location,
    /// What it applies to.
    pub table: TableFactor,
    /// Partition keys of an order; keys of runs.
    pub exprs: Vec<Expr>,
    /// Keys of an order.
    pub keys: Vec<OrderByExpr>,
    /// The WHERE condition below runs.
    pub filter: Option<Expr>,
    /// Select items by the alias under which a run key names them.
    pub aliases: Vec<(Ident, Expr)>,
    /// Columns that HAVING holds outside of aggregates, as [`having`](super::having) finds them.
    pub loose: Vec<Expr>,
}

impl Carrier {
    /// As a table factor.
    pub fn into_factor(self) -> TableFactor {
        let span = Span::new(self.at, self.at);
        let name = Ident::with_quote_and_span('"', span, self.kind.name());
        let filter = self.filter.map(|expr| (filter_name(), expr));
        let loose = self.loose.into_iter().map(|expr| (having_name(), expr));
        let measures = filter.into_iter().chain(loose).chain(self.aliases).map(|(alias, expr)| Measure { expr, alias });
        TableFactor::MatchRecognize {
            table: Box::new(self.table),
            partition_by: self.exprs,
            order_by: self.keys,
            measures: measures.collect(),
            rows_per_match: None,
            after_match_skip: None,
            pattern: MatchRecognizePattern::Symbol(MatchRecognizeSymbol::Named(name)),
            symbols: vec![],
            alias: None,
        }
    }

    /// From a table factor, which comes back if it is none of ours.
    pub fn of(factor: TableFactor) -> Result<Carrier, Box<TableFactor>> {
        let (kind, at) = match &factor {
            TableFactor::MatchRecognize {
                pattern: MatchRecognizePattern::Symbol(MatchRecognizeSymbol::Named(name)),
                symbols,
                ..
            } if symbols.is_empty() => (Kind::of(&name.value), name.span.start),
            _ => (None, Location::empty()),
        };
        match (kind, factor) {
            (Some(kind), TableFactor::MatchRecognize { table, partition_by, order_by, measures, .. }) => {
                let (filter, rest): (Vec<_>, Vec<_>) = measures.into_iter().partition(|m| m.alias == filter_name());
                let (loose, aliases): (Vec<_>, _) = rest.into_iter().partition(|m| m.alias == having_name());
                Ok(Carrier {
                    kind,
                    at,
                    table: *table,
                    exprs: partition_by,
                    keys: order_by,
                    filter: filter.into_iter().next().map(|m| m.expr),
                    aliases: aliases.into_iter().map(|m: Measure| (m.alias, m.expr)).collect(),
                    loose: loose.into_iter().map(|m| m.expr).collect(),
                })
            }
            (_, factor) => Err(Box::new(factor)),
        }
    }
}

fn filter_name() -> Ident {
    Ident::with_quote('"', format!("{MARK}where"))
}

fn having_name() -> Ident {
    Ident::with_quote('"', format!("{MARK}having"))
}

/// A FROM list as one relation.
pub fn nest(from: Vec<TableWithJoins>) -> Option<TableFactor> {
    let mut items = from.into_iter();
    let mut all = items.next()?;
    for item in items {
        // A lateral head must see what stands before it, so that its joins are flattened.
        let (relation, rest) = if item.joins.is_empty() || is_lateral(&item.relation) {
            (item.relation, item.joins)
        } else {
            (nested(item), vec![])
        };
        let join_operator = JoinOperator::CrossJoin(JoinConstraint::None);
        all.joins.push(Join { relation, global: false, join_operator });
        all.joins.extend(rest);
    }
    Some(nested(all))
}

/// A relation with joins as one relation.
pub fn nested(table: TableWithJoins) -> TableFactor {
    TableFactor::NestedJoin { table_with_joins: Box::new(table), alias: None }
}

/// A relation without joins.
pub fn alone(relation: TableFactor) -> TableWithJoins {
    TableWithJoins { relation, joins: vec![] }
}

fn is_lateral(factor: &TableFactor) -> bool {
    match factor {
        TableFactor::Derived { lateral, .. } | TableFactor::Function { lateral, .. } => *lateral,
        TableFactor::UNNEST { .. } => true,
        _ => false,
    }
}
