-- Statements with our clauses and functions, one a line: printed as SQL they must plan as they did.
SELECT * FROM trades ORDERED BY ts
SELECT * FROM trades ORDERED BY ts DESC NULLS LAST, px NULLS FIRST
SELECT * FROM trades ORDERED BY ts PARTITION BY sym
SELECT sym, px FROM trades ORDERED BY ts PARTITION BY sym, qty % 2
SELECT * FROM trades ORDERED BY ts ASSUMED
SELECT sym, ts FROM trades AS t ORDERED BY t.ts WHERE t.px > 1 LIMIT 3 OFFSET 1
SELECT sym, ts, SHIFT(px), SHIFT(px, 2), SHIFT(px, -1, 0) FROM trades ORDERED BY ts PARTITION BY sym
SELECT SHIFT(px) IGNORE NULLS FROM trades ORDERED BY ts
SELECT SHIFT(px, default => 0) FROM trades ORDERED BY ts
SELECT DIFF(ts), DIFF(px, 3), PCT_CHANGE(px), PCT_CHANGE(px, 2) FROM trades ORDERED BY ts
SELECT CUM_SUM(px), CUM_MIN(px), CUM_MAX(px), CUM_AVG(px), CUM_COUNT(px), CUM_PROD(px) FROM trades ORDERED BY ts
SELECT ROLLING(AVG(px), 20), ROLLING(MAX(px), INTERVAL '5 minutes') FROM trades ORDERED BY ts
SELECT ROLLING(SUM(px), 3, min_periods => 1), ROLLING(COUNT(*), 2) FROM trades ORDERED BY ts
SELECT ROLLING(SUM(px), preceding => 2, following => 1) FROM trades ORDERED BY ts
SELECT ROLLING(SUM(px), preceding => INTERVAL '1 day', following => INTERVAL '2 hours', min_periods => 2) FROM trades ORDERED BY ts
SELECT ROLLING(COUNT(DISTINCT sym), 3), ROLLING(ARRAY_AGG(px ORDER BY qty DESC), 2) FROM trades ORDERED BY ts
SELECT ROLLING(SUM(px) FILTER (WHERE qty > 1), 3) FROM trades ORDERED BY ts
SELECT ROLLING(FIRST(px), 3), ROLLING(LAST(px), 3), ROLLING(NTH(px, 2), 3), ROLLING(ARG_MAX(sym, px), 3) FROM trades ORDERED BY ts
SELECT ROLLING(CORR(px, qty), 5), ROLLING(STDDEV(px), 5), ROLLING(MEDIAN(px), 5) FROM trades ORDERED BY ts
SELECT EWM_MEAN(px, alpha => 0.5), EWM_STD(px, span => 3), EWM_VAR(px, halflife => 2, adjust => TRUE) FROM trades ORDERED BY ts
SELECT FILL_FORWARD(px), FILL_FORWARD(px, limit => 1), FILL_BACKWARD(px, max_gap => INTERVAL '1 hour') FROM trades ORDERED BY ts
SELECT INTERPOLATE(px) FROM trades ORDERED BY ts
SELECT RUN_ID(sym), RUN_ID(sym, qty), RUN_ID_WHEN(px > 2), RUN_POS(sym), STREAK(px > 2) FROM trades ORDERED BY ts
SELECT * FROM trades ORDERED BY ts QUALIFY SEARCH_FIRST(px > 2)
SELECT * FROM trades ORDERED BY ts PARTITION BY sym QUALIFY SEARCH_PATTERN(px > 1, px > 2, within => INTERVAL '1 hour')
SELECT SHIFT(px) OVER (PARTITION BY sym) FROM trades ORDERED BY ts
SELECT SHIFT(px) OVER () FROM trades ORDERED BY ts PARTITION BY sym
SELECT SHIFT(px) OVER (PARTITION BY sym ORDER BY qty DESC) FROM trades
SELECT ROW_NUMBER(), RANK(), LAG(px, 2), NTILE(4) FROM trades ORDERED BY ts
SELECT SUM(px) OVER (PARTITION BY sym ORDER BY ts), DIFF(px) FROM trades ORDERED BY ts
SELECT CUM_SUM(SHIFT(px)), DIFF(CUM_MAX(px)), ROLLING(AVG(DIFF(px)), 3) FROM trades ORDERED BY ts
SELECT CASE WHEN SHIFT(px) IS NULL THEN 0 ELSE px - SHIFT(px) END AS d FROM trades ORDERED BY ts
SELECT * FROM trades ORDERED BY ts WHERE sym = 'A' QUALIFY px > SHIFT(px)
SELECT sym, px, DIFF(px) AS d FROM trades ORDERED BY ts QUALIFY d > 0 AND px < 5
SELECT DISTINCT DIFF(px) FROM trades ORDERED BY ts
SELECT px FROM trades ORDERED BY ts ORDER BY SHIFT(px) DESC, px LIMIT 2
SELECT sym, MAX(px - CUM_MIN(px)) AS best FROM trades ORDERED BY ts GROUP BY sym
SELECT sym, FIRST(px), LAST(px), NTH(px, 2), ARG_MIN(ts, px), ARG_MAX(ts, px) FROM trades ORDERED BY ts GROUP BY sym
SELECT sym, FIRST(px) FILTER (WHERE qty > 1), ARRAY_AGG(px) FROM trades ORDERED BY ts GROUP BY sym HAVING COUNT(*) > 1
SELECT FUNNEL(INTERVAL '1 hour', px > 1, px > 2, px > 3) FROM trades ORDERED BY ts
SELECT sym, FUNNEL(INTERVAL '1 hour', px > 1, px > 2) FROM trades ORDERED BY ts GROUP BY sym
SELECT RUN_ID(sym) AS r, COUNT(*) FROM trades ORDERED BY ts GROUP BY RUN_ID(sym)
SELECT sym, COUNT(*), FIRST(ts), LAST(px) FROM trades ORDERED BY ts GROUP ORDERED BY sym
SELECT COUNT(*) AS n, MIN(px) FROM trades ORDERED BY ts PARTITION BY sym GROUP ORDERED WHEN DIFF(ts) > INTERVAL '30 minutes'
SELECT sym, MIN(ts), COUNT(*) AS n FROM trades ORDERED BY ts PARTITION BY sym GROUP ORDERED WHEN NOT COALESCE(px > SHIFT(px), FALSE) ORDER BY n DESC LIMIT 1
SELECT sym, SHIFT(MIN(ts), -1) - MIN(ts) AS held FROM trades ORDERED BY ts GROUP ORDERED BY sym
SELECT sym, COUNT(*) FROM trades ORDERED BY ts GROUP ORDERED BY sym, qty HAVING SUM(px) > 2
SELECT *, COUNT(*) AS len FROM trades ORDERED BY ts PARTITION BY sym GROUP ORDERED BY qty ALL ROWS PER RUN QUALIFY RUN_POS() < 2
SELECT sym, SUM(px), CUM_SUM(px), ROW_NUMBER() FROM trades ORDERED BY ts GROUP ORDERED BY sym ALL ROWS PER RUN
SELECT sym, CUM_SUM(px) OVER (PARTITION BY sym) FROM trades ORDERED BY ts GROUP ORDERED BY qty ALL ROWS PER RUN
SELECT t.px, n.name FROM trades t LINK names AS n ON t.sym = n.sym
SELECT t.px, n.name, n_name FROM trades t LEFT LINK names AS n ON t.sym = n.sym ORDERED BY t.ts
SELECT t.px, n.name FROM trades t RIGHT LINK names AS n ON t.sym = n.sym
SELECT t.px, n.name FROM trades t FULL LINK names AS n ON t.sym = n.sym
SELECT * FROM trades LINK names AS n USING (sym)
SELECT t.px, n.* FROM trades t INNER LINK (SELECT * FROM names WHERE name <> 'x') AS n ON t.sym = n.sym
SELECT t.px, r.title FROM trades t LINK names AS n ON t.sym = n.sym LINK regions AS r ON n.region = r.id WHERE r.title = 'EU'
SELECT n.name, SUM(t.px) FROM trades t LEFT LINK names AS n ON t.sym = n.sym GROUP BY n.name
SELECT t.*, q.bid FROM trades t ASOF JOIN quotes q MATCH_CONDITION (t.ts >= q.ts) ON t.sym = q.sym
SELECT t.*, q.bid FROM trades t ASOF JOIN quotes q MATCH_CONDITION (t.ts > q.ts) ON t.sym = q.sym TOLERANCE INTERVAL '5 seconds'
SELECT t.px, q.bid FROM trades t ASOF JOIN quotes q MATCH_CONDITION (t.ts <= q.ts) NEAREST
SELECT t.px, q.bid FROM trades t ASOF JOIN quotes q MATCH_CONDITION (t.ts < q.ts) USING (sym)
SELECT t.px, q.bid, DIFF(q.bid) FROM trades t ASOF JOIN quotes q MATCH_CONDITION (t.ts >= q.ts) ORDERED BY t.ts
SELECT t.px, q.bid FROM trades t ASOF JOIN quotes q ON t.sym = q.sym AND t.ts >= q.ts
SELECT t.px, q.bid FROM trades t ASOF LEFT JOIN quotes q ON t.sym = q.sym AND t.ts >= q.ts
SELECT a.px, DIFF(a.px) FROM (SELECT * FROM trades ORDERED BY ts) AS a JOIN names AS n ON a.sym = n.sym ORDERED BY a.ts
WITH o AS (SELECT ts, DIFF(px) AS d FROM trades ORDERED BY ts) SELECT ts, SHIFT(d) FROM o WHERE d > 0
SELECT SHIFT(px) FROM trades ORDERED BY ts UNION ALL SELECT DIFF(px) FROM trades ORDERED BY ts DESC
SELECT px, SHIFT(px) FROM declared
SELECT sym, COUNT(*) FROM declared GROUP ORDERED BY sym
SELECT "ordered", "link" FROM (SELECT px AS "ordered", SHIFT(px) AS "link" FROM trades ORDERED BY ts) AS "rolling"
SELECT SHIFT(px) AS "DIFF", SHIFT("px", 2) AS "it's ""quoted""" FROM trades ORDERED BY ts
