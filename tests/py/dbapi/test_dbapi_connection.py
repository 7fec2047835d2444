"""Connections: isolation, sharing, registering, commit and rollback, closing, cancelling."""

from __future__ import annotations

import contextlib
import threading
import time
import warnings
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import ltseq_dbapi
from ltseq_dbapi import Connection


def test_databases_in_memory_are_separate(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a INT)")
    with ltseq_dbapi.connect(":memory:") as other, pytest.raises(ltseq_dbapi.ProgrammingError):
        other.execute("SELECT * FROM t")


def test_cursors_share_the_database(connection: Connection) -> None:
    connection.cursor().execute("CREATE TABLE t (a INT)")
    connection.cursor().execute("INSERT INTO t VALUES (1)")
    assert connection.cursor().execute("SELECT a FROM t").fetchall() == [(1,)]


def test_results_of_two_cursors_do_not_mix(connection: Connection) -> None:
    one = connection.execute("SELECT * FROM (VALUES (1), (2)) AS t (a) ORDER BY a")
    two = connection.execute("SELECT * FROM (VALUES (3), (4)) AS t (a) ORDER BY a")
    assert [one.fetchone(), two.fetchone(), one.fetchone(), two.fetchone()] == [
        (1,),
        (3,),
        (2,),
        (4,),
    ]


def test_other_databases_are_refused_honestly() -> None:
    with pytest.raises(ltseq_dbapi.NotSupportedError, match="only ':memory:'"):
        ltseq_dbapi.connect("/tmp/some.db")


def test_settings() -> None:
    with ltseq_dbapi.connect(datafusion__execution__batch_size=3) as connection:
        sql = "SELECT value FROM information_schema.df_settings WHERE name = ?"
        name = "datafusion.execution.batch_size"
        assert connection.execute(sql, (name,)).fetchall() == [("3",)]


def test_unknown_setting() -> None:
    with pytest.raises(ltseq_dbapi.ProgrammingError):
        ltseq_dbapi.connect(**{"datafusion.no.such.setting": 1})


FRAMES = {
    "arrow table": lambda: pa.table({"a": [1, 2], "s": ["x", None]}),
    "arrow batch": lambda: pa.record_batch({"a": [1, 2], "s": ["x", None]}),
    "arrow reader": lambda: pa.table({"a": [1, 2], "s": ["x", None]}).to_reader(),
    "pandas": lambda: pd.DataFrame({"a": [1, 2], "s": ["x", None]}, index=[7, 9]),
    "polars": lambda: pl.DataFrame({"a": [1, 2], "s": ["x", None]}),
    "lazy polars": lambda: pl.LazyFrame({"a": [1, 2], "s": ["x", None]}),
    "dict": lambda: {"a": [1, 2], "s": ["x", None]},
}


@pytest.mark.parametrize("kind", FRAMES)
def test_register(connection: Connection, kind: str) -> None:
    connection.register("f", FRAMES[kind]())
    for _ in range(2):  # one-pass sources are kept
        cursor = connection.execute("SELECT * FROM f ORDER BY a")
        assert cursor.description is not None
        assert [column[0] for column in cursor.description] == ["a", "s"]
        assert cursor.fetchall() == [(1, "x"), (2, None)]


def test_registering_again_replaces(connection: Connection) -> None:
    connection.register("f", {"a": [1]})
    connection.register("f", {"b": ["x"]})
    assert connection.execute("SELECT * FROM f").fetchall() == [("x",)]


def test_registered_nan_of_pandas_is_null(connection: Connection) -> None:
    connection.register("f", pd.DataFrame({"a": [1.0, float("nan")]}))
    assert connection.execute("SELECT COUNT(*), COUNT(a) FROM f").fetchall() == [(2, 1)]


def test_deregister(connection: Connection) -> None:
    connection.register("f", {"a": [1]})
    assert connection.deregister("f") is True
    assert connection.deregister("f") is False
    with pytest.raises(ltseq_dbapi.ProgrammingError):
        connection.execute("SELECT * FROM f")


@pytest.mark.parametrize("data", [5, "text", [1, 2], object()], ids=repr)
def test_register_what_is_no_table(connection: Connection, data: Any) -> None:
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="cannot register"):
        connection.register("f", data)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), ltseq_dbapi.DataError),
        (pd.DataFrame({"a": [1, "x"]}), ltseq_dbapi.DataError),
        (pl.LazyFrame({"a": [1]}).select(pl.col("b")), ltseq_dbapi.DataError),
        ({"a": [1], "b": [1, 2]}, ltseq_dbapi.DataError),
        ({"a": 5}, ltseq_dbapi.ProgrammingError),
        ({"\ud800": [1]}, ltseq_dbapi.ProgrammingError),
    ],
    ids=["duplicate columns", "mixed objects", "failing query", "lengths", "no column", "surrogate"],
)
def test_register_what_other_libraries_refuse(connection: Connection, data: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="cannot register this"):
        connection.register("f", data)


def test_data_that_fails_by_itself(connection: Connection) -> None:
    class Broken:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            raise RuntimeError("out of paper")

    with pytest.raises(ltseq_dbapi.DataError, match="out of paper"):
        connection.register("f", Broken())


def test_deregister_needs_a_name(connection: Connection) -> None:
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="must be str"):
        connection.deregister(5)


def test_deregister_leaves_created_tables_alone(ticks: Connection) -> None:
    assert ticks.deregister("ticks") is False
    assert ticks.execute("SELECT COUNT(*) FROM ticks").fetchone() == (4,)


def test_register_needs_a_name(connection: Connection) -> None:
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="must be str"):
        connection.register(5, {"a": [1]})


def test_commit_keeps(ticks: Connection) -> None:
    ticks.commit()
    assert ticks.execute("SELECT COUNT(*) FROM ticks").fetchone() == (4,)


def test_rollback_says_that_it_undoes_nothing(ticks: Connection) -> None:
    ticks.execute("DELETE FROM ticks WHERE sym = 'B'")
    with pytest.warns(ltseq_dbapi.Warning, match="undoes nothing"):
        ticks.rollback()
    assert ticks.execute("SELECT COUNT(*) FROM ticks").fetchone() == (3,)


def test_rollback_with_nothing_to_undo_is_silent(ticks: Connection) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ticks.execute("SELECT * FROM ticks")
        ticks.rollback()
        ticks.execute("INSERT INTO ticks VALUES ('C', 9, 1.0)")
        ticks.commit()
        ticks.rollback()


CLOSED = {
    "cursor": lambda c: c.cursor(),
    "execute": lambda c: c.execute("SELECT 1"),
    "commit": lambda c: c.commit(),
    "rollback": lambda c: c.rollback(),
    "close": lambda c: c.close(),
    "register": lambda c: c.register("t", {"a": [1]}),
    "deregister": lambda c: c.deregister("t"),
    "cancel": lambda c: c.cancel(),
    "__enter__": lambda c: c.__enter__(),
}


@pytest.mark.parametrize("use", CLOSED)
def test_closed(connection: Connection, use: str) -> None:
    assert connection.closed is False
    connection.close()
    assert connection.closed is True
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="the connection is closed"):
        CLOSED[use](connection)


def test_connection_as_context_manager() -> None:
    with ltseq_dbapi.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert connection.closed
    with ltseq_dbapi.connect() as connection:
        connection.close()  # closing inside is fine


def test_threads_share_a_connection(ticks: Connection) -> None:
    """What threadsafety 2 promises."""
    results: dict[int, Any] = {}

    def work(number: int) -> None:
        cursor = ticks.cursor()
        for _ in range(20):
            cursor.execute("SELECT ? + COUNT(*) FROM ticks WHERE sym = ?", (number, "A"))
            results[number] = cursor.fetchone()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == {n: (n + 3,) for n in range(8)}


def test_connection_used_in_another_thread() -> None:
    connection = ltseq_dbapi.connect()
    seen: list[Any] = []
    thread = threading.Thread(target=lambda: seen.append(connection.execute("SELECT 1").fetchall()))
    thread.start()
    thread.join(60)
    assert seen == [[(1,)]]


LONG = (
    "SELECT COUNT(*) FROM generate_series(1, 1000000) AS a (x), generate_series(1, 1000000) AS b (y)"
    " WHERE (x * y) % 7 = 3"
)


def test_cancel(connection: Connection) -> None:
    """A running statement ends with OperationalError, and the connection goes on."""
    caught: list[BaseException] = []

    def work() -> None:
        try:
            connection.execute(LONG).fetchall()
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.2)
        connection.cancel()
    assert not thread.is_alive()
    assert [type(error) for error in caught] == [ltseq_dbapi.OperationalError]
    assert getattr(caught[0], "code", None) == "CANCELLED"
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_cancel_within_a_second(connection: Connection) -> None:
    """However long a statement would run, it ends within a second of being cancelled."""
    done: list[float] = []

    def work() -> None:
        with contextlib.suppress(ltseq_dbapi.OperationalError):
            connection.execute(
                f"SELECT SHIFT(x) FROM ({LONG.replace('COUNT(*)', 'x, y')}) AS v ORDERED BY y"
            ).fetchall()
        done.append(time.monotonic())

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    time.sleep(1)
    assert not done
    asked = time.monotonic()
    connection.cancel()
    thread.join(timeout=30)
    assert done
    assert done[0] - asked < 1


def test_memory_limit() -> None:
    with ltseq_dbapi.connect(memory_limit="1MB", target_partitions=1) as small:
        with pytest.raises(ltseq_dbapi.OperationalError) as caught:
            small.execute(
                "SELECT a.value, b.value FROM generate_series(1, 200000) AS a JOIN generate_series(1, 200000) AS b"
                " ON a.value = b.value"
            ).fetchall()
        assert getattr(caught.value, "code", None) == "MEMORY"
        assert small.execute("SELECT 1").fetchone() == (1,)


def test_memory_does_not_grow_with_the_table() -> None:
    """Rows that come in order stream through: a hundred times the limit passes."""
    with ltseq_dbapi.connect(memory_limit="4MB") as small:
        count = small.execute(
            "SELECT COUNT(s), MAX(c), MAX(r) FROM (SELECT SHIFT(value) AS s, CUM_SUM(value) AS c,"
            " ROLLING(AVG(value), 100) AS r FROM (SELECT value FROM generate_series(1, 2000000)) AS g"
            " ORDERED BY value ASSUMED) AS v"
        ).fetchone()
        assert count == (1999999, 2000001000000, 1999950.5)
