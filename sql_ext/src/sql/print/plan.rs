//! Plans as LTSeq SQL: one block for as many nodes as its clauses can hold, then a
//! derived table around it.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::common::Column;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{
    Aggregate, Distinct, Expr, FetchType, Filter, GroupingSet, LogicalPlan, Projection, SkipType, SortExpr, Window,
    WindowFunctionDefinition,
};

use super::block::{Block, Group, holds_aggregate, holds_window, names, names_of};
use super::nested::{Around, refuse};
use crate::error::{Code, Error, Result};
use crate::order::Order;
use crate::plan::hidden::{follows_order, follows_source, sequence_function};
use crate::plan::order_of::is_run;
use crate::plan::{
    AsofNode, DeliverNode, LinkNode, MergeNode, OrderedNode, RunsNode, UnorderedNode, node_of, order_of,
};
use crate::registry::{Op, entries, ordered_aggregate, sequence_call};

/// A plan in FROM, under an alias.
pub(super) struct Relation {
    pub text: String,
    pub columns: Vec<Expr>,
    /// As the block's.
    pub sequenced: bool,
}

impl Relation {
    /// The block over it alone, its columns with their table's name.
    pub fn into_block(self, plan: &LogicalPlan) -> Block {
        let mut block = Block { sequenced: self.sequenced, several: true, ..Block::from(self.text, vec![]) };
        block.columns = self.columns.into_iter().zip(names(plan)).collect();
        block
    }
}

/// A printer of one plan.
#[derive(Default)]
pub(super) struct Plans {
    derived: usize,
    /// Does nobody ask for the rows in their order here? Then LIMIT must say itself what it counts along.
    unasked: bool,
    /// The queries around this one, outermost first.
    pub(super) around: Vec<Around>,
    /// The tables so far, by the name that the text has for each.
    pub(super) sources: Vec<(String, Arc<dyn TableProvider>)>,
    /// Names that tables of the plan have of their own.
    pub(super) own_names: Vec<String>,
}

impl Plans {
    /// The text of a whole plan.
    pub fn query(&mut self, plan: &LogicalPlan) -> Result<String> {
        Ok(self.block(plan)?.text())
    }

    /// Prints a part of the plan whose rows nobody asks for in order.
    pub(super) fn unasked<T>(&mut self, print: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.unasked, true);
        let printed = print(self);
        self.unasked = before;
        printed
    }

    /// A name for a derived table.
    pub(super) fn alias(&mut self) -> String {
        self.derived += 1;
        format!("q{}", self.derived)
    }

    /// The block as a derived table of a new one.
    pub(super) fn nest(&mut self, mut block: Block, plan: &LogicalPlan) -> Block {
        let names = names(plan);
        for (column, name) in block.columns.iter_mut().zip(&names) {
            column.1.clone_from(name);
        }
        let sequenced = block.sequenced;
        let from = block.relation(|| self.alias());
        Block { sequenced, ..Block::from(from, names) }
    }

    #[recursive::recursive]
    pub(super) fn block(&mut self, plan: &LogicalPlan) -> Result<Block> {
        match plan {
            LogicalPlan::TableScan(scan) => self.scan(plan, scan),
            LogicalPlan::SubqueryAlias(alias) => self.block(&alias.input),
            LogicalPlan::Projection(projection) => self.projection(projection),
            LogicalPlan::Filter(filter) => self.filter(filter),
            LogicalPlan::Window(window) => self.window(window),
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate),
            LogicalPlan::Limit(limit) => {
                let (Ok(SkipType::Literal(skip)), Ok(FetchType::Literal(fetch))) =
                    (limit.get_skip_type(), limit.get_fetch_type())
                else {
                    return Err(unsupported(plan));
                };
                let mut block = self.block(&limit.input)?;
                let source = node_of::<DeliverNode>(&limit.input).is_some() && order_of(&limit.input).is_none();
                let along = self.unasked && source && !block.sequenced;
                if block.limit.is_some() || along {
                    block = self.nest(block, &limit.input);
                }
                if along {
                    // All rows tie, and ties keep source order.
                    block.ordered = Some("TRUE".to_string());
                    block.sequenced = true;
                }
                block.limit = Some((skip, fetch));
                Ok(block)
            }
            LogicalPlan::Distinct(Distinct::All(input)) => {
                let mut block = self.unasked(|plans| plans.block(input))?;
                if block.closed() || block.ordered.is_some() {
                    block = self.nest(block, input);
                }
                block.distinct = true;
                block.sequenced = false;
                Ok(block)
            }
            LogicalPlan::Sort(sort) => self.sorted(plan, &sort.input, &sort.expr, sort.fetch),
            LogicalPlan::Union(union) => self.union(plan, union),
            LogicalPlan::Join(join) => self.join(plan, join),
            LogicalPlan::Values(values) => Ok(self.values(plan, values)),
            LogicalPlan::Unnest(unnest) => self.unnest(plan, unnest),
            LogicalPlan::EmptyRelation(empty) => self.nothing(plan, empty),
            LogicalPlan::RecursiveQuery(query) => self.recursive(plan, query),
            LogicalPlan::Extension(_) => self.extension(plan),
            other => stock(other),
        }
    }

    fn extension(&mut self, plan: &LogicalPlan) -> Result<Block> {
        if let Some(ordered) = node_of::<OrderedNode>(plan) {
            return self.ordered(ordered);
        }
        refuse(plan)?;
        if let Some(runs) = node_of::<RunsNode>(plan) {
            return self.runs(plan, runs);
        }
        if let Some(link) = node_of::<LinkNode>(plan) {
            return self.link(plan, link);
        }
        if let Some(asof) = node_of::<AsofNode>(plan) {
            return self.asof(plan, asof);
        }
        if let Some(merge) = node_of::<MergeNode>(plan) {
            return self.join(plan, &merge.join);
        }
        if let Some(deliver) = node_of::<DeliverNode>(plan) {
            return self.block(&deliver.input);
        }
        if let Some(unordered) = node_of::<UnorderedNode>(plan) {
            return self.block(&unordered.input);
        }
        Err(unsupported(plan))
    }

    fn projection(&mut self, projection: &Projection) -> Result<Block> {
        let input = &projection.input;
        let block = self.block(input)?;
        let mut block = self.standing(block, &projection.expr, input)?;
        let mut exprs = self.resolved(&block, &projection.expr, input)?;
        // One row of aggregates is one row only while an aggregate is in sight.
        let row_lost = block.is_one_row() && !exprs.iter().any(holds_aggregate);
        if block.distinct || row_lost || block.too_large(&exprs) {
            block = self.nest(block, input);
            block = self.standing(block, &projection.expr, input)?;
            exprs = self.resolved(&block, &projection.expr, input)?;
        }
        let names = names_of(&projection.schema);
        block.columns = exprs.into_iter().zip(names).collect();
        Ok(block)
    }

    fn filter(&mut self, filter: &Filter) -> Result<Block> {
        let input = &filter.input;
        let mut block = self.block(input)?;
        let predicate = block.resolve(&filter.predicate, input)?;
        let reads_rows = holds_window(&predicate);
        if block.limit.is_some() || block.distinct || !(reads_rows || block.plain() || grouped(&block)) {
            block = self.nest(block, input);
        }
        block = self.standing(block, std::slice::from_ref(&filter.predicate), input)?;
        let predicate = self.written(block.resolve(&filter.predicate, input)?, &block, input)?;
        if holds_window(&predicate) {
            block.qualify.push(predicate);
        } else if block.group.is_some() {
            block.having.push(predicate);
        } else {
            block.filters.push(predicate);
        }
        Ok(block)
    }

    /// ORDERED BY comes before everything but FROM; of WHERE it does not matter.
    fn ordered(&mut self, node: &OrderedNode) -> Result<Block> {
        let input = &node.input;
        let mut block = self.block(input)?;
        let keys = |plans: &mut Self, block: &Block| -> Result<(Vec<SortExpr>, Vec<Expr>)> {
            let order = plans.sorts(block, &node.order.keys, input)?;
            Ok((order, plans.resolved(block, &node.order.partition, input)?))
        };
        let (mut order, mut partition) = keys(self, &block)?;
        let computed = order.iter().map(|k| &k.expr).chain(&partition).any(|e| !matches!(e, Expr::Column(_)))
            && block.columns.iter().any(|(e, _)| !matches!(e, Expr::Column(_)));
        if !block.plain() || block.ordered.is_some() || computed {
            block = self.nest(block, input);
            (order, partition) = keys(self, &block)?;
        }
        let printer = block.printer();
        let mut text = printer.keys(&order);
        if !partition.is_empty() {
            text.push_str(&format!(" PARTITION BY {}", printer.list(&partition)));
        }
        if node.trust != crate::order::Trust::Establish {
            text.push_str(" ASSUMED");
        }
        block.ordered = Some(text);
        Ok(block)
    }

    fn window(&mut self, window: &Window) -> Result<Block> {
        let input = &window.input;
        let mut block = self.block(input)?;
        let orderless = order_of(input).is_none();
        let counts = window
            .window_expr
            .iter()
            .any(|e| matches!(e, Expr::WindowFunction(w) if follows_source(&w.params.order_by)));
        if block.closed() || block.group.is_some() || (orderless && counts) {
            block = self.nest(block, input);
        }
        let mut calls = self.resolved(&block, &window.window_expr, input)?;
        if calls.iter().any(nested) || block.too_large(&calls) {
            block = self.nest(block, input);
            calls = self.resolved(&block, &window.window_expr, input)?;
        }
        if orderless && counts && !block.sequenced {
            // All rows tie, and ties keep source order.
            block.ordered = Some("TRUE".to_string());
            block.sequenced = true;
        }
        let split = order_of(input).filter(|o| counts && !o.partition.is_empty());
        if let Some(order) = &split {
            // Rows are counted as they come out, partition by partition.
            block = self.nest(block, input);
            block.ordered = Some(block.printer().keys(&self.sorts(&block, &order.layout(), input)?));
            calls = self.resolved(&block, &window.window_expr, input)?;
        }
        let own = match order_of(input) {
            Some(order) => self.sorts(&block, &order.keys, input)?,
            None => vec![],
        };
        let names: Vec<String> =
            window.schema.fields().iter().skip(block.columns.len()).map(|f| f.name().clone()).collect();
        for (call, name) in calls.into_iter().zip(names) {
            block.columns.push((inheriting(call, &own)?, name));
        }
        match split {
            Some(order) => self.partitioned(block, window, &order),
            None => Ok(block),
        }
    }

    /// The counted rows in a table of their own, where the partition is one again for what comes after.
    fn partitioned(&mut self, mut block: Block, window: &Window, order: &Order) -> Result<Block> {
        let (before, mut own) = (window.input.schema().fields().len(), names(&window.input));
        while own.len() < block.columns.len() {
            let mut name = format!("__row{}", own.len() - before);
            while own.contains(&name) {
                name.push('_');
            }
            own.push(name);
        }
        for (column, name) in block.columns.iter_mut().zip(&own) {
            column.1.clone_from(name);
        }
        let mut outer = Block::from(block.relation(|| self.alias()), own);
        let keys = self.sorts(&outer, &order.keys, &window.input)?;
        let partition = self.resolved(&outer, &order.partition, &window.input)?;
        let printer = outer.printer();
        // Rows that are in that order already stay as they are.
        let keys = if keys.is_empty() { printer.list(&partition) } else { printer.keys(&keys) };
        outer.ordered = Some(format!("{keys} PARTITION BY {}", printer.list(&partition)));
        Ok(outer)
    }

    fn aggregate(&mut self, aggregate: &Aggregate) -> Result<Block> {
        let input = &aggregate.input;
        if aggregate.group_expr.iter().any(is_run)
            && let Some(block) = self.of_runs(aggregate)?
        {
            return Ok(block);
        }
        let mut block = self.unasked(|plans| plans.block(input))?;
        if !block.plain() {
            block = self.nest(block, input);
        }
        let keys = self.resolved(&block, &aggregate.group_expr, input)?;
        let word = if aggregate.group_expr.iter().any(is_run) { "GROUP ORDERED BY" } else { "GROUP BY" };
        self.grouped(block, aggregate, keys.clone(), Group { word, keys })
    }

    /// Aggregates right above the runs: `GROUP ORDERED` as people write it.
    fn of_runs(&mut self, aggregate: &Aggregate) -> Result<Option<Block>> {
        let (runs, trimmed) = match aggregate.input.as_ref() {
            LogicalPlan::Projection(p) => (node_of::<RunsNode>(&p.input), Some(p)),
            other => (node_of::<RunsNode>(other), None),
        };
        let Some(runs) = runs.filter(|r| r.by.is_empty() || r.when.is_none()) else {
            return Ok(None);
        };
        let input = &runs.input;
        let mut block = self.block(input)?;
        if block.closed() || block.group.is_some() {
            block = self.nest(block, input);
        }
        let word = if runs.when.is_some() { "GROUP ORDERED WHEN" } else { "GROUP ORDERED BY" };
        let by: Vec<Expr> = runs.by.iter().chain(&runs.when).cloned().collect();
        let group = Group { word, keys: self.resolved(&block, &by, input)? };
        // Nobody looks at the number of the run itself.
        block.columns.push((datafusion::logical_expr::lit(0_i64), String::new()));
        if let Some(projection) = trimmed {
            let exprs = self.resolved(&block, &projection.expr, &projection.input)?;
            block.columns = exprs.into_iter().map(|e| (e, String::new())).collect();
        }
        let keys = self.resolved(&block, &aggregate.group_expr, &aggregate.input)?;
        self.grouped(block, aggregate, keys, group).map(Some)
    }

    fn grouped(&mut self, mut block: Block, aggregate: &Aggregate, keys: Vec<Expr>, group: Group) -> Result<Block> {
        let calls = self.resolved(&block, &aggregate.aggr_expr, &aggregate.input)?;
        let keys = if let [Expr::GroupingSet(sets)] = keys.as_slice() { in_sets(sets) } else { keys };
        block.columns = keys.into_iter().chain(calls).zip(names_of(&aggregate.schema)).collect();
        block.star = vec![];
        block.sequenced = false;
        block.group = Some(group);
        Ok(block)
    }

    fn sorted(
        &mut self,
        plan: &LogicalPlan,
        input: &LogicalPlan,
        keys: &[SortExpr],
        fetch: Option<usize>,
    ) -> Result<Block> {
        let block = self.block(input)?;
        let block = self.nest(block, input);
        let keys = block.printer().keys(&self.sorts(&block, keys, input)?);
        let limit = fetch.map_or_else(String::new, |n| format!(" LIMIT {n}"));
        let text = format!("({} ORDER BY {keys}{limit}) AS {}", block.text(), self.alias());
        Ok(Block::from(text, names(plan)))
    }

    fn sorts(&mut self, block: &Block, keys: &[SortExpr], plan: &LogicalPlan) -> Result<Vec<SortExpr>> {
        let exprs: Vec<Expr> = keys.iter().map(|k| k.expr.clone()).collect();
        let exprs = self.resolved(block, &exprs, plan)?;
        Ok(keys.iter().zip(exprs).map(|(k, e)| k.with_expr(e)).collect())
    }

    /// The plan as a relation under a new alias.
    pub(super) fn relation(&mut self, plan: &LogicalPlan) -> Result<Relation> {
        let block = self.block(plan)?;
        Ok(self.relation_of(block, plan))
    }

    /// The block that gives a plan, as a relation.
    pub(super) fn relation_of(&mut self, mut block: Block, plan: &LogicalPlan) -> Relation {
        let alias = self.alias();
        let own = names(plan);
        for (column, name) in block.columns.iter_mut().zip(&own) {
            column.1.clone_from(name);
        }
        let text = if block.is_table() {
            format!("{} AS {alias}", block.from)
        } else {
            format!("({}) AS {alias}", block.text())
        };
        let columns = own.into_iter().map(|n| Expr::Column(Column::new(Some(alias.clone()), n))).collect();
        Relation { text, columns, sequenced: block.sequenced }
    }
}

/// The columns that grouping sets give: each key once, then the number of the set, which nobody names.
fn in_sets(sets: &GroupingSet) -> Vec<Expr> {
    let none = datafusion::logical_expr::lit(datafusion::common::ScalarValue::Null);
    sets.distinct_expr().into_iter().cloned().chain([none]).collect()
}

fn grouped(block: &Block) -> bool {
    block.group.is_some() && !block.closed() && !block.windowed()
}

/// Does a window call hold another one that is not hidden in it?
fn nested(call: &Expr) -> bool {
    match call {
        Expr::WindowFunction(w) => {
            let keys = w.params.order_by.iter().map(|k| &k.expr);
            w.params
                .args
                .iter()
                .chain(&w.params.partition_by)
                .chain(w.params.filter.as_deref())
                .chain(keys)
                .any(holds_window)
        }
        _ => false,
    }
}

/// A stock window call in the block's order, written so that it has that order in SQL.
///
/// Stock functions with OVER inherit nothing: ROW_NUMBER becomes CUM_COUNT, which
/// does; the others name the keys, whose ties they do not tell apart anyway.
fn inheriting(call: Expr, keys: &[SortExpr]) -> Result<Expr> {
    let Expr::WindowFunction(mut window) = call else { return Ok(call) };
    if sequence_function(&window.fun).is_some_and(|f| f.op() == Op::RunPos) && window.params.args.is_empty() {
        return Ok(counted(*window)? - datafusion::logical_expr::lit(1_i64));
    }
    let follows = follows_order(&window.params.order_by);
    if !follows || sequence_function(&window.fun).is_some() || window.params.partition_by.is_empty() {
        return Ok(Expr::WindowFunction(window));
    }
    let ours = match &window.fun {
        WindowFunctionDefinition::AggregateUDF(udaf) => ordered_aggregate(udaf).is_some(),
        WindowFunctionDefinition::WindowUDF(udwf) => {
            if udwf.inner().downcast_ref::<datafusion::functions_window::row_number::RowNumber>().is_some() {
                return counted(*window);
            }
            false
        }
    };
    if !ours {
        window.params.order_by = keys.to_vec();
    }
    Ok(Expr::WindowFunction(window))
}

fn counted(window: WindowFunction) -> Result<Expr> {
    let Some(entry) = entries().find(|e| e.op == Op::CumCount) else {
        return Err(Error::new(Code::Internal, "there is no running count"));
    };
    let (udwf, args) = sequence_call(entry, vec![datafusion::logical_expr::lit(1_i64)], vec![])?;
    let mut count = WindowFunction::new(udwf, args);
    count.params.partition_by = window.params.partition_by;
    count.params.order_by = window.params.order_by;
    count.params.window_frame = window.params.window_frame;
    Ok(Expr::from(count))
}

/// A plan without a node of ours, as the base prints it.
fn stock(plan: &LogicalPlan) -> Result<Block> {
    let text = datafusion::sql::unparser::plan_to_sql(plan).map_err(|_| unsupported(plan))?;
    Ok(Block::from(format!("({text}) AS q0"), names(plan)))
}

pub(super) fn unsupported(plan: &LogicalPlan) -> Error {
    Error::new(Code::NotSupported, format!("to_sql cannot write {}", plan.display()))
}
