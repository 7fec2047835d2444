"""Sections 2 and 7 of API.md: kinds of values that do not mix are refused at the call, those that are alike mix."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from ltseq import (
    ArgumentError,
    LTSeq,
    coalesce,
    concat_ws,
    if_else,
    lit,
    nvl,
    when,
)

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
}


@pytest.mark.parametrize("fn", MIXED.values(), ids=MIXED.keys())
def test_kinds_do_not_mix(t, fn):
    with pytest.raises(ArgumentError, match="of type"):
        t.derive(x=fn)


def test_the_error_names_column_and_type(t):
    with pytest.raises(ArgumentError, match=r"column 's' of type string.*int64"):
        t.filter(lambda r: r.s > 1)


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
