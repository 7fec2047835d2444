"""Section 2: a wrong kind, value or type is an ArgumentError at the call; only data can fail later."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from ltseq import (
    ArgumentError,
    JoinConditionError,
    LTSeq,
    coalesce,
    concat_ws,
    funnel,
    if_else,
    lit,
    nvl,
    when,
)

pytestmark = pytest.mark.usefixtures("engine")

DAY = dt.timedelta(days=1)


@pytest.fixture
def t():
    days = [dt.date(2024, 1, day) for day in (1, 2, 3)]
    return LTSeq.from_dict(
        {
            "i": [1, 2, 3],
            "f": [1.5, 2.0, None],
            "s": ["x", "y", None],
            "b": [True, False, None],
            "d": days,
            "ts": [dt.datetime(2024, 1, day) for day in (1, 2, 3)],
            "tm": [dt.time(hour) for hour in (1, 2, 3)],
            "du": [dt.timedelta(days=day) for day in (1, 2, 3)],
            "dec": [Decimal("1.1"), Decimal("2.2"), None],
            "by": [b"a", b"b", None],
            "n": [None, None, None],
        }
    ).sort("i")


MIXED = {
    "text and number": lambda r: r.s > 1,
    "number and text": lambda r: r.i == "1",
    "two columns": lambda r: r.i != r.s,
    "number and bool": lambda r: r.i == True,  # noqa: E712
    "number and date": lambda r: r.i == r.d,
    "date and number": lambda r: r.d < 1,
    "timestamp and time": lambda r: r.ts == r.tm,
    "date and text column": lambda r: r.d == r.s,
    "date and text that is none": lambda r: r.d == "x",
    "duration and number": lambda r: r.du > 1,
    "bytes and text": lambda r: r.by == "a",
    "decimal and text": lambda r: r.dec == "1.1",
    "is_in": lambda r: r.i.is_in(["a"]),
    "is_in with one of another kind": lambda r: r.i.is_in([1, "a"]),
    "between": lambda r: r.i.between(1, "b"),
    "between of a text": lambda r: r.s.between(1, 2),
    "fill_null": lambda r: r.i.fill_null("x"),
    "fill_null of a date": lambda r: r.d.fill_null(1),
    "coalesce": lambda r: coalesce(r.i, r.s),
    "coalesce past NULL": lambda r: coalesce(r.n, r.d, 1),
    "nvl": lambda r: nvl(r.b, 1),
    "when and otherwise": lambda r: when(r.b, 1).otherwise("x"),
    "when and then": lambda r: when(r.b).then(r.d).when(r.i > 1, 1).otherwise(None),
    "if_else": lambda r: if_else(r.b, r.d, r.i),
    "date plus number": lambda r: r.d + 1,
    "date minus number": lambda r: r.d - r.i,
    "concat_ws": lambda r: concat_ws(",", r.s, r.i),
    "time plus time": lambda r: r.tm + r.tm,
    "number over duration": lambda r: r.i / r.du,
    "cast of a list of bytes": lambda r: r.by.cast("int64"),
    "cast of a date to bool": lambda r: r.d.cast("bool"),
    "year of a time": lambda r: r.tm.dt.year(),
    "weekday of a time": lambda r: r.tm.dt.weekday(),
    "day of the year of a time": lambda r: r.tm.dt.day_of_year(),
    "days added to a time": lambda r: r.tm.dt.add(days=1),
    "months added to a time": lambda r: r.tm.dt.add(months=1, hours=1),
    "day around a time": lambda r: r.tm.dt.truncate("day"),
    "quarter around a time": lambda r: r.tm.dt.truncate("quarter"),
    "try_cast of a time to a date": lambda r: r.tm.try_cast("date32"),
    "default of another kind": lambda r: r.i.shift(1, default="x"),
    "default of a date": lambda r: r.d.shift(1, default=1),
    "default of a bool": lambda r: r.b.shift(1, default=1),
    "default that an integer cannot hold": lambda r: r.i.shift(1, default=1.5),
}

OPTIONS = {
    "no weight": lambda r: r.f.ewm_mean(),
    "two weights": lambda r: r.f.ewm_mean(alpha=0.5, span=3),
    "alpha 0": lambda r: r.f.ewm_mean(alpha=0),
    "alpha over 1": lambda r: r.f.ewm_std(alpha=1.5),
    "alpha nan": lambda r: r.f.ewm_mean(alpha=float("nan")),
    "alpha text": lambda r: r.f.ewm_mean(alpha="x"),
    "alpha bool": lambda r: r.f.ewm_mean(alpha=True),
    "span under 1": lambda r: r.f.ewm_var(span=0.5),
    "halflife 0": lambda r: r.f.ewm_mean(halflife=0),
    "adjust": lambda r: r.f.ewm_mean(alpha=0.5, adjust=1),
    "limit 0": lambda r: r.f.fill_forward(limit=0),
    "limit negative": lambda r: r.f.fill_backward(limit=-1),
    "limit float": lambda r: r.f.fill_forward(limit=1.5),
    "rolling time": lambda r: r.f.rolling(DAY).sum(),
    "rolling preceding time": lambda r: r.f.rolling(preceding=DAY).sum(),
    "rolling time over a number": lambda r: r.f.rolling(DAY).sum().over(order_by="i"),
    "rolling time over two keys": lambda r: r.f.rolling(DAY).sum().over(order_by=["ts", "i"]),
    "max_gap": lambda r: r.f.fill_forward(max_gap=DAY),
}


@pytest.mark.parametrize("fn", MIXED.values(), ids=MIXED.keys())
def test_kinds_do_not_mix(t, fn):
    with pytest.raises(ArgumentError, match="of type"):
        t.derive(x=fn)


def test_the_error_names_column_and_type(t):
    with pytest.raises(ArgumentError, match=r"column 's' of type string.*int64"):
        t.filter(lambda r: r.s > 1)


@pytest.mark.parametrize("fn", OPTIONS.values(), ids=OPTIONS.keys())
def test_options_are_checked_at_the_call(t, fn):
    with pytest.raises(ArgumentError):
        t.derive(x=fn)


VERBS = {
    "within a number": lambda t: t.search_pattern(lambda r: r.i > 0, lambda r: r.i > 1, within=DAY),
    "within a time": lambda t: t.sort("ts").search_pattern(lambda r: r.i > 0, lambda r: r.i > 1, within=1),
    "within two keys": lambda t: t.sort("i", "f").search_pattern(lambda r: r.i > 0, lambda r: r.i > 1, within=1),
    "tolerance of a number": lambda t: t.asof_join(t, on="i", tolerance=DAY),
    "tolerance of a time": lambda t: t.asof_join(t, on="ts", tolerance=1),
    "tolerance nan": lambda t: t.asof_join(t, on="f", tolerance=float("nan")),
    "funnel over a number": lambda t: t.agg(n=lambda g: funnel(DAY, g.i > 1)),
    "interpolate along a text": lambda t: t.sort("s").derive(x=lambda r: r.f.interpolate()),
    "contain": lambda t: t.contain("s", 1),
    "contain a date": lambda t: t.contain("d", 1),
    "lookup": lambda t: t.derive(x=lambda r: r.d.lookup(t.select("i", "f"), "f", join_key="i")),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS.keys())
def test_verbs_check_kinds_at_the_call(t, verb):
    with pytest.raises(ArgumentError):
        verb(t)


@pytest.mark.parametrize(("left", "right"), [("d", "i"), ("s", "d"), ("b", "i"), ("du", "i"), ("ts", "tm")])
def test_join_keys_are_of_one_kind(t, left, right):
    with pytest.raises(JoinConditionError, match="Invalid join condition"):
        t.join(t, left_on=left, right_on=right)


ALIKE = {
    "int and float": (lambda r: r.i == 1.5, False),
    "int and decimal": (lambda r: r.i < r.dec, True),
    "date and timestamp": (lambda r: r.d == r.ts, True),
    "date and its text": (lambda r: r.d == "2024-01-01", True),
    "timestamp between dates": (lambda r: r.ts.between(dt.date(2024, 1, 1), dt.date(2024, 1, 2)), True),
    "NULL and anything": (lambda r: r.n == 1, None),
    "is_in with NULL": (lambda r: r.i.is_in([1, None]), True),
    "fill_null that widens": (lambda r: r.i.fill_null(1.5), 1.0),
    "when that widens": (lambda r: when(r.i > 1, 1).otherwise(2.5), 2.5),
    "when with NULL": (lambda r: when(r.i > 1, "x").otherwise(None), None),
    "coalesce with NULL": (lambda r: coalesce(r.n, r.s, lit(None)), "x"),
    "default that fits": (lambda r: r.f.shift(1, default=0), 0.0),
    "default of a whole float": (lambda r: r.i.shift(1, default=2.0), 2),
    "default of a date": (lambda r: r.ts.shift(1, default=dt.date(2024, 1, 1)), dt.datetime(2024, 1, 1)),
    "hour of a time": (lambda r: r.tm.dt.hour(), 1),
    "hours added to a time": (lambda r: r.tm.dt.add(hours=2), dt.time(3)),
    "hour around a time": (lambda r: r.tm.dt.truncate("hour"), dt.time(1)),
    "date plus duration": (lambda r: r.d + DAY, dt.date(2024, 1, 2)),
}


@pytest.mark.parametrize(("fn", "first"), ALIKE.values(), ids=ALIKE.keys())
def test_what_is_of_one_kind_mixes(t, fn, first):
    assert t.derive(x=fn).to_dicts()[0]["x"] == first


def test_a_constant_pattern_must_be_one(t):
    with pytest.raises(ArgumentError, match="regex"):
        t.filter(lambda r: r.s.s.regex_match("("))
    assert t.filter(lambda r: r.s.s.regex_match("^x|y$")).count() == 2


def test_repr_of_rows_that_cannot_be_computed(t):
    broken = t.filter(lambda r: r.s.cast("int64") > 1)
    assert "? rows" in repr(broken)
    assert "ExecutionError" in repr(broken)


def test_sql_stays_as_lenient_as_the_base(t):
    assert t.sql("SELECT i FROM self WHERE i = '2'").to_dicts() == [{"i": 2}]
