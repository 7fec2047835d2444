//! Windows over the rows that a correlated subquery selects.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlan, Operator, Window};
use datafusion::optimizer::AnalyzerRule;

use crate::error::{Code, Error};

/// The rule; see the module above.
#[derive(Debug)]
pub struct CorrelatedWindows;

impl AnalyzerRule for CorrelatedWindows {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let parted = plan.transform_up_with_subqueries(|node| match node {
            LogicalPlan::Window(window) => {
                let found = predicates(&window.input)?;
                if found.is_empty() {
                    return Ok(Transformed::no(LogicalPlan::Window(window)));
                }
                let schema = window.input.schema();
                let keys = found.iter().map(|p| key(p, schema)).collect::<Option<Vec<_>>>().ok_or_else(refused)?;
                parted(window, &keys).map(Transformed::yes)
            }
            other => Ok(Transformed::no(other)),
        })?;
        Ok(parted.data)
    }

    fn name(&self) -> &str {
        "correlated_windows"
    }
}

/// The predicates of a plan that look at an outer row; those of further subqueries are their own.
pub(super) fn predicates(plan: &LogicalPlan) -> Result<Vec<Expr>> {
    let mut found = vec![];
    plan.apply(|node| {
        match node {
            LogicalPlan::Subquery(_) => return Ok(TreeNodeRecursion::Jump),
            LogicalPlan::Filter(filter) => {
                found.extend(split_conjunction(&filter.predicate).into_iter().filter(|e| e.contains_outer()).cloned());
            }
            LogicalPlan::Join(join) => found.extend(join.filter.iter().filter(|e| e.contains_outer()).cloned()),
            _ => {}
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

/// What is equal to something of the outer row: rows that differ in it never meet in one result.
fn key(predicate: &Expr, schema: &DFSchema) -> Option<Expr> {
    let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq | Operator::IsNotDistinctFrom, right }) = predicate else {
        return None;
    };
    let (inner, outer) = if left.contains_outer() { (right, left) } else { (left, right) };
    let columns = inner.column_refs();
    let known = !columns.is_empty() && columns.iter().all(|c| schema.has_column(c));
    (known && !inner.contains_outer() && outer.column_refs().is_empty()).then(|| inner.as_ref().clone())
}

fn parted(window: Window, keys: &[Expr]) -> Result<LogicalPlan> {
    let names = NamePreserver::new_for_projection();
    let exprs = window.window_expr.into_iter().map(|expr| {
        let name = names.save(&expr);
        let parted = expr.transform_up(|e| match e {
            Expr::WindowFunction(mut call) => {
                let own = &call.params.partition_by;
                let missing: Vec<Expr> = keys.iter().filter(|k| !own.contains(k)).cloned().collect();
                call.params.partition_by.extend(missing);
                Ok(Transformed::yes(Expr::WindowFunction(call)))
            }
            other => Ok(Transformed::no(other)),
        })?;
        Ok(name.restore(parted.data))
    });
    let exprs = exprs.collect::<Result<Vec<_>>>()?;
    Ok(LogicalPlan::Window(Window::try_new(exprs, Arc::clone(&window.input))?))
}

fn refused() -> datafusion::common::DataFusionError {
    Error::new(Code::NotSupported, "a window over rows that a correlated subquery selects by more than equal columns")
        .with_hint("select the column that is compared, and compare it with =, or compute the window in a derived table and join it")
        .into()
}
