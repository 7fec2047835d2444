//! A statement that holds nothing of ours keeps its stock plan.

use super::{compact, context, try_plan};

const STATEMENTS: &[&str] = &[
    "SELECT * FROM t",
    "SELECT t.*, u.id FROM t JOIN u USING (sym) WHERE t.px > 1 ORDER BY px DESC NULLS LAST LIMIT 3 OFFSET 1",
    "SELECT sym, COUNT(*), SUM(px) FILTER (WHERE n > 1) FROM t GROUP BY sym HAVING COUNT(*) > 1",
    "SELECT sym, n, COUNT(*) FROM t GROUP BY ROLLUP (sym, n)",
    "SELECT ROW_NUMBER() OVER (PARTITION BY sym ORDER BY ts), LAG(px, 2) OVER (ORDER BY ts) FROM t",
    "SELECT SUM(px) OVER w, AVG(px) OVER w FROM t WINDOW w AS (PARTITION BY sym ORDER BY ts ROWS 2 PRECEDING)",
    "SELECT sym FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY sym ORDER BY ts) = 1",
    "SELECT ROW_NUMBER() OVER (PARTITION BY sym ORDER BY ts) AS rn FROM t QUALIFY rn = 1",
    "SELECT first_value(px ORDER BY ts), array_agg(px ORDER BY ts), last_value(px) FROM t",
    "WITH RECURSIVE r AS (SELECT 1 AS k UNION ALL SELECT k + 1 FROM r WHERE k < 3) SELECT * FROM r",
    "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS x (k, v) WHERE k IN (SELECT id FROM u)",
    "SELECT * FROM t LEFT JOIN u ON t.sym = u.sym AND u.id > 2, v CROSS JOIN ordered",
    "SELECT a.ts FROM t a, LATERAL (SELECT id FROM u WHERE u.sym = a.sym) b",
    "SELECT ts + INTERVAL '1 day', date_trunc('hour', ts), extract(year FROM ts) FROM trades",
    "SELECT CASE WHEN px > 1 THEN 'a' ELSE 'b' END, px BETWEEN 1 AND 2, sym LIKE 'a%', px::BIGINT FROM t",
    "SELECT DISTINCT ON (sym) sym, px FROM t ORDER BY sym, px",
    "SELECT * EXCLUDE (px) FROM t UNION SELECT ts, sym, n FROM t EXCEPT SELECT 1, 'a', 2",
    "SELECT unnest([1, 2, 3]), [1, 2][1], {'a': 1}['a'], map {'k': 1}",
    "SELECT t.ts FROM t GLOBAL JOIN u ON t.sym = u.sym",
    "FROM t SELECT px, sym WHERE px > 1",
    "FROM t",
    "EXPLAIN SELECT * FROM t",
    "EXPLAIN ANALYZE VERBOSE SELECT * FROM t",
    "CREATE TABLE x (a INT NOT NULL, b TEXT DEFAULT 'q', PRIMARY KEY (a))",
    "CREATE TABLE x AS SELECT * FROM t ORDER BY ts",
    "CREATE EXTERNAL TABLE x (a INT) STORED AS CSV WITH ORDER (a DESC) LOCATION '/tmp/x' OPTIONS ('format.has_header' 'true')",
    "CREATE VIEW x AS SELECT * FROM t",
    "INSERT INTO u (ts, sym, id, name) VALUES (1, 'a', 2, 'b')",
    "COPY t TO '/tmp/x.csv' STORED AS CSV",
    "DELETE FROM t WHERE px > 1",
    "UPDATE t SET px = 1 WHERE sym = 'a'",
    "PREPARE p (BIGINT) AS SELECT * FROM t WHERE n = $1",
    "SET datafusion.execution.batch_size = 100",
    "SELECT /*+ HINT */ px -- trailing\n FROM t /* block */",
    "SELECT $1 + 1, $2::TEXT",
    "SELECT $$dollar$$, E'esc\\n', X'ff', 'it''s', \"px\" FROM t",
];

#[test]
fn stock_statements_keep_their_plans() {
    let context = context();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut refused = vec![];
    for text in STATEMENTS {
        let stock = runtime.block_on(context.state().create_logical_plan(text)).map(|p| p.display_indent().to_string());
        let ours = try_plan(text);
        match (stock, ours) {
            (Ok(stock), Ok(ours)) => assert_eq!(compact(&ours), compact(&stock), "{text}"),
            (Err(stock), Ok(ours)) => panic!("{text}\nstock: {stock}\nours:\n{ours}"),
            (Ok(_), Err(ours)) => panic!("{text}\n{ours}"),
            // Both refuse: there is nothing to compare.
            (Err(_), Err(_)) => refused.push(*text),
        }
    }
    assert_eq!(refused, [""; 0]);
}
