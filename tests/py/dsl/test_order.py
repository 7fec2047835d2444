"""Section 6: order and sequence expressions."""

from __future__ import annotations

import datetime as dt
import re

import pytest

import ltseq
from ltseq import ArgumentError, LTSeq, OrderViolationError, SortRequiredError

pytestmark = pytest.mark.usefixtures("engine")


def rows(table, name="x"):
    return [row[name] for row in table.to_dicts()]


@pytest.fixture
def t():
    return LTSeq.from_dict({"a": [2, 1, 2, None], "b": [1, 2, 0, 3], "i": [0, 1, 2, 3]})


@pytest.fixture
def px():
    return LTSeq.from_dict({"ts": [1, 2, 3, 4], "px": [10.0, None, 14.0, 7.0], "s": ["x", "y", "x", "y"]}).sort("ts")


# sort


def test_sort_is_stable_and_puts_nulls_last_or_first(t):
    assert rows(t.sort("a"), "i") == [1, 0, 2, 3]
    assert rows(t.sort("a", desc=True), "i") == [3, 0, 2, 1]
    assert rows(t.sort("a", nulls="first"), "i") == [3, 1, 0, 2]
    assert rows(t.sort("a", desc=True, nulls="last"), "i") == [0, 2, 1, 3]
    assert rows(t.sort("a", "b", desc=[False, True]), "i") == [1, 0, 2, 3]
    assert rows(t.sort("a", "b"), "i") == [1, 2, 0, 3]
    assert rows(t.sort(lambda r: [r.a, r.b]), "i") == [1, 2, 0, 3]


def test_sort_declares_its_keys(t):
    assert t.sort_keys is None
    assert t.sort("a", "b", desc=[True, False]).sort_keys == [("a", True), ("b", False)]
    assert t.sort("b", partition_by="a").sort_keys == [("a", False), ("b", False)]
    assert t.sort("b").sort("a").sort_keys == [("a", False)]


def test_a_computed_key_ends_the_order_but_sorts(t):
    made = t.sort("a", lambda r: -r.b, "i")
    assert made.sort_keys == [("a", False)]
    assert rows(made, "i") == [1, 0, 2, 3]
    assert t.sort(lambda r: -r.b).sort_keys is None
    assert rows(t.sort(lambda r: -r.b), "i") == [3, 1, 0, 2]
    with pytest.raises(SortRequiredError, match="computed key"):
        t.sort(lambda r: -r.b).derive(x=lambda r: r.b.shift())


def test_partition_by_sorts_first_and_restarts_functions():
    t = LTSeq.from_dict({"p": ["b", "a", "b"], "ts": [2, 1, 1]}).sort("ts", partition_by="p")
    assert t.derive(x=lambda r: r.ts.shift()).to_dicts() == [
        {"p": "a", "ts": 1, "x": None},
        {"p": "b", "ts": 1, "x": None},
        {"p": "b", "ts": 2, "x": 1},
    ]


def test_assume_sorted_declares_and_trusts(t):
    made = t.assume_sorted("a")
    assert made.sort_keys == [("a", False)]
    assert rows(made, "i") == [0, 1, 2, 3]


def test_assume_sorted_with_check_finds_the_row(t):
    assert rows(t.assume_sorted("i", check=True), "i") == [0, 1, 2, 3]
    with pytest.raises(OrderViolationError) as error:
        t.assume_sorted("a", check=True).to_dicts()
    assert "2" in str(error.value)


def test_is_sorted_by_is_a_prefix_with_directions(t):
    made = t.sort("a", "b", desc=[True, False])
    assert made.is_sorted_by("a", desc=True)
    assert made.is_sorted_by("a", "b", desc=[True, False])
    assert not made.is_sorted_by("a")
    assert not made.is_sorted_by("b")
    assert not made.is_sorted_by()
    assert not t.is_sorted_by("a")


# What keeps, turns and drops it


@pytest.mark.parametrize(
    "verb",
    [
        lambda t: t.filter(lambda r: r.i > 0),
        lambda t: t.distinct("b"),
        lambda t: t.derive(z=lambda r: r.i),
        lambda t: t.select("a", "i"),
        lambda t: t.drop("b"),
        lambda t: t.slice(1, 2),
        lambda t: t.head(2),
        lambda t: t.tail(2),
        lambda t: t.step(2),
        lambda t: t.cum_sum("i"),
        lambda t: t.fold(lambda s, r: s + 1, init=0, into="n"),
        lambda t: t.search_first(lambda r: r.i > 0),
        lambda t: t.search_pattern(lambda r: r.i > 0),
        lambda t: t.delete(0),
        lambda t: t.update(lambda r: r.i > 0, b=0),
        lambda t: t.modify(0, b=0),
        lambda t: t.semi_join(t, on="i"),
        lambda t: t.anti_join(t, on="i"),
        lambda t: t.asof_join(t.sort("b"), on="i"),
        lambda t: t.link(t, on="i", as_="l"),
        lambda t: t.link(t, on="i", as_="l", join_type="left"),
        lambda t: t.collect(),
        lambda t: t.group_ordered("a").first(),
        lambda t: t.group_ordered("a").flatten(),
    ],
)
def test_kept_by(t, verb):
    assert verb(t.sort("a", desc=True)).sort_keys == [("a", True)]


def test_rename_keeps_it_under_the_new_name(t):
    assert t.sort("a").rename(a="z").sort_keys == [("z", False)]


def test_rvs_turns_it(t):
    assert t.sort("a", "i", desc=[False, True]).rvs().sort_keys == [("a", True), ("i", False)]


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
    assert rows(turned.rvs().derive(s=lambda r: r.v.shift(1)), "s") == [None, 5, None, 1, 6, None]
    assert rows(turned.drop("k").derive(s=lambda r: r.v.shift(1)), "s") == [None, None, 4, 6, None, 3]
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


@pytest.mark.parametrize(
    "verb",
    [
        lambda t: t.union(t),
        lambda t: t.intersect(t),
        lambda t: t.except_(t),
        lambda t: t.join(t, on="i"),
        lambda t: t.agg("a", n=lambda g: g.count()),
        lambda t: t.align([1], lambda r: r.i),
        lambda t: t.insert(0, {"i": 9}),
    ],
)
def test_dropped_by(t, verb):
    assert verb(t.sort("a")).sort_keys is None


def test_a_removed_key_still_orders_the_rows(t):
    made = t.sort("b", "i").drop("b")
    assert made.sort_keys == []
    assert rows(made, "i") == [2, 0, 1, 3]
    assert rows(made.derive(x=lambda r: r.i.shift())) == [None, 2, 0, 1]
    replaced = t.sort("a", "b").derive(b=lambda r: r.i)
    assert replaced.sort_keys == [("a", False)]


def test_without_an_order_source_order_is_kept(t):
    assert rows(t.filter(lambda r: r.i != 1).derive(z=lambda r: r.i).head(2), "i") == [0, 2]


# Sequence functions


def test_shift(px):
    assert rows(px.derive(x=lambda r: r.px.shift())) == [None, 10.0, None, 14.0]
    assert rows(px.derive(x=lambda r: r.px.shift(-1))) == [None, 14.0, 7.0, None]
    assert rows(px.derive(x=lambda r: r.px.shift(1, 0.0))) == [0.0, 10.0, None, 14.0]
    assert rows(px.derive(x=lambda r: r.px.shift(0))) == [10.0, None, 14.0, 7.0]
    assert rows(px.derive(x=lambda r: r.px.shift(1, ignore_nulls=True))) == [None, 10.0, 10.0, 14.0]
    assert rows(px.derive(x=lambda r: r.px.shift(partition_by="s"))) == [None, None, 10.0, None]


def test_diff_and_pct_change(px):
    assert rows(px.derive(x=lambda r: r.px.diff())) == [None, None, None, -7.0]
    assert rows(px.derive(x=lambda r: r.px.diff(2))) == [None, None, 4.0, None]
    assert rows(px.derive(x=lambda r: r.px.pct_change(2))) == [None, None, 0.4, None]


def test_unsigned_diff_is_signed():
    t = LTSeq.from_rows([{"x": 5}, {"x": 3}], schema={"x": "uint64"}).assume_sorted("x", desc=True)
    made = t.derive(d=lambda r: r.x.diff())
    assert made.schema["d"] == "int64"
    assert rows(made, "d") == [None, -2]


def test_rolling_needs_a_full_window_by_default(px):
    ts = lambda r: r.ts  # noqa: E731
    assert rows(px.derive(x=lambda r: ts(r).rolling(2).sum())) == [None, 3, 5, 7]
    assert rows(px.derive(x=lambda r: ts(r).rolling(2, 1).sum())) == [1, 3, 5, 7]
    assert rows(px.derive(x=lambda r: r.px.rolling(2).count())) == [None, None, None, 2]
    assert rows(px.derive(x=lambda r: r.px.rolling(2, 1).count())) == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("sum", 9),
        ("mean", 3.0),
        ("min", 2),
        ("max", 4),
        ("count", 3),
        ("std", 1.0),
        ("var", 1.0),
        ("median", 3.0),
        ("first", 2),
        ("last", 4),
    ],
)
def test_rolling_functions(px, name, last):
    assert rows(px.derive(x=lambda r: getattr(r.ts.rolling(3), name)()))[2:] != []
    assert rows(px.derive(x=lambda r: getattr(r.ts.rolling(3), name)()))[-1] == last
    assert rows(px.derive(x=lambda r: r.ts.rolling(3).agg(name)))[-1] == last


def test_rolling_over_time_includes_the_far_edge():
    base = dt.datetime(2024, 1, 1)
    t = LTSeq.from_dict({"ts": [base + dt.timedelta(seconds=s) for s in (0, 5, 6, 20)], "v": [1, 2, 4, 8]}).sort("ts")
    assert rows(t.derive(x=lambda r: r.v.rolling(dt.timedelta(seconds=5)).sum())) == [1, 3, 6, 8]


def test_rolling_asymmetric_frames(px):
    assert rows(px.derive(x=lambda r: r.ts.rolling(preceding=1, following=1).sum())) == [None, 6, 9, None]
    assert rows(px.derive(x=lambda r: r.ts.rolling(following=1, min_periods=1).sum())) == [3, 5, 7, 4]


def test_cumulative_functions(px):
    made = px.derive(
        s=lambda r: r.px.cum_sum(),
        lo=lambda r: r.px.cum_min(),
        hi=lambda r: r.px.cum_max(),
        m=lambda r: r.px.cum_avg(),
        n=lambda r: r.px.cum_count(),
        p=lambda r: r.ts.cum_prod(),
    )
    assert rows(made, "s") == [10.0, 10.0, 24.0, 31.0]
    assert rows(made, "lo") == [10.0, 10.0, 10.0, 7.0]
    assert rows(made, "hi") == [10.0, 10.0, 14.0, 14.0]
    assert rows(made, "m") == [10.0, 10.0, 12.0, 31.0 / 3]
    assert rows(made, "n") == [1, 1, 2, 3]
    assert rows(made, "p") == [1, 2, 6, 24]


def test_fills(px):
    made = px.derive(f=lambda r: r.px.fill_forward(), b=lambda r: r.px.fill_backward(), i=lambda r: r.px.interpolate())
    assert rows(made, "f") == [10.0, 10.0, 14.0, 7.0]
    assert rows(made, "b") == [10.0, 14.0, 14.0, 7.0]
    assert rows(made, "i") == [10.0, 12.0, 14.0, 7.0]


def test_ewm_mean_weighs_as_pandas_without_adjust(px):
    # 1; then half of the old and half of the new
    assert rows(px.derive(x=lambda r: r.ts.ewm_mean(alpha=0.5))) == [1.0, 1.5, 2.25, 3.125]


def test_runs_and_streaks():
    t = LTSeq.from_dict({"i": [1, 2, 3, 4, 5], "k": ["a", "a", None, None, "a"]}).sort("i")
    assert rows(t.derive(x=lambda r: r.k.run_id())) == [0, 0, 1, 1, 2]
    assert rows(t.derive(x=lambda r: ltseq.run_id("k"))) == [0, 0, 1, 1, 2]
    assert rows(t.derive(x=lambda r: r.k.run_pos())) == [0, 1, 0, 1, 0]
    assert rows(t.derive(x=lambda r: (r.i % 2 == 0).run_id_when())) == [0, 1, 1, 2, 2]
    assert rows(t.derive(x=lambda r: (r.i != 3).streak())) == [1, 2, 0, 1, 2]


def test_calls_nest(px):
    assert rows(px.derive(x=lambda r: r.ts.shift().cum_sum())) == [None, 1, 3, 6]
    assert rows(px.derive(x=lambda r: (r.ts - r.ts.shift(1, 0)).rolling(2).sum())) == [None, 2, 2, 2]


def test_ranks_follow_the_table_or_their_own_order():
    t = LTSeq.from_dict({"i": [1, 2, 3], "v": [5, 5, 9], "g": ["x", "x", "y"]})
    made = t.sort("v").derive(n=lambda r: ltseq.row_number(), k=lambda r: ltseq.rank(), d=lambda r: ltseq.dense_rank())
    assert (rows(made, "n"), rows(made, "k"), rows(made, "d")) == ([1, 2, 3], [1, 1, 3], [1, 1, 2])
    assert made.schema["k"] == "int64"
    own = t.derive(x=lambda r: ltseq.row_number().over("g", order_by="i", descending=True))
    assert rows(own) == [2, 1, 1]
    more = t.sort("i").derive(
        q=lambda r: ltseq.ntile(2), p=lambda r: ltseq.percent_rank(), c=lambda r: ltseq.cume_dist()
    )
    assert rows(more, "q") == [1, 1, 2]
    assert rows(more, "p") == [0.0, 0.5, 1.0]
    assert rows(more, "c") == [1 / 3, 2 / 3, 1.0]


def test_over_replaces_the_partition_and_keeps_the_order(px):
    assert rows(px.derive(x=lambda r: r.px.shift().over("s"))) == [None, None, 10.0, None]


def test_an_aggregate_over_is_its_value_over_the_partition(px):
    assert rows(px.derive(x=lambda r: r.ts.sum().over("s"))) == [4, 6, 4, 6]
    unordered = LTSeq.from_dict({"k": ["a", "b", "a"], "v": [1, 2, 4]})
    assert rows(unordered.derive(x=lambda r: r.v - r.v.mean().over("k"))) == [-1.5, 0.0, 1.5]


def test_rolling_refuses(px):
    with pytest.raises(ArgumentError):
        px.derive(x=lambda r: r.px.rolling(0).sum())


# Keys that are gone


def restarts(table):
    return [row["x"] for row in table.derive(x=lambda r: r.v.shift(1)).to_dicts()]


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
        assert [row["v"] for row in table.to_dicts()] == [2, 4, 1, 3]
        assert restarts(table) == [None, 2, None, 1]
    folded = made.fold(lambda state, row: state + row.v, init=0, into="sum")
    assert [row["sum"] for row in folded.to_dicts()] == [2, 6, 1, 4]
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
        sums = table.derive(s=lambda r: r.v.rolling(dt.timedelta(days=1)).sum()).to_dicts()
        assert [row["s"] for row in sums] == [1, 3, 3]


def test_rvs_turns_an_order_whose_keys_are_gone():
    t = LTSeq.from_dict({"ts": [2, 1, 3], "v": [20, 10, 30]}).sort("ts").drop("ts").rvs()
    assert t.sort_keys == []
    assert t.derive(x=lambda r: r.v.shift(1)).to_dicts() == [
        {"v": 30, "x": None},
        {"v": 20, "x": 30},
        {"v": 10, "x": 20},
    ]
