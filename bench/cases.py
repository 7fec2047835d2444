"""The questions of bench_kernels, in the words of every engine.

Each ends in sums, so that what is measured is the calculation and not the delivery of ten million rows.
The layout "ts" is asked alone, "sym_ts" per symbol. Where an engine does better when a query is written by hand
against the physical order of the rows, that form is its `*` entry: LTSeq does that unasked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

AGGREGATES = ("SUM", "AVG", "MIN", "MAX", "STDDEV")
WINDOWS = (20, 100)


@dataclass(frozen=True, eq=False)
class Case:
    """One question over one layout."""

    name: str
    layout: str
    ltseq: str
    standard: dict[str, str]
    polars: dict[str, Callable[[Any, Any], Any]]


def cases() -> list[Case]:
    """All questions: the scans first, which the others are counted from."""
    made = []
    for layout in ("ts", "sym_ts"):
        made += [_scan(layout), _shift(layout), _diff(layout), _cum_sum(layout)]
        made += [_rolling(layout, agg, n) for agg in AGGREGATES for n in WINDOWS]
        made += [_fused(layout), _runs(layout)]
    return made


def _window(layout: str) -> str:
    """The layout's window in standard SQL."""
    return "ORDER BY ts" if layout == "ts" else "PARTITION BY sym ORDER BY ts"


def _over(layout: str, expr: Any) -> Any:
    return expr if layout == "ts" else expr.over("sym")


def _derived(
    layout: str, ltseq: str, standard: dict[str, str], polars: dict[str, Callable[[Any], Any]], name: str
) -> Case:
    """A question about one derived column: its sum. DataFusion is asked as DuckDB is."""
    standard = {**standard, "datafusion": standard["duckdb"]}
    return Case(
        name,
        layout,
        f"SELECT SUM(x) AS x FROM (SELECT {ltseq} AS x FROM t) AS d",
        {engine: f"SELECT sum(x) FROM (SELECT {expr} AS x FROM t)" for engine, expr in standard.items()},
        {engine: lambda t, pl, make=make: t.select(make(pl).sum()) for engine, make in polars.items()},
    )


def _scan(layout: str) -> Case:
    """Reads the columns that the layout's questions read."""
    by_symbol = layout == "sym_ts"
    ltseq = "SELECT SUM(px), MIN(ts)" + (", SUM(octet_length(sym))" if by_symbol else "") + " FROM t ORDER BY 1"
    standard = {
        engine: "SELECT sum(px), min(ts)" + (f", sum({length}(sym))" if by_symbol else "") + " FROM t"
        for engine, length in (("duckdb", "strlen"), ("datafusion", "octet_length"))
    }

    def polars(t: Any, pl: Any) -> Any:
        more = [pl.col("sym").str.len_bytes().cast(pl.Int64).sum()] if by_symbol else []
        return t.select(pl.col("px").sum(), pl.col("ts").min(), *more)

    return Case("scan", layout, ltseq, standard, {"polars": polars})


def _shift(layout: str) -> Case:
    window = _window(layout)
    by_hand = "lag(px) OVER ()" if layout == "ts" else "CASE WHEN sym = lag(sym) OVER () THEN lag(px) OVER () END"
    polars: dict[str, Callable[[Any], Any]] = {"polars": lambda pl: _over(layout, pl.col("px").shift(1))}
    if layout == "sym_ts":
        polars["polars*"] = lambda pl: pl.when(pl.col("sym") == pl.col("sym").shift(1)).then(pl.col("px").shift(1))
    duckdb = {"duckdb": f"lag(px) OVER ({window})", "duckdb*": by_hand}
    return _derived(layout, "SHIFT(px)", duckdb, polars, "SHIFT")


def _diff(layout: str) -> Case:
    window = _window(layout)
    by_hand = (
        "px - lag(px) OVER ()" if layout == "ts" else "CASE WHEN sym = lag(sym) OVER () THEN px - lag(px) OVER () END"
    )
    polars: dict[str, Callable[[Any], Any]] = {"polars": lambda pl: _over(layout, pl.col("px").diff())}
    if layout == "sym_ts":
        polars["polars*"] = lambda pl: pl.when(pl.col("sym") == pl.col("sym").shift(1)).then(pl.col("px").diff())
    return _derived(layout, "DIFF(px)", {"duckdb": f"px - lag(px) OVER ({window})", "duckdb*": by_hand}, polars, "DIFF")


def _cum_sum(layout: str) -> Case:
    window = _window(layout)
    duckdb = {"duckdb": f"sum(px) OVER ({window} ROWS UNBOUNDED PRECEDING)"}
    if layout == "ts":
        duckdb["duckdb*"] = "sum(px) OVER (ROWS UNBOUNDED PRECEDING)"
    polars = {"polars": lambda pl: _over(layout, pl.col("px").cum_sum())}
    return _derived(layout, "CUM_SUM(px)", duckdb, polars, "CUM_SUM")


def _rolling(layout: str, agg: str, n: int) -> Case:
    """DuckDB answers before the window is full, the others wait: under 2 % of the rows, see `agree` in the driver."""
    window = _window(layout)
    method = {"AVG": "mean", "STDDEV": "std"}.get(agg, agg.lower())
    duckdb = {"duckdb": f"{agg.lower()}(px) OVER ({window} ROWS {n - 1} PRECEDING)"}
    polars = {"polars": lambda pl: _over(layout, getattr(pl.col("px"), f"rolling_{method}")(n))}
    return _derived(layout, f"ROLLING({agg}(px), {n})", duckdb, polars, f"ROLLING({agg}, {n})")


def _fused(layout: str) -> Case:
    window = _window(layout)
    sums = "sum(a), sum(b), sum(c), sum(d)"
    ltseq = "SHIFT(px) AS a, DIFF(px, 2) AS b, CUM_SUM(px) AS c, ROLLING(AVG(px), 20) AS d"
    standard = (
        f"lag(px) OVER ({window}) AS a, px - lag(px, 2) OVER ({window}) AS b, "
        f"sum(px) OVER ({window} ROWS UNBOUNDED PRECEDING) AS c, avg(px) OVER ({window} ROWS 19 PRECEDING) AS d"
    )
    question = f"SELECT {sums} FROM (SELECT {standard} FROM t)"

    def polars(t: Any, pl: Any) -> Any:
        px = pl.col("px")
        four = {"a": px.shift(1), "b": px.diff(2), "c": px.cum_sum(), "d": px.rolling_mean(20)}
        return t.select(**{name: _over(layout, expr).sum() for name, expr in four.items()})

    return Case(
        "four fused",
        layout,
        f"SELECT {sums} FROM (SELECT {ltseq} FROM t) AS x",
        {"duckdb": question, "datafusion": question},
        {"polars": polars},
    )


def _runs(layout: str) -> Case:
    """A run ends where the price falls: how many there are, and what their first prices sum up to."""
    window = _window(layout)
    keys = "run" if layout == "ts" else "sym, run"
    falls = f"SELECT *, coalesce((px < lag(px) OVER ({window}))::INT, 0) AS falls FROM t"
    runs = f"SELECT sym, sum(falls) OVER ({window} ROWS UNBOUNDED PRECEDING) AS run FROM ({falls})"
    question = f"SELECT count(*), sum(n) FROM (SELECT count(*) AS n FROM ({runs}) GROUP BY {keys})"

    def polars(t: Any, pl: Any) -> Any:
        falls = (pl.col("px") < _over(layout, pl.col("px").shift(1))).fill_null(layout == "sym_ts")
        runs = t.select(run=falls.cum_sum()).group_by("run").agg(n=pl.len())
        return runs.select(pl.len(), pl.col("n").sum())

    return Case(
        "GROUP ORDERED WHEN",
        layout,
        "SELECT COUNT(*), SUM(n) FROM (SELECT COUNT(*) AS n FROM t GROUP ORDERED WHEN px < SHIFT(px)) AS r",
        {"duckdb": question, "datafusion": question},
        {"polars": polars},
    )
