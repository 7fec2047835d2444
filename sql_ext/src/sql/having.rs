//! HAVING where all rows of a run are kept: it filters runs, so that its plain columns must be keys.

use std::ops::ControlFlow;

use datafusion::common::Result;
use datafusion::logical_expr::planner::RelationPlannerContext;
use datafusion::logical_expr::{Expr as Planned, LogicalPlan};
use datafusion::sql::sqlparser::ast::{Expr, Ident, Query, Spanned, Visit, Visitor};

use super::calls::{Call, QUALIFY, classify, normal};
use super::relation::expression;
use super::statement::FunctionNames;
use super::token::at;
use crate::error::{Code, Error, ungrouped};
use crate::plan::order_of;

/// The columns of a condition that stand in no aggregate and in no key, each as a tuple; after one
/// that may be the alias of a select item come the columns that the item holds in the same way, and its window calls.
pub fn loose(condition: &Expr, keys: &[Expr], items: &[(Ident, Expr)], names: &dyn FunctionNames) -> Vec<Expr> {
    let tuple = |column: Expr| {
        let item = match &column {
            Expr::Identifier(ident) => items.iter().find(|(alias, _)| normal(alias) == normal(ident)),
            _ => None,
        };
        let within = item.map(|(_, item)| parts(item, keys, names, true)).unwrap_or_default();
        Expr::Tuple([vec![column], within].concat())
    };
    parts(condition, keys, names, false).into_iter().map(tuple).collect()
}

fn parts(expr: &Expr, keys: &[Expr], names: &dyn FunctionNames, windows: bool) -> Vec<Expr> {
    let mut visitor = Loose { keys, names, windows, inside: 0, found: vec![] };
    let _ = expr.visit(&mut visitor);
    visitor.found
}

struct Loose<'a> {
    keys: &'a [Expr],
    names: &'a dyn FunctionNames,
    /// Are window calls looked for? In the condition itself they are refused by now.
    windows: bool,
    /// How many keys, aggregates and sub-queries are around.
    inside: usize,
    found: Vec<Expr>,
}

impl Loose<'_> {
    fn settles(&self, expr: &Expr) -> bool {
        let call = |e: &Expr| match e {
            Expr::Function(call) => call.over.is_some() || matches!(classify(call, self.names), Call::Aggregate),
            _ => false,
        };
        self.keys.contains(expr) || call(expr)
    }
}

impl Visitor for Loose<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.inside += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.inside -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let windows = self.windows && self.inside == 0 && !self.keys.contains(expr);
        if let (true, Expr::Function(call)) = (windows, expr) {
            let kind = classify(call, self.names);
            if matches!(kind, Call::Sequence(_) | Call::Window)
                || (call.over.is_some() && matches!(kind, Call::Aggregate))
            {
                self.found.push(expr.clone());
            }
        }
        self.inside += usize::from(self.settles(expr));
        if self.inside == 0 && matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_)) {
            self.found.push(expr.clone());
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        self.inside -= usize::from(self.settles(expr));
        ControlFlow::Continue(())
    }
}

/// Fails where one of the columns is no key of the runs over `input`; what is no column of it is for others to judge.
pub fn check(
    loose: Vec<Expr>,
    by: &[Planned],
    input: &LogicalPlan,
    context: &mut dyn RelationPlannerContext,
) -> Result<()> {
    let order = order_of(input);
    let fixed = |e: &Planned| by.contains(e) || order.as_ref().is_some_and(|o| o.partition.contains(e));
    for tuple in loose {
        let Expr::Tuple(mut within) = tuple else { continue };
        let own = within.remove(0);
        let place = own.span().start;
        let is_column = expression(own.clone(), input, context).is_ok();
        for column in if is_column { vec![own] } else { within } {
            if let Expr::Function(call) = &column {
                let name = call.name.to_string().to_uppercase();
                let error = Error::new(Code::Clause, format!("{name} cannot stand in HAVING")).with_hint(QUALIFY);
                return Err(at(error, place).into());
            }
            let Ok(planned) = expression(column, input, context) else { continue };
            let named = planned.column_refs().into_iter().find(|c| !fixed(&Planned::Column((*c).clone())));
            if let (false, Some(column)) = (fixed(&planned), named) {
                return Err(at(ungrouped("HAVING", &column.flat_name()), place).into());
            }
        }
    }
    Ok(())
}
