"""Statements and pipelines of any length: an answer or a typed error, never the end of the process."""

from __future__ import annotations

import pytest

import ltseq
import ltseq_dbapi
from ltseq_dbapi import ProgrammingError


@pytest.fixture
def cursor():
    with ltseq_dbapi.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE t (a BIGINT, ts BIGINT) ORDERED BY ts")
        cursor.execute("INSERT INTO t VALUES (1, 1), (2, 2)")
        yield cursor


def chained(links: int) -> str:
    return "SELECT t0.a FROM t AS t0 " + " ".join(f"LINK t AS t{i} ON t0.a = t{i}.a" for i in range(1, links + 1))


def with_steps(steps: int) -> str:
    first = "WITH c0 AS (SELECT a, ts FROM t)"
    rest = "".join(f", c{i} AS (SELECT shift(a) AS a, ts FROM c{i - 1} ORDERED BY ts)" for i in range(1, steps + 1))
    return f"{first}{rest} SELECT a FROM c{steps}"


def test_sixty_links_answer(cursor):
    assert cursor.execute(chained(60)).fetchall() == [(1,), (2,)]


def test_links_past_the_limit_are_refused_where_they_stand(cursor):
    with pytest.raises(ProgrammingError, match="set operations and joins beyond the limit of 1500") as refused:
        cursor.execute(chained(1501))
    assert refused.value.code == "SYNTAX"
    assert refused.value.column == chained(1501).rindex("LINK") + 1


def test_two_hundred_steps_of_shift_answer(cursor):
    assert cursor.execute(with_steps(200)).fetchall() == [(None,), (None,)]


def test_steps_past_the_limit_are_refused_and_the_session_goes_on(cursor):
    with pytest.raises(ProgrammingError, match="too many steps") as refused:
        cursor.execute(with_steps(1500))
    assert refused.value.code == "ARGUMENT"
    assert cursor.execute("SELECT count(*) FROM t").fetchone() == (2,)


def test_views_on_views_past_the_limit_are_refused(cursor):
    steps = with_steps(400).replace("FROM t)", "FROM {below})")
    with pytest.raises(ProgrammingError, match="too many steps"):
        for i, below in enumerate(["t", "v0", "v1", "v2"]):
            cursor.execute(
                f"CREATE VIEW v{i} AS {steps.format(below=below)}".replace(
                    "SELECT a FROM c400", "SELECT a, ts FROM c400"
                )
            )
    assert cursor.execute("SELECT a FROM v0").fetchall() == [(None,), (None,)]


def test_pipelines_past_the_limit_are_refused_at_the_call():
    table = ltseq.LTSeq.from_dict({"a": [1, 2, 3]})
    with pytest.raises(ltseq.ArgumentError, match="collect"):
        for _ in range(3001):
            table = table.slice(0, 3)
    assert list(table.schema) == ["a"]
    assert table.sort_keys is None


def test_a_thousand_slices_answer():
    table = ltseq.LTSeq.from_dict({"a": [1, 2, 3]})
    for _ in range(1000):
        table = table.slice(0, 2)
    assert table.to_dicts() == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("text", ["1" + "+1" * 100_000, "(" * 100_000 + "1" + ")" * 100_000, "NOT " * 100_000 + "true"])
def test_a_hundred_thousand_terms_or_parentheses_are_refused(cursor, text):
    with pytest.raises(ProgrammingError, match="nested too deeply") as refused:
        cursor.execute(f"SELECT {text}")
    assert refused.value.code == "SYNTAX"
