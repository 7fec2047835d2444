//! Conditions that can fail, evaluated on the rows alone that the others let through.
//!
//! The base puts filters that follow one another into one, and evaluates all of its conditions on all rows where
//! many of them meet the first: a text that an earlier filter has taken out does not convert.
//!
//! ```text
//! FilterExec: s != x AND CAST(s AS Int64) > 5      evaluated as      CASE WHEN s != x THEN CAST(s AS Int64) > 5 ELSE false END
//! ```

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNode;
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{ColumnarValue, Operator};
use datafusion::physical_expr::expressions::{BinaryExpr, CaseExpr, CastExpr, lit};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr, conjunction, split_conjunction};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};

use super::rules::replaced;

/// Functions of the base and of ours that refuse some values.
const REFUSING: &[&str] = &[
    "floor_div",
    "floor_mod",
    "int_pow",
    "sole",
    "sole_row",
    "sqrt",
    "ln",
    "log",
    "log2",
    "log10",
    "acos",
    "asin",
    "factorial",
    "split_part",
    "to_timestamp",
    "to_date",
];

/// The rule; see the module above.
#[derive(Debug)]
pub struct GuardedFilters;

impl PhysicalOptimizerRule for GuardedFilters {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        replaced(plan, |node| {
            let Some(filter) = node.downcast_ref::<FilterExec>() else { return Ok(None) };
            let Some(guarded) = guarded(filter.predicate(), &filter.input().schema())? else { return Ok(None) };
            let filter = FilterExecBuilder::from(filter).with_predicate(Arc::new(guarded)).build()?;
            Ok(Some(Arc::new(filter) as Arc<dyn ExecutionPlan>))
        })
    }

    fn name(&self) -> &str {
        "guarded_filters"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// A predicate of several conditions of which some can fail; none where that is not so.
fn guarded(predicate: &Arc<dyn PhysicalExpr>, schema: &Schema) -> Result<Option<Guarded>> {
    let conditions = split_conjunction(predicate);
    if predicate.is::<Guarded>() || conditions.len() < 2 {
        return Ok(None);
    }
    let (failing, safe): (Vec<_>, Vec<_>) = conditions.into_iter().cloned().partition(|c| can_fail(c, schema));
    if failing.is_empty() {
        return Ok(None);
    }
    // Among themselves they stand as they were written, those of the filters below first.
    let first = (!safe.is_empty()).then(|| conjunction(safe));
    let run = first.into_iter().chain(failing).rev().try_fold(None, |then, condition| {
        Ok::<_, datafusion::common::DataFusionError>(Some(match then {
            None => condition,
            Some(then) => {
                let case = CaseExpr::try_new(None, vec![(condition, then)], Some(lit(false)))?;
                Arc::new(case) as Arc<dyn PhysicalExpr>
            }
        }))
    })?;
    Ok(run.map(|run| Guarded { shown: Arc::clone(predicate), run }))
}

fn can_fail(condition: &Arc<dyn PhysicalExpr>, schema: &Schema) -> bool {
    let refuses = |e: &Arc<dyn PhysicalExpr>| -> bool {
        if let Some(call) = e.downcast_ref::<ScalarFunctionExpr>() {
            return REFUSING.contains(&call.name());
        }
        if let Some(cast) = e.downcast_ref::<CastExpr>() {
            return cast.expr().data_type(schema).is_ok_and(|from| narrows(&from, cast.cast_type()));
        }
        let Some(binary) = e.downcast_ref::<BinaryExpr>() else { return false };
        let exact = |t: DataType| t.is_integer() || t.is_decimal();
        matches!(binary.op(), Operator::Divide | Operator::Modulo) && e.data_type(schema).is_ok_and(exact)
    };
    condition.exists(|e| Ok(refuses(e))).unwrap_or(false)
}

/// Are there values of the one type that the other does not have?
fn narrows(from: &DataType, to: &DataType) -> bool {
    let text = crate::types::is_string(from) && !crate::types::is_string(to);
    text || (from.is_numeric() && to.is_numeric() && crate::types::wider(from, to).as_ref() != Some(to))
}

/// A conjunction that is shown as it was, and evaluated one part after the other.
#[derive(Debug)]
struct Guarded {
    shown: Arc<dyn PhysicalExpr>,
    run: Arc<dyn PhysicalExpr>,
}

impl PartialEq for Guarded {
    fn eq(&self, other: &Self) -> bool {
        self.shown.eq(&other.shown)
    }
}

impl Eq for Guarded {}

impl std::hash::Hash for Guarded {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.shown.hash(state);
    }
}

impl fmt::Display for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown.fmt(f)
    }
}

impl PhysicalExpr for Guarded {
    fn data_type(&self, _input: &Schema) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn nullable(&self, input: &Schema) -> Result<bool> {
        self.shown.nullable(input)
    }

    fn return_field(&self, input: &Schema) -> Result<FieldRef> {
        self.shown.return_field(input)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        self.run.evaluate(batch)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.shown, &self.run]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        match <[_; 2]>::try_from(children) {
            Ok([shown, run]) => Ok(Arc::new(Guarded { shown, run })),
            Err(_) => internal_err!("a guarded condition is made of two"),
        }
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown.fmt_sql(f)
    }
}
