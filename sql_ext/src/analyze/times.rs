//! Times of day of different units compare: the stock coercion knows no common type for them.

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, cast};
use datafusion::optimizer::analyzer::AnalyzerRule;

/// Casts both sides of a comparison of two units to nanoseconds.
///
/// ```text
/// Filter: t = TIME64(µs) '01:02'      Filter: t = CAST(TIME64(µs) '01:02' AS Time64(ns))
///   TableScan: a (t Time64(ns))   ⇒     TableScan: a
/// ```
#[derive(Debug)]
pub(super) struct CompareTimes;

impl AnalyzerRule for CompareTimes {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|node| {
            let schema = merge_schema(&node.inputs());
            node.map_expressions(|expr| expr.transform_up(|e| common(e, &schema)))
        })
        .map(|t| t.data)
    }

    fn name(&self) -> &str {
        "compare_times"
    }
}

fn common(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = expr else {
        return Ok(Transformed::no(expr));
    };
    let is_time = |e: &Expr| e.get_type(schema).ok().filter(|t| matches!(t, DataType::Time32(_) | DataType::Time64(_)));
    match (is_time(&left), is_time(&right)) {
        (Some(l), Some(r)) if l != r && compares(op) => {
            let fine = DataType::Time64(TimeUnit::Nanosecond);
            let fit = |e: Box<Expr>, from: DataType| if from == fine { e } else { Box::new(cast(*e, fine.clone())) };
            let (left, right) = (fit(left, l), fit(right, r));
            Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr { left, op, right })))
        }
        _ => Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right }))),
    }
}

fn compares(op: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}
