//! Which statements may write to which tables.

use std::any::Any;

use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::dml::DmlStatement;
use datafusion::logical_expr::{LogicalPlan, WriteOp};

use super::unsupported;
use crate::error::{Error, Result};
use crate::plan::{SourceTable, holds_subquery};
use crate::source::MemoryTable;

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
            WriteOp::Delete | WriteOp::Update if holds_subquery(&dml.input).map_err(Error::from)? => {
                Err(unsupported(format!("{} with a subquery is not supported", dml.op.to_string().to_uppercase()))
                    .with_hint("run the query first and write its values into the statement"))
            }
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

/// New files fall anywhere among the old ones: the declared order would not hold.
fn is_ordered_file(dml: &DmlStatement) -> bool {
    let Ok(provider) = source_as_provider(&dml.target) else { return false };
    SourceTable::of(provider.as_ref()).is_some_and(|table| {
        let inner: &dyn Any = table.inner().as_ref();
        table.speaks_of_order() && !inner.is::<MemoryTable>()
    })
}
