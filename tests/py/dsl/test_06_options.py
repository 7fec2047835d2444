"""Section 6 of API.md, sequence expressions: their options, what needs an order, what `.over` takes, their JSON."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

import ltseq
from ltseq import ArgumentError, ColumnNotFoundError, LTSeq, SortRequiredError, col

DAY = dt.timedelta(days=1)
PX = {"type": "Column", "name": "px"}


@pytest.fixture
def t():
    return LTSeq.from_dict(
        {
            "i": [1, 2, 3],
            "px": [1.5, 2.0, None],
            "sym": ["x", "y", None],
            "ok": [True, False, None],
            "ts": [dt.datetime(2024, 1, day) for day in (1, 2, 3)],
            "d": [dt.date(2024, 1, day) for day in (1, 2, 3)],
            "dec": [Decimal("1.1"), Decimal("2.2"), None],
        }
    )


def call(func, *args, **kwargs):
    return {"type": "Call", "func": func, "args": list(args), "kwargs": kwargs}


def literal(value, dtype):
    return {"type": "Literal", "value": value, "dtype": dtype}


def x(table):
    return [row["x"] for row in table.to_dicts()]


# SortRequiredError without an order

CALLS = [
    lambda r: r.px.shift(), lambda r: r.px.diff() > 0, lambda r: r.px.rolling(3).mean(), lambda r: r.px.cum_sum(),
    lambda r: ltseq.row_number(), lambda r: ltseq.if_else(r.ok, r.px.shift(), 0.0), lambda r: ltseq.run_id("sym"),
    lambda r: r.px.shift(partition_by="sym"), lambda r: r.px.shift().over("sym"), lambda r: r.px.fill_forward(),
    lambda r: r.ok.streak(), lambda r: r.px.pct_change(), lambda r: r.px.ewm_mean(alpha=0.5),
]  # fmt: skip


@pytest.mark.parametrize("fn", CALLS)
def test_a_sequence_function_needs_an_order(t, fn):
    with pytest.raises(SortRequiredError, match=r"sort\("):
        t.derive(x=fn)
    assert t.sort("ts").derive(x=fn).columns == [*t.columns, "x"]


def test_over_with_an_order_needs_no_table_order(t):
    assert x(t.derive(x=lambda r: r.i.shift().over(order_by="ts"))) == [None, 1, 2]
    made = t.derive(x=lambda r: ltseq.rank().over(order_by="i", descending=True))
    assert x(made) == [3, 2, 1]


def test_a_nested_call_needs_its_own_order(t):
    with pytest.raises(SortRequiredError, match="shift"):
        t.derive(x=lambda r: r.px.shift().cum_sum().over(order_by="ts"))


def test_columns_are_checked_before_order(t):
    with pytest.raises(ColumnNotFoundError):
        t.derive(x=lambda r: r.nope.shift())


def test_an_aggregate_over_a_partition_needs_no_order(t):
    assert x(t.derive(x=lambda r: r.px.sum().over("ok"))) == [1.5, 2.0, None]
    t = LTSeq.from_dict({"k": ["a", "a", "b"], "v": [3, 1, 1], "n": [1, 2, 3]})
    assert x(t.derive(x=lambda r: r.n.arg_min("v").over("k"))) == [2, 2, 3]
    assert x(t.derive(x=lambda r: r.n.arg_min(r.v).over())) == [2, 2, 2]


# errors of options

OPTIONS = {
    "no weight": lambda r: r.px.ewm_mean(),
    "two weights": lambda r: r.px.ewm_mean(alpha=0.5, span=3),
    "alpha 0": lambda r: r.px.ewm_mean(alpha=0),
    "alpha over 1": lambda r: r.px.ewm_std(alpha=1.5),
    "alpha nan": lambda r: r.px.ewm_mean(alpha=float("nan")),
    "alpha text": lambda r: r.px.ewm_mean(alpha="x"),
    "alpha bool": lambda r: r.px.ewm_mean(alpha=True),
    "span under 1": lambda r: r.px.ewm_var(span=0.5),
    "halflife 0": lambda r: r.px.ewm_mean(halflife=0),
    "adjust": lambda r: r.px.ewm_mean(alpha=0.5, adjust=1),
    "limit 0": lambda r: r.px.fill_forward(limit=0),
    "limit negative": lambda r: r.px.fill_backward(limit=-1),
    "limit float": lambda r: r.px.fill_forward(limit=1.5),
    "rolling time": lambda r: r.px.rolling(DAY).sum(),
    "rolling preceding time": lambda r: r.px.rolling(preceding=DAY).sum(),
    "rolling time over a number": lambda r: r.px.rolling(DAY).sum().over(order_by="i"),
    "rolling time over two keys": lambda r: r.px.rolling(DAY).sum().over(order_by=["ts", "i"]),
    "max_gap": lambda r: r.px.fill_forward(max_gap=DAY),
    "default of another kind": lambda r: r.i.shift(1, default="x"),
    "default of a date": lambda r: r.d.shift(1, default=1),
    "default of a bool": lambda r: r.ok.shift(1, default=1),
    "default that an integer cannot hold": lambda r: r.i.shift(1, default=1.5),
}


@pytest.mark.parametrize("fn", OPTIONS.values(), ids=OPTIONS)
def test_options_are_checked_at_the_call(t, fn):
    with pytest.raises(ArgumentError):
        t.sort("i").derive(x=fn)


@pytest.mark.parametrize(
    "verb",
    [
        lambda t: t.search_pattern(lambda r: r.i > 0, lambda r: r.i > 1, within=DAY),
        lambda t: t.sort("ts").search_pattern(lambda r: r.i > 0, lambda r: r.i > 1, within=1),
        lambda t: t.sort("i", "px").search_pattern(lambda r: r.i > 0, lambda r: r.i > 1, within=1),
        lambda t: t.sort("sym").derive(x=lambda r: r.px.interpolate()),
    ],
    ids=["within a number", "within a time", "within two keys", "interpolate along a text"],
)
def test_lengths_along_the_order_key_are_checked_at_the_call(t, verb):
    with pytest.raises(ArgumentError):
        verb(t.sort("i"))


def test_defaults_that_fit_are_taken(t):
    t = t.sort("i")
    assert x(t.derive(x=lambda r: r.px.shift(1, default=0))) == [0.0, 1.5, 2.0]
    assert x(t.derive(x=lambda r: r.i.shift(1, default=2.0))) == [2, 1, 2]
    assert x(t.derive(x=lambda r: r.ts.shift(1, default=dt.date(2023, 12, 31))))[0] == dt.datetime(2023, 12, 31)


WRONG = {
    "rolling 0": lambda e: e.rolling(0),
    "rolling negative": lambda e: e.rolling(-1),
    "rolling bool": lambda e: e.rolling(True),
    "rolling float": lambda e: e.rolling(1.5),
    "rolling text": lambda e: e.rolling("3"),
    "rolling nothing": lambda e: e.rolling(),
    "rolling no time": lambda e: e.rolling(dt.timedelta(0)),
    "rolling n and preceding": lambda e: e.rolling(3, preceding=1),
    "rolling preceding negative": lambda e: e.rolling(preceding=-1),
    "rolling rows and time": lambda e: e.rolling(preceding=1, following=DAY),
    "rolling min_periods": lambda e: e.rolling(3, min_periods=-1),
    "rolling agg": lambda e: e.rolling(3).agg(5),
    "shift float": lambda e: e.shift(1.5),
    "shift text": lambda e: e.shift("1"),
    "shift bool": lambda e: e.shift(True),
    "diff None": lambda e: e.diff(None),
    "ntile 0": lambda e: ltseq.ntile(0),
    "over of a column": lambda e: e.over("sym"),
    "over of a sum of two": lambda e: (e.shift() + 1).over("sym"),
    "over of a text function": lambda e: e.s.lower().over("sym"),
    "partition twice": lambda e: e.shift(partition_by="a").over("b"),
    "over twice": lambda e: e.shift().over("a").over("b"),
    "desc no bool": lambda e: e.shift().over(order_by="ts", desc=1),
    "desc of another length": lambda e: e.shift().over(order_by="ts", desc=[True, False]),
    "over a number": lambda e: e.shift().over(5),
}


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG)
def test_wrong_values_are_argument_errors(make):
    with pytest.raises(ArgumentError):
        make(col("px"))


def test_an_unknown_keyword_of_rolling_is_named():
    with pytest.raises(ArgumentError, match=r"'min_period'.*min_periods"):
        col("px").rolling(3, min_period=1)


# serialize()


def test_sequence_calls_serialize_their_partition_and_ignore_nulls():
    made = col("px").shift(partition_by=["sym", col("day")], ignore_nulls=True)
    keys = [{"type": "Column", "name": "sym"}, {"type": "Column", "name": "day"}]
    assert made.serialize() == call("shift", PX, partition_by=keys, ignore_nulls=True)


def test_rolling_serializes_its_aggregate_and_frame():
    assert col("px").rolling(3, 1).mean().serialize() == call(
        "rolling", call("avg", PX), n=literal(3, "Int64"), min_periods=literal(1, "Int64")
    )
    centred = col("px").rolling(preceding=1, following=2).max()
    assert centred.serialize() == call(
        "rolling", call("max", PX), preceding=literal(1, "Int64"), following=literal(2, "Int64")
    )
    timed = col("px").rolling(dt.timedelta(seconds=5)).agg("stddev")
    assert timed.serialize() == call("rolling", call("std", PX), n=literal(5_000_000, "Duration(Microsecond)"))


def test_over_serializes_partition_and_order():
    made = col("px").shift().over("sym", order_by=["ts", "id"], descending=[True, False])
    assert made.serialize() == call(
        "over",
        call("shift", PX),
        partition_by=[{"type": "Column", "name": "sym"}],
        order_by=[{"type": "Column", "name": "ts"}, {"type": "Column", "name": "id"}],
        descending=[True, False],
    )
