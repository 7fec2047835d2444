//! Which order a plan has, in terms of its own visible columns.

use datafusion::common::Column;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::expr::{AggregateFunctionParams, Alias};
use datafusion::logical_expr::{Aggregate, Expr, JoinType, LogicalPlan};

use super::{AsofNode, LinkNode, LinkType, OrderedNode, RunsNode, SourceTable, node_of};
use crate::order::{Order, Trust};
use crate::plan::runs::run_column;
use crate::registry::{Op, ordered_aggregate};

/// The order of a plan, or none.
///
/// Keys that are not columns of the plan end the order where they stand; an order
/// with no keys left still is one: the rows are in sequence, but nothing names it.
pub fn order_of(plan: &LogicalPlan) -> Option<Order> {
    if let Some(ordered) = node_of::<OrderedNode>(plan) {
        return Some(ordered.order.clone());
    }
    if let Some(runs) = node_of::<RunsNode>(plan) {
        return order_of(&runs.input);
    }
    if let Some(link) = node_of::<LinkNode>(plan) {
        let order = order_of(&link.left)?;
        return Some(if matches!(link.link_type, LinkType::Right | LinkType::Full) {
            nulls_last(order)
        } else {
            order
        });
    }
    if let Some(asof) = node_of::<AsofNode>(plan) {
        return order_of(&asof.left);
    }
    match plan {
        LogicalPlan::Projection(projection) => Some(project(order_of(&projection.input)?, &projection.expr)),
        LogicalPlan::SubqueryAlias(alias) => {
            let order = order_of(&alias.input)?;
            let from = alias.input.schema();
            Some(map_order(order, |column| {
                let index = from.maybe_index_of_column(column)?;
                let (qualifier, field) = alias.schema.qualified_field(index);
                Some(Column::new(qualifier.cloned(), field.name()))
            }))
        }
        LogicalPlan::Filter(filter) => order_of(&filter.input),
        LogicalPlan::Limit(limit) => order_of(&limit.input),
        LogicalPlan::Window(window) => order_of(&window.input),
        LogicalPlan::Join(join) => match join.join_type {
            JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => order_of(&join.left),
            _ => None,
        },
        LogicalPlan::Aggregate(aggregate) => {
            let by_run = aggregate.group_expr.iter().any(is_run);
            let order = order_of(&aggregate.input).filter(|_| by_run)?;
            Some(order.while_known(|key| of_run(aggregate, key)))
        }
        LogicalPlan::TableScan(scan) => declared(scan).map(|(order, _)| order),
        // A key that is itself taken apart no longer names the order.
        LogicalPlan::Unnest(unnest) => Some(map_order(order_of(&unnest.input)?, |column| {
            let stays = unnest.schema.has_column(column) && !unnest.exec_columns.contains(column);
            stays.then(|| column.clone())
        })),
        _ => None,
    }
}

/// The column of a run that is a key of its first row: a key of the grouping, or the first value.
fn of_run(aggregate: &Aggregate, key: &Expr) -> Option<Expr> {
    let first = |e: &Expr| match e {
        Expr::AggregateFunction(call) => {
            let AggregateFunctionParams { args, distinct, filter, order_by, null_treatment } = &call.params;
            let plain = !distinct && filter.is_none() && order_by.is_empty() && null_treatment.is_none();
            ordered_aggregate(&call.func) == Some(Op::First) && plain && args.as_slice() == std::slice::from_ref(key)
        }
        _ => false,
    };
    let groups = aggregate.group_expr.len();
    let at = aggregate.group_expr.iter().position(|e| e == key);
    let at = at.or_else(|| aggregate.aggr_expr.iter().position(first).map(|i| groups + i))?;
    aggregate.schema.columns().into_iter().nth(at).map(Expr::Column)
}

/// The order as far as it also holds once rows without any key follow: while NULLs come last.
fn nulls_last(order: Order) -> Order {
    if order.falling && !order.partition.is_empty() {
        return Order::new(vec![], vec![]);
    }
    let keys = order.keys.into_iter().take_while(|k| !k.nulls_first).collect();
    Order { keys, ..order }
}

/// Is this the run number of GROUP ORDERED?
pub fn is_run(expr: &Expr) -> bool {
    matches!(expr, Expr::Column(c) if c.name == run_column())
}

/// The order that a scanned table declares, over the scan's columns.
pub fn declared(scan: &datafusion::logical_expr::TableScan) -> Option<(Order, Trust)> {
    let provider = source_as_provider(&scan.source).ok()?;
    let (order, trust) = SourceTable::of(provider.as_ref())?.declared()?;
    let name = scan.table_name.clone();
    let qualified = map_order(order, |column| Some(Column::new(Some(name.clone()), &column.name)));
    Some((qualified, trust))
}

/// The order after a projection: keys under their new names.
pub(super) fn project(order: Order, exprs: &[Expr]) -> Order {
    let find = |key: &Expr| {
        exprs.iter().find_map(|e| match e {
            Expr::Alias(Alias { expr, relation, name, .. }) if **expr == *key => {
                Some(Expr::Column(Column::new(relation.clone(), name)))
            }
            Expr::Column(_) if e == key => Some(e.clone()),
            _ => None,
        })
    };
    order.while_known(find)
}

fn map_order(order: Order, map: impl Fn(&Column) -> Option<Column>) -> Order {
    order.while_known(|key| {
        let mut complete = true;
        let mapped = key.clone().transform(|e| match &e {
            Expr::Column(c) => match map(c) {
                Some(new) => Ok(Transformed::yes(Expr::Column(new))),
                None => {
                    complete = false;
                    Ok(Transformed::no(e))
                }
            },
            _ => Ok(Transformed::no(e)),
        });
        mapped.ok().map(|t| t.data).filter(|_| complete)
    })
}
