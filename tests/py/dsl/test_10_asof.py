"""Section 10, the row `asof_join`; what its conditions may hold is in test_10_conditions.py."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

import ltseq
from ltseq import ArgumentError, ColumnNotFoundError, ExecutionError, JoinConditionError, LTSeq

NAN = float("nan")
SECOND = dt.timedelta(seconds=1)
BASE = dt.datetime(2024, 1, 1)


def rows(table, *names):
    return [tuple(row[name] for name in names) if len(names) > 1 else row[names[0]] for row in table.to_dicts()]


@pytest.fixture
def trades():
    return LTSeq.from_dict({"ts": [9, 1, 5], "sym": ["A", "A", "B"], "qty": [30, 10, 20]})


@pytest.fixture
def quotes():
    return LTSeq.from_dict({"ts": [12, 0, 4, 5, 8], "sym": ["A", "A", "A", "B", "B"], "bid": [5.0, 1.0, 2.0, 3.0, 4.0]})


# Directions: by name, and by the operator of a lambda


@pytest.mark.parametrize(
    ("options", "bids"),
    [
        ({"on": "ts"}, [4.0, 1.0, 3.0]),
        ({"on": ["ts"]}, [4.0, 1.0, 3.0]),
        ({"on": "ts", "direction": "backward"}, [4.0, 1.0, 3.0]),
        ({"on": "ts", "direction": "forward"}, [5.0, 2.0, 3.0]),
        ({"on": "ts", "direction": "nearest"}, [4.0, 1.0, 3.0]),
        ({"on": "ts", "strategy": "backward"}, [4.0, 1.0, 3.0]),
        ({"on": "ts", "strategy": "forward"}, [5.0, 2.0, 3.0]),
        ({"on": "ts", "strategy": "nearest"}, [4.0, 1.0, 3.0]),
        ({"on": "ts", "strategy": "forward", "direction": "forward"}, [5.0, 2.0, 3.0]),
        ({"left_on": "ts", "right_on": "ts", "direction": "forward"}, [5.0, 2.0, 3.0]),
        ({"on": lambda t, q: t.ts >= q.ts}, [4.0, 1.0, 3.0]),
        ({"on": lambda t, q: t.ts > q.ts}, [4.0, 1.0, 2.0]),
        ({"on": lambda t, q: t.ts <= q.ts}, [5.0, 2.0, 3.0]),
        ({"on": lambda t, q: t.ts < q.ts}, [5.0, 2.0, 4.0]),
        ({"on": lambda t, q: q.ts <= t.ts}, [4.0, 1.0, 3.0]),
        ({"on": lambda t, q: q.ts < t.ts}, [4.0, 1.0, 2.0]),
        ({"on": lambda t, q: q.ts > t.ts}, [5.0, 2.0, 4.0]),
        ({"on": lambda t, q: t.ts >= q.ts, "direction": "backward"}, [4.0, 1.0, 3.0]),
        ({"on": lambda t, q: t.ts < q.ts, "strategy": "forward"}, [5.0, 2.0, 4.0]),
        ({"on": lambda t, q: t.ts >= q.ts, "direction": "nearest"}, [4.0, 1.0, 3.0]),
        ({"on": lambda t, q: t.ts + 1 >= q.ts}, [4.0, 1.0, 3.0]),
    ],
)
def test_directions(trades, quotes, options, bids):
    made = trades.asof_join(quotes, **options)
    assert rows(made, "ts", "bid") == list(zip([9, 1, 5], bids, strict=True))


def test_parameters_stand_in_the_order_of_the_contract(trades, quotes):
    made = trades.sort("ts").asof_join(quotes.sort("ts"), "ts", "forward", True, suffix="_q")
    assert made.columns == ["ts", "sym", "qty", "ts_q", "sym_q", "bid"]
    assert rows(made, "bid") == [2.0, 3.0, 5.0]


def test_nearest_takes_the_earlier_of_two_equally_far(quotes):
    left = LTSeq.from_dict({"ts": [2, 10, 3, 100, -100]})
    assert rows(left.asof_join(quotes, on="ts", direction="nearest"), "ts_right") == [0, 8, 4, 12, 0]


def test_of_equal_right_times_the_last_in_right_order_wins():
    tied = LTSeq.from_dict({"ts": [1, 1, 3, 3], "v": ["a", "b", "c", "d"]})
    probe = LTSeq.from_dict({"ts": [2]})
    for right, back, ahead in ((tied, "b", "d"), (tied.rvs(), "a", "c"), (tied.sort("ts", "v", desc=True), "a", "c")):
        assert rows(probe.asof_join(right, on="ts"), "v") == [back]
        assert rows(probe.asof_join(right, on="ts", direction="nearest"), "v") == [back]
        assert rows(probe.asof_join(right, on="ts", direction="forward"), "v") == [ahead]


# Every left row in left order; columns


def test_every_left_row_stays_in_left_order(quotes):
    left = LTSeq.from_dict({"ts": [9, None, -1, 9], "i": [0, 1, 2, 3]})
    expected = [(0, 4.0), (1, None), (2, None), (3, 4.0)]
    assert rows(left.asof_join(quotes, on="ts"), "i", "bid") == expected
    made = left.sort("i", desc=True).asof_join(quotes, on="ts")
    assert rows(made, "i", "bid") == expected[::-1]
    assert made.sort_keys == [("i", True)]
    assert rows(made.derive(p=lambda r: r.i.shift()), "p") == [None, 3, 2, 1]


def test_the_right_time_is_kept_and_right_by_columns_are_dropped(trades, quotes):
    made = trades.asof_join(quotes, on="ts", by="sym")
    assert made.columns == ["ts", "sym", "qty", "ts_right", "bid"]
    assert made.to_dicts() == [
        {"ts": 9, "sym": "A", "qty": 30, "ts_right": 4, "bid": 2.0},
        {"ts": 1, "sym": "A", "qty": 10, "ts_right": 0, "bid": 1.0},
        {"ts": 5, "sym": "B", "qty": 20, "ts_right": 5, "bid": 3.0},
    ]
    assert trades.asof_join(quotes.rename(ts="at"), left_on="ts", right_on="at").columns == [
        *("ts", "sym", "qty", "at", "sym_right", "bid")
    ]
    assert trades.asof_join(quotes, on="ts", suffix="_q").columns == ["ts", "sym", "qty", "ts_q", "sym_q", "bid"]


# by


@pytest.mark.parametrize(
    "options",
    [
        {"on": "ts", "by": "sym"},
        {"on": "ts", "by": ["sym"]},
        {"on": "ts", "by": lambda t, q: t.sym == q.sym},
        {"on": lambda t, q: (t.ts >= q.ts) & (t.sym == q.sym)},
        {"on": lambda t, q: (q.sym == t.sym) & (q.ts <= t.ts)},
        {"on": lambda t, q: t.ts >= q.ts, "by": "sym"},
    ],
)
def test_ways_to_say_by(trades, quotes, options):
    made = trades.asof_join(quotes, **options)
    assert rows(made, "ts", "bid") == [(9, 2.0), (1, 1.0), (5, 3.0)]
    assert made.columns == ["ts", "sym", "qty", "ts_right", "bid"]


def test_equalities_of_the_lambda_add_to_by():
    left = LTSeq.from_dict({"ts": [5], "p": [1], "q": ["x"]})
    right = LTSeq.from_dict({"ts": [1, 2, 3], "p": [1, 1, 2], "q": ["x", "y", "x"], "v": [1, 2, 3]})
    made = left.asof_join(right, on=lambda a, b: (a.ts >= b.ts) & (a.p == b.p), by="q")
    assert made.to_dicts() == [{"ts": 5, "p": 1, "q": "x", "ts_right": 1, "v": 1}]


def test_null_keys_never_match_and_nan_does():
    left = LTSeq.from_dict({"ts": [5, 5, 5, None], "k": [None, NAN, 0.0, 1.0]})
    right = LTSeq.from_dict({"ts": [1, 2, 3, None], "k": [None, NAN, -0.0, 1.0], "v": [1, 2, 3, 4]})
    assert rows(left.asof_join(right, on="ts", by="k"), "v") == [None, 2, 3, None]


# tolerance


@pytest.mark.parametrize(
    ("tolerance", "direction", "times"),
    [
        (0, "backward", [None, None, 5]),
        (1, "backward", [8, 0, 5]),
        (2.5, "forward", [None, None, 5]),
        (3, "forward", [12, 4, 5]),
        (1, "nearest", [8, 0, 5]),
        (0, "nearest", [None, None, 5]),
        (None, "forward", [12, 4, 5]),
    ],
)
def test_tolerance_is_inclusive(trades, quotes, tolerance, direction, times):
    made = trades.asof_join(quotes, on="ts", direction=direction, tolerance=tolerance)
    assert rows(made, "ts_right") == times


def test_tolerance_of_time():
    left = LTSeq.from_dict({"ts": [BASE + 5 * SECOND, BASE + 6 * SECOND]})
    right = LTSeq.from_dict({"ts": [BASE], "v": [1]})
    assert rows(left.asof_join(right, on="ts", tolerance=5 * SECOND), "v") == [1, None]
    days = LTSeq.from_dict({"ts": [dt.date(2024, 1, 3), dt.date(2024, 1, 4)]})
    start = LTSeq.from_dict({"ts": [dt.date(2024, 1, 1)], "v": [1]})
    assert rows(days.asof_join(start, on="ts", tolerance=dt.timedelta(days=2)), "v") == [1, None]


# is_sorted: sides are sorted unless declared; is_sorted trusts


def test_sides_need_no_order(trades, quotes):
    expected = trades.sort("qty").asof_join(quotes.sort("ts"), on="ts").to_dicts()
    assert trades.sort("qty").asof_join(quotes, on="ts").to_dicts() == expected
    assert trades.sort("qty").asof_join(quotes.sort("bid"), on="ts").to_dicts() == expected


def test_is_sorted_trusts_what_is_true(trades, quotes):
    left = LTSeq.from_dict({"ts": [1, 5, 9]})
    right = LTSeq.from_dict({"ts": [0, 4, 5, 8, 12], "v": [1, 2, 3, 4, 5]})
    assert rows(left.asof_join(right, on="ts", is_sorted=True), "v") == [1, 3, 4]
    assert left.asof_join(right, on="ts", is_sorted=True).sort_keys == left.asof_join(right, on="ts").sort_keys


# Kinds of time


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ((pa.int64(), [2**53 + 1]), (pa.int64(), [2**53, 2**53 + 2]), [0]),
        ((pa.uint64(), [2**64 - 1]), (pa.uint64(), [2**64 - 2, 2**63]), [0]),
        ((pa.float64(), [1.5, NAN]), (pa.float64(), [1.0, 2.0]), None),
        ((pa.decimal128(10, 2), [Decimal("1.05")]), (pa.decimal128(10, 2), [Decimal("1.04"), Decimal("1.06")]), [0]),
        ((pa.timestamp("s"), [2]), (pa.timestamp("s"), [1, 3]), [0]),
        ((pa.timestamp("ns", "UTC"), [2]), (pa.timestamp("ns", "Asia/Tokyo"), [1, 3]), [0]),
        ((pa.timestamp("us"), [2_500_000]), (pa.timestamp("s"), [2, 3]), [0]),
        ((pa.date32(), [dt.date(2024, 2, 1)]), (pa.date32(), [dt.date(2024, 1, 1), dt.date(2024, 3, 1)]), [0]),
        ((pa.int32(), [2]), (pa.int64(), [1, 3]), [0]),
    ],
)
def test_kinds_of_time(left, right, expected):
    a = LTSeq.from_arrow(pa.table({"ts": pa.array(left[1], left[0])}))
    b = LTSeq.from_arrow(pa.table({"ts": pa.array(right[1], right[0]), "v": range(len(right[1]))}))
    made = a.asof_join(b, on="ts")
    assert made.schema["ts_right"] == b.schema["ts"]
    assert rows(made, "v")[:1] == [0]
    if expected is not None:
        assert rows(made, "v") == expected


@pytest.mark.parametrize(("tolerance", "expected"), [(Decimal("0.10"), 1), (Decimal("0.09"), None), (0.1, 1)])
def test_tolerance_of_decimals(tolerance, expected):
    left, right = LTSeq.from_dict({"ts": [Decimal("1.10")]}), LTSeq.from_dict({"ts": [Decimal("1.00")], "v": [1]})
    assert rows(left.asof_join(right, on="ts", tolerance=tolerance), "v") == [expected]


@pytest.mark.parametrize(
    ("left", "right", "nearest"),
    [
        ([0, -(2**63), 2**63 - 1], [-(2**63), 2**63 - 1], [2**63 - 1, -(2**63), 2**63 - 1]),
        ([dt.date(2024, 1, 2)], [dt.date(2024, 1, 3), dt.date(2024, 1, 1)], [dt.date(2024, 1, 1)]),
        ([BASE], [BASE + SECOND, BASE - 2 * SECOND], [BASE + SECOND]),
        ([dt.time(1)], [dt.time(0), dt.time(2)], [dt.time(0)]),
        ([Decimal("0.5")], [Decimal("0.1"), Decimal("0.8")], [Decimal("0.8")]),
    ],
)
def test_nearest_measures_exactly(left, right, nearest):
    made = LTSeq.from_dict({"ts": left}).asof_join(LTSeq.from_dict({"ts": right}), on="ts", direction="nearest")
    assert rows(made, "ts_right") == nearest


@pytest.mark.parametrize("strategy", ["backward", "forward", "nearest"])
def test_empty_sides_keep_rows_and_schema(trades, quotes, strategy):
    whole = trades.asof_join(quotes, on="ts", strategy=strategy)
    none = trades.asof_join(quotes.head(0), on="ts", strategy=strategy)
    assert none.schema == whole.schema
    assert rows(none, "qty", "bid") == [(30, None), (10, None), (20, None)]
    assert trades.head(0).asof_join(quotes, on="ts", strategy=strategy).to_dicts() == []


# Errors


@pytest.mark.parametrize(
    ("options", "error", "phrase"),
    [
        ({"on": "ts", "direction": "up"}, ArgumentError, "direction"),
        ({"on": "ts", "strategy": "up"}, ArgumentError, "backward"),
        ({"on": "ts", "direction": "backward", "strategy": "forward"}, ArgumentError, "contradict"),
        ({"on": "ts", "direction": "nearest", "strategy": "forward"}, ArgumentError, "contradict"),
        ({"on": lambda t, q: t.ts >= q.ts, "direction": "forward"}, ArgumentError, "operator"),
        ({"on": lambda t, q: t.ts < q.ts, "direction": "backward"}, ArgumentError, "operator"),
        ({"on": lambda t, q: q.ts < t.ts, "strategy": "forward"}, ArgumentError, "operator"),
        ({"on": lambda t, q: t.ts >= q.ts, "left_on": "ts"}, ArgumentError, "left_on"),
        ({"on": lambda t, q: t.ts >= q.ts, "left_on": "ts", "right_on": "ts"}, ArgumentError, "left_on"),
        ({"on": "ts", "left_on": "ts", "right_on": "ts"}, ArgumentError, "left_on"),
        ({"left_on": "ts"}, ArgumentError, "right_on"),
        ({}, ArgumentError, "on"),
        ({"on": ["ts", "sym"]}, ArgumentError, "one time"),
        ({"on": 1}, ArgumentError, "must be str or callable"),
        ({"on": "ts", "is_sorted": 1}, ArgumentError, "is_sorted"),
        ({"on": "ts", "tolerance": -1}, ArgumentError, "tolerance"),
        ({"on": "ts", "tolerance": -SECOND}, ArgumentError, "tolerance"),
        ({"on": "ts", "tolerance": "1"}, ArgumentError, "tolerance"),
        ({"on": "ts", "tolerance": True}, ArgumentError, "tolerance"),
        ({"on": "ts", "tolerance": SECOND}, ArgumentError, "(?i)tolerance"),
        ({"on": "ts", "by": "symm"}, ColumnNotFoundError, r"'symm'.*'sym'"),
        ({"on": "ts", "by": 1}, ArgumentError, "by must be str or callable"),
        ({"on": "ts", "by": []}, JoinConditionError, "by names no column"),
        ({"left_on": 1, "right_on": "ts"}, ArgumentError, "left_on must be str"),
        ({"on": "ts", "tolerance": Decimal("nan")}, ArgumentError, "tolerance"),
        ({"on": "ts", "tolerance": float("nan")}, ArgumentError, "tolerance"),
        ({"on": "ts", "tolerance": dt.timedelta.max}, ArgumentError, "too long"),
        ({"on": "ts", "by": lambda t, q: t.sym > q.sym}, JoinConditionError, "Invalid join condition"),
        ({"on": "ts", "suffix": 1}, ArgumentError, "suffix"),
        ({"on": lambda t, q: t.ts == q.ts}, JoinConditionError, "Invalid join condition"),
        ({"on": lambda t, q: (t.ts >= q.ts) & (t.qty >= q.bid)}, JoinConditionError, "Invalid join condition"),
        ({"on": lambda t, q: t.ts != q.ts}, JoinConditionError, "Invalid join condition"),
        ({"on": lambda t, q: t.ts >= 1}, JoinConditionError, "Invalid join condition"),
        ({"on": lambda t, q: t.ts >= q.tss}, JoinConditionError, r"'tss'.*'ts'"),
        ({"on": lambda t, q: t.ts >= q.sym}, ArgumentError, "(?s)ts.*int64.*string|string.*int64"),
    ],
)
def test_wrong_arguments_of_asof_joins(trades, quotes, options, error, phrase):
    with pytest.raises(error, match=phrase):
        trades.asof_join(quotes, **options)


def test_a_name_still_taken_is_refused(trades, quotes):
    with pytest.raises(ArgumentError, match="'ts' is still taken"):
        trades.asof_join(quotes, on="ts", suffix="")


def test_a_checked_order_that_is_false_is_found(trades):
    wrong = LTSeq.from_dict({"ts": [5, 1, 9], "v": [1, 2, 3]}).assume_sorted("ts", check=True)
    with pytest.raises(ExecutionError, match="1 comes after 5"):
        trades.asof_join(wrong, on="ts").to_dicts()


def test_it_says_the_same_in_sql(trades, quotes):
    for options in ({"on": "ts", "by": "sym"}, {"on": "ts", "direction": "nearest", "tolerance": 3}):
        made = trades.sort("qty").asof_join(quotes, **options)
        again = ltseq.sql(made.to_sql(), mem_1=trades, mem_2=quotes)
        assert again.to_dicts() == made.to_dicts()
