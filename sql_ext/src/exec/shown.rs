//! Physical plans as people read them: each operator with the order in which its rows come.

use std::sync::Arc;

use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, displayable};

use crate::order::MARK;

/// A line for each operator, those that it reads from below it.
pub fn shown(plan: &Arc<dyn ExecutionPlan>) -> String {
    let mut lines = vec![];
    below(plan, 0, &mut lines);
    lines.join("\n").replace(MARK, "")
}

#[recursive::recursive]
fn below(plan: &Arc<dyn ExecutionPlan>, depth: usize, lines: &mut Vec<String>) {
    let operator = displayable(plan.as_ref()).one_line().to_string();
    lines.push(format!("{}{}{}", "  ".repeat(depth), operator.trim_end(), order(plan)));
    for child in plan.children() {
        below(child, depth + 1, lines);
    }
}

/// The keys of the order up to the first that only the engine sees.
fn order(plan: &Arc<dyn ExecutionPlan>) -> String {
    let Some(order) = plan.output_ordering() else { return String::new() };
    let keys = order.iter().map(ToString::to_string).take_while(|key| !key.contains(MARK));
    match keys.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "  -- in sequence".to_string(),
        keys => format!("  -- ordered by {keys}"),
    }
}
