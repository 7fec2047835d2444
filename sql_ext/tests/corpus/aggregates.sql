SELECT count(*), count(n), sum(n), min(n), max(n), avg(n) FROM t
SELECT count(*), sum(n), avg(px), min(sym), max(sym) FROM t WHERE false
SELECT sym, count(*), sum(n), sum(px) FROM t GROUP BY sym
SELECT sym, sum(n) FROM t GROUP BY sym HAVING sum(n) > 1
SELECT sym AS s, sum(n + 1) FROM t GROUP BY s
SELECT n + 1, count(*) FROM t GROUP BY n + 1
SELECT (n + 1) * 2 AS k, sum(n * 2) FROM t GROUP BY (n + 1) * 2 ORDER BY k
SELECT n % 2, sum(n), sum(n) + 1, -sum(n), sum(-n) FROM t GROUP BY n % 2
SELECT sym, n, count(*) FROM t GROUP BY ROLLUP (sym, n)
SELECT sym, n, count(*) FROM t GROUP BY CUBE (sym, n)
SELECT sym, n, sum(px), grouping(sym) FROM t GROUP BY GROUPING SETS ((sym), (n), ())
SELECT sym, sum(n + 1) FROM t GROUP BY GROUPING SETS ((sym), (n + 1))
SELECT n + 1, sum(n) FROM t GROUP BY ROLLUP (n + 1)
SELECT count(DISTINCT sym), sum(DISTINCT n), count(DISTINCT n), avg(DISTINCT n) FROM t
SELECT sym, count(DISTINCT n) FROM t GROUP BY sym
SELECT sym, sum(DISTINCT n), sum(n) FROM t GROUP BY sym
SELECT sum(n) FILTER (WHERE px > 10), count(*) FILTER (WHERE sym = 'A') FROM t
SELECT sym, sum(n) FILTER (WHERE px > 10) FROM t GROUP BY sym
SELECT sum(CAST(n AS INT)), sum(CAST(n AS SMALLINT)), sum(CAST(n AS TINYINT)) FROM t
SELECT sum(CAST(n AS BIGINT UNSIGNED)), sum(CAST(n AS INT UNSIGNED)) FROM t
SELECT sum(CAST(px AS DECIMAL(5, 2))), sum(CAST(px AS DECIMAL(20, 2))), sum(CAST(px AS DECIMAL(38, 2))) FROM t
SELECT sym, sum(CAST(px AS DECIMAL(10, 2))), avg(CAST(px AS DECIMAL(10, 2))) FROM t GROUP BY sym
SELECT sym, sum(CAST(px AS DECIMAL(38, 2))) FROM t GROUP BY sym
SELECT sum(CAST(px AS REAL)), sum(px) FROM t
SELECT sum(1), sum(1.5), sum(NULL::INT) FROM t
SELECT sum(n + 1), sum(n) + 1 FROM t
SELECT sum(n + 1), sum(n + 2), sum(n - 3) FROM t
SELECT stddev(px), stddev_pop(px), var_samp(px), var_pop(px), median(px) FROM t
SELECT corr(px, n), covar_samp(px, n), covar_pop(px, n), regr_slope(px, n) FROM t
SELECT approx_distinct(sym), bool_and(n > 0), bool_or(n > 2), bit_and(n), bit_or(n), bit_xor(n) FROM t
SELECT array_agg(n ORDER BY ts), string_agg(sym, ',' ORDER BY ts) FROM t
SELECT first_value(px ORDER BY ts), last_value(px ORDER BY ts), nth_value(px, 2 ORDER BY ts) FROM t
SELECT sym, array_agg(DISTINCT n ORDER BY n) FROM t GROUP BY sym
SELECT max(ts) - min(ts), max(px) - min(px) FROM t
SELECT sum(n), sum(n) FROM t
SELECT sym, sum(n) * 100 / (SELECT sum(n) FROM t) FROM t GROUP BY sym
SELECT sum(s) FROM (SELECT sym, sum(n) AS s FROM t GROUP BY sym)
SELECT percentile_cont(px, 0.5) FROM t
SELECT approx_percentile_cont(0.5) WITHIN GROUP (ORDER BY px) FROM t
SELECT min(d), max(d), count(d) FROM dates
SELECT sum(i) FROM (SELECT INTERVAL '1 day' AS i)
SELECT count(*) FROM t HAVING count(*) > 100
SELECT sym FROM t GROUP BY ALL
SELECT sym, count(*) AS c FROM t GROUP BY 1 ORDER BY 2 DESC, 1
