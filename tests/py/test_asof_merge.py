"""ASOF JOIN of two sides in time order reads them along with each other, and answers as the look-up does."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("ltseq._native")

import ltseq_dbapi

CONDITIONS = [
    "MATCH_CONDITION (l.ts >= r.ts)",
    "MATCH_CONDITION (l.ts > r.ts)",
    "MATCH_CONDITION (r.ts <= l.ts)",
    "MATCH_CONDITION (l.ts >= r.ts) ON l.k = r.k",
    "MATCH_CONDITION (l.ts > r.ts) ON l.k = r.k",
    "MATCH_CONDITION (l.ts >= r.ts) ON l.k = r.k AND l.s = r.s",
    "MATCH_CONDITION (l.ts >= r.ts) ON l.s = r.s TOLERANCE 3",
    "MATCH_CONDITION (l.ts > r.ts) TOLERANCE 0",
    "MATCH_CONDITION (l.ts >= r.ts) USING (k)",
]


def table(connection, name, rows):
    """The rows sorted by ts, NULLs last, under a declared order, and the same rows under none."""
    rows = sorted(rows, key=lambda row: (row[0] is None, row[0] or 0))
    for full, clause in ((name, " ORDERED BY ts"), (f"{name}_plain", "")):
        connection.execute(f"CREATE TABLE {full} (ts BIGINT, k BIGINT, s VARCHAR, v BIGINT){clause}")
        if rows:
            connection.cursor().executemany(f"INSERT INTO {full} VALUES (?, ?, ?, ?)", rows)


def random_rows(chance, count, keys):
    def one(i):
        ts = None if chance.random() < 0.05 else chance.randrange(count // 2 + 1)
        key = None if chance.random() < 0.1 else chance.randrange(keys)
        return (
            ts,
            key,
            None if chance.random() < 0.1 else chance.choice(["a", "b", "a long name that is not inline"]),
            i,
        )

    return [one(i) for i in range(count)]


def physical(connection, query):
    return connection.execute(f"EXPLAIN {query}").fetchall()[-1][-1]


# Few and many keys; more right rows than left and the other way round; nothing on a side.
@pytest.mark.parametrize(
    ("left", "right", "keys"), [(300, 900, 3), (900, 300, 200), (50, 0, 3), (0, 50, 3), (400, 400, 1)]
)
@pytest.mark.parametrize("batch", [1, 7, 8192])
def test_it_answers_as_the_look_up_does(left, right, keys, batch):
    chance = random.Random(left * 7 + right + batch)
    with ltseq_dbapi.connect(datafusion__execution__batch_size=batch, target_partitions=2) as connection:
        table(connection, "a", random_rows(chance, left, keys))
        table(connection, "b", random_rows(chance, right, keys))
        for condition in CONDITIONS:
            merged = f"SELECT l.v, r.v, r.s FROM a AS l ASOF JOIN b AS r {condition}"
            assert "AsofMergeExec" in physical(connection, merged)
            looked_up = f"SELECT l.v, r.v, r.s FROM a_plain AS l ASOF JOIN b_plain AS r {condition}"
            assert "AsofExec" in physical(connection, looked_up)
            assert connection.execute(merged).fetchall() == connection.execute(looked_up).fetchall(), condition


def test_right_rows_that_nobody_wants_any_more_are_let_go():
    with ltseq_dbapi.connect(memory_limit="6MB", target_partitions=1) as connection:
        # Each key is asked for again and again; the right side is far larger than the limit.
        connection.execute(
            "CREATE TABLE r ORDERED BY ts AS SELECT value AS ts, value % 1000 AS k, "
            "repeat('x', 30) || CAST(value AS VARCHAR) AS text FROM range(0, 1000000)"
        )
        connection.execute(
            "CREATE TABLE l ORDERED BY ts AS SELECT value * 100 AS ts, value % 1000 AS k FROM range(0, 10000)"
        )
        query = (
            "SELECT COUNT(r.ts), SUM(l.ts - r.ts), MIN(CAST(r.text = repeat('x', 30) || CAST(r.ts AS VARCHAR) AS INT)) "
            "FROM l ASOF JOIN r MATCH_CONDITION (l.ts >= r.ts) ON l.k = r.k"
        )
        # At ts = 100 i the key is i % 1000; the last right row of it at or before is the greatest t ≤ 100 i with
        # t % 1000 = i % 1000.
        gaps = [(100 * i - i) % 1000 for i in range(10_000) if 100 * i - (100 * i - i) % 1000 >= 0]
        assert connection.execute(query).fetchall() == [(len(gaps), sum(gaps), 1)]


def test_duckdbs_spelling_keeps_only_matches():
    with ltseq_dbapi.connect() as connection:
        table(connection, "a", [(1, 1, "a", 1), (5, 1, "a", 2), (6, 2, "a", 3)])
        table(connection, "b", [(3, 1, "a", 10)])
        query = "SELECT l.v, r.v FROM a AS l ASOF JOIN b AS r ON l.k = r.k AND l.ts >= r.ts"
        assert connection.execute(query).fetchall() == [(2, 10)]
        assert "AsofMergeExec" in physical(connection, query)
        query = query.replace("ASOF JOIN", "ASOF LEFT JOIN")
        assert connection.execute(query).fetchall() == [(1, None), (2, 10), (3, None)]


@pytest.mark.parametrize(
    "condition",
    [
        "MATCH_CONDITION (l.ts <= r.ts)",
        "MATCH_CONDITION (l.ts >= r.ts) NEAREST",
        "MATCH_CONDITION (l.v >= r.v)",
        "MATCH_CONDITION (l.ts >= r.v)",
    ],
)
def test_others_are_looked_up(condition):
    with ltseq_dbapi.connect() as connection:
        table(connection, "a", [])
        table(connection, "b", [])
        assert "AsofExec" in physical(connection, f"SELECT l.v FROM a AS l ASOF JOIN b AS r {condition}")


def test_an_order_that_is_false_is_a_violation(tmp_path):
    (tmp_path / "l.csv").write_text("ts,v\n1,1\n3,2\n2,3\n")
    with ltseq_dbapi.connect() as connection:
        connection.execute(
            f"CREATE EXTERNAL TABLE l STORED AS CSV LOCATION '{tmp_path / 'l.csv'}' "
            "OPTIONS ('format.has_header' 'true') ORDERED BY ts"
        )
        table(connection, "b", [(1, 1, "a", 10)])
        with pytest.raises(ltseq_dbapi.IntegrityError, match="2 comes after 3"):
            connection.execute("SELECT l.v, r.v FROM l ASOF JOIN b AS r MATCH_CONDITION (l.ts >= r.ts)").fetchall()
