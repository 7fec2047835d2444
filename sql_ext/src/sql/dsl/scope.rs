//! What an expression can see: the columns of its table, its order, its run.

use std::collections::HashMap;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, WindowFunctionDefinition};

use super::lookup::looked_up;
use super::payload::Node;
use crate::error::{Code, Error, Result};
use crate::order::is_hidden;
use crate::plan::builder::{self, no_order};
use crate::plan::order_of::is_run;
use crate::plan::runs::run_column;
use crate::plan::{OrderedNode, node_of, order_of};
use crate::registry::DslContext;
use crate::types::type_name;

/// What an aggregate without `.over` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregates {
    /// An error: expressions of rows.
    Refused,
    /// A value of the group.
    Grouped,
    /// The value of the row's run.
    OfRun,
}

/// Has the table an order?
enum Ordered {
    Yes,
    No,
    /// It was sorted by something that is no column.
    Computed(Expr),
}

/// The surroundings of an expression.
pub struct Scope<'a> {
    /// The session.
    pub ctx: &'a dyn DslContext,
    /// The table.
    pub plan: &'a LogicalPlan,
    /// What aggregates mean here.
    pub aggregates: Aggregates,
    /// Lookups that were joined on below: call, and the column with its value.
    pub lookups: &'a [(Node, Column)],
    order: Ordered,
    by_name: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Scope<'a> {
    /// A scope over the rows of `plan`.
    pub fn new(ctx: &'a dyn DslContext, plan: &'a LogicalPlan, aggregates: Aggregates) -> Self {
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (i, field) in plan.schema().fields().iter().enumerate() {
            by_name.entry(field.name().as_str()).or_default().push(i);
        }
        Scope { ctx, plan, aggregates, lookups: &[], order: ordered(plan), by_name }
    }

    /// The same with lookups resolved.
    pub fn with_lookups(mut self, lookups: &'a [(Node, Column)]) -> Self {
        self.lookups = lookups;
        self
    }

    /// The schema of the table.
    pub fn schema(&self) -> &DFSchema {
        self.plan.schema()
    }

    /// The column of this name; hidden ones are not there.
    pub fn column(&self, name: &str) -> Result<Column> {
        let found = if is_hidden(name) { None } else { self.by_name.get(name) };
        match found.map(Vec::as_slice) {
            Some([i]) => Ok(Column::from(self.schema().qualified_field(*i))),
            // A real column wins over one that came with an alias.
            Some(several) => {
                let plain = several
                    .iter()
                    .map(|i| Column::from(self.schema().qualified_field(*i)))
                    .find(|c| c.relation.is_none());
                plain.ok_or_else(|| {
                    Error::new(Code::Ambiguous, format!("Column '{name}' is ambiguous"))
                        .with_hint("give the columns of the query different names")
                })
            }
            None => Err(unknown_column(name, self.plan)),
        }
    }

    /// The type of a decoded expression.
    pub fn type_of(&self, expr: &Expr) -> Result<DataType> {
        expr.get_type(self.schema()).map_err(Error::from)
    }

    /// Fails where the table has no order, and says why.
    pub fn require_order(&self, what: &str) -> Result<()> {
        match &self.order {
            Ordered::Yes => Ok(()),
            Ordered::No => Err(no_order(what)),
            Ordered::Computed(key) => {
                let key = crate::sql::print::text(key);
                let text = format!("{what} needs an order, and the table was sorted by the computed key `{key}`");
                Err(Error::new(Code::NoOrder, text).with_hint("derive the key as a column and sort by that"))
            }
        }
    }

    /// The column with the number of the row's run.
    pub fn run(&self) -> Option<Expr> {
        let name = run_column();
        self.by_name.contains_key(name.as_str()).then(|| Expr::Column(Column::new_unqualified(name)))
    }

    /// The SQL text of an expression; a value that is looked up goes by the name of its column.
    pub fn text(&self, expr: &Expr) -> String {
        let named =
            |c: &Column| self.lookups.iter().find(|(_, found)| found == c).and_then(|(node, _)| looked_up(node));
        let shown = expr.clone().transform(|e| match &e {
            Expr::Column(c) => Ok(match named(c) {
                Some(name) => Transformed::yes(Expr::Column(Column::new_unqualified(name))),
                None => Transformed::no(e),
            }),
            // Values of a run are windows over it; people wrote the aggregate.
            Expr::WindowFunction(call) if matches!(call.params.partition_by.as_slice(), [run] if is_run(run)) => {
                let WindowFunctionDefinition::AggregateUDF(udaf) = &call.fun else { return Ok(Transformed::no(e)) };
                Ok(Transformed::yes(udaf.call(call.params.args.clone())))
            }
            _ => Ok(Transformed::no(e)),
        });
        crate::sql::print::text(shown.as_ref().map_or(expr, |done| &done.data))
    }

    /// An expression in words, with its type: `column 'px' of type string`.
    pub fn describe(&self, expr: &Expr, data_type: &DataType) -> String {
        let shown = match expr {
            Expr::Column(c) => format!("column '{}'", c.name),
            other => format!("`{}`", self.text(other)),
        };
        format!("{shown} of type {}", type_name(data_type))
    }
}

/// The error for a column that is not there.
pub fn unknown_column(name: &str, plan: &LogicalPlan) -> Error {
    Error::new(Code::UnknownColumn, format!("Column '{name}' not found in schema"))
        .with_names(name, visible(plan).into_iter().map(|c| c.name))
}

/// The columns that people see.
pub fn visible(plan: &LogicalPlan) -> Vec<Column> {
    plan.schema().columns().into_iter().filter(|c| !is_hidden(&c.name)).collect()
}

/// The plan's visible columns alone.
pub fn bare(plan: LogicalPlan) -> Result<LogicalPlan> {
    let columns = visible(&plan);
    if columns.len() == plan.schema().fields().len() {
        return Ok(plan);
    }
    Ok(builder::project(plan, columns.into_iter().map(Expr::Column).collect())?)
}

/// An order that expressions can rely on begins with a column, or with a partition.
fn ordered(plan: &LogicalPlan) -> Ordered {
    match (order_of(plan), computed_key(plan)) {
        (None, _) => Ordered::No,
        // Rows that are reversed without an order go by their hidden number.
        (Some(_), Some(key)) if key.column_refs().iter().any(|c| is_hidden(&c.name)) => Ordered::No,
        (Some(_), Some(key)) => Ordered::Computed(key),
        (Some(_), None) => Ordered::Yes,
    }
}

/// The leading key of the order, where it is no column: such rows are sorted, but no order is declared.
pub fn computed_key(plan: &LogicalPlan) -> Option<Expr> {
    let mut at = plan;
    loop {
        if let Some(ordered) = node_of::<OrderedNode>(at) {
            let first = ordered.order.keys.first()?.expr.clone();
            let alone = ordered.order.partition.is_empty();
            let declared = matches!(&first, Expr::Column(_));
            return (alone && !declared).then_some(first);
        }
        order_of(at)?;
        at = at.inputs().into_iter().next()?;
    }
}
