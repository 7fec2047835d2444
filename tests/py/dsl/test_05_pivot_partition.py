"""Section 5: pivot, partition."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

import ltseq
from ltseq import (
    ArgumentError,
    ColumnNotFoundError,
    ExecutionError,
    LTSeq,
    PartitionedTable,
    SortRequiredError,
    col,
    lit,
)


def column(table, name):
    return [row[name] for row in table.to_dicts()]


# pivot(index, columns, values, agg_fn="sum")


@pytest.fixture
def sales():
    return LTSeq.from_dict(
        {
            "day": [2, 1, 1, 2, 1],
            "shop": ["n", "s", "n", None, "n"],
            "v": [10, 1, 2, 4, 8],
            "f": [1.0, 2.0, 3.0, 4.0, 5.0],
        }
    )


def test_pivot_names_its_columns_by_sorted_text(sales):
    made = sales.pivot("day", "shop", "v")
    assert made.columns == ["day", "n", "null", "s"]
    assert made.to_dicts() == [{"day": 1, "n": 10, "null": None, "s": 1}, {"day": 2, "n": 10, "null": 4, "s": None}]


def test_pivot_is_ordered_by_its_index_and_says_so(sales):
    made = sales.sort("v", desc=True).pivot("day", "shop", "v")
    assert (made.sort_keys, column(made.derive(p=lambda r: r.n.shift()), "p")) == ([("day", False)], [None, 10])


@pytest.mark.parametrize(
    ("agg_fn", "n", "kind"),
    [("sum", 10, "int64"), ("mean", 5.0, "float64"), ("count", 2, "int64"), ("min", 2, "int64"), ("max", 8, "int64"),
     ("first", 8, "int64"), ("last", 2, "int64")],
)  # fmt: skip
def test_pivot_functions(sales, agg_fn, n, kind):
    made = sales.sort("f", desc=True).pivot(index="day", columns="shop", values="v", agg_fn=agg_fn)
    assert (column(made, "n")[0], made.schema["n"]) == (n, kind)


def test_pivot_cells_without_rows_are_null_and_count_zero(sales):
    assert column(sales.pivot("day", "shop", "v"), "s") == [1, None]
    assert column(sales.pivot("day", "shop", "v", "count"), "s") == [1, 0]
    nothing = sales.derive(v=lambda r: lit(None).cast("int64"))
    assert nothing.pivot("day", "shop", "v", "count").to_dicts() == [
        {"day": 1, "n": 0, "null": 0, "s": 0},
        {"day": 2, "n": 0, "null": 0, "s": 0},
    ]
    assert column(nothing.pivot("day", "shop", "v"), "n") == [None, None]


def test_pivot_first_and_last_keep_null_and_need_an_order():
    t = LTSeq.from_dict({"i": [1, 1], "k": ["a", "a"], "v": [None, 2], "o": [1, 2]})
    assert t.sort("o").pivot("i", "k", "v", "first").to_dicts() == [{"i": 1, "a": None}]
    assert t.sort("o").pivot("i", "k", "v", "last").to_dicts() == [{"i": 1, "a": 2}]
    with pytest.raises(SortRequiredError):
        t.pivot("i", "k", "v", "first")


def test_pivot_takes_several_index_columns(sales):
    made = sales.pivot(["day", "shop"], "shop", "v")
    assert made.sort_keys == [("day", False), ("shop", False)]
    assert [(row["day"], row["shop"]) for row in made] == [(1, "n"), (1, "s"), (2, "n"), (2, None)]


def test_pivot_takes_lambdas_and_exprs(sales):
    made = sales.pivot(lambda r: (r.day * 2).alias("dd"), lambda r: r.v > 3, col("v") * 10)
    assert made.to_dicts() == [{"dd": 2, "false": 30, "true": 80}, {"dd": 4, "false": None, "true": 140}]


@pytest.mark.parametrize(
    ("values", "names"),
    [([10, 9, -1], ["-1", "10", "9"]), ([True, False, True], ["false", "true"]), (["b", "B", "a"], ["B", "a", "b"]),
     ([dt.date(2024, 1, 2), dt.date(2024, 1, 1), None], ["2024-01-01", "2024-01-02", "null"]),
     ([Decimal("1.10"), Decimal("2"), None], ["1.10", "2.00", "null"]), (["", "é", 'a."b"'], ["", 'a."b"', "é"]),
     ([None, None, None], ["null"]), ([2**64 - 1, 0, 0], ["0", str(2**64 - 1)])],
)  # fmt: skip
def test_pivot_names_are_the_text_of_the_values(values, names):
    t = LTSeq.from_dict({"i": [1, 1, 1], "k": values, "v": [1, 1, 1]})
    made = t.pivot("i", "k", "v")
    assert made.columns == ["i", *names]
    assert sum(made.to_dicts()[0][name] for name in names) == 3


def test_pivot_of_a_dictionary_column():
    keys = pa.array(["x", "y"]).dictionary_encode()
    assert LTSeq.from_arrow(pa.table({"i": [1, 1], "k": keys, "v": [1, 2]})).pivot("i", "k", "v").to_dicts() == [
        {"i": 1, "x": 1, "y": 2}
    ]


def test_pivot_has_a_row_for_a_null_index():
    t = LTSeq.from_dict({"i": [None, 1], "k": ["a", "a"], "v": [1, 2]})
    assert t.pivot("i", "k", "v").to_dicts() == [{"i": 1, "a": 2}, {"i": None, "a": 1}]


def test_pivot_of_nothing_has_the_index_alone(sales):
    made = sales.head(0).pivot("day", "shop", "v")
    assert (made.columns, made.to_dicts(), made.sort_keys) == (["day"], [], [("day", False)])


def test_pivot_runs_at_the_call_for_the_names_of_its_columns_alone(sales):
    broken = sales.derive(x=lambda r: r.v // (r.v - r.v))
    made = broken.pivot("day", "shop", "x")
    assert made.columns == ["day", "n", "null", "s"]
    with pytest.raises(ExecutionError):
        made.to_dicts()
    with pytest.raises(ExecutionError):
        broken.pivot("day", "x", "v")


def test_pivot_refuses_another_function(sales):
    for wrong in ("total", "avg", "SUM", "", None, 5):
        with pytest.raises(ArgumentError, match="agg_fn"):
            sales.pivot("day", "shop", "v", wrong)


def test_pivot_refuses_clashing_names(sales):
    clash = sales.derive(shop=lambda r: ltseq.if_else(r.v > 3, "day", "x"))
    with pytest.raises(ArgumentError, match="'day'"):
        clash.pivot("day", "shop", "v")
    with pytest.raises(ArgumentError, match="'null'"):
        sales.derive(shop=lambda r: ltseq.if_else(r.v > 3, None, "null")).pivot("day", "shop", "v")


def test_pivot_refuses_unknown_columns_and_wrong_types(sales):
    for args in (("x", "shop", "v"), ("day", "x", "v"), ("day", "shop", "x")):
        with pytest.raises(ColumnNotFoundError, match="'x'"):
            sales.pivot(*args)
    with pytest.raises(ArgumentError, match="'shop' of type string"):
        sales.pivot("day", "v", "shop")
    for args in (([], "shop", "v"), ("day", ["shop", "v"], "v"), ("day", 5, "v")):
        with pytest.raises(ArgumentError):
            sales.pivot(*args)


def test_pivot_sums_do_not_wrap():
    t = LTSeq.from_dict({"i": [1, 1], "k": ["a", "a"], "v": [2**62, 2**62]})
    with pytest.raises(ExecutionError):
        t.pivot("i", "k", "v").to_dicts()


# partition(*cols, by=None) → PartitionedTable


@pytest.fixture
def t():
    return LTSeq.from_dict({"i": [1, 2, 3, 4], "k": ["a", "b", "a", None]})


def test_partition_keys_come_by_first_appearance_and_null_is_none(t):
    p = t.partition("k")
    assert isinstance(p, PartitionedTable)
    assert p.keys() == ["a", "b", None]
    assert t.sort("i", desc=True).partition("k").keys() == [None, "a", "b"]


def test_partition_looks_like_a_dict_of_tables(t):
    p = t.partition("k")
    assert (column(p["a"], "i"), column(p[None], "i"), type(p["a"])) == ([1, 3], [4], LTSeq)
    assert (len(p), "b" in p, None in p, "z" in p, 5 in p, [1] in p) == (3, True, True, False, False, False)
    assert [len(part) for part in p] == [len(part) for part in p.values()] == [2, 1, 1]
    assert [(key, len(part)) for key, part in p.items()] == [("a", 2), ("b", 1), (None, 1)]
    assert [type(made) for made in (p.keys(), p.values(), p.items(), p.to_list())] == [list] * 4
    assert [column(part, "i") for part in p.to_list()] == [[1, 3], [2], [4]]


@pytest.mark.parametrize("key", ["z", 5, ("a",), [1], b"a", 1.5])
def test_partition_of_an_absent_key_is_a_key_error(t, key):
    with pytest.raises(KeyError):
        t.partition("k")[key]


def test_partition_parts_keep_the_order(t):
    part = t.sort("i", desc=True).partition("k")["a"]
    assert (column(part, "i"), part.sort_keys) == ([3, 1], [("i", True)])
    assert column(part.derive(p=lambda r: r.i.shift()), "p") == [None, 3]


def test_partition_takes_names_lambdas_and_by(t):
    for p in (t.partition("k"), t.partition(lambda r: r.k), t.partition(by="k"), t.partition(by=["k"]),
              t.partition(by=lambda r: r.k), t.partition(col("k"))):  # fmt: skip
        assert p.keys() == ["a", "b", None]
    assert LTSeq.partition_by is LTSeq.partition


def test_partition_by_several_keys_has_tuples(t):
    p = t.partition("k", lambda r: r.i > 2)
    assert p.keys() == [("a", False), ("b", False), ("a", True), (None, True)]
    assert (column(p["a", True], "i"), ("b", False) in p, "a" in p) == ([3], True, False)
    assert t.partition(by=["k", "i"]).keys() == [("a", 1), ("b", 2), ("a", 3), (None, 4)]
    for absent in ("a", ("b", True), ["a", True]):
        with pytest.raises(KeyError):
            p[absent]


def test_partition_by_a_sequence_function(t):
    p = t.sort("i").partition(lambda r: (r.i - r.i.shift()).fill_null(0))
    assert (p.keys(), column(p[1], "i")) == ([0, 1], [2, 3, 4])
    with pytest.raises(SortRequiredError):
        t.partition(lambda r: r.i.shift())


def test_partition_map_gives_any_results_under_the_same_keys(t):
    counts = t.partition("k").map(len)
    assert isinstance(counts, PartitionedTable)
    assert (counts.keys(), counts.to_list(), counts["a"]) == (["a", "b", None], [2, 1, 1], 2)
    assert counts.items() == [("a", 2), ("b", 1), (None, 1)]
    assert counts.map(lambda n: n + 1).values() == list(counts.map(lambda n: n + 1)) == [3, 2, 2]
    assert t.partition("k").map(lambda part: None).values() == [None, None, None]
    assert column(t.partition("k").map(lambda part: part.tail(1))["a"], "i") == [3]
    with pytest.raises(KeyError):
        counts["z"]
    with pytest.raises(ArgumentError):
        counts.map(5)


def test_partition_parts_are_lazy(t):
    p = t.derive(x=lambda r: r.i // (r.i - r.i)).partition("k")
    part = p["a"]
    assert p.keys() == ["a", "b", None]
    with pytest.raises(ExecutionError):
        part.to_dicts()


def test_partition_reads_its_keys_once_at_the_first_look(t):
    drawn = t.derive(x=lambda r: ltseq.rand()).partition("x")
    assert drawn.keys() == drawn.keys() == [key for key, _ in drawn.items()]
    broken = t.derive(x=lambda r: r.i // (r.i - r.i)).partition("x")
    with pytest.raises(ExecutionError):
        broken.keys()


def test_partition_of_no_rows(t):
    p = t.head(0).partition("k")
    assert (p.keys(), len(p), list(p), "a" in p, p.map(len).to_list()) == ([], 0, [], False, [])


def test_partition_treats_nan_and_zero_as_keys_do():
    nan = float("nan")
    p = LTSeq.from_dict({"x": [nan, 0.0, -0.0, nan, None]}).partition("x")
    assert (len(p), len(p[nan]), len(p[0.0]), len(p[-0.0]), len(p[0]), len(p[None])) == (3, 2, 2, 2, 2, 1)


@pytest.mark.parametrize(
    ("kind", "values"),
    [(pa.int8(), [1]), (pa.uint64(), [2**64 - 1]), (pa.float32(), [0.1, 0.2]), (pa.bool_(), [True, False]),
     (pa.string_view(), ["é"]), (pa.dictionary(pa.int8(), pa.string()), ["a", "b"]), (pa.binary(), [b"a"]),
     (pa.decimal128(38, 2), [Decimal("1.10")]), (pa.date32(), [dt.date(2024, 1, 1)]), (pa.time64("us"), [dt.time(1)]),
     (pa.timestamp("s"), [dt.datetime(2024, 1, 1)]), (pa.timestamp("us", "Europe/Paris"), [0, 1]),
     (pa.timestamp("ns"), [1, 1001, -1]), (pa.duration("ns"), [1, 1001]), (pa.duration("s"), [dt.timedelta(1)]),
     (pa.list_(pa.int64()), [[1], [2], [None], []]), (pa.struct([("a", pa.int64())]), [{"a": 1}, {"a": None}])],
)  # fmt: skip
def test_partition_by_a_column_of_any_type(kind, values):
    p = LTSeq.from_arrow(pa.table({"k": pa.array([*values, None, *values], kind)})).partition("k")
    assert [len(part) for part in p] == [2] * len(values) + [1]
    assert [len(p[key]) for key in p.keys()] == [2] * len(values) + [1]


@pytest.mark.parametrize(
    "make",
    [lambda t: t.partition(), lambda t: t.partition(5), lambda t: t.partition(by=[]), lambda t: t.partition(["k"]),
     lambda t: t.partition("k", by="i"), lambda t: t.partition(lambda r: r.i.max()), lambda t: t.partition(by=5)],
)  # fmt: skip
def test_partition_refuses_no_or_a_wrong_argument(t, make):
    with pytest.raises(ArgumentError):
        make(t)


def test_partition_by_an_unknown_column(t):
    with pytest.raises(ColumnNotFoundError, match=r"'kk'.*'k'"):
        t.partition("kk")
