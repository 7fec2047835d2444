"""``statement_timeout``: what takes too long ends with an OperationalError, and the session goes on."""

from __future__ import annotations

import time

import pytest

pytest.importorskip("ltseq._native")

import ltseq_dbapi

ENDLESS = "SELECT COUNT(*) FROM range(0, 3000000) AS a CROSS JOIN range(0, 3000000) AS b WHERE a.value + b.value < 0"


@pytest.mark.parametrize("statement", [ENDLESS, f"CREATE TABLE t AS {ENDLESS}"])
def test_a_statement_that_takes_too_long_ends(statement):
    with ltseq_dbapi.connect(statement_timeout=300) as connection:
        begun = time.monotonic()
        with pytest.raises(ltseq_dbapi.OperationalError, match="longer than 300 ms") as caught:
            connection.execute(statement).fetchall()
        assert caught.value.code == "TIMEOUT"
        assert "statement_timeout" in str(caught.value)
        assert time.monotonic() - begun < 5
        assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_it_can_be_set_and_lifted():
    with ltseq_dbapi.connect() as connection:
        connection.execute("SET ltseq.statement_timeout = 200")
        with pytest.raises(ltseq_dbapi.OperationalError):
            connection.execute(ENDLESS).fetchall()
        connection.execute("SET ltseq.statement_timeout = 0")
        assert connection.execute("SELECT COUNT(*) FROM range(0, 1000000)").fetchall() == [(1_000_000,)]


def test_time_between_fetches_is_the_callers_own():
    with ltseq_dbapi.connect(statement_timeout=400) as connection:
        cursor = connection.execute("SELECT * FROM range(0, 100000)")
        assert cursor.fetchone() == (0,)
        time.sleep(0.6)
        assert len(cursor.fetchall()) == 99_999


@pytest.mark.parametrize("value", ["soon", "-1", "1.5"])
def test_a_bad_value_is_refused(value):
    with pytest.raises(ltseq_dbapi.ProgrammingError, match="statement_timeout"):
        ltseq_dbapi.connect(statement_timeout=value)
