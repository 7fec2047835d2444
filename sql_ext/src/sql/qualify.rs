//! What QUALIFY needs so that the stock planner takes it.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Ident, Query, Select, SelectItem, Value, Visit, VisitMut, Visitor, VisitorMut, WindowSpec,
    WindowType, visit_expressions,
};

use super::calls::{Call, classify, follows, function, normal, run};
use super::statement::FunctionNames;
use crate::plan::hidden::either_name;
use crate::registry::{self, Op};

/// Makes sure that a QUALIFY holds a window call.
///
/// The stock planner asks for one in the SELECT list or in QUALIFY, overlooks the former
/// unless QUALIFY names it, and drops a condition without one: the first call of the list, or
/// else a number of the row, joins the condition in a way that changes nothing.
pub fn ensure_window(select: &mut Select, names: &dyn FunctionNames, all_rows: bool) {
    let Some(qualify) = &select.qualify else { return };
    if window_in(qualify, names).is_some() || names_window(qualify, &select.projection, names) {
        return;
    }
    let call = window_in(&select.projection, names).unwrap_or_else(|| if all_rows { in_run() } else { row_number() });
    let Some(qualify) = select.qualify.take() else { return };
    let either = binary(Expr::IsNull(Box::new(call)), BinaryOperator::Or, Expr::value(Value::Boolean(true)));
    select.qualify = Some(and(qualify, either));
}

/// Does a condition name a select item that holds a window call?
fn names_window(condition: &Expr, items: &[SelectItem], names: &dyn FunctionNames) -> bool {
    items.iter().any(|item| match item {
        SelectItem::ExprWithAlias { expr, alias } if window_in(expr, names).is_some() => {
            let wanted = normal(alias);
            // Where there is a column of that name, it is what QUALIFY means.
            mentions(condition, &wanted) && !mentions(expr, &wanted)
        }
        _ => false,
    })
}

fn mentions(expr: &Expr, name: &str) -> bool {
    let found = visit_expressions(expr, |e| match e {
        Expr::Identifier(ident) if normal(ident) == name => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

/// `a AND b`.
pub fn and(left: Expr, right: Expr) -> Expr {
    binary(nested(left), BinaryOperator::And, nested(right))
}

fn nested(expr: Expr) -> Expr {
    Expr::Nested(Box::new(expr))
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

/// A row's position in its run.
fn in_run() -> Expr {
    let name = registry::entries().find(|e| e.op == Op::RunPos).map_or("", |e| e.name);
    over(name, follows(vec![run()]))
}

/// A window call that any block may hold.
fn row_number() -> Expr {
    over("row_number", WindowSpec { window_name: None, partition_by: vec![], order_by: vec![], window_frame: None })
}

fn over(name: &str, spec: WindowSpec) -> Expr {
    let mut call = function(name.to_string(), vec![]);
    call.over = Some(WindowType::WindowSpec(spec));
    Expr::Function(call)
}

/// The first window call over the block's rows: not one of a sub-query or inside an aggregate.
fn window_in<V: Visit>(node: &V, names: &dyn FunctionNames) -> Option<Expr> {
    match node.visit(&mut FindWindow { names, depth: 0, inside: 0 }) {
        ControlFlow::Break(call) => Some(call),
        ControlFlow::Continue(()) => None,
    }
}

struct FindWindow<'a> {
    names: &'a dyn FunctionNames,
    depth: usize,
    inside: usize,
}

impl FindWindow<'_> {
    fn aggregate(&self, expr: &Expr) -> usize {
        let aggregate = matches!(expr, Expr::Function(call)
            if call.over.is_none() && matches!(classify(call, self.names), Call::Aggregate));
        usize::from(aggregate)
    }
}

impl Visitor for FindWindow<'_> {
    type Break = Expr;

    fn pre_visit_query(&mut self, _query: &Query) -> ControlFlow<Expr> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<Expr> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Expr> {
        let window = matches!(expr, Expr::Function(call) if call.over.is_some());
        if window && self.depth == 0 && self.inside == 0 {
            return ControlFlow::Break(expr.clone());
        }
        self.inside += self.aggregate(expr);
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Expr> {
        self.inside = self.inside.saturating_sub(self.aggregate(expr));
        ControlFlow::Continue(())
    }
}

/// Lets the arguments of calls in QUALIFY name select items that hold calls themselves.
///
/// The planner puts such items in place of their aliases only after the call around them
/// is planned, and then finds a window call in a window call.
pub fn alias_arguments(expr: &mut Expr, items: &[(Ident, Expr)]) {
    let mut visitor = AliasArguments { items, depth: 0, inside: 0 };
    let _ = expr.visit(&mut visitor);
}

struct AliasArguments<'a> {
    items: &'a [(Ident, Expr)],
    depth: usize,
    inside: usize,
}

impl VisitorMut for AliasArguments<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        self.inside += usize::from(matches!(expr, Expr::Function(call) if call.over.is_some()));
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let leaves = matches!(expr, Expr::Function(call) if call.over.is_some());
        self.inside = self.inside.saturating_sub(usize::from(leaves));
        if let (0, Expr::Identifier(name)) = (self.depth, &*expr)
            && self.inside > 0
            && let Some((_, item)) = self.items.iter().find(|(alias, _)| normal(alias) == normal(name))
        {
            *expr = Expr::Function(function(either_name(), vec![expr.clone(), item.clone()]));
        }
        ControlFlow::Continue(())
    }
}
