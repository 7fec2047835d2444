"""executemany: row by row where it must be, all rows at once where it can be."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

import ltseq_dbapi
from ltseq_dbapi import Cursor
from ltseq_dbapi.bulk import columns_of, recognise


@pytest.mark.parametrize(
    ("sql", "rewritten"),
    [
        (
            "INSERT INTO t VALUES (?)",
            'INSERT INTO t SELECT "value 1" FROM "r" ORDERED BY "row number"',
        ),
        (
            "insert into t (a, b) values (upper(?), 'it''s ?') ;",
            'insert into t (a, b) SELECT upper("value 1"), \'it\'\'s ?\' FROM "r" ORDERED BY "row number"',
        ),
        (
            'INSERT INTO "values" (")") VALUES (? + (? * 2))',
            'INSERT INTO "values" (")") SELECT "value 1" + ("value 2" * 2) FROM "r" ORDERED BY "row number"',
        ),
    ],
)
def test_recognised(sql: str, rewritten: str) -> None:
    insert = recognise(sql)
    assert insert is not None
    assert " ".join(insert.statement("r").split()) == rewritten


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE t SET a = ?",
        "INSERT INTO t SELECT ?",
        "INSERT INTO t SELECT * FROM (VALUES (?)) AS v",
        "INSERT INTO t VALUES (?), (?)",
        "INSERT INTO t VALUES (?) RETURNING a",
        "INSERT INTO t VALUES (?) ON CONFLICT (a)",
        "INSERT INTO t VALUES ((SELECT a FROM u WHERE b = ?))",
        "INSERT INTO t VALUES (?, DEFAULT)",
        "INSERT INTO t VALUES (1)",
        "INSERT INTO t VALUES ($1)",
        "INSERT INTO t VALUES (?) -- note",
        "INSERT INTO t /* ? */ VALUES (?)",
        r"INSERT INTO t VALUES (?, E'\'')",
        "INSERT INTO t VALUES (?",
        "",
    ],
)
def test_left_alone(sql: str) -> None:
    assert recognise(sql) is None


def test_mixed_columns_are_left_alone() -> None:
    assert columns_of([(1, "a"), (None, None)]) == [[1, None], ["a", None], [0, 1]]
    assert columns_of([(1,), (1.5,)]) is None
    assert columns_of([(1,), (True,)]) is None


def test_insert(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t (a INT, b VARCHAR)")
    cursor.executemany("INSERT INTO t VALUES (?, ?)", [(1, "x"), (None, "y"), (3, None)])
    assert cursor.rowcount == 3
    assert cursor.description is None
    assert cursor.execute("SELECT * FROM t").fetchall() == [(1, "x"), (None, "y"), (3, None)]


def test_rows_stay_in_order(cursor: Cursor) -> None:
    """All keys tie, so the order is that of the rows as they were inserted."""
    cursor.execute("CREATE TABLE t (a INT, b DOUBLE, k INT)")
    rows = [((n * 7919) % 20011, n / 2, 0) for n in range(20_000)]
    assert cursor.executemany("INSERT INTO t VALUES (?, ?, ?)", rows).rowcount == 20_000
    assert cursor.execute("SELECT * FROM t ORDERED BY k").fetchall() == rows


def test_values_take_the_column_type(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t (a SMALLINT, b DECIMAL(6, 2), c DATE, d BYTEA, e BOOLEAN)")
    day = datetime.date(2024, 1, 2)
    rows = [(1, Decimal("1.25"), day, b"x", True), (2, Decimal("10.50"), None, b"", False)]
    cursor.executemany("INSERT INTO t (a, b, c, d, e) VALUES (?, ?, ?, ?, ?)", rows)
    cursor.execute("SELECT * FROM t WHERE a > 0 ORDER BY a")
    assert cursor.description is not None
    names = ["int16", "decimal128(6, 2)", "date32", "binary", "bool"]
    assert [column[1] for column in cursor.description] == names
    assert cursor.fetchall() == rows


def test_types_may_differ_from_row_to_row(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t (a DOUBLE)")
    cursor.executemany("INSERT INTO t VALUES (?)", [(1,), (2.5,), (None,)])
    assert cursor.rowcount == 3
    assert cursor.execute("SELECT a FROM t").fetchall() == [(1.0,), (2.5,), (None,)]


def test_columns_of_nothing_but_null(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t (a INT, b VARCHAR)")
    cursor.executemany("INSERT INTO t VALUES (?, ?)", [(None, "x"), (None, "y")])
    assert cursor.execute("SELECT * FROM t").fetchall() == [(None, "x"), (None, "y")]


def test_expressions_and_missing_columns(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t (a INT, b VARCHAR, c INT)")
    cursor.executemany("INSERT INTO t (b, a) VALUES (upper(?), ? + 1)", [("x", 1), ("y", 2)])
    assert cursor.execute("SELECT * FROM t").fetchall() == [(2, "X", None), (3, "Y", None)]


def test_into_an_ordered_table(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t (ts INT, v VARCHAR) ORDERED BY ts")
    cursor.executemany("INSERT INTO t VALUES (?, ?)", [(2, "a"), (1, "b"), (2, "c")])
    rows = cursor.execute("SELECT * FROM t").fetchall()
    assert rows == [(1, "b"), (2, "a"), (2, "c")]


def test_named_sets(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t (a INT)")
    cursor.executemany("INSERT INTO t VALUES (:a)", [{"a": 1}, {"a": 2}])
    assert cursor.rowcount == 2
    assert cursor.execute("SELECT SUM(a) FROM t").fetchone() == (3,)


def test_a_generator_and_other_statements(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t (a INT)")
    cursor.executemany("INSERT INTO t VALUES (?)", ((n,) for n in range(5)))
    assert cursor.executemany("DELETE FROM t WHERE a = ?", [(0,), (9,), (1,)]).rowcount == 2
    assert cursor.execute("SELECT a FROM t").fetchall() == [(2,), (3,), (4,)]


def test_no_sets(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t (a INT)")
    assert cursor.executemany("INSERT INTO t VALUES (?)", []).rowcount == 0
    assert cursor.execute("SELECT COUNT(*) FROM t").fetchone() == (0,)


def test_many_rows_are_inserted_together_or_not_at_all(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t (a INT)")
    with pytest.raises(ltseq_dbapi.DataError):
        cursor.executemany("INSERT INTO t VALUES (?)", [("1",), ("no number",)])
    assert cursor.execute("SELECT COUNT(*) FROM t").fetchone() == (0,)


def test_nothing_is_left_behind(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t (a INT)")
    cursor.executemany("INSERT INTO t VALUES (?)", [(1,), (2,)])
    with pytest.raises(ltseq_dbapi.DataError):
        cursor.executemany("INSERT INTO t VALUES (?)", [("no",), ("number",)])
    cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    assert cursor.fetchall() == [("t",)]


@pytest.mark.parametrize("sets", ["ab", 5, None, [5], ["ab"], [(1, 2), (3, 4)], [(1,), (2, 3)], [(), ()]], ids=repr)
def test_wrong_sets(cursor: Cursor, sets: Any) -> None:
    cursor.execute("CREATE TABLE t (a INT)")
    with pytest.raises(ltseq_dbapi.ProgrammingError):
        cursor.executemany("INSERT INTO t VALUES (?)", sets)


def test_queries_are_refused(cursor: Cursor) -> None:
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="return no rows"):
        cursor.executemany("SELECT ?", [(1,), (2,)])


@pytest.mark.parametrize(
    ("sets", "kind"),
    [
        ([(1,), (2.5,), ("x",)], ltseq_dbapi.DataError),
        ([(7,), (8, 9)], ltseq_dbapi.ProgrammingError),
        ([(7,), ()], ltseq_dbapi.ProgrammingError),
        ([(7,), None], ltseq_dbapi.ProgrammingError),
        ([(7,), {"a": 8}], ltseq_dbapi.ProgrammingError),
        ([(1,), (datetime.date(2024, 1, 1),), (b"x",)], ltseq_dbapi.DataError),
    ],
    ids=repr,
)
def test_a_failing_set_leaves_nothing(cursor: Cursor, sets: Any, kind: type[Exception]) -> None:
    cursor.execute("CREATE TABLE t (a INT)")
    with pytest.raises(kind):
        cursor.executemany("INSERT INTO t VALUES (?)", sets)
    assert cursor.execute("SELECT * FROM t").fetchall() == []


def test_mixed_types_keep_the_order_of_the_rows(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t (a INT, b VARCHAR)")
    sets = [(1, "a"), (2.5, "b"), ("3", None), (None, "d"), (True, "e")]
    assert cursor.executemany("INSERT INTO t VALUES (?, upper(?))", sets).rowcount == 5
    assert cursor.execute("SELECT * FROM t").fetchall() == [(1, "A"), (2, "B"), (3, None), (None, "D"), (1, "E")]


@pytest.mark.parametrize("value", [b"x", datetime.time(1), "x", datetime.timedelta(1)], ids=repr)
def test_the_class_of_an_error_is_that_of_execute(cursor: Cursor, value: Any) -> None:
    cursor.execute("CREATE TABLE t (a DATE)")
    with pytest.raises(ltseq_dbapi.Error) as one:
        cursor.execute("INSERT INTO t VALUES (?)", (value,))
    with pytest.raises(ltseq_dbapi.Error) as many:
        cursor.executemany("INSERT INTO t VALUES (?)", [(value,), (value,)])
    assert (type(many.value), many.value.code) == (type(one.value), one.value.code)
