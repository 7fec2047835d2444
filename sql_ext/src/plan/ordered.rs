//! `ORDERED BY`: the order of a query block, as asked; the binder decides what it costs.

use std::cmp::Ordering;
use std::fmt;

use datafusion::common::{DFSchemaRef, Result};
use datafusion::logical_expr::{Expr, LogicalPlan, SortExpr, UserDefinedLogicalNodeCore};

use crate::order::{Order, Trust};

/// A relation with an order that replaces any it had.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrderedNode {
    /// The relation.
    pub input: LogicalPlan,
    /// Its order from here on.
    pub order: Order,
    /// Is it established, checked or believed?
    pub trust: Trust,
}

impl PartialOrd for OrderedNode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let compared = |node: &Self| (node.expressions(), node.order.falling, node.trust);
        (&self.input, compared(self)).partial_cmp(&(&other.input, compared(other)))
    }
}

impl UserDefinedLogicalNodeCore for OrderedNode {
    fn name(&self) -> &str {
        "Ordered"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        self.input.schema()
    }

    fn expressions(&self) -> Vec<Expr> {
        let keys = self.order.keys.iter().map(|k| k.expr.clone());
        self.order.partition.iter().cloned().chain(keys).collect()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Ordered: {}", self.order)?;
        match self.trust {
            Trust::Establish => Ok(()),
            Trust::Check => write!(f, " CHECKED"),
            Trust::Assume => write!(f, " ASSUMED"),
        }
    }

    fn with_exprs_and_inputs(&self, mut exprs: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        let keys = exprs.split_off(self.order.partition.len());
        let keys =
            keys.into_iter().zip(&self.order.keys).map(|(e, k)| SortExpr::new(e, k.asc, k.nulls_first)).collect();
        let order = Order { partition: exprs, keys, falling: self.order.falling };
        Ok(OrderedNode { input: super::single(inputs)?, order, trust: self.trust })
    }
}
