//! Verbs that count rows: along the order, in source order where none is declared.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Column, Result};
use datafusion::logical_expr::expr::{Cast, WindowFunction};
use datafusion::logical_expr::{Expr, LogicalPlan, WindowFrame, lit};

use super::builder;
use super::carry::with_keys;
use super::hidden::{source_marker, whole};
use super::{OrderedNode, extension};
use crate::order::{Order, Trust, hidden};
use crate::registry::{DslContext, Op, entries, missing, sequence_call};

/// ROW_NUMBER along the order, as Int64, restarting at `partition`.
pub fn row_number(ctx: &dyn DslContext, partition: Vec<Expr>) -> Result<Expr> {
    Ok(Expr::Cast(Cast::new(Box::new(counter(ctx, partition)?), DataType::Int64)))
}

fn counter(ctx: &dyn DslContext, partition: Vec<Expr>) -> Result<Expr> {
    let udwf = ctx.window("row_number").ok_or_else(|| missing("row_number"))?;
    let mut window = WindowFunction::new(udwf, vec![]);
    window.params.partition_by = partition;
    window.params.order_by = vec![source_marker()];
    window.params.window_frame = WindowFrame::new(Some(false));
    Ok(Expr::from(window))
}

/// The first `n` rows of every partition.
pub fn first_per(ctx: &dyn DslContext, input: LogicalPlan, partition: Vec<Expr>, n: i64) -> Result<LogicalPlan> {
    let number = counter(ctx, partition)?;
    let within = if n == 1 { number.eq(lit(1_u64)) } else { number.lt_eq(lit(u64::try_from(n).unwrap_or(0))) };
    builder::filter(input, within)
}

/// The last `n` rows of every partition: those with no row `n` further on.
///
/// Looking ahead streams; counting the rows first would hold them all.
pub fn last_per(input: LogicalPlan, partition: Vec<Expr>, n: i64) -> Result<LogicalPlan> {
    let Some(entry) = entries().find(|e| e.op == Op::Shift) else {
        return Err(missing("shift").into());
    };
    let (udwf, args) = sequence_call(entry, vec![lit(true), lit(n.saturating_neg())], vec![])?;
    let mut window = WindowFunction::new(udwf, args);
    window.params.partition_by = partition;
    window.params.order_by = vec![source_marker()];
    window.params.window_frame = WindowFrame::new(Some(false));
    builder::filter(input, Expr::from(window).is_null())
}

/// The rows reversed, ties too, and the order turned.
///
/// Sequence functions restart at the partitions that there were, which now descend.
pub fn reversed(ctx: &dyn DslContext, input: LogicalPlan) -> Result<LogicalPlan> {
    let columns: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
    let input = with_keys(input)?;
    let order = super::order_of(&input);
    // Rows that were turned before may still carry the number of that time.
    let taken = |name: &String| input.schema().columns().iter().any(|c| c.name == *name);
    let number = (0..).map(|n| hidden("row", n)).find(|name| !taken(name)).unwrap_or_default();
    let mut widened: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
    widened.push(row_number(ctx, vec![whole()])?.alias(&number));
    let input = builder::project(input, widened)?;
    let number = Expr::Column(Column::new_unqualified(number));
    let backwards = |last| {
        let order = Order::new(vec![], vec![last]);
        extension(OrderedNode { input, order, trust: Trust::Establish })
    };
    let plan = match order.map(Order::turned) {
        // A computed key, which declares no order where the rows had none.
        None => backwards(Expr::Negative(Box::new(number)).sort(true, false)),
        Some(order) if order.layout().is_empty() => backwards(number.sort(false, true)),
        // Rows in order, last to first, are in the turned order as they stand.
        Some(order) => {
            let input = backwards(number.sort(false, true));
            extension(OrderedNode { input, order, trust: Trust::Assume })
        }
    };
    builder::project(plan, columns)
}

/// Keeps the first row per key, in order.
pub fn distinct(ctx: &dyn DslContext, input: LogicalPlan, keys: Vec<Expr>) -> Result<LogicalPlan> {
    let columns: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
    let before = columns.len();
    let (input, keys) = builder::windows(input, keys)?;
    let widened = input.schema().fields().len() > before;
    let plan = first_per(ctx, input, keys, 1)?;
    if widened { builder::project(plan, columns) } else { Ok(plan) }
}
