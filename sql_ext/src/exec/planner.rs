//! From nodes of ours to operators.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::catalog::Session;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DFSchema, Result, internal_err};
use datafusion::execution::SessionState;
use datafusion::execution::context::QueryPlanner;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::expr::{AggregateFunction, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{
    Expr, LogicalPlan, SortExpr, UserDefinedLogicalNode, UserDefinedLogicalNodeCore, WindowFunctionDefinition,
};
use datafusion::physical_expr::aggregate::LoweredAggregateBuilder;
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::{AggregateMode, aggregate_expressions};
use datafusion::physical_planner::{DefaultPhysicalPlanner, ExtensionPlanner, PhysicalPlanner};

use super::check::Check;
use super::joins;
use super::merge;
use super::number::{Deliver, Number, ascending};
use super::operator::{Operator, OrderedExec};
use super::prefix::PrefixSortExec;
use super::rules::position_of;
use super::sequence::{Aggregate, Call, Sequence};
use crate::plan::sequence::SeqKind;
use crate::plan::{AsofNode, CheckNode, DeliverNode, LinkNode, MergeNode, NumberNode, SequenceNode};

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
                // The catalogue is shared: building a default one anew would replace it.
                let mut config = state.config().clone().with_create_default_catalog_and_schema(false);
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
pub(super) struct Scope<'a> {
    planner: &'a dyn PhysicalPlanner,
    session: &'a dyn Session,
    context: &'a PhysicalPlanningContext,
    pub(super) schema: &'a DFSchema,
}

impl Scope<'_> {
    pub(super) fn expr(&self, expr: &Expr) -> Result<Arc<dyn PhysicalExpr>> {
        self.planner.create_physical_expr(expr, self.schema, self.session, self.context)
    }

    pub(super) fn exprs(&self, exprs: &[Expr]) -> Result<Vec<Arc<dyn PhysicalExpr>>> {
        exprs.iter().map(|e| self.expr(e)).collect()
    }

    pub(super) fn sort(&self, keys: &[SortExpr]) -> Result<Vec<PhysicalSortExpr>> {
        keys.iter()
            .map(|k| {
                let options =
                    datafusion::arrow::compute::SortOptions { descending: !k.asc, nulls_first: k.nulls_first };
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
        let any = node.as_any();
        let two = |schema| Scope { planner, session, context, schema };
        if let Some(node) = any.downcast_ref::<LinkNode>() {
            let scopes =
                [two(node.left.schema()), two(node.target.schema()), two(UserDefinedLogicalNodeCore::schema(node))];
            return joins::link(node, &scopes, physical_inputs).map(Some);
        }
        if let Some(node) = any.downcast_ref::<AsofNode>() {
            let scopes =
                [two(node.left.schema()), two(node.right.schema()), two(UserDefinedLogicalNodeCore::schema(node))];
            return joins::asof(node, &scopes, physical_inputs).map(Some);
        }
        if let Some(node) = any.downcast_ref::<MergeNode>() {
            let scopes = [two(node.join.left.schema()), two(node.join.right.schema())];
            return merge::merge(node, &scopes, physical_inputs).map(Some);
        }
        let ([logical], [input]) = (logical_inputs, physical_inputs) else {
            return Ok(None);
        };
        let scope = Scope { planner, session, context, schema: logical.schema() };
        let mut input = Arc::clone(input);
        let operator: Arc<dyn Operator> = if let Some(node) = any.downcast_ref::<NumberNode>() {
            let sort = scope.sort(&node.sort)?;
            let [prefix, keys, position] =
                [&sort[..node.shared], &sort[..], &sort[node.layout..]].map(|keys| LexOrdering::new(keys.to_vec()));
            if let (Some(prefix), Some(keys), Some(position)) = (prefix, keys, position) {
                input = Arc::new(PrefixSortExec::new(input, position, keys, prefix));
            }
            let index = logical.schema().fields().len();
            let (position, text) = (node.position.clone(), node.text.clone());
            Arc::new(Number { sort, partition: node.partition, position, index, text })
        } else if let Some(node) = any.downcast_ref::<CheckNode>() {
            let (keys, position) = (scope.sort(&node.keys)?, scope.sort(&node.position)?);
            {
                let (table, declared) = (node.table.clone(), node.declared.clone());
                Arc::new(Check { keys, position, table, declared, files: files(&input) })
            }
        } else if let Some(node) = any.downcast_ref::<DeliverNode>() {
            Arc::new(Deliver { sort: scope.sort(&node.position)? })
        } else if let Some(node) = any.downcast_ref::<SequenceNode>() {
            Arc::new(sequence(node, &scope, &input)?)
        } else {
            return internal_err!("{} was not bound", node.name());
        };
        Ok(Some(Arc::new(OrderedExec::try_new(operator, input)?)))
    }
}

fn sequence(node: &SequenceNode, scope: &Scope, input: &Arc<dyn ExecutionPlan>) -> Result<Sequence> {
    let sort = scope.sort(&node.sort)?;
    let schema = input.schema();
    let mut orderings = vec![];
    let mut calls = Vec::with_capacity(node.calls.len());
    for (i, call) in node.calls.iter().enumerate() {
        let (mut args, aggregate) = match (&call.kind, call.args.as_slice()) {
            (SeqKind::Whole, [Expr::WindowFunction(window)]) => {
                let (args, aggregate) = whole(window, scope, &schema)?;
                (args, Some(aggregate))
            }
            _ => (scope.exprs(&call.args)?, None),
        };
        if args.is_empty() {
            // A call over rows alone still must know how many there are.
            args.extend(sort.first().map(|k| Arc::clone(&k.expr)));
        }
        let types = args.iter().map(|a| a.data_type(&schema)).collect::<Result<Vec<_>>>()?;
        if let SeqKind::Run { .. } = call.kind {
            let run = ascending(&call.name, schema.fields().len() + i);
            orderings.push([vec![run.clone()], sort.clone()].concat());
            orderings.push(vec![run]);
        }
        let field = Field::new(&call.name, call.data_type.clone(), call.nullable);
        calls.push(Call { kind: call.kind.clone(), args, types, field, aggregate });
    }
    Ok(Sequence { partition: scope.exprs(&node.partition)?, sort, calls, orderings })
}

/// An aggregate over all rows, and its arguments.
fn whole(window: &WindowFunction, scope: &Scope, schema: &Schema) -> Result<(Vec<Arc<dyn PhysicalExpr>>, Aggregate)> {
    let WindowFunctionDefinition::AggregateUDF(func) = &window.fun else {
        return internal_err!("{} is no aggregate", window.fun.name());
    };
    let WindowFunctionParams { args, order_by, filter, null_treatment, distinct, .. } = window.params.clone();
    let call = AggregateFunction::new_udf(Arc::clone(func), args, distinct, filter, order_by, null_treatment);
    let expr = Expr::AggregateFunction(call);
    let lowered =
        LoweredAggregateBuilder::new(&expr, scope.schema, schema, scope.session.execution_props(), scope.context);
    let lowered = lowered.with_name(func.name()).build()?;
    let aggregates = [lowered.aggregate];
    let mut args = aggregate_expressions(&aggregates, &AggregateMode::Single, 0)?.concat();
    let [call] = aggregates;
    let filtered = lowered.filter.is_some();
    args.extend(lowered.filter);
    Ok((args, Aggregate { call, filtered }))
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
