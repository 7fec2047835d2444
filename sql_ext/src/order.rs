//! Orders: what a relation may be sorted by, and the hidden names that carry it.

use std::fmt;

use datafusion::common::{Column, TableReference};
use datafusion::logical_expr::{Expr, SortExpr};

use crate::error::{Code, Error, Result};

/// Begins the name of every hidden column and function; no unquoted user token can hold it.
pub const MARK: &str = "\u{1}";

/// True for the names that only the engine sees.
pub fn is_hidden(name: &str) -> bool {
    name.starts_with(MARK)
}

/// Refuses names of users that hidden columns go by.
pub fn refuse_hidden<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<()> {
    match names.into_iter().find(|name| is_hidden(name)) {
        None => Ok(()),
        Some(name) => Err(Error::new(Code::Argument, format!("a column cannot have the name {name:?}"))
            .with_hint("a name cannot begin with the control character U+0001")),
    }
}

/// A hidden column's name.
pub fn hidden(stem: &str, n: usize) -> String {
    format!("{MARK}{stem}{n}")
}

/// A column by its qualifier and exact name.
pub fn column(relation: Option<&TableReference>, name: impl Into<String>) -> Column {
    Column::new(relation.cloned(), name)
}

/// May the order be relied on?
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trust {
    /// Rows are sorted unless the source is known to have the order.
    Establish,
    /// A declaration that is verified while the rows stream by.
    Check,
    /// A declaration that is believed (`ASSUMED`).
    Assume,
}

/// A relation's order, in terms of its own columns.
///
/// Rows are laid out by (partition ascending with NULLs last, then keys); sequence
/// functions restart at every partition. Ties keep source order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Order {
    /// Partition keys.
    pub partition: Vec<Expr>,
    /// Order keys with direction and null placement.
    pub keys: Vec<SortExpr>,
    /// Do the partitions descend instead, NULLs first? So they do once the rows are reversed.
    pub falling: bool,
}

impl Order {
    /// An order whose partitions ascend.
    pub fn new(partition: Vec<Expr>, keys: Vec<SortExpr>) -> Self {
        Order { partition, keys, falling: false }
    }

    /// All sort keys in layout order: partition, then keys.
    pub fn layout(&self) -> Vec<SortExpr> {
        let partition = self.partition.iter().map(|e| e.clone().sort(!self.falling, self.falling));
        partition.chain(self.keys.iter().cloned()).collect()
    }

    /// The order of the same rows from the last to the first.
    pub fn turned(self) -> Self {
        let keys = self.keys.into_iter().map(|k| SortExpr::new(k.expr, !k.asc, !k.nulls_first)).collect();
        Order { partition: self.partition, keys, falling: !self.falling }
    }

    /// The order with every key as `map` has it; it ends before the first key that `map` does not know.
    pub fn while_known(self, map: impl Fn(&Expr) -> Option<Expr>) -> Self {
        let whole = self.partition.len();
        let partition: Vec<Expr> = self.partition.iter().map_while(&map).collect();
        let keys = if partition.len() < whole {
            vec![]
        } else {
            self.keys.into_iter().map_while(|k| map(&k.expr).map(|e| SortExpr::new(e, k.asc, k.nulls_first))).collect()
        };
        Order { partition, keys, falling: self.falling }
    }

    /// How many of the first layout keys both orders have: with all of `wanted`, its rows are in that order already.
    pub fn shared_keys(&self, wanted: &Order) -> usize {
        self.layout().iter().zip(wanted.layout()).take_while(|(have, want)| *have == want).count()
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_keys(f, &self.keys)?;
        if !self.partition.is_empty() {
            let way = if self.falling { " DESC" } else { "" };
            let names: Vec<String> = self.partition.iter().map(|e| format!("{e}{way}")).collect();
            write!(f, " PARTITION BY {}", names.join(", "))?;
        }
        Ok(())
    }
}

fn write_keys(f: &mut fmt::Formatter<'_>, keys: &[SortExpr]) -> fmt::Result {
    for (i, key) in keys.iter().enumerate() {
        if i > 0 {
            write!(f, ", ")?;
        }
        write!(f, "{}", key.expr)?;
        if !key.asc {
            write!(f, " DESC")?;
        }
        if key.nulls_first == key.asc {
            write!(f, " NULLS {}", if key.nulls_first { "FIRST" } else { "LAST" })?;
        }
    }
    Ok(())
}
