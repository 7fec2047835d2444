"""Section 6, sort, assume_sorted and is_sorted_by: null placement, wrong keys; rolling over another order."""

from __future__ import annotations

import pytest

from ltseq import ArgumentError, LTSeq


def column(table, name):
    return [row[name] for row in table.to_dicts()]


@pytest.fixture
def t():
    return LTSeq.from_dict({"a": [1, None, 2, 1], "b": ["x", "x", None, "y"], "i": [1, 2, 3, 4]})


# sort(*keys, desc=False, descending=None, nulls=None, partition_by=None)


@pytest.mark.parametrize(
    ("kwargs", "expected"),
    [({}, [1, 4, 3, 2]), ({"desc": True}, [2, 3, 1, 4]), ({"nulls": "first"}, [2, 1, 4, 3]),
     ({"desc": True, "nulls": "last"}, [3, 1, 4, 2]), ({"desc": True, "descending": False}, [1, 4, 3, 2]),
     ({"descending": [True]}, [2, 3, 1, 4]), ({"partition_by": "b"}, [1, 2, 4, 3]),
     ({"partition_by": ["b"], "desc": True}, [2, 1, 4, 3])],
)  # fmt: skip
def test_sort_places_nulls_and_partitions(t, kwargs, expected):
    assert column(t.sort("a", **kwargs), "i") == expected


def test_sort_takes_a_direction_per_key(t):
    made = t.sort("b", lambda r: [r.a], desc=[True, False], partition_by="i")
    assert made.sort_keys == [("i", False), ("b", True), ("a", False)]
    assert column(t.sort("b", "a", desc=[True, False]), "i") == [3, 4, 1, 2]


@pytest.mark.parametrize(
    "make",
    [lambda t: t.sort(), lambda t: t.sort("a", desc=1), lambda t: t.sort("a", desc=[True, False]),
     lambda t: t.sort("a", "b", desc=[True]), lambda t: t.sort("a", nulls="middle"),
     lambda t: t.sort(lambda r: r.a.shift()),
     lambda t: t.assume_sorted(), lambda t: t.assume_sorted("a", check=1),
     lambda t: t.is_sorted_by("a", desc=[True, False])],
)  # fmt: skip
def test_wrong_orders_are_argument_errors(t, make):
    with pytest.raises(ArgumentError):
        make(t.sort("i"))


# .over(partition_by=None, order_by=None, …)


def test_rolling_over_another_order():
    t = LTSeq.from_dict({"a": [1, 2, 3], "b": [3, 2, 1]})
    made = t.derive(x=lambda r: r.a.rolling(2, 1).sum().over(order_by="b"))
    assert column(made.sort("a"), "x") == [3, 5, 3]
