//! Parameters: typed values from end to end.
//!
//! Numbers without a fraction, text, booleans and NULL become literals of the syntax
//! tree, for they may stand where only a literal can (window frames, LIMIT, sizes of
//! our calls). Every other value becomes a variable that has the value's exact type
//! while the statement is planned, and is replaced by the value afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Result as DfResult, ScalarValue, plan_datafusion_err};
use datafusion::execution::SessionState;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::var_provider::{VarProvider, VarType};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::sql::parser::{CopyToSource, Statement};
use datafusion::sql::sqlparser::ast::{
    self, Expr as Ast, GroupByExpr, Ident, OrderByKind, Query, Select, UnaryOperator, Value, ValueWithSpan, VisitMut,
    VisitorMut,
};

use crate::error::{Code, Error, Result};

/// Values that come with a statement.
#[derive(Debug, Clone, Default)]
pub enum Params {
    /// No values.
    #[default]
    None,
    /// For `?` and `$1`.
    Positional(Vec<ScalarValue>),
    /// For `$name` and `:name`.
    Named(BTreeMap<String, ScalarValue>),
}

/// The values that are bound as variables.
#[derive(Debug, Default)]
pub struct Bound {
    values: BTreeMap<String, ScalarValue>,
}

impl VarProvider for Bound {
    fn get_value(&self, names: Vec<String>) -> DfResult<ScalarValue> {
        let value = names.first().and_then(|n| self.values.get(n)).cloned();
        value.ok_or_else(|| plan_datafusion_err!("there is no variable {}", names.join(".")))
    }

    fn get_type(&self, names: &[String]) -> Option<DataType> {
        names.first().and_then(|n| self.values.get(n)).map(ScalarValue::data_type)
    }
}

/// Puts the values into the statements; PREPARE keeps its placeholders.
pub fn bind<'a>(statements: impl Iterator<Item = &'a mut Statement>, params: &Params) -> Result<Bound> {
    let mut targets: Vec<&mut Statement> = statements.filter(|s| !is_prepare(s)).collect();
    let mut found = Found::default();
    for statement in &mut targets {
        walk(statement, &mut found)?;
    }
    let values = found.assign(params)?;
    let mut binder = Binder { values, bound: Bound::default(), failed: None };
    for statement in &mut targets {
        walk(statement, &mut binder)?;
    }
    match binder.failed {
        Some(error) => Err(error),
        None => Ok(binder.bound),
    }
}

impl Bound {
    /// Lets the planner see the variables' types.
    pub fn declare(self: &Arc<Self>, state: &mut SessionState) {
        if !self.values.is_empty() {
            state.execution_props_mut().add_var_provider(VarType::UserDefined, Arc::clone(self) as _);
        }
    }

    /// Replaces the variables in a plan by their values.
    pub fn resolve(&self, plan: LogicalPlan) -> DfResult<LogicalPlan> {
        if self.values.is_empty() {
            return Ok(plan);
        }
        let done = plan.transform_up_with_subqueries(|node| {
            let names = NamePreserver::new(&node);
            let node = node.map_expressions(|e| {
                let name = names.save(&e);
                let replaced = e.transform_up(|e| match &e {
                    Expr::ScalarVariable(_, variable) => match variable.first().and_then(|n| self.values.get(n)) {
                        Some(value) => Ok(Transformed::yes(Expr::Literal(value.clone(), None))),
                        None => Ok(Transformed::no(e)),
                    },
                    _ => Ok(Transformed::no(e)),
                })?;
                Ok(if replaced.transformed { replaced.update_data(|e| name.restore(e)) } else { replaced })
            })?;
            if node.transformed { node.map_data(LogicalPlan::recompute_schema) } else { Ok(node) }
        })?;
        Ok(done.data)
    }
}

fn is_prepare(statement: &Statement) -> bool {
    matches!(statement, Statement::Statement(s) if matches!(s.as_ref(), ast::Statement::Prepare { .. }))
}

fn walk<V: VisitorMut<Break = Error>>(statement: &mut Statement, visitor: &mut V) -> Result<()> {
    let flow = match statement {
        Statement::Statement(s) => s.visit(visitor),
        Statement::CopyTo(copy) => match &mut copy.source {
            CopyToSource::Query(query) => query.visit(visitor),
            CopyToSource::Relation(_) => ControlFlow::Continue(()),
        },
        Statement::Explain(explain) => return walk(&mut explain.statement, visitor),
        Statement::CreateExternalTable(_) | Statement::Reset(_) => ControlFlow::Continue(()),
    };
    match flow {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

/// Placeholders as they stand in the text; each `?` by its place.
#[derive(Default)]
struct Found {
    marks: BTreeSet<(u64, u64)>,
    named: BTreeMap<String, (u64, u64)>,
}

impl VisitorMut for Found {
    type Break = Error;

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<Error> {
        if let Value::Placeholder(text) = &value.value {
            let at = (value.span.start.line, value.span.start.column);
            if text == "?" {
                self.marks.insert(at);
            } else {
                self.named.entry(text.clone()).or_insert(at);
            }
        }
        ControlFlow::Continue(())
    }
}

/// Values by placeholder: text, or place of a `?`.
struct Values {
    marks: BTreeMap<(u64, u64), ScalarValue>,
    named: BTreeMap<String, ScalarValue>,
}

impl Found {
    fn assign(self, params: &Params) -> Result<Values> {
        let Found { marks, named } = self;
        if let (false, Some((text, at))) = (marks.is_empty(), named.iter().next()) {
            return Err(count(format!("? and {text} cannot be mixed in one statement")).at(at.0, at.1));
        }
        let indices: Vec<Option<usize>> = named.keys().map(|k| k[1..].parse().ok()).collect();
        let wanted = marks.len().max(indices.iter().flatten().copied().max().unwrap_or(0));
        let mut values = Values { marks: BTreeMap::new(), named: BTreeMap::new() };
        match params {
            Params::Named(given) => {
                if let Some(at) = marks.first() {
                    return Err(count("? takes a list of values, not named ones").at(at.0, at.1));
                }
                for (text, at) in named {
                    let name = &text[1..];
                    let Some(value) = given.get(name) else {
                        return Err(count(format!("there is no value for the parameter {text}"))
                            .with_names(name, given.keys().cloned())
                            .at(at.0, at.1));
                    };
                    values.named.insert(text, value.clone());
                }
            }
            Params::None | Params::Positional(_) => {
                let given = if let Params::Positional(given) = params { given.as_slice() } else { &[] };
                if let (Some((text, at)), _) = (named.iter().find(|(k, _)| k[1..].parse::<usize>().is_err()), 0) {
                    return Err(count(format!("the parameter {text} takes a dict of values")).at(at.0, at.1));
                }
                if given.len() != wanted {
                    let s = if wanted == 1 { "" } else { "s" };
                    return Err(count(format!(
                        "the statement takes {wanted} parameter{s}, and {} given",
                        if given.len() == 1 { "1 was".to_string() } else { format!("{} were", given.len()) }
                    )));
                }
                values.marks = marks.into_iter().zip(given.iter().cloned()).collect();
                for (text, at) in named {
                    let index = text[1..].parse::<usize>().ok().and_then(|i| i.checked_sub(1));
                    let Some(value) = index.and_then(|i| given.get(i)) else {
                        return Err(count(format!("parameters are numbered from $1, not {text}")).at(at.0, at.1));
                    };
                    values.named.insert(text, value.clone());
                }
            }
        }
        Ok(values)
    }
}

fn count(message: impl Into<String>) -> Error {
    Error::new(Code::ParameterCount, message)
}

struct Binder {
    values: Values,
    bound: Bound,
    failed: Option<Error>,
}

impl Binder {
    fn value(&self, value: &ValueWithSpan) -> Option<ScalarValue> {
        match &value.value {
            Value::Placeholder(text) if text == "?" => {
                self.values.marks.get(&(value.span.start.line, value.span.start.column)).cloned()
            }
            Value::Placeholder(text) => self.values.named.get(text).cloned(),
            _ => None,
        }
    }

    /// What stands for the value in an expression.
    fn expression(&mut self, value: ScalarValue, at: &ValueWithSpan) -> Ast {
        match literal(&value) {
            Some((literal, false)) => Ast::Value(literal.with_span(at.span)),
            Some((literal, true)) => {
                Ast::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(Ast::Value(literal.with_span(at.span))) }
            }
            None => {
                let name = format!("@{}", self.bound.values.len() + 1);
                self.bound.values.insert(name.clone(), value);
                Ast::Identifier(Ident::with_span(at.span, name))
            }
        }
    }

    /// A bound number among the keys of ORDER BY or GROUP BY is a value, not a column's number.
    fn nest(&self, expr: &mut Ast) {
        if matches!(expr, Ast::Value(value) if self.value(value).is_some()) {
            *expr = Ast::Nested(Box::new(expr.clone()));
        }
    }
}

impl VisitorMut for Binder {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        if let Some(order) = &mut query.order_by
            && let OrderByKind::Expressions(keys) = &mut order.kind
        {
            keys.iter_mut().for_each(|k| self.nest(&mut k.expr));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Error> {
        if let GroupByExpr::Expressions(keys, _) = &mut select.group_by {
            keys.iter_mut().for_each(|k| self.nest(k));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Ast) -> ControlFlow<Error> {
        if let Ast::Value(at) = expr
            && let Some(value) = self.value(at)
        {
            let at = at.clone();
            *expr = self.expression(value, &at);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<Error> {
        // Only values that are no expressions are left here.
        if let Some(given) = self.value(value) {
            match literal(&given) {
                Some((literal, false)) => value.value = literal,
                _ => {
                    let error = Error::new(Code::Type, format!("a parameter of this type cannot stand here: {given}"));
                    self.failed = Some(error.at(value.span.start.line, value.span.start.column));
                }
            }
        }
        ControlFlow::Continue(())
    }
}

/// The value as a literal of the syntax tree that is planned to the very same value, and
/// whether a minus goes before it.
fn literal(value: &ScalarValue) -> Option<(Value, bool)> {
    match value {
        ScalarValue::Null => Some((Value::Null, false)),
        ScalarValue::Boolean(Some(b)) => Some((Value::Boolean(*b), false)),
        ScalarValue::Int64(Some(n)) => Some((Value::Number(n.unsigned_abs().to_string(), false), *n < 0)),
        ScalarValue::UInt64(Some(n)) if i64::try_from(*n).is_err() => {
            Some((Value::Number(n.to_string(), false), false))
        }
        ScalarValue::Utf8(Some(text)) => Some((Value::SingleQuotedString(text.clone()), false)),
        _ => None,
    }
}
