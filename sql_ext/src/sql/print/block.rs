//! One SELECT block under construction: clauses, and what each column of the plan is in it.

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, Result};
use datafusion::logical_expr::{Expr, LogicalPlan};

use super::expr::Printer;
use super::name::identifier;
use crate::order::MARK;

/// Size of an expression past which it is computed in a block of its own.
const LARGE: usize = 200;

/// `GROUP BY` keys, or `GROUP ORDERED BY` keys `| WHEN` condition.
pub(super) struct Group {
    pub word: &'static str,
    pub keys: Vec<Expr>,
}

/// A block: its clauses in the order in which they are evaluated.
///
/// `columns` are the plan's columns as expressions over FROM, with the names under
/// which they come out.
pub(super) struct Block {
    pub from: String,
    /// Columns that `*` stands for; none where it must not be used.
    pub star: Vec<String>,
    /// Are columns qualified, because FROM has several tables?
    pub several: bool,
    pub ordered: Option<String>,
    /// Does FROM come in the order of its rows, though the plan declares none? Then nothing has to number them.
    pub sequenced: bool,
    pub filters: Vec<Expr>,
    pub group: Option<Group>,
    pub having: Vec<Expr>,
    pub qualify: Vec<Expr>,
    pub distinct: bool,
    pub limit: Option<(usize, Option<usize>)>,
    pub columns: Vec<(Expr, String)>,
}

impl Block {
    /// `SELECT *` from a table or a derived one whose columns have these names.
    pub fn from(from: String, names: Vec<String>) -> Self {
        let columns = names.iter().map(|n| (Expr::Column(Column::new_unqualified(n)), n.clone())).collect();
        Block {
            from,
            star: names,
            several: false,
            ordered: None,
            sequenced: false,
            filters: vec![],
            group: None,
            having: vec![],
            qualify: vec![],
            distinct: false,
            limit: None,
            columns,
        }
    }

    pub fn printer(&self) -> Printer {
        Printer { reads: false, qualify: self.several }
    }

    /// An expression over `plan`, whose columns this block gives, in terms of FROM.
    pub fn resolve(&self, expr: &Expr, plan: &LogicalPlan) -> Result<Expr> {
        self.resolve_in(expr, plan.schema())
    }

    /// The same over a schema.
    pub fn resolve_in(&self, expr: &Expr, schema: &DFSchema) -> Result<Expr> {
        let done = expr.clone().unalias_nested().data.transform_down(|e| {
            let Expr::Column(column) = &e else { return Ok(Transformed::no(e)) };
            match schema.maybe_index_of_column(column).and_then(|i| self.columns.get(i)) {
                // What stands in its place is over FROM already.
                Some((found, _)) => Ok(Transformed::new(found.clone(), true, TreeNodeRecursion::Jump)),
                None => Ok(Transformed::no(e)),
            }
        })?;
        Ok(done.data)
    }

    /// Has nothing happened yet but FROM, ORDERED BY and WHERE?
    pub fn plain(&self) -> bool {
        self.group.is_none() && !self.windowed() && !self.closed()
    }

    /// Is it one row of aggregates, without keys?
    pub fn is_one_row(&self) -> bool {
        self.group.as_ref().is_some_and(|group| group.keys.is_empty())
    }

    /// Is the set of rows final but for SELECT?
    pub fn closed(&self) -> bool {
        !self.qualify.is_empty() || self.distinct || self.limit.is_some()
    }

    /// Does a column hold a window call?
    pub fn windowed(&self) -> bool {
        self.columns.iter().any(|(e, _)| holds_window(e))
    }

    /// Must one of these be computed first, for it would be written out too often?
    pub fn too_large(&self, exprs: &[Expr]) -> bool {
        exprs.iter().any(|e| size(e) > LARGE)
    }

    /// The block as text.
    pub fn text(&self) -> String {
        let printer = self.printer();
        let list = |exprs: &[Expr], and: &str| exprs.iter().map(|e| printer.condition(e)).collect::<Vec<_>>().join(and);
        let mut text = format!("SELECT {}{}", if self.distinct { "DISTINCT " } else { "" }, self.select());
        let mut clause = |word: &str, body: String| {
            if !body.is_empty() {
                text.push_str(&format!(" {word} {body}"));
            }
        };
        clause("FROM", self.from.clone());
        clause("ORDERED BY", self.ordered.clone().unwrap_or_default());
        clause("WHERE", list(&self.filters, " AND "));
        if let Some(group) = &self.group {
            clause(group.word, printer.list(&group.keys));
        }
        clause("HAVING", list(&self.having, " AND "));
        clause("QUALIFY", list(&self.qualify, " AND "));
        if let Some((skip, fetch)) = self.limit {
            clause("LIMIT", fetch.map(|n| n.to_string()).unwrap_or_default());
            clause("OFFSET", if skip > 0 { skip.to_string() } else { String::new() });
        }
        text
    }

    fn starts_with_star(&self) -> bool {
        !self.star.is_empty()
            && !self.several
            && self.group.is_none()
            && self.columns.len() >= self.star.len()
            && self.columns.iter().zip(&self.star).all(|(c, s)| own(c) && c.1 == *s)
    }

    /// Is the block no more than its FROM?
    pub fn is_bare(&self) -> bool {
        let clauses = self.ordered.is_some() || !self.filters.is_empty() || !self.having.is_empty();
        self.plain() && !clauses && self.starts_with_star() && self.columns.len() == self.star.len()
    }

    /// Is the block a table and no more?
    pub fn is_table(&self) -> bool {
        self.is_bare() && !self.from.starts_with('(')
    }

    /// The block in FROM, under an alias where it needs one.
    pub fn relation(&self, alias: impl FnOnce() -> String) -> String {
        if self.is_bare() { self.from.clone() } else { format!("({}) AS {}", self.text(), alias()) }
    }

    fn select(&self) -> String {
        let printer = self.printer();
        let starts = self.starts_with_star();
        let rest = if starts { &self.columns[self.star.len()..] } else { &self.columns[..] };
        let item = |c: &(Expr, String)| {
            if own(c) { printer.print(&c.0) } else { format!("{} AS {}", printer.print(&c.0), identifier(&c.1)) }
        };
        let items = rest.iter().map(item);
        let star = if starts { Some("*".to_string()) } else { None };
        star.into_iter().chain(items).collect::<Vec<_>>().join(", ")
    }
}

/// Is this a column under its own name?
fn own((expr, name): &(Expr, String)) -> bool {
    matches!(expr, Expr::Column(c) if c.name == *name)
}

/// Does an expression hold a window call, hidden ones aside?
pub(super) fn holds_window(expr: &Expr) -> bool {
    expr.exists(|e| Ok(matches!(e, Expr::WindowFunction(_)))).unwrap_or(false)
}

/// Does an expression hold an aggregate?
pub(super) fn holds_aggregate(expr: &Expr) -> bool {
    expr.exists(|e| Ok(matches!(e, Expr::AggregateFunction(_)))).unwrap_or(false)
}

fn size(expr: &Expr) -> usize {
    let mut n = 0;
    // Counting cannot fail.
    let _ = expr.apply(|_| {
        n += 1;
        Ok(TreeNodeRecursion::Continue)
    });
    n
}

/// Names for a plan's columns that SQL can carry: none hidden, none twice.
pub(super) fn names(plan: &LogicalPlan) -> Vec<String> {
    names_of(plan.schema())
}

/// The same for a schema.
pub(super) fn names_of(schema: &DFSchema) -> Vec<String> {
    let mut names: Vec<String> = vec![];
    for field in schema.fields() {
        let stem = field.name().replace(MARK, "__");
        let renamed = stem != *field.name();
        let mut name = stem.clone();
        let mut n = 1;
        while names.contains(&name) || (renamed || n > 1) && schema.fields().iter().any(|f| *f.name() == name) {
            name = format!("{stem}_{n}");
            n += 1;
        }
        names.push(name);
    }
    names
}
