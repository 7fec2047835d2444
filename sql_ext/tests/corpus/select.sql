SELECT * FROM t
SELECT ts, sym AS s, px p FROM t
SELECT DISTINCT sym FROM t
SELECT DISTINCT ON (sym) sym, px FROM t ORDER BY sym, ts
SELECT * EXCLUDE (px) FROM t
SELECT * EXCEPT (px, n) FROM t
SELECT * REPLACE (n + 1 AS n) FROM t
SELECT t.*, t.n + 1 FROM t
SELECT 1, 2.5, 'a', NULL, true
SELECT ts FROM t ORDER BY ts LIMIT 2
SELECT ts FROM t ORDER BY ts LIMIT 2 OFFSET 1
SELECT ts FROM t ORDER BY ts DESC NULLS LAST FETCH FIRST 2 ROWS ONLY
SELECT ts FROM t ORDER BY 1 LIMIT 1 + 1
SELECT sym, px FROM t ORDER BY px * -1, sym
SELECT n FROM t ORDER BY n NULLS FIRST, ts
SELECT * FROM t WHERE px > 10 AND n IS NOT NULL
SELECT * FROM t WHERE px BETWEEN 10 AND 12 OR sym = 'C'
SELECT * FROM t WHERE sym IN ('A', 'C') AND NOT n = 2
SELECT * FROM t WHERE sym NOT IN ('A', 'C')
SELECT * FROM t WHERE sym LIKE 'A%' OR sym ILIKE 'b_'
SELECT * FROM t WHERE sym SIMILAR TO 'A|B'
SELECT * FROM t WHERE sym ~ '^[AB]$'
SELECT * FROM t WHERE sym !~* 'a'
SELECT * FROM t WHERE n IS DISTINCT FROM 2
SELECT * FROM t WHERE (n > 1) IS UNKNOWN
SELECT * FROM t WHERE (n > 1) IS NOT TRUE
SELECT CASE WHEN px > 11 THEN 'hi' WHEN px > 10 THEN 'mid' ELSE 'lo' END FROM t
SELECT CASE sym WHEN 'A' THEN 1 WHEN 'B' THEN 2 END FROM t
SELECT coalesce(n, 0), nullif(sym, 'A'), greatest(n, 2), least(px, 11) FROM t
SELECT px::BIGINT, CAST(n AS VARCHAR), TRY_CAST(sym AS INT) FROM t
SELECT arrow_cast(n, 'Int32'), arrow_typeof(px) FROM t
SELECT n + 1, n - 1, n * 2, n / 2, n % 2, -n FROM t
SELECT n + px, n * px, px / n FROM t
SELECT (n + 1) * (n - 1) + n * n - -n FROM t
SELECT n & 1, n | 4, n << 1, n >> 1, n ^ 3 FROM t
SELECT n + CAST(1 AS INT), CAST(n AS SMALLINT) + CAST(1 AS SMALLINT), CAST(n AS INT) * CAST(3 AS INT) FROM t
SELECT CAST(n AS BIGINT UNSIGNED) + CAST(1 AS BIGINT UNSIGNED) FROM t
SELECT CAST(px AS DECIMAL(10, 2)) + CAST(n AS DECIMAL(10, 3)), CAST(px AS DECIMAL(10, 2)) * 3 FROM t
SELECT CAST(px AS DECIMAL(38, 2)) + CAST(n AS DECIMAL(38, 3)) FROM t
SELECT CAST(px AS DECIMAL(20, 2)) * CAST(n AS DECIMAL(20, 2)), CAST(px AS DECIMAL(38, 0)) - 1 FROM t
SELECT ts + n AS a, a FROM (SELECT ts, n, 3 AS a FROM t)
SELECT sym || '-' || n FROM t
SELECT sym = 'A' AND px > 10 OR n = 3 FROM t
SELECT NOT (n = 1) FROM t
SELECT abs(-n), sign(px - 11), round(px, 1), ceil(px), floor(px), sqrt(px), power(n, 2), mod(ts, 2) FROM t
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(k, w)
VALUES (1, 'a'), (2, NULL)
SELECT * FROM (VALUES (1), (2.5), (NULL)) AS v(x)
FROM t
FROM t SELECT sym WHERE n > 1
SELECT n AS "Mixed Case", "sym" FROM "t"
SELECT t.n FROM t AS t
SELECT x.n FROM t x
SELECT count(*) FROM t
SELECT (SELECT max(n) FROM t)
SELECT 'it''s', E'a\tb', X'ff', $$dollar$$
SELECT 1e3, .5, 1_000
SELECT 9223372036854775807, -9223372036854775808
SELECT 1 = 1.0, 'a' < 'b', NULL = NULL
SELECT interval '1 day' + interval '2 hours'
SELECT 5 / 2, -5 / 2, 5 % -3, 5.0 / 2
SELECT ts BETWEEN 2 AND 3 FROM t
SELECT n IS NULL, n IS NOT NULL FROM t
SELECT overlay('abcdef' PLACING 'XX' FROM 2 FOR 2), position('c' IN 'abc'), trim(BOTH 'x' FROM 'xax'), substring('abcdef' FROM 2 FOR 3)
SELECT extract(YEAR FROM d), date_part('month', d) FROM dates
