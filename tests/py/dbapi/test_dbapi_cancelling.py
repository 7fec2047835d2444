"""Cancelling: the caller is free at once, and the engine's threads are too."""

from __future__ import annotations

import threading
import time

import pytest

import ltseq_dbapi
from ltseq_dbapi import Connection, OperationalError, ProgrammingError

MANY = "range(1000000)"
LINKED = (
    f"(SELECT value % 3 AS k, value FROM {MANY} ORDERED BY value) a "
    f"INNER LINK (SELECT value % 3 AS k FROM {MANY}) b ON a.k = b.k"
)
LONG = {
    "insert of a cross join": f"INSERT INTO x SELECT a.value FROM {MANY} a, {MANY} b",
    "table of a cross join": f"CREATE TABLE y AS SELECT a.value FROM {MANY} a, {MANY} b",
    "aggregate of a cross join": f"SELECT sum(a.value * b.value) FROM {MANY} a, {MANY} b",
    "nested loops": f"SELECT count(*) FROM {MANY} a JOIN {MANY} b ON a.value < b.value",
    "hash join with many matches": f"SELECT count(*) FROM (SELECT value % 3 AS k FROM {MANY}) a "
    f"JOIN (SELECT value % 3 AS k FROM {MANY}) b ON a.k = b.k",
    "link with many matches": f"SELECT count(*) FROM {LINKED}",
    "insert of a link with many matches": f"INSERT INTO x SELECT a.value FROM {LINKED}",
    "great frames": "SELECT sum(r) FROM "
    "(SELECT rolling(corr(value, value), 100000) AS r FROM range(3000000) ORDERED BY value)",
    "endless recursion": "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT 1 FROM r) SELECT count(*) FROM r",
}


def running(connection: Connection, statement: str) -> tuple[threading.Thread, list[BaseException]]:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            connection.execute(statement).fetchall()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    time.sleep(0.5)
    assert thread.is_alive()
    return thread, failures


def assert_idle() -> None:
    """Soon a quarter of a second passes in which the process does (almost) nothing.

    The machine may be busy with other things; what was abandoned would run for hours.
    """
    until = time.monotonic() + 10
    while time.monotonic() < until:
        used = time.process_time()
        time.sleep(0.25)
        if time.process_time() - used < 0.05:
            return
    pytest.fail("the engine is still busy")


@pytest.mark.parametrize("statement", LONG.values(), ids=LONG)
def test_cancel_ends_the_work(statement: str) -> None:
    with ltseq_dbapi.connect() as connection:
        connection.execute("CREATE TABLE x (a BIGINT)")
        thread, failures = running(connection, statement)
        connection.cancel()
        thread.join(1)
        assert not thread.is_alive()
        assert isinstance(failures[0], OperationalError)
        assert failures[0].code == "CANCELLED"
        assert_idle()
        assert connection.execute("SELECT count(*) FROM x").fetchone() == (0,)


def test_close_cancels_what_runs_in_other_threads() -> None:
    connection = ltseq_dbapi.connect()
    thread, failures = running(connection, LONG["aggregate of a cross join"])
    connection.close()
    thread.join(1)
    assert not thread.is_alive()
    assert isinstance(failures[0], OperationalError | ProgrammingError)
    assert_idle()


def test_a_link_with_many_matches_streams() -> None:
    """300,000 left rows meet 300,000 target rows each: ninety billion rows, of which five are asked for."""
    with ltseq_dbapi.connect() as connection:
        rows = connection.execute(
            "SELECT a.value AS l, b.value AS r FROM (SELECT 1 AS k, value FROM range(300000) ORDERED BY value) a "
            "INNER LINK (SELECT 1 AS k, value FROM range(300000) ORDERED BY value) b ON a.k = b.k LIMIT 5"
        ).fetchall()
    assert rows == [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4)]


def test_interrupting_a_merge_join_ends_the_work() -> None:
    import ltseq
    from ltseq import engine

    equal = ltseq.sql("SELECT 0 AS k FROM range(300000)").sort("k")
    joined = equal.join(equal, on="k", strategy="merge").agg(n=lambda g: g.count())
    assert "MergeExec" in joined.explain()
    threading.Timer(0.5, engine.default().interrupt).start()
    with pytest.raises(Exception, match="cancelled"):
        joined.to_dicts()
    assert_idle()
