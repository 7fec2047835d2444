//! Payloads as trees: JSON in, nodes out, nothing resolved yet.

use datafusion::common::ScalarValue;
use serde_json::{Map, Value};

use crate::error::{Code, Error, Result};
use crate::types::literal;

/// Depth of an expression past which it is refused rather than risked.
const DEEPEST: usize = 1_500;
/// Depth of JSON that fits any stack.
const SHALLOW: usize = 60;
/// Stack for deeper payloads, all that is done with them included.
const STACK: usize = 128 * 1024 * 1024;

/// Runs `f` with a stack as deep as the payload asks for.
pub fn with_stack<T>(text: &str, f: impl FnOnce() -> Result<T>) -> Result<T> {
    match depth(text) {
        d if d <= SHALLOW => f(),
        // A call takes two levels of JSON.
        d if d <= 2 * DEEPEST + SHALLOW => stacker::grow(STACK, f),
        _ => Err(too_deep()),
    }
}

/// How deeply brackets nest, those in texts aside.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for b in text.bytes() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn too_deep() -> Error {
    Error::new(Code::Argument, "the expression is nested too deeply").with_hint("derive a part of it as a column first")
}

/// Which table of a two-table lambda a column belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The table that the verb is called on.
    Left,
    /// The other table.
    Right,
}

/// An expression as Python serialized it.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A column by its exact name.
    Column {
        /// The name.
        name: String,
        /// The table, in two-table lambdas.
        side: Option<Side>,
    },
    /// A typed value.
    Literal(ScalarValue),
    /// A function or an operator.
    Call {
        /// Its name in the registry.
        func: String,
        /// Arguments by position.
        args: Vec<Node>,
        /// Arguments by name.
        kwargs: Vec<(String, Arg)>,
    },
    /// An expression under a name.
    Alias {
        /// The name.
        name: String,
        /// The expression.
        expr: Box<Node>,
    },
}

/// An argument by name: expressions, or plain JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    /// One expression.
    One(Node),
    /// A list of expressions.
    List(Vec<Node>),
    /// Text, number, boolean, null, or a list of them.
    Plain(Value),
}

/// Reads JSON of any depth.
pub fn read(text: &str) -> Result<Value> {
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.disable_recursion_limit();
    match reader.into_iter::<Value>().next() {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => Err(Error::new(Code::Argument, format!("a payload is no JSON: {error}"))),
        None => Err(Error::new(Code::Argument, "a payload is empty")),
    }
}

/// One expression.
pub fn node(value: &Value) -> Result<Node> {
    parse(value, 0)
}

/// A list of expressions.
pub fn nodes(values: &[Value]) -> Result<Vec<Node>> {
    values.iter().map(node).collect()
}

#[recursive::recursive]
fn parse(value: &Value, depth: usize) -> Result<Node> {
    if depth > DEEPEST {
        return Err(too_deep());
    }
    let Some(object) = value.as_object() else {
        return Err(malformed(value));
    };
    match object.get("type").and_then(Value::as_str) {
        Some("Column") => column(object, value),
        Some("Literal") => {
            let dtype = text(object, "dtype").ok_or_else(|| malformed(value))?;
            Ok(Node::Literal(literal(object.get("value").unwrap_or(&Value::Null), dtype)?))
        }
        Some("Call") => {
            let func = text(object, "func").ok_or_else(|| malformed(value))?.to_string();
            let empty = vec![];
            let args = object.get("args").and_then(Value::as_array).unwrap_or(&empty);
            let args = args.iter().map(|a| parse(a, depth + 1)).collect::<Result<_>>()?;
            let kwargs = match object.get("kwargs").and_then(Value::as_object) {
                Some(kwargs) => kwargs.iter().map(|(k, v)| Ok((k.clone(), arg(v, depth)?))).collect::<Result<_>>()?,
                None => vec![],
            };
            Ok(Node::Call { func, args, kwargs })
        }
        Some("Alias") => {
            let name = text(object, "name").ok_or_else(|| malformed(value))?.to_string();
            let expr = object.get("expr").ok_or_else(|| malformed(value))?;
            Ok(Node::Alias { name, expr: Box::new(parse(expr, depth + 1)?) })
        }
        _ => Err(malformed(value)),
    }
}

fn column(object: &Map<String, Value>, value: &Value) -> Result<Node> {
    let side = match object.get("side").and_then(Value::as_str) {
        None => None,
        Some("left") => Some(Side::Left),
        Some("right") => Some(Side::Right),
        Some(_) => return Err(malformed(value)),
    };
    let name = text(object, "name").ok_or_else(|| malformed(value))?.to_string();
    Ok(Node::Column { name, side })
}

fn arg(value: &Value, depth: usize) -> Result<Arg> {
    let is_node = |v: &Value| v.get("type").is_some_and(Value::is_string);
    match value {
        v if is_node(v) => Ok(Arg::One(parse(v, depth + 1)?)),
        Value::Array(items) if !items.is_empty() && items.iter().all(is_node) => {
            Ok(Arg::List(items.iter().map(|v| parse(v, depth + 1)).collect::<Result<_>>()?))
        }
        plain => Ok(Arg::Plain(plain.clone())),
    }
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

fn malformed(value: &Value) -> Error {
    let shown: String = value.to_string().chars().take(80).collect();
    Error::new(Code::Argument, format!("this is no expression: {shown}"))
}

impl Node {
    /// The name that the expression brings along: its alias, or a column's own.
    pub fn name(&self) -> Option<&str> {
        match self {
            Node::Column { name, .. } | Node::Alias { name, .. } => Some(name),
            Node::Literal(_) | Node::Call { .. } => None,
        }
    }

    /// The expressions that it is made of.
    pub fn children(&self) -> Box<dyn Iterator<Item = &Node> + '_> {
        match self {
            Node::Column { .. } | Node::Literal(_) => Box::new(std::iter::empty()),
            Node::Alias { expr, .. } => Box::new(std::iter::once(expr.as_ref())),
            Node::Call { args, kwargs, .. } => Box::new(args.iter().chain(kwargs.iter().flat_map(|(_, a)| a.nodes()))),
        }
    }

    /// The tables whose columns the expression reads.
    #[recursive::recursive]
    pub fn sides(&self) -> Vec<Side> {
        let mut found: Vec<Side> = match self {
            Node::Column { side, .. } => side.iter().copied().collect(),
            _ => self.children().flat_map(Node::sides).collect(),
        };
        found.dedup();
        found
    }
}

impl Arg {
    /// The expressions in it.
    pub fn nodes(&self) -> &[Node] {
        match self {
            Arg::One(node) => std::slice::from_ref(node),
            Arg::List(nodes) => nodes,
            Arg::Plain(_) => &[],
        }
    }

    /// Was nothing given: null, or an empty list?
    pub fn is_nothing(&self) -> bool {
        matches!(self, Arg::Plain(Value::Null)) || matches!(self, Arg::Plain(Value::Array(v)) if v.is_empty())
    }
}
