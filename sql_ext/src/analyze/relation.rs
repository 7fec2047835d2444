//! Sources, orders, joins and unions: where positions come from.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Column, Result, ScalarValue};
use datafusion::datasource::{provider_as_source, source_as_provider};
use datafusion::logical_expr::{
    Expr, ExprSchemable, LogicalPlan, Projection, SortExpr, TableScan, TableScanBuilder, Union, lit,
};

use super::bind::{Binder, Bound, BoundOrder, Need, arrange, ascending};
use super::calls::condition;
use crate::order::{Order, Trust};
use crate::plan::order_of::declared;
use crate::plan::runs::run_column;
use crate::plan::sequence::{SeqCall, SeqKind};
use crate::plan::{
    CheckNode, NumberNode, OrderedNode, RunsNode, SequenceNode, SourceTable, builder, extension, order_of,
};
use crate::registry;

impl Binder {
    /// A table: with positions, and a check of what it declares, where they are needed.
    pub(super) fn scan(&mut self, scan: TableScan, need: Need) -> Result<Bound> {
        if need == Need::Nothing {
            return Ok(Bound::plain(LogicalPlan::TableScan(scan)));
        }
        let Ok(provider) = source_as_provider(&scan.source) else {
            return Ok(Bound::plain(LogicalPlan::TableScan(scan)));
        };
        let Some(table) = SourceTable::of(provider.as_ref()) else {
            return Ok(Bound::plain(LogicalPlan::TableScan(scan)));
        };
        let declaration = declared(&scan);
        let name = self.name("p");
        let schema = Arc::clone(&scan.projected_schema);
        let at = scan.source.schema().fields().len();
        let projection = scan.projection.as_ref().map(|p| {
            let mut p = p.clone();
            p.push(at);
            p
        });
        let source = provider_as_source(Arc::new(table.positioned(&name)));
        let table_name = scan.table_name.clone();
        let builder = TableScanBuilder::new(scan.table_name, source).with_projection(projection);
        let plan = LogicalPlan::TableScan(builder.with_filters(scan.filters).with_fetch(scan.fetch).build()?);
        let position = vec![ascending(Column::new(Some(table_name.clone()), name))];
        let bound = Bound { plan, position, order: None };
        match declaration {
            // A declared key that the scan leaves out cannot be checked or carried.
            Some((order, trust)) if order.layout().iter().all(|k| known(&k.expr, &schema)) => {
                self.declared(bound, order, trust, &table_name.to_string(), need)
            }
            _ => Ok(bound),
        }
    }

    fn declared(&mut self, bound: Bound, order: Order, trust: Trust, table: &str, need: Need) -> Result<Bound> {
        let mut bound = bound;
        let normal = normal_order(&order, &bound.plan)?;
        if trust == Trust::Check && need == Need::Order {
            let (keys, position) = (normal.layout(), bound.position.clone());
            let (table, declared) = (Some(table.to_string()), named(&order));
            bound.plan = extension(CheckNode { input: bound.plan, keys, position, table, declared });
        }
        self.with_keys(bound, &normal)
    }

    /// Copies the keys of an order into hidden columns, so that no projection above loses them.
    fn with_keys(&mut self, bound: Bound, order: &Order) -> Result<Bound> {
        let mut exprs: Vec<Expr> = bound.plan.schema().columns().into_iter().map(Expr::Column).collect();
        let mut copy = |expr: &Expr| {
            let name = self.name("k");
            exprs.push(expr.clone().alias(&name));
            Expr::Column(Column::new_unqualified(name))
        };
        let partition = order.partition.iter().map(&mut copy).collect();
        let keys = order.keys.iter().map(|k| k.with_expr(copy(&k.expr))).collect();
        let plan = LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(bound.plan))?);
        let source = bound.position.clone();
        Ok(Bound { plan, position: bound.position, order: Some(BoundOrder { partition, keys, source }) })
    }

    /// `ORDERED BY`: sorts and numbers, unless the input has the order already.
    pub(super) fn ordered(&mut self, node: OrderedNode, need: Need) -> Result<Bound> {
        if need == Need::Nothing {
            return self.bind(node.input, need);
        }
        let have = order_of(&node.input);
        let shared = have.as_ref().map_or(0, |have| have.shared_keys(&node.order));
        let has = have.is_some() && shared == node.order.partition.len() + node.order.keys.len();
        let text = node.order.to_string();
        let (table, declared) = (scanned(&node.input), named(&node.order));
        let partition = self.exprs(node.order.partition)?;
        let exprs = self.exprs(node.order.keys.iter().map(|k| k.expr.clone()).collect())?;
        let keys = exprs.into_iter().zip(node.order.keys).map(|(e, k)| k.with_expr(e)).collect();
        let order = Order { partition, keys, falling: node.order.falling };
        // What the rows are sorted by already is relied on, so it is checked.
        let relied = shared > 0 || (have.is_some() && (has || node.trust == Trust::Assume));
        let inner = if relied { Need::Order } else { Need::Ties };
        let input = self.bind(node.input, inner)?;
        let input = self.positioned(input)?;
        let normal = normal_order(&order, &input.plan)?;
        let bound = self.with_keys(input, &normal)?;
        match node.trust {
            Trust::Check => Ok(check(bound, order.falling, table, declared)),
            Trust::Assume => Ok(bound),
            _ if has => Ok(bound),
            _ => self.number(bound, order.falling, shared, text),
        }
    }

    /// Sorts by the order's keys, the first `shared` of which the rows are sorted by already.
    fn number(&mut self, bound: Bound, falling: bool, shared: usize, text: String) -> Result<Bound> {
        let Some(order) = bound.order else {
            return Ok(bound);
        };
        let position = self.name("p");
        let sort: Vec<SortExpr> = order.layout(falling).into_iter().chain(bound.position).collect();
        let node = NumberNode::try_new(bound.plan, sort, order.partition.len(), position.clone(), text)?;
        let node = node.presorted(shared, order.partition.len() + order.keys.len());
        Ok(Bound {
            plan: extension(node),
            position: vec![ascending(Column::new_unqualified(position))],
            order: Some(order),
        })
    }

    /// `GROUP ORDERED`: the number of the run as a column.
    pub(super) fn runs(&mut self, node: RunsNode) -> Result<Bound> {
        let mut args = self.exprs(node.by)?;
        let when = self.exprs(node.when.into_iter().collect())?.pop();
        let kind = SeqKind::Run { when: when.is_some() };
        let input = self.bind(node.input, Need::Order)?;
        let Some(order) = input.order.clone() else {
            return Err(builder::no_order("GROUP ORDERED").into());
        };
        if let Some(when) = when {
            args.push(condition("GROUP ORDERED WHEN", when, input.plan.schema())?);
        }
        let call = SeqCall { kind, args, name: run_column(), data_type: DataType::Int64, nullable: false };
        let sequence = SequenceNode::try_new(input.plan, order.partition, input.position.clone(), vec![call])?;
        Ok(Bound { plan: extension(sequence), position: input.position, order: input.order })
    }

    /// UNION ALL: the branches in turn.
    pub(super) fn union(&mut self, union: Union, need: Need) -> Result<Bound> {
        let schema = Arc::clone(&union.schema);
        if need == Need::Nothing {
            let inputs =
                union.inputs.iter().map(|input| self.stripped(input.as_ref().clone())).collect::<Result<Vec<_>>>()?;
            let inputs = inputs.into_iter().map(Arc::new).collect();
            return Ok(Bound::plain(LogicalPlan::Union(Union { inputs, schema })));
        }
        let (branch, position) = (self.name("u"), self.name("p"));
        let mut inputs = Vec::with_capacity(union.inputs.len());
        for (i, input) in union.inputs.iter().enumerate() {
            let visible = Arc::clone(input.schema());
            let bound = self.bind(input.as_ref().clone(), Need::Order)?;
            let bound = self.single_position(bound)?;
            let mut exprs: Vec<Expr> = visible.columns().into_iter().map(Expr::Column).collect();
            exprs.push(lit(ScalarValue::Int64(Some(i64::try_from(i).unwrap_or(i64::MAX)))).alias(&branch));
            exprs.extend(bound.position.iter().map(|k| k.expr.clone().alias(&position)));
            inputs.push(Arc::new(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(bound.plan))?)));
        }
        let plan = LogicalPlan::Union(Union::try_new(inputs)?);
        let names = [branch, position].map(Column::new_unqualified);
        let mut exprs: Vec<Expr> = vec![];
        for ((qualifier, field), from) in schema.iter().zip(plan.schema().columns()) {
            exprs.push(Expr::Column(from).alias_qualified(qualifier.cloned(), field.name()));
        }
        exprs.extend(names.iter().cloned().map(Expr::Column));
        let plan = LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(plan))?);
        Ok(Bound { plan, position: names.map(ascending).to_vec(), order: None })
    }

    /// UNNEST: the rows of each row in its place. They share its position, so they are numbered anew.
    pub(super) fn unnest(&mut self, plan: LogicalPlan) -> Result<Bound> {
        let LogicalPlan::Unnest(unnest) = &plan else { return self.bind(plan, Need::Nothing) };
        let exprs = plan.expressions();
        let input = self.bind(unnest.input.as_ref().clone(), Need::Order)?;
        let input = self.positioned(input)?;
        let order = input.order.clone();
        let unnested = plan.with_new_exprs(exprs, vec![arrange(input.plan, &input.position)])?;
        let position = self.name("p");
        let node = NumberNode::try_new(unnested, vec![], 0, position.clone(), "as unnested".to_string())?;
        let position = vec![ascending(Column::new_unqualified(position))];
        let order = order.map(|order| BoundOrder { source: position.clone(), ..order });
        Ok(Bound { plan: extension(node), position, order })
    }

    /// Folds a position of several columns into one.
    pub(super) fn single_position(&mut self, bound: Bound) -> Result<Bound> {
        let bound = self.positioned(bound)?;
        if bound.position.len() == 1 {
            return Ok(bound);
        }
        let position = self.name("p");
        let node = NumberNode::try_new(bound.plan, bound.position, 0, position.clone(), "as joined".to_string())?;
        let position = vec![ascending(Column::new_unqualified(position))];
        Ok(Bound { plan: extension(node), position, order: bound.order })
    }
}

/// The name of the one table that rows come from.
fn scanned(plan: &LogicalPlan) -> Option<String> {
    match (plan, plan.inputs().as_slice()) {
        (LogicalPlan::TableScan(scan), _) => {
            let source = source_as_provider(&scan.source).ok()?;
            let made_up = SourceTable::of(source.as_ref()).is_some_and(SourceTable::is_unnamed);
            (!made_up).then(|| scan.table_name.to_string())
        }
        (_, [input]) => scanned(input),
        _ => None,
    }
}

/// The keys of an order as people wrote them.
fn named(order: &Order) -> String {
    let name = |e: &Expr| match e {
        Expr::Column(c) => c.name.clone(),
        other => other.to_string(),
    };
    let keys: Vec<String> = order.partition.iter().chain(order.keys.iter().map(|k| &k.expr)).map(name).collect();
    keys.join(", ")
}

fn check(bound: Bound, falling: bool, table: Option<String>, declared: String) -> Bound {
    let Some(order) = &bound.order else { return bound };
    let keys = order.layout(falling);
    let node = CheckNode { keys, position: bound.position.clone(), table, declared, input: bound.plan };
    Bound { plan: extension(node), position: bound.position, order: bound.order }
}

fn known(expr: &Expr, schema: &datafusion::common::DFSchema) -> bool {
    expr.column_refs().into_iter().all(|c| schema.has_column(c))
}

/// The order with −0.0 as 0.0, and all NaN as one, in every key.
fn normal_order(order: &Order, plan: &LogicalPlan) -> Result<Order> {
    let partition = order.partition.iter().map(|e| normal_key(e, plan)).collect::<Result<_>>()?;
    let keys = order.keys.iter().map(|k| Ok(k.with_expr(normal_key(&k.expr, plan)?))).collect::<Result<_>>()?;
    Ok(Order { partition, keys, falling: order.falling })
}

/// The key with −0.0 as 0.0 and all NaN as one.
pub(super) fn normal_key(expr: &Expr, plan: &LogicalPlan) -> Result<Expr> {
    normal_in(expr, plan.schema())
}

/// The same over a schema.
pub(super) fn normal_in(expr: &Expr, schema: &datafusion::common::DFSchema) -> Result<Expr> {
    Ok(match expr.get_type(schema)? {
        DataType::Float64 | DataType::Float32 => registry::key(expr.clone())?,
        _ => expr.clone(),
    })
}
