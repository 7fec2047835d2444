//! From nodes of ours to operators.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::Field;
use datafusion::catalog::Session;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DFSchema, Result, internal_err};
use datafusion::execution::SessionState;
use datafusion::execution::context::QueryPlanner;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Expr, LogicalPlan, SortExpr, UserDefinedLogicalNode, UserDefinedLogicalNodeCore};
use datafusion::physical_expr::{PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{DefaultPhysicalPlanner, ExtensionPlanner, PhysicalPlanner};

use super::check::Check;
use super::link::{LinkExec, LinkSpec};
use super::number::{Deliver, Number, ascending};
use super::operator::{OrderedExec, Operator};
use super::rules::position_of;
use super::sequence::{Call, Sequence};
use crate::plan::{CheckNode, DeliverNode, LinkNode, NumberNode, SequenceNode};

/// The session's query planner: stock, and our nodes.
#[derive(Debug, Default)]
pub struct OrderedQueryPlanner;

#[async_trait]
impl QueryPlanner for OrderedQueryPlanner {
    async fn create_physical_plan(&self, plan: &LogicalPlan, session: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
        let planner = DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(OrderedPlanner)]);
        let state = session.as_any().downcast_ref::<SessionState>();
        match state {
            // Spreading one ordered stream over partitions only has it merged again.
            Some(state) if has_nodes(plan)? => {
                let mut config = state.config().clone();
                config.options_mut().optimizer.enable_round_robin_repartition = false;
                let state = SessionStateBuilder::new_from_existing(state.clone()).with_config(config).build();
                planner.create_physical_plan(plan, &state).await
            }
            _ => planner.create_physical_plan(plan, session).await,
        }
    }
}

fn has_nodes(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        found |= matches!(node, LogicalPlan::Extension(_));
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

/// Plans the bound nodes.
struct OrderedPlanner;

/// What it takes to make physical expressions over one input.
struct Scope<'a> {
    planner: &'a dyn PhysicalPlanner,
    session: &'a dyn Session,
    context: &'a PhysicalPlanningContext,
    schema: &'a DFSchema,
}

impl Scope<'_> {
    fn expr(&self, expr: &Expr) -> Result<Arc<dyn PhysicalExpr>> {
        self.planner.create_physical_expr(expr, self.schema, self.session, self.context)
    }

    fn exprs(&self, exprs: &[Expr]) -> Result<Vec<Arc<dyn PhysicalExpr>>> {
        exprs.iter().map(|e| self.expr(e)).collect()
    }

    fn sort(&self, keys: &[SortExpr]) -> Result<Vec<PhysicalSortExpr>> {
        keys.iter()
            .map(|k| {
                let options = datafusion::arrow::compute::SortOptions { descending: !k.asc, nulls_first: k.nulls_first };
                Ok(PhysicalSortExpr::new(self.expr(&k.expr)?, options))
            })
            .collect()
    }
}

#[async_trait]
impl ExtensionPlanner for OrderedPlanner {
    async fn plan_extension(
        &self,
        planner: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        logical_inputs: &[&LogicalPlan],
        physical_inputs: &[Arc<dyn ExecutionPlan>],
        session: &dyn Session,
        context: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        if let Some(node) = node.as_any().downcast_ref::<LinkNode>() {
            let scope = |schema| Scope { planner, session, context, schema };
            return link(node, scope(node.left.schema()), scope(node.target.schema()), scope(UserDefinedLogicalNodeCore::schema(node)), physical_inputs);
        }
        let ([logical], [input]) = (logical_inputs, physical_inputs) else {
            return Ok(None);
        };
        let scope = Scope { planner, session, context, schema: logical.schema() };
        let any = node.as_any();
        let operator: Arc<dyn Operator> = if let Some(node) = any.downcast_ref::<NumberNode>() {
            let sort = scope.sort(&node.sort)?;
            let index = logical.schema().fields().len();
            let (position, text) = (node.position.clone(), node.text.clone());
            Arc::new(Number { sort, partition: node.partition, position, index, text })
        } else if let Some(node) = any.downcast_ref::<CheckNode>() {
            let (keys, position) = (scope.sort(&node.keys)?, scope.sort(&node.position)?);
            Arc::new(Check { keys, position, table: node.table.clone(), files: files(input) })
        } else if let Some(node) = any.downcast_ref::<DeliverNode>() {
            Arc::new(Deliver { sort: scope.sort(&node.position)? })
        } else if let Some(node) = any.downcast_ref::<SequenceNode>() {
            Arc::new(sequence(node, &scope, input)?)
        } else {
            return internal_err!("{} was not bound", node.name());
        };
        Ok(Some(Arc::new(OrderedExec::try_new(operator, Arc::clone(input))?)))
    }
}

fn sequence(node: &SequenceNode, scope: &Scope, input: &Arc<dyn ExecutionPlan>) -> Result<Sequence> {
    let sort = scope.sort(&node.sort)?;
    let schema = input.schema();
    let mut orderings = vec![];
    let mut calls = Vec::with_capacity(node.calls.len());
    for (i, call) in node.calls.iter().enumerate() {
        let mut args = scope.exprs(&call.args)?;
        if args.is_empty() {
            // A call over rows alone still must know how many there are.
            args.extend(sort.first().map(|k| Arc::clone(&k.expr)));
        }
        let types = args.iter().map(|a| a.data_type(&schema)).collect::<Result<Vec<_>>>()?;
        if let crate::plan::sequence::SeqKind::Run { .. } = call.kind {
            let run = ascending(&call.name, schema.fields().len() + i);
            orderings.push([vec![run.clone()], sort.clone()].concat());
            orderings.push(vec![run]);
        }
        let field = Field::new(&call.name, call.data_type.clone(), call.nullable);
        calls.push(Call { kind: call.kind.clone(), args, types, field });
    }
    Ok(Sequence { partition: scope.exprs(&node.partition)?, sort, calls, orderings })
}

fn link(
    node: &LinkNode,
    left: Scope,
    target: Scope,
    out: Scope,
    inputs: &[Arc<dyn ExecutionPlan>],
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let ([left_input, target_input], Some((left_position, target_position))) = (inputs, &node.positions) else {
        return internal_err!("LINK was not bound");
    };
    let on: (Vec<Expr>, Vec<Expr>) = node.on.iter().cloned().unzip();
    let position: Vec<SortExpr> = left_position.iter().chain(target_position).cloned().collect();
    let spec = LinkSpec {
        left: left.exprs(&on.0)?,
        target: target.exprs(&on.1)?,
        link_type: node.link_type,
        left_position: left.sort(left_position)?,
        target_position: target.sort(target_position)?,
        position: out.sort(&position)?,
        schema: Arc::clone(out.schema.inner()),
    };
    let exec = LinkExec::try_new(Arc::clone(left_input), Arc::clone(target_input), Arc::new(spec))?;
    Ok(Some(Arc::new(exec)))
}

/// The files of the source below, in order.
fn files(plan: &Arc<dyn ExecutionPlan>) -> Vec<String> {
    if let Some(ordered) = plan.downcast_ref::<OrderedExec>()
        && let Some(source) = position_of(ordered)
    {
        return source.files.clone();
    }
    plan.children().into_iter().map(files).find(|f| !f.is_empty()).unwrap_or_default()
}
