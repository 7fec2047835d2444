"""Section 5: cum_sum, search_first, search_pattern, search_pattern_count, fold."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import pyarrow as pa
import pytest

from ltseq import ArgumentError, ColumnNotFoundError, ExecutionError, LTSeq, SortRequiredError, col


def column(table, name):
    return [row[name] for row in table.to_dicts()]


@pytest.fixture
def t():
    return LTSeq.from_dict({"i": [1, 2, 3, 4], "px": [5.0, None, 2.0, 9.0], "k": ["a", "b", "a", None]})


@pytest.fixture
def up(t):
    return t.sort("i")


# cum_sum(*cols)


def test_cum_sum_adds_columns(up):
    made = up.cum_sum("i", "px")
    assert made.columns == ["i", "px", "k", "i_cumsum", "px_cumsum"]
    assert column(made, "i_cumsum") == [1, 3, 6, 10]
    assert column(made, "px_cumsum") == [5.0, 5.0, 7.0, 16.0]
    assert made.sort_keys == [("i", False)]


def test_cum_sum_follows_the_order_and_its_partition(t):
    assert column(t.sort("i", desc=True).cum_sum("i"), "i_cumsum") == [4, 7, 9, 10]
    assert column(t.sort("i", partition_by="k").cum_sum("i"), "i_cumsum") == [1, 4, 2, 4]


def test_cum_sum_of_an_expression_is_named_by_its_text(up):
    made = up.cum_sum(lambda r: r.i + 1, lambda r: (r.i * 2).alias("z"), lambda r: {"q": r.px})
    assert made.columns[3:] == ["i + 1_cumsum", "z_cumsum", "q_cumsum"]
    assert column(made, "i + 1_cumsum") == [2, 5, 9, 14]
    assert up.cum_sum(lambda r: [r.i, r.px]).columns[3:] == ["i_cumsum", "px_cumsum"]


@pytest.mark.parametrize(
    ("kind", "values", "sums"),
    [(pa.int8(), [127, 127], [127, 254]), (pa.uint64(), [2**64 - 1, None], [2**64 - 1, 2**64 - 1]),
     (pa.null(), [None, None], [None, None]), (pa.int64(), [None, 1], [None, 1]),
     (pa.decimal128(3, 2), [Decimal("1.10"), Decimal("2.20")], [Decimal("1.10"), Decimal("3.30")]),
     (pa.float32(), [0.5, 0.25], [0.5, 0.75]), (pa.float64(), [float("inf"), 1.0], [math.inf, math.inf])],
)  # fmt: skip
def test_cum_sum_of_types(kind, values, sums):
    t = LTSeq.from_arrow(pa.table({"x": pa.array(values, kind), "i": [1, 2]})).sort("i")
    assert column(t.cum_sum("x"), "x_cumsum") == sums


def test_cum_sum_does_not_wrap():
    t = LTSeq.from_dict({"x": [2**63 - 1, 1]}).assume_sorted("x")
    with pytest.raises(ExecutionError):
        t.cum_sum("x").to_dicts()


def test_cum_sum_refuses(t, up):
    with pytest.raises(ArgumentError, match="'k' is string"):
        up.cum_sum("k")
    with pytest.raises(ArgumentError, match="'b' is bool"):
        LTSeq.from_dict({"b": [True]}).sort("b").cum_sum("b")
    for cols in ((), (["i"],), (5,), ("i", "i"), (lambda r: r.i.sum(),)):
        with pytest.raises(ArgumentError):
            up.cum_sum(*cols)
    with pytest.raises(ColumnNotFoundError, match="'nope'"):
        up.cum_sum("nope")
    with pytest.raises(SortRequiredError):
        t.cum_sum("i")


# search_first(pred)


def test_search_first_gives_the_first_such_row_in_order(t):
    assert t.search_first(lambda r: r.px < 6).to_dicts() == [{"i": 1, "px": 5.0, "k": "a"}]
    down = t.sort("i", desc=True)
    made = down.search_first(pred=lambda r: r.px < 6)
    assert (column(made, "i"), made.sort_keys) == ([3], [("i", True)])
    assert column(down.search_first(lambda r: r.i <= 2), "i") == [2]
    assert column(t.search_first(col("px").is_null()), "i") == [2]


def test_search_first_gives_no_row_where_there_is_none(t):
    for made in (t.search_first(lambda r: r.px > 99), t.head(0).search_first(lambda r: r.i > 0)):
        assert (made.to_dicts(), made.schema) == ([], t.schema)


def test_search_first_is_one_row_of_all_partitions(t):
    assert column(t.sort("i", partition_by="k").search_first(lambda r: r.i > 1), "i") == [3]


def test_search_first_sees_the_rows_before(t):
    assert column(t.sort("i").search_first(lambda r: r.i.shift() == 2), "i") == [3]
    with pytest.raises(SortRequiredError):
        t.search_first(lambda r: r.i.shift() == 2)


def test_search_first_refuses(t):
    for wrong in ("i", True, None, lambda r: True, lambda r: r.i, lambda r: r.i.max() == 1):
        with pytest.raises(ArgumentError):
            t.search_first(wrong)
    with pytest.raises(ColumnNotFoundError):
        t.search_first(lambda r: r.nope == 1)


# search_pattern(*preds, partition_by=None, within=None); search_pattern_count(…) → int


@pytest.fixture
def clicks():
    hours = [dt.datetime(2024, 1, 1, hour) for hour in (1, 2, 3, 10)]
    return LTSeq.from_dict({"ts": hours, "p": [1, 1, 2, 1], "u": [1, 1, 1, 1]}).sort("ts")


def one(row):
    return row.u == 1


def hours(table):
    return [row["ts"].hour for row in table]


def test_search_pattern_gives_the_first_row_of_each_match():
    t = LTSeq.from_dict({"ts": [1, 2, 3, 4, 5, 6], "u": ["c", "c", "p", "c", "x", "p"]}).sort("ts")
    cart, pay = (lambda r: r.u == "c"), (lambda r: r.u == "p")
    made = t.search_pattern(cart, pay)
    assert (column(made, "ts"), made.schema, made.sort_keys) == ([2], t.schema, [("ts", False)])
    assert column(t.search_pattern(cart, cart), "ts") == [1]
    assert column(t.search_pattern(cart, pay, cart), "ts") == [2]
    assert t.search_pattern_count(cart) == 3


def test_search_pattern_overlapping_matches_count(clicks):
    assert clicks.search_pattern_count(one, one) == 3
    assert type(clicks.search_pattern_count(one)) is int
    assert clicks.search_pattern_count(one, one, one, one, one) == 0
    assert clicks.head(0).search_pattern_count(one) == 0


def test_search_pattern_null_is_no_match(up):
    assert column(up.search_pattern(lambda r: r.px > 1), "i") == [1, 3, 4]


def test_search_pattern_stays_within_a_partition(clicks, t):
    for key in ("p", ["p"], col("p"), lambda r: r.p):
        assert hours(clicks.search_pattern(one, one, partition_by=key)) == [1, 2]
    assert t.sort("i", partition_by="k").search_pattern_count(lambda r: r.i > 0, lambda r: r.i > 0) == 1


def test_search_pattern_within_is_inclusive(clicks, up):
    assert hours(clicks.search_pattern(one, one, within=dt.timedelta(hours=1))) == [1, 2]
    assert hours(clicks.search_pattern(one, one, within=dt.timedelta(minutes=59))) == []
    assert clicks.search_pattern_count(one, one, partition_by="p", within=dt.timedelta(hours=8)) == 2
    positive = lambda r: r.i > 0  # noqa: E731
    assert [up.search_pattern_count(positive, positive, positive, within=n) for n in (1, 2)] == [0, 2]


def test_search_pattern_takes_sequence_functions(up):
    assert column(up.search_pattern(lambda r: r.i.shift().is_null(), lambda r: r.i == 2), "i") == [1]


@pytest.mark.parametrize("within", ["1h", True, -1, dt.timedelta(-1), 1])
def test_search_pattern_refuses_a_wrong_within(clicks, within):
    with pytest.raises(ArgumentError):
        clicks.search_pattern(one, within=within)


def test_search_pattern_refuses(clicks, t):
    for verb in ("search_pattern", "search_pattern_count"):
        for preds in ((), ("u",), ([one, one],), (lambda r: r.u,), (lambda r: True,)):
            with pytest.raises(ArgumentError):
                getattr(clicks, verb)(*preds)
        with pytest.raises(ArgumentError):
            getattr(clicks, verb)(one, partition_by=5)
        with pytest.raises(ColumnNotFoundError, match="'nope'"):
            getattr(clicks, verb)(one, partition_by="nope")
        with pytest.raises(SortRequiredError):
            getattr(t, verb)(lambda r: r.i > 1)
    with pytest.raises(ArgumentError):
        t.sort("k", "i").search_pattern(lambda r: r.i > 1, within=1)


# fold(fn, *, init, into, partition_by=None)


def add(state, row):
    return state + row.i


def test_fold_carries_a_state_in_order():
    t = LTSeq.from_dict({"ts": [2, 1, 3], "v": [10, 5, -20], "p": ["x", "x", "y"]}).sort("ts")
    made = t.fold(lambda s, r: max(0, s + r.v), init=0, into="level")
    assert made.to_dicts() == [
        {"ts": 1, "v": 5, "p": "x", "level": 5},
        {"ts": 2, "v": 10, "p": "x", "level": 15},
        {"ts": 3, "v": -20, "p": "y", "level": 0},
    ]
    assert (made.sort_keys, made.schema["level"]) == ([("ts", False)], "int64")
    assert column(made.derive(x=lambda r: r.level.shift()), "x") == [None, 5, 15]


def test_fold_runs_at_the_call_once_per_row(up):
    seen = []
    made = up.fold(lambda s, r: seen.append(r.i), init=None, into="f")
    assert (seen, made.schema["f"]) == ([1, 2, 3, 4], "null")
    made.to_dicts()
    assert seen == [1, 2, 3, 4]


def test_fold_reads_a_row_by_item_or_attribute(up):
    assert column(up.fold(lambda s, r: s + r["i"], init=0, into="f"), "f") == [1, 3, 6, 10]
    odd = LTSeq.from_dict({"a b": [1], "_index": [2], "key0": [3], "__class__": [4], "self": [5], "_values": [6]})
    made = odd.sort("key0").fold(
        lambda s, r: [r["a b"], r["_index"], r.key0, r["__class__"], r.self, r._values], init=0, into="key1"
    )
    assert (made.columns[:-1], column(made, "key1")) == (odd.columns, [[1, 2, 3, 4, 5, 6]])


def test_a_row_of_fold_tells_its_columns(up):
    made = up.fold(lambda s, r: f"{list(r)} {len(r)} {'px' in r} {0 in r} {r}", init=0, into="f")
    assert column(made, "f")[1] == "['i', 'px', 'k'] 3 True False Row(i=2, px=None, k='b')"


def test_fold_restarts_per_partition(t, up):
    assert column(up.fold(add, init=0, into="f", partition_by="k"), "f") == [1, 2, 4, 4]
    assert column(up.fold(add, init=0, into="f", partition_by=lambda r: r.i % 2), "f") == [1, 2, 4, 6]
    assert column(up.fold(add, init=0, into="f", partition_by=["k", "i"]), "f") == [1, 2, 3, 4]


def test_fold_restarts_where_the_order_does():
    t = LTSeq.from_dict({"i": [1, 2, 3], "k": ["a", "b", "a"]}).sort("i", partition_by="k")
    for made in (t, t.rename(k="q"), t.drop("k"), t.filter(lambda r: r.i > 0)):
        assert column(made.fold(add, init=0, into="f"), "f") == [1, 4, 2]
    assert column(t.fold(add, init=0, into="f", partition_by=lambda r: r.i % 2), "f") == [1, 4, 2]
    assert column(t.sort("i").fold(add, init=0, into="f"), "f") == [1, 3, 6]


def test_fold_copies_its_init_and_makes_values_at_once():
    t = LTSeq.from_dict({"ts": [1, 2], "p": [1, 2]}).sort("ts")

    def push(state, row):
        state.append(row.ts)
        return state

    init = []
    assert column(t.fold(push, init=init, into="l"), "l") == [[1], [1, 2]]
    assert column(t.fold(push, init=init, into="l", partition_by="p"), "l") == [[1], [2]]
    assert init == []


@pytest.mark.parametrize(
    ("value", "kind"),
    [(1, "int64"), (2**64 - 1, "uint64"), (0.5, "float64"), ("x", "string"), (True, "bool"), (b"x", "binary"),
     (Decimal("1.5"), "decimal128(2, 1)"), (dt.date(2024, 1, 1), "date32"), (dt.timedelta(1), "duration[us]"),
     (dt.datetime(2024, 1, 1), "timestamp[us]"), ([1], "list<int64>"), ({"a": 1}, "struct<a: int64>"), (None, "null")],
)  # fmt: skip
def test_fold_stores_values_of_any_type(up, value, kind):
    made = up.fold(lambda s, r: value, init=0, into="f")
    assert (made.schema["f"], column(made, "f")) == (kind, [value] * 4)


def test_fold_results_of_two_types(up):
    made = up.fold(lambda s, r: 0.5 if r.i > 2 else 1, init=0, into="f")
    assert (made.schema["f"], column(made, "f")) == ("float64", [1.0, 1.0, 0.5, 0.5])
    assert column(up.fold(lambda s, r: r.i if r.i > 2 else None, init=0, into="f"), "f") == [None, None, 3, 4]
    for other in ("x", True, dt.date(2024, 1, 1)):
        with pytest.raises(ArgumentError, match="'f'"):
            up.fold(lambda s, r, other=other: other if r.i > 2 else 1, init=0, into="f")


def test_fold_refuses_results_that_no_column_holds(up):
    for value in (object(), {1}, 2**64):
        with pytest.raises(ArgumentError, match="'f'"):
            up.fold(lambda s, r, value=value: value, init=0, into="f")
    with pytest.raises(ArgumentError, match="Row is no type of a column"):
        up.fold(lambda s, r: r, init=0, into="f")


def test_a_row_of_fold_is_read_only(up):
    def set_item(state, row):
        row["i"] = 5

    def drop(state, row):
        del row["i"]

    for fn in (lambda s, r: setattr(r, "i", 5), lambda s, r: delattr(r, "i"), set_item, drop):
        with pytest.raises(TypeError, match="cannot be changed"):
            up.fold(fn, init=0, into="f")


def test_fold_of_an_unknown_column(up):
    for fn in (lambda s, r: r.pxx, lambda s, r: r["pxx"]):
        with pytest.raises(AttributeError, match=r"'pxx'.*'px'"):
            up.fold(fn, init=0, into="f")


def test_fold_refuses_its_arguments(t, up):
    for into in ("", "i", 5, None):
        with pytest.raises(ArgumentError, match="into"):
            up.fold(add, init=0, into=into)
    for fn in (5, "add", None, lambda state: state):
        with pytest.raises(ArgumentError):
            up.fold(fn, init=0, into="f")
    with pytest.raises(ArgumentError):
        up.fold(add, init=0, into="f", partition_by=5)
    with pytest.raises(ColumnNotFoundError, match="'nope'"):
        up.fold(add, init=0, into="f", partition_by="nope")
    with pytest.raises(SortRequiredError):
        t.fold(add, init=0, into="f")


def test_fold_lets_the_errors_of_its_function_through(up):
    with pytest.raises(ZeroDivisionError):
        up.fold(lambda s, r: 1 // 0, init=0, into="f")


def test_fold_of_no_rows(up):
    made = up.head(0).fold(add, init=0, into="f")
    assert (made.columns, made.to_dicts(), made.sort_keys) == (["i", "px", "k", "f"], [], [("i", False)])


def test_the_row_of_a_fold_shows_its_values():
    table = LTSeq.from_dict({"a": [2, 1], "b": [None, "x"]}).sort("a")
    seen = []
    table.fold(lambda state, row: seen.append(repr(row)) or 0, init=0, into="n")
    assert seen == ["Row(a=1, b='x')", "Row(a=2, b=None)"]
