//! One verb call: its table, its payload, and the fields read from it.

use datafusion::common::Column;
use datafusion::logical_expr::{Expr, LogicalPlan};
use serde_json::Value;

use super::lookup::{self, Joined};
use super::payload::{self, Node};
use super::scope::{Aggregates, Scope};
use crate::error::{Code, Error, Result};
use crate::order::refuse_hidden;
use crate::plan::builder;
use crate::registry::DslContext;

/// A verb call.
pub(super) struct Request<'a> {
    pub ctx: &'a dyn DslContext,
    pub input: &'a LogicalPlan,
    pub payload: Value,
    pub others: &'a [LogicalPlan],
}

/// An expression with the name it shall have, where one was given.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub name: Option<String>,
    pub node: Node,
}

impl Named {
    /// The name: as given, the expression's own, or its text.
    pub fn resolve(&self, scope: &Scope, expr: &Expr) -> String {
        match self.name.as_deref().or_else(|| self.node.name()) {
            Some(name) => name.to_string(),
            None => scope.text(expr),
        }
    }
}

impl Request<'_> {
    fn missing(&self, key: &str) -> Error {
        Error::new(Code::Argument, format!("the payload lacks '{key}'"))
    }

    /// The list under a key; an absent one is empty.
    pub fn list(&self, key: &str) -> &[Value] {
        self.payload.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Expressions under a key.
    pub fn nodes(&self, key: &str) -> Result<Vec<Node>> {
        payload::nodes(self.list(key))
    }

    /// One expression.
    pub fn node(&self, key: &str) -> Result<Node> {
        self.maybe_node(key)?.ok_or_else(|| self.missing(key))
    }

    /// One expression, or null.
    pub fn maybe_node(&self, key: &str) -> Result<Option<Node>> {
        match self.payload.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => payload::node(value).map(Some),
        }
    }

    /// `[{"name", "expr"}]`
    pub fn named(&self, key: &str) -> Result<Vec<Named>> {
        self.list(key)
            .iter()
            .map(|item| {
                let name = item.get("name").and_then(Value::as_str).map(ToString::to_string);
                refuse_hidden(name.as_deref())?;
                let node = payload::node(item.get("expr").unwrap_or(&Value::Null))?;
                Ok(Named { name, node })
            })
            .collect()
    }

    /// A whole number that is not negative.
    pub fn count(&self, key: &str) -> Result<usize> {
        self.maybe_count(key)?.ok_or_else(|| self.missing(key))
    }

    /// A whole number that is not negative, or null.
    pub fn maybe_count(&self, key: &str) -> Result<Option<usize>> {
        match self.payload.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_u64().and_then(|n| usize::try_from(n).ok()) {
                Some(n) => Ok(Some(n)),
                None => Err(Error::new(
                    Code::Argument,
                    format!("'{key}' must be a whole number that is not negative, not {value}"),
                )),
            },
        }
    }

    /// A text.
    pub fn text(&self, key: &str) -> Result<&str> {
        self.payload.get(key).and_then(Value::as_str).ok_or_else(|| self.missing(key))
    }

    /// A boolean; false where absent.
    pub fn flag(&self, key: &str) -> bool {
        self.payload.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The other table of a two-table verb.
    pub fn other(&self) -> Result<&LogicalPlan> {
        self.others.first().ok_or_else(|| Error::new(Code::Argument, "the verb takes another table"))
    }

    /// The input with the lookups in `nodes` joined on, where expressions are of rows.
    pub fn join_lookups(&self, nodes: &[Node]) -> Result<Joined> {
        self.join_lookups_in(nodes, Aggregates::Refused)
    }

    /// The same where the keys of lookups may be aggregates of this kind.
    pub fn join_lookups_in(&self, nodes: &[Node], aggregates: Aggregates) -> Result<Joined> {
        let start = Joined { plan: self.input.clone(), found: vec![] };
        lookup::join(self.ctx, start, nodes, self.others, aggregates)
    }

    /// A scope over a plan with lookups joined on.
    pub fn scope<'a>(&'a self, joined: &'a Joined, aggregates: Aggregates) -> Scope<'a> {
        Scope::new(self.ctx, &joined.plan, aggregates).with_lookups(&joined.found)
    }

    /// A plan that began with the input's columns, with those alone.
    pub fn without_helpers(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        let own = self.columns();
        if plan.schema().fields().len() == own.len() {
            return Ok(plan);
        }
        Ok(builder::project(plan, own.into_iter().map(Expr::Column).collect())?)
    }

    /// The input's columns, hidden ones too.
    pub fn columns(&self) -> Vec<Column> {
        self.input.schema().columns()
    }
}
