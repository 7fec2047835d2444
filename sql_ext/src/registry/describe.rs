//! The registry as JSON: what the generator of the Python package and of the reference reads.

use serde_json::{Value, json};

use super::{Class, Entry, Given, Kind, Lower, Method, MethodKind, Op, Optional, Param, Values, entries, methods};

/// Every function in the order of the reference, and every method of the object API.
pub fn describe() -> Value {
    json!({
        "functions": entries().map(entry).collect::<Vec<_>>(),
        "methods": methods().map(method).collect::<Vec<_>>(),
    })
}

fn entry(entry: &Entry) -> Value {
    json!({
        "name": entry.name,
        "kind": match entry.kind { Kind::Sequence => "sequence", Kind::Aggregate => "aggregate" },
        "values": values(entry.values, entry.op),
        "optional": entry.optional.iter().map(optional).collect::<Vec<_>>(),
        "needs_order": entry.needs_order,
        "ignores_nulls": entry.kind == Kind::Sequence || matches!(entry.op, Op::First | Op::Last | Op::Nth),
        "summary": entry.summary,
        "returns": entry.returns,
        "rule": entry.rule,
        "example": entry.example,
        "python": entry.python,
    })
}

/// The leading arguments: `fixed` ones, any number of them (`repeats`, at least `least`), or an `aggregate` call.
fn values(values: Values, op: Op) -> Value {
    let value = |name: &str, class: Class| json!({ "name": name, "class": word(class) });
    match values {
        Values::Fixed(names) => {
            let class = |i: usize| if i == 0 { op.takes() } else { op.then_takes() };
            let names: Vec<_> = names.iter().enumerate().map(|(i, name)| value(name, class(i))).collect();
            json!({ "form": "fixed", "least": names.len(), "names": names })
        }
        Values::AtLeast(least, name) => {
            json!({ "form": "repeats", "least": least, "names": [value(name, op.takes())] })
        }
        Values::Led(first, least, name) => {
            let names = [value(first, Class::Any), value(name, op.then_takes())];
            json!({ "form": "led", "least": least, "names": names })
        }
        Values::AggregateCall => json!({ "form": "aggregate", "least": 1, "names": [value("agg(x)", Class::Any)] }),
    }
}

fn optional(optional: &Optional) -> Value {
    json!({
        "name": optional.name,
        "class": word(optional.class),
        "positional": optional.positional,
        "default": optional.default,
    })
}

fn method(method: &Method) -> Value {
    json!({
        "name": method.name,
        "kind": match method.kind {
            MethodKind::Operator => "operator",
            MethodKind::Scalar => "scalar",
            MethodKind::Text => "text",
            MethodKind::Temporal => "temporal",
            MethodKind::Aggregate => "aggregate",
            MethodKind::Window => "window",
            MethodKind::Form => "form",
        },
        "params": method.params.iter().map(param).collect::<Vec<_>>(),
        "sql": match method.lower { Lower::Base(name) => Some(name), Lower::With(_) | Lower::Form(_) => None },
        "summary": method.summary,
        "example": method.example,
    })
}

fn param(param: &Param) -> Value {
    let (given, default) = match param.given {
        Given::Required => ("required", json!(null)),
        Given::Optional(default) => ("optional", json!(default)),
        Given::Keyword(default) => ("keyword", json!(default)),
        Given::Rest(least) => ("rest", json!(least)),
    };
    json!({ "name": param.name, "class": word(param.class), "given": given, "default": default })
}

fn word(class: Class) -> &'static str {
    match class {
        Class::Any => "any",
        Class::Number => "number",
        Class::Integer => "integer",
        Class::Text => "text",
        Class::Bool => "bool",
        Class::Temporal => "temporal",
        Class::Summable => "summable",
    }
}
