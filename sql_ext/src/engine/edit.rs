//! DELETE and UPDATE that ask other rows: the whole table as it will be, computed by one query and put in
//! the place of the old one at once.
//!
//! Tables take plain predicates alone, of which a subquery is none.

use std::sync::Arc;

use datafusion::arrow::array::{AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::compute::{filter_record_batch, not};
use datafusion::datasource::source_as_provider;
use datafusion::execution::SessionState;
use datafusion::logical_expr::dml::DmlStatement;
use datafusion::logical_expr::{Expr, ExprSchemable, Filter, LogicalPlan, Projection, WriteOp, lit, when};

use super::statement::planned;
use super::writable::no_limit;
use super::{unsupported, wiring};
use crate::error::{Code, Error, Result};
use crate::plan::SourceTable;
use crate::source::memory_of;

/// Runs the statement; the number of rows that it touches.
pub async fn run(state: &SessionState, dml: &DmlStatement) -> Result<u64> {
    let provider = source_as_provider(&dml.target).map_err(Error::from)?;
    let Some(table) = SourceTable::of(provider.as_ref()).and_then(memory_of) else {
        let (name, what) = (dml.table_name.table(), dml.op.to_string().to_uppercase());
        let text = format!("{what} with a subquery is for tables in memory, and '{name}' is none");
        return Err(unsupported(text).about(name));
    };
    let plan = wiring::in_source_order(edited(dml)?)?;
    loop {
        let before = table.rows().await;
        let rows = planned(state, &plan, None).await?.collect().await?;
        let (rows, count) = settled(rows, dml.op == WriteOp::Delete)?;
        let size = state.config().batch_size();
        // Where somebody wrote meanwhile, the answer is about rows that are no more.
        if table.replace(&before, rows, size).await.map_err(Error::from)? {
            return Ok(count);
        }
    }
}

/// All rows of the table with their new values, and whether the statement is about them as the last column.
fn edited(dml: &DmlStatement) -> Result<LogicalPlan> {
    let (assigned, below) = match dml.input.as_ref() {
        LogicalPlan::Projection(projection) if dml.op == WriteOp::Update => {
            (Some(&projection.expr), projection.input.as_ref())
        }
        other => (None, other),
    };
    let (condition, rows) = match below {
        LogicalPlan::Filter(Filter { predicate, input, .. }) => (predicate.clone().is_true(), input),
        LogicalPlan::TableScan(_) | LogicalPlan::SubqueryAlias(_) => (lit(true), &Arc::new(below.clone())),
        LogicalPlan::Limit(_) => return Err(no_limit()),
        _ => return Err(unsupported(format!("this form of {} with a subquery", dml.op.to_string().to_uppercase()))),
    };
    let names = rows.schema().fields();
    let mut touched = "touched".to_string();
    while names.iter().any(|f| *f.name() == touched) {
        touched.push('_');
    }
    let mut columns: Vec<Expr> = rows.schema().columns().into_iter().map(Expr::Column).collect();
    columns.push(condition.alias(&touched));
    let flagged = projection(columns.clone(), Arc::clone(rows))?;
    let flag = Expr::Column(datafusion::common::Column::new_unqualified(&touched));
    columns.pop();
    let mut values = vec![];
    for (i, column) in columns.into_iter().enumerate() {
        let name = names[i].name();
        let value = match assigned.and_then(|exprs| exprs.get(i)).map(|e| e.clone().unalias()) {
            Some(new) if new != column => {
                let kind = names[i].data_type();
                let new = new.cast_to(kind, flagged.schema()).map_err(Error::from)?;
                when(flag.clone(), new).otherwise(column).map_err(Error::from)?
            }
            _ => column,
        };
        values.push(value.alias(name));
    }
    values.push(flag);
    projection(values, Arc::new(flagged))
}

fn projection(exprs: Vec<Expr>, input: Arc<LogicalPlan>) -> Result<LogicalPlan> {
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, input).map_err(Error::from)?))
}

/// The rows that are to be stored, and how many the statement is about.
fn settled(rows: Vec<RecordBatch>, delete: bool) -> Result<(Vec<RecordBatch>, u64)> {
    let mut count = 0;
    let mut kept = vec![];
    for mut batch in rows {
        let flag = batch.remove_column(batch.num_columns() - 1);
        let flag: &BooleanArray =
            flag.as_boolean_opt().ok_or_else(|| Error::new(Code::Internal, "a flag that is no condition"))?;
        count += flag.true_count() as u64;
        kept.push(if delete { filter_record_batch(&batch, &not(flag)?)? } else { batch });
    }
    kept.retain(|batch| batch.num_rows() > 0);
    Ok((kept, count))
}
