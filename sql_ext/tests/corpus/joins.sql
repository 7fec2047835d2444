SELECT t.ts, u.name FROM t JOIN u ON t.sym = u.sym
SELECT t.ts, u.name FROM t INNER JOIN u USING (sym)
SELECT sym, ts, name FROM t NATURAL JOIN u
SELECT t.ts, u.name FROM t LEFT JOIN u ON t.sym = u.sym
SELECT t.ts, u.name FROM t RIGHT JOIN u ON t.sym = u.sym
SELECT t.ts, u.name FROM t FULL OUTER JOIN u ON t.sym = u.sym
SELECT t.ts, u.name FROM t CROSS JOIN u
SELECT t.ts, u.name FROM t, u WHERE t.sym = u.sym
SELECT t.ts FROM t LEFT SEMI JOIN u ON t.sym = u.sym
SELECT t.ts FROM t LEFT ANTI JOIN u ON t.sym = u.sym
SELECT u.id FROM t RIGHT SEMI JOIN u ON t.sym = u.sym
SELECT u.id FROM t RIGHT ANTI JOIN u ON t.sym = u.sym
SELECT a.ts, b.ts FROM t a JOIN t b ON a.ts < b.ts AND a.sym = b.sym
SELECT a.ts, b.ts FROM t a JOIN t b ON a.ts + 1 = b.ts
SELECT a.ts, b.ts FROM t a LEFT JOIN t b ON a.ts + 1 = b.ts AND b.n * 2 > 2
SELECT a.ts, b.ts FROM t a LEFT JOIN t b ON a.ts = b.ts WHERE b.n + 1 > 2
SELECT * FROM t JOIN u USING (sym) WHERE px > 10 ORDER BY ts
SELECT * FROM (t JOIN u ON t.sym = u.sym)
SELECT a.ts FROM t a JOIN t b ON a.n IS NOT DISTINCT FROM b.n
SELECT a.ts, x.m FROM t a, LATERAL (SELECT max(px) AS m FROM t b WHERE b.sym = a.sym) x
SELECT a.ts, x.id FROM t a CROSS JOIN LATERAL (SELECT id FROM u WHERE u.sym = a.sym) x
SELECT t.ts, u.name, v.k FROM t JOIN u ON t.sym = u.sym JOIN (VALUES (1), (2)) AS v(k) ON v.k = t.n
SELECT count(*) FROM t a JOIN t b ON true
SELECT a.sym, count(*) FROM t a JOIN u b ON a.sym = b.sym GROUP BY a.sym
SELECT * FROM t WHERE sym IN (SELECT sym FROM u)
SELECT * FROM t WHERE sym NOT IN (SELECT sym FROM u WHERE sym IS NOT NULL)
SELECT * FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.sym = t.sym)
SELECT * FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.sym = t.sym)
SELECT * FROM t WHERE px > (SELECT avg(px) FROM t)
SELECT * FROM t a WHERE px = (SELECT max(px) FROM t b WHERE b.sym = a.sym)
SELECT ts, (SELECT max(px) FROM t b WHERE b.sym = a.sym) AS m FROM t a
SELECT ts, (SELECT count(*) FROM u WHERE u.sym = t.sym) AS c FROM t
SELECT * FROM t WHERE n > 1 OR sym IN (SELECT sym FROM u)
SELECT * FROM t WHERE n = ANY (SELECT id FROM u)
SELECT * FROM t WHERE (SELECT count(*) FROM u) > 2
SELECT sum(x) FROM (SELECT n + 1 AS x FROM t WHERE n > 0) WHERE x > 1
SELECT a.k, b.k FROM (SELECT n + 1 AS k FROM t) a JOIN (SELECT n * 1 AS k FROM t) b ON a.k = b.k
SELECT t.sym, u.sym FROM t FULL JOIN u ON t.sym = u.sym AND t.n > 1
