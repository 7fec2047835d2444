//! The payloads of the object API: verbs and expressions as JSON, decoded into plans.
//!
//! The one decoder. It resolves names against the plan's columns, checks types and
//! orders as it goes, and ends in `plan::builder` like SQL does.

mod calls;
mod expr;
mod keys;
mod kinds;
mod lookup;
mod meet;
mod options;
mod payload;
mod request;
mod scope;
mod verbs;

use datafusion::logical_expr::LogicalPlan;

pub use crate::registry::DslContext;
pub use scope::{bare, computed_key};

use crate::error::Result;
use crate::order::is_hidden;
use crate::plan::order_of;
use crate::types::type_name;
use request::Request;
use scope::{Aggregates, Scope};

/// The plan that a verb makes of `input`; `others` are the tables that the payload names by position.
pub fn verb(
    ctx: &dyn DslContext,
    input: &LogicalPlan,
    name: &str,
    payload: &str,
    others: &[LogicalPlan],
) -> Result<LogicalPlan> {
    let run = verbs::find(name)?;
    payload::with_stack(payload, || run(&Request { ctx, input, payload: payload::read(payload)?, others }))
}

/// The type of an expression over `input`, as API.md spells it.
pub fn expr_type(ctx: &dyn DslContext, input: &LogicalPlan, payload: &str, others: &[LogicalPlan]) -> Result<String> {
    payload::with_stack(payload, || {
        let node = payload::node(&payload::read(payload)?)?;
        over(ctx, input, &node, others, |scope| Ok(type_name(&expr::typed(scope, &node)?.1)))
    })
}

/// The SQL text of an expression over `input`: the name of a column made of it.
pub fn expr_text(ctx: &dyn DslContext, input: &LogicalPlan, payload: &str, others: &[LogicalPlan]) -> Result<String> {
    payload::with_stack(payload, || {
        let node = payload::node(&payload::read(payload)?)?;
        if let Some(name) = node.name() {
            return Ok(name.to_string());
        }
        over(ctx, input, &node, others, |scope| Ok(scope.text(&expr::typed(scope, &node)?.0)))
    })
}

/// Runs `f` in a scope where aggregates may stand and lookups are joined on.
fn over<T>(
    ctx: &dyn DslContext,
    input: &LogicalPlan,
    node: &payload::Node,
    others: &[LogicalPlan],
    f: impl FnOnce(&Scope) -> Result<T>,
) -> Result<T> {
    let start = lookup::Joined { plan: input.clone(), found: vec![] };
    let joined = lookup::join(ctx, start, std::slice::from_ref(node), others, Aggregates::Refused)?;
    f(&Scope::new(ctx, &joined.plan, Aggregates::Grouped).with_lookups(&joined.found))
}

/// The declared order as `sort_keys` shows it: names and whether they descend.
///
/// It ends before the first key that is no visible column; `None` where there is no
/// order, or where it began with a computed key.
pub fn sort_keys(plan: &LogicalPlan) -> Option<Vec<(String, bool)>> {
    let order = order_of(plan)?;
    if computed_key(plan).is_some() {
        return None;
    }
    let visible = |key: &datafusion::logical_expr::SortExpr| match &key.expr {
        datafusion::logical_expr::Expr::Column(c) if !is_hidden(&c.name) => Some((c.name.clone(), !key.asc)),
        _ => None,
    };
    Some(order.layout().iter().map_while(visible).collect())
}
