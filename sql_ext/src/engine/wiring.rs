//! Where the other floors plug into a session.

use std::sync::Arc;

use datafusion::common::Column;
use datafusion::common::tree_node::TreeNode;
use datafusion::execution::SessionState;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::{DdlStatement, Expr, LogicalPlan, PlanType, Statement, StringifiedPlan};
use datafusion::physical_plan::ExecutionPlan;

use crate::error::{Code, Error, Result};
use crate::order::Order;
use crate::plan::carry::{stand_in, with_keys};
use crate::plan::hidden::placeholders;
use crate::plan::{AsofNode, DeliverNode, depth, explain, extension, node_of, order_of};
use crate::{analyze, exec, optimize, registry, sql};

pub use crate::sql::{DeclaredOrder as Declaration, Parsed, locate};

/// Text to statements.
pub fn parse(text: &str, state: &SessionState) -> Result<Vec<Parsed>> {
    sql::parse(text, state)
}

/// A statement to its plan, not yet bound.
pub async fn plan(state: &SessionState, parsed: Parsed) -> Result<LogicalPlan> {
    let mut plan = sql::plan(state, parsed).await.map_err(Error::from)?;
    depth::check(&plan)?;
    // EXPLAIN of an ordered query begins with the plan as it was asked for, each node with its order.
    if let LogicalPlan::Explain(explained) = &mut plan
        && order_of(&explained.plan).is_some()
    {
        let text = logical(&explained.plan);
        explained.stringified_plans.push(StringifiedPlan::new(PlanType::FinalLogicalPlan, text));
    }
    Ok(plan)
}

/// Fails now where the statement's query would when it runs: that of an EXPLAIN, a view, or what is prepared.
///
/// What is prepared may want values that are still to come; that it lacks an order is known without them.
pub fn check_inner(state: &SessionState, plan: &LogicalPlan) -> Result<()> {
    match plan {
        LogicalPlan::Explain(explain) => check(state, &explain.plan),
        LogicalPlan::Ddl(DdlStatement::CreateView(view)) => check(state, &view.input),
        LogicalPlan::Statement(Statement::Prepare(prepare)) => {
            let complete = prepare.input.get_parameter_names().map_err(Error::from)?.is_empty();
            match check(state, &prepare.input) {
                Err(error) if complete || error.code == Code::NoOrder => Err(error),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// Fails as the binder would.
pub fn check(state: &SessionState, plan: &LogicalPlan) -> Result<()> {
    let analyzed = state.analyzer().execute_and_check(plan.clone(), state.config_options(), |_, _| {});
    analyzed.map(|_| ()).map_err(Error::from)
}

/// Rules, planners and functions of a session; `kernels` off lowers every call to standard windows.
pub fn session(builder: SessionStateBuilder, kernels: bool) -> SessionStateBuilder {
    let mut rules = if kernels { analyze::analyzer_rules() } else { analyze::portable_analyzer_rules() };
    rules.extend(optimize::analyzer_rules(kernels));
    let mut builder =
        builder.with_analyzer_rules(rules).with_query_planner(Arc::new(exec::planner::OrderedQueryPlanner));
    builder = builder.with_optimizer_rule(optimize::optimizer_rule());
    builder.expr_planners().get_or_insert_default().insert(0, Arc::new(sql::OrderedExprPlanner));
    builder.relation_planners().get_or_insert_default().push(Arc::new(sql::OrderedRelationPlanner));
    builder
        .scalar_functions()
        .get_or_insert_default()
        .extend(placeholders().into_iter().chain(registry::scalar_functions()));
    builder.window_functions().get_or_insert_default().extend(registry::sequence_functions());
    builder.aggregate_functions().get_or_insert_default().extend(registry::ordered_aggregates());
    builder.aggregate_functions().get_or_insert_default().extend(registry::aggregate_functions());
    builder.aggregate_functions().get_or_insert_default().push(registry::sum());
    builder.with_physical_optimizer_rules(exec::rules::physical_rules())
}

/// A plan whose rows come in source order where it has no order of its own, as the
/// object API promises.
pub fn in_source_order(plan: LogicalPlan) -> Result<LogicalPlan> {
    Ok(extension(DeliverNode { input: plan, position: vec![] }))
}

/// The order of rows that are held, and the plan that gives them with all its keys; none where a plan
/// declares no order.
pub fn held(plan: LogicalPlan) -> Result<(LogicalPlan, Option<Order>)> {
    if order_of(&plan).is_none() || sql::dsl::computed_key(&plan).is_some() {
        return Ok((plan, None));
    }
    let plan = with_keys(plan)?;
    let bare = |e: &Expr| match e {
        Expr::Column(c) => Some(Expr::Column(Column::new_unqualified(&c.name))),
        _ => None,
    };
    let order = order_of(&plan).map(|order| order.while_known(bare));
    Ok((plan, order))
}

/// The plan's visible columns alone.
pub fn bare(plan: LogicalPlan) -> Result<LogicalPlan> {
    sql::dsl::bare(plan)
}

/// One verb of the object API.
///
/// What only the binder knows to be wrong is found at the call, over rows that are not there: the cost
/// does not grow with the plan.
pub fn verb(
    state: &SessionState,
    input: &LogicalPlan,
    name: &str,
    payload: &str,
    others: &[LogicalPlan],
) -> Result<LogicalPlan> {
    depth::with_room(input, || checked_verb(state, input, name, payload, others))
}

fn checked_verb(
    state: &SessionState,
    input: &LogicalPlan,
    name: &str,
    payload: &str,
    others: &[LogicalPlan],
) -> Result<LogicalPlan> {
    let plan = sql::dsl::verb(state, input, name, payload, others)?;
    depth::check(&plan)?;
    if let (Some(input), Some(others)) = (stand_in(input), others.iter().map(stand_in).collect::<Option<Vec<_>>>()) {
        let alone = sql::dsl::verb(state, &input, name, payload, &others)?;
        if reads_rows(&alone)? {
            check(state, &alone)?;
        }
    }
    Ok(plan)
}

/// Does a plan hold calls whose options only the binder can check?
fn reads_rows(plan: &LogicalPlan) -> Result<bool> {
    let found = plan.exists(|node| {
        Ok(matches!(node, LogicalPlan::Window(_) | LogicalPlan::Aggregate(_)) || node_of::<AsofNode>(node).is_some())
    });
    found.map_err(Error::from)
}

/// The type of an expression payload.
pub fn expr_type(state: &SessionState, input: &LogicalPlan, payload: &str, others: &[LogicalPlan]) -> Result<String> {
    depth::with_room(input, || sql::dsl::expr_type(state, input, payload, others))
}

/// The SQL text of an expression payload.
pub fn expr_text(state: &SessionState, input: &LogicalPlan, payload: &str, others: &[LogicalPlan]) -> Result<String> {
    depth::with_room(input, || sql::dsl::expr_text(state, input, payload, others))
}

/// The order of a plan as names and directions.
pub fn sort_keys(plan: &LogicalPlan) -> Option<Vec<(String, bool)>> {
    depth::with_room(plan, || sql::dsl::sort_keys(plan))
}

/// SQL text to an expression payload: a call that is planned where its columns are known.
pub fn sql_expr(state: &SessionState, text: &str) -> Result<String> {
    sql::exprs::parse_expr(text, state)?;
    Ok(serde_json::json!({"type": "Call", "func": "sql", "args": [], "kwargs": {"text": text}}).to_string())
}

/// The plan as LTSeq SQL.
pub fn to_sql(plan: &LogicalPlan) -> Result<String> {
    depth::with_room(plan, || sql::print::to_sql(plan))
}

/// The plan as the parity tests compare it.
pub fn canonical(plan: &LogicalPlan) -> String {
    depth::with_room(plan, || explain::canonical(plan))
}

/// The physical plan as people read it, with the order of each operator.
pub fn physical(plan: &Arc<dyn ExecutionPlan>) -> String {
    exec::shown::shown(plan)
}

/// The plan as people read it, with the order of each node.
pub fn logical(plan: &LogicalPlan) -> String {
    explain::logical(plan, &sql::print::call)
}
