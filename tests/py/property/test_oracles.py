"""DuckDB and Polars vote where they can say it."""

from __future__ import annotations

import duckdb
import polars as pl
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

from .harness import ALL_SETTINGS, EXAMPLES, Setting, ask
from .tables import tables

FEW = max(EXAMPLES // 8, 1)
WINDOWS = [
    # ours, DuckDB's; {w} is the window of the block, {n} the row number that settles ties.
    ("SHIFT({c})", "lag({c}) OVER (w)"),
    ("SHIFT({c}, -2)", "lead({c}, 2) OVER (w)"),
    ("CUM_COUNT({c})", "count({c}) OVER (w ROWS UNBOUNDED PRECEDING)"),
    ("CUM_MIN({c})", "min({c}) OVER (w ROWS UNBOUNDED PRECEDING)"),
    ("CUM_MAX({c})", "max({c}) OVER (w ROWS UNBOUNDED PRECEDING)"),
    ("ROLLING(MAX({c}), 3, min_periods => 1)", "max({c}) OVER (w ROWS 2 PRECEDING)"),
    (
        "ROLLING(FIRST({c}), preceding => 1, following => 2, min_periods => 0)",
        "first_value({c}) OVER (w ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING)",
    ),
    ("FILL_FORWARD({c})", "last_value({c} IGNORE NULLS) OVER (w ROWS UNBOUNDED PRECEDING)"),
    ("FILL_BACKWARD({c})", "first_value({c} IGNORE NULLS) OVER (w ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)"),
    ("ROW_NUMBER()", "row_number() OVER (w)"),
]
SUMS = [
    ("CUM_SUM({c})", "sum({c}) OVER (w ROWS UNBOUNDED PRECEDING)"),
    ("ROLLING(SUM({c}), 4, min_periods => 1)", "sum({c}) OVER (w ROWS 3 PRECEDING)"),
    ("ROLLING(COUNT({c}), 4, min_periods => 0)", "count({c}) OVER (w ROWS 3 PRECEDING)"),
    ("DIFF({c})", "{c} - lag({c}) OVER (w)"),
]


@settings(max_examples=FEW)
@given(
    tables(plain=True),
    st.sampled_from(["k", "ts", "s"]),
    st.booleans(),
    st.sampled_from([None, "p", "b"]),
    st.sampled_from(["i", "x", "s", "ts"]),
    st.lists(st.sampled_from(WINDOWS), min_size=1, max_size=3, unique=True),
    st.lists(st.sampled_from(SUMS), min_size=1, max_size=2, unique=True),
    st.sampled_from(ALL_SETTINGS),
)
def test_duckdb_windows(table, key, desc, partition, column, windows, sums, setting):
    t = table  # noqa: F841 - DuckDB finds it by its name
    calls = [(a, b, column) for a, b in windows] + [(a, b, "i" if column == "i" else "x") for a, b in sums]
    direction = " DESC" if desc else ""
    place = " NULLS FIRST" if desc else " NULLS LAST"
    by = f" PARTITION BY {partition}" if partition else ""
    ours = ", ".join(f"{a.format(c=c)} AS c{i}" for i, (a, _, c) in enumerate(calls))
    theirs = ", ".join(f"{b.format(c=c)} AS c{i}" for i, (_, b, c) in enumerate(calls))
    sql = f"SELECT n, {ours} FROM t ORDERED BY {key}{direction}{by}"
    window = f"WINDOW w AS ({f'PARTITION BY {partition} ' if partition else ''}ORDER BY {key}{direction}{place}, n)"
    last = f"ORDER BY {f'{partition} NULLS LAST, ' if partition else ''}{key}{direction}{place}, n"
    duck = duckdb.sql(f"SELECT n, {theirs} FROM t {window} {last}").fetchall()
    note(sql)
    got = ask(sql, setting, {"t": table})
    assert got.columns is not None, got.message
    want = [tuple(plain(v) for v in row) for row in duck]
    assert got.rows == want, f"{got.rows}\n{want}"


def plain(value):
    """DuckDB's times as our cells have them."""
    import datetime as dt

    if isinstance(value, dt.datetime):
        return int((value - dt.datetime(1970, 1, 1)) / dt.timedelta(microseconds=1)) * 1000
    return value


@settings(max_examples=FEW)
@given(tables(plain=True), st.sampled_from([1, 2, 3, 8]), st.sampled_from([None, 1, 2]), st.sampled_from(ALL_SETTINGS))
def test_polars_rolling(table, n, least, setting):
    periods = n if least is None else min(least, n)
    frame = pl.from_arrow(table.select(["n", "p", "x", "i"])).sort("p", nulls_last=True, maintain_order=True)
    names = ["sum", "mean", "min", "max", "std", "var", "median"]
    want = frame.select(
        "n", *[getattr(pl.col("x"), f"rolling_{f}")(n, min_samples=periods).over("p").alias(f) for f in names]
    )
    spelled = {"mean": "AVG", "std": "STDDEV"}
    columns = ", ".join(f"ROLLING({spelled.get(f, f.upper())}(x), {n}, min_periods => {periods}) AS {f}" for f in names)
    sql = f"SELECT n, {columns} FROM t ORDERED BY n PARTITION BY p"
    note(sql)
    got = ask(sql, setting, {"t": table})
    for a, b in zip(got.rows, want.rows(), strict=True):
        for x, y in zip(a, b, strict=True):
            assert (x is None and y is None) or abs(x - y) < 1e-6, f"{got.rows}\n{want.rows()}"


@settings(max_examples=FEW)
@given(tables(plain=True, key_nulls=False), st.integers(0, 4), st.sampled_from(ALL_SETTINGS))
def test_polars_rolling_by_time(table, seconds, setting):
    frame = pl.from_arrow(table.select(["n", "ts", "i"])).sort("ts", "n")
    frame = frame.with_columns(i=pl.col("i").fill_null(0))
    want = frame.with_columns(
        s=pl.col("i").rolling_sum_by("ts", f"{seconds * 1000 + 1}ms", closed="right"),
        m=pl.col("i").rolling_max_by("ts", f"{seconds * 1000 + 1}ms", closed="right"),
    ).select("n", "s", "m")
    interval = f"INTERVAL '{seconds} seconds'"
    sql = (
        f"SELECT n, ROLLING(SUM(COALESCE(i, 0)), {interval}) AS s, ROLLING(MAX(COALESCE(i, 0)), {interval}) AS m"
        " FROM t ORDERED BY ts"
    )
    note(sql)
    assert ask(sql, setting, {"t": table}).rows == want.rows()


@settings(max_examples=FEW)
@given(tables(plain=True), st.sampled_from([0.1, 0.5, 0.9]), st.booleans(), st.sampled_from(["mean", "var", "std"]))
def test_pandas_ewm(table, alpha, adjust, kind):
    import pandas as pd

    x = pd.Series(table["x"].to_pylist(), dtype="float64")
    # Over missing values pandas 3.1 does otherwise than it documents for adjust=False; the contract is the page.
    assume(adjust or not x.isna().any())
    want = getattr(x.ewm(alpha=alpha, adjust=adjust, ignore_na=False), kind)().tolist()
    sql = f"SELECT EWM_{kind.upper()}(x, alpha => {alpha}, adjust => {str(adjust).lower()}) AS v FROM t ORDERED BY n"
    note(sql)
    for (a,), b in zip(ask(sql, Setting(), {"t": table}).rows, want, strict=True):
        assert (a is None and b != b) or abs(a - b) < 1e-6 * (1 + abs(b)), f"{a} {b}"


@settings(max_examples=FEW)
@given(tables(plain=True), tables(plain=True), st.sampled_from(["inner", "left"]), st.sampled_from(ALL_SETTINGS))
def test_duckdb_link(left, right, kind, setting):
    t, u = left, right  # noqa: F841 - DuckDB finds them by their names
    sql = f"SELECT a.n AS l, b.n AS r FROM t AS a {kind.upper()} LINK u AS b ON a.i = b.i ORDERED BY a.n"
    note(sql)
    want = duckdb.sql(f"SELECT a.n, b.n FROM t a {kind} JOIN u b ON a.i = b.i ORDER BY a.n, b.n").fetchall()
    assert ask(sql, setting, {"t": left, "u": right}).rows == want
