"""Section 9, `agg(fn)`: what is constant in a group stands as it is, and a key that is still there names the order.

Section 7: lookups by what a group has in common. Section 6: `rvs` of any order.
"""

from __future__ import annotations

import datetime as dt

import pytest

import ltseq
from ltseq import ArgumentError, LTSeq


@pytest.fixture
def t():
    return LTSeq.from_dict({"i": [1, 2, 3], "g": [1, 1, 2], "v": [5, 6, 7]}).sort("i")


@pytest.fixture
def names():
    return LTSeq.from_dict({"g": [1, 2], "w": [10, 20]})


def test_a_key_of_the_runs_stands_as_it_is(t):
    made = t.group_ordered("g").agg(lambda g: {"g": g.g, "n": g.count()})
    assert made.to_dicts() == [{"g": 1, "n": 2}, {"g": 2, "n": 1}]
    with pytest.raises(ArgumentError, match=r"column 'v' .* neither a key nor inside an aggregate"):
        t.group_ordered("g").agg(lambda g: {"v": g.v})


def test_a_key_of_the_groups_looks_up(t, names):
    made = t.agg("g", x=lambda g: g.g.lookup(names, "w", join_key="g") + g.v.sum())
    assert sorted(row["x"] for row in made) == [21, 27]
    runs = t.group_ordered("g").agg(lambda g: {"x": g.g.lookup(names, "w", join_key="g"), "n": g.count()})
    assert runs.to_dicts() == [{"x": 10, "n": 2}, {"x": 20, "n": 1}]
    for wrong in (
        lambda: t.agg("g", x=lambda g: g.v.lookup(names, "w", join_key="g")),
        lambda: t.group_ordered("g").agg(lambda g: {"x": g.v.lookup(names, "w", join_key="g")}),
    ):
        with pytest.raises(ArgumentError, match="column 'v'"):
            wrong()


@pytest.mark.parametrize(
    ("mapped", "name"),
    [
        (lambda g: {"a": g.first().a, "n": g.count()}, "a"),
        (lambda g: {"z": g.a.first(), "n": g.count()}, "z"),
        (lambda g: {"a": g.a, "n": g.count()}, "a"),
    ],
)
def test_the_first_value_of_a_sort_key_is_one(mapped, name):
    s = LTSeq.from_dict({"a": [1, 1, 2], "i": [1, 2, 3]}).sort("a")
    runs = s.group_ordered("a").agg(mapped)
    assert (runs.sort_keys, runs.is_sorted_by(name)) == ([(name, False)], True)
    assert [row["p"] for row in runs.derive(p=lambda r: r.n.shift())] == [None, 2]
    turned = runs.rvs()
    assert turned.sort_keys == [(name, True)]
    assert [row["p"] for row in turned.derive(p=lambda r: r.n.shift())] == [None, 1]
    assert ltseq.sql(runs.to_sql(), mem_1=s).to_dicts() == runs.to_dicts()


def test_another_value_of_a_sort_key_is_none(t):
    runs = t.group_ordered("g").agg(lambda g: {"i": g.i.last(), "m": g.i.max()})
    assert runs.sort_keys == []


def test_rows_without_a_named_key_turn_with_their_order(t):
    runs = t.group_ordered("g").agg(lambda g: {"n": g.count()})
    assert [row["p"] for row in runs.rvs().derive(p=lambda r: r.n.shift())] == [None, 1]
    assert runs.rvs().sort_keys == []
    assert t.rvs().rvs().to_dicts() == t.to_dicts()


def test_a_condition_is_told_as_it_was_written(t):
    with pytest.raises(ArgumentError, match=r"not `COUNT\(\*\)` of type int64"):
        t.group_ordered("g").filter(lambda g: g.count())


def test_what_measures_along_the_key_works_on_turned_partitions():
    day = dt.timedelta(days=1)
    start = dt.datetime(2024, 1, 1)
    t = LTSeq.from_dict({"p": ["a", "a", "b"], "ts": [start, start + day, start], "x": [1, None, 2]})
    turned = t.sort("ts", partition_by="p").rvs()
    assert [row["y"] for row in turned.derive(y=lambda r: r.x.rolling(day).sum())] == [2, None, 1]
    u = LTSeq.from_dict({"p": ["a"] * 3, "ts": [start, start + day, start + 2 * day], "x": [1.0, None, 3.0]})
    for order in (u.sort("ts"), u.sort("ts", partition_by="p")):
        assert [row["y"] for row in order.rvs().derive(y=lambda r: r.x.interpolate())] == [3.0, 2.0, 1.0]
