//! Rows in sequence order, for those who look: the root of a query and every LIMIT.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;

use datafusion::common::{DFSchemaRef, Result};
use datafusion::logical_expr::{Expr, LogicalPlan, SortExpr, UserDefinedLogicalNodeCore};

/// One stream of the input's rows by its position.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeliverNode {
    /// A relation that carries its position.
    pub input: LogicalPlan,
    /// The position: hidden columns that tell every two rows apart.
    pub position: Vec<SortExpr>,
}

impl PartialOrd for DeliverNode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (&self.input, &self.position).partial_cmp(&(&other.input, &other.position))
    }
}

impl UserDefinedLogicalNodeCore for DeliverNode {
    fn name(&self) -> &str {
        "Deliver"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        self.input.schema()
    }

    fn expressions(&self) -> Vec<Expr> {
        self.position.iter().map(|k| k.expr.clone()).collect()
    }

    fn prevent_predicate_push_down_columns(&self) -> HashSet<String> {
        HashSet::new()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Deliver")
    }

    fn with_exprs_and_inputs(&self, exprs: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        let position =
            exprs.into_iter().zip(&self.position).map(|(e, k)| SortExpr::new(e, k.asc, k.nulls_first)).collect();
        Ok(DeliverNode { input: super::single(inputs)?, position })
    }

    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        Some(vec![super::needed_columns(self.input.schema(), output_columns, &self.expressions())])
    }
}
