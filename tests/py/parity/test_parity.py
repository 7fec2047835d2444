"""Both doors, one plan: a question in SQL and the same in lambdas give equal plans, orders and rows.

`t` is the table of trades, `n` the dimension of names, in the text and in the lambdas.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

import pytest

import ltseq

MINUTE = dt.timedelta(minutes=1)


class Pair(NamedTuple):
    """One question, asked twice."""

    name: str
    sql: str
    table: Any


PAIRS = [
    Pair("sort", "SELECT * FROM t ORDERED BY ts", lambda t, n: t.sort("ts")),
    Pair("sort_desc", "SELECT * FROM t ORDERED BY ts DESC", lambda t, n: t.sort("ts", desc=True)),
    Pair(
        "sort_keys",
        "SELECT * FROM t ORDERED BY px DESC NULLS LAST, ts PARTITION BY sym",
        lambda t, n: t.sort("px", "ts", desc=[True, False], nulls="last", partition_by="sym"),
    ),
    Pair(
        "filter",
        "SELECT * FROM t ORDERED BY ts WHERE px > 10.0",
        lambda t, n: t.sort("ts").filter(lambda r: r.px > 10.0),
    ),
    Pair(
        "filter_two",
        "SELECT * FROM t WHERE px > 10.0 AND sym = 'A'",
        lambda t, n: t.filter(lambda r: (r.px > 10.0) & (r.sym == "A")),
    ),
    Pair("select", "SELECT sym, px FROM t ORDERED BY ts", lambda t, n: t.sort("ts").select("sym", "px")),
    Pair(
        "select_expr",
        "SELECT sym, px * 2.0 AS twice FROM t",
        lambda t, n: t.select("sym", twice=lambda r: r.px * 2.0),
    ),
    Pair(
        "shift",
        "SELECT sym, SHIFT(px) AS before FROM t ORDERED BY ts PARTITION BY sym",
        lambda t, n: t.sort("ts", partition_by="sym").select("sym", before=lambda r: r.px.shift()),
    ),
    Pair(
        "shift_ahead_default",
        "SELECT SHIFT(qty, -2, 0) AS later FROM t ORDERED BY ts",
        lambda t, n: t.sort("ts").select(later=lambda r: r.qty.shift(-2, 0)),
    ),
    Pair(
        "derive",
        "SELECT *, SHIFT(px) AS before FROM t ORDERED BY ts",
        lambda t, n: t.sort("ts").derive(before=lambda r: r.px.shift()),
    ),
    Pair(
        "diff",
        "SELECT ts, DIFF(px) AS d, DIFF(px, 2) AS d2 FROM t ORDERED BY ts PARTITION BY sym",
        lambda t, n: t.sort("ts", partition_by="sym").select("ts", d=lambda r: r.px.diff(), d2=lambda r: r.px.diff(2)),
    ),
    Pair(
        "pct_change",
        "SELECT PCT_CHANGE(px) AS p FROM t ORDERED BY ts PARTITION BY sym",
        lambda t, n: t.sort("ts", partition_by="sym").select(p=lambda r: r.px.pct_change()),
    ),
    Pair(
        "rolling_rows",
        "SELECT ROLLING(AVG(px), 3) AS m, ROLLING(SUM(qty), 3, min_periods => 1) AS s FROM t ORDERED BY ts",
        lambda t, n: t.sort("ts").select(
            m=lambda r: r.px.rolling(3).mean(), s=lambda r: r.qty.rolling(3, min_periods=1).sum()
        ),
    ),
    Pair(
        "rolling_minmax",
        "SELECT ROLLING(MIN(px), 2) AS lo, ROLLING(MAX(px), 2) AS hi, ROLLING(COUNT(px), 2) AS c"
        " FROM t ORDERED BY ts PARTITION BY sym",
        lambda t, n: t.sort("ts", partition_by="sym").select(
            lo=lambda r: r.px.rolling(2).min(),
            hi=lambda r: r.px.rolling(2).max(),
            c=lambda r: r.px.rolling(2).count(),
        ),
    ),
    Pair(
        "cumulative",
        "SELECT CUM_SUM(qty) AS s, CUM_MIN(px) AS lo, CUM_MAX(px) AS hi, CUM_AVG(px) AS m, CUM_COUNT(px) AS c"
        " FROM t ORDERED BY ts PARTITION BY sym",
        lambda t, n: t.sort("ts", partition_by="sym").select(
            s=lambda r: r.qty.cum_sum(),
            lo=lambda r: r.px.cum_min(),
            hi=lambda r: r.px.cum_max(),
            m=lambda r: r.px.cum_avg(),
            c=lambda r: r.px.cum_count(),
        ),
    ),
    Pair(
        "nested",
        "SELECT CUM_SUM(DIFF(px)) AS d FROM t ORDERED BY ts",
        lambda t, n: t.sort("ts").select(d=lambda r: r.px.diff().cum_sum()),
    ),
    Pair(
        "streak",
        "SELECT STREAK(px > 10.0) AS s FROM t ORDERED BY ts PARTITION BY sym",
        lambda t, n: t.sort("ts", partition_by="sym").select(s=lambda r: (r.px > 10.0).streak()),
    ),
    Pair(
        "run_id",
        "SELECT RUN_ID(sym) AS run, RUN_POS(sym) AS pos FROM t ORDERED BY ts",
        lambda t, n: t.sort("ts").select(run=lambda r: ltseq.run_id(r.sym), pos=lambda r: ltseq.run_pos(r.sym)),
    ),
    Pair(
        "run_id_when",
        "SELECT RUN_ID_WHEN(px < SHIFT(px)) AS run FROM t ORDERED BY ts",
        lambda t, n: t.sort("ts").select(run=lambda r: (r.px < r.px.shift()).run_id_when()),
    ),
    Pair(
        "partition_of_a_call",
        "SELECT SHIFT(px) OVER (PARTITION BY sym) AS before FROM t ORDERED BY ts",
        lambda t, n: t.sort("ts").select(before=lambda r: r.px.shift(partition_by="sym")),
    ),
    Pair(
        "sequence_filter",
        "SELECT * FROM t ORDERED BY ts QUALIFY px > SHIFT(px)",
        lambda t, n: t.sort("ts").filter(lambda r: r.px > r.px.shift()),
    ),
    Pair("head", "SELECT * FROM t ORDERED BY ts LIMIT 3", lambda t, n: t.sort("ts").head(3)),
    Pair("slice", "SELECT * FROM t ORDERED BY ts LIMIT 3 OFFSET 2", lambda t, n: t.sort("ts").slice(2, 3)),
    Pair(
        "agg",
        "SELECT sym, SUM(qty) AS total, COUNT(*) AS n FROM t GROUP BY sym",
        lambda t, n: t.agg("sym", total=lambda g: g.qty.sum(), n=lambda g: g.count()),
    ),
    Pair(
        "agg_first_last",
        "SELECT sym, FIRST(px) AS f, LAST(px) AS l FROM t ORDERED BY ts GROUP BY sym",
        lambda t, n: t.sort("ts").agg("sym", f=lambda g: g.px.first(), l=lambda g: g.px.last()),
    ),
    Pair(
        "agg_of_a_sequence",
        "SELECT sym, MAX(px - CUM_MIN(px)) AS best FROM t ORDERED BY ts GROUP BY sym",
        lambda t, n: t.sort("ts").agg("sym", best=lambda g: (g.px - g.px.cum_min()).max()),
    ),
    Pair(
        "group_ordered_by",
        "SELECT FIRST(sym) AS sym, COUNT(*) AS n FROM t ORDERED BY ts GROUP ORDERED BY sym",
        lambda t, n: t.sort("ts").group_ordered("sym").agg(lambda g: {"sym": g.sym.first(), "n": g.count()}),
    ),
    Pair(
        "group_ordered_when",
        "SELECT FIRST(ts) AS since, SUM(qty) AS total FROM t ORDERED BY ts PARTITION BY sym"
        " GROUP ORDERED WHEN px < SHIFT(px)",
        lambda t, n: (
            t.sort("ts", partition_by="sym")
            .group_ordered(lambda r: r.px < r.px.shift())
            .agg(lambda g: {"since": g.ts.first(), "total": g.qty.sum()})
        ),
    ),
    Pair(
        "link",
        "SELECT t.ts, n.name FROM t LINK n ON t.sym = n.sym ORDERED BY t.ts",
        lambda t, n: (
            t.link(n, on=lambda a, b: a.sym == b.sym, as_="n").sort("ts").select("ts", name=lambda r: r.n.name)
        ),
    ),
    Pair(
        "left_link",
        "SELECT t.ts, n.region FROM t LEFT LINK n ON t.sym = n.sym WHERE n.region = 'EU'",
        lambda t, n: (
            t.link(n, on=lambda a, b: a.sym == b.sym, as_="n", join_type="left")
            .filter(lambda r: r.n.region == "EU")
            .select("ts", region=lambda r: r.n.region)
        ),
    ),
    Pair("distinct", "SELECT DISTINCT sym FROM t", lambda t, n: t.select("sym").distinct()),
    Pair(
        "case",
        "SELECT CASE WHEN px > 11.0 THEN 'high' ELSE 'low' END AS level FROM t",
        lambda t, n: t.select(level=lambda r: ltseq.if_else(r.px > 11.0, "high", "low")),
    ),
    Pair(
        "nulls",
        "SELECT COALESCE(qty, 0) AS q, px IS NULL AS missing FROM t",
        lambda t, n: t.select(q=lambda r: r.qty.fill_null(0), missing=lambda r: r.px.is_null()),
    ),
]

# Equal rows and order, but the two texts are not the same question node by node: SQL interval and Python timedelta.
ROWS_ONLY = [
    Pair(
        "rolling_interval",
        "SELECT ROLLING(SUM(qty), INTERVAL '2 minutes') AS s FROM t ORDERED BY ts",
        lambda t, n: t.sort("ts").select(s=lambda r: r.qty.rolling(2 * MINUTE).sum()),
    ),
    Pair(
        "sessions",
        "SELECT FIRST(ts) AS since, COUNT(*) AS n FROM t ORDERED BY ts PARTITION BY sym"
        " GROUP ORDERED WHEN DIFF(ts) > INTERVAL '2 minutes'",
        lambda t, n: (
            t.sort("ts", partition_by="sym")
            .group_ordered(lambda r: r.ts.diff() > 2 * MINUTE)
            .agg(lambda g: {"since": g.ts.first(), "n": g.count()})
        ),
    ),
    Pair(
        "first_of_run",
        "SELECT * FROM t ORDERED BY ts PARTITION BY sym GROUP ORDERED BY px > 11.0 ALL ROWS PER RUN"
        " QUALIFY RUN_POS() = 0",
        lambda t, n: t.sort("ts", partition_by="sym").group_ordered(lambda r: r.px > 11.0).first(),
    ),
    Pair(
        "whole_runs",
        "SELECT *, COUNT(*) AS len FROM t ORDERED BY ts GROUP ORDERED BY sym ALL ROWS PER RUN HAVING COUNT(*) > 1",
        lambda t, n: (
            t.sort("ts")
            .group_ordered("sym")
            .filter(lambda g: g.count() > 1)
            .derive(lambda g: {"len": g.count()})
            .select("sym", "ts", "px", "qty", "len")
        ),
    ),
]


def by_name(pair):
    return pair.name


@pytest.fixture
def doors(trades, names):
    """What a pair gives through each door."""

    def open_both(pair):
        return ltseq.sql(pair.sql, t=trades, n=names), pair.table(trades, names)

    return open_both


@pytest.mark.parametrize("pair", PAIRS, ids=by_name)
def test_equal_plans(pair, doors):
    sql, lambdas = doors(pair)
    assert sql._plan.canonical() == lambdas._plan.canonical()


@pytest.mark.parametrize("pair", PAIRS + ROWS_ONLY, ids=by_name)
def test_equal_rows(pair, doors):
    sql, lambdas = doors(pair)
    assert sql.schema == lambdas.schema
    # Without an order rows come as they come.
    key = None if sql.sort_keys is not None else str
    rows = sql.to_dicts(), lambdas.to_dicts()
    left, right = rows if key is None else (sorted(side, key=key) for side in rows)
    assert left == right
    assert left, "a pair that gives no rows compares nothing"


@pytest.mark.parametrize("pair", PAIRS + ROWS_ONLY, ids=by_name)
def test_equal_orders(pair, doors):
    sql, lambdas = doors(pair)
    assert sql.sort_keys == lambdas.sort_keys


@pytest.mark.parametrize("pair", PAIRS, ids=by_name)
def test_text_of_a_plan_gives_that_plan(pair, trades, names):
    """`to_sql` writes what `sql` reads back."""
    table = pair.table(trades, names)
    text = table.to_sql()
    sources = {"mem_1": trades, "mem_2": names}
    again = ltseq.sql(text, **{name: source for name, source in sources.items() if name in text})
    assert again.schema == table.schema
    rows = again.to_dicts(), table.to_dicts()
    assert sorted(rows[0], key=str) == sorted(rows[1], key=str)
    if table.sort_keys is not None:
        assert rows[0] == rows[1]


def test_there_are_enough_pairs():
    assert len(PAIRS) >= 20
    assert len({pair.name for pair in PAIRS + ROWS_ONLY}) == len(PAIRS + ROWS_ONLY)
