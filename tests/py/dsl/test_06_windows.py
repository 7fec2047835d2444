"""Section 6, the rows `rolling`, `row_number() … cume_dist()` and `.over`."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import pyarrow as pa
import pytest

import ltseq
from ltseq import ArgumentError, ColumnNotFoundError, LTSeq, SortRequiredError, col

NAN, INF = float("nan"), float("inf")
SECOND = dt.timedelta(seconds=1)
BASE = dt.datetime(2024, 1, 1)


def rows(table, name="x"):
    return [row[name] for row in table.to_dicts()]


def given(table, expr):
    return rows(table.derive(x=expr))


@pytest.fixture
def t():
    return LTSeq.from_dict({"i": [1, 2, 3, 4], "v": [10.0, None, 14.0, 7.0], "s": [*"xyxy"]}).sort("i")


@pytest.fixture
def timed():
    return LTSeq.from_dict({"ts": [BASE + s * SECOND for s in (0, 5, 6, 20)], "v": [1, 2, 4, 8]}).sort("ts")


# rolling(n=None, min_periods=None, *, preceding=None, following=None)


def test_a_frame_is_null_until_it_is_full(t):
    assert given(t, lambda r: r.i.rolling(2).sum()) == [None, 3, 5, 7]
    assert given(t, lambda r: ltseq.rolling("i", n=2).sum()) == [None, 3, 5, 7]
    assert given(t, lambda r: r.i.rolling(1).sum()) == [1, 2, 3, 4]
    assert given(t, lambda r: r.i.rolling(4).sum()) == [None, None, None, 10]
    assert given(t, lambda r: r.i.rolling(5).sum()) == [None] * 4


def test_a_null_in_the_frame_does_not_count_towards_min_periods(t):
    assert given(t, lambda r: r.v.rolling(2).sum()) == [None, None, None, 21.0]
    assert given(t, lambda r: r.v.rolling(2).count()) == [None, None, None, 2]
    assert given(t, lambda r: r.v.rolling(2, 1).count()) == [1, 1, 1, 2]
    assert given(t, lambda r: r.v.rolling(2, min_periods=1).sum()) == [10.0, 10.0, 14.0, 21.0]
    assert given(t, lambda r: r.v.rolling(n=3, min_periods=2).mean()) == [None, None, 12.0, 10.5]


@pytest.mark.parametrize(
    ("name", "expected", "kind"),
    [
        ("sum", [None, None, 6, 9], "int64"),
        ("mean", [None, None, 2.0, 3.0], "float64"),
        ("min", [None, None, 1, 2], "int64"),
        ("max", [None, None, 3, 4], "int64"),
        ("count", [None, None, 3, 3], "int64"),
        ("std", [None, None, 1.0, 1.0], "float64"),
        ("var", [None, None, 1.0, 1.0], "float64"),
        ("median", [None, None, 2.0, 3.0], "float64"),
        ("first", [None, None, 1, 2], "int64"),
        ("last", [None, None, 3, 4], "int64"),
    ],
)
def test_every_function_of_a_frame_and_agg_by_its_name(t, name, expected, kind):
    made = t.derive(x=lambda r: getattr(r.i.rolling(3), name)(), y=lambda r: r.i.rolling(3).agg(name))
    assert rows(made, "x") == rows(made, "y") == expected
    assert made.schema["x"] == made.schema["y"]
    if name != "median":
        assert made.schema["x"] == kind


@pytest.mark.parametrize("alias", ["avg", "stddev", "variance", "MEAN"])
def test_agg_takes_the_aliases_of_aggregates(t, alias):
    assert given(t, lambda r: r.i.rolling(2).agg(alias))[1:] != [None] * 3


def test_an_unknown_aggregate_is_named(t):
    with pytest.raises(ArgumentError, match="nosuch"):
        t.derive(x=lambda r: r.i.rolling(2).agg("nosuch"))
    with pytest.raises(ArgumentError):
        t.derive(x=lambda r: r.i.rolling(2).agg(3))


def test_first_and_last_of_a_frame_keep_null(t):
    assert given(t, lambda r: r.v.rolling(2, 0).first()) == [10.0, 10.0, None, 14.0]
    assert given(t, lambda r: r.v.rolling(2, 0).last()) == [10.0, None, 14.0, 7.0]


def test_frames_of_time_include_the_far_edge_and_want_one_value(timed):
    assert given(timed, lambda r: r.v.rolling(5 * SECOND).sum()) == [1, 3, 6, 8]
    assert given(timed, lambda r: r.v.rolling(5 * SECOND).count()) == [1, 2, 2, 1]
    assert given(timed, lambda r: r.v.rolling(5 * SECOND, 2).sum()) == [None, 3, 6, None]
    assert given(timed, lambda r: r.v.rolling(4.999 * SECOND).sum()) == [1, 2, 6, 8]


def test_frames_of_time_include_rows_of_the_same_time_and_go_along_a_falling_order():
    t = LTSeq.from_dict({"ts": [BASE, BASE, BASE + SECOND], "v": [1, 2, 4]})
    assert given(t.sort("ts"), lambda r: r.v.rolling(dt.timedelta(microseconds=1)).sum()) == [3, 3, 4]
    assert given(t.sort("ts", desc=True), lambda r: r.v.rolling(SECOND).sum()) == [4, 7, 7]


@pytest.mark.parametrize(
    "kind",
    [pa.timestamp("s"), pa.timestamp("ms"), pa.timestamp("us", "UTC"), pa.timestamp("ns", "Asia/Tokyo"), pa.date32()],
)
def test_frames_of_time_go_along_every_kind_of_time(kind):
    days = pa.array([0, 1, 3], pa.int32()).cast(pa.date32()).cast(pa.timestamp("s")).cast(kind)
    t = LTSeq.from_arrow(pa.table({"ts": days, "v": [1, 2, 4]})).sort("ts")
    assert given(t, lambda r: r.v.rolling(dt.timedelta(days=1)).sum()) == [1, 3, 4]


def test_asymmetric_frames_default_the_other_side_to_zero(t):
    assert given(t, lambda r: r.i.rolling(preceding=1, following=1).sum()) == [None, 6, 9, None]
    assert given(t, lambda r: r.i.rolling(preceding=1).sum()) == [None, 3, 5, 7]
    assert given(t, lambda r: r.i.rolling(following=1).sum()) == [3, 5, 7, None]
    assert given(t, lambda r: r.i.rolling(following=1, min_periods=1).sum()) == [3, 5, 7, 4]
    assert given(t, lambda r: r.i.rolling(preceding=0, following=0).sum()) == [1, 2, 3, 4]


def test_asymmetric_frames_of_time(timed):
    assert given(timed, lambda r: r.v.rolling(following=5 * SECOND).sum()) == [3, 6, 4, 8]
    assert given(timed, lambda r: r.v.rolling(preceding=SECOND, following=5 * SECOND).sum()) == [3, 6, 6, 8]


def test_frames_restart_at_partitions(t):
    assert given(t, lambda r: r.i.rolling(2, partition_by="s").sum()) == [None, None, 4, 6]
    assert given(t, lambda r: r.i.rolling(2).sum().over("s")) == [None, None, 4, 6]
    assert rows(t.sort("i", partition_by="s").derive(x=lambda r: r.i.rolling(2).sum())) == [None, 4, None, 6]


def test_sums_are_not_poisoned_by_what_has_left_the_frame():
    t = LTSeq.from_dict({"i": [1, 2, 3, 4, 5, 6, 7], "v": [INF, 1.0, 2.0, NAN, 1.0, 1e16, 1.0]}).sort("i")
    sums = given(t, lambda r: r.v.rolling(1).sum())
    assert sums[:3] == [INF, 1.0, 2.0]
    assert math.isnan(sums[3])
    assert sums[4:] == [1.0, 1e16, 1.0]
    assert given(t, lambda r: r.v.rolling(2).sum())[2] == 3.0


def test_frames_stay_exact():
    values = [Decimal("0.10"), Decimal("0.20"), Decimal("-0.30")]
    t = LTSeq.from_dict({"i": [1, 2, 3], "d": values, "n": [2**62, 2**62 - 1, 1]}).sort("i")
    assert given(t, lambda r: r.d.rolling(3).sum())[-1] == Decimal("0.00")
    assert given(t, lambda r: r.n.rolling(2).sum()) == [None, 2**63 - 1, 2**62]


@pytest.mark.parametrize(
    ("args", "kwargs", "phrase"),
    [
        ((0,), {}, "n must be at least 1"),
        ((-1,), {}, "n must be at least 1"),
        ((dt.timedelta(0),), {}, "n must be above zero"),
        ((-SECOND,), {}, "n must be above zero"),
        ((2.0,), {}, "n must be an int"),
        ((True,), {}, "n must be an int"),
        (("2",), {}, "n must be an int"),
        ((), {}, "rolling needs n"),
        ((2, -1), {}, "min_periods"),
        ((2, 1.0), {}, "min_periods"),
        ((2,), {"preceding": 1}, "either n, or preceding"),
        ((), {"preceding": -1}, "preceding must be at least 0"),
        ((), {"following": 1.5}, "following must be an int"),
        ((), {"preceding": 1, "following": SECOND}, "preceding and following"),
        ((2,), {"min_period": 1}, "'min_period'"),
        ((2,), {"window": 1}, "'window'"),
    ],
)
def test_rolling_refuses(t, args, kwargs, phrase):
    with pytest.raises(ArgumentError, match=phrase):
        t.derive(x=lambda r: r.i.rolling(*args, **kwargs).sum())


def test_a_frame_of_time_needs_one_key_that_is_a_time(t, timed):
    with pytest.raises(ArgumentError, match=r"(?i)interval|time"):
        t.derive(x=lambda r: r.i.rolling(SECOND).sum())
    with pytest.raises(ArgumentError, match="one order key"):
        timed.sort("ts", "v").derive(x=lambda r: r.v.rolling(SECOND).sum())


def test_functions_of_frames_over_text_name_the_column(t):
    with pytest.raises(ArgumentError, match="'s' of type string"):
        t.derive(x=lambda r: r.s.rolling(2).sum())
    assert given(t, lambda r: r.s.rolling(2).max()) == [None, "y", "y", "y"]


# row_number() rank() dense_rank() ntile(n) percent_rank() cume_dist()

TIED = {"i": [1, 2, 3, 4], "v": [5, 5, 9, None], "g": [*"xxyy"]}
RANKS = [
    (ltseq.row_number, [1, 2, 3, 4], "int64"),
    (ltseq.rank, [1, 1, 3, 4], "int64"),
    (ltseq.dense_rank, [1, 1, 2, 3], "int64"),
    (lambda **options: ltseq.ntile(2, **options), [1, 1, 2, 2], "int64"),
    (lambda **options: ltseq.ntile(3, **options), [1, 1, 2, 3], "int64"),
    (lambda **options: ltseq.ntile(9, **options), [1, 2, 3, 4], "int64"),
    (ltseq.percent_rank, [0.0, 0.0, 2 / 3, 1.0], "float64"),
    (ltseq.cume_dist, [0.5, 0.5, 0.75, 1.0], "float64"),
]


@pytest.mark.parametrize(("rank", "expected", "kind"), RANKS)
def test_ranks_follow_the_order_of_the_table_and_ties_are_equal_keys(rank, expected, kind):
    made = LTSeq.from_dict(TIED).sort("v").derive(x=lambda r: rank())
    assert rows(made) == expected
    assert made.schema["x"] == kind


@pytest.mark.parametrize(("rank", "expected", "kind"), RANKS)
def test_ranks_follow_the_order_that_over_gives_and_need_none_of_the_table(rank, expected, kind):
    made = LTSeq.from_dict(TIED).derive(x=lambda r: rank().over(order_by="v"))
    assert rows(made) == expected
    assert made.schema["x"] == kind
    assert made.sort_keys is None


@pytest.mark.parametrize("rank", [rank for rank, _, _ in RANKS])
def test_ranks_restart_at_partitions_and_stay_within_empty_tables(rank):
    t = LTSeq.from_dict(TIED).sort("v")
    by_table = t.sort("v", partition_by="g").derive(x=lambda r: rank())
    for made in (
        t.derive(x=lambda r: rank(partition_by="g")),
        t.derive(x=lambda r: rank().over("g")),
        t.derive(x=lambda r: rank().over("g", order_by="v")),
    ):
        assert rows(made) == rows(by_table)
        assert made.sort_keys == [("v", False)]
    assert t.head(0).derive(x=lambda r: rank()).to_dicts() == []


def test_equal_keys_of_a_rank_are_those_of_all_order_columns():
    t = LTSeq.from_dict({"a": [1, 1, 1], "b": [1, 1, 2]}).sort("a", "b")
    assert given(t, lambda r: ltseq.rank()) == [1, 1, 3]
    zeros = LTSeq.from_dict({"a": [0.0, -0.0, NAN, NAN]}).sort("a")
    assert given(zeros, lambda r: ltseq.rank()) == [1, 1, 3, 3]


@pytest.mark.parametrize("n", [0, -1])
def test_ntile_needs_at_least_one_part(t, n):
    with pytest.raises(ArgumentError, match="n must be at least 1"):
        t.derive(x=lambda r: ltseq.ntile(n))


@pytest.mark.parametrize("n", [1.0, "2", None, True])
def test_ntile_needs_an_int(t, n):
    with pytest.raises(ArgumentError, match="n must be an int"):
        t.derive(x=lambda r: ltseq.ntile(n))


# .over(partition_by=None, order_by=None, descending=None, desc=None)


@pytest.mark.parametrize("by", ["s", col("s"), ["s"], ("s",), [col("s")]])
def test_over_replaces_the_partition_and_keeps_the_order(t, by):
    assert given(t, lambda r: r.i.shift().over(by)) == [None, None, 1, 2]
    assert given(t.sort("i", desc=True), lambda r: r.i.shift().over(partition_by=by)) == [None, None, 4, 3]
    parted = t.sort("i", partition_by="i")
    assert rows(parted.derive(x=lambda r: r.i.shift().over(by))) == [None, None, 1, 2]


def test_over_an_empty_list_is_one_partition(t):
    parted = t.sort("i", partition_by="s").derive(x=lambda r: r.i.sum().over([]))
    assert rows(parted) == [10, 10, 10, 10]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"order_by": "v"}, [7.0, 14.0, 10.0, None]),
        ({"order_by": [col("v")]}, [7.0, 14.0, 10.0, None]),
        ({"order_by": "v", "descending": True}, [14.0, None, None, 10.0]),
        ({"order_by": "v", "desc": True}, [14.0, None, None, 10.0]),
        ({"order_by": ["s", "i"], "desc": [True, False]}, [7.0, None, 10.0, None]),
        ({"order_by": "i", "partition_by": "s", "descending": [True]}, [14.0, 7.0, None, None]),
        ({"order_by": "v", "desc": True, "descending": False}, [7.0, 14.0, 10.0, None]),
    ],
)
def test_order_by_gives_a_call_an_order_of_its_own(t, options, expected):
    for table in (t, LTSeq.from_dict({"i": [1, 2, 3, 4], "v": [10.0, None, 14.0, 7.0], "s": [*"xyxy"]})):
        assert given(table, lambda r: r.v.shift().over(**options)) == expected


def test_ties_of_an_order_of_its_own_keep_the_order_of_the_rows():
    t = LTSeq.from_dict({"k": [1, 1, 0, 1], "i": [0, 1, 2, 3]})
    assert given(t, lambda r: r.i.shift().over(order_by="k")) == [2, 0, None, 1]
    assert given(t.sort("i", desc=True), lambda r: r.i.shift().over(order_by="k")) == [2, None, 3, 1]


def test_calls_with_orders_of_their_own_nest():
    # Along i the rows are 0, 2, 1.
    t = LTSeq.from_dict({"k": [1, 2, 1], "i": [1, 3, 2]})
    assert given(t, lambda r: r.k.shift().over(order_by="i").cum_sum().over(order_by="i")) == [None, 2, 1]
    assert given(t, lambda r: r.k.sum().over(r.k.run_id().over(order_by="i"))) == [2, 2, 2]
    # i.shift along k (ties in source order) is NULL, 2, 1; along that the rows are 2, 1, 0.
    assert given(t, lambda r: r.k.shift().over(order_by=r.i.shift().over(order_by="k"))) == [2, 1, None]


def test_frames_go_along_the_order_that_over_gives():
    t = LTSeq.from_dict({"ts": [BASE + 3 * SECOND, BASE + SECOND, BASE + 2 * SECOND], "v": [1, 2, 4]})
    assert given(t, lambda r: r.v.rolling(2).sum().over(order_by="ts")) == [5, None, 6]
    assert given(t, lambda r: r.v.rolling(SECOND).sum().over(order_by="ts")) == [5, 2, 6]
    assert given(t, lambda r: r.v.rolling(SECOND).sum().over(order_by="ts", desc=True)) == [1, 6, 5]


def test_an_order_of_its_own_takes_no_partition_from_the_table(t):
    parted = t.sort("i", partition_by="s")
    assert {row["i"]: row["x"] for row in parted.derive(x=lambda r: r.i.shift().over(order_by="i")).to_dicts()} == {
        1: None,
        2: 1,
        3: 2,
        4: 3,
    }


def test_an_aggregate_over_is_its_value_over_the_partition(t):
    assert given(t, lambda r: r.i.sum().over("s")) == [4, 6, 4, 6]
    unordered = LTSeq.from_dict({"k": ["a", None, "a", None], "v": [1, 2, 4, 8]})
    assert given(unordered, lambda r: r.v - r.v.mean().over("k")) == [-1.5, -3.0, 1.5, 3.0]
    assert given(unordered, lambda r: r.v.max().over()) == [8] * 4
    assert given(unordered, lambda r: ltseq.count().over("k")) == [2, 2, 2, 2]
    assert unordered.filter(lambda r: r.v == r.v.max().over("k")).to_dicts() == [
        {"k": "a", "v": 4},
        {"k": None, "v": 8},
    ]


@pytest.mark.parametrize(
    ("call", "phrase"),
    [
        (lambda r: r.i.over("s"), "window"),
        (lambda r: (r.i + 1).over("s"), "window"),
        (lambda r: ltseq.lit(1).over("s"), "window"),
        (lambda r: (r.i.shift() + 1).over("s"), "window"),
        (lambda r: r.i.shift().over("s").over("s"), "window"),
        (lambda r: r.i.shift(partition_by="s").over("s"), "twice"),
        (lambda r: ltseq.rank(partition_by="s").over("s"), "twice"),
        (lambda r: r.i.rolling(2, partition_by="s").sum().over("s"), "twice"),
        (lambda r: r.i.shift().over(order_by="i", desc=[True, False]), "desc"),
        (lambda r: r.i.shift().over(order_by="i", desc=1), "desc"),
        (lambda r: r.i.shift().over("s", desc=True), "order_by"),
        (lambda r: r.i.shift().over(1), "partition_by"),
        (lambda r: r.i.shift().over(order_by=2), "order_by"),
    ],
)
def test_over_refuses(t, call, phrase):
    with pytest.raises(ArgumentError, match=phrase):
        t.derive(x=call)


def test_over_an_unknown_column(t):
    for call in (lambda r: r.i.shift().over("ss"), lambda r: r.i.shift().over(order_by="ss")):
        with pytest.raises(ColumnNotFoundError, match=r"'ss'.*'s'"):
            t.derive(x=call)


def test_over_a_partition_alone_still_needs_the_order_of_the_table():
    with pytest.raises(SortRequiredError):
        LTSeq.from_dict({"s": [1], "v": [1]}).derive(x=lambda r: r.v.shift().over("s"))
