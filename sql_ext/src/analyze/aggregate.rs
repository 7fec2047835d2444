//! Aggregates over ordered rows: calls in their arguments, FIRST and LAST, runs.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, Result};
use datafusion::functions_aggregate::array_agg::ArrayAgg;
use datafusion::functions_aggregate::count::{count, count_udaf};
use datafusion::functions_aggregate::first_last::{FirstValue, LastValue, first_value_udaf, last_value_udaf};
use datafusion::functions_aggregate::nth_value::{NthValueAgg, nth_value_udaf};
use datafusion::functions_aggregate::string_agg::StringAgg;
use datafusion::logical_expr::expr::{AggregateFunction, Alias, NullTreatment, WindowFunctionParams};
use datafusion::logical_expr::{
    Aggregate, AggregateUDF, Expr, LogicalPlan, Projection, SortExpr, WindowFrame, WindowFrameUnits,
    WindowFunctionDefinition, lit, when,
};

use super::bind::{Binder, Bound, BoundOrder, Need, ascending};
use super::calls::integer;
use super::relation::normal_in;
use super::rolling::value_in_frame;
use super::windows::{Resolver, Spec, all_rows, rows_to_here};
use crate::error::{Code, Error};
use crate::plan::hidden::{follows_order, is_ours, reveal};
use crate::plan::order_of::is_run;
use crate::plan::{builder, last_from_the_end, order_of};
use crate::registry::{Op, framed, ordered_aggregate};

/// The stock aggregate that computes one of ours once its rows are sorted.
pub(super) fn stock_of(op: Op) -> Result<Arc<AggregateUDF>> {
    Ok(match op {
        Op::First | Op::ArgMin | Op::ArgMax => first_value_udaf(),
        Op::Last => last_value_udaf(),
        Op::Nth => nth_value_udaf(),
        _ => return Err(Error::new(Code::NotSupported, "this aggregate is not supported yet").into()),
    })
}

/// Arguments, filter and leading sort keys of the stock aggregate.
pub(super) struct Lowered {
    pub args: Vec<Expr>,
    pub filter: Option<Expr>,
    pub by: Vec<SortExpr>,
}

pub(super) fn lower(
    op: Op,
    mut args: Vec<Expr>,
    filter: Option<Expr>,
    ignore_nulls: bool,
    schema: &DFSchema,
) -> Result<Lowered> {
    if let (Op::Nth, [_, n]) = (op, args.as_slice()) {
        let n = integer(n, op, "n", 0)?;
        if n < 1 {
            return Err(Error::new(Code::Argument, format!("n of NTH counts from 1, not {n}")).into());
        }
    }
    if !matches!(op, Op::ArgMin | Op::ArgMax) {
        let known = args.first().filter(|_| ignore_nulls).map(|x| x.clone().is_not_null());
        return Ok(Lowered { args, filter: both(filter, known), by: vec![] });
    }
    let Some(by) = args.pop() else {
        return Err(Error::new(Code::Argument, "ARG_MIN and ARG_MAX take a value and what to compare").into());
    };
    // −0.0 ties with 0.0.
    let by = normal_in(&by, schema)?;
    let filter = both(filter, Some(by.clone().is_not_null()));
    Ok(Lowered { args, filter, by: vec![by.sort(op == Op::ArgMin, false)] })
}

/// Both conditions, as far as there are any.
fn both(a: Option<Expr>, b: Option<Expr>) -> Option<Expr> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.and(b)),
        (a, b) => a.or(b),
    }
}

fn ignores(nulls: Option<NullTreatment>) -> bool {
    nulls == Some(NullTreatment::IgnoreNulls)
}

impl Resolver<'_> {
    /// FUNNEL as the count of the rows on which it gets deeper, one step a row: a count does
    /// not depend on how its parts are merged.
    fn funnels(&mut self, expr: Expr) -> Result<Expr> {
        let counted = expr.transform_down(|e| match e {
            Expr::AggregateFunction(call) if ordered_aggregate(&call.func) == Some(Op::Funnel) => {
                let params = call.params;
                if params.distinct || !params.order_by.is_empty() {
                    let text = "FUNNEL takes no DISTINCT and no ORDER BY: it follows the order of its block";
                    return Err(Error::new(Code::Argument, text).into());
                }
                let spec = self.block_spec("FUNNEL", &[])?;
                let deeper = self.funnel(params.args, params.filter.map(|f| *f), &spec)?;
                Ok(Transformed::yes(count(deeper)))
            }
            other => Ok(Transformed::no(other)),
        })?;
        Ok(counted.data)
    }

    /// FUNNEL over the rows of a run, for each of them.
    fn whole_funnel(&mut self, params: WindowFunctionParams) -> Result<Expr> {
        let spec = self.block_spec("FUNNEL", &params.partition_by)?;
        if !spec.partition.iter().any(is_run) {
            return Err(builder::never_a_window("FUNNEL").into());
        }
        let deeper = self.funnel(params.args, params.filter.map(|f| *f), &spec)?;
        let params = self.lowered(vec![deeper], &spec, all_rows());
        let params = WindowFunctionParams { order_by: vec![], ..params };
        self.add_whole(WindowFunctionDefinition::AggregateUDF(count_udaf()), params, &spec)
    }

    /// One of our aggregates as a window over all rows of its partition.
    pub(super) fn whole_aggregate(&mut self, op: Op, params: WindowFunctionParams, spec: &Spec) -> Result<Expr> {
        if op == Op::Funnel {
            return self.whole_funnel(params);
        }
        let own = !params.order_by.is_empty() && !follows_order(&params.order_by);
        if own && params.window_frame != all_rows() && !spec.partition.iter().any(is_run) {
            return self.framed_aggregate(op, params, spec);
        }
        let ignore_nulls = ignores(params.null_treatment);
        let lowered = lower(op, params.args, params.filter.map(|f| *f), ignore_nulls, self.schema())?;
        let mut order_by = lowered.by;
        order_by.extend(spec.tail());
        let fun = WindowFunctionDefinition::AggregateUDF(stock_of(op)?);
        let params = WindowFunctionParams {
            order_by,
            filter: lowered.filter.map(Box::new),
            distinct: params.distinct,
            ..self.lowered(lowered.args, spec, all_rows())
        };
        self.add_whole(fun, params, spec)
    }

    /// An aggregate over the frame of its own OVER; without FILTER, FIRST, LAST and NTH are standard functions.
    fn framed_aggregate(&mut self, op: Op, params: WindowFunctionParams, spec: &Spec) -> Result<Expr> {
        let compares = matches!(op, Op::ArgMin | Op::ArgMax);
        if op == Op::Nth && params.filter.is_some() {
            return Err(Error::new(Code::NotSupported, "NTH over a frame of its own, with FILTER there")
                .with_hint("write ROLLING(NTH(…) FILTER (…), n), or OVER (PARTITION BY …) for whole partitions")
                .into());
        }
        let default = WindowFrame::new(Some(false));
        let rows = params.window_frame == default || params.window_frame.units == WindowFrameUnits::Rows;
        let frame = if params.window_frame == default { rows_to_here() } else { params.window_frame };
        // Ties go by source order; a RANGE or GROUPS frame needs the keys alone.
        let order_by = if rows { spec.tail() } else { params.order_by };
        let null_treatment = params.null_treatment;
        if compares || params.filter.is_some() {
            let filter = params.filter.map(|f| *f);
            let mut lowered = lower(op, params.args, filter, ignores(null_treatment), self.schema())?;
            // Rows that the filter leaves out have nothing to compare.
            let by = lowered.by.pop().map_or_else(|| lit(1_i64), |key| key.expr);
            lowered.args.push(match lowered.filter {
                Some(filter) => when(filter, by).end()?,
                None => by,
            });
            let params = WindowFunctionParams { order_by, ..self.lowered(lowered.args, spec, frame) };
            return self.add_window(WindowFunctionDefinition::AggregateUDF(framed(op)), params);
        }
        let params = WindowFunctionParams { order_by, null_treatment, ..self.lowered(params.args, spec, frame) };
        self.add_window(value_in_frame(op)?, params)
    }
}

/// What an aggregate asks of the order.
fn wants(exprs: &[Expr]) -> Result<(bool, Option<Op>)> {
    let (mut calls, mut strict) = (false, None);
    for expr in exprs {
        expr.exists(|e| {
            match e {
                Expr::WindowFunction(window) => calls |= is_ours(window),
                Expr::AggregateFunction(call) => match ordered_aggregate(&call.func) {
                    // An order of its own is enough.
                    Some(op @ (Op::First | Op::Last | Op::Nth)) if call.params.order_by.is_empty() => strict = Some(op),
                    Some(Op::Funnel) => strict = Some(Op::Funnel),
                    Some(_) => calls = true,
                    None => calls |= follows_rows(call),
                },
                _ => calls |= reveal(e).is_some(),
            }
            Ok(false)
        })?;
    }
    Ok((calls, strict))
}

/// Stock aggregates whose result depends on the order of the rows.
fn follows_rows(call: &AggregateFunction) -> bool {
    let inner = call.func.inner();
    // With DISTINCT the base sorts by the values alone.
    call.params.order_by.is_empty()
        && !call.params.distinct
        && (inner.downcast_ref::<ArrayAgg>().is_some()
            || inner.downcast_ref::<StringAgg>().is_some()
            || inner.downcast_ref::<FirstValue>().is_some()
            || inner.downcast_ref::<LastValue>().is_some()
            || inner.downcast_ref::<NthValueAgg>().is_some())
}

impl Binder {
    /// GROUP BY, or GROUP ORDERED where the run number is among the keys.
    pub(super) fn aggregate(&mut self, aggregate: Aggregate, need: Need) -> Result<Bound> {
        let by_run = aggregate.group_expr.iter().any(is_run);
        let (calls, strict) =
            wants(&aggregate.group_expr.iter().chain(&aggregate.aggr_expr).cloned().collect::<Vec<_>>())?;
        let ordered = order_of(&aggregate.input).is_some();
        if let (Some(op), false) = (strict, ordered) {
            let name = crate::registry::AGGREGATES.iter().find(|e| e.op == op).map_or("FIRST", |e| e.name);
            return Err(builder::no_order(&name.to_uppercase()).into());
        }
        let below = match (calls || strict.is_some() || by_run, ordered) {
            (true, true) => Need::Order,
            (true, false) => Need::Ties,
            (false, _) => Need::Nothing,
        };
        let group_expr = self.exprs(aggregate.group_expr)?;
        let aggr_expr = self.exprs(aggregate.aggr_expr)?;
        let input = self.bind(Arc::unwrap_or_clone(aggregate.input), below)?;
        let schema = aggregate.schema;
        if below == Need::Nothing {
            let plan = Aggregate::try_new(Arc::new(input.plan), group_expr, aggr_expr)?;
            return Ok(grouped(LogicalPlan::Aggregate(plan), &schema, need));
        }
        let input = self.positioned(input)?;
        let keys = self.group_keys(&input, group_expr)?;
        let mut resolver = Resolver::new(self, &keys.input, keys.exprs.clone());
        let mut aggregates = vec![];
        for expr in aggr_expr {
            let name = expr.schema_name().to_string();
            let (expr, relation) = match expr {
                Expr::Alias(Alias { expr, relation, .. }) => (*expr, relation),
                other => (other, None),
            };
            let expr = resolver.expr(expr)?;
            let expr = resolver.funnels(expr)?;
            aggregates.push(in_order(expr, &keys.input.position, resolver.schema())?.alias_qualified(relation, name));
        }
        let plan = resolver.emit(keys.input.plan.clone())?;
        let mut group = keys.exprs;
        let partition = keys.input.order.as_ref().filter(|_| by_run).map(|o| o.partition.clone()).unwrap_or_default();
        let missing: Vec<Expr> = partition.iter().filter(|p| !group.contains(p)).cloned().collect();
        group.extend(missing);
        let plan = LogicalPlan::Aggregate(Aggregate::try_new(Arc::new(plan), group, aggregates)?);
        if by_run {
            self.in_run_order(plan, &schema, partition, keys.names)
        } else {
            named(plan, &schema, &keys.names).map(|p| grouped(p, &schema, need))
        }
    }

    /// Group keys, calls among them computed over the block's rows, as columns of the input.
    fn group_keys(&mut self, input: &Bound, group_expr: Vec<Expr>) -> Result<Keys> {
        let names: Vec<String> = group_expr.iter().map(|e| e.schema_name().to_string()).collect();
        let mut resolver = Resolver::new(self, input, vec![]);
        let exprs = group_expr.into_iter().map(|e| resolver.expr(e)).collect::<Result<Vec<_>>>()?;
        let plan = resolver.emit(input.plan.clone())?;
        let input = Bound { plan, position: input.position.clone(), order: input.order.clone() };
        Ok(Keys { input, exprs, names })
    }

    /// Runs come in the order of their first row; sequence functions restart at the partition.
    fn in_run_order(
        &mut self,
        plan: LogicalPlan,
        schema: &datafusion::common::DFSchemaRef,
        partition: Vec<Expr>,
        names: Vec<String>,
    ) -> Result<Bound> {
        let position = self.name("p");
        let run = Expr::Column(Column::new_unqualified(crate::plan::runs::run_column()));
        let mut exprs = outputs(&plan, schema, &names);
        exprs.push(run.alias(&position));
        exprs.extend(partition.iter().filter(|p| !exprs.contains(p)).cloned().collect::<Vec<_>>());
        let position = vec![ascending(Column::new_unqualified(position))];
        let order = BoundOrder { partition, keys: position.clone(), source: position.clone() };
        let bound = Bound { plan, position: position.clone(), order: Some(order) };
        let plan = LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(bound.plan))?);
        Ok(Bound { plan, position, order: bound.order })
    }
}

struct Keys {
    input: Bound,
    exprs: Vec<Expr>,
    names: Vec<String>,
}

/// Sorts the rows of an aggregate call that depends on their order.
fn in_order(expr: Expr, position: &[SortExpr], schema: &DFSchema) -> Result<Expr> {
    expr.transform_down(|e| {
        let Expr::AggregateFunction(call) = e else { return Ok(Transformed::no(e)) };
        let ours = ordered_aggregate(&call.func);
        if ours.is_none() && !follows_rows(&call) {
            return Ok(Transformed::no(Expr::AggregateFunction(call)));
        }
        let mut call = call;
        if let Some(op) = ours {
            let ignore_nulls = ignores(call.params.null_treatment.take());
            let lowered = lower(op, call.params.args, call.params.filter.map(|f| *f), ignore_nulls, schema)?;
            call.func = stock_of(op)?;
            call.params.args = lowered.args;
            call.params.filter = lowered.filter.map(Box::new);
            call.params.order_by.splice(0..0, lowered.by);
        }
        if ours == Some(Op::Last) && call.params.filter.is_some() {
            last_from_the_end(&mut call);
        }
        call.params.order_by.extend(position.iter().cloned());
        Ok(Transformed::yes(Expr::AggregateFunction(call)))
    })
    .map(|t| t.data)
}

/// The aggregate's columns under the names that the plan above knows.
fn outputs(plan: &LogicalPlan, schema: &datafusion::common::DFSchemaRef, names: &[String]) -> Vec<Expr> {
    let made = plan.schema().columns();
    let groups = names.len();
    let extra = made.len() - schema.fields().len();
    schema
        .iter()
        .enumerate()
        .filter_map(|(i, (qualifier, field))| {
            let from = if i < groups { i } else { i + extra };
            let column = made.get(from)?.clone();
            let same = column.name == *field.name() && column.relation.as_ref() == qualifier;
            let expr = Expr::Column(column);
            Some(if same { expr } else { expr.alias_qualified(qualifier.cloned(), field.name()) })
        })
        .collect()
}

fn named(plan: LogicalPlan, schema: &datafusion::common::DFSchemaRef, names: &[String]) -> Result<LogicalPlan> {
    let exprs = outputs(&plan, schema, names);
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(plan))?))
}

/// Rows of a GROUP BY are told apart by their keys.
fn grouped(plan: LogicalPlan, schema: &datafusion::common::DFSchemaRef, need: Need) -> Bound {
    let groups = match &plan {
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.len(),
        LogicalPlan::Projection(projection) => match projection.input.as_ref() {
            LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.len(),
            _ => 0,
        },
        _ => 0,
    };
    let position = match need {
        Need::Nothing => vec![],
        _ => schema.columns().into_iter().take(groups).map(ascending).collect(),
    };
    Bound { plan, position, order: None }
}
