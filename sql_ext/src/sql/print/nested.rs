//! Queries inside expressions: printed where the expression is resolved, for only there is it known what the
//! columns of the query around them are called.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchemaRef};
use datafusion::logical_expr::expr::{Exists, InSubquery, SetComparison};
use datafusion::logical_expr::{Expr, LogicalPlan, Subquery, UserDefinedLogicalNodeCore};

use super::block::Block;
use super::expr::{Printer, Tight};
use super::plan::{Plans, Relation, unsupported};
use crate::error::{Error, Result};
use crate::plan::{extension, is_subquery, node_of, subquery_of};

/// The columns of a query for the queries inside it: by the plan's schema, as SQL calls them.
pub(super) struct Around {
    schema: DFSchemaRef,
    columns: Vec<Expr>,
}

impl Plans {
    /// Expressions over `plan`, whose columns the block gives, in terms of FROM.
    pub(super) fn resolved(&mut self, block: &Block, exprs: &[Expr], plan: &LogicalPlan) -> Result<Vec<Expr>> {
        exprs.iter().map(|e| self.written(block.resolve(e, plan)?, block, plan)).collect()
    }

    /// The block, or one around it whose columns have a table's name, where expressions hold a query that reads them.
    pub(super) fn standing(&mut self, block: Block, exprs: &[Expr], plan: &LogicalPlan) -> Result<Block> {
        let reads = |e: &Expr| subquery_of(e).is_some_and(|s| !s.outer_ref_columns.is_empty());
        if !exprs.iter().any(|e| e.exists(|e| Ok(reads(e))).unwrap_or(false)) {
            return Ok(block);
        }
        Ok(self.relation_of(block, plan).into_block(plan))
    }

    /// The expression with the queries in it as text.
    pub(super) fn written(&mut self, expr: Expr, block: &Block, plan: &LogicalPlan) -> Result<Expr> {
        let done = expr.transform_up(|e| {
            let inner = match subquery_of(&e) {
                Some(inner) if node_of::<Written>(&inner.subquery).is_none() => inner.clone(),
                _ => return Ok(self.outer(e)),
            };
            let columns = block.columns.iter().map(|(e, _)| e.clone()).collect();
            self.around.push(Around { schema: Arc::clone(plan.schema()), columns });
            let text = self.unasked(|plans| plans.query(&inner.subquery));
            self.around.pop();
            let text = Written { text: text?, schema: Arc::clone(inner.subquery.schema()) };
            Ok(Transformed::yes(with_subquery(e, inner.with_plan(Arc::new(extension(text))))))
        });
        Ok(done.map_err(Error::from)?.data)
    }

    /// A derived table that reads the columns of the one before it.
    pub(super) fn lateral(&mut self, inner: &Subquery, before: &LogicalPlan, columns: &[Expr]) -> Result<Relation> {
        self.around.push(Around { schema: Arc::clone(before.schema()), columns: columns.to_vec() });
        let found = self.relation(&inner.subquery);
        self.around.pop();
        let found = found?;
        Ok(Relation { text: format!("LATERAL {}", found.text), ..found })
    }

    /// A column of a query around this one, under the name it has there.
    fn outer(&self, expr: Expr) -> Transformed<Expr> {
        let Expr::OuterReferenceColumn(field, column) = &expr else { return Transformed::no(expr) };
        let found = self.around.iter().rev().find_map(|around| {
            let i = around.schema.maybe_index_of_column(column)?;
            around.columns.get(i)
        });
        match found {
            Some(Expr::Column(found)) => Transformed::yes(Expr::OuterReferenceColumn(Arc::clone(field), found.clone())),
            _ => Transformed::no(expr),
        }
    }
}

/// Refuses queries in the expressions of a node whose clause cannot hold them.
pub(super) fn refuse(plan: &LogicalPlan) -> Result<()> {
    if plan.expressions().iter().any(holds_query) { Err(unsupported(plan)) } else { Ok(()) }
}

/// Is there a query in an expression?
pub(super) fn holds_query(expr: &Expr) -> bool {
    expr.exists(|e| Ok(is_subquery(e))).unwrap_or(false)
}

fn with_subquery(expr: Expr, new: Subquery) -> Expr {
    match expr {
        Expr::ScalarSubquery(_) => Expr::ScalarSubquery(new),
        Expr::InSubquery(e) => Expr::InSubquery(InSubquery { subquery: new, ..e }),
        Expr::Exists(e) => Expr::Exists(Exists { subquery: new, ..e }),
        Expr::SetComparison(e) => Expr::SetComparison(SetComparison { subquery: new, ..e }),
        other => other,
    }
}

impl Printer {
    /// An expression that holds a query, and a column of the query around.
    pub(super) fn nested(self, expr: &Expr) -> Option<(String, Tight)> {
        let text = |subquery: &Subquery| node_of::<Written>(&subquery.subquery).map(|w| format!("({})", w.text));
        Some(match expr {
            Expr::ScalarSubquery(subquery) => (text(subquery)?, Tight::Atom),
            Expr::Exists(Exists { subquery, negated: false }) => (format!("EXISTS {}", text(subquery)?), Tight::Atom),
            Expr::Exists(Exists { subquery, negated: true }) => (format!("NOT EXISTS {}", text(subquery)?), Tight::Not),
            Expr::InSubquery(InSubquery { expr, subquery, negated }) => {
                let not = if *negated { "NOT " } else { "" };
                (format!("{} {not}IN {}", self.operand(expr, Tight::Sum), text(subquery)?), Tight::Compare)
            }
            Expr::SetComparison(SetComparison { expr, subquery, op, quantifier }) => {
                (format!("{} {op} {quantifier} {}", self.operand(expr, Tight::Other), text(subquery)?), Tight::Compare)
            }
            Expr::OuterReferenceColumn(_, column) => (qualified(column), Tight::Atom),
            _ => return None,
        })
    }
}

fn qualified(column: &Column) -> String {
    Printer { reads: false, qualify: true }.print(&Expr::Column(column.clone()))
}

/// A query that is printed already.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Written {
    text: String,
    schema: DFSchemaRef,
}

impl PartialOrd for Written {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.text.partial_cmp(&other.text)
    }
}

impl UserDefinedLogicalNodeCore for Written {
    fn name(&self) -> &str {
        "Written"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        vec![]
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.text)
    }

    fn with_exprs_and_inputs(&self, _: Vec<Expr>, _: Vec<LogicalPlan>) -> datafusion::common::Result<Self> {
        Ok(self.clone())
    }
}
