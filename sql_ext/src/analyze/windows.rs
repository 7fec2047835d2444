//! Window calls: nested ones taken apart innermost first, calls that share partition
//! and order gathered into one node.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result};
use datafusion::functions_window::cume_dist::CumeDist;
use datafusion::functions_window::rank::Rank;
use datafusion::logical_expr::expr::{Alias, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{
    Aggregate, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Projection, SortExpr, Window, WindowFrame,
    WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition,
};

use super::bind::{Binder, Bound, BoundOrder, Need};
use super::relation::normal_key;
use crate::error::{Code, Error};
use crate::order::{column, hidden};
use crate::plan::hidden::{follows_order, follows_source, is_ours, is_whole, marker, reveal, sequence_function};
use crate::plan::order_of::is_run;
use crate::plan::sequence::{SeqCall, SeqKind, SequenceNode};
use crate::plan::{builder, extension};
use crate::registry::ordered_aggregate;

/// Rows of a call: what restarts it, how they are sorted, and by which keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Spec {
    /// What restarts the call.
    pub partition: Vec<Expr>,
    /// The full sort, down to the position.
    pub sort: Vec<SortExpr>,
    /// The order keys alone, for peers and intervals.
    pub keys: Vec<SortExpr>,
}

impl Spec {
    /// The part of the sort below the partition.
    pub fn tail(&self) -> Vec<SortExpr> {
        self.sort.iter().filter(|k| !self.partition.contains(&k.expr)).cloned().collect()
    }
}

#[derive(Debug, Default)]
struct Layer {
    sequences: Vec<(Spec, Vec<SeqCall>)>,
    windows: Vec<(String, Expr)>,
}

/// Gathers the calls of one node over one bound input.
pub(super) struct Resolver<'a> {
    pub binder: &'a mut Binder,
    input: &'a Bound,
    /// Further keys that restart calls of the block's order: GROUP BY keys.
    restart: Vec<Expr>,
    schema: DFSchema,
    layers: Vec<Layer>,
    depth: HashMap<String, usize>,
}

impl<'a> Resolver<'a> {
    pub fn new(binder: &'a mut Binder, input: &'a Bound, restart: Vec<Expr>) -> Self {
        let schema = input.plan.schema().as_ref().clone();
        Resolver { binder, input, restart, schema, layers: vec![], depth: HashMap::new() }
    }

    /// The input's columns and those computed so far.
    pub fn schema(&self) -> &DFSchema {
        &self.schema
    }

    /// Replaces every hidden or bare window call of ours by the column that computes it.
    pub fn expr(&mut self, expr: Expr) -> Result<Expr> {
        let resolved = expr.transform_down(|e| {
            let window = match &e {
                Expr::WindowFunction(window) if is_ours(window) => Some(window.as_ref().clone()),
                _ => reveal(&e),
            };
            match window {
                Some(window) => Ok(Transformed::new(self.call(window)?, true, TreeNodeRecursion::Jump)),
                None => Ok(Transformed::no(e)),
            }
        })?;
        Ok(resolved.data)
    }

    fn exprs(&mut self, exprs: Vec<Expr>) -> Result<Vec<Expr>> {
        exprs.into_iter().map(|e| self.expr(e)).collect()
    }

    /// The expression that a window call becomes.
    pub fn call(&mut self, window: WindowFunction) -> Result<Expr> {
        let WindowFunction { fun, mut params } = window;
        params.args = self.exprs(params.args)?;
        params.partition_by = self.exprs(params.partition_by)?;
        if let Some(filter) = params.filter {
            params.filter = Some(Box::new(self.expr(*filter)?));
        }
        let sorts = std::mem::take(&mut params.order_by);
        for key in sorts {
            let expr =
                if follows_order(std::slice::from_ref(&key)) { key.expr.clone() } else { self.expr(key.expr.clone())? };
            params.order_by.push(key.with_expr(expr));
        }
        let spec = self.spec(fun.name(), &params.partition_by, &params.order_by)?;
        if let Some(function) = sequence_function(&fun) {
            let function = function.clone();
            return self.sequence(&function, params, &spec);
        }
        self.stock(fun, params, &spec)
    }

    /// A stock aggregate over the rows of a run.
    fn over_run(&mut self, window: WindowFunction) -> Result<Expr> {
        let WindowFunction { fun, mut params } = window;
        params.args = self.exprs(params.args)?;
        params.filter = params.filter.map(|filter| self.expr(*filter)).transpose()?.map(Box::new);
        let spec = self.block_spec(fun.name(), &params.partition_by)?;
        self.add_whole(fun, params, &spec)
    }

    /// The rows of a call in the block's order, over a partition of its own if it has one.
    pub fn block_spec(&self, name: &str, partition_by: &[Expr]) -> Result<Spec> {
        self.spec(name, partition_by, &[marker()])
    }

    /// The rows that a call is over.
    fn spec(&self, name: &str, partition_by: &[Expr], order_by: &[SortExpr]) -> Result<Spec> {
        let position = &self.input.position;
        let explicit: Vec<Expr> = partition_by.iter().filter(|e| !is_whole(e)).cloned().collect();
        if !follows_order(order_by) {
            let partition = self.normal(&explicit)?;
            let mut sort = ascending_all(&partition);
            sort.extend(order_by.iter().cloned());
            sort.extend(position.iter().cloned());
            return Ok(Spec { partition, sort, keys: order_by.to_vec() });
        }
        let fallback;
        let order = match &self.input.order {
            Some(order) => order,
            None if follows_source(order_by) && !position.is_empty() => {
                fallback = BoundOrder { partition: vec![], keys: position.clone(), source: position.clone() };
                &fallback
            }
            None => return Err(builder::no_order(&name.to_uppercase()).into()),
        };
        let keys = order.keys.clone();
        if follows_source(order_by) {
            return self.along_position(&explicit, keys);
        }
        if partition_by.is_empty() && self.restart.is_empty() {
            return Ok(Spec { partition: order.partition.clone(), sort: position.clone(), keys });
        }
        if partition_by.is_empty() {
            if self.restart.iter().any(|key| matches!(key, Expr::GroupingSet(_))) {
                return Err(over_many_groups(name));
            }
            let mut partition = order.partition.clone();
            let by_run = self.restart.iter().any(is_run);
            partition.extend(self.normal(&self.restart)?);
            if by_run {
                let partition = self.restart.iter().filter(|e| is_run(e)).cloned().collect();
                return Ok(Spec { partition, sort: position.clone(), keys });
            }
            let mut sort = ascending_all(&partition);
            sort.extend(position.iter().cloned());
            return Ok(Spec { partition, sort, keys });
        }
        if explicit.iter().any(is_run) {
            return Ok(Spec { partition: explicit, sort: position.clone(), keys });
        }
        let partition = self.normal(&explicit)?;
        let mut sort = ascending_all(&partition);
        if order.partition.is_empty() {
            sort.extend(position.iter().cloned());
        } else {
            sort.extend(order.keys.iter().cloned());
            sort.extend(order.source.iter().cloned());
        }
        Ok(Spec { partition, sort, keys })
    }

    /// Rows as they are laid out, restarting at nothing but the keys that were asked for.
    fn along_position(&self, explicit: &[Expr], keys: Vec<SortExpr>) -> Result<Spec> {
        let partition = self.normal(explicit)?;
        let mut sort = if explicit.iter().any(is_run) { vec![] } else { ascending_all(&partition) };
        sort.extend(self.input.position.iter().cloned());
        Ok(Spec { partition, sort, keys })
    }

    fn normal(&self, exprs: &[Expr]) -> Result<Vec<Expr>> {
        exprs
            .iter()
            .map(|e| match e.get_type(&self.schema)? {
                DataType::Float64 | DataType::Float32 => normal_key(e, &self.input.plan),
                _ => Ok(e.clone()),
            })
            .collect()
    }

    fn depth_of(&self, exprs: &[&Expr]) -> usize {
        let names = exprs.iter().flat_map(|e| e.column_refs()).filter(|c| c.relation.is_none());
        names.filter_map(|c| self.depth.get(&c.name)).map(|d| d + 1).max().unwrap_or(0)
    }

    fn layer(&mut self, depth: usize) -> &mut Layer {
        while self.layers.len() <= depth {
            self.layers.push(Layer::default());
        }
        &mut self.layers[depth]
    }

    fn publish(&mut self, name: &str, depth: usize, data_type: DataType, nullable: bool) -> Result<Expr> {
        self.depth.insert(name.to_string(), depth);
        let field = Arc::new(Field::new(name, data_type, nullable));
        self.schema.merge(&DFSchema::new_with_metadata(vec![(None, field)], HashMap::new())?);
        Ok(Expr::Column(column(None, name)))
    }

    /// Adds a call to be computed by the sequence operator; the same call is computed once.
    pub fn add(
        &mut self,
        kind: SeqKind,
        args: Vec<Expr>,
        spec: &Spec,
        data_type: DataType,
        nullable: bool,
    ) -> Result<Expr> {
        let sort = spec.sort.iter().map(|k| &k.expr);
        let depth = self.depth_of(&args.iter().chain(&spec.partition).chain(sort).collect::<Vec<_>>());
        let name = self.binder.name("c");
        let layer = self.layer(depth);
        let index = layer.sequences.iter().position(|(s, _)| s.partition == spec.partition && s.sort == spec.sort);
        let index = index.unwrap_or_else(|| {
            layer.sequences.push((spec.clone(), vec![]));
            layer.sequences.len() - 1
        });
        let calls = &mut layer.sequences[index].1;
        if let Some(same) = calls.iter().find(|c| c.kind == kind && c.args == args) {
            return Ok(Expr::Column(column(None, &same.name)));
        }
        calls.push(SeqCall { kind, args, name: name.clone(), data_type: data_type.clone(), nullable });
        self.publish(&name, depth, data_type, nullable)
    }

    /// Adds an aggregate over all rows of the partition.
    pub fn add_whole(
        &mut self,
        fun: WindowFunctionDefinition,
        params: WindowFunctionParams,
        spec: &Spec,
    ) -> Result<Expr> {
        if !self.binder.kernels {
            return self.add_window(fun, params);
        }
        let params = WindowFunctionParams { partition_by: vec![], ..params };
        let call = Expr::WindowFunction(Box::new(WindowFunction { fun, params }));
        let (_, field) = call.to_field(&self.schema)?;
        self.add(SeqKind::Whole, vec![call], spec, field.data_type().clone(), field.is_nullable())
    }

    /// Adds a standard window call.
    pub fn add_window(&mut self, fun: WindowFunctionDefinition, params: WindowFunctionParams) -> Result<Expr> {
        let sort = params.order_by.iter().map(|k| &k.expr);
        let depth = self.depth_of(
            &params
                .args
                .iter()
                .chain(&params.partition_by)
                .chain(sort)
                .chain(params.filter.as_deref())
                .collect::<Vec<_>>(),
        );
        let name = self.binder.name("w");
        let expr = Expr::WindowFunction(Box::new(WindowFunction { fun, params }));
        let (_, field) = expr.to_field(&self.schema)?;
        self.layer(depth).windows.push((name.clone(), expr));
        self.publish(&name, depth, field.data_type().clone(), field.is_nullable())
    }

    /// A stock function in the block's order.
    fn stock(&mut self, fun: WindowFunctionDefinition, params: WindowFunctionParams, spec: &Spec) -> Result<Expr> {
        let ours = match &fun {
            WindowFunctionDefinition::AggregateUDF(udaf) => ordered_aggregate(udaf),
            WindowFunctionDefinition::WindowUDF(_) => None,
        };
        if let Some(op) = ours {
            return self.whole_aggregate(op, params, spec);
        }
        let block = follows_order(&params.order_by);
        let order_by = if !block {
            params.order_by.clone()
        } else if by_peers(&fun) {
            spec.keys.clone()
        } else {
            spec.tail()
        };
        let window_frame = if block { block_frame(&fun, &params.window_frame) } else { params.window_frame.clone() };
        let params = WindowFunctionParams { partition_by: spec.partition.clone(), order_by, window_frame, ..params };
        self.add_window(fun, params)
    }

    /// Puts the gathered layers above the input.
    pub fn emit(self, plan: LogicalPlan) -> Result<LogicalPlan> {
        let mut plan = plan;
        for layer in self.layers {
            for (spec, calls) in layer.sequences {
                // Rows that wait do so with everything else they have, so that nothing waits in memory beside them.
                let (waiting, prompt) = calls.into_iter().partition::<Vec<_>, _>(|c| c.kind.waits_without_end());
                for calls in [prompt, waiting].into_iter().filter(|calls| !calls.is_empty()) {
                    plan = extension(SequenceNode::try_new(plan, spec.partition.clone(), spec.sort.clone(), calls)?);
                }
            }
            plan = standard(plan, layer.windows)?;
        }
        Ok(plan)
    }
}

/// Standard window nodes for the calls of a layer, one per sort as the planner wants it.
fn standard(plan: LogicalPlan, windows: Vec<(String, Expr)>) -> Result<LogicalPlan> {
    if windows.is_empty() {
        return Ok(plan);
    }
    let (plan, mut outputs) = set_aside(plan, &windows)?;
    let mut calls: Vec<Expr> = vec![];
    let mut later = vec![];
    for (name, call) in windows {
        let column_name = call.schema_name().to_string();
        let known = calls.iter().find(|c| c.schema_name().to_string() == column_name);
        // Names leave casts out: another call of the same name goes into a node of its own.
        if known.is_some_and(|k| *k != call) {
            later.push((name, call));
            continue;
        }
        if known.is_none() {
            calls.push(call);
        }
        outputs.push(Expr::Column(column(None, column_name)).alias(name));
    }
    let plan = LogicalPlanBuilder::window_plan(plan, calls)?;
    let plan = LogicalPlan::Projection(Projection::try_new(outputs, Arc::new(plan))?);
    standard(plan, later)
}

/// The plan's columns out of the way of the calls' own names, which the same call beside them may have taken;
/// and what they are above the calls.
fn set_aside(plan: LogicalPlan, windows: &[(String, Expr)]) -> Result<(LogicalPlan, Vec<Expr>)> {
    let taken: Vec<String> = windows.iter().map(|(_, call)| call.schema_name().to_string()).collect();
    let columns = plan.schema().columns();
    if !columns.iter().any(|c| taken.contains(&c.name)) {
        return Ok((plan, columns.into_iter().map(Expr::Column).collect()));
    }
    let (mut below, mut above) = (vec![], vec![]);
    for (i, c) in columns.into_iter().enumerate() {
        if taken.contains(&c.name) {
            let aside = hidden("aside", i);
            above.push(Expr::Column(column(None, &aside)).alias_qualified(c.relation.clone(), &c.name));
            below.push(Expr::Column(c).alias(aside));
        } else {
            above.push(Expr::Column(c.clone()));
            below.push(Expr::Column(c));
        }
    }
    Ok((LogicalPlan::Projection(Projection::try_new(below, Arc::new(plan))?), above))
}

/// Functions whose result is the same for all rows with equal keys.
fn by_peers(fun: &WindowFunctionDefinition) -> bool {
    match fun {
        WindowFunctionDefinition::WindowUDF(udwf) => {
            let inner = udwf.inner();
            inner.downcast_ref::<Rank>().is_some() || inner.downcast_ref::<CumeDist>().is_some()
        }
        WindowFunctionDefinition::AggregateUDF(_) => false,
    }
}

/// The frame of a call in the block's order: the default one goes by rows.
fn block_frame(fun: &WindowFunctionDefinition, frame: &WindowFrame) -> WindowFrame {
    let default = frame.units == WindowFrameUnits::Range
        && frame.start_bound.is_unbounded()
        && frame.end_bound == WindowFrameBound::CurrentRow;
    if default && !by_peers(fun) { rows_to_here() } else { frame.clone() }
}

/// ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW.
pub(super) fn rows_to_here() -> WindowFrame {
    WindowFrame::new_bounds(
        WindowFrameUnits::Rows,
        WindowFrameBound::Preceding(datafusion::common::ScalarValue::UInt64(None)),
        WindowFrameBound::CurrentRow,
    )
}

/// ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING.
pub(super) fn all_rows() -> WindowFrame {
    WindowFrame::new_bounds(
        WindowFrameUnits::Rows,
        WindowFrameBound::Preceding(datafusion::common::ScalarValue::UInt64(None)),
        WindowFrameBound::Following(datafusion::common::ScalarValue::UInt64(None)),
    )
}

fn over_many_groups(name: &str) -> datafusion::common::DataFusionError {
    let name = name.to_uppercase();
    let text =
        format!("{name} in an aggregate restarts at each group, and with CUBE, ROLLUP or GROUPING SETS a row has many");
    Error::new(Code::NotSupported, text).with_hint("compute it in a derived table").into()
}

fn ascending_all(exprs: &[Expr]) -> Vec<SortExpr> {
    exprs.iter().map(|e| e.clone().sort(true, false)).collect()
}

/// Grouping sets without the number of the set: stock takes it away where GROUPING() is asked for, and finds it
/// missing in nodes above that pass all columns on.
fn without_grouping_id(plan: LogicalPlan) -> Result<LogicalPlan> {
    let columns = plan.schema().columns();
    let (ids, others): (Vec<_>, Vec<_>) = columns.into_iter().partition(|c| c.name == Aggregate::INTERNAL_GROUPING_ID);
    if ids.is_empty() {
        return Ok(plan);
    }
    let others = others.into_iter().map(Expr::Column).collect();
    Ok(LogicalPlan::Projection(Projection::try_new(others, Arc::new(plan))?))
}

impl Binder {
    /// A window node: stock calls stay, ours become sequence nodes below.
    pub(super) fn window(&mut self, window: Window, need: Need) -> Result<Bound> {
        let exprs = self.exprs(window.window_expr)?;
        let ours = exprs.iter().map(holds_ours).collect::<Result<Vec<_>>>()?;
        let any = ours.iter().any(|o| *o);
        let input = self.bind(Arc::unwrap_or_clone(window.input), if any { Need::Order } else { need })?;
        if !any {
            let plan = LogicalPlan::Window(Window::try_new(exprs, Arc::new(input.plan))?);
            return Ok(Bound { plan, position: input.position, order: input.order });
        }
        let input = self.positioned(Bound { plan: without_grouping_id(input.plan)?, ..input })?;
        let mut outputs: Vec<Expr> = input.plan.schema().columns().into_iter().map(Expr::Column).collect();
        let mut resolver = Resolver::new(self, &input, vec![]);
        for (expr, ours) in exprs.into_iter().zip(ours) {
            let name = expr.schema_name().to_string();
            let (call, relation) = unalias(expr);
            let Expr::WindowFunction(call) = call else { continue };
            let resolved = if over_run(&call) {
                resolver.over_run(*call)?
            } else if ours || is_ours(&call) {
                resolver.call(*call)?
            } else {
                resolver.add_window(call.fun.clone(), call.params)?
            };
            outputs.push(resolved.alias_qualified(relation, name));
        }
        let plan = resolver.emit(input.plan.clone())?;
        let plan = LogicalPlan::Projection(Projection::try_new(outputs, Arc::new(plan))?);
        Ok(Bound { plan, position: input.position.clone(), order: input.order.clone() })
    }
}

fn unalias(expr: Expr) -> (Expr, Option<datafusion::common::TableReference>) {
    match expr {
        Expr::Alias(Alias { expr, relation, .. }) => (*expr, relation),
        other => (other, None),
    }
}

/// Is there anything of ours in a window expression?
fn holds_ours(expr: &Expr) -> Result<bool> {
    expr.exists(|e| {
        Ok(match e {
            Expr::WindowFunction(window) => is_ours(window) || whole_ours(&window.fun) || over_run(window),
            _ => reveal(e).is_some(),
        })
    })
}

/// Is it an aggregate of a run, beside each row of it?
fn over_run(window: &WindowFunction) -> bool {
    let aggregate = matches!(window.fun, WindowFunctionDefinition::AggregateUDF(_));
    let params = &window.params;
    aggregate
        && !whole_ours(&window.fun)
        && params.partition_by.iter().any(is_run)
        && params.order_by.is_empty()
        && params.window_frame == all_rows()
}

pub(super) fn whole_ours(fun: &WindowFunctionDefinition) -> bool {
    matches!(fun, WindowFunctionDefinition::AggregateUDF(udaf) if ordered_aggregate(udaf).is_some())
}
