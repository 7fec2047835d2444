"""An order that begins like the one that is there sorts within what is equal, and streams."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("ltseq._native")

import ltseq_dbapi


def filled(connection, rows, order):
    connection.execute(f"CREATE TABLE t (a BIGINT, b BIGINT, i BIGINT) ORDERED BY {order}")
    for start in range(0, len(rows), 4000):
        shown = [f"({', '.join('NULL' if v is None else str(v) for v in row)})" for row in rows[start : start + 4000]]
        connection.execute(f"INSERT INTO t VALUES {', '.join(shown)}")


def nulls_last(value):
    return (value is None, value or 0)


def nulls_first_descending(value):
    return (value is not None, -(value or 0))


# One row in a group, some, groups over several batches, one group.
@pytest.mark.parametrize("groups", [4000, 900, 3, 1])
@pytest.mark.parametrize(("partitions", "batch"), [(1, 8192), (4, 7), (2, 1)])
def test_rows_are_sorted_within_the_prefix(groups, partitions, batch):
    chance = random.Random(groups)
    rows = [(chance.randrange(groups), chance.choice([None, 0, 1, 2]), i) for i in range(3000)]
    settings = {"datafusion__execution__batch_size": batch, "target_partitions": partitions}
    with ltseq_dbapi.connect(**settings) as connection:
        filled(connection, sorted(rows, key=lambda row: row[0]), "a")
        found = connection.execute("SELECT * FROM t ORDERED BY a, b").fetchall()
        # Python's sort is stable: ties keep the order of the table.
        assert found == sorted(rows, key=lambda row: (row[0], nulls_last(row[1])))
        found = connection.execute("SELECT * FROM t ORDERED BY a, b DESC").fetchall()
        assert found == sorted(rows, key=lambda row: (row[0], nulls_first_descending(row[1])))


def test_partition_keys_are_part_of_the_prefix():
    rows = [(a, b, 10 * a + b) for a in (2, 1, 3) for b in (3, 1, 2)]
    with ltseq_dbapi.connect() as connection:
        filled(connection, rows, "b DESC PARTITION BY a")
        query = "SELECT a, b, SHIFT(i) FROM t ORDERED BY b PARTITION BY a"
        expected = [(a, b, 10 * a + b - 1 if b > 1 else None) for a in (1, 2, 3) for b in (1, 2, 3)]
        assert connection.execute(query).fetchall() == expected
        plan = connection.execute(f"EXPLAIN {query}").fetchall()[-1][-1]
        assert "PrefixSortExec" in plan
        assert " SortExec" not in plan


@pytest.mark.parametrize("order", ["a DESC, b", "b, a", "a NULLS FIRST, b", "a + 1, b"])
def test_another_first_key_sorts_as_a_whole(order):
    with ltseq_dbapi.connect() as connection:
        filled(connection, [(1, 1, 1)], "a")
        plan = connection.execute(f"EXPLAIN SELECT * FROM t ORDERED BY {order}").fetchall()[-1][-1]
        assert "PrefixSortExec" not in plan
        assert " SortExec" in plan


def test_a_key_said_twice_is_one_key():
    rows = [(1, 2, 0), (1, 1, 1), (2, 0, 2)]
    with ltseq_dbapi.connect() as connection:
        filled(connection, rows, "a, a")
        assert connection.execute("SELECT i FROM t ORDERED BY a, a, b").fetchall() == [(1,), (0,), (2,)]


def test_an_assumed_prefix_is_believed():
    with ltseq_dbapi.connect() as connection:
        connection.execute("CREATE TABLE t ORDERED BY a ASSUMED AS SELECT * FROM (VALUES (1, 1), (0, 2)) AS v (a, b)")
        # The rows are not in order, and nobody looks.
        assert connection.execute("SELECT b FROM t ORDERED BY a, b").fetchall() == [(1,), (2,)]


def test_a_false_prefix_is_a_violation(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,1\n3,2\n2,3\n")
    with ltseq_dbapi.connect() as connection:
        source = f"STORED AS CSV LOCATION '{tmp_path / 't.csv'}' OPTIONS ('format.has_header' 'true')"
        connection.execute(f"CREATE EXTERNAL TABLE t {source} ORDERED BY a")
        with pytest.raises(ltseq_dbapi.IntegrityError, match=r"row 3.*2 comes after 3"):
            connection.execute("SELECT * FROM t ORDERED BY a, b").fetchall()


def test_a_great_group_spills():
    with ltseq_dbapi.connect(memory_limit="40MB", target_partitions=1) as connection:
        connection.execute(
            "CREATE TABLE t ORDERED BY a AS SELECT value / 1500000 AS a, value * 7919 % 1500007 AS b "
            "FROM range(0, 3000000)"
        )
        inner = "SELECT b, SHIFT(b) AS before FROM t ORDERED BY a, b"
        query = f"SELECT COUNT(*), SUM(CASE WHEN b < before THEN 1 ELSE 0 END) FROM ({inner}) AS x"
        # b falls once: where the second group begins.
        assert connection.execute(query).fetchall() == [(3000000, 1)]
        shown = connection.execute(f"EXPLAIN {query}").fetchall()[-1][-1]
        assert "PrefixSortExec" in shown


def test_rows_come_before_the_end_is_read():
    with ltseq_dbapi.connect(memory_limit="4MB", target_partitions=1) as connection:
        connection.execute("CREATE TABLE t ORDERED BY a AS SELECT value / 3 AS a, value AS b FROM range(0, 2000000)")
        # The whole table would not fit the limit.
        query = "SELECT a, b, SHIFT(b) FROM t ORDERED BY a, b DESC"
        rows = 0
        cursor = connection.execute(query)
        assert cursor.fetchmany(3) == [(0, 2, None), (0, 1, 2), (0, 0, 1)]
        while batch := cursor.fetchmany(100_000):
            rows += len(batch)
        assert rows == 2_000_000 - 3
