//! Aggregates in sequence order.

use super::{Entry, Kind, Op, Optional, Values};

const fn entry(name: &'static str, op: Op, values: Values, needs_order: bool, text: [&'static str; 5]) -> Entry {
    let [summary, returns, rule, example, python] = text;
    let optional: &'static [Optional] = &[];
    let kind = Kind::Aggregate;
    Entry { name, op, kind, values, optional, needs_order, summary, returns, rule, example, python }
}

const STEPS: Values = Values::Led("window", 1, "cond");
const X: Values = Values::Fixed(&["x"]);
const X_BY: Values = Values::Fixed(&["x", "by"]);

/// Every aggregate that the base does not have.
pub const AGGREGATES: &[Entry] = &[
    entry(
        "first",
        Op::First,
        X,
        true,
        [
            "Value of the first row.",
            "the type of x",
            "keeps NULL, unless NULLs are ignored",
            "SELECT FIRST(px) FROM ticks ORDERED BY ts",
            "ticks.agg(y=lambda g: g.px.first())",
        ],
    ),
    entry(
        "last",
        Op::Last,
        X,
        true,
        [
            "Value of the last row.",
            "the type of x",
            "keeps NULL, unless NULLs are ignored",
            "SELECT LAST(px) FROM ticks ORDERED BY ts",
            "ticks.agg(y=lambda g: g.px.last())",
        ],
    ),
    entry(
        "nth",
        Op::Nth,
        Values::Fixed(&["x", "n"]),
        true,
        [
            "Value of the n-th row, from 1.",
            "the type of x",
            "keeps NULL, unless NULLs are ignored; NULL where there are fewer rows",
            "SELECT NTH(px, 2) FROM ticks ORDERED BY ts",
            "ticks.agg(y=lambda g: g.px.nth(2))",
        ],
    ),
    entry(
        "arg_min",
        Op::ArgMin,
        X_BY,
        false,
        [
            "Value of x where by is least.",
            "the type of x",
            "skips rows whose by is NULL, takes the first on ties, keeps a NULL x",
            "SELECT ARG_MIN(ts, px) FROM ticks ORDERED BY ts",
            "ticks.agg(y=lambda g: g.ts.arg_min(g.px))",
        ],
    ),
    entry(
        "arg_max",
        Op::ArgMax,
        X_BY,
        false,
        [
            "Value of x where by is greatest.",
            "the type of x",
            "skips rows whose by is NULL, takes the first on ties, keeps a NULL x",
            "SELECT ARG_MAX(ts, px) FROM ticks ORDERED BY ts",
            "ticks.agg(y=lambda g: g.ts.arg_max(g.px))",
        ],
    ),
    entry(
        "funnel",
        Op::Funnel,
        STEPS,
        true,
        [
            "How deep the steps were reached in order, each on a later row, gaps allowed.",
            "BIGINT, 0 for none",
            "every step within the window (inclusive) from step 1, along the one order key; never a window",
            "SELECT FUNNEL(2, px = 1, px > 1, px > 4) FROM ticks ORDERED BY ts",
            "ticks.agg(y=lambda g: funnel(2, g.px == 1, g.px > 1, g.px > 4))",
        ],
    ),
];
