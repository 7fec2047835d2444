//! `WINDOW w AS (…)`: put in place, since the stock planner looks for named windows in
//! the SELECT list only, and forgets the base of `OVER (w ORDER BY k)`.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Ident, NamedWindowDefinition, NamedWindowExpr, Query, VisitMut, VisitorMut, WindowSpec, WindowType,
};

use super::calls::normal;
use super::token::at;
use crate::error::{Code, Error, Result};

/// Replaces references to named windows in the expressions of one block.
pub fn inline<V: VisitMut>(node: &mut V, defined: &[NamedWindowDefinition]) -> Result<()> {
    match node.visit(&mut Inline { defined, depth: 0 }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Inline<'a> {
    defined: &'a [NamedWindowDefinition],
    depth: usize,
}

impl VisitorMut for Inline<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Error> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Error> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        let (0, Expr::Function(call)) = (self.depth, expr) else { return ControlFlow::Continue(()) };
        let resolved = match &call.over {
            Some(WindowType::NamedWindow(name)) => find(name, self.defined, 0),
            Some(WindowType::WindowSpec(spec)) if spec.window_name.is_some() => extend(spec.clone(), self.defined, 0),
            _ => return ControlFlow::Continue(()),
        };
        match resolved {
            Ok(spec) => call.over = Some(WindowType::WindowSpec(spec)),
            Err(error) => return ControlFlow::Break(error),
        }
        ControlFlow::Continue(())
    }
}

/// The window of a name, its own base included.
fn find(name: &Ident, defined: &[NamedWindowDefinition], depth: usize) -> Result<WindowSpec> {
    let wanted = normal(name);
    let found = defined.iter().find(|d| normal(&d.0) == wanted);
    match found.map(|d| &d.1) {
        // Definitions are few: a longer chain is a circle.
        _ if depth > defined.len() => Err(wrong(name, "is defined by itself")),
        Some(NamedWindowExpr::NamedWindow(other)) => find(other, defined, depth + 1),
        Some(NamedWindowExpr::WindowSpec(spec)) => extend(spec.clone(), defined, depth + 1),
        None => {
            let names = defined.iter().map(|d| normal(&d.0));
            Err(wrong(name, "is not defined").with_names(&wanted, names))
        }
    }
}

/// `(w ORDER BY k)`: the base's keys, then its own.
fn extend(mut spec: WindowSpec, defined: &[NamedWindowDefinition], depth: usize) -> Result<WindowSpec> {
    let Some(name) = spec.window_name.take() else { return Ok(spec) };
    let base = find(&name, defined, depth)?;
    if !spec.partition_by.is_empty() {
        return Err(wrong(&name, "has its own PARTITION BY, which cannot be replaced"));
    }
    if !spec.order_by.is_empty() && !base.order_by.is_empty() {
        return Err(wrong(&name, "has its own ORDER BY, which cannot be replaced"));
    }
    let plain = spec.order_by.is_empty() && spec.window_frame.is_none();
    if base.window_frame.is_some() && !plain {
        return Err(wrong(&name, "has a frame, and cannot be built upon"));
    }
    spec.partition_by = base.partition_by;
    if spec.order_by.is_empty() {
        spec.order_by = base.order_by;
    }
    spec.window_frame = spec.window_frame.or(base.window_frame);
    Ok(spec)
}

fn wrong(name: &Ident, what: &str) -> Error {
    at(Error::new(Code::Clause, format!("the window '{}' {what}", name.value)), name.span.start)
}
