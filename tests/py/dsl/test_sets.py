"""Section 5: set operations over sorted tables, and what is done with their rows."""

from __future__ import annotations

import pytest

import ltseq
from ltseq import LTSeq

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def t():
    return LTSeq.from_dict({"a": [3, 1, 2, 1], "s": ["x", "y", "z", "y"]})


def test_is_subset_of_sorted_tables(t):
    up, down = t.sort("a"), t.sort("a", desc=True)
    assert up.is_subset(up)
    assert up.is_subset(down)
    assert up.is_subset(t, on="a")
    assert not up.is_subset(t.filter(lambda r: r.a > 1))
    assert t.head(0).sort("a").is_subset(up)


def test_head_of_a_set_operation_on_sorted_tables(t):
    up, others = t.sort("a"), LTSeq.from_dict({"a": [1], "s": ["y"]}).sort("a")
    assert up.except_(others).head(5).count() == 2
    assert up.intersect(others).head(1).to_dicts() == [{"a": 1, "s": "y"}]
    assert up.xunion(others).head(5).count() == 2
    assert up.except_(up).head(1).to_dicts() == []


def test_a_limit_over_sql_distinct_of_windows(t):
    query = "SELECT DISTINCT a FROM (SELECT * FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY s) = 1) LIMIT 5"
    assert sorted(row["a"] for row in ltseq.sql(query, t=t).to_dicts()) == [1, 2, 3]


def test_the_rows_of_a_set_operation_come_the_same_each_time():
    many = LTSeq.from_dict({"a": [i * 7919 % 1000 for i in range(5000)]})
    made = many.sort("a", desc=True).except_(LTSeq.from_dict({"a": [5]}))
    first = made.to_dicts()
    assert len(first) == 999
    assert all(made.to_dicts() == first for _ in range(3))
    assert made.head(10).to_dicts() == first[:10]
