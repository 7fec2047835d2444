"""Section 6, the bullets: which verb keeps, turns or drops the order, keys that are gone, no order at all."""

from __future__ import annotations

import datetime as dt
import re

import pytest

import ltseq
from ltseq import LTSeq, SortRequiredError


def rows(table, name="i"):
    return [row[name] for row in table.to_dicts()]


def restarts(table, name="v"):
    return rows(table.derive(x=lambda r: r[name].shift(1)), "x")


@pytest.fixture
def t():
    return LTSeq.from_dict({"a": [2, 1, 2, None], "b": [1, 2, 0, 3], "i": [0, 1, 2, 3]})


# Kept by …: every verb, what it leaves of the order a DESC (rows 3, 0, 2, 1; the NULL first), and the rows' i.


@pytest.mark.parametrize(
    ("verb", "left"),
    [
        (lambda t: t.filter(lambda r: r.i > 0), [3, 2, 1]),
        (lambda t: t.distinct("i"), [3, 0, 2, 1]),
        (lambda t: t.distinct("a"), [3, 0, 1]),
        (lambda t: t.distinct(), [3, 0, 2, 1]),
        (lambda t: t.derive(z=lambda r: r.i, b=lambda r: 0), [3, 0, 2, 1]),
        (lambda t: t.select("i", "a"), [3, 0, 2, 1]),
        (lambda t: t.select("i", a=lambda r: r.a), [3, 0, 2, 1]),
        (lambda t: t.rename(b="c"), [3, 0, 2, 1]),
        (lambda t: t.drop("b"), [3, 0, 2, 1]),
        (lambda t: t.slice(1, 2), [0, 2]),
        (lambda t: t.slice(1), [0, 2, 1]),
        (lambda t: t.head(2), [3, 0]),
        (lambda t: t.tail(2), [2, 1]),
        (lambda t: t.step(2), [3, 2]),
        (lambda t: t.cum_sum("i"), [3, 0, 2, 1]),
        (lambda t: t.fold(lambda s, r: s + 1, init=0, into="n"), [3, 0, 2, 1]),
        (lambda t: t.search_first(lambda r: r.i < 3), [0]),
        (lambda t: t.search_pattern(lambda r: r.i > 1, lambda r: r.i < 2), [3, 2]),
        (lambda t: t.delete(0), [0, 2, 1]),
        (lambda t: t.delete(lambda r: r.i == 0), [3, 2, 1]),
        (lambda t: t.update(lambda r: r.i > 0, b=0), [3, 0, 2, 1]),
        (lambda t: t.modify(0, b=0), [3, 0, 2, 1]),
        (lambda t: t.semi_join(t.head(2), on="i"), [3, 0]),
        (lambda t: t.anti_join(t.head(2), on="i"), [2, 1]),
        (lambda t: t.asof_join(t.select("b").sort("b"), on="b"), [3, 0, 2, 1]),
        (lambda t: t.link(t.sort("b"), on="i", as_="l"), [3, 0, 2, 1]),
        (lambda t: t.link(t.head(1), on="i", as_="l", join_type="left"), [3, 0, 2, 1]),
        (lambda t: t.link(t.sort("b"), on="i", as_="l").to_ltseq(), [3, 0, 2, 1]),
        (lambda t: t.collect(), [3, 0, 2, 1]),
        (lambda t: t.group_ordered("a").first(), [3, 0, 1]),
        (lambda t: t.group_ordered("a").last(), [3, 2, 1]),
        (lambda t: t.group_ordered("a").flatten(), [3, 0, 2, 1]),
        (lambda t: t.group_ordered("a").filter(lambda g: g.count() > 1).flatten(), [0, 2]),
        (lambda t: t.group_ordered("a").derive(lambda g: {"n": g.count()}).flatten(), [3, 0, 2, 1]),
        (lambda t: t.group_ordered("a").select("i", "a"), [3, 0, 2, 1]),
        (lambda t: t.group_ordered("a").filter(lambda g: g.count() > 1).head(1), [0]),
        (lambda t: t.group_sorted("a").first(), [3, 0, 1]),
    ],
)
def test_kept_by(t, verb, left):
    made = verb(t.sort("a", desc=True))
    assert made.sort_keys == [("a", True)]
    assert rows(made) == left
    assert restarts(made, "i") == [None, *left][: len(left)]


@pytest.mark.parametrize("rename", [lambda t: t.rename(a="z"), lambda t: t.rename({"a": "z"})])
def test_rename_keeps_it_under_the_new_name(t, rename):
    made = rename(t.sort("i", partition_by="a"))
    assert made.sort_keys == [("z", False), ("i", False)]
    assert restarts(made, "i") == [None, None, 0, None]


def test_names_that_change_places_keep_their_order(t):
    made = t.sort("a").rename(a="b", b="a")
    assert made.sort_keys == [("b", False)]
    assert rows(made) == [1, 0, 2, 3]


def test_a_select_that_gives_a_key_another_name_keeps_the_order_under_it(t):
    made = t.sort("b").select("i", key=lambda r: r.b)
    assert rows(made) == [2, 0, 1, 3]
    assert made.sort_keys == [("key", False)]


def test_one_row_per_run_stands_in_the_order_of_first_rows(t):
    made = t.sort("a", desc=True).group_ordered("a").agg(lambda g: {"first": g.first().i, "n": g.count()})
    assert made.to_dicts() == [{"first": 3, "n": 1}, {"first": 0, "n": 2}, {"first": 1, "n": 1}]
    assert made.sort_keys is not None
    assert restarts(made, "first") == [None, 3, 0]


# … turned by rvs


def test_rvs_turns_it(t):
    assert t.sort("a", "i", desc=[False, True]).rvs().sort_keys == [("a", True), ("i", False)]
    assert t.rvs().sort_keys is None


def test_rvs_reverses_ties_as_well(t):
    made = t.sort("a").rvs()
    assert rows(made) == [3, 2, 0, 1]
    assert restarts(made, "i") == [None, 3, 2, 0]
    assert rows(made.rvs()) == [1, 0, 2, 3]


@pytest.fixture
def turned():
    """Partitions k of one, two and three rows, reversed."""
    data = {"k": ["b", None, "a", "b", "a", "b"], "ts": [1, 1, 2, 3, 1, 2], "v": [1, 2, 3, 4, 5, 6]}
    return LTSeq.from_dict(data).sort("ts", partition_by="k").rvs()


def test_rvs_turns_the_partitions_too(turned):
    assert turned.sort_keys == [("k", True), ("ts", True)]
    assert rows(turned, "v") == [2, 4, 6, 1, 3, 5]
    assert re.search(r"Ordered: \w+\.ts DESC.* PARTITION BY \w+\.k DESC", turned.explain())
    assert turned.rvs().sort_keys == [("k", False), ("ts", False)]
    assert rows(turned.rvs(), "v") == [5, 3, 1, 6, 4, 2]


def test_calls_after_rvs_restart_at_every_partition(turned):
    for t in (turned, turned.collect(), turned.rename(k="old")):
        made = t.derive(s=lambda r: r.v.shift(1), c=lambda r: r.v.cum_sum(), n=lambda r: ltseq.row_number())
        assert rows(made, "s") == [None, None, 4, 6, None, 3]
        assert rows(made, "c") == [2, 4, 10, 11, 3, 8]
        assert rows(made, "n") == [1, 1, 2, 3, 1, 2]
    assert restarts(turned.rvs()) == [None, 5, None, 1, 6, None]
    assert restarts(turned.drop("k")) == [None, None, 4, 6, None, 3]
    assert rows(turned.fold(lambda n, row: n + 1, init=0, into="n"), "n") == [1, 1, 2, 3, 1, 2]


def test_groups_after_rvs_end_at_every_partition(turned):
    groups = turned.derive(one=lambda r: 1).group_ordered("one")
    assert groups.agg(lambda g: {"k": g.first().k, "v": g.first().v, "n": g.count()}).to_dicts() == [
        {"k": None, "v": 2, "n": 1},
        {"k": "b", "v": 4, "n": 3},
        {"k": "a", "v": 3, "n": 2},
    ]


def test_another_partition_after_rvs_keeps_the_turned_order(turned):
    made = turned.derive(s=lambda r: r.ts.shift(1, partition_by=ltseq.col("v") > 3))
    # v > 3: (ts 3, v 4), (ts 2, v 6), (ts 1, v 5); the others: (ts 2, v 3), then v 2 and v 1, both of ts 1.
    assert {row["v"]: row["s"] for row in made.to_dicts()} == {4: None, 6: 3, 5: 2, 3: None, 2: 2, 1: 1}


# … dropped by set operations, joins, agg, align, insert


@pytest.mark.parametrize(
    "verb",
    [
        lambda t: t.union(t),
        lambda t: t.concat(t),
        lambda t: t.intersect(t),
        lambda t: t.intersect(t, on="a"),
        lambda t: t.except_(t.head(1)),
        lambda t: t.xunion(t.head(1)),
        lambda t: t.join(t, on="i"),
        lambda t: t.join(t, on="i", how="left"),
        lambda t: t.join(t, on="i", how="right"),
        lambda t: t.join(t, on="i", how="full"),
        lambda t: t.join(t, on="i", strategy="hash"),
        lambda t: t.join(t, on="a", strategy="merge"),
        lambda t: t.join_merge(t, "a"),
        lambda t: t.agg("a", n=lambda g: g.count()),
        lambda t: t.agg(n=lambda g: g.count()),
        lambda t: t.group_by("a").agg(n=lambda g: g.count()),
        lambda t: t.align([1], lambda r: r.i),
        lambda t: t.insert(0, {"i": 9}),
    ],
)
def test_dropped_by(t, verb):
    made = verb(t.sort("a"))
    assert made.sort_keys is None
    with pytest.raises(SortRequiredError):
        made.derive(x=lambda r: r[made.columns[0]].shift())


# Without a declared order the first group keeps source order just so.


@pytest.mark.parametrize(
    ("verb", "left"),
    [
        (lambda t: t.filter(lambda r: r.i != 1), [0, 2, 3]),
        (lambda t: t.distinct("a"), [0, 1, 3]),
        (lambda t: t.derive(z=lambda r: r.i).select("i", "z").rename(z="y").drop("y"), [0, 1, 2, 3]),
        (lambda t: t.slice(1, 2), [1, 2]),
        (lambda t: t.head(2), [0, 1]),
        (lambda t: t.tail(2), [2, 3]),
        (lambda t: t.step(2), [0, 2]),
        (lambda t: t.rvs(), [3, 2, 1, 0]),
        (lambda t: t.search_first(lambda r: r.i > 1), [2]),
        (lambda t: t.delete(1), [0, 2, 3]),
        (lambda t: t.update(lambda r: r.i > 1, b=0), [0, 1, 2, 3]),
        (lambda t: t.modify(-1, b=0), [0, 1, 2, 3]),
        (lambda t: t.insert(1, {"i": 9}), [0, 9, 1, 2, 3]),
        (lambda t: t.semi_join(t.rvs().head(2), on="i"), [2, 3]),
        (lambda t: t.anti_join(t.rvs().head(2), on="i"), [0, 1]),
        (lambda t: t.asof_join(t.select("b"), on="b"), [0, 1, 2, 3]),
        (lambda t: t.link(t.rvs(), on="i", as_="l"), [0, 1, 2, 3]),
        (lambda t: t.collect(), [0, 1, 2, 3]),
    ],
)
def test_without_an_order_source_order_is_kept(t, verb, left):
    made = verb(t)
    assert rows(made) == left
    assert rows(made.head(1)) == left[:1]
    assert made.sort_keys is None


# A key removed or overwritten still orders the rows, but sort_keys stops before it.


def test_a_removed_key_still_orders_the_rows(t):
    made = t.sort("b", "i").drop("b")
    assert made.sort_keys == []
    assert rows(made) == [2, 0, 1, 3]
    assert restarts(made, "i") == [None, 2, 0, 1]
    assert made.head(1).to_dicts() == [{"a": 2, "i": 2}]


def test_of_a_table_whose_columns_all_went_the_order_is_still_there(t):
    assert t.sort("a").drop("a", "b", "i").sort_keys == []
    assert t.drop("a", "b", "i").sort_keys is None


@pytest.mark.parametrize(
    "overwrite",
    [
        lambda t: t.derive(b=lambda r: -r.i),
        lambda t: t.update(lambda r: r.i >= 0, b=lambda r: -r.i),
        lambda t: t.modify(0, b=99),
        lambda t: t.select("a", "i", b=lambda r: -r.i),
        lambda t: t.drop("b").derive(b=lambda r: -r.i),
    ],
)
def test_an_overwritten_key_still_orders_the_rows(t, overwrite):
    made = overwrite(t.sort("a", "b", "i"))
    assert made.sort_keys == [("a", False)]
    assert rows(made) == [1, 2, 0, 3]
    assert restarts(made, "i") == [None, 1, 2, 0]


@pytest.mark.parametrize(
    "gone",
    [
        lambda s: s.drop("k"),
        lambda s: s.drop("k", "ts"),
        lambda s: s.select("v"),
        lambda s: s.derive(k=lambda r: r.v),
        lambda s: s.rename(k="key").drop("key"),
        lambda s: s.drop("ts").collect().drop("k"),
    ],
)
def test_a_partition_that_is_gone_still_restarts_sequence_functions_when_collected(gone):
    t = LTSeq.from_dict({"ts": [1, 2, 3, 4], "k": ["b", "a", "b", "a"], "v": [1, 2, 3, 4]})
    made = gone(t.sort("ts", partition_by="k"))
    for table in (made, made.collect(), made.collect().collect()):
        assert table.sort_keys == []
        assert rows(table, "v") == [2, 4, 1, 3]
        assert restarts(table) == [None, 2, None, 1]
    folded = made.fold(lambda state, row: state + row.v, init=0, into="sum")
    assert rows(folded, "sum") == [2, 6, 1, 4]
    assert restarts(folded) == [None, 2, None, 1]


def test_sort_keys_of_collected_rows_are_those_before():
    t = LTSeq.from_dict({"ts": [1, 2], "k": ["b", "a"], "v": [1, 2]})
    for made in (
        t,
        t.sort(lambda r: r.v * 2),
        t.sort("k", lambda r: r.v * 2),
        t.sort("ts", partition_by=["k", "v"]).drop("v"),
        t.sort("ts").rvs(),
        t.rvs(),
    ):
        assert made.collect().sort_keys == made.sort_keys
        assert made.collect().columns == made.columns


def test_a_time_that_is_gone_still_measures_frames_when_collected():
    t = LTSeq.from_dict({"at": [dt.datetime(2024, 1, day) for day in (1, 2, 5)], "v": [1, 2, 3]})
    made = t.sort("at").drop("at")
    for table in (made, made.collect()):
        assert rows(table.derive(s=lambda r: r.v.rolling(dt.timedelta(days=1)).sum()), "s") == [1, 3, 3]


def test_rvs_turns_an_order_whose_keys_are_gone():
    t = LTSeq.from_dict({"ts": [2, 1, 3], "v": [20, 10, 30]}).sort("ts").drop("ts").rvs()
    assert t.sort_keys == []
    assert t.columns == ["v"]
    assert restarts(t) == [None, 30, 20]


# Sequence functions, cum_sum, fold, search_pattern and the groups of section 9 need an order.


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.derive(x=lambda r: r.i.shift()),
        lambda t: t.filter(lambda r: r.i.diff() > 0),
        lambda t: t.select(lambda r: ltseq.row_number()),
        lambda t: t.derive(x=lambda r: ltseq.rank()),
        lambda t: t.derive(x=lambda r: r.i.rolling(2).sum()),
        lambda t: t.derive(x=lambda r: r.i.shift().over("a")),
        lambda t: t.update(lambda r: r.i.shift() == 0, b=1),
        lambda t: t.cum_sum("i"),
        lambda t: t.fold(lambda s, r: s, init=0, into="n"),
        lambda t: t.search_pattern(lambda r: r.i > 0),
        lambda t: t.search_pattern_count(lambda r: r.i > 0),
        lambda t: t.group_ordered("a"),
        lambda t: t.group_consecutive(when=lambda r: r.a > 1),
        lambda t: t.group_sorted("a"),
        lambda t: t.agg(x=lambda g: g.i.first()),
    ],
)
@pytest.mark.parametrize("lost", [lambda t: t, lambda t: t.sort("i").union(t), lambda t: t.rvs(), lambda t: t.head(0)])
def test_no_order_is_an_error_that_shows_the_fix(t, call, lost):
    with pytest.raises(SortRequiredError, match=r"(?s)order.*sort"):
        call(lost(t))
