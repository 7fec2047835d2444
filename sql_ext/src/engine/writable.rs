//! Which statements may write to which tables.

use datafusion::common::Result as DataFusionResult;
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::dml::DmlStatement;
use datafusion::logical_expr::{LogicalPlan, WriteOp};

use super::unsupported;
use crate::error::{Error, Result};
use crate::plan::{SourceTable, holds_subquery};
use crate::source::memory_of;

/// Refuses what would store other rows than the statement says, before anything is touched.
pub fn writable(plan: &LogicalPlan) -> Result<()> {
    match plan {
        // To plan them is to run them.
        LogicalPlan::Explain(explain) => match explain.plan.as_ref() {
            LogicalPlan::Dml(dml) if matches!(dml.op, WriteOp::Delete | WriteOp::Update | WriteOp::Truncate) => {
                Err(unsupported(format!("EXPLAIN of {} is not supported", dml.op.to_string().to_uppercase()))
                    .with_hint("EXPLAIN ANALYZE runs the statement"))
            }
            _ => Ok(()),
        },
        LogicalPlan::Analyze(analyze) => writable(&analyze.input),
        LogicalPlan::Dml(dml) => match dml.op {
            // Tables get the plain predicates alone: a subquery has become a join by then.
            WriteOp::Delete | WriteOp::Update if edits_by_query(dml).map_err(Error::from)? => {
                let text = format!("EXPLAIN of {} with a subquery is not supported", dml.op.to_string().to_uppercase());
                Err(unsupported(text).with_hint("run the statement itself"))
            }
            // Stock deletes all the same.
            WriteOp::Delete if matches!(dml.input.as_ref(), LogicalPlan::Limit(_)) => Err(no_limit()),
            WriteOp::Insert(_) if is_ordered_file(dml) => Err(unsupported(format!(
                "'{}' declares its order over files, to which no rows can be added",
                dml.table_name
            ))
            .with_hint("COPY the rows to a new file, or CREATE TABLE … ORDERED BY … AS SELECT")),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// The error for a LIMIT that stock forgets.
pub fn no_limit() -> Error {
    unsupported("DELETE takes no LIMIT").with_hint("choose the rows with WHERE")
}

/// Does a DELETE or UPDATE ask other rows?
pub fn edits_by_query(dml: &DmlStatement) -> DataFusionResult<bool> {
    Ok(matches!(dml.op, WriteOp::Delete | WriteOp::Update) && holds_subquery(&dml.input)?)
}

/// New files fall anywhere among the old ones: the declared order would not hold.
fn is_ordered_file(dml: &DmlStatement) -> bool {
    let Ok(provider) = source_as_provider(&dml.target) else { return false };
    SourceTable::of(provider.as_ref()).is_some_and(|table| table.speaks_of_order() && memory_of(table).is_none())
}
