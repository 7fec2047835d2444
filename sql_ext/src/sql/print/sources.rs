//! What FROM begins with: tables, VALUES, rows of nothing, unions and recursive queries.

use datafusion::common::TableReference;
use datafusion::logical_expr::{EmptyRelation, LogicalPlan, RecursiveQuery, TableScan, Union, Values};

use super::block::{Block, names};
use super::name::identifier;
use super::plan::{Plans, unsupported};
use crate::error::Result;

impl Plans {
    pub(super) fn scan(&mut self, plan: &LogicalPlan, scan: &TableScan) -> Result<Block> {
        // The base keeps the name of a table function, and not its arguments.
        if scan.table_name.table().ends_with("()") {
            return Err(unsupported(plan));
        }
        let mut block = Block::from(table(&scan.table_name), names(plan));
        if scan.projection.is_some() || !scan.filters.is_empty() {
            block.star = vec![];
        }
        for filter in &scan.filters {
            block.filters.push(block.resolve(filter, plan)?);
        }
        Ok(block)
    }

    pub(super) fn union(&mut self, plan: &LogicalPlan, union: &Union) -> Result<Block> {
        let mut parts = vec![];
        for input in &union.inputs {
            let part = self.block(input)?;
            let text = part.text();
            // Without brackets a LIMIT would be that of the whole UNION.
            parts.push(if part.limit.is_some() { format!("({text})") } else { text });
        }
        let from = format!("({}) AS {}", parts.join(" UNION ALL "), self.alias());
        Ok(Block::from(from, names(plan)))
    }

    pub(super) fn values(&mut self, plan: &LogicalPlan, values: &Values) -> Block {
        let printer = Block::from(String::new(), vec![]).printer();
        let rows: Vec<String> = values.values.iter().map(|row| format!("({})", printer.list(row))).collect();
        let names = names(plan);
        let columns: Vec<String> = names.iter().map(|n| identifier(n)).collect();
        let from = format!("(VALUES {}) AS {}({})", rows.join(", "), self.alias(), columns.join(", "));
        Block::from(from, names)
    }

    /// One row without columns, or none.
    pub(super) fn nothing(&mut self, plan: &LogicalPlan, empty: &EmptyRelation) -> Result<Block> {
        if !empty.produce_one_row || !empty.schema.fields().is_empty() {
            return Err(unsupported(plan));
        }
        Ok(Block::from(String::new(), vec![]))
    }

    pub(super) fn recursive(&mut self, plan: &LogicalPlan, query: &RecursiveQuery) -> Result<Block> {
        let names = names(plan);
        let mut first = self.block(&query.static_term)?;
        for (column, name) in first.columns.iter_mut().zip(&names) {
            column.1.clone_from(name);
        }
        let next = self.block(&query.recursive_term)?.text();
        let (name, union) = (identifier(&query.name), if query.is_distinct { "UNION" } else { "UNION ALL" });
        let text = format!("WITH RECURSIVE {name} AS ({} {union} {next}) SELECT * FROM {name}", first.text());
        Ok(Block::from(format!("({text}) AS {}", self.alias()), names))
    }
}

fn table(name: &TableReference) -> String {
    let parts = [name.catalog(), name.schema(), Some(name.table())];
    parts.into_iter().flatten().map(identifier).collect::<Vec<_>>().join(".")
}
