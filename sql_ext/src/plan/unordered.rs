//! Rows whose order nothing declares any more.

use std::collections::HashSet;
use std::fmt;

use datafusion::common::{DFSchemaRef, Result};
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNodeCore};

/// The input's rows, in the sequence they had, without the order that it had.
///
/// What verbs that drop the order put above those that would keep it. `order_of` finds none;
/// the binder takes the node away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Hash)]
pub struct UnorderedNode {
    /// The relation.
    pub input: LogicalPlan,
}

impl UserDefinedLogicalNodeCore for UnorderedNode {
    fn name(&self) -> &str {
        "Unordered"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        self.input.schema()
    }

    fn expressions(&self) -> Vec<Expr> {
        vec![]
    }

    fn prevent_predicate_push_down_columns(&self) -> HashSet<String> {
        HashSet::new()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Unordered")
    }

    fn with_exprs_and_inputs(&self, _exprs: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        Ok(UnorderedNode { input: super::single(inputs)? })
    }

    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        Some(vec![output_columns.to_vec()])
    }
}
