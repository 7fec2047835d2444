//! Plans as text: for people, with the order of every node, and for tests, with
//! everything left out that two ways to ask the same question may do differently.

use std::collections::HashMap;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result, ScalarValue};
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlan, Operator, SortExpr, WindowFunctionDefinition};

use super::hidden::{follows_source, marker_name, reveal, sequence_function, source_marker_name};
use super::{AsofNode, DeliverNode, LinkNode, MergeNode, OrderedNode, RunsNode, UnorderedNode, node_of, order_of};
use crate::order::{MARK, Order, is_hidden};

/// The plan as a tree, each node with the order of its rows.
///
/// ```text
/// Projection: t.ts, t.px          -- ordered by t.ts
///   Filter: t.px > Float64(2)     -- ordered by t.ts
/// ```
///
/// `call` spells a sequence call as it was asked for: plans hold all its arguments, and a mark for its order.
pub fn logical(plan: &LogicalPlan, call: &dyn Fn(&WindowFunction) -> String) -> String {
    let mut lines = vec![];
    let calls = Calls { names: named_calls(plan, call), call };
    tree(plan, 0, &calls, &mut lines);
    lines.join("\n")
}

/// How sequence calls are spelled, and the columns that hold them.
struct Calls<'a> {
    names: HashMap<String, String>,
    call: &'a dyn Fn(&WindowFunction) -> String,
}

fn tree(plan: &LogicalPlan, depth: usize, calls: &Calls, lines: &mut Vec<String>) {
    let text = shown(&calls.spelled(plan).display().to_string());
    let order = match order_of(plan) {
        Some(order) => format!("  -- {}", worded(&order)),
        None => String::new(),
    };
    lines.push(format!("{}{text}{order}", "  ".repeat(depth)));
    for input in plan.inputs() {
        tree(input, depth + 1, calls, lines);
    }
}

fn named_calls(plan: &LogicalPlan, call: &dyn Fn(&WindowFunction) -> String) -> HashMap<String, String> {
    let mut names = HashMap::new();
    let walked = plan.apply(|node| {
        if let LogicalPlan::Window(window) = node {
            for expr in &window.window_expr {
                if let Expr::WindowFunction(inner) = expr
                    && sequence_function(&inner.fun).is_some()
                {
                    names.insert(expr.schema_name().to_string(), call(inner));
                }
            }
        }
        Ok(TreeNodeRecursion::Continue)
    });
    if walked.is_ok() { names } else { HashMap::new() }
}

impl Calls<'_> {
    /// The node with its calls, and the columns that hold them, under the text of the calls.
    fn spelled(&self, plan: &LogicalPlan) -> LogicalPlan {
        let text = |text: String| Transformed::new(column(text), true, TreeNodeRecursion::Jump);
        let done = plan.clone().map_expressions(|expr| {
            expr.transform_down(|e| {
                let known = match &e {
                    Expr::WindowFunction(inner) if sequence_function(&inner.fun).is_some() => Some((self.call)(inner)),
                    Expr::Column(c) => self.names.get(&c.name).cloned(),
                    other => reveal(other).map(|inner| (self.call)(&inner)),
                };
                Ok(known.map_or_else(|| Transformed::no(e), text))
            })
        });
        done.map_or_else(|_| plan.clone(), |t| t.data)
    }
}

fn column(text: String) -> Expr {
    Expr::Column(Column::new_unqualified(text))
}

/// Without the marks of ours: that a call follows its block goes without saying.
fn shown(text: &str) -> String {
    let usual = " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW";
    let mut text = text.to_string();
    for marker in [marker_name(), source_marker_name()] {
        let order = format!(" ORDER BY [{marker}() ASC NULLS LAST]");
        text = text.replace(&format!("{order}{usual}"), "").replace(&order, "");
    }
    text.replace(MARK, "")
}

fn worded(order: &Order) -> String {
    let shown = order.to_string().replace(MARK, "");
    if order.keys.is_empty() && order.partition.is_empty() {
        "in sequence".to_string()
    } else {
        format!("ordered by {shown}")
    }
}

/// The plan as parity tests compare it.
///
/// Projections, relation aliases and qualifiers are dissolved: every expression is
/// written in terms of the columns of the scans, and only what is used is written.
/// A window call or aggregate carries the number of nodes below it, for the rows that it sees.
pub fn canonical(plan: &LogicalPlan) -> String {
    let mut scans = HashMap::new();
    let found = dissolve(plan, &mut scans);
    let names = plan.schema().fields().iter().map(|f| f.name().clone());
    let outputs: Vec<String> = names
        .zip(&found.columns)
        .filter(|(name, _)| !is_hidden(name))
        .map(|(name, text)| if name == *text { name } else { format!("{text} AS {name}") })
        .collect();
    let mut lines = vec![format!("Output: {}", outputs.join(", "))];
    lines.extend(found.lines.into_iter().map(|l| format!("  {l}")));
    lines.join("\n").replace(MARK, "")
}

/// A plan without its projections: nodes, and what each column is.
struct Dissolved {
    lines: Vec<String>,
    columns: Vec<String>,
}

impl Dissolved {
    /// The node above, whose columns are the same.
    fn under(self, line: String) -> Self {
        let mut lines = vec![line];
        lines.extend(self.lines.into_iter().map(|l| format!("  {l}")));
        Dissolved { lines, columns: self.columns }
    }
}

type Scans = HashMap<String, usize>;

fn dissolve(plan: &LogicalPlan, scans: &mut Scans) -> Dissolved {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => dissolve(&alias.input, scans),
        LogicalPlan::TableScan(scan) => {
            let seen = scans.entry(scan.table_name.to_string()).or_insert(0);
            *seen += 1;
            let prefix = if *seen == 1 { String::new() } else { format!("#{seen}.") };
            let columns = plan.schema().fields().iter().map(|f| format!("{prefix}{}", f.name())).collect();
            Dissolved { lines: vec![format!("Scan: {}", scan.table_name)], columns }
        }
        LogicalPlan::Projection(projection) => {
            let below = dissolve(&projection.input, scans);
            let columns = texts(&projection.expr, &projection.input, &below);
            Dissolved { columns, ..below }
        }
        LogicalPlan::Filter(filter) => {
            let below = dissolve(&filter.input, scans);
            if distinct(&filter.predicate, &filter.input) {
                return below.under("Distinct".to_string());
            }
            let line = format!("Filter: {}", text(&filter.predicate, &filter.input, &below));
            below.under(line)
        }
        LogicalPlan::Window(window) => {
            let below = dissolve(&window.input, scans);
            let calls = numbered(&window.window_expr, &window.input, &below);
            Dissolved { columns: below.columns.into_iter().chain(calls).collect(), ..below }
        }
        LogicalPlan::Aggregate(aggregate) => {
            let below = dissolve(&aggregate.input, scans);
            let keys = texts(&aggregate.group_expr, &aggregate.input, &below);
            let calls = numbered(&aggregate.aggr_expr, &aggregate.input, &below);
            // The run settles the keys that are the same all over it.
            let by_run = aggregate.group_expr.iter().any(super::order_of::is_run);
            let by = if by_run { "run".to_string() } else { keys.join(", ") };
            let above = below.under(format!("Aggregate: {by}"));
            Dissolved { columns: keys.into_iter().chain(calls).collect(), ..above }
        }
        LogicalPlan::Sort(sort) => {
            let below = dissolve(&sort.input, scans);
            let key = |k: &SortExpr| k.with_expr(resolved(&k.expr, &sort.input, &below)).to_string();
            let keys: Vec<String> = sort.expr.iter().map(key).collect();
            let fetch = sort.fetch.map_or_else(String::new, |n| format!(", fetch={n}"));
            below.under(format!("Sort: {}{fetch}", keys.join(", ")))
        }
        LogicalPlan::Distinct(datafusion::logical_expr::Distinct::All(input)) => {
            dissolve(input, scans).under("Distinct".to_string())
        }
        LogicalPlan::Extension(_) => extension(plan, scans),
        other => stock(other, scans),
    }
}

/// A node of the base: its own line, with the columns of its inputs resolved.
fn stock(plan: &LogicalPlan, scans: &mut Scans) -> Dissolved {
    let below: Vec<Dissolved> = plan.inputs().into_iter().map(|p| dissolve(p, scans)).collect();
    let all: Vec<String> = below.iter().flat_map(|d| d.columns.iter().cloned()).collect();
    let line = match plan {
        LogicalPlan::Join(join) => {
            let (l, r) = (below.first(), below.get(1));
            let side =
                |e: &Expr, p: &LogicalPlan, d: Option<&Dissolved>| d.map_or_else(|| e.to_string(), |d| text(e, p, d));
            let on: Vec<String> = join
                .on
                .iter()
                .map(|(a, b)| format!("{} = {}", side(a, &join.left, l), side(b, &join.right, r)))
                .collect();
            format!("{} Join: {}", join.join_type, on.join(", "))
        }
        other => other.display().to_string(),
    };
    let columns = if all.len() == plan.schema().fields().len() {
        all
    } else {
        below.first().map(|d| d.columns.clone()).unwrap_or_default()
    };
    joined(line, below, columns)
}

fn joined(line: String, below: Vec<Dissolved>, columns: Vec<String>) -> Dissolved {
    let mut lines = vec![line];
    lines.extend(below.into_iter().flat_map(|d| d.lines).map(|l| format!("  {l}")));
    Dissolved { lines, columns }
}

fn extension(plan: &LogicalPlan, scans: &mut Scans) -> Dissolved {
    if let Some(ordered) = node_of::<OrderedNode>(plan) {
        let below = dissolve(&ordered.input, scans);
        let keys = ordered.order.keys.iter();
        let order = Order {
            partition: ordered.order.partition.iter().map(|e| resolved(e, &ordered.input, &below)).collect(),
            keys: keys
                .map(|k| SortExpr::new(resolved(&k.expr, &ordered.input, &below), k.asc, k.nulls_first))
                .collect(),
            falling: ordered.order.falling,
        };
        let line = format!("Ordered: {order} {:?}", ordered.trust);
        return below.under(line);
    }
    if let Some(runs) = node_of::<RunsNode>(plan) {
        let below = dissolve(&runs.input, scans);
        let by = texts(&runs.by, &runs.input, &below).join(", ");
        let when = runs.when.as_ref().map_or_else(String::new, |w| text(w, &runs.input, &below));
        let mut above = below.under(format!("Runs: BY {by} WHEN {when}"));
        above.columns.push(format!("run@{}", above.lines.len()));
        return above;
    }
    if let Some(unordered) = node_of::<UnorderedNode>(plan) {
        return dissolve(&unordered.input, scans);
    }
    if let Some(deliver) = node_of::<DeliverNode>(plan) {
        return dissolve(&deliver.input, scans);
    }
    if let Some(link) = node_of::<LinkNode>(plan) {
        let (l, r) = (dissolve(&link.left, scans), dissolve(&link.target, scans));
        let on = equal(&link.on, (&link.left, &l), (&link.target, &r));
        return beside(format!("Link: {} ON {on}", link.link_type.keyword()), l, r);
    }
    if let Some(merge) = node_of::<MergeNode>(plan) {
        return dissolve(&LogicalPlan::Join(merge.join.clone()), scans);
    }
    if let Some(asof) = node_of::<AsofNode>(plan) {
        let (l, r) = (dissolve(&asof.left, scans), dissolve(&asof.right, scans));
        let c = &asof.condition;
        let times = (text(&c.left_time, &asof.left, &l), text(&c.right_time, &asof.right, &r));
        let on = equal(&c.on, (&asof.left, &l), (&asof.right, &r));
        let tolerance = c.tolerance.as_ref().map_or_else(String::new, |t| format!(" TOLERANCE {t}"));
        let kind = if c.keeps_left { "" } else { "Inner " };
        let line = format!("{kind}Asof: {} {} {} ON {on}{tolerance}", times.0, c.direction.symbol(), times.1);
        return beside(line, l, r);
    }
    stock(plan, scans)
}

/// The columns of both sides.
fn beside(line: String, left: Dissolved, right: Dissolved) -> Dissolved {
    let columns = left.columns.iter().chain(&right.columns).cloned().collect();
    joined(line, vec![left, right], columns)
}

type Side<'a> = (&'a LogicalPlan, &'a Dissolved);

fn equal(on: &[(Expr, Expr)], left: Side, right: Side) -> String {
    let pair = |(a, b): &(Expr, Expr)| format!("{} = {}", text(a, left.0, left.1), text(b, right.0, right.1));
    on.iter().map(pair).collect::<Vec<_>>().join(" AND ")
}

/// An expression in terms of what the columns below are.
fn resolved(expr: &Expr, input: &LogicalPlan, below: &Dissolved) -> Expr {
    let done = expr.clone().unalias_nested().data.transform(|e| -> Result<Transformed<Expr>> {
        let Expr::Column(column) = &e else { return Ok(Transformed::no(e)) };
        let found = input.schema().maybe_index_of_column(column).and_then(|i| below.columns.get(i));
        Ok(match found {
            Some(text) => Transformed::yes(Expr::Column(Column::new_unqualified(text))),
            None => Transformed::no(e),
        })
    });
    done.map_or_else(|_| expr.clone(), |t| t.data)
}

fn text(expr: &Expr, input: &LogicalPlan, below: &Dissolved) -> String {
    let shown = resolved(expr, input, below);
    let compound = matches!(shown, Expr::BinaryExpr(_) | Expr::IsNull(_) | Expr::IsNotNull(_));
    if compound { format!("({shown})") } else { shown.to_string() }
}

fn texts(exprs: &[Expr], input: &LogicalPlan, below: &Dissolved) -> Vec<String> {
    exprs.iter().map(|e| text(e, input, below)).collect()
}

fn numbered(exprs: &[Expr], input: &LogicalPlan, below: &Dissolved) -> Vec<String> {
    texts(exprs, input, below).into_iter().map(|t| format!("{t}@{}", below.lines.len())).collect()
}

/// Is this the filter that keeps the first of equal rows?
fn distinct(predicate: &Expr, input: &LogicalPlan) -> bool {
    let (Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }), LogicalPlan::Window(window)) =
        (predicate, input)
    else {
        return false;
    };
    let one = matches!(right.as_ref(), Expr::Literal(ScalarValue::UInt64(Some(1)), _));
    let [Expr::WindowFunction(call)] = window.window_expr.as_slice() else { return false };
    let named = matches!(left.as_ref(), Expr::Column(c) if c.name == window.window_expr[0].schema_name().to_string());
    let all = window.input.schema().columns();
    let keys: Vec<Column> = call
        .params
        .partition_by
        .iter()
        .filter_map(|e| if let Expr::Column(c) = e { Some(c.clone()) } else { None })
        .collect();
    let numbers = matches!(&call.fun, WindowFunctionDefinition::WindowUDF(udwf)
        if udwf.inner().downcast_ref::<datafusion::functions_window::row_number::RowNumber>().is_some());
    one && named && numbers && follows_source(&call.params.order_by) && keys == all
}
