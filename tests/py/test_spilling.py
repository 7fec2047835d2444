"""Rows that wait for what comes after them go to disk where memory is short, and come back in order."""

from __future__ import annotations

import pytest

pytest.importorskip("ltseq._native")

import ltseq_dbapi

ROWS = 1_000_000
# `only` is NULL but on the last row; the rows are far larger than the limit.
SOURCE = f"""
    SELECT value AS ts, value % 7 AS small, CASE WHEN value = {ROWS - 1} THEN 42 END AS only,
           repeat('x', 20) || CAST(value AS VARCHAR) AS text
    FROM range(0, {ROWS})
"""


@pytest.fixture(scope="module")
def connection():
    with ltseq_dbapi.connect(memory_limit="24MB", target_partitions=1) as made:
        made.execute(f"CREATE TABLE t ORDERED BY ts AS {SOURCE}")
        yield made


def spills(connection, query):
    rows = connection.execute(f"EXPLAIN ANALYZE {query}").fetchall()
    return any("SequenceExec" in line and "spill_count=0" not in line for row in rows for line in row[-1].splitlines())


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("FILL_BACKWARD(only)", (ROWS, 42 * ROWS)),
        ("COALESCE(FILL_BACKWARD(only), SHIFT(small))", (ROWS, 42 * ROWS)),
        ("FILL_BACKWARD(only) + SHIFT(ts, -1) - ts", (ROWS - 1, 43 * (ROWS - 1))),
        # An observation every other row, and none but the last: the one does not wait in memory for the other.
        ("FILL_BACKWARD(CASE WHEN ts % 2 = 1 THEN 1 END) + FILL_BACKWARD(only)", (ROWS, 43 * ROWS)),
    ],
)
def test_fill_backward(connection, call, expected):
    inner = f"SELECT ts, text, {call} AS x FROM t"
    query = f"SELECT COUNT(x), SUM(x), MAX(text) FROM ({inner}) AS d"
    assert connection.execute(query).fetchone()[:2] == expected
    assert spills(connection, query)


def test_rows_come_back_in_order(connection):
    inner = "SELECT ts, text, FILL_BACKWARD(only) AS x FROM t"
    query = "SELECT COUNT(*), MIN(gap), MAX(gap), MIN(right) FROM (SELECT DIFF(ts) AS gap, "
    query += f"text = repeat('x', 20) || CAST(ts AS VARCHAR) AS right FROM ({inner}) AS d) AS e"
    assert connection.execute(query).fetchone() == (ROWS, 1, 1, True)


def test_all_rows_per_run(connection):
    # One run of 600,000 rows and one of the rest.
    runs = "GROUP ORDERED WHEN ts = 600000 ALL ROWS PER RUN"
    inner = f"SELECT ts, text, COUNT(*) AS n, MAX(ts) AS last, SUM(small) FILTER (WHERE small < 2) AS s FROM t {runs}"
    query = f"SELECT n, last, s, COUNT(*), MAX(text) FROM ({inner}) AS d GROUP BY n, last, s ORDER BY last"
    ones = [sum(value % 7 == 1 for value in range(*ends)) for ends in ((0, 600_000), (600_000, ROWS))]
    found = [row[:4] for row in connection.execute(query).fetchall()]
    assert found == [(600_000, 599_999, ones[0], 600_000), (400_000, ROWS - 1, ones[1], 400_000)]
    assert spills(connection, query)


def test_short_waits_do_not_touch_the_disk(connection):
    inner = "SELECT text, FILL_BACKWARD(CASE WHEN ts % 100 = 99 THEN ts END) AS x FROM t"
    query = f"SELECT COUNT(x), MAX(text) FROM ({inner}) AS d"
    assert connection.execute(query).fetchone()[0] == ROWS
    assert not spills(connection, query)


def test_what_cannot_be_spilled_names_the_setting(connection):
    # The keys of waiting rows stay in memory.
    query = "SELECT SUM(x) FROM (SELECT INTERPOLATE(CASE WHEN ts % 999999 = 0 THEN ts END) AS x FROM t ORDERED BY ts)"
    with ltseq_dbapi.connect(memory_limit="2MB", target_partitions=1) as small:
        small.execute(f"CREATE TABLE t ORDERED BY ts AS {SOURCE}")
        with pytest.raises(ltseq_dbapi.OperationalError, match="memory_limit"):
            small.execute(query + " AS d").fetchall()
        assert small.execute("SELECT COUNT(*) FROM t").fetchone() == (ROWS,)
