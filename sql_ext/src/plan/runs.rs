//! `GROUP ORDERED`: consecutive rows that belong together.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{DFSchemaRef, FunctionalDependence, FunctionalDependencies, Result};
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNodeCore};

use crate::order::MARK;

/// The hidden column with the number of the run, increasing over the whole relation.
pub fn run_column() -> String {
    format!("{MARK}run")
}

/// The columns of a relation with runs that are the same all over a run.
pub fn run_keys(plan: &LogicalPlan) -> Vec<Expr> {
    let columns = plan.schema().columns();
    let run = columns.iter().position(|c| c.name == run_column());
    let dependencies = plan.schema().functional_dependencies();
    let of_run = dependencies.iter().filter(|d| d.source_indices.iter().copied().eq(run));
    let targets = of_run.flat_map(|d| &d.target_indices).filter(|i| Some(**i) != run);
    targets.filter_map(|i| columns.get(*i).cloned().map(Expr::Column)).collect()
}

/// Adds the run number to an ordered relation.
///
/// A run ends where a partition ends, where any of `by` changes (NULL equals NULL),
/// and before a row for which `when` is true.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RunsNode {
    /// The ordered relation, filtered already.
    pub input: LogicalPlan,
    /// Keys whose change starts a run.
    pub by: Vec<Expr>,
    /// Condition whose truth starts a run.
    pub when: Option<Expr>,
    schema: DFSchemaRef,
}

impl RunsNode {
    /// `fixed`: columns of the input that are constant within a run besides the `by` columns.
    pub fn try_new(input: LogicalPlan, by: Vec<Expr>, when: Option<Expr>, fixed: &[Expr]) -> Result<Self> {
        let schema = super::schema_with(input.schema(), vec![Field::new(run_column(), DataType::Int64, false)])?;
        let run = schema.fields().len() - 1;
        let mut targets = vec![run];
        for expr in by.iter().chain(fixed) {
            if let Expr::Column(column) = expr {
                targets.extend(input.schema().maybe_index_of_column(column));
            }
        }
        targets.sort_unstable();
        targets.dedup();
        let dependence = FunctionalDependence::new(vec![run], targets, false);
        let dependencies = FunctionalDependencies::new(vec![dependence]);
        let schema = Arc::unwrap_or_clone(schema).with_functional_dependencies(dependencies)?;
        Ok(RunsNode { input, by, when, schema: Arc::new(schema) })
    }
}

impl PartialOrd for RunsNode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (&self.input, &self.by, &self.when).partial_cmp(&(&other.input, &other.by, &other.when))
    }
}

impl UserDefinedLogicalNodeCore for RunsNode {
    fn name(&self) -> &str {
        "Runs"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        self.by.iter().chain(&self.when).cloned().collect()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let by: Vec<String> = self.by.iter().map(ToString::to_string).collect();
        write!(f, "Runs:")?;
        if !by.is_empty() {
            write!(f, " BY {}", by.join(", "))?;
        }
        match &self.when {
            Some(when) => write!(f, " WHEN {when}"),
            None => Ok(()),
        }
    }

    fn with_exprs_and_inputs(&self, mut exprs: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        let when = exprs.split_off(self.by.len()).pop();
        let dependencies = self.schema.functional_dependencies().clone();
        let mut node = RunsNode::try_new(super::single(inputs)?, exprs, when, &[])?;
        if node.schema.fields().len() == self.schema.fields().len() {
            let schema = Arc::unwrap_or_clone(node.schema).with_functional_dependencies(dependencies)?;
            node.schema = Arc::new(schema);
        }
        Ok(node)
    }
}
