//! Expressions of the object API: name, parameters and what they stand for in the plan.
//!
//! The decoder of payloads, the generator of the Python methods and the reference
//! read these entries; the sequence functions have entries of their own.

use std::any::Any;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::execution::{FunctionRegistry, SessionState};
use datafusion::logical_expr::expr::{AggregateFunction, ScalarFunction};
use datafusion::logical_expr::{AggregateUDF, Expr, ScalarUDF, WindowUDF};

use crate::error::{Code, Error, Result};
use crate::types::{is_string, is_temporal};

/// Where the base's functions come from: the session.
pub trait DslContext {
    /// The scalar function of this name.
    fn scalar(&self, name: &str) -> Option<Arc<ScalarUDF>>;
    /// The aggregate of this name.
    fn aggregate(&self, name: &str) -> Option<Arc<AggregateUDF>>;
    /// The window function of this name.
    fn window(&self, name: &str) -> Option<Arc<WindowUDF>>;
    /// The session, where SQL text can be planned.
    fn session(&self) -> Option<&SessionState>;
}

impl<T: FunctionRegistry + Any> DslContext for T {
    fn session(&self) -> Option<&SessionState> {
        (self as &dyn Any).downcast_ref()
    }

    fn scalar(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        self.udf(name).ok()
    }

    fn aggregate(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        self.udaf(name).ok()
    }

    fn window(&self, name: &str) -> Option<Arc<WindowUDF>> {
        self.udwf(name).ok()
    }
}

/// What an argument must be; NULL always fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Class {
    Any,
    Number,
    Integer,
    Text,
    Bool,
    /// A date, a time or a timestamp.
    Temporal,
    /// A number or a duration.
    Summable,
}

impl Class {
    /// Does a type fit?
    pub fn accepts(self, data_type: &DataType) -> bool {
        let held = match data_type {
            DataType::Null => return true,
            DataType::Dictionary(_, value) => value.as_ref(),
            other => other,
        };
        match self {
            Class::Any => true,
            Class::Number => held.is_numeric(),
            Class::Integer => held.is_integer(),
            Class::Text => is_string(held),
            Class::Bool => *held == DataType::Boolean,
            Class::Temporal => is_temporal(held),
            Class::Summable => held.is_numeric() || matches!(held, DataType::Duration(_)),
        }
    }

    /// In words, after "must be".
    pub fn words(self) -> &'static str {
        match self {
            Class::Any => "any value",
            Class::Number => "a number",
            Class::Integer => "an integer",
            Class::Text => "a string",
            Class::Bool => "a boolean",
            Class::Temporal => "a date, time or timestamp",
            Class::Summable => "a number or a duration",
        }
    }
}

/// How a parameter is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// Always.
    Required,
    /// By position or name, with this default.
    Optional(&'static str),
    /// By name alone, with this default.
    Keyword(&'static str),
    /// Any number of them, at least so many.
    Rest(usize),
}

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    /// Its name in Python.
    pub name: &'static str,
    /// What it must be.
    pub class: Class,
    /// How it is given.
    pub given: Given,
}

/// Where the method stands in the reference, and what it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MethodKind {
    /// An operator of Python.
    Operator,
    /// A plain function or method.
    Scalar,
    /// Behind `.s`, named `str_…`.
    Text,
    /// Behind `.dt`, named `dt_…`.
    Temporal,
    /// Aggregates rows.
    Aggregate,
    /// A pure window function.
    Window,
    /// Knows of the plan around it.
    Form,
}

/// Calls that the decoder must build itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Another partition or order for a window call.
    Over,
    /// The position of the row.
    RowIndex,
    /// A value from another table.
    Lookup,
}

/// What a method stands for.
#[derive(Clone, Copy)]
pub enum Lower {
    /// The base's function of this name, arguments as they are.
    Base(&'static str),
    /// An expression.
    With(fn(&Call) -> Result<Expr>),
    /// Something that the decoder builds.
    Form(Form),
}

/// One method.
pub struct Method {
    /// Its name in payloads.
    pub name: &'static str,
    /// What it gives.
    pub kind: MethodKind,
    /// Parameters, the one before the dot first.
    pub params: &'static [Param],
    /// What it stands for.
    pub lower: Lower,
    /// One line: what it does, with its null and boundary rule.
    pub summary: &'static str,
    /// A Python expression over `r` (aggregates: over `g`) of the table `ticks(ts, at, sym, px)`;
    /// empty where it is part of verbs alone.
    pub example: &'static str,
}

/// The arguments of a call, one slot per parameter that is not a rest.
pub struct Call<'a> {
    /// The session.
    pub ctx: &'a dyn DslContext,
    /// What is called.
    pub method: &'static Method,
    /// Arguments with their types.
    pub slots: Vec<Option<(Expr, DataType)>>,
    /// The rest, where the method takes one.
    pub rest: Vec<(Expr, DataType)>,
}

impl Call<'_> {
    /// A required argument.
    pub fn arg(&self, i: usize) -> Result<Expr> {
        self.opt(i).ok_or_else(|| {
            let name = self.method.params.get(i).map_or("", |p| p.name);
            Error::new(Code::Argument, format!("{} takes an argument '{name}'", self.method.name))
        })
    }

    /// An optional argument.
    pub fn opt(&self, i: usize) -> Option<Expr> {
        self.slots.get(i).and_then(Option::as_ref).map(|(e, _)| e.clone())
    }

    /// An argument's type; NULL's where it is absent.
    pub fn data_type(&self, i: usize) -> DataType {
        self.slots.get(i).and_then(Option::as_ref).map_or(DataType::Null, |(_, t)| t.clone())
    }

    /// All arguments, absent ones left out.
    pub fn all(&self) -> Vec<Expr> {
        self.slots.iter().flatten().chain(&self.rest).map(|(e, _)| e.clone()).collect()
    }

    /// The rest alone.
    pub fn others(&self) -> Vec<Expr> {
        self.rest.iter().map(|(e, _)| e.clone()).collect()
    }

    /// A call of the base's scalar function `name`.
    pub fn scalar(&self, name: &str, args: Vec<Expr>) -> Result<Expr> {
        let udf = self.ctx.scalar(name).ok_or_else(|| missing(name))?;
        Ok(Expr::ScalarFunction(ScalarFunction::new_udf(udf, args)))
    }

    /// A call of the base's aggregate `name`.
    pub fn aggregate(&self, name: &str, args: Vec<Expr>) -> Result<Expr> {
        self.filtered(name, args, None)
    }

    /// A call of the base's aggregate `name` over the rows where `filter` is true.
    pub fn filtered(&self, name: &str, args: Vec<Expr>, filter: Option<Expr>) -> Result<Expr> {
        let udaf = self.ctx.aggregate(name).ok_or_else(|| missing(name))?;
        let call = AggregateFunction::new_udf(udaf, args, false, filter.map(Box::new), vec![], None);
        Ok(Expr::AggregateFunction(call))
    }
}

/// The error for a function that the session lacks.
pub fn missing(name: &str) -> Error {
    Error::new(Code::UnknownFunction, format!("this session has no function '{name}'"))
}

pub(super) const fn req(name: &'static str, class: Class) -> Param {
    Param { name, class, given: Given::Required }
}

pub(super) const fn opt(name: &'static str, class: Class, default: &'static str) -> Param {
    Param { name, class, given: Given::Optional(default) }
}

pub(super) const fn key(name: &'static str, class: Class, default: &'static str) -> Param {
    Param { name, class, given: Given::Keyword(default) }
}

pub(super) const fn rest(name: &'static str, class: Class, least: usize) -> Param {
    Param { name, class, given: Given::Rest(least) }
}

pub(super) const fn method(
    name: &'static str,
    kind: MethodKind,
    params: &'static [Param],
    lower: Lower,
    text: [&'static str; 2],
) -> Method {
    let [summary, example] = text;
    Method { name, kind, params, lower, summary, example }
}
