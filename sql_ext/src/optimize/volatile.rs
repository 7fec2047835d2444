//! Values in the arguments of windows that are other ones each time: drawn once a row.
//!
//! A frame evaluates its arguments where a row comes in, and again where it leaves.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, LogicalPlan, Projection, Volatility, Window};
use datafusion::optimizer::AnalyzerRule;

use crate::order::MARK;

/// The rule; see the module above.
#[derive(Debug)]
pub struct DrawnOnce;

impl AnalyzerRule for DrawnOnce {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let mut count = 0;
        let drawn = plan.transform_up_with_subqueries(|node| match node {
            LogicalPlan::Window(window) if window.window_expr.iter().any(Expr::is_volatile) => {
                below(window, &mut count).map(Transformed::yes)
            }
            other => Ok(Transformed::no(other)),
        })?;
        Ok(drawn.data)
    }

    fn name(&self) -> &str {
        "drawn_once"
    }
}

/// The window over a projection that draws its values.
fn below(window: Window, count: &mut usize) -> Result<LogicalPlan> {
    let visible = window.schema.columns().into_iter().map(Expr::Column).collect();
    let mut columns: Vec<Expr> = window.input.schema().columns().into_iter().map(Expr::Column).collect();
    let names = NamePreserver::new_for_projection();
    let mut exprs = vec![];
    for expr in window.window_expr {
        let name = names.save(&expr);
        let drawn = expr.transform_down(|e| {
            if !draws(&e) {
                return Ok(Transformed::no(e));
            }
            *count += 1;
            let name = format!("{MARK}drawn{count}");
            columns.push(e.alias(&name));
            Ok(Transformed::new(Expr::Column(Column::new_unqualified(name)), true, TreeNodeRecursion::Jump))
        })?;
        exprs.push(name.restore(drawn.data));
    }
    let input = LogicalPlan::Projection(Projection::try_new(columns, window.input)?);
    let window = LogicalPlan::Window(Window::try_new(exprs, Arc::new(input))?);
    Ok(LogicalPlan::Projection(Projection::try_new(visible, Arc::new(window))?))
}

fn draws(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarFunction(call) if call.func.signature().volatility == Volatility::Volatile)
}
