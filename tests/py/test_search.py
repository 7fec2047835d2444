"""A condition on the key of a declared order is searched: rows before it are not read, and none after the first."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("ltseq._native")

import ltseq_dbapi

ROWS = 100_000


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    place = tmp_path_factory.mktemp("search") / "p.parquet"
    with ltseq_dbapi.connect(target_partitions=2) as made:
        made.execute(
            "CREATE TABLE m ORDERED BY ts AS SELECT value AS ts, value % 10 AS k, "
            f"CASE WHEN value % 2 = 0 THEN value END AS gap FROM range(0, {ROWS})"
        )
        made.execute(f"COPY (SELECT * FROM m) TO '{place}' OPTIONS ('format.max_row_group_size' '10000')")
        made.execute(f"CREATE EXTERNAL TABLE p STORED AS PARQUET LOCATION '{place}' ORDERED BY ts")
        made.execute("CREATE TABLE down ORDERED BY ts DESC AS SELECT ts, k FROM m")
        made.execute("CREATE TABLE f ORDERED BY x AS SELECT CAST(ts AS DOUBLE) AS x FROM m")
        made.execute("CREATE TABLE n ORDERED BY gap NULLS FIRST AS SELECT gap, k FROM m")
        yield made


def numbers(line, name):
    found = re.search(rf"{name}=([\d.]+)(?: ([KM]))?", line)
    return float(found[1]) * {None: 1, "K": 1e3, "M": 1e6}[found[2]] if found else None


def read(connection, query):
    """Rows that come out of the sources."""
    lines = "\n".join(row[-1] for row in connection.execute(f"EXPLAIN ANALYZE {query}").fetchall()).splitlines()
    return sum(numbers(line, "output_rows") for line in lines if "PositionExec" in line)


@pytest.mark.parametrize(
    ("query", "row", "most"),
    [
        ("SELECT ts FROM m QUALIFY SEARCH_FIRST(ts >= 90000)", 90_000, 8_192),
        ("SELECT ts FROM p QUALIFY SEARCH_FIRST(ts >= 90000)", 90_000, 20_000),
        ("SELECT ts FROM m QUALIFY SEARCH_FIRST(ts > 50 AND k = 3)", 53, 8_192),
        ("SELECT ts FROM m QUALIFY SEARCH_FIRST(k = 3)", 3, 8_192),
        ("SELECT ts FROM m QUALIFY SEARCH_FIRST(ts >= 90000) AND k < 5", 90_000, 8_192),
        ("SELECT ts FROM down QUALIFY SEARCH_FIRST(ts < 5)", 4, 8_192),
        ("SELECT x FROM f QUALIFY SEARCH_FIRST(x >= 10)", 10, 8_192),
        # NULLs come first here, and their batches hold no such value.
        ("SELECT gap FROM n QUALIFY SEARCH_FIRST(gap >= 60000)", 60_000, 16_384),
    ],
)
def test_a_search_reads_little(connection, query, row, most):
    assert connection.execute(query).fetchall() == [(row,)]
    assert read(connection, query) <= most


def test_nothing_found(connection):
    assert connection.execute("SELECT ts FROM m QUALIFY SEARCH_FIRST(ts > 1000000)").fetchall() == []
    assert connection.execute("SELECT ts FROM m QUALIFY SEARCH_FIRST(NULL)").fetchall() == []
    assert connection.execute("SELECT ts FROM m QUALIFY SEARCH_FIRST(ts > 10) AND k = 5").fetchall() == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # One per partition.
        ("SELECT k, ts FROM m ORDERED BY ts PARTITION BY k QUALIFY SEARCH_FIRST(ts > 503)", [504, 513]),
        ("SELECT k, ts FROM m QUALIFY SEARCH_FIRST(ts > 503) OVER (PARTITION BY k)", [504, 513]),
        # Neighbours are those of all rows.
        ("SELECT k, SHIFT(ts) FROM m QUALIFY SEARCH_FIRST(ts > 503)", [503, 503]),
        ("SELECT k, ts FROM m QUALIFY SEARCH_FIRST(SHIFT(ts) > 503)", [505, 505]),
        ("SELECT k, ts FROM m QUALIFY SEARCH_FIRST(ts > 503) OR ts = 7", [7, 504]),
        ("SELECT k, ts FROM m QUALIFY SEARCH_FIRST(ts > 503) AND SEARCH_FIRST(ts > 502)", []),
        ("SELECT k, ts FROM m QUALIFY NOT SEARCH_FIRST(ts > 0) AND ts < 3", [0, 2]),
    ],
)
def test_the_result_is_that_of_a_scan(connection, query, expected):
    found = sorted(row[1] for row in connection.execute(query).fetchall())
    assert (found[:1] + found[-1:]) == expected


def test_a_filter_leaves_out_what_it_can(connection):
    query = "SELECT ts, SHIFT(ts) FROM m WHERE ts BETWEEN 20000 AND 20002"
    assert connection.execute(query).fetchall() == [(20_000, None), (20_001, 20_000), (20_002, 20_001)]
    assert read(connection, query) <= 8_192
    query = "SELECT ts, SHIFT(ts) FROM p WHERE ts >= 99998"
    assert connection.execute(query).fetchall() == [(99_998, None), (99_999, 99_998)]
    assert read(connection, query) <= 10_000


def test_negative_zero_is_not_pruned_as_the_filter_sees_it():
    # The order holds both zeros equal, comparisons in a filter need not: no batch may be left out for it.
    with ltseq_dbapi.connect(datafusion__execution__batch_size=1) as connection:
        connection.execute(
            "CREATE TABLE z ORDERED BY x AS SELECT * FROM (VALUES (0.0, 1), (-0.0, 2), (1.0, 3)) AS v (x, i)"
        )
        stock = connection.execute(
            "SELECT i FROM (VALUES (0.0, 1), (-0.0, 2), (1.0, 3)) AS v (x, i) WHERE x >= 0.0"
        ).fetchall()
        assert connection.execute("SELECT i FROM z WHERE x >= 0.0").fetchall() == sorted(stock)


def test_rows_written_later_are_found(connection):
    connection.execute("CREATE TABLE w ORDERED BY ts AS SELECT ts FROM m WHERE ts > 10")
    connection.execute("INSERT INTO w VALUES (3), (5)")
    assert connection.execute("SELECT ts FROM w QUALIFY SEARCH_FIRST(ts > 3)").fetchall() == [(5,)]
    connection.execute("UPDATE w SET ts = 4 WHERE ts = 99999")
    assert connection.execute("SELECT ts FROM w QUALIFY SEARCH_FIRST(ts > 3)").fetchall() == [(4,)]
    assert connection.execute("SELECT ts FROM w WHERE ts > 99997").fetchall() == [(99_998,)]
