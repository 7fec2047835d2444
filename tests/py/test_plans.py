"""What EXPLAIN shows: no sort where the order is known, one operator for calls that share it, no hash over runs."""

from __future__ import annotations

import pytest

pytest.importorskip("ltseq._native")

import ltseq_dbapi


@pytest.fixture(scope="module")
def connection():
    with ltseq_dbapi.connect(target_partitions=4) as made:
        made.execute("CREATE TABLE d (sym VARCHAR, ts BIGINT, px DOUBLE) ORDERED BY ts PARTITION BY sym")
        made.execute("CREATE TABLE o (ts BIGINT, px DOUBLE) ORDERED BY ts")
        made.execute("CREATE TABLE t (ts BIGINT, px DOUBLE)")
        made.execute("CREATE TABLE names (sym VARCHAR, name VARCHAR)")
        yield made


def plan(connection, query):
    return "\n".join(str(row[-1]) for row in connection.execute(f"EXPLAIN {query}").fetchall())


KNOWN = [
    "SELECT *, SHIFT(px), CUM_SUM(px), ROLLING(AVG(px), 20) FROM d",
    "SELECT *, SHIFT(px) FROM o",
    "SELECT *, SHIFT(px) FROM o ORDERED BY ts",
    "SELECT *, SHIFT(px) FROM d ORDERED BY ts PARTITION BY sym",
    "SELECT COUNT(*), FIRST(px), LAST(px) FROM d GROUP ORDERED WHEN px < SHIFT(px)",
    "SELECT d.*, n.name FROM d LINK names AS n ON d.sym = n.sym",
    "SELECT * FROM o WHERE px > 1 QUALIFY px > SHIFT(px) LIMIT 3",
]


@pytest.mark.parametrize("query", KNOWN)
def test_a_known_order_plans_no_sort(connection, query):
    assert "SortExec" not in plan(connection, query)


def test_an_unknown_order_plans_one_sort(connection):
    assert plan(connection, "SELECT *, SHIFT(px) FROM t ORDERED BY ts").count("SortExec") == 1


def test_calls_that_share_order_and_partition_are_one_operator(connection):
    calls = "SHIFT(px), DIFF(px, 2), CUM_SUM(px), ROLLING(AVG(px), 20), RUN_ID(px), EWM_MEAN(px, alpha => 0.5)"
    assert plan(connection, f"SELECT {calls} FROM d").count("SequenceExec") == 1


def test_nested_calls_are_two_operators_without_a_sort(connection):
    shown = plan(connection, "SELECT CUM_SUM(SHIFT(px)) FROM d")
    assert shown.count("SequenceExec") == 2
    assert "SortExec" not in shown


def test_runs_are_aggregated_without_a_hash_table(connection):
    shown = plan(connection, "SELECT sym, COUNT(*), SUM(px) FROM d GROUP ORDERED WHEN px < SHIFT(px)")
    assert "RunAggregateExec" in shown
    for hashed in ("AggregateExec: mode", "RepartitionExec", "SortPreservingMergeExec"):
        assert hashed not in shown


def test_a_checked_order_says_so_and_an_assumed_one_does_not(connection):
    assert "CheckExec: d declares" in plan(connection, "SELECT SHIFT(px) FROM d")
    assumed = plan(connection, "SELECT SHIFT(px) FROM t ORDERED BY ts ASSUMED")
    assert "CheckExec" not in assumed
    assert "Ordered: t.ts ASSUMED" in assumed


def test_every_node_of_an_ordered_query_shows_its_order(connection):
    first = connection.execute("EXPLAIN SELECT ts, px FROM o WHERE px > 1").fetchall()[0][-1]
    assert [line.split("  -- ")[1] for line in first.splitlines()] == ["ordered by o.ts"] * 3


def test_a_stock_statement_is_explained_as_ever(connection):
    assert [row[0] for row in connection.execute("EXPLAIN SELECT px FROM t").fetchall()] == [
        "logical_plan",
        "physical_plan",
    ]


def test_calls_are_shown_as_they_were_asked_for(connection):
    asked = (
        "SHIFT(px), SHIFT(px, 2, 0), ROLLING(SUM(px), 3, min_periods => 1), EWM_MEAN(px, span => 2), CUM_SUM(SHIFT(px))"
    )
    first = connection.execute(f"EXPLAIN SELECT {asked} FROM d").fetchall()[0][-1]
    for call in (
        "SHIFT(d.px)",
        "SHIFT(d.px, 2, 0)",
        "ROLLING(SUM(d.px), 3, min_periods => 1)",
        "EWM_MEAN(d.px, span => 2)",
        "CUM_SUM(SHIFT(d.px))",
    ):
        assert call in first
    assert "NULL" not in first
    assert "Int64" not in first


def test_explain_fails_where_the_query_would(connection):
    with pytest.raises(ltseq_dbapi.ProgrammingError) as caught:
        connection.execute("EXPLAIN SELECT SHIFT(px) FROM t")
    assert (caught.value.code, caught.value.line, caught.value.column) == ("NO_ORDER", 1, 16)


def test_only_the_named_linked_columns_are_fetched(connection):
    connection.execute("CREATE OR REPLACE TABLE wide (sym VARCHAR PRIMARY KEY, a BIGINT, b BIGINT, c BIGINT)")
    shown = plan(connection, "SELECT t.px, w.b FROM d AS t LINK wide AS w ON t.sym = w.sym")
    fetched = [line for line in shown.splitlines() if "TableScan: wide projection" in line]
    assert len(fetched) == 1
    assert "[sym, b" in fetched[0]
    assert "a," not in fetched[0]
    assert ", c" not in fetched[0]


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("SELECT t.px FROM d AS t LEFT LINK keyed AS w ON t.sym = w.sym", False),
        ("SELECT t.px, SHIFT(t.px) FROM d AS t LEFT LINK keyed AS w ON t.sym = w.sym WHERE t.px > 1", False),
        ("SELECT COUNT(*) FROM d AS t LEFT LINK keyed AS w ON t.sym = w.sym", False),
        ("SELECT t.px FROM d AS t LEFT LINK keyed AS w ON t.sym = w.sym LEFT LINK keyed AS v ON w.up = v.sym", False),
        ("SELECT t.px, w.up FROM d AS t LEFT LINK keyed AS w ON t.sym = w.sym", True),
        ("SELECT t.px FROM d AS t LEFT LINK keyed AS w ON t.sym = w.sym WHERE w.up = 'x'", True),
        ("SELECT t.px FROM d AS t LINK keyed AS w ON t.sym = w.sym", True),
        ("SELECT t.px FROM d AS t LEFT LINK names AS w ON t.sym = w.sym", True),
    ],
)
def test_a_left_link_of_which_nothing_is_used_is_not_read(connection, query, read):
    connection.execute("CREATE TABLE IF NOT EXISTS keyed (sym VARCHAR PRIMARY KEY, up VARCHAR)")
    physical = connection.execute(f"EXPLAIN {query}").fetchall()[-1][-1]
    assert (physical.count("MemoryExec") > 1) == read
