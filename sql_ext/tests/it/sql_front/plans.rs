//! Queries and their plans, clause by clause.

use super::planned;

/// Sequence calls get the marker and the text of their item as name.
#[test]
fn sequence_calls() {
    planned(
        "SELECT sym, ts, DIFF(px) FROM trades ORDERED BY ts PARTITION BY sym",
        "
Projection: trades.sym, trades.ts, diff(trades.px,NULL) ~MARK AS DIFF(px)
  WindowAggr: windowExpr=[[diff(trades.px, NULL) ~MARK]]
    Ordered: trades.ts PARTITION BY trades.sym
      TableScan: trades
",
    );
    planned(
        "SELECT ts, ROLLING(AVG(px), 20), ROLLING(MAX(px), 20), ROLLING(MAX(px), INTERVAL '5 minutes') FROM trades ORDERED BY ts",
        r#"
Projection: trades.ts, rolling avg(trades.px,Int64(20),NULL,NULL,NULL) ~MARK AS ROLLING(AVG(px), 20), rolling max(trades.px,Int64(20),NULL,NULL,NULL) ~MARK AS ROLLING(MAX(px), 20), rolling max(trades.px,IntervalMonthDayNano("IntervalMonthDayNano { months: 0, days: 0, nanoseconds: 300000000000 }"),NULL,NULL,NULL) ~MARK AS ROLLING(MAX(px), INTERVAL '5 minutes')
  WindowAggr: windowExpr=[[rolling avg(trades.px, Int64(20), NULL, NULL, NULL) ~MARK, rolling max(trades.px, Int64(20), NULL, NULL, NULL) ~MARK, rolling max(trades.px, IntervalMonthDayNano("IntervalMonthDayNano { months: 0, days: 0, nanoseconds: 300000000000 }"), NULL, NULL, NULL) ~MARK]]
    Ordered: trades.ts
      TableScan: trades
"#,
    );
    planned(
        "SELECT * FROM trades ORDERED BY ts WHERE sym = 'A' QUALIFY px > SHIFT(px)",
        r#"
Projection: trades.ts, trades.sym, trades.px
  Filter: trades.px > shift(trades.px,NULL,NULL) ~MARK
    WindowAggr: windowExpr=[[shift(trades.px, NULL, NULL) ~MARK]]
      Filter: trades.sym = Utf8("A")
        Ordered: trades.ts
          TableScan: trades
"#,
    );
    planned(
        "SELECT * FROM hits ORDERED BY ts PARTITION BY uid QUALIFY SEARCH_PATTERN(url = '/cart', url = '/pay', within => INTERVAL '1 hour')",
        r#"
Projection: hits.ts, hits.uid, hits.url
  Filter: search_pattern(hits.url = Utf8("/cart"),hits.url = Utf8("/pay"),IntervalMonthDayNano("IntervalMonthDayNano { months: 0, days: 0, nanoseconds: 3600000000000 }")) ~MARK
    WindowAggr: windowExpr=[[search_pattern(hits.url = Utf8("/cart"), hits.url = Utf8("/pay"), IntervalMonthDayNano("IntervalMonthDayNano { months: 0, days: 0, nanoseconds: 3600000000000 }")) ~MARK]]
      Ordered: hits.ts PARTITION BY hits.uid
        TableScan: hits
"#,
    );
    planned(
        "SELECT * FROM ticks ORDERED BY ts QUALIFY SEARCH_FIRST(ts >= TIMESTAMP '2024-03-01 09:30:00')",
        r#"
Projection: ticks.ts, ticks.sym, ticks.px
  Filter: search_first Timestamp(ns)(ticks.ts >= Utf8("2024-03-01 09:30:00")) ~MARK
    WindowAggr: windowExpr=[[search_first Timestamp(ns)(ticks.ts >= CAST(Utf8("2024-03-01 09:30:00") AS Timestamp(ns))) ~MARK]]
      Ordered: ticks.ts
        TableScan: ticks
"#,
    );
    planned(
        r#"SELECT SHIFT(px) IGNORE NULLS, "shift"(px), /* c */ shift( px )  +  1 FROM t ORDERED BY ts"#,
        r#"
Projection: shift(t.px,NULL,NULL) IGNORE NULLS ~MARK AS SHIFT(px) IGNORE NULLS, shift(t.px,NULL,NULL) ~MARK AS "shift"(px), shift(t.px,NULL,NULL) ~MARK + Int64(1) AS shift( px ) + 1
  WindowAggr: windowExpr=[[shift(t.px, NULL, NULL)IGNORE NULLS ~MARK, shift(t.px, NULL, NULL) ~MARK]]
    Ordered: t.ts
      TableScan: t
"#,
    );
    planned(
        "SELECT ROLLING(AVG(px), n => 3, min_periods => 1) AS r FROM t ORDERED BY ts DESC, n NULLS FIRST PARTITION BY sym ASSUMED",
        "
Projection: rolling avg(t.px,Int64(3),Int64(1),NULL,NULL) ~MARK AS r
  WindowAggr: windowExpr=[[rolling avg(t.px, Int64(3), Int64(1), NULL, NULL) ~MARK]]
    Ordered: t.ts DESC, t.n NULLS FIRST PARTITION BY t.sym ASSUMED
      TableScan: t
",
    );
}

/// Calls nest, in calls, in aggregates and in FILTER.
#[test]
fn nested_calls() {
    planned(
        "SELECT CUM_SUM(SHIFT(px)) AS s FROM t ORDERED BY ts",
        "
Projection: cum_sum(shift(t.px,NULL,NULL)) ~MARK AS s
  WindowAggr: windowExpr=[[cum_sum(shift(t.px, NULL, NULL, ~seq_order())) ~MARK]]
    Ordered: t.ts
      TableScan: t
",
    );
    planned(
        "SELECT sym, MAX(px - CUM_MIN(px)) AS best FROM trades ORDERED BY ts GROUP BY sym",
        "
Projection: trades.sym, max(trades.px - cum_min(trades.px)) AS best
  Aggregate: groupBy=[[trades.sym]], aggr=[[max(trades.px - cum_min(trades.px, ~seq_order()))]]
    Ordered: trades.ts
      TableScan: trades
",
    );
    planned(
        "SELECT ROLLING(SUM(MAX(px)), 3) AS r FROM t ORDERED BY ts GROUP BY ts",
        "
Projection: rolling sum(max(t.px),Int64(3),NULL,NULL,NULL) ~MARK AS r
  WindowAggr: windowExpr=[[rolling sum(max(t.px), Int64(3), NULL, NULL, NULL) ~MARK]]
    Aggregate: groupBy=[[t.ts]], aggr=[[max(t.px)]]
      Ordered: t.ts
        TableScan: t
",
    );
    planned(
        "SELECT ROLLING(SUM(px) FILTER (WHERE px > SHIFT(px)), 3) AS r FROM t ORDERED BY ts",
        "
Projection: rolling sum filter(t.px,t.px > shift(t.px,NULL,NULL),Int64(3),NULL,NULL,NULL) ~MARK AS r
  WindowAggr: windowExpr=[[rolling sum filter(t.px, t.px > shift(t.px, NULL, NULL, ~seq_order()), Int64(3), NULL, NULL, NULL) ~MARK]]
    Ordered: t.ts
      TableScan: t
",
    );
    planned(
        "SELECT MAX(px) FROM t ORDERED BY ts GROUP BY sym HAVING MAX(px - SHIFT(px)) > 1",
        "
Projection: max(t.px)
  Filter: max(t.px - shift(t.px,NULL,NULL)) > Int64(1)
    Aggregate: groupBy=[[t.sym]], aggr=[[max(t.px), max(t.px - shift(t.px, NULL, NULL, ~seq_order()))]]
      Ordered: t.ts
        TableScan: t
",
    );
    planned(
        "SELECT sym, RUN_ID(sym) AS r, COUNT(*) FROM t ORDERED BY ts GROUP BY sym, r",
        "
Projection: t.sym, run_id(t.sym) ~MARK AS r, count(Int64(1)) AS count(*)
  Aggregate: groupBy=[[t.sym, run_id(t.sym) ~MARK]], aggr=[[count(Int64(1))]]
    Ordered: t.ts
      TableScan: t
",
    );
}

/// OVER replaces partition or order; pure window functions follow the block.
#[test]
fn over() {
    planned(
        "SELECT SHIFT(px) OVER (PARTITION BY sym) AS a, SHIFT(px) OVER () AS b, SHIFT(px) OVER (PARTITION BY 1) AS c, SHIFT(px) OVER (ORDER BY n DESC) AS d FROM t ORDERED BY ts PARTITION BY n",
        "
Projection: shift(t.px,NULL,NULL) PARTITION BY [t.sym] ~MARK AS a, shift(t.px,NULL,NULL) PARTITION BY [~whole()] ~MARK AS b, shift(t.px,NULL,NULL) PARTITION BY [~whole()] ~MARK AS c, shift(t.px,NULL,NULL) ORDER BY [t.n DESC NULLS FIRST] AS d
  WindowAggr: windowExpr=[[shift(t.px, NULL, NULL) PARTITION BY [~whole()] ~MARK]]
    WindowAggr: windowExpr=[[shift(t.px, NULL, NULL) ORDER BY [t.n DESC NULLS FIRST]]]
      WindowAggr: windowExpr=[[shift(t.px, NULL, NULL) PARTITION BY [t.sym] ~MARK]]
        Ordered: t.ts PARTITION BY t.n
          TableScan: t
",
    );
    planned(
        "SELECT ROW_NUMBER(), LAG(px), RANK() OVER (ORDER BY n) FROM t ORDERED BY ts",
        "
Projection: row_number() ~MARK AS ROW_NUMBER(), lag(t.px) ~MARK AS LAG(px), rank() ORDER BY [t.n ASC NULLS LAST]
  WindowAggr: windowExpr=[[row_number() ~MARK, lag(t.px) ~MARK]]
    WindowAggr: windowExpr=[[rank() ORDER BY [t.n ASC NULLS LAST]]]
      Ordered: t.ts
        TableScan: t
",
    );
    planned(
        "SELECT RANK() OVER w, SHIFT(px) OVER w2, SUM(px) OVER (w2 ROWS 2 PRECEDING) FROM t ORDERED BY ts WINDOW w AS (PARTITION BY sym), w2 AS (w ORDER BY ts)",
        "
Projection: rank() PARTITION BY [t.sym], shift(t.px,NULL,NULL) PARTITION BY [t.sym] ORDER BY [t.ts ASC NULLS LAST] AS SHIFT(px) OVER w2, sum(t.px) PARTITION BY [t.sym] ORDER BY [t.ts ASC NULLS LAST] ROWS BETWEEN 2 PRECEDING AND CURRENT ROW
  WindowAggr: windowExpr=[[rank() PARTITION BY [t.sym]]]
    WindowAggr: windowExpr=[[shift(t.px, NULL, NULL) PARTITION BY [t.sym] ORDER BY [t.ts ASC NULLS LAST], sum(t.px) PARTITION BY [t.sym] ORDER BY [t.ts ASC NULLS LAST] ROWS BETWEEN 2 PRECEDING AND CURRENT ROW]]
      Ordered: t.ts
        TableScan: t
",
    );
    planned(
        "SELECT px FROM t QUALIFY SUM(px) OVER w > 3 WINDOW w AS (PARTITION BY sym)",
        "
Projection: t.px
  Filter: sum(t.px) PARTITION BY [t.sym] > Int64(3)
    WindowAggr: windowExpr=[[sum(t.px) PARTITION BY [t.sym]]]
      TableScan: t
",
    );
}

/// QUALIFY and ORDER BY.
#[test]
fn names_in_qualify() {
    planned(
        "SELECT ts, DIFF(px) AS d FROM t ORDERED BY ts QUALIFY d > 0 AND SHIFT(n + d) > 0",
        "
Projection: t.ts, diff(t.px,NULL) ~MARK AS d
  Filter: diff(t.px,NULL) ~MARK > Int64(0) AND shift(t.n + diff(t.px,NULL),NULL,NULL) ~MARK > Int64(0)
    WindowAggr: windowExpr=[[diff(t.px, NULL) ~MARK, shift(t.n + diff(t.px, NULL, ~seq_order()), NULL, NULL) ~MARK]]
      Ordered: t.ts
        TableScan: t
",
    );
    planned(
        "SELECT ts, DIFF(px) AS px FROM t ORDERED BY ts QUALIFY SHIFT(px) < 0",
        "
Projection: t.ts, diff(t.px,NULL) ~MARK AS px
  Filter: shift(t.px,NULL,NULL) ~MARK < Int64(0)
    WindowAggr: windowExpr=[[diff(t.px, NULL) ~MARK, shift(t.px, NULL, NULL) ~MARK]]
      Ordered: t.ts
        TableScan: t
",
    );
    planned(
        "SELECT DISTINCT ON (sym) sym, SHIFT(px) FROM t ORDERED BY ts ORDER BY sym, SHIFT(px)",
        "
DistinctOn: on_expr=[[t.sym]], select_expr=[[t.sym, shift(t.px,NULL,NULL) ~MARK AS SHIFT(px)]], sort_expr=[[t.sym ASC NULLS LAST, shift(t.px,NULL,NULL) ~MARK ASC NULLS LAST]]
  WindowAggr: windowExpr=[[shift(t.px, NULL, NULL) ~MARK]]
    Ordered: t.ts
      TableScan: t
",
    );
}

/// QUALIFY without a call of its own, over the calls of the list.
#[test]
fn qualify_by_columns() {
    planned(
        "SELECT SHIFT(px) AS s FROM t ORDERED BY ts QUALIFY n > 1",
        "
Projection: shift(t.px,NULL,NULL) ~MARK AS s
  Filter: t.n > Int64(1) AND (shift(t.px,NULL,NULL) ~MARK IS NULL OR Boolean(true))
    WindowAggr: windowExpr=[[shift(t.px, NULL, NULL) ~MARK]]
      Ordered: t.ts
        TableScan: t
",
    );
}

/// GROUP ORDERED, one row per run.
#[test]
fn one_row_per_run() {
    planned(
        "SELECT sym, MIN(ts), COUNT(*) AS n FROM trades ORDERED BY ts PARTITION BY sym GROUP ORDERED WHEN NOT COALESCE(px > SHIFT(px), FALSE) ORDER BY n DESC LIMIT 1",
        "
Limit: skip=0, fetch=1
  Sort: n DESC NULLS FIRST
    Projection: trades.sym, min(trades.ts), count(Int64(1)) AS count(*) AS n
      Aggregate: groupBy=[[~run, trades.sym]], aggr=[[min(trades.ts), count(Int64(1))]]
        Runs: WHEN NOT coalesce(trades.px > shift(trades.px,NULL,NULL) ~MARK, Boolean(false))
          WindowAggr: windowExpr=[[shift(trades.px, NULL, NULL) ~MARK]]
            Ordered: trades.ts PARTITION BY trades.sym
              TableScan: trades
",
    );
    planned(
        "SELECT uid, FIRST(ts), LAST(ts), COUNT(*), LAST(url) FROM ev ORDERED BY ts PARTITION BY uid GROUP ORDERED WHEN DIFF(ts) > INTERVAL '30 minutes'",
        r#"
Projection: ev.uid, first(ev.ts), last(ev.ts), count(Int64(1)) AS count(*), last(ev.url)
  Aggregate: groupBy=[[~run, ev.uid]], aggr=[[first(ev.ts), last(ev.ts), count(Int64(1)), last(ev.url)]]
    Runs: WHEN diff(ev.ts,NULL) ~MARK > IntervalMonthDayNano("IntervalMonthDayNano { months: 0, days: 0, nanoseconds: 1800000000000 }")
      WindowAggr: windowExpr=[[diff(ev.ts, NULL) ~MARK]]
        Ordered: ev.ts PARTITION BY ev.uid
          TableScan: ev
"#,
    );
    planned(
        "SELECT dev, state, SHIFT(MIN(ts), -1) - MIN(ts) AS held FROM log ORDERED BY ts PARTITION BY dev GROUP ORDERED BY state",
        "
Projection: log.dev, log.state, shift(min(log.ts),Int64(-1),NULL) ~MARK - min(log.ts) AS held
  WindowAggr: windowExpr=[[shift(min(log.ts), Int64(-1), NULL) ~MARK]]
    Aggregate: groupBy=[[~run, log.dev, log.state]], aggr=[[min(log.ts)]]
      Runs: BY log.state
        Ordered: log.ts PARTITION BY log.dev
          TableScan: log
",
    );
    planned(
        "SELECT upper(sym) AS s, COUNT(*), SUM(px) FROM t ORDERED BY ts WHERE n > 0 GROUP ORDERED BY upper(sym) ONE ROW PER RUN HAVING COUNT(*) > 2",
        "
Projection: upper(t.sym) AS s, count(Int64(1)) AS count(*), sum(t.px)
  Filter: count(Int64(1)) > Int64(2)
    Aggregate: groupBy=[[~run, upper(t.sym)]], aggr=[[count(Int64(1)), sum(t.px)]]
      Runs: BY upper(t.sym)
        Filter: t.n > Int64(0)
          Ordered: t.ts
            TableScan: t
",
    );
    planned(
        "SELECT upper(sym) AS s, COUNT(*) FROM t ORDERED BY ts GROUP ORDERED BY s",
        "
Projection: upper(t.sym) AS s, count(Int64(1)) AS count(*)
  Aggregate: groupBy=[[~run, upper(t.sym)]], aggr=[[count(Int64(1))]]
    Runs: BY upper(t.sym)
      Ordered: t.ts
        TableScan: t
",
    );
    planned(
        "SELECT sym, COUNT(*) FROM t ORDERED BY ts GROUP ORDERED BY 1",
        "
Projection: t.sym, count(Int64(1)) AS count(*)
  Aggregate: groupBy=[[~run, t.sym]], aggr=[[count(Int64(1))]]
    Runs: BY t.sym
      Ordered: t.ts
        TableScan: t
",
    );
    planned(
        "SELECT sym AS n, COUNT(*) FROM t ORDERED BY ts GROUP ORDERED BY n, sym",
        "
Projection: t.sym AS n, count(Int64(1)) AS count(*)
  Aggregate: groupBy=[[~run, t.n, t.sym]], aggr=[[count(Int64(1))]]
    Runs: BY t.n, t.sym
      Ordered: t.ts
        TableScan: t
",
    );
    planned(
        "SELECT lower(sym) AS l FROM t ORDERED BY ts PARTITION BY lower(sym) GROUP ORDERED BY n",
        "
Projection: lower(t.sym) AS l
  Aggregate: groupBy=[[~run, lower(t.sym), t.n]], aggr=[[]]
    Runs: BY t.n
      Ordered: t.ts PARTITION BY lower(t.sym)
        TableScan: t
",
    );
}

/// GROUP ORDERED, all rows per run.
#[test]
fn all_rows_per_run() {
    planned(
        "SELECT *, COUNT(*) AS len FROM log ORDERED BY ts PARTITION BY dev GROUP ORDERED BY state ALL ROWS PER RUN QUALIFY RUN_POS() < 2",
        "
Projection: log.ts, log.dev, log.state, count(Int64(1)) PARTITION BY [~run] AS count(*) PARTITION BY [~run] AS len
  Filter: run_pos() PARTITION BY [~run] ~MARK < Int64(2)
    WindowAggr: windowExpr=[[count(Int64(1)) PARTITION BY [~run]]]
      WindowAggr: windowExpr=[[run_pos() PARTITION BY [~run] ~MARK]]
        Runs: BY log.state
          Ordered: log.ts PARTITION BY log.dev
            TableScan: log
",
    );
    planned(
        "SELECT SUM(px), FIRST(px), CUM_SUM(px), ROLLING(SUM(px), 2), array_agg(px ORDER BY n), SHIFT(px) OVER () FROM t ORDERED BY ts GROUP ORDERED WHEN n > 1 ALL ROWS PER RUN HAVING COUNT(*) > 1",
        "
Projection: sum(t.px) PARTITION BY [~run] AS SUM(px), first(t.px) PARTITION BY [~run] AS FIRST(px), cum_sum(t.px) PARTITION BY [~run] ~MARK AS CUM_SUM(px), rolling sum(t.px,Int64(2),NULL,NULL,NULL) PARTITION BY [~run] ~MARK AS ROLLING(SUM(px), 2), array_agg(t.px) PARTITION BY [~run] ORDER BY [t.n ASC NULLS LAST] AS array_agg(px ORDER BY n), shift(t.px,NULL,NULL) PARTITION BY [~whole()] ~MARK AS SHIFT(px) OVER ()
  Filter: count(Int64(1)) PARTITION BY [~run] > Int64(1)
    WindowAggr: windowExpr=[[shift(t.px, NULL, NULL) PARTITION BY [~whole()] ~MARK]]
      WindowAggr: windowExpr=[[sum(t.px) PARTITION BY [~run], first(t.px) PARTITION BY [~run], count(Int64(1)) PARTITION BY [~run]]]
        WindowAggr: windowExpr=[[cum_sum(t.px) PARTITION BY [~run] ~MARK, rolling sum(t.px, Int64(2), NULL, NULL, NULL) PARTITION BY [~run] ~MARK]]
          WindowAggr: windowExpr=[[array_agg(t.px) PARTITION BY [~run] ORDER BY [t.n ASC NULLS LAST]]]
            Runs: WHEN t.n > Int64(1)
              Ordered: t.ts
                TableScan: t
",
    );
    planned(
        "SELECT ts FROM t ORDERED BY ts GROUP ORDERED BY sym ALL ROWS PER RUN HAVING sym = 'a'",
        r#"
Projection: t.ts
  Filter: t.sym = Utf8("a") AND (run_pos() PARTITION BY [~run] ~MARK IS NULL OR Boolean(true))
    WindowAggr: windowExpr=[[run_pos() PARTITION BY [~run] ~MARK]]
      Runs: BY t.sym
        Ordered: t.ts
          TableScan: t
"#,
    );
    planned(
        "SELECT SHIFT(COUNT(*)) AS s, * EXCLUDE (px) FROM t ORDERED BY ts GROUP ORDERED BY sym ALL ROWS PER RUN",
        "
Projection: shift(count(*) PARTITION BY [~run],NULL,NULL) PARTITION BY [~run] ~MARK AS s, t.ts, t.sym, t.n
  WindowAggr: windowExpr=[[shift(count(Int64(1), ~run) AS count(*) PARTITION BY [~run], NULL, NULL) PARTITION BY [~run] ~MARK]]
    Runs: BY t.sym
      Ordered: t.ts
        TableScan: t
",
    );
}
