//! What FROM begins with: tables, VALUES, rows of nothing, unions and recursive queries.

use std::sync::Arc;

use datafusion::common::TableReference;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::{EmptyRelation, LogicalPlan, RecursiveQuery, TableScan, Union, Values};

use super::block::{Block, names};
use super::name::identifier;
use super::plan::{Plans, unsupported};
use crate::error::Result;
use crate::plan::SourceTable;

impl Plans {
    pub(super) fn scan(&mut self, plan: &LogicalPlan, scan: &TableScan) -> Result<Block> {
        // The base keeps the name of a table function, and not its arguments.
        if scan.table_name.table().ends_with("()") {
            return Err(unsupported(plan));
        }
        let mut block = Block::from(self.source(scan), names(plan));
        if scan.projection.is_some() || !scan.filters.is_empty() {
            block.star = vec![];
        }
        for filter in &scan.filters {
            block.filters.push(block.resolve(filter, plan)?);
        }
        Ok(block)
    }

    /// A printer that keeps the names free that the plan's tables have.
    pub fn of(plan: &LogicalPlan) -> Result<Self> {
        let mut plans = Plans::default();
        plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node
                && !made_up(scan)
            {
                plans.own_names.push(table(&scan.table_name));
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(plans)
    }

    /// A table's name: its own, `mem_1`, `mem_2`, … where it has none; with a number where it is another one's already.
    fn source(&mut self, scan: &TableScan) -> String {
        let own = table(&scan.table_name);
        let Ok(provider) = source_as_provider(&scan.source) else { return own };
        let Some(source) = SourceTable::of(provider.as_ref()) else { return own };
        let same = |(_, known): &&(String, _)| SourceTable::of(Arc::as_ref(known)).is_some_and(|k| k.is(source));
        if let Some((name, _)) = self.sources.iter().find(same) {
            return name.clone();
        }
        let taken = |name: &String| self.sources.iter().any(|(known, _)| known == name);
        let free = if source.is_unnamed() {
            (1..).map(|n| format!("mem_{n}")).find(|name| !taken(name) && !self.own_names.contains(name))
        } else if taken(&own) {
            let numbered = |n: usize| identifier(&format!("{}_{n}", scan.table_name.table()));
            (2..).map(numbered).find(|name| !taken(name) && !self.own_names.contains(name))
        } else {
            None
        };
        let name = free.unwrap_or(own);
        self.sources.push((name.clone(), provider));
        name
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

/// Did the engine make up the table's name?
fn made_up(scan: &TableScan) -> bool {
    let provider = source_as_provider(&scan.source);
    provider.is_ok_and(|p| SourceTable::of(p.as_ref()).is_some_and(SourceTable::is_unnamed))
}

fn table(name: &TableReference) -> String {
    let parts = [name.catalog(), name.schema(), Some(name.table())];
    parts.into_iter().flatten().map(identifier).collect::<Vec<_>>().join(".")
}
