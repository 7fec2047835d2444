"""LTSeq's language through the driver: ordered queries and errors with a place."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest

import ltseq
import ltseq_dbapi
from ltseq_dbapi import Connection


def test_order(ticks: Connection) -> None:
    sql = "SELECT sym, ts, DIFF(px) AS d FROM ticks ORDERED BY ts PARTITION BY sym"
    assert ticks.execute(sql).fetchall() == [
        ("A", 1, None),
        ("A", 2, 1.0),
        ("A", 3, -1.5),
        ("B", 1, None),
    ]


def test_parameters_in_our_clauses(ticks: Connection) -> None:
    sql = """
        SELECT ts, SHIFT(px, ?) AS before FROM ticks ORDERED BY ts
        WHERE sym = ? QUALIFY SHIFT(px, ?) > ?
    """
    assert ticks.execute(sql, (1, "A", 1, 10.5)).fetchall() == [(3, 11.0)]


def test_runs(ticks: Connection) -> None:
    sql = "SELECT sym, COUNT(*) AS n, FIRST(px) FROM ticks ORDERED BY sym, ts GROUP ORDERED BY sym"
    assert ticks.execute(sql).fetchall() == [("A", 3, 10.0), ("B", 1, 5.0)]


def test_a_registered_frame_in_its_own_order(connection: Connection) -> None:
    connection.register("f", {"ts": [1, 2, 3], "px": [1.0, 4.0, 2.0]})
    rows = connection.execute("SELECT CUM_SUM(px) FROM f ORDERED BY ts").fetchall()
    assert rows == [(1.0,), (5.0,), (7.0,)]


@pytest.mark.parametrize(
    ("sql", "kind", "code"),
    [
        ("SELECT )", "ProgrammingError", "SYNTAX"),
        ("SELECT nope FROM ticks", "ProgrammingError", "UNKNOWN_COLUMN"),
        ("SELECT 1 FROM nope", "ProgrammingError", "UNKNOWN_TABLE"),
        ("SELECT nope(1)", "ProgrammingError", "UNKNOWN_FUNCTION"),
        ("SELECT DIFF(px) FROM ticks", "ProgrammingError", "NO_ORDER"),
        ("SELECT px FROM ticks ORDERED BY ts WHERE DIFF(px) > 0", "ProgrammingError", "CLAUSE"),
        ("SELECT CAST(sym AS INT) FROM ticks", "DataError", "CAST"),
        ("SELECT 1 / (ts - ts) FROM ticks", "DataError", "DIVISION"),
        ("SELECT 9223372036854775807 + ts FROM ticks", "DataError", "OVERFLOW"),
        ("SELECT ?", "ProgrammingError", "PARAMETER_COUNT"),
    ],
)
def test_class_and_code(ticks: Connection, sql: str, kind: str, code: str) -> None:
    with pytest.raises(ltseq_dbapi.Error) as caught:
        ticks.execute(sql).fetchall()
    assert (type(caught.value).__name__, caught.value.code) == (kind, code)
    assert ticks.execute("SELECT COUNT(*) FROM ticks").fetchone() == (4,)  # the session goes on


def test_unknown_column_has_place_and_nearest_names(ticks: Connection) -> None:
    with pytest.raises(ltseq_dbapi.ProgrammingError) as caught:
        ticks.execute("SELECT ts,\n       pxx\nFROM ticks")
    assert (caught.value.line, caught.value.column) == (2, 8)
    assert "px" in caught.value.nearest


def test_syntax_error_has_a_place(ticks: Connection) -> None:
    with pytest.raises(ltseq_dbapi.ProgrammingError) as caught:
        ticks.execute("SELECT ts\nFROM ticks WHERE )")
    assert (caught.value.line, caught.value.column) == (2, 18)


def test_missing_order_shows_the_fix(ticks: Connection) -> None:
    with pytest.raises(ltseq_dbapi.ProgrammingError) as caught:
        ticks.execute("SELECT DIFF(px) FROM ticks")
    assert "ORDERED BY" in str(caught.value)


def test_broken_declared_order(connection: Connection, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("ts\n1\n3\n2\n")
    connection.execute(
        f"CREATE EXTERNAL TABLE t (ts INT) STORED AS CSV LOCATION '{file}' "
        "OPTIONS ('format.has_header' 'true') ORDERED BY ts"
    )
    with pytest.raises(ltseq_dbapi.IntegrityError) as caught:
        connection.execute("SELECT ts, DIFF(ts) FROM t").fetchall()
    assert caught.value.code == "ORDER_VIOLATION"


def test_missing_file(connection: Connection, tmp_path: Path) -> None:
    with pytest.raises(ltseq_dbapi.OperationalError) as caught:
        connection.execute(f"CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION '{tmp_path / 'no.parquet'}'")
        connection.execute("SELECT * FROM t").fetchall()
    assert caught.value.code in ("FILE_NOT_FOUND", "FILE")


def test_truncated_file(connection: Connection, tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    file.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(ltseq_dbapi.OperationalError) as caught:
        connection.execute(f"CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION '{file}'")
        connection.execute("SELECT * FROM t").fetchall()
    assert caught.value.code == "FILE"


def test_an_ltseq_table_can_be_registered(connection: Connection) -> None:
    table = ltseq.LTSeq.from_dict({"ts": [2, 1, 3], "px": [2.0, 1.0, 4.0]}).sort("ts")
    connection.register("t", table)
    assert connection.execute("SELECT ts FROM t").fetchall() == [(1,), (2,), (3,)]


def test_an_empty_ltseq_table_is_refused(connection: Connection) -> None:
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="read_csv"):
        connection.register("t", ltseq.LTSeq())


def test_updates_that_ask_the_table_do_not_lose_each_other(connection: Connection) -> None:
    connection.execute("CREATE TABLE counter AS SELECT 0 AS n")

    def count() -> None:
        for _ in range(10):
            connection.execute("UPDATE counter SET n = (SELECT max(n) FROM counter) + 1")

    threads = [Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert connection.execute("SELECT n FROM counter").fetchone() == (40,)
