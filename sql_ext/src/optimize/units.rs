//! Timestamps against a moment between two of their ticks: compared in the moment's unit.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::{Between, Cast, InList, ScalarFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility,
};
use datafusion::optimizer::AnalyzerRule;

use crate::types::per_second;

/// The rule; see the module above.
#[derive(Debug)]
pub struct FinerUnit;

impl AnalyzerRule for FinerUnit {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let done = plan.transform_up_with_subqueries(|node| {
            let schema = merge_schema(&node.inputs());
            let names = NamePreserver::new(&node);
            node.map_expressions(|expr| {
                let name = names.save(&expr);
                Ok(expr.transform_up(|e| compared(e, &schema))?.update_data(|e| name.restore(e)))
            })
        })?;
        Ok(done.data)
    }

    fn name(&self) -> &str {
        "finer_unit"
    }
}

fn compared(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    Ok(match expr {
        Expr::BinaryExpr(BinaryExpr { mut left, op, mut right }) if is_comparison(op) => {
            let done = guard(&mut left, &[&right], schema)? | guard(&mut right, &[&left], schema)?;
            Transformed::new_transformed(Expr::BinaryExpr(BinaryExpr::new(left, op, right)), done)
        }
        Expr::Between(Between { mut expr, negated, low, high }) => {
            let done = guard(&mut expr, &[&low, &high], schema)?;
            Transformed::new_transformed(Expr::Between(Between::new(expr, negated, low, high)), done)
        }
        Expr::InList(InList { mut expr, list, negated }) => {
            let done = guard(&mut expr, &list.iter().collect::<Vec<_>>(), schema)?;
            Transformed::new_transformed(Expr::InList(InList::new(expr, list, negated)), done)
        }
        other => Transformed::no(other),
    })
}

fn is_comparison(op: Operator) -> bool {
    op.supports_propagation() || matches!(op, Operator::IsDistinctFrom | Operator::IsNotDistinctFrom)
}

/// Puts a call in the place of a cast that the base would take away, cutting the moments instead.
fn guard(expr: &mut Expr, moments: &[&Expr], schema: &DFSchema) -> Result<bool> {
    let Expr::Cast(Cast { expr: inner, field }) = &*expr else { return Ok(false) };
    let DataType::Timestamp(fine, _) = field.data_type() else { return Ok(false) };
    let DataType::Timestamp(coarse, _) = inner.get_type(schema)? else { return Ok(false) };
    let cut = coarse < *fine && moments.iter().any(|m| is_between_ticks(m, field.data_type(), *fine, coarse));
    if cut {
        let call = ScalarUDF::new_from_impl(InUnit::new(field.data_type().clone()));
        *expr = Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(call), vec![inner.as_ref().clone()]));
    }
    Ok(cut)
}

fn is_between_ticks(moment: &Expr, of: &DataType, fine: TimeUnit, coarse: TimeUnit) -> bool {
    let value = match moment {
        Expr::Literal(value, _) => Some(value.clone()),
        Expr::Cast(Cast { expr, field }) if field.data_type() == of => match expr.as_ref() {
            Expr::Literal(value, _) => value.cast_to(of).ok(),
            _ => None,
        },
        _ => None,
    };
    let ticks = match value {
        Some(
            ScalarValue::TimestampMillisecond(Some(v), _)
            | ScalarValue::TimestampMicrosecond(Some(v), _)
            | ScalarValue::TimestampNanosecond(Some(v), _),
        ) => v,
        _ => return false,
    };
    ticks % (per_second(fine) / per_second(coarse)) != 0
}

/// A cast that stays where it is.
#[derive(Debug, PartialEq, Eq, Hash)]
struct InUnit {
    of: DataType,
    signature: Signature,
}

impl InUnit {
    fn new(of: DataType) -> Self {
        InUnit { of, signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for InUnit {
    fn name(&self) -> &str {
        "in_unit"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.of.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [value] = args.args.as_slice() else {
            return datafusion::common::internal_err!("in_unit takes one argument");
        };
        value.cast_to(&self.of, None)
    }
}
