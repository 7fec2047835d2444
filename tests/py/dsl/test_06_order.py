"""Section 6: the rows `sort`, `assume_sorted`, `sort_keys`, `is_sorted_by`; an order is made of columns."""

from __future__ import annotations

import datetime as dt
import functools
from decimal import Decimal

import pyarrow as pa
import pytest

from ltseq import ArgumentError, ColumnNotFoundError, LTSeq, NoDataError, OrderViolationError, SortRequiredError, col

NAN = float("nan")


def rows(table, name="i"):
    return [row[name] for row in table.to_dicts()]


@pytest.fixture
def t():
    return LTSeq.from_dict({"a": [2, 1, 2, None], "b": [1, 2, 0, 3], "i": [0, 1, 2, 3]})


# sort(*keys, desc=False, descending=None, nulls=None, partition_by=None)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [1, 0, 2, 3]),
        ({"desc": True}, [3, 0, 2, 1]),
        ({"desc": [True]}, [3, 0, 2, 1]),
        ({"nulls": "first"}, [3, 1, 0, 2]),
        ({"nulls": "last"}, [1, 0, 2, 3]),
        ({"desc": True, "nulls": "last"}, [0, 2, 1, 3]),
        ({"desc": True, "nulls": "first"}, [3, 0, 2, 1]),
        ({"descending": True}, [3, 0, 2, 1]),
        ({"desc": True, "descending": False}, [1, 0, 2, 3]),
        ({"desc": False, "descending": [True]}, [3, 0, 2, 1]),
    ],
)
def test_sort_is_stable_and_puts_nulls_last_or_first(t, options, expected):
    assert rows(t.sort("a", **options)) == expected


def test_sort_takes_several_keys_each_with_its_direction(t):
    assert rows(t.sort("a", "b")) == [1, 2, 0, 3]
    assert rows(t.sort("a", "b", desc=[False, True])) == [1, 0, 2, 3]
    assert rows(t.sort("a", "b", desc=(True, False))) == [3, 2, 0, 1]
    assert rows(t.sort("a", "b", desc=True)) == [3, 0, 2, 1]
    # nulls= speaks of all keys
    nulls = LTSeq.from_dict({"a": [None, 1, 1], "b": [1, None, 1], "i": [0, 1, 2]})
    assert rows(nulls.sort("a", "b", desc=[False, True], nulls="last")) == [2, 1, 0]
    assert rows(nulls.sort("a", "b", desc=[False, True])) == [1, 2, 0]


@pytest.mark.parametrize(
    "keys",
    [
        ["a", "b"],
        [lambda r: [r.a, r.b]],
        [lambda r: r.a, lambda other: other["b"]],
        [col("a"), "b"],
        [functools.partial(lambda name, r: [r[name], r.b], "a")],
    ],
    ids=["names", "list", "lambdas", "expr", "partial"],
)
def test_keys_are_names_expressions_or_lambdas_of_one_or_several(t, keys):
    made = t.sort(*keys)
    assert rows(made) == [1, 2, 0, 3]
    assert made.sort_keys == [("a", False), ("b", False)]


def test_directions_count_the_keys_that_a_lambda_lists(t):
    made = t.sort(lambda r: [r.a, r.b], desc=[False, True])
    assert rows(made) == [1, 0, 2, 3]
    assert made.sort_keys == [("a", False), ("b", True)]


def test_a_sort_replaces_the_order_and_its_ties_keep_the_old_one(t):
    made = t.sort("b").sort("a")
    assert rows(made) == [1, 2, 0, 3]
    assert made.sort_keys == [("a", False)]
    # Partitions go with the order they belong to.
    again = t.sort("b", partition_by="a").sort("i")
    assert rows(again.derive(x=lambda r: r.i.shift()), "x") == [None, 0, 1, 2]


def test_partition_by_sorts_first_and_restarts_functions():
    t = LTSeq.from_dict({"p": ["b", None, "a", "b"], "ts": [2, 1, 1, 1]}).sort("ts", partition_by="p", desc=True)
    assert t.sort_keys == [("p", False), ("ts", True)]
    assert t.derive(x=lambda r: r.ts.shift()).to_dicts() == [
        {"p": "a", "ts": 1, "x": None},
        {"p": "b", "ts": 2, "x": None},
        {"p": "b", "ts": 1, "x": 2},
        {"p": None, "ts": 1, "x": None},
    ]


@pytest.mark.parametrize("by", [["p", "q"], ("p", "q"), lambda r: [r.p, r.q], [col("p"), lambda r: r.q]])
def test_partition_by_takes_several(by):
    t = LTSeq.from_dict({"p": [1, 1, 0, 1], "q": [2, 1, 1, 2], "v": [4, 3, 2, 1]}).sort("v", partition_by=by)
    assert t.sort_keys == [("p", False), ("q", False), ("v", False)]
    assert rows(t, "v") == [2, 3, 1, 4]
    assert rows(t.derive(x=lambda r: r.v.shift()), "x") == [None, None, None, 1]


def test_nulls_of_the_partition_are_last_whatever_nulls_says():
    t = LTSeq.from_dict({"p": [None, 1], "v": [1, 2]})
    assert rows(t.sort("v", partition_by="p", nulls="first", desc=True), "p") == [1, None]


@pytest.mark.parametrize(
    ("kind", "values", "ascending"),
    [
        (pa.uint64(), [2**64 - 1, 0, 2**63], [1, 2, 0]),
        (pa.int64(), [2**63 - 1, -(2**63), 0], [1, 2, 0]),
        (pa.decimal128(38, 2), [Decimal("1.10"), Decimal("-1e30"), Decimal("1.01")], [1, 2, 0]),
        (pa.float64(), [NAN, float("inf"), float("-inf")], [2, 1, 0]),
        (pa.string(), ["é", "z", "Z"], [2, 1, 0]),
        (pa.string_view(), ["b", "a longer text than twelve", ""], [2, 1, 0]),
        (pa.dictionary(pa.int8(), pa.string()), ["b", "c", "a"], [2, 0, 1]),
        (pa.binary(), [b"\xff", b"", b"\x00"], [1, 2, 0]),
        (pa.bool_(), [True, False, True], [1, 0, 2]),
        (pa.timestamp("s", "Europe/Paris"), [2, 3, 1], [2, 0, 1]),
        (pa.time64("ns"), [2, 3, 1], [2, 0, 1]),
        (pa.duration("ms"), [2, -3, 1], [1, 2, 0]),
        (pa.date32(), [dt.date(2024, 1, 2), dt.date(1, 1, 1), dt.date(9999, 1, 1)], [1, 0, 2]),
        (pa.null(), [None, None, None], [0, 1, 2]),
    ],
)
def test_every_type_sorts_by_its_values(kind, values, ascending):
    t = LTSeq.from_arrow(pa.table({"x": pa.array(values, kind), "i": [0, 1, 2]}))
    made = t.sort("x")
    assert rows(made) == ascending
    assert made.schema == t.schema
    assert made.derive(p=lambda r: r.i.shift(-1)).to_dicts()[0]["p"] == ascending[1]


def test_zeros_of_both_signs_tie_in_an_order():
    t = LTSeq.from_dict({"x": [0.0, -0.0, 0.0], "i": [0, 1, 2]})
    assert rows(t.sort("x")) == [0, 1, 2]
    assert rows(t.sort("x", desc=True)) == [0, 1, 2]
    parts = t.sort("i", partition_by="x")
    assert rows(parts.derive(p=lambda r: r.i.shift()), "p") == [None, 0, 1]


@pytest.mark.parametrize(
    ("call", "phrase"),
    [
        (lambda t: t.sort(), "at least one key"),
        (lambda t: t.sort(lambda r: []), "key"),
        (lambda t: t.sort("a", desc=[True, False]), "2 directions for 1 key"),
        (lambda t: t.sort("a", "b", desc=[True]), "1 directions for 2 keys"),
        (lambda t: t.sort("a", desc=[]), "0 directions"),
        (lambda t: t.sort("a", descending=[True, False]), "2 directions"),
        (lambda t: t.sort("a", desc=1), "desc"),
        (lambda t: t.sort("a", desc=0), "desc"),
        (lambda t: t.sort("a", desc=None, descending=1), "desc"),
        (lambda t: t.sort("a", desc=[1]), "desc"),
        (lambda t: t.sort("a", desc="yes"), "desc"),
        (lambda t: t.sort("a", nulls="middle"), "nulls"),
        (lambda t: t.sort("a", nulls=True), "nulls"),
        (lambda t: t.sort(1), "must be str or callable"),
        (lambda t: t.sort(None), "must be str or callable"),
        (lambda t: t.sort("a", partition_by=1), "partition_by"),
        (lambda t: t.assume_sorted(), "at least one key"),
        (lambda t: t.assume_sorted("a", desc=1), "desc"),
        (lambda t: t.assume_sorted("a", desc=[True, True]), "2 directions"),
        (lambda t: t.assume_sorted("a", check=1), "check"),
        (lambda t: t.is_sorted_by("a", desc=[True, False]), "2 directions"),
        (lambda t: t.is_sorted_by("a", desc=1), "desc"),
    ],
)
def test_wrong_arguments_of_orders(t, call, phrase):
    with pytest.raises(ArgumentError, match=phrase):
        call(t)


@pytest.mark.parametrize("call", [lambda t: t.sort("aa"), lambda t: t.sort("a", partition_by="aa")])
def test_an_unknown_key_names_its_neighbours(t, call):
    with pytest.raises(ColumnNotFoundError, match=r"Column 'aa' not found in schema.*'a'.*Available columns: a, b, i"):
        call(t)


@pytest.mark.parametrize("verb", ["sort", "assume_sorted", "is_sorted_by"])
def test_orders_need_a_table_with_columns(verb):
    with pytest.raises(NoDataError, match=r"Schema not initialized.*read_csv"):
        getattr(LTSeq(), verb)("a")


def test_a_key_that_reads_other_rows_is_refused(t):
    for key in (lambda r: r.a.sum(), lambda r: r.a.sum().over("b")):
        with pytest.raises(ArgumentError):
            t.sort("b").sort(key)


# assume_sorted(*keys, desc=False, partition_by=None, check=False)


def test_assume_sorted_declares_and_sorts_nothing(t):
    made = t.assume_sorted("a", lambda r: r.b, desc=[True, False], partition_by="i")
    assert made.sort_keys == [("i", False), ("a", True), ("b", False)]
    assert rows(made) == [0, 1, 2, 3]
    assert rows(t.assume_sorted("a").derive(x=lambda r: r.i.shift()), "x") == [None, 0, 1, 2]


def test_assume_sorted_restarts_at_the_partitions_it_is_told_of():
    t = LTSeq.from_dict({"p": ["a", "a", "b"], "v": [1, 2, 1]}).assume_sorted("v", partition_by="p", check=True)
    assert rows(t.derive(x=lambda r: r.v.shift()), "x") == [None, 1, None]


def test_a_checked_order_that_is_true_streams_as_it_is(t):
    assert rows(t.assume_sorted("i", check=True)) == [0, 1, 2, 3]
    assert rows(t.sort("a", desc=True).assume_sorted("a", desc=True, check=True)) == [3, 0, 2, 1]
    empty = t.head(0).assume_sorted("a", check=True)
    assert empty.to_dicts() == []


def test_a_checked_order_that_is_false_names_the_key_and_the_row(tmp_path):
    path = tmp_path / "trades.csv"
    path.write_text("ts,v\n10,1\n30,2\n20,3\n")
    made = LTSeq.read_csv(path).assume_sorted("ts", check=True)
    assert made.sort_keys == [("ts", False)]
    for run in (made.to_dicts, lambda: made.derive(x=lambda r: r.v.shift()).to_dicts(), made.collect):
        with pytest.raises(OrderViolationError, match="trades") as error:
            run()
        for part in ("20", "30", "row 3"):
            assert part in str(error.value)


@pytest.mark.parametrize(
    ("data", "options"),
    [
        ({"a": [1, 2]}, {"desc": True}),
        ({"a": [None, 1]}, {}),
        ({"a": [1, None]}, {"desc": True}),
        ({"a": [1, 1], "p": [2, 1]}, {"partition_by": "p"}),
        ({"a": [2, 1], "p": [1, 1]}, {"partition_by": "p"}),
    ],
)
def test_the_check_knows_directions_nulls_and_partitions(data, options):
    with pytest.raises(OrderViolationError):
        LTSeq.from_dict(data).assume_sorted("a", check=True, **options).to_dicts()


def test_an_unchecked_order_that_is_false_is_trusted():
    t = LTSeq.from_dict({"a": [2, 1, 3]}).assume_sorted("a")
    assert rows(t.derive(x=lambda r: r.a.shift()), "x") == [None, 2, 1]


# sort_keys


def test_sort_keys_are_none_without_an_order(t):
    assert t.sort_keys is None
    assert LTSeq().sort_keys is None


def test_sort_keys_are_partition_keys_then_keys(t):
    assert t.sort("a", "b", desc=[True, False]).sort_keys == [("a", True), ("b", False)]
    assert t.sort("b", partition_by="a", desc=True).sort_keys == [("a", False), ("b", True)]


def test_sort_keys_is_a_copy(t):
    made = t.sort("a")
    made.sort_keys.append(("b", False))
    assert made.sort_keys == [("a", False)]


def test_sort_keys_go_as_far_as_the_columns_of_the_table(t):
    made = t.sort("a", "b", "i")
    assert made.drop("b").sort_keys == [("a", False)]
    assert made.drop("a").sort_keys == []
    assert made.drop("i").sort_keys == [("a", False), ("b", False)]


# is_sorted_by(*keys, desc=False)


def test_is_sorted_by_is_a_prefix_with_directions(t):
    made = t.sort("a", "b", desc=[True, False])
    assert made.is_sorted_by("a", desc=True) is True
    assert made.is_sorted_by("a", desc=[True])
    assert made.is_sorted_by("a", "b", desc=[True, False])
    assert made.is_sorted_by(lambda r: r.a, desc=True)
    assert made.is_sorted_by("a") is False
    assert not made.is_sorted_by("a", "b", desc=True)
    assert not made.is_sorted_by("b")
    assert not made.is_sorted_by("a", "b", "i", desc=[True, False, False])
    assert made.is_sorted_by() is False
    assert t.is_sorted_by("a") is False


# An order is made of columns: the first computed key ends it.


def test_a_computed_key_ends_the_order_but_sorts(t):
    made = t.sort("a", lambda r: -r.b, "i")
    assert made.sort_keys == [("a", False)]
    assert rows(made) == [1, 0, 2, 3]
    # Rows that tie in the declared key stay as they were sorted.
    assert rows(made.derive(x=lambda r: r.i.shift()), "x") == [None, 1, 0, 2]
    assert rows(made.sort("a")) == [1, 0, 2, 3]
    assert made.derive(n=lambda r: r.a.run_id()).sort_keys == [("a", False)]


def test_a_table_sorted_by_a_computed_key_alone_has_no_declared_order(t):
    made = t.sort(lambda r: -r.b)
    assert made.sort_keys is None
    assert rows(made) == [3, 1, 0, 2]
    assert rows(made.head(2)) == [3, 1]
    assert not made.is_sorted_by("b", desc=True)
    with pytest.raises(SortRequiredError, match="computed key `-b`") as error:
        made.derive(x=lambda r: r.b.shift())
    assert "derive" in str(error.value)


def test_a_computed_key_that_is_derived_first_orders_the_table(t):
    made = t.derive(k=lambda r: -r.b).sort("k")
    assert made.sort_keys == [("k", False)]
    assert rows(made.derive(x=lambda r: r.i.shift()), "x") == [None, 3, 1, 0]


def test_a_computed_partition_ends_the_order_too(t):
    made = t.sort("i", partition_by=lambda r: r.i % 2)
    assert rows(made) == [0, 2, 1, 3]
    assert made.sort_keys in (None, [])
    assert rows(made.derive(x=lambda r: r.i.shift()), "x") == [None, 0, None, 1]


def test_a_false_declared_order_names_table_key_and_row(tmp_path):
    (tmp_path / "trades.csv").write_text("key,px\n10,1\n30,2\n20,3\n")
    t = LTSeq.read_csv(tmp_path / "trades.csv").assume_sorted("key", check=True)
    with pytest.raises(OrderViolationError, match=r"'trades' by key is false at row 3 in file '/.*: 20 comes after 30"):
        t.to_dicts()


def test_a_key_that_is_looked_up_is_a_computed_one():
    t = LTSeq.from_dict({"a": [2, 1], "b": [1, 2]})
    looked_up = t.sort(lambda r: r.a.lookup(t, "b", join_key="a"))
    assert [row["a"] for row in looked_up] == [2, 1]
    assert looked_up.sort_keys is None
    with pytest.raises(SortRequiredError, match="computed key"):
        looked_up.derive(x=lambda r: r.b.shift())
    assert t.sort("b", lambda r: r.a.lookup(t, "b", join_key="a")).sort_keys == [("b", False)]
