//! Bound orders: rows sorted and numbered afresh, or a declaration checked as they pass.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{DFSchemaRef, Result};
use datafusion::logical_expr::{Expr, LogicalPlan, SortExpr, UserDefinedLogicalNodeCore};

/// Sorts by `sort`, which tells every two rows apart, and numbers the rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NumberNode {
    /// A relation that carries its position.
    pub input: LogicalPlan,
    /// Layout keys, then the input's position.
    pub sort: Vec<SortExpr>,
    /// How many of `sort` are partition keys.
    pub partition: usize,
    /// How many of the first keys of `sort` the rows are sorted by already, along the input's position.
    pub shared: usize,
    /// How many keys of `sort` come before the input's position.
    pub layout: usize,
    /// Name of the new position.
    pub position: String,
    /// The order as people write it.
    pub text: String,
    schema: DFSchemaRef,
}

impl NumberNode {
    /// Adds the column `position`.
    pub fn try_new(
        input: LogicalPlan,
        sort: Vec<SortExpr>,
        partition: usize,
        position: String,
        text: String,
    ) -> Result<Self> {
        let schema = super::schema_with(input.schema(), vec![Field::new(&position, DataType::Int64, false)])?;
        let layout = sort.len();
        Ok(NumberNode { input, sort, partition, shared: 0, layout, position, text, schema })
    }

    /// Says that the rows, by the position that follows `layout` keys, are sorted by the first `shared` of them.
    pub fn presorted(self, shared: usize, layout: usize) -> Self {
        NumberNode { shared, layout, ..self }
    }
}

impl PartialOrd for NumberNode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (&self.input, &self.sort, &self.position).partial_cmp(&(&other.input, &other.sort, &other.position))
    }
}

impl UserDefinedLogicalNodeCore for NumberNode {
    fn name(&self) -> &str {
        "Ordered"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        self.sort.iter().map(|k| k.expr.clone()).collect()
    }

    // Positions need only increase: rows may go missing below.
    fn prevent_predicate_push_down_columns(&self) -> HashSet<String> {
        HashSet::from([self.position.clone()])
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Ordered: {}", self.text)
    }

    fn with_exprs_and_inputs(&self, exprs: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        let sort = exprs.into_iter().zip(&self.sort).map(|(e, k)| SortExpr::new(e, k.asc, k.nulls_first)).collect();
        let node = NumberNode::try_new(
            super::single(inputs)?,
            sort,
            self.partition,
            self.position.clone(),
            self.text.clone(),
        )?;
        Ok(node.presorted(self.shared, self.layout))
    }

    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        Some(vec![super::needed_columns(self.input.schema(), output_columns, &self.expressions())])
    }
}

/// Lets rows through in position order and fails where a declared order is false.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CheckNode {
    /// A scan that carries its position.
    pub input: LogicalPlan,
    /// The declared layout: partition keys, then order keys.
    pub keys: Vec<SortExpr>,
    /// The scan's position.
    pub position: Vec<SortExpr>,
    /// The table that declares it, where it has a name.
    pub table: Option<String>,
    /// The keys as they were declared.
    pub declared: String,
}

impl PartialOrd for CheckNode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (&self.input, &self.keys, &self.table).partial_cmp(&(&other.input, &other.keys, &other.table))
    }
}

impl UserDefinedLogicalNodeCore for CheckNode {
    fn name(&self) -> &str {
        "Check"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        self.input.schema()
    }

    fn expressions(&self) -> Vec<Expr> {
        self.keys.iter().chain(&self.position).map(|k| k.expr.clone()).collect()
    }

    // What a filter leaves is in order where it all is, and what it takes nobody relies on.
    fn prevent_predicate_push_down_columns(&self) -> HashSet<String> {
        HashSet::new()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let keys: Vec<String> = self.keys.iter().map(ToString::to_string).collect();
        write!(f, "Check: {} declares {}", self.table.as_deref().unwrap_or("the table"), keys.join(", "))
    }

    fn with_exprs_and_inputs(&self, mut exprs: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        let position = exprs.split_off(self.keys.len());
        let rebuild = |exprs: Vec<Expr>, old: &[SortExpr]| {
            exprs.into_iter().zip(old).map(|(e, k)| SortExpr::new(e, k.asc, k.nulls_first)).collect()
        };
        Ok(CheckNode {
            input: super::single(inputs)?,
            keys: rebuild(exprs, &self.keys),
            position: rebuild(position, &self.position),
            table: self.table.clone(),
            declared: self.declared.clone(),
        })
    }

    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        Some(vec![super::needed_columns(self.input.schema(), output_columns, &self.expressions())])
    }
}
