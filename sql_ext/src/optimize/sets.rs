//! INTERSECT ALL and EXCEPT ALL with the right number of copies.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, NullEquality, Result};
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::expr::{WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{
    Expr, Join, JoinType, LogicalPlan, Projection, Window, WindowFrame, WindowFunctionDefinition,
};
use datafusion::optimizer::AnalyzerRule;

use crate::order::{MARK, is_hidden};

/// The rule; see the module above.
#[derive(Debug)]
pub struct CountedSets;

impl AnalyzerRule for CountedSets {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let counted = plan.transform_up_with_subqueries(|node| match node {
            LogicalPlan::Join(join) if is_set_operation(&join) => counted(join).map(Transformed::yes),
            other => Ok(Transformed::no(other)),
        })?;
        Ok(counted.data)
    }

    fn name(&self) -> &str {
        "counted_sets"
    }
}

/// Only set operations compare whole rows and take NULL for NULL at this stage. Where the
/// left side is distinct there are no copies to count.
fn is_set_operation(join: &Join) -> bool {
    let fields = join.left.schema().fields();
    matches!(join.join_type, JoinType::LeftSemi | JoinType::LeftAnti)
        && join.null_equality == NullEquality::NullEqualsNull
        && join.filter.is_none()
        && !fields.is_empty()
        && join.on.len() == fields.len()
        && fields.iter().all(|f| !is_hidden(f.name()))
        && !matches!(join.left.as_ref(), LogicalPlan::Distinct(_))
}

/// The i-th copy on the left meets the i-th copy on the right.
fn counted(join: Join) -> Result<LogicalPlan> {
    let outputs: Vec<Expr> = join.left.schema().columns().into_iter().map(Expr::Column).collect();
    let (lefts, rights): (Vec<Expr>, Vec<Expr>) = join.on.iter().cloned().unzip();
    let (left, left_copy) = numbered(join.left, lefts, "left_copy")?;
    let (right, right_copy) = numbered(join.right, rights, "right_copy")?;
    let mut on = join.on;
    on.push((left_copy, right_copy));
    let joined = Join::try_new(
        left,
        right,
        on,
        None,
        join.join_type,
        join.join_constraint,
        join.null_equality,
        join.null_aware,
    )?;
    Ok(LogicalPlan::Projection(Projection::try_new(outputs, Arc::new(LogicalPlan::Join(joined)))?))
}

fn numbered(plan: Arc<LogicalPlan>, partition_by: Vec<Expr>, name: &str) -> Result<(Arc<LogicalPlan>, Expr)> {
    let name = format!("{MARK}{name}");
    let number = Expr::WindowFunction(Box::new(WindowFunction {
        fun: WindowFunctionDefinition::WindowUDF(row_number_udwf()),
        params: WindowFunctionParams {
            args: vec![],
            partition_by,
            order_by: vec![],
            window_frame: WindowFrame::new(None),
            filter: None,
            null_treatment: None,
            distinct: false,
        },
    }));
    let window = Window::try_new(vec![number.alias(name.clone())], plan)?;
    Ok((Arc::new(LogicalPlan::Window(window)), Expr::Column(Column::from_name(name))))
}
