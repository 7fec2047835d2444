"""Every difference that the random tests found, as small as it goes."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

from ltseq._native import Engine

from .harness import Setting, Stored, ask, read
from .reference.values import same

ON, OFF = Setting(), Setting(kernels=False)
INF, NAN = math.inf, math.nan


def values_of(sql: str, table: pa.Table, setting: Setting) -> list[object]:
    """The last column."""
    answer = ask(sql, setting, {"t": table})
    assert answer.columns is not None, answer.message
    return list(answer.columns.values())[-1]


EDGES = pa.table(
    {
        "ts": pa.array([0, 1, 2, 3], pa.timestamp("s")),
        "n": [0, 1, 2, 3],
        "w": [2**62, -(2**63), 2**63 - 1, 5],
        "y": [INF, 1.0, 2.0, 3.0],
        "z": [1e16, 1.0, 1.0, 1.0],
        "g": [0, 1, 2, 2],
    }
)


@pytest.mark.parametrize(
    ("call", "setting"),
    [
        *[pytest.param(c, s) for c in ("DIFF(w)", "w - SHIFT(w)", "w * 2", "w - 1") for s in (ON, OFF)],
        *[pytest.param("SUM(w) OVER (ORDER BY n DESC)", s) for s in (ON, OFF)],
        pytest.param("ROLLING(SUM(w), 2)", ON),
        pytest.param("ROLLING(SUM(w), INTERVAL '1 second')", ON),
        pytest.param("ROLLING(SUM(w), 2)", OFF),
        pytest.param("ROLLING(SUM(w), INTERVAL '1 second')", OFF),
        pytest.param("CUM_SUM(w) OVER (ORDER BY n DESC)", ON),
        pytest.param("CUM_SUM(w) OVER (ORDER BY n DESC)", OFF),
    ],
)
def test_integers_overflow_to_an_error(call, setting):
    answer = ask(f"SELECT {call} AS v FROM t ORDERED BY ts", setting, {"t": EDGES})
    assert answer.code == "OVERFLOW", answer


@pytest.mark.parametrize("setting", [ON, OFF])
@pytest.mark.parametrize(
    "query",
    [
        pytest.param("SELECT SUM(w) AS v FROM t ORDERED BY n GROUP ORDERED BY g"),
        pytest.param("SELECT SUM(w) AS v FROM t ORDERED BY n GROUP ORDERED BY g ALL ROWS PER RUN"),
        pytest.param("SELECT SUM(w) AS v FROM t GROUP BY g"),
        pytest.param("SELECT SUM(w) AS v FROM t WHERE g = 2"),
    ],
)
def test_sums_of_groups_overflow_to_an_error(query, setting):
    answer = ask(query, setting, {"t": EDGES})
    assert answer.code == "OVERFLOW", answer


FRAMES = [
    ("ROLLING(SUM(y), 2)", [None, INF, 3.0, 5.0]),
    ("ROLLING(AVG(y), 2)", [None, INF, 1.5, 2.5]),
    ("ROLLING(STDDEV(y), 2)", [None, NAN, math.sqrt(0.5), math.sqrt(0.5)]),
    ("ROLLING(AVG(z), 2)", [None, 5000000000000000.0, 1.0, 1.0]),
    ("ROLLING(SUM(z), INTERVAL '1 second')", [1e16, 1e16, 2.0, 2.0]),
    ("ROLLING(SUM(y), preceding => 1, following => 0)", [None, INF, 3.0, 5.0]),
]
STOCK_FRAMES = [
    ("AVG(y) OVER (ORDER BY n ROWS 1 PRECEDING)", [INF, INF, 1.5, 2.5]),
    ("SUM(z) OVER (ORDER BY n ROWS 1 PRECEDING)", [1e16, 1e16, 2.0, 2.0]),
]


@pytest.mark.parametrize(
    ("call", "want", "setting"),
    [
        *[pytest.param(c, w, ON) for c, w in FRAMES],
        *[pytest.param(c, w, OFF) for c, w in FRAMES],
        *[pytest.param(c, w, s) for c, w in STOCK_FRAMES for s in (ON, OFF)],
    ],
)
def test_what_left_the_frame_leaves_nothing_behind(call, want, setting):
    got = values_of(f"SELECT {call} AS v FROM t ORDERED BY ts", EDGES, setting)
    assert all(same(a, b) or (a and b and math.isclose(a, b)) for a, b in zip(got, want, strict=True)), got


@pytest.mark.parametrize("setting", [pytest.param(ON), pytest.param(OFF)])
def test_second_value_ahead_that_is_there(setting):
    table = pa.table({"n": range(6), "s": [None, "b", "c", "d", None, "f"]})
    got = values_of("SELECT SHIFT(s, -2) IGNORE NULLS AS v FROM t ORDERED BY n", table, setting)
    assert got == ["c", "d", "f", None, None, None]


@pytest.mark.parametrize(
    ("rows", "clause", "code"),
    [
        ([(0.0, 1), (-0.0, 2)], "ORDERED BY k, j", None),
        ([(-0.0, 5), (0.0, 3)], "ORDERED BY k, j", "ORDER_VIOLATION"),
        ([(0.0, 1), (-0.0, 2)], "ORDERED BY j PARTITION BY k", None),
        ([(-0.0, 5), (0.0, 3)], "ORDERED BY j PARTITION BY k", "ORDER_VIOLATION"),
    ],
)
def test_declared_order_takes_negative_zero_for_zero(rows, clause, code):
    table = pa.table({"k": [k for k, _ in rows], "j": [j for _, j in rows]})
    assert Stored(table, "parquet", ordered=clause).ask("SELECT * FROM t").code == code


EXTREMES = pa.table({"n": range(6), "g": list("abccdd"), "y": [-INF, INF, NAN, 1.0, 1.0, NAN]})


@pytest.mark.parametrize("setting", [ON, OFF])
@pytest.mark.parametrize(
    ("query", "want"),
    [
        ("SELECT MAX(y) AS v FROM t ORDERED BY n GROUP ORDERED BY g", [-INF, INF, NAN, NAN]),
        ("SELECT MIN(y) AS v FROM t ORDERED BY n GROUP ORDERED BY g", [-INF, INF, 1.0, 1.0]),
        ("SELECT MAX(y) AS v FROM t GROUP BY g ORDER BY g", [-INF, INF, NAN, NAN]),
        ("SELECT MAX(y) AS v FROM t ORDERED BY n GROUP ORDERED BY g ALL ROWS PER RUN", [-INF, INF, NAN, NAN, NAN, NAN]),
        ("SELECT CUM_MAX(y) AS v FROM t ORDERED BY n PARTITION BY g", [-INF, INF, NAN, NAN, 1.0, NAN]),
    ],
)
def test_extremes_of_a_group(query, want, setting):
    got = values_of(query, EXTREMES, setting)
    assert len(got) == len(want) and all(map(same, got, want)), got


@pytest.mark.parametrize("setting", [ON, OFF])
@pytest.mark.parametrize("call", ["FIRST(n)", "LAST(n)", "NTH(n, 1)", "ARG_MIN(n, n)"])
def test_filter_that_nothing_passes(call, setting):
    table = pa.table({"n": [1, 2], "i": [0, 0]})
    assert values_of(f"SELECT {call} FILTER (WHERE i > 1) AS v FROM t ORDERED BY n", table, setting) == [None]


LETTERS = pa.table({"n": range(6), "k": [0] * 6, "s": ["b", "a", "a", "a", "a", ""]})


@pytest.mark.parametrize("setting", [ON, OFF])
@pytest.mark.parametrize(
    ("call", "want"),
    [
        pytest.param("SHIFT(n) OVER (PARTITION BY s)", [None, None, 1]),
        pytest.param("SHIFT(n) OVER (ORDER BY n DESC)", [1, 2, 3]),
        pytest.param("ROW_NUMBER() OVER (ORDER BY n DESC)", [6, 5, 4]),
        pytest.param("SUM(n) OVER (PARTITION BY s ORDER BY n DESC)", [0, 10, 9]),
        ("ROW_NUMBER()", [1, 2, 3]),
    ],
)
def test_limit_counts_along_the_order_of_the_block(call, want, setting):
    answer = ask(f"SELECT n, {call} AS v FROM t ORDERED BY n LIMIT 3", setting, {"t": LETTERS})
    assert answer.rows == list(zip([0, 1, 2], want, strict=True))


@pytest.mark.parametrize("setting", [ON, OFF])
def test_two_overs_with_one_partition_and_two_orders(setting):
    sql = (
        "SELECT n, SHIFT(n) OVER (PARTITION BY s) AS a, SHIFT(n) OVER (PARTITION BY s ORDER BY n DESC) AS b"
        " FROM t ORDERED BY k"
    )
    answer = ask(sql, setting, {"t": LETTERS})
    assert answer.rows == [
        (0, None, None),
        (1, None, 2),
        (2, 1, 3),
        (3, 2, 4),
        (4, 3, None),
        (5, None, None),
    ]


@pytest.mark.parametrize("setting", [Setting(1, 4), pytest.param(Setting(1, 4, False))])
def test_limit_below_a_filter(setting):
    sql = (
        "SELECT n, c FROM (SELECT * FROM (SELECT *, RUN_POS(s) AS c FROM t ORDERED BY k PARTITION BY s) AS q LIMIT 3)"
        " AS q WHERE n > 0"
    )
    for _ in range(30):  # which partition comes first is chance
        assert ask(sql, setting, {"t": LETTERS}).rows == [(5, 0), (1, 0), (2, 1)]


VARIED = pa.table(
    {
        "n": [0, 1, 2],
        "u": pa.array([1, 2, 3], pa.uint64()),
        "s": ["a", "b", "c"],
        "x": [1.0, 3.0, 2.0],
        "ts": pa.array([0, 1, 2], pa.timestamp("s")),
    }
)


@pytest.mark.parametrize("setting", [ON, OFF])
def test_unsigned_difference(setting):
    answer = ask("SELECT DIFF(u) AS v FROM t ORDERED BY n DESC", setting, {"t": VARIED})
    assert answer.code == "OVERFLOW" or answer.rows == [(None,), (-1,), (-1,)]


@pytest.mark.parametrize("setting", [ON, OFF])
@pytest.mark.parametrize(
    ("call", "want"),
    [
        ("ROLLING(string_agg(s, ''), 2)", [None, "ab", "bc"]),
        ("ROLLING(ARG_MAX(n, x), 3, min_periods => 1)", [0, 1, 1]),
        ("ROLLING(approx_percentile_cont(x, 0.0), 2)", [None, 1.0, 2.0]),
        ("ROLLING(array_agg(n), 2)", [None, [0, 1], [1, 2]]),
        ("ROLLING(SUM(DISTINCT n), 2)", [None, 1, 3]),
    ],
)
def test_rolling_takes_any_aggregate(call, want, setting):
    assert values_of(f"SELECT {call} AS v FROM t ORDERED BY n", VARIED, setting) == want


def test_funnel():
    """Step 2 (x > 2) is reached, step 3 (s = 'c') is within two seconds of step 1, not within one."""
    sql = "SELECT FUNNEL(INTERVAL '{} seconds', x = 1, x > 2, s = 'c') AS v FROM t ORDERED BY ts"
    assert values_of(sql.format(2), VARIED, ON) == [3]
    assert values_of(sql.format(1), VARIED, ON) == [2]
    assert values_of(sql.format(0), VARIED, ON) == [1]


def test_runs_are_stored_in_order():
    table = pa.table({"n": [0, 1, 2, 3], "z": [3, 1, 2, 0]})
    query = "SELECT FIRST(n) AS n, COUNT(*) AS c FROM t ORDERED BY z GROUP ORDERED BY n"
    for _ in range(20):  # which partition comes first is chance
        on = Engine({"batch_size": "1", "target_partitions": "2"})
        on.register("t", table)
        on.execute(f"CREATE TABLE made AS {query}")
        # Without a declared order a plain SELECT may read it as it likes; ties show how it is stored.
        assert read(on, "SELECT n FROM made ORDERED BY n - n").rows == [(3,), (1,), (2,), (0,)]


@pytest.mark.parametrize(("call", "rows"), [("ARG_MAX", [(1, -0.0), (2, 0.0)]), ("ARG_MIN", [(1, 0.0), (2, -0.0)])])
def test_zeros_tie_in_arg_max(call, rows):
    table = pa.table({"n": [n for n, _ in rows], "y": [y for _, y in rows]})
    assert values_of(f"SELECT {call}(n, y) AS v FROM t ORDERED BY n", table, ON) == [1]


@pytest.mark.parametrize("setting", [ON, OFF], ids=["kernels", "portable"])
@pytest.mark.parametrize("call", ["SHIFT(n)", "CUM_COUNT(n) - 1", "ROW_NUMBER() - 1"])
def test_zeros_are_one_partition_however_the_order_came(call, setting):
    table = pa.table({"n": [1, 2], "f": [0.0, -0.0]})
    want = [None, 1] if call == "SHIFT(n)" else [0, 1]
    once = "SELECT n, f FROM t ORDERED BY n PARTITION BY f"
    assert values_of(f"SELECT {call} AS v FROM ({once}) AS q", table, setting) == want
    assert values_of(f"SELECT {call} AS v FROM ({once}) AS q ORDERED BY n PARTITION BY f", table, setting) == want
    assert values_of(f"SELECT {call} AS v FROM t ORDERED BY n PARTITION BY f ASSUMED", table, setting) == want


@pytest.mark.parametrize("setting", [ON, OFF], ids=["kernels", "portable"])
def test_frames_that_are_not_full_do_not_overflow(setting):
    table = pa.table({"n": [1, 2, 3, 4], "w": [1, 2**63 - 1, -1, -(2**63) + 1]})
    query = "SELECT ROLLING(SUM(w), 3) AS v FROM t ORDERED BY n"
    assert values_of(query, table, setting) == [None, None, 2**63 - 1, -1]
