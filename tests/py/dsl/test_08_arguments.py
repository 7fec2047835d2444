"""Section 8 of API.md: where aggregates may stand, and the values their parameters take."""

from __future__ import annotations

import datetime as dt

import pytest

import ltseq
from ltseq import ArgumentError, LTSeq, col, funnel

DAY = dt.timedelta(days=1)


@pytest.fixture
def t():
    return LTSeq.from_dict({"sym": ["a", "a", "b"], "px": [1.0, 2.0, 4.0], "qty": [1, 2, 3]})


def test_an_aggregate_in_derive_names_the_ways_out(t):
    with pytest.raises(ArgumentError) as error:
        t.derive(x=lambda r: r.px.sum())
    assert all(word in str(error.value) for word in ("agg", "rolling", ".over"))
    made = t.derive(x=lambda r: r.px.sum().over("sym"))
    assert [row["x"] for row in made.to_dicts()] == [3.0, 3.0, 4.0]


def test_an_unaggregated_column_is_an_error(t):
    with pytest.raises(ArgumentError, match="'px' is not aggregated"):
        t.agg("sym", x=lambda g: g.px + g.qty.sum())


def test_a_key_may_stand_as_it_is(t):
    made = t.agg("sym", x=lambda g: g.sym + "!", n=lambda g: g.count()).sort("sym")
    assert made.to_dicts() == [{"sym": "a", "x": "a!", "n": 2}, {"sym": "b", "x": "b!", "n": 1}]


def test_aggregates_do_not_nest(t):
    with pytest.raises(ArgumentError, match="do not nest"):
        t.agg("sym", x=lambda g: g.px.sum().max())


def test_agg_without_aggregates_is_an_error(t):
    for make in (lambda: t.agg("sym"), lambda: t.agg(), lambda: t.group_by("sym").agg()):
        with pytest.raises(ArgumentError, match="at least one aggregate"):
            make()


def test_a_column_named_like_a_reducer_is_reached_by_item():
    t = LTSeq.from_dict({"count": [5, 7], "k": ["x", "x"]})
    made = t.agg("k", n=lambda g: g.count(), s=lambda g: g["count"].sum(), m=lambda g: g.max("count"))
    assert made.to_dicts() == [{"k": "x", "n": 2, "s": 12, "m": 7}]


@pytest.mark.parametrize(
    "make",
    [
        lambda e: e.percentile(1.5), lambda e: e.percentile(-0.1), lambda e: e.percentile(True),
        lambda e: e.percentile("0.5"), lambda e: e.top_k(0), lambda e: e.nth(0),
    ],
)  # fmt: skip
def test_wrong_parameters_are_argument_errors(make):
    with pytest.raises(ArgumentError):
        make(col("px"))


def test_a_funnel_measures_along_its_order_key(t):
    with pytest.raises(ArgumentError):
        t.sort("qty").agg(n=lambda g: funnel(DAY, g.qty > 1))


def test_operators_stand_around_aggregates():
    t = LTSeq.from_dict({"d": [DAY, None, -DAY]})
    assert t.agg(x=lambda g: -g.d.max()).to_dicts() == [{"x": -DAY}]


def test_first_last_and_nth_may_ignore_nulls():
    t = LTSeq.from_dict({"i": [1, 2, 3], "k": [1, 1, 2], "v": [None, 5, 7]}).sort("i")
    made = t.agg(
        "k",
        a=lambda g: g.v.first(ignore_nulls=True),
        b=lambda g: g.first("v", ignore_nulls=True),
        c=lambda g: g.v.first(),
        d=lambda g: g.v.nth(n=1, ignore_nulls=True),
        e=lambda g: g.v.last(ignore_nulls=True),
    )
    assert sorted(tuple(row.values()) for row in made) == [(1, 5, 5, None, 5, 5), (2, 7, 7, 7, 7, 7)]
    text = t.agg(a=lambda g: g.v.first(ignore_nulls=True)).to_sql()
    assert ltseq.sql(text, mem_1=t).to_dicts() == [{"a": 5}]
    with pytest.raises(ArgumentError, match="ignore_nulls must be True or False"):
        t.agg(a=lambda g: g.v.first(ignore_nulls=1))
