//! OFFSET without LIMIT below a sort, where stock sorts before it skips.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use datafusion::physical_expr::{PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::limit::GlobalLimitExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};

use super::operator::{Operator, OrderedExec, State};

/// Leaves out the first rows, in the order in which its input has them.
#[derive(Debug)]
struct Skip {
    rows: usize,
    sort: Vec<PhysicalSortExpr>,
}

impl Operator for Skip {
    fn name(&self) -> &'static str {
        "SkipExec"
    }

    fn describe(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, ": {}", self.rows)
    }

    fn requires(&self) -> Option<&[PhysicalSortExpr]> {
        Some(&self.sort)
    }

    fn expressions(&self) -> Vec<Arc<dyn PhysicalExpr>> {
        self.sort.iter().map(|k| Arc::clone(&k.expr)).collect()
    }

    fn passes_limit(&self) -> bool {
        false
    }

    fn start(&self, _partition: usize, _schema: SchemaRef) -> Result<Box<dyn State>> {
        Ok(Box::new(Skipping { left: self.rows }))
    }
}

struct Skipping {
    left: usize,
}

impl State for Skipping {
    fn push(&mut self, batch: RecordBatch, ready: &mut VecDeque<RecordBatch>) -> Result<()> {
        let from = self.left.min(batch.num_rows());
        self.left -= from;
        if from < batch.num_rows() {
            ready.push_back(batch.slice(from, batch.num_rows() - from));
        }
        Ok(())
    }
}

/// The operator in the place of a limit that skips rows and no more, if the node is one.
pub fn skip(node: &Arc<dyn ExecutionPlan>) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let Some(limit) = node.downcast_ref::<GlobalLimitExec>().filter(|l| l.skip() > 0 && l.fetch().is_none()) else {
        return Ok(None);
    };
    let operator = Arc::new(Skip { rows: limit.skip(), sort: order_of(limit.input()) });
    Ok(Some(Arc::new(OrderedExec::try_new(operator, Arc::clone(limit.input()))?)))
}

/// The order in which a plan's rows come. What delivers rows in order asks for it; before sorts are in
/// place it does not know that it has it.
fn order_of(plan: &Arc<dyn ExecutionPlan>) -> Vec<PhysicalSortExpr> {
    if let Some(keys) = plan.downcast_ref::<OrderedExec>().and_then(|ordered| ordered.operator().requires()) {
        return keys.to_vec();
    }
    plan.output_ordering().map(|order| order.iter().cloned().collect()).unwrap_or_default()
}
