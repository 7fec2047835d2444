//! A join of two relations that are both sorted by its keys: they are merged, and nothing is hashed.

use std::fmt;
use std::sync::Arc;

use datafusion::common::{DFSchemaRef, JoinConstraint, Result};
use datafusion::logical_expr::{Expr, Join, LogicalPlan, SortExpr, UserDefinedLogicalNodeCore};

/// An equi-join whose inputs come in the order of its keys, which are columns.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd)]
pub struct MergeNode {
    /// The join, its keys in the sequence of both orders.
    pub join: Join,
    /// Direction and place of NULLs, for each key: (ascending, NULLs first).
    pub sort: Vec<(bool, bool)>,
    /// Positions of left and right, once they are bound.
    pub positions: Option<(Vec<SortExpr>, Vec<SortExpr>)>,
}

impl MergeNode {
    /// The same join over other inputs, whose columns `on` names.
    pub fn over(&self, left: LogicalPlan, right: LogicalPlan, on: Vec<(Expr, Expr)>) -> Result<Self> {
        let (kind, nulls) = (self.join.join_type, self.join.null_equality);
        let join = Join::try_new(Arc::new(left), Arc::new(right), on, None, kind, JoinConstraint::On, nulls, false)?;
        Ok(MergeNode { join, sort: self.sort.clone(), positions: self.positions.clone() })
    }
}

impl UserDefinedLogicalNodeCore for MergeNode {
    fn name(&self) -> &str {
        "Merge"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.join.left, &self.join.right]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.join.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        let on = self.join.on.iter().flat_map(|(l, r)| [l.clone(), r.clone()]);
        let positions = self.positions.iter().flat_map(|(l, r)| l.iter().chain(r)).map(|k| k.expr.clone());
        on.chain(positions).collect()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let on: Vec<String> = self.join.on.iter().map(|(l, r)| format!("{l} = {r}")).collect();
        write!(f, "Merge: {} JOIN ON {}", self.join.join_type.to_string().to_uppercase(), on.join(" AND "))
    }

    fn with_exprs_and_inputs(&self, exprs: Vec<Expr>, mut inputs: Vec<LogicalPlan>) -> Result<Self> {
        let (Some(right), Some(left), true) = (inputs.pop(), inputs.pop(), inputs.is_empty()) else {
            return datafusion::common::internal_err!("a merge takes two inputs");
        };
        let mut exprs = exprs.into_iter();
        let keys: Vec<Expr> = exprs.by_ref().take(2 * self.join.on.len()).collect();
        let on = keys.chunks_exact(2).filter_map(|pair| Some((pair.first()?.clone(), pair.get(1)?.clone()))).collect();
        let mut sorts = |old: &[SortExpr]| -> Vec<SortExpr> {
            exprs.by_ref().take(old.len()).zip(old).map(|(e, k)| k.with_expr(e)).collect()
        };
        let positions = self.positions.as_ref().map(|(l, r)| (sorts(l), sorts(r)));
        Ok(MergeNode { positions, ..self.over(left, right, on)? })
    }

    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        let (left, right) = (self.join.left.schema(), self.join.right.schema());
        Some(super::needed_of_two(left, right, output_columns, &self.expressions()))
    }
}
