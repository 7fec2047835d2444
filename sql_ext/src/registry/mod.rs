//! The one list of functions: name, parameters, kind, rules, example.
//!
//! Everything that knows a function by name asks here: the SQL session, the
//! payload decoder, the generator of the Python methods and of the reference.

mod aggregate;
mod describe;
mod framed;
mod method;
mod operators;
mod own;
mod reducer;
mod scalar;
mod sequence;
mod string;
mod sum;
mod temporal;
mod udaf;
mod udwf;

pub use aggregate::AGGREGATES;
pub use describe::describe;
pub use framed::framed;
pub use method::{Call, Class, DslContext, Form, Given, Lower, Method, MethodKind, Param, missing};
pub use operators::{BOTH, EQUAL, OPERATORS};
pub use own::{aggregate_functions, as_key, key, scalar_functions, sole, sole_row};
pub use reducer::{REDUCERS, WINDOWS};
pub use scalar::{SCALARS, key_value};
pub use sequence::SEQUENCES;
pub use string::STRINGS;
pub use sum::{is_sum, stock_sum, sum};
pub use temporal::TEMPORALS;
pub use udaf::{OrderedAggregate, ordered_aggregate, ordered_aggregates};
pub use udwf::{RollingAggregate, SequenceFunction, sequence_call, sequence_functions, sequence_type, taken_fields};

/// How a function takes its place in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Reads neighbouring rows; needs an order unless `OVER` gives one.
    Sequence,
    /// Aggregates rows in sequence order.
    Aggregate,
}

/// What a sequence function or ordered aggregate does; behaviour branches on this, never on names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Op {
    Shift,
    Diff,
    PctChange,
    Rolling,
    CumSum,
    CumMin,
    CumMax,
    CumAvg,
    CumCount,
    CumProd,
    EwmMean,
    EwmStd,
    EwmVar,
    FillForward,
    FillBackward,
    Interpolate,
    RunId,
    RunIdWhen,
    RunPos,
    Streak,
    SearchFirst,
    SearchPattern,
    First,
    Last,
    Nth,
    ArgMin,
    ArgMax,
    Funnel,
}

impl Op {
    /// What the first value of a call must be.
    pub fn takes(self) -> Class {
        match self {
            Op::CumSum => Class::Summable,
            Op::PctChange | Op::CumAvg | Op::CumProd | Op::EwmMean | Op::EwmStd | Op::EwmVar | Op::Interpolate => {
                Class::Number
            }
            Op::RunIdWhen | Op::Streak | Op::SearchFirst | Op::SearchPattern => Class::Bool,
            _ => Class::Any,
        }
    }

    /// What its other values must be, where they are not all alike.
    pub fn then_takes(self) -> Class {
        match self {
            Op::Nth => Class::Integer,
            Op::Funnel => Class::Bool,
            _ => Class::Any,
        }
    }
}

/// The leading arguments of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Exactly these.
    Fixed(&'static [&'static str]),
    /// At least this many, all alike.
    AtLeast(usize, &'static str),
    /// One, then at least this many, all alike.
    Led(&'static str, usize, &'static str),
    /// One aggregate call.
    AggregateCall,
}

/// An optional argument after the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Optional {
    /// Its name in `name => value` and in Python.
    pub name: &'static str,
    /// What it must be; the Python method checks integers at the call.
    pub class: Class,
    /// May it be given by position?
    pub positional: bool,
    /// Its default, as the reference prints it.
    pub default: &'static str,
}

/// One function.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// Name, in lower case, in SQL and Python alike.
    pub name: &'static str,
    /// What it does.
    pub op: Op,
    /// How it takes its place in a query.
    pub kind: Kind,
    /// Leading arguments.
    pub values: Values,
    /// Optional arguments.
    pub optional: &'static [Optional],
    /// Is it an error without an order?
    pub needs_order: bool,
    /// One line: what it does.
    pub summary: &'static str,
    /// Result type.
    pub returns: &'static str,
    /// Null, boundary and tie rule.
    pub rule: &'static str,
    /// A query over the table `ticks(ts, at, sym, px)` of the reference page.
    pub example: &'static str,
    /// The same in Python, where `ticks` is that table in the order of ts.
    pub python: &'static str,
}

/// All entries, in the order of the reference.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    SEQUENCES.iter().chain(AGGREGATES)
}

/// The entry of a name, in any case.
pub fn find(name: &str) -> Option<&'static Entry> {
    entries().find(|entry| entry.name.eq_ignore_ascii_case(name))
}

/// Every method of the object API but the sequence functions and ordered aggregates.
pub fn methods() -> impl Iterator<Item = &'static Method> {
    [OPERATORS, SCALARS, STRINGS, TEMPORALS, REDUCERS, WINDOWS].into_iter().flatten()
}

/// The method of a name in payloads.
pub fn find_method(name: &str) -> Option<&'static Method> {
    methods().find(|m| m.name == name)
}
