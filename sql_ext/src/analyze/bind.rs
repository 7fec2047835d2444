//! The walk: which node needs the order of its input, and what it carries up.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchemaRef, Result};
use datafusion::functions_aggregate::expr_fn::min;
use datafusion::logical_expr::expr::{Exists, InSubquery};
use datafusion::logical_expr::{
    Aggregate, DdlStatement, Distinct, DistinctOn, Expr, Filter, Limit, LogicalPlan, Projection, Sort, SortExpr,
    Subquery, SubqueryAlias, WriteOp,
};

use super::search::searched;
use crate::order::{Order, column, hidden, is_hidden};
use crate::plan::{
    AsofNode, DeliverNode, LinkNode, MergeNode, NumberNode, OrderedNode, RunsNode, UnorderedNode, extension, node_of,
    order_of,
};

/// What a node wants to know of its input's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    /// Nothing: the stock plan will do.
    Nothing,
    /// Something that tells rows apart, to break ties; declared orders are not relied on.
    Ties,
    /// The rows' order.
    Order,
}

/// An order in terms of the hidden columns that carry it.
#[derive(Debug, Clone)]
pub(super) struct BoundOrder {
    /// Partition keys.
    pub partition: Vec<Expr>,
    /// Order keys.
    pub keys: Vec<SortExpr>,
    /// What broke ties among the keys, for other partitionings.
    pub source: Vec<SortExpr>,
}

impl BoundOrder {
    /// All sort keys in layout order; the partitions ascend, or descend where the rows are reversed.
    pub fn layout(&self, falling: bool) -> Vec<SortExpr> {
        Order { partition: self.partition.clone(), keys: self.keys.clone(), falling }.layout()
    }
}

/// A plan with what it carries beyond its visible columns.
#[derive(Debug)]
pub(super) struct Bound {
    /// The plan; its schema holds the visible columns and those named below.
    pub plan: LogicalPlan,
    /// Columns that tell every two rows apart, in source or sequence order; none if unknown.
    pub position: Vec<SortExpr>,
    /// The order, where there is one.
    pub order: Option<BoundOrder>,
}

impl Bound {
    /// A plan whose order nobody knows.
    pub fn plain(plan: LogicalPlan) -> Self {
        Bound { plan, position: vec![], order: None }
    }

    /// All hidden columns that must travel with the rows.
    pub fn carried(&self) -> Vec<Column> {
        let mut exprs: Vec<&Expr> = self.position.iter().map(|k| &k.expr).collect();
        if let Some(order) = &self.order {
            exprs.extend(&order.partition);
            exprs.extend(order.keys.iter().chain(&order.source).map(|k| &k.expr));
        }
        let mut columns: Vec<Column> = vec![];
        for column in exprs.into_iter().flat_map(Expr::column_refs) {
            if !columns.contains(column) {
                columns.push(column.clone());
            }
        }
        columns
    }
}

/// One walk over one plan.
pub(super) struct Binder {
    next: usize,
    /// Use own kernels where there are any?
    pub kernels: bool,
}

impl Binder {
    pub fn new(kernels: bool) -> Self {
        Binder { next: 0, kernels }
    }

    /// A hidden name that no other column of the plan has.
    pub fn name(&mut self, stem: &str) -> String {
        self.next += 1;
        hidden(stem, self.next)
    }

    /// A whole statement: its query delivers rows in order.
    pub fn root(&mut self, plan: LogicalPlan) -> Result<LogicalPlan> {
        match plan {
            LogicalPlan::Explain(mut explain) => {
                explain.plan = Arc::new(self.root(Arc::unwrap_or_clone(explain.plan))?);
                Ok(LogicalPlan::Explain(explain))
            }
            LogicalPlan::Analyze(mut analyze) => {
                analyze.input = Arc::new(self.root(Arc::unwrap_or_clone(analyze.input))?);
                Ok(LogicalPlan::Analyze(analyze))
            }
            // The planner of UPDATE and DELETE looks for its own shapes in the input.
            LogicalPlan::Dml(mut dml) if matches!(dml.op, WriteOp::Insert(_)) => {
                dml.input = Arc::new(self.root(Arc::unwrap_or_clone(dml.input))?);
                Ok(LogicalPlan::Dml(dml))
            }
            LogicalPlan::Copy(mut copy) => {
                copy.input = Arc::new(self.root(Arc::unwrap_or_clone(copy.input))?);
                Ok(LogicalPlan::Copy(copy))
            }
            LogicalPlan::Ddl(DdlStatement::CreateMemoryTable(mut create)) => {
                create.input = Arc::new(self.root(Arc::unwrap_or_clone(create.input))?);
                Ok(LogicalPlan::Ddl(DdlStatement::CreateMemoryTable(create)))
            }
            LogicalPlan::Ddl(_) | LogicalPlan::Dml(_) | LogicalPlan::Statement(_) => Ok(plan),
            query => self.query(query),
        }
    }

    fn query(&mut self, plan: LogicalPlan) -> Result<LogicalPlan> {
        let schema = Arc::clone(plan.schema());
        if order_of(&plan).is_some() {
            let bound = self.bind(plan, Need::Order)?;
            deliver(bound, &schema)
        } else if is_linked(&plan) {
            let bound = self.bind(plan, Need::Ties)?;
            deliver(bound, &schema)
        } else {
            self.stripped(plan)
        }
    }

    /// A plan whose order does not matter to whoever reads it, with its own columns only.
    pub fn stripped(&mut self, plan: LogicalPlan) -> Result<LogicalPlan> {
        let schema = Arc::clone(plan.schema());
        let bound = self.bind(plan, Need::Nothing)?;
        strip(bound.plan, &schema)
    }

    /// Binds a plan; the result carries its position and order as far as `need` asks.
    pub fn bind(&mut self, plan: LogicalPlan, need: Need) -> Result<Bound> {
        match plan {
            LogicalPlan::Extension(_) => self.extension(plan, need),
            LogicalPlan::TableScan(scan) => self.scan(scan, need),
            LogicalPlan::Projection(projection) => {
                let exprs = self.exprs(projection.expr)?;
                let input = self.bind(Arc::unwrap_or_clone(projection.input), need)?;
                self.project(input, exprs)
            }
            LogicalPlan::Filter(filter) => {
                let filter = searched(filter)?;
                let predicate = self.exprs(vec![filter.predicate])?;
                let input = self.bind(Arc::unwrap_or_clone(filter.input), need)?;
                let predicate = datafusion::logical_expr::utils::conjunction(predicate);
                let plan = match predicate {
                    Some(predicate) => LogicalPlan::Filter(Filter::try_new(predicate, Arc::new(input.plan))?),
                    None => input.plan,
                };
                Ok(Bound { plan, ..input })
            }
            LogicalPlan::SubqueryAlias(alias) => {
                let input = self.bind(Arc::unwrap_or_clone(alias.input), need)?;
                requalify(input, &alias.alias)
            }
            LogicalPlan::Window(window) => self.window(window, need),
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate, need),
            LogicalPlan::Sort(sort) => self.sort(sort, need),
            LogicalPlan::Limit(limit) => self.limit(limit, need),
            LogicalPlan::Join(join) => self.join(join, need),
            LogicalPlan::Union(union) => self.union(union, need),
            LogicalPlan::Distinct(Distinct::On(on)) => self.distinct_on(on, need),
            LogicalPlan::Distinct(Distinct::All(input)) if need > Need::Nothing => self.distinct(&input),
            LogicalPlan::Unnest(_) if need == Need::Order && order_of(&plan).is_some() => self.unnest(plan),
            other => self.other(other),
        }
    }

    /// Nodes through which no order passes.
    fn other(&mut self, plan: LogicalPlan) -> Result<Bound> {
        let exprs = self.exprs(plan.expressions())?;
        let inputs =
            plan.inputs().into_iter().cloned().map(|input| self.stripped(input)).collect::<Result<Vec<_>>>()?;
        match plan {
            LogicalPlan::Subquery(subquery) => {
                let inner = self.stripped(Arc::unwrap_or_clone(Arc::clone(&subquery.subquery)))?;
                Ok(Bound::plain(LogicalPlan::Subquery(subquery.with_plan(Arc::new(inner)))))
            }
            _ if inputs.is_empty() && exprs.is_empty() => Ok(Bound::plain(plan)),
            _ => Ok(Bound::plain(plan.with_new_exprs(exprs, inputs)?)),
        }
    }

    fn extension(&mut self, plan: LogicalPlan, need: Need) -> Result<Bound> {
        if let Some(node) = node_of::<OrderedNode>(&plan) {
            self.ordered(node.clone(), need)
        } else if let Some(node) = node_of::<RunsNode>(&plan) {
            self.runs(node.clone())
        } else if let Some(node) = node_of::<LinkNode>(&plan) {
            self.link(node.clone(), need)
        } else if let Some(node) = node_of::<AsofNode>(&plan) {
            self.asof(node.clone(), need)
        } else if let Some(node) = node_of::<MergeNode>(&plan) {
            self.merge(node.clone(), need)
        } else if let Some(node) = node_of::<UnorderedNode>(&plan) {
            let input = self.bind(node.input.clone(), need.min(Need::Ties))?;
            Ok(Bound { order: None, ..input })
        } else if let Some(node) = node_of::<DeliverNode>(&plan) {
            let schema = Arc::clone(node.input.schema());
            let input = self.bind(node.input.clone(), Need::Order)?;
            let bound = self.positioned(input)?;
            Ok(Bound { plan: arrange(bound.plan, &bound.position), position: bound.position, order: bound.order })
                .and_then(
                    |bound| {
                        if need == Need::Nothing { Ok(Bound::plain(strip(bound.plan, &schema)?)) } else { Ok(bound) }
                    },
                )
        } else {
            self.other(plan)
        }
    }

    /// ORDER BY: ties keep the block's order. Where somebody asks which row comes first, it is this order.
    fn sort(&mut self, sort: Sort, need: Need) -> Result<Bound> {
        if need > Need::Nothing && sort.fetch.is_none() {
            let input = self.bind(Arc::unwrap_or_clone(sort.input), Need::Ties)?;
            let input = self.positioned(input)?;
            return self.numbered(input, sort.expr);
        }
        let need = if order_of(&sort.input).is_some() { Need::Ties } else { Need::Nothing };
        let mut expr = sort.expr;
        let input = self.bind(Arc::unwrap_or_clone(sort.input), need)?;
        expr.extend(input.position.iter().cloned());
        let plan = LogicalPlan::Sort(Sort { expr, input: Arc::new(input.plan), fetch: sort.fetch });
        Ok(Bound::plain(plan))
    }

    /// The rows numbered along sort keys, which become their position.
    fn numbered(&mut self, input: Bound, mut sort: Vec<SortExpr>) -> Result<Bound> {
        let text = sort.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        sort.extend(input.position);
        let position = self.name("p");
        let node = NumberNode::try_new(input.plan, sort, 0, position.clone(), text)?;
        let position = vec![ascending(Column::new_unqualified(position))];
        Ok(Bound { plan: extension(node), position, order: None })
    }

    /// DISTINCT ON: the first row along ORDER BY, then along the block's order; the rows stay in that order.
    fn distinct_on(&mut self, on: DistinctOn, need: Need) -> Result<Bound> {
        let below = if order_of(&on.input).is_some() { Need::Order } else { need.min(Need::Ties) };
        let mut input = self.bind(Arc::unwrap_or_clone(on.input), below)?;
        let on_expr = self.exprs(on.on_expr)?;
        let mut select_expr = self.exprs(on.select_expr)?;
        if need > Need::Nothing {
            input = self.positioned(input)?;
            let keys = || on_expr.iter().map(|e| e.clone().sort(true, false)).collect();
            input = self.numbered(input, on.sort_expr.clone().unwrap_or_else(keys))?;
            select_expr.extend(input.position.iter().map(|k| k.expr.clone()));
        }
        let position = if need > Need::Nothing { input.position.clone() } else { vec![] };
        let sorts = match (on.sort_expr, input.position.is_empty()) {
            (None, true) => None,
            (Some(sorts), _) => Some(sorts),
            (None, false) => Some(on_expr.iter().map(|e| e.clone().sort(true, false)).collect()),
        };
        let sorts = sorts.map(|mut sorts: Vec<SortExpr>| {
            sorts.extend(input.position.iter().cloned());
            sorts
        });
        let distinct = DistinctOn::try_new(on_expr, select_expr, sorts, Arc::new(input.plan))?;
        Ok(Bound { plan: LogicalPlan::Distinct(Distinct::On(distinct)), position, order: None })
    }

    /// DISTINCT where somebody asks which row comes first: each stands where it was first seen.
    fn distinct(&mut self, input: &LogicalPlan) -> Result<Bound> {
        let visible: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
        let input = self.bind(input.clone(), Need::Ties)?;
        let input = self.single_position(input)?;
        let name = self.name("p");
        let first = input.position.iter().map(|k| min(k.expr.clone()).alias(&name)).collect();
        let plan = LogicalPlan::Aggregate(Aggregate::try_new(Arc::new(input.plan), visible, first)?);
        Ok(Bound { plan, position: vec![ascending(Column::new_unqualified(name))], order: None })
    }

    /// LIMIT and OFFSET count along the order.
    fn limit(&mut self, limit: Limit, need: Need) -> Result<Bound> {
        let ordered = order_of(&limit.input).is_some();
        let linked = is_linked(&limit.input);
        let below = match (ordered, linked) {
            (true, _) => Need::Order,
            (_, true) => need.max(Need::Ties),
            _ => need,
        };
        let input = self.bind(Arc::unwrap_or_clone(limit.input), below)?;
        // Whoever asks for the rows in source order has LIMIT count along it too.
        let below = if (ordered || linked || need > Need::Nothing) && !input.position.is_empty() {
            arrange(input.plan, &input.position)
        } else {
            input.plan
        };
        let mut bound_expr = |e: Option<Box<Expr>>| -> Result<Option<Box<Expr>>> {
            Ok(self.exprs(e.into_iter().map(|e| *e).collect())?.pop().map(Box::new))
        };
        let (skip, fetch) = (bound_expr(limit.skip)?, bound_expr(limit.fetch)?);
        let plan = LogicalPlan::Limit(Limit { skip, fetch, input: Arc::new(below) });
        Ok(Bound { plan, position: input.position, order: input.order })
    }

    /// Binds the queries inside expressions.
    pub fn exprs(&mut self, exprs: Vec<Expr>) -> Result<Vec<Expr>> {
        exprs
            .into_iter()
            .map(|expr| {
                expr.transform_down(|e| match e {
                    Expr::ScalarSubquery(subquery) => {
                        Ok(Transformed::yes(Expr::ScalarSubquery(self.subquery(subquery)?)))
                    }
                    Expr::InSubquery(InSubquery { expr, subquery, negated }) => {
                        let subquery = self.subquery(subquery)?;
                        Ok(Transformed::yes(Expr::InSubquery(InSubquery { expr, subquery, negated })))
                    }
                    Expr::Exists(Exists { subquery, negated }) => {
                        let subquery = self.subquery(subquery)?;
                        Ok(Transformed::yes(Expr::Exists(Exists { subquery, negated })))
                    }
                    Expr::SetComparison(mut comparison) => {
                        comparison.subquery = self.subquery(comparison.subquery)?;
                        Ok(Transformed::yes(Expr::SetComparison(comparison)))
                    }
                    other => Ok(Transformed::no(other)),
                })
                .map(|t| t.data)
            })
            .collect()
    }

    /// A projection that lets the hidden columns through.
    ///
    /// What tells the rows of GROUP BY apart is its visible keys: where the projection leaves one out,
    /// it goes on under a hidden name, for another column may have taken its own.
    fn project(&mut self, input: Bound, mut exprs: Vec<Expr>) -> Result<Bound> {
        let mut names: Vec<(Column, Column)> = vec![];
        for carried in input.carried() {
            let found = Expr::Column(carried.clone());
            if exprs.contains(&found) {
                continue;
            }
            if is_hidden(&carried.name) {
                exprs.push(found);
            } else {
                let name = self.name("p");
                exprs.push(found.alias(&name));
                names.push((carried, Column::new_unqualified(name)));
            }
        }
        let plan = LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(input.plan))?);
        let new = |c: &Column| names.iter().find(|(old, _)| old == c).map_or_else(|| c.clone(), |(_, new)| new.clone());
        Ok(renamed(plan, input.position, input.order, new))
    }

    fn subquery(&mut self, subquery: Subquery) -> Result<Subquery> {
        let plan = self.stripped(Arc::unwrap_or_clone(Arc::clone(&subquery.subquery)))?;
        Ok(subquery.with_plan(Arc::new(plan)))
    }

    /// Makes sure that something tells the rows apart: their number as they come, if need be.
    pub fn positioned(&mut self, bound: Bound) -> Result<Bound> {
        if !bound.position.is_empty() {
            return Ok(bound);
        }
        let position = self.name("p");
        let number = NumberNode::try_new(bound.plan, vec![], 0, position.clone(), "as they come".to_string())?;
        Ok(Bound { plan: extension(number), position: vec![ascending(column(None, position))], order: bound.order })
    }
}

/// Do the rows come straight from a LINK or ASOF JOIN? Then they keep its left order, declared or not.
fn is_linked(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Extension(_) => node_of::<LinkNode>(plan).is_some() || node_of::<AsofNode>(plan).is_some(),
        LogicalPlan::Projection(p) => is_linked(&p.input),
        LogicalPlan::Filter(f) => is_linked(&f.input),
        LogicalPlan::SubqueryAlias(a) => is_linked(&a.input),
        LogicalPlan::Limit(l) => is_linked(&l.input),
        _ => false,
    }
}

/// A column as an ascending sort key.
pub(super) fn ascending(column: Column) -> SortExpr {
    Expr::Column(column).sort(true, false)
}

/// Rows of `plan` as one stream by position.
pub(super) fn arrange(plan: LogicalPlan, position: &[SortExpr]) -> LogicalPlan {
    extension(DeliverNode { input: plan, position: position.to_vec() })
}

/// The rows in order, with the visible columns alone.
pub(super) fn deliver(bound: Bound, schema: &DFSchemaRef) -> Result<LogicalPlan> {
    if bound.position.is_empty() {
        return strip(bound.plan, schema);
    }
    strip(arrange(bound.plan, &bound.position), schema)
}

/// The plan with just the columns of `schema`.
pub(super) fn strip(plan: LogicalPlan, schema: &DFSchemaRef) -> Result<LogicalPlan> {
    if plan.schema().fields().len() == schema.fields().len() {
        return Ok(plan);
    }
    let exprs = schema.columns().into_iter().map(Expr::Column).collect();
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(plan))?))
}

fn requalify(input: Bound, alias: &datafusion::common::TableReference) -> Result<Bound> {
    let plan = LogicalPlan::SubqueryAlias(SubqueryAlias::try_new(Arc::new(input.plan), alias.clone())?);
    Ok(renamed(plan, input.position, input.order, |c| column(Some(alias), &c.name)))
}

/// The plan with its position and order under the names that their columns have in it.
fn renamed(
    plan: LogicalPlan,
    position: Vec<SortExpr>,
    order: Option<BoundOrder>,
    name: impl Fn(&Column) -> Column,
) -> Bound {
    let rename = |expr: &Expr| match expr {
        Expr::Column(c) => Expr::Column(name(c)),
        other => other.clone(),
    };
    let sorts = |keys: &[SortExpr]| -> Vec<SortExpr> { keys.iter().map(|k| k.with_expr(rename(&k.expr))).collect() };
    let order = order.map(|order| BoundOrder {
        partition: order.partition.iter().map(rename).collect(),
        keys: sorts(&order.keys),
        source: sorts(&order.source),
    });
    Bound { plan, position: sorts(&position), order }
}
