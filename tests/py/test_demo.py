"""The demo's answers, worked out again with DuckDB's standard windows, and its promises about time and agreement.

Nothing below is copied from what LTSeq answers: every expected result is computed when the test runs,
with the position of each row in the file as the last sort key, because ties keep source order.
"""

import datetime as dt
import math

import duckdb
import pytest

import ltseq_dbapi
from demo import data, flights, show
from ltseq import LTSeq

EXPECTED = {
    "ground": """
        SELECT tailnum, lag(dest) OVER w, lag(arr) OVER w, dep, dep - lag(arr) OVER w AS ground
        FROM f WHERE arr IS NOT NULL
        WINDOW w AS (PARTITION BY tailnum ORDER BY dep, pos)
        QUALIFY ground < INTERVAL '0 minutes' ORDER BY ground, tailnum LIMIT 5""",
    "work": """
        SELECT tailnum, min(dep), max_by(arr, dep), count(*) AS n, sum(distance)::BIGINT AS miles
        FROM worked GROUP BY tailnum, run ORDER BY n DESC, miles DESC, tailnum LIMIT 5""",
    "streak": """
        WITH marked AS (
            SELECT carrier, dep, pos, dep_delay > 0 AS late,
                   sum((dep_delay <= 0)::INT) OVER (PARTITION BY carrier ORDER BY dep, pos) AS punctual_before
            FROM f WHERE dep IS NOT NULL),
        streaks AS (
            SELECT carrier, sum(late::INT) AS streak, count(*) AS flights
            FROM marked GROUP BY carrier, punctual_before)
        SELECT name, max(streak)::BIGINT AS streak, sum(flights)::BIGINT
        FROM streaks JOIN airlines USING (carrier) GROUP BY name ORDER BY streak DESC, name LIMIT 5""",
    "delay": """
        WITH weeks AS (
            SELECT origin, date_trunc('week', sched)::TIMESTAMP AS week, max(sched) AS until
            FROM f GROUP BY ALL)
        SELECT weeks.origin, week, avg(dep_delay)
        FROM weeks JOIN f ON f.origin = weeks.origin AND f.sched BETWEEN until - INTERVAL '7 days' AND until
        GROUP BY ALL ORDER BY ALL""",
    "buildup": """
        WITH legs AS (
            SELECT dep_delay, row_number() OVER w AS leg, sum(dep_delay) OVER w AS so_far
            FROM worked WINDOW w AS (PARTITION BY tailnum, run ORDER BY dep, pos))
        SELECT leg, count(*), avg(dep_delay), avg(so_far) FROM legs GROUP BY leg ORDER BY leg LIMIT 5""",
    "oldest": """
        SELECT p.year, f.tailnum, p.manufacturer, a.name, count(*), max_by(f.dest, (f.dep, f.pos)), max(f.dep)
        FROM f JOIN airlines a USING (carrier) JOIN planes p ON p.tailnum = f.tailnum
        WHERE dep IS NOT NULL GROUP BY ALL ORDER BY p.year NULLS LAST, f.tailnum LIMIT 5""",
    "storm": """
        WITH numbered AS (
            SELECT *, row_number() OVER w - row_number() OVER v AS run FROM f
            WINDOW w AS (PARTITION BY origin ORDER BY sched, pos),
                   v AS (PARTITION BY origin, dep IS NULL ORDER BY sched, pos))
        SELECT origin, min(sched) AS since, max(sched), count(*) AS n
        FROM numbered WHERE dep IS NULL GROUP BY origin, run ORDER BY n DESC, since LIMIT 5""",
}


@pytest.fixture(scope="module")
def tables():
    return data.load()


@pytest.fixture(scope="module")
def duck(tables):
    connection = duckdb.connect()
    for name, table in tables.items():
        connection.register(name, table)
    connection.execute("CREATE TABLE f AS SELECT row_number() OVER () AS pos, * FROM flights")
    connection.execute("""
        CREATE TABLE worked AS
        WITH gaps AS (
            SELECT *, dep - lag(arr) OVER (PARTITION BY tailnum ORDER BY dep, pos) AS gap
            FROM f WHERE arr IS NOT NULL)
        SELECT *, count(*) FILTER (gap > INTERVAL '6 hours') OVER (PARTITION BY tailnum ORDER BY dep, pos) AS run
        FROM gaps""")
    return connection


@pytest.fixture(scope="module")
def doors(tables):
    connection = ltseq_dbapi.connect()
    for name, table in tables.items():
        connection.register(name, table)
    yield connection, {name: LTSeq.from_arrow(table) for name, table in tables.items()}
    connection.close()


def same(left, right):
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
    return left == right


def assert_same_rows(got, expected):
    assert len(got) == len(expected)
    for a, b in zip(got, expected, strict=True):
        assert len(a) == len(b)
        assert all(map(same, a, b)), (a, b)


def test_every_question_is_asked_three_ways():
    names = [question.name for question in show.questions()]
    assert names == list(flights.LAMBDAS)
    assert sorted(names) == sorted(EXPECTED)
    assert len(names) >= 6


@pytest.mark.parametrize("question", show.questions(), ids=lambda question: question.name)
def test_sql_answers_what_duckdb_answers(question, doors, duck):
    cursor = doors[0].cursor()
    cursor.execute(question.sql)
    assert_same_rows(cursor.fetchall(), duck.execute(EXPECTED[question.name]).fetchall())


@pytest.mark.parametrize("name", flights.LAMBDAS)
def test_lambdas_answer_what_duckdb_answers(name, doors, duck):
    answer = flights.LAMBDAS[name](doors[1])
    assert_same_rows([tuple(row.values()) for row in answer.to_dicts()], duck.execute(EXPECTED[name]).fetchall())


def test_times_are_right(tables, duck):
    """The gate-to-gate time is the time in the air and some taxiing, on every flight of the year."""
    assert tables["flights"].num_rows == 336_776
    low, high, misplaced = duck.execute("""
        SELECT min(taxi), max(taxi), count(*) FILTER (date_diff('minute', sched, dep) <> dep_delay)
        FROM (SELECT *, date_diff('minute', dep, arr) - air_time AS taxi FROM f)""").fetchone()
    assert 5 <= low <= high <= 235
    assert misplaced == 0
    first = tables["flights"].slice(0, 1).to_pylist()[0]
    assert (first["sched"], first["dep"]) == (dt.datetime(2013, 1, 1, 5, 15), dt.datetime(2013, 1, 1, 5, 17))
    # 8:30 in Houston
    assert first["arr"] == dt.datetime(2013, 1, 1, 9, 30)


def test_the_demo_runs_and_agrees(capsys):
    assert flights.main() == 0
    printed = capsys.readouterr().out
    assert printed.count("the lambdas give the same rows") == len(flights.LAMBDAS)
    assert "agree on all" in printed
    for question in show.questions():
        assert question.title in printed


def test_a_difference_is_reported(monkeypatch, capsys):
    monkeypatch.setitem(flights.LAMBDAS, "storm", lambda t: t["airlines"].head(1))
    assert flights.main() == 1
    printed = capsys.readouterr().out
    assert "give OTHER rows" in printed
    assert "DIFFER on: storm" in printed
