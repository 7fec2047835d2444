"""Executing and fetching: PEP 249 beyond what the public suite looks at."""

from __future__ import annotations

import pytest

import ltseq_dbapi
from ltseq_dbapi import Connection, Cursor

FIVE = "SELECT * FROM (VALUES (1), (2), (3), (4), (5)) AS t (a) ORDER BY a"


def test_description(cursor: Cursor) -> None:
    assert cursor.description is None
    cursor.execute(
        "SELECT CAST(1 AS INT) AS i, 'a' AS s, CAST(1.5 AS DECIMAL(10, 2)) AS d, "
        "CAST(NULL AS DOUBLE) AS f, DATE '2024-01-02' AS day"
    )
    assert cursor.description is not None
    assert [column[:2] for column in cursor.description] == [
        ("i", "int32"),
        ("s", "string"),
        ("d", "decimal128(10, 2)"),
        ("f", "float64"),
        ("day", "date32"),
    ]
    assert [column[3] for column in cursor.description] == [4, None, 16, 8, 4]
    assert [column[4:6] for column in cursor.description][2] == (10, 2)
    kinds = ["NUMBER", "STRING", "NUMBER", "NUMBER", "DATETIME"]
    for column, kind in zip(cursor.description, kinds, strict=True):
        assert column[1] == getattr(ltseq_dbapi, kind)


def test_description_says_what_may_be_null(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t (a INT NOT NULL, b INT)")
    cursor.execute("SELECT a, b FROM t")
    assert cursor.description is not None
    assert [column[6] for column in cursor.description] == [False, True]


def test_description_stays_after_the_last_row(cursor: Cursor) -> None:
    cursor.execute("SELECT 1 AS a")
    described = cursor.description
    assert cursor.fetchall() == [(1,)]
    assert cursor.fetchone() is None
    assert cursor.description == described != None  # noqa: E711


def test_description_of_no_rows(cursor: Cursor) -> None:
    cursor.execute("SELECT 1 AS a WHERE false")
    assert cursor.description is not None
    assert [column[0] for column in cursor.description] == ["a"]
    assert cursor.fetchall() == []


def test_description_goes_with_the_next_statement(cursor: Cursor) -> None:
    cursor.execute("SELECT 1 AS a")
    cursor.execute("CREATE TABLE t (a INT)")
    assert cursor.description is None
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="no result"):
        cursor.fetchall()


def test_a_failed_statement_leaves_no_result(cursor: Cursor) -> None:
    cursor.execute("SELECT 1 AS a")
    with pytest.raises(ltseq_dbapi.ProgrammingError):
        cursor.execute("SELECT nothing FROM nowhere")
    assert cursor.description is None
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="no result"):
        cursor.fetchone()


def test_names_may_repeat(cursor: Cursor) -> None:
    cursor.execute("SELECT 1 AS a, 2 AS a")
    assert cursor.description is not None
    assert [column[0] for column in cursor.description] == ["a", "a"]
    assert cursor.fetchall() == [(1, 2)]


def test_signs_inside_literals_are_text(cursor: Cursor) -> None:
    cursor.execute("SELECT '?', '%s %(a)s', ':a $1 it''s', 1 AS \"b?:c$1%\", ? -- ? :d $2", (7,))
    assert cursor.fetchone() == ("?", "%s %(a)s", ":a $1 it's", 1, 7)
    assert cursor.description is not None
    assert cursor.description[3][0] == "b?:c$1%"


def test_percent_is_an_operator(cursor: Cursor) -> None:
    assert cursor.execute("SELECT 7 % 4, ? % 3", (8,)).fetchone() == (3, 2)


def test_double_colon_is_a_cast(cursor: Cursor) -> None:
    assert cursor.execute("SELECT '12'::INT + :n", {"n": 1}).fetchone() == (13,)


@pytest.mark.parametrize("text", ["SELECT 1;", "SELECT 1 ; \n", "SELECT 1; -- done", " SELECT 1 "])
def test_ends_of_statements(cursor: Cursor, text: str) -> None:
    assert cursor.execute(text).fetchall() == [(1,)]


@pytest.mark.parametrize("text", ["", "   ", "-- nothing"])
def test_nothing_to_run(cursor: Cursor, text: str) -> None:
    with pytest.raises(ltseq_dbapi.ProgrammingError):
        cursor.execute(text)


def test_several_statements_give_the_last_result(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t (a INT); INSERT INTO t VALUES (1), (2); SELECT SUM(a) FROM t")
    assert cursor.fetchall() == [(3,)]


def test_statement_must_be_text(cursor: Cursor) -> None:
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="must be str"):
        cursor.execute(b"SELECT 1")


def test_rowcount(cursor: Cursor) -> None:
    assert cursor.rowcount == -1
    cursor.execute("CREATE TABLE t (a INT)")
    assert cursor.rowcount in (-1, 0)
    assert cursor.execute("INSERT INTO t VALUES (1), (2), (3)").rowcount == 3
    assert cursor.execute("DELETE FROM t WHERE a > 1").rowcount == 2
    assert cursor.execute("SELECT * FROM t").rowcount == -1


def test_fetching(cursor: Cursor) -> None:
    cursor.execute(FIVE)
    assert cursor.rownumber == 0
    assert cursor.fetchone() == (1,)
    assert cursor.fetchmany() == [(2,)]
    cursor.arraysize = 2
    assert cursor.fetchmany() == [(3,), (4,)]
    assert cursor.fetchmany(0) == []
    assert cursor.rownumber == 4
    assert cursor.fetchmany(9) == [(5,)]
    assert cursor.fetchmany(9) == []
    assert cursor.fetchone() is None
    assert cursor.fetchall() == []
    assert cursor.rownumber == 5


def test_iterating(cursor: Cursor) -> None:
    cursor.execute(FIVE)
    assert next(cursor) == (1,)
    assert [a for (a,) in cursor] == [2, 3, 4, 5]
    assert list(cursor) == []


def test_fetching_over_many_batches(connection: Connection) -> None:
    rows = "SELECT value FROM generate_series(1, 20000) AS t (value) ORDER BY value"
    cursor = connection.execute(rows)
    first = cursor.fetchmany(9000)
    assert (first[0], first[-1], len(first)) == ((1,), (9000,), 9000)
    assert cursor.fetchone() == (9001,)
    rest = cursor.fetchall()
    assert rest == [(n,) for n in range(9002, 20001)]


def test_execute_drops_the_rows_before(cursor: Cursor) -> None:
    cursor.execute(FIVE)
    cursor.fetchone()
    cursor.execute("SELECT 42 AS a")
    assert cursor.fetchall() == [(42,)]


@pytest.mark.parametrize("size", [0, -1, "4", None, True])
def test_arraysize_must_make_sense(cursor: Cursor, size: object) -> None:
    with pytest.raises(ltseq_dbapi.InterfaceError):
        cursor.arraysize = size
    assert cursor.arraysize == 1


@pytest.mark.parametrize("size", [-1, "4", True])
def test_size_of_fetchmany_must_make_sense(cursor: Cursor, size: object) -> None:
    cursor.execute("SELECT 1")
    with pytest.raises(ltseq_dbapi.InterfaceError):
        cursor.fetchmany(size)


def test_lastrowid_is_none(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t (a INT)")
    cursor.execute("INSERT INTO t VALUES (1)")
    assert cursor.lastrowid is None


def test_cursor_knows_its_connection(connection: Connection) -> None:
    assert connection.cursor().connection is connection


USES = {
    "execute": lambda c: c.execute("SELECT 1"),
    "executemany": lambda c: c.executemany("SELECT ?", [(1,)]),
    "fetchone": lambda c: c.fetchone(),
    "fetchmany": lambda c: c.fetchmany(1),
    "fetchall": lambda c: c.fetchall(),
    "next": next,
    "nextset": lambda c: c.nextset(),
    "setinputsizes": lambda c: c.setinputsizes([]),
    "setoutputsize": lambda c: c.setoutputsize(1),
    "fetch_arrow_table": lambda c: c.fetch_arrow_table(),
    "fetch_record_batch": lambda c: c.fetch_record_batch(),
    "__arrow_c_stream__": lambda c: c.__arrow_c_stream__(),
    "__enter__": lambda c: c.__enter__(),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("what", ["cursor", "connection"])
def test_closed(connection: Connection, use: str, what: str) -> None:
    cursor = connection.execute("SELECT 1 AS a")
    (cursor if what == "cursor" else connection).close()
    with pytest.raises(ltseq_dbapi.ProgrammingError, match=f"the {what} is closed") as caught:
        USES[use](cursor)
    assert caught.value.code == "CLOSED"


def test_closing_a_cursor_twice(cursor: Cursor) -> None:
    cursor.close()
    cursor.close()
    with pytest.raises(ltseq_dbapi.ProgrammingError):
        cursor.fetchall()


def test_cursor_closes_after_its_connection(connection: Connection) -> None:
    cursor = connection.execute("SELECT 1")
    connection.close()
    cursor.close()


def test_cursor_as_context_manager(connection: Connection) -> None:
    with connection.cursor() as cursor:
        assert cursor.execute("SELECT 1").fetchall() == [(1,)]
    with pytest.raises(ltseq_dbapi.ProgrammingError):
        cursor.execute("SELECT 1")


def test_no_attribute_is_made_up(cursor: Cursor, connection: Connection) -> None:
    for thing in (cursor, connection):
        assert not hasattr(thing, "surely_no_attribute_of_this_name")
    assert not hasattr(cursor, "callproc")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT arrow_cast(90000000000, 'Time64(Microsecond)')",
        "SELECT arrow_cast(-5, 'Time64(Microsecond)')",
        "SELECT DATE '0001-01-01' - INTERVAL '1 day'",
    ],
)
def test_values_that_python_cannot_hold(cursor: Cursor, sql: str) -> None:
    cursor.execute(sql)
    with pytest.raises(ltseq_dbapi.DataError):
        cursor.fetchall()


def test_rowcount_outlives_the_cursor(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t (a INT)")
    cursor.execute("INSERT INTO t VALUES (1), (2)")
    cursor.close()
    assert cursor.rowcount == 2
