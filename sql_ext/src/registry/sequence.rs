//! Sequence functions: section 4 of the language.

use super::{Class, Entry, Kind, Op, Optional, Values};

const N: Optional = Optional { name: "n", class: Class::Integer, positional: true, default: "1" };
const DEFAULT: Optional = Optional { name: "default", class: Class::Any, positional: true, default: "NULL" };

const fn named(name: &'static str, class: Class, default: &'static str) -> Optional {
    Optional { name, class, positional: false, default }
}

const fn entry(
    name: &'static str,
    op: Op,
    values: Values,
    optional: &'static [Optional],
    text: [&'static str; 5],
) -> Entry {
    let [summary, returns, rule, example, python] = text;
    let (kind, needs_order) = (Kind::Sequence, true);
    Entry { name, op, kind, values, optional, needs_order, summary, returns, rule, example, python }
}

const X: Values = Values::Fixed(&["x"]);
const COND: Values = Values::Fixed(&["cond"]);
const EWM: &[Optional] = &[
    named("alpha", Class::Number, "NULL"),
    named("span", Class::Number, "NULL"),
    named("halflife", Class::Number, "NULL"),
    named("adjust", Class::Bool, "false"),
];
const FILL: &[Optional] = &[named("limit", Class::Integer, "NULL"), named("max_gap", Class::Any, "NULL")];
const SKIPS: &str = "skips NULL and carries on; NULL before the first value; tied keys do not share";

/// Every sequence function.
pub const SEQUENCES: &[Entry] = &[
    entry(
        "shift",
        Op::Shift,
        X,
        &[N, DEFAULT],
        [
            "Value n rows back; negative n looks ahead.",
            "the type of x",
            "NULL, or default, past the ends of the partition",
            "SELECT ts, px, SHIFT(px) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'px', lambda r: r.px.shift())",
        ],
    ),
    entry(
        "diff",
        Op::Diff,
        X,
        &[N],
        [
            "The value less the value n rows back.",
            "the type of that subtraction: timestamps give durations",
            "NULL where either value is NULL or past the ends",
            "SELECT ts, px, DIFF(px) FROM ticks ORDERED BY ts PARTITION BY sym",
            "ticks.sort('ts', partition_by='sym').select('ts', 'px', lambda r: r.px.diff())",
        ],
    ),
    entry(
        "pct_change",
        Op::PctChange,
        X,
        &[N],
        [
            "Relative change against the value n rows back.",
            "DOUBLE",
            "NULL where either value is NULL or past the ends; division by zero is ±inf or NaN",
            "SELECT ts, px, PCT_CHANGE(px) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'px', lambda r: r.px.pct_change())",
        ],
    ),
    entry(
        "rolling",
        Op::Rolling,
        Values::AggregateCall,
        &[
            Optional { name: "n", class: Class::Any, positional: true, default: "1" },
            named("min_periods", Class::Integer, "the frame's full size, 1 for intervals"),
            named("preceding", Class::Any, "0"),
            named("following", Class::Any, "0"),
        ],
        [
            "An aggregate over the last n rows, or over the rows of the last interval.",
            "the type of the aggregate",
            "NULL until min_periods non-null inputs are in the frame; an interval includes its far edge and peers and needs one order key",
            "SELECT ts, px, ROLLING(AVG(px), 3) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'px', lambda r: r.px.rolling(3).mean())",
        ],
    ),
    entry(
        "cum_sum",
        Op::CumSum,
        X,
        &[],
        [
            "Running sum.",
            "the type of SUM",
            SKIPS,
            "SELECT ts, px, CUM_SUM(px) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'px', lambda r: r.px.cum_sum())",
        ],
    ),
    entry(
        "cum_min",
        Op::CumMin,
        X,
        &[],
        [
            "Running minimum.",
            "the type of x",
            SKIPS,
            "SELECT ts, px, CUM_MIN(px) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'px', lambda r: r.px.cum_min())",
        ],
    ),
    entry(
        "cum_max",
        Op::CumMax,
        X,
        &[],
        [
            "Running maximum.",
            "the type of x",
            SKIPS,
            "SELECT ts, px, CUM_MAX(px) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'px', lambda r: r.px.cum_max())",
        ],
    ),
    entry(
        "cum_avg",
        Op::CumAvg,
        X,
        &[],
        [
            "Running mean.",
            "the type of AVG",
            SKIPS,
            "SELECT ts, px, CUM_AVG(px) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'px', lambda r: r.px.cum_avg())",
        ],
    ),
    entry(
        "cum_count",
        Op::CumCount,
        X,
        &[],
        [
            "Running count of values.",
            "BIGINT",
            "NULL does not count; 0 before the first value",
            "SELECT ts, px, CUM_COUNT(px) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'px', lambda r: r.px.cum_count())",
        ],
    ),
    entry(
        "cum_prod",
        Op::CumProd,
        X,
        &[],
        [
            "Running product.",
            "BIGINT for integers, otherwise DOUBLE",
            SKIPS,
            "SELECT ts, px, CUM_PROD(px) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'px', lambda r: r.px.cum_prod())",
        ],
    ),
    entry(
        "ewm_mean",
        Op::EwmMean,
        X,
        EWM,
        [
            "Exponentially weighted mean.",
            "DOUBLE",
            "NULL keeps the last value and its weight decays; NULL before the first value",
            "SELECT ts, px, EWM_MEAN(px, alpha => 0.5) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'px', lambda r: r.px.ewm_mean(alpha=0.5))",
        ],
    ),
    entry(
        "ewm_std",
        Op::EwmStd,
        X,
        EWM,
        [
            "Exponentially weighted standard deviation.",
            "DOUBLE",
            "NULL for one value",
            "SELECT ts, px, EWM_STD(px, span => 3) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'px', lambda r: r.px.ewm_std(span=3))",
        ],
    ),
    entry(
        "ewm_var",
        Op::EwmVar,
        X,
        EWM,
        [
            "Exponentially weighted variance.",
            "DOUBLE",
            "NULL for one value",
            "SELECT ts, px, EWM_VAR(px, halflife => 2) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'px', lambda r: r.px.ewm_var(halflife=2))",
        ],
    ),
    entry(
        "fill_forward",
        Op::FillForward,
        X,
        FILL,
        [
            "The last value that was not NULL.",
            "the type of x",
            "at most limit rows and max_gap (inclusive) of the one order key after it",
            "SELECT ts, px, FILL_FORWARD(px, limit => 1) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'px', lambda r: r.px.fill_forward(limit=1))",
        ],
    ),
    entry(
        "fill_backward",
        Op::FillBackward,
        X,
        FILL,
        [
            "The next value that is not NULL.",
            "the type of x",
            "at most limit rows and max_gap (inclusive) of the one order key before it",
            "SELECT ts, px, FILL_BACKWARD(px) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'px', lambda r: r.px.fill_backward())",
        ],
    ),
    entry(
        "interpolate",
        Op::Interpolate,
        X,
        &[],
        [
            "Linear by the one order key between the values around.",
            "DOUBLE",
            "NULL outside the first and last value",
            "SELECT ts, px, INTERPOLATE(px) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'px', lambda r: r.px.interpolate())",
        ],
    ),
    entry(
        "run_id",
        Op::RunId,
        Values::AtLeast(1, "key"),
        &[],
        [
            "Number of the run of equal neighbouring keys.",
            "BIGINT, from 0",
            "NULL equals NULL; restarts per partition",
            "SELECT ts, sym, RUN_ID(sym) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'sym', lambda r: r.sym.run_id())",
        ],
    ),
    entry(
        "run_id_when",
        Op::RunIdWhen,
        COND,
        &[],
        [
            "Number of the run, a true condition starting the next.",
            "BIGINT, from 0",
            "NULL does not start a run; the first row belongs to run 0",
            "SELECT ts, px, RUN_ID_WHEN(px > 2) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'px', lambda r: (r.px > 2).run_id_when())",
        ],
    ),
    entry(
        "run_pos",
        Op::RunPos,
        Values::AtLeast(0, "key"),
        &[],
        [
            "Position in the run of equal neighbouring keys.",
            "BIGINT, from 0",
            "keys are left out only with GROUP ORDERED",
            "SELECT ts, sym, RUN_POS(sym) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'sym', lambda r: r.sym.run_pos())",
        ],
    ),
    entry(
        "streak",
        Op::Streak,
        COND,
        &[],
        [
            "How many rows in a row, up to here, the condition has held.",
            "BIGINT",
            "NULL ends a streak like false",
            "SELECT ts, px, STREAK(px > 2) FROM ticks ORDERED BY ts",
            "ticks.select('ts', 'px', lambda r: (r.px > 2).streak())",
        ],
    ),
    Entry {
        needs_order: false,
        ..entry(
            "search_first",
            Op::SearchFirst,
            COND,
            &[],
            [
                "True on the first row of the partition where the condition holds.",
                "BOOLEAN",
                "NULL does not hold",
                "SELECT * FROM ticks ORDERED BY ts QUALIFY SEARCH_FIRST(px > 2)",
                "ticks.filter(lambda r: (r.px > 2).search_first())",
            ],
        )
    },
    entry(
        "search_pattern",
        Op::SearchPattern,
        Values::AtLeast(1, "cond"),
        &[named("within", Class::Any, "NULL")],
        [
            "True on the first of n consecutive rows that satisfy the n conditions.",
            "BOOLEAN",
            "the last row lies no later than within (inclusive) after the first",
            "SELECT * FROM ticks ORDERED BY ts QUALIFY SEARCH_PATTERN(px > 2, px > 3)",
            "ticks.filter(lambda r: (r.px > 2).search_pattern(r.px > 3))",
        ],
    ),
];
