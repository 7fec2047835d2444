"""Section 6: positions, `head`, `rvs` and the other verbs of positions go by source order, whoever reads the rows.

The source order of a query is the order in which it gives its rows, ORDER BY included.
"""

from __future__ import annotations

import random

import pytest

import ltseq
from ltseq import LTSeq, row_number

N = 600


@pytest.fixture(scope="module")
def a():
    ids = list(range(N))
    random.Random(5).shuffle(ids)
    return LTSeq.from_dict({"id": ids, "g": [n % 7 for n in ids], "v": [n * 3 % 11 for n in ids]})


@pytest.fixture(scope="module")
def b():
    return LTSeq.from_dict({"id": list(range(0, N, 2))})


def ids(table):
    return [row["id"] for row in table.to_dicts()]


QUERIES = {
    "plain": "SELECT * FROM a",
    "order by": "SELECT * FROM a ORDER BY id DESC",
    "order by, nested": "SELECT * FROM (SELECT * FROM a ORDER BY v, id) AS x",
    "order by an expression": "SELECT id + 0 AS id, g, v FROM a ORDER BY id * -1",
    "limit": "SELECT * FROM a ORDER BY v, id LIMIT 400",
    "offset": "SELECT * FROM a ORDER BY v, id OFFSET 10",
    "join": "SELECT a.* FROM a LEFT JOIN b ON a.id = b.id ORDER BY a.v DESC, a.id",
    "group by": "SELECT g AS id, count(*) AS v, 1 AS g FROM a GROUP BY g ORDER BY g DESC",
    "distinct": "SELECT DISTINCT v AS id, 1 AS g, 2 AS v FROM a",
    "distinct on": "SELECT DISTINCT ON (g) * FROM a ORDER BY g, id DESC",
    "union": "SELECT * FROM a UNION ALL SELECT * FROM a",
    "window": "SELECT id, g, v, row_number() OVER (PARTITION BY g ORDER BY id) AS n FROM a",
    "ordered by": "SELECT * FROM a ORDERED BY v",
}


def first_seen(values):
    return list(dict.fromkeys(values))


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_verbs_agree_on_the_source_order(a, b, query):
    t = ltseq.sql(query, a=a, b=b)
    rows = ids(t)
    even = [n for n in rows if n % 2 == 0]
    assert ids(t.head(5)) == rows[:5]
    assert ids(t.slice(3, 2)) == rows[3:5]
    assert ids(t.slice(2)) == rows[2:]
    assert ids(t.tail(4)) == rows[-4:]
    assert ids(t.step(3)) == rows[::3]
    assert ids(t.rvs()) == rows[::-1]
    assert ids(t.delete(1)) == rows[:1] + rows[2:]
    assert ids(t.modify(1, v=-1)) == rows
    assert t.modify(1, v=-1).to_dicts()[1]["v"] == -1
    assert ids(t.insert(2, {"id": -1})) == [*rows[:2], -1, *rows[2:]]
    assert ids(t.distinct("id")) == first_seen(rows)
    assert ids(t.union(t)) == rows + rows
    assert ids(t.filter(lambda r: r.id % 2 == 0).head(2)) == even[:2]
    assert ids(t.search_first(lambda r: r.id % 2 == 0)) == even[:1]
    assert ids(t.collect()) == rows
    assert ids(t.except_(t.head(1), on="id")) == first_seen(n for n in rows if n != rows[0])
    assert [key for key, _ in t.partition("g").items()] == first_seen(row["g"] for row in t.to_dicts())
    by_g = sorted(t.to_dicts(), key=lambda row: row["g"])
    assert ids(t.sort("g")) == [row["id"] for row in by_g]


def test_limits_count_along_the_order_below_joins_and_aggregates(a, b):
    first = ids(a)[:50]
    for table in (a, ltseq.sql("SELECT * FROM a", a=a)):
        head = table.head(50)
        assert head.agg(s=lambda g: g.id.sum()).to_dicts() == [{"s": sum(first)}]
        assert sorted(ids(b.semi_join(head, on="id"))) == sorted(n for n in first if n % 2 == 0)
        assert sorted(ids(b.join(head, on="id"))) == sorted(n for n in first if n % 2 == 0)


def test_rows_are_skipped_before_the_rest_is_sorted(a):
    rest = ids(a)[10:]
    assert ids(a.slice(10).sort("id")) == sorted(rest)
    assert ids(a.sort("v", "id").slice(10).sort("id")) == sorted(ids(a.sort("v", "id"))[10:])
    numbered = a.slice(10).derive(n=lambda r: row_number().over(order_by="id"))
    assert sorted(ids(numbered)) == sorted(rest)
    query = "SELECT id FROM (SELECT * FROM a ORDER BY v, id OFFSET 10) ORDER BY id"
    assert ids(ltseq.sql(query, a=a)) == sorted(ids(a.sort("v", "id"))[10:])
