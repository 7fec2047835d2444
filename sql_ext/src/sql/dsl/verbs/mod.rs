//! The verbs, by family.

mod group;
mod order;
mod row;
mod run;
mod set;
mod tables;

use datafusion::logical_expr::LogicalPlan;

use super::request::Request;
use crate::error::{Code, Error, Result};

/// From a verb call to its plan.
pub(super) type Run = fn(&Request) -> Result<LogicalPlan>;

/// Every verb by its name in payloads.
const VERBS: &[(&str, Run)] = &[
    ("filter", row::filter),
    ("select", row::select),
    ("derive", row::derive),
    ("rename", row::rename),
    ("drop", row::drop),
    ("search_first", row::search_first),
    ("sort", order::sort),
    ("assume_sorted", order::assume_sorted),
    ("slice", order::slice),
    ("tail", order::tail),
    ("rvs", order::rvs),
    ("distinct", order::distinct),
    ("agg", group::agg),
    ("runs", run::open),
    ("runs_first", run::first),
    ("runs_last", run::last),
    ("runs_filter", run::filter),
    ("runs_derive", run::derive),
    ("runs_agg", run::agg),
    ("runs_flatten", run::flatten),
    ("runs_rows", run::rows),
    ("union", set::union),
    ("intersect", set::intersect),
    ("except", set::except),
    ("link", tables::link),
    ("join", tables::join),
    ("semi_join", tables::semi_join),
    ("anti_join", tables::anti_join),
    ("asof_join", tables::asof_join),
];

/// The verb of a name.
pub(super) fn find(name: &str) -> Result<Run> {
    match VERBS.iter().find(|(n, _)| *n == name) {
        Some((_, run)) => Ok(*run),
        None => Err(Error::new(Code::Argument, format!("there is no verb '{name}'"))
            .with_names(name, VERBS.iter().map(|(n, _)| n.to_string()))),
    }
}

/// Refuses names that stand twice.
fn unique(names: &[String]) -> Result<()> {
    for (i, name) in names.iter().enumerate() {
        if names.iter().take(i).any(|n| n == name) {
            return Err(Error::new(Code::Argument, format!("duplicate column name '{name}'"))
                .with_hint("give one of them another name"));
        }
    }
    Ok(())
}
