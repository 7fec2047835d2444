//! `LINK`: a deferred equi-join to a dimension that keeps the left order.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use datafusion::common::{DFSchemaRef, Dependency, JoinType, Result};
use datafusion::logical_expr::{Expr, LogicalPlan, SortExpr, UserDefinedLogicalNodeCore, build_join_schema};

/// Which rows survive a LINK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum LinkType {
    Inner,
    Left,
    Right,
    Full,
}

impl LinkType {
    /// The join that has the same rows.
    pub fn join_type(self) -> JoinType {
        match self {
            LinkType::Inner => JoinType::Inner,
            LinkType::Left => JoinType::Left,
            LinkType::Right => JoinType::Right,
            LinkType::Full => JoinType::Full,
        }
    }

    /// The word before LINK.
    pub fn keyword(self) -> &'static str {
        match self {
            LinkType::Inner => "INNER",
            LinkType::Left => "LEFT",
            LinkType::Right => "RIGHT",
            LinkType::Full => "FULL",
        }
    }
}

/// Left rows with their target rows, in left order, then target order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LinkNode {
    /// The relation whose order is kept.
    pub left: LogicalPlan,
    /// The dimension, qualified by its alias.
    pub target: LogicalPlan,
    /// Equalities: (expression over left, expression over target).
    pub on: Vec<(Expr, Expr)>,
    /// Which rows survive.
    pub link_type: LinkType,
    /// Positions of left and target, once they are bound.
    pub positions: Option<(Vec<SortExpr>, Vec<SortExpr>)>,
    schema: DFSchemaRef,
}

impl LinkNode {
    /// Checks the two schemas against each other.
    pub fn try_new(left: LogicalPlan, target: LogicalPlan, on: Vec<(Expr, Expr)>, link_type: LinkType) -> Result<Self> {
        let schema = build_join_schema(left.schema(), target.schema(), &link_type.join_type())?;
        Ok(LinkNode { left, target, on, link_type, positions: None, schema: Arc::new(schema) })
    }

    /// Is there at most one target row for every left row, as the target declares a key?
    pub fn target_is_unique(&self) -> bool {
        let schema = self.target.schema();
        let keys: Vec<usize> = self
            .on
            .iter()
            .filter_map(|(_, key)| if let Expr::Column(c) = key { schema.maybe_index_of_column(c) } else { None })
            .collect();
        let declared = schema.functional_dependencies().iter();
        declared.filter(|d| d.mode == Dependency::Single).any(|d| d.source_indices.iter().all(|i| keys.contains(i)))
    }
}

impl PartialOrd for LinkNode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (&self.left, &self.target, &self.on, self.link_type).partial_cmp(&(
            &other.left,
            &other.target,
            &other.on,
            other.link_type,
        ))
    }
}

impl UserDefinedLogicalNodeCore for LinkNode {
    fn name(&self) -> &str {
        "Link"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.left, &self.target]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        let on = self.on.iter().flat_map(|(l, r)| [l.clone(), r.clone()]);
        let positions = self.positions.iter().flat_map(|(l, r)| l.iter().chain(r)).map(|k| k.expr.clone());
        on.chain(positions).collect()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let on: Vec<String> = self.on.iter().map(|(l, r)| format!("{l} = {r}")).collect();
        write!(f, "Link: {} ON {}", self.link_type.keyword(), on.join(" AND "))
    }

    fn with_exprs_and_inputs(&self, exprs: Vec<Expr>, mut inputs: Vec<LogicalPlan>) -> Result<Self> {
        let (Some(target), Some(left), true) = (inputs.pop(), inputs.pop(), inputs.is_empty()) else {
            return datafusion::common::internal_err!("LINK takes two inputs");
        };
        let mut exprs = exprs.into_iter();
        let mut on = Vec::with_capacity(self.on.len());
        for _ in &self.on {
            if let (Some(l), Some(r)) = (exprs.next(), exprs.next()) {
                on.push((l, r));
            }
        }
        let mut sorts = |old: &[SortExpr]| -> Vec<SortExpr> {
            exprs.by_ref().take(old.len()).zip(old).map(|(e, k)| SortExpr::new(e, k.asc, k.nulls_first)).collect()
        };
        let positions = self.positions.as_ref().map(|(l, r)| (sorts(l), sorts(r)));
        Ok(LinkNode { positions, ..LinkNode::try_new(left, target, on, self.link_type)? })
    }

    // Only the target columns that somebody reads are fetched.
    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        Some(super::needed_of_two(self.left.schema(), self.target.schema(), output_columns, &self.expressions()))
    }
}
