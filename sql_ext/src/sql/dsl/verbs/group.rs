//! One row per group.

use std::sync::Arc;

use datafusion::common::Column;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::utils::find_aggregate_exprs;
use datafusion::logical_expr::{Aggregate, Expr, ExprSchemable, LogicalPlan};

use super::row::compute;
use super::unique;
use crate::error::{Code, Error, Result};
use crate::order::hidden;
use crate::plan::builder;
use crate::registry::key_value;
use crate::sql::dsl::lookup::{self, Joined};
use crate::sql::dsl::payload::Node;
use crate::sql::dsl::request::{Named, Request};
use crate::sql::dsl::scope::{Aggregates, Scope, visible};

/// Keys, then aggregates; without keys one row.
pub fn agg(request: &Request) -> Result<LogicalPlan> {
    let (by, aggs) = (request.named("by")?, request.named("aggs")?);
    if aggs.is_empty() {
        return Err(Error::new(Code::Argument, "agg takes at least one aggregate"));
    }
    looked_up_after(request, &aggs, |aggs| {
        let nodes: Vec<Node> = by.iter().chain(aggs).map(|c| c.node.clone()).collect();
        let joined = request.join_lookups(&nodes)?;
        let scope = request.scope(&joined, Aggregates::Grouped);
        let keys = compute(&request.scope(&joined, Aggregates::Refused), &by)?;
        grouped(&scope, joined.plan.clone(), keys, aggs)
    })
}

/// Groups by `group`; a lookup by a value of the group comes after it.
///
/// ```text
/// g.k.max().lookup(t, "v")  ⇒  group: g.k.max() AS ␁agg0, then derive: ␁agg0.lookup(t, "v")
/// ```
pub fn looked_up_after(
    request: &Request,
    aggs: &[Named],
    group: impl Fn(&[Named]) -> Result<LogicalPlan>,
) -> Result<LogicalPlan> {
    if !aggs.iter().any(|c| lookup::of_groups(&c.node)) {
        return group(aggs);
    }
    let mut parts = vec![];
    aggs.iter().for_each(|c| lookup::parts(&c.node, &mut parts));
    let name = |i: usize| hidden("agg", i);
    let first: Vec<Named> =
        parts.iter().enumerate().map(|(i, n)| Named { name: Some(name(i)), node: (*n).clone() }).collect();
    let plan = group(&first)?;
    let found = first.iter().enumerate().map(|(i, c)| (c.node.clone(), Column::new_unqualified(name(i)))).collect();
    let nodes: Vec<Node> = aggs.iter().map(|c| c.node.clone()).collect();
    let keys = visible(&plan).into_iter().map(Expr::Column);
    let joined = lookup::join(request.ctx, Joined { plan, found }, &nodes, request.others, Aggregates::Refused)?;
    let values = compute(&request.scope(&joined, Aggregates::Refused), aggs)?;
    let exprs = keys.chain(values.into_iter().map(|(name, e)| super::row::under(name, e))).collect();
    Ok(builder::project(joined.plan.clone(), exprs)?)
}

/// Aggregates `input`, which `scope` describes, by `keys`; the keys come out where they have a name.
pub fn grouped(scope: &Scope, input: LogicalPlan, keys: Vec<(String, Expr)>, aggs: &[Named]) -> Result<LogicalPlan> {
    let values = compute(scope, aggs)?;
    let names: Vec<String> = keys.iter().chain(&values).map(|(n, _)| n.clone()).collect();
    unique(&names)?;
    // A key may read other rows: it is computed over all of them, before they are grouped.
    let (input, key_exprs) = builder::windows(input, keys.into_iter().map(|(_, e)| e).collect())?;
    let value_exprs: Vec<Expr> = values.into_iter().map(|(_, e)| e).collect();
    let (plan, exprs) = aggregate(input, key_exprs, vec![], value_exprs)?;
    let exprs = exprs.into_iter().zip(names).map(|(e, name)| super::row::under(name, e)).collect();
    Ok(builder::project(plan, exprs)?)
}

/// Aggregates by `keys` and `unseen` keys, and returns keys and values as expressions over the result.
pub fn aggregate(
    input: LogicalPlan,
    keys: Vec<Expr>,
    unseen: Vec<Expr>,
    values: Vec<Expr>,
) -> Result<(LogicalPlan, Vec<Expr>)> {
    let floats = float_keys(&input, unseen.iter().chain(&keys))?;
    let as_keys = |exprs: Vec<Expr>| exprs.into_iter().map(|e| replaced(e, &floats)).collect::<Result<Vec<_>>>();
    let (keys, unseen, values) = (as_keys(keys)?, as_keys(unseen)?, as_keys(values)?);
    let mut group: Vec<Expr> = vec![];
    for key in unseen.iter().chain(&keys) {
        let key = key.clone().unalias();
        if !group.contains(&key) {
            group.push(key);
        }
    }
    let calls = find_aggregate_exprs(&values);
    let computed: Vec<Expr> = group.iter().filter(|e| !matches!(e, Expr::Column(_))).chain(&calls).cloned().collect();
    if group.is_empty() && calls.is_empty() {
        let text = values.iter().map(crate::sql::print::text).collect::<Vec<_>>().join(", ");
        let name = values.iter().flat_map(Expr::column_refs).next().map_or_else(String::new, |c| c.name.clone());
        return Err(unaggregated(&name, &text));
    }
    let plan = LogicalPlan::Aggregate(Aggregate::try_new(Arc::new(input), group, calls)?);
    let mut exprs = vec![];
    for expr in keys.into_iter().chain(values) {
        let text = crate::sql::print::text(&expr);
        let expr = builder::rebase(expr, &computed)?;
        not_aggregated(&expr, &plan, &text)?;
        exprs.push(expr);
    }
    Ok((plan, exprs))
}

/// Keys that are floats, and what makes equal ones the same: one zero, one NaN.
fn float_keys<'a>(input: &LogicalPlan, keys: impl Iterator<Item = &'a Expr>) -> Result<Vec<(Expr, Expr)>> {
    let mut floats = vec![];
    for key in keys {
        let (key, of) = (key.clone().unalias(), key.get_type(input.schema())?);
        if of.is_floating() {
            floats.push((key.clone(), key_value(key, &of)));
        }
    }
    Ok(floats)
}

/// An expression over groups with these keys in the place of others; what aggregates take stays as it is.
fn replaced(expr: Expr, keys: &[(Expr, Expr)]) -> Result<Expr> {
    if keys.is_empty() {
        return Ok(expr);
    }
    let done = expr.transform_down(|e| match keys.iter().find(|(key, _)| *key == e) {
        Some((_, new)) => Ok(Transformed::new(new.clone(), true, TreeNodeRecursion::Jump)),
        None if matches!(e, Expr::AggregateFunction(_)) => Ok(Transformed::new(e, false, TreeNodeRecursion::Jump)),
        None => Ok(Transformed::no(e)),
    });
    Ok(done?.data)
}

/// The columns of expressions over groups that stand outside of aggregates.
pub fn plain_columns(exprs: &[Expr]) -> Result<Vec<Expr>> {
    let mut found = vec![];
    for expr in exprs {
        expr.apply(|e| {
            Ok(match e {
                Expr::AggregateFunction(_) => TreeNodeRecursion::Jump,
                Expr::Column(_) => {
                    found.push(e.clone());
                    TreeNodeRecursion::Continue
                }
                _ => TreeNodeRecursion::Continue,
            })
        })?;
    }
    Ok(found)
}

fn not_aggregated(expr: &Expr, plan: &LogicalPlan, text: &str) -> Result<()> {
    let mut found = None;
    expr.apply(|e| {
        if let Expr::Column(c) = e
            && !plan.schema().has_column(c)
        {
            found = Some(c.name.clone());
            return Ok(TreeNodeRecursion::Stop);
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    match found {
        None => Ok(()),
        Some(name) => Err(unaggregated(&name, text)),
    }
}

fn unaggregated(name: &str, text: &str) -> Error {
    Error::new(Code::Argument, format!("column '{name}' in `{text}` is neither a key nor inside an aggregate"))
        .with_hint(format!("write g.{name}.first(), or another aggregate, or add it to the keys"))
}
