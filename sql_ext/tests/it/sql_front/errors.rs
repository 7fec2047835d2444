//! Where errors point, and what they say.

use super::{context, fails, try_plan};
use ltseq::sql;

#[test]
fn malformed_clauses() {
    fails("SELECT * FROM t ORDERED BY", "SYNTAX", (1, 27), "an expression, found: the end");
    fails("SELECT * FROM t ORDERED BY ts,", "SYNTAX", (1, 31), "an expression, found: the end");
    fails("SELECT 1 FROM t ORDERED BY WHERE px > 1", "SYNTAX", (1, 28), "found: WHERE");
    fails("SELECT 1 FROM t ORDERED BY ts, WHERE px > 1", "SYNTAX", (1, 32), "found: WHERE");
    fails("SELECT 1 FROM t ORDERED BY ts ts2", "SYNTAX", (1, 31), "the end of ORDERED BY, found: ts2");
    fails("SELECT 1 FROM t ORDERED BY ts JOIN u ON 1 = 1", "SYNTAX", (1, 31), "found: JOIN");
    fails("SELECT 1 FROM t ORDERED BY ts PARTITION BY", "SYNTAX", (1, 43), "an expression");
    fails("SELECT 1 FROM t ORDERED BY ts PARTITION sym", "SYNTAX", (1, 31), "found: PARTITION");
    fails("SELECT 1 FROM t ORDERED BY ts ASSUMED PARTITION BY sym", "SYNTAX", (1, 31), "found: ASSUMED");
    fails("SELECT 1 FROM t ORDERED BY ts ORDERED BY px", "SYNTAX", (1, 31), "found: ORDERED");
    fails("SELECT 1 FROM t ORDERED BY ts NULLS", "SYNTAX", (1, 31), "found: NULLS");
    fails("SELECT 1 FROM t GROUP ORDERED sym", "SYNTAX", (1, 17), "BY or WHEN");
    fails("SELECT 1 FROM t ORDERED BY ts GROUP ORDERED WHEN", "SYNTAX", (1, 49), "an expression");
    fails("SELECT 1 FROM t GROUP ORDERED BY sym ALL ROW PER RUN", "SYNTAX", (1, 38), "found: ALL");
    fails("SELECT 1 FROM t LEFT LINK", "SYNTAX", (1, 26), "identifier, found: the end");
    fails("SELECT 1 FROM t CROSS LINK u", "SYNTAX", (1, 23), "found: LINK");
    fails("SELECT 1 FROM t LINK u", "SYNTAX", (1, 22), "ON or USING");
    fails("SELECT 1 FROM t LINK u USING ()", "SYNTAX", (1, 31), "found: )");
}

#[test]
fn places_inside_derived_tables() {
    let text = "SELECT *\nFROM (SELECT ts -- é\n  FROM t ORDERED BY ts WHERE px > ) AS d";
    fails(text, "SYNTAX", (3, 35), "an expression, found: )");
    fails("SELECT * FROM (SELECT ts FROM t\n ORDERED BY ts tx) AS d", "SYNTAX", (2, 16), "found: tx");
    fails("SELECT 1 FROM t ORDERED BY ts; SELECT SHIFT(px", "SYNTAX", (1, 47), "), found: the end");
    fails("SELECT 1 +\n  , 2 FROM t ORDERED BY ts", "SYNTAX", (2, 3), "found: ,");
    fails("SELECT \"a FROM t", "SYNTAX", (1, 8), "close delimiter");
    fails(" ; ;", "SYNTAX", (1, 1), "no statement");
    fails("SELECT \"\u{1}run\" FROM t", "SYNTAX", (1, 8), "control character");
}

#[test]
fn clauses_in_the_wrong_place() {
    let stands = "ORDERED BY stands in a SELECT, after FROM and before WHERE";
    fails("SELECT * FROM t WHERE px > 1 ORDERED BY ts", "SYNTAX", (1, 30), stands);
    fails("FROM t ORDERED BY ts SELECT px", "SYNTAX", (1, 16), stands);
    fails("DELETE FROM t ORDERED BY ts", "SYNTAX", (1, 23), stands);
    fails("SELECT * FROM (t JOIN u USING (ts) ORDERED BY ts)", "CLAUSE", (1, 36), "parentheses");
    fails("SELECT 1 FROM t LINK (SELECT * FROM u) AS c ON TRUE", "CLAUSE", (1, 17), "is an alias");
    fails("SELECT 1 FROM t INNER LINK (SELECT * FROM u) ON TRUE", "CLAUSE", (1, 29), "needs an alias");
    fails("SELECT * FROM t LINK u ON t.n > u.id", "CLAUSE", (1, 27), "pairs columns");
    fails("SELECT * FROM t LINK u ON t.n = u.id AND t.n = t.ts", "CLAUSE", (1, 42), "pairs columns");
    fails("SELECT 1 FROM t ORDERED BY 1", "CLAUSE", (1, 28), "no item 1");
    fails("SELECT 1 FROM t ORDERED BY COUNT(*)", "CLAUSE", (1, 28), "an aggregate");
    fails("SELECT 1 FROM t ORDERED BY RANK() OVER (ORDER BY px)", "CLAUSE", (1, 28), "a window function");
    fails("SELECT COUNT(*) FROM t ORDERED BY ts GROUP ORDERED BY 1", "CLAUSE", (1, 8), "cannot make runs");
    fails("SELECT COUNT(*) FROM t ORDERED BY ts GROUP ORDERED BY 3", "CLAUSE", (1, 55), "position 3");
    fails("SELECT * FROM t ASOF JOIN u ON TRUE", "CLAUSE", (1, 32), "pairs columns");
    fails("SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY sym)", "NOT_SUPPORTED", (1, 17), "MATCH_RECOGNIZE");
}

#[test]
fn calls_in_the_wrong_place() {
    fails("SELECT * FROM t WHERE SHIFT(px) > 1", "CLAUSE", (1, 23), "SHIFT cannot stand in WHERE");
    fails("SELECT * FROM t ORDERED BY ts WHERE n = 1 AND (px > 1 OR cum_sum(px) > 1)", "CLAUSE", (1, 58), "CUM_SUM");
    fails("SELECT px FROM t HAVING SHIFT(px) > 1", "CLAUSE", (1, 25), "HAVING");
    fails("SELECT t.ts FROM t JOIN u ON SHIFT(t.ts) = u.ts", "CLAUSE", (1, 30), "JOIN … ON");
    fails("SELECT 1 FROM t LINK u ON t.ts = SHIFT(u.ts)", "CLAUSE", (1, 34), "JOIN … ON");
    fails("SELECT ts FROM t ORDERED BY SHIFT(ts)", "CLAUSE", (1, 29), "an ORDERED BY key");
    fails("SELECT 1 FROM t ORDERED BY ts PARTITION BY DIFF(n)", "CLAUSE", (1, 44), "an ORDERED BY key");
    fails("UPDATE t SET px = SHIFT(px)", "CLAUSE", (1, 19), "outside of a query");
    fails("CREATE TABLE w (ts INT) ORDERED BY SHIFT(ts)", "CLAUSE", (1, 36), "an ORDERED BY key");
    fails("SELECT * FROM t WHERE ts IN (SELECT ts FROM t WHERE SHIFT(px) > 1)", "CLAUSE", (1, 53), "WHERE");
}

#[test]
fn arguments() {
    fails("SELECT SHIFT() FROM t", "ARGUMENT", (1, 8), "takes 1 argument (x)");
    fails("SELECT SHIFT(px, 1, 2, 3) FROM t", "ARGUMENT", (1, 8), "too many");
    fails("SELECT 1, SHIFT(px, zz => 3) FROM t", "ARGUMENT", (1, 11), "no argument 'zz'");
    fails("SELECT SHIFT(px, 1, n => 3) FROM t", "ARGUMENT", (1, 8), "'n' is given twice");
    fails("SELECT SHIFT(n => 1, px) FROM t", "ARGUMENT", (1, 8), "after one by name");
    fails("SELECT ROLLING(px, 3) FROM t", "ARGUMENT", (1, 8), "must be an aggregate call");
    fails("SELECT ROLLING(SUM(px) OVER (), 3) FROM t", "ARGUMENT", (1, 16), "takes no OVER");
    fails("SELECT SHIFT(px) OVER (ORDER BY ts ROWS 2 PRECEDING) FROM t", "CLAUSE", (1, 8), "takes no frame");
    fails("SELECT SHIFT(DISTINCT px) FROM t", "CLAUSE", (1, 8), "takes no DISTINCT");
    fails("SELECT SHIFT(px) FILTER (WHERE px > 1) FROM t", "CLAUSE", (1, 8), "takes no FILTER");
    fails("SELECT SHIFT(px ORDER BY n) FROM t", "CLAUSE", (1, 8), "takes no ORDER BY");
    fails("SELECT SHIFT(*) FROM t", "ARGUMENT", (1, 8), "takes no *");
    fails("SELECT SHIFT(px) OVER w FROM t", "CLAUSE", (1, 23), "'w' is not defined");
    fails("SELECT SHIFT(px) OVER a FROM t WINDOW a AS (b), b AS (a)", "CLAUSE", (1, 45), "itself");
}

#[test]
fn names() {
    fails("SELECT * FROM t ORDERED BY zz", "UNKNOWN_COLUMN", (1, 28), "'zz' not found");
    fails("SELECT 1 FROM t LINK u ON t.n = u.zz", "UNKNOWN_COLUMN", (1, 33), "'u.zz' not found");
    fails("SELECT COUNT(*) FROM t ORDERED BY ts GROUP ORDERED BY zz", "UNKNOWN_COLUMN", (1, 55), "'zz' not found");
    fails("SELECT 1 FROM t LINK u ON t.n = u.id ORDERED BY sym", "AMBIGUOUS", (1, 49), "'sym' is ambiguous");
    fails("SELECT sym, n FROM t ORDERED BY ts GROUP ORDERED BY sym", "ARGUMENT", (1, 13), "t.n, which is no key");
    fails("SELECT * FROM t GROUP ORDERED BY sym", "NO_ORDER", (1, 17), "no order");
}

/// Errors found while planning get the place of the call that they name.
#[test]
fn places_of_calls() {
    use ltseq::error::{Code, Error};
    let state = context().state();
    let parsed = sql::parse("SELECT px,\n FIRST(px), CUM_SUM(px) FROM t", &state).unwrap().remove(0);
    let error = Error::new(Code::NoOrder, "CUM_SUM reads neighbouring rows, and this query has no order");
    let place = sql::locate(&parsed.calls, error).position.unwrap();
    assert_eq!((place.line, place.column), (2, 13));
}

/// Nesting beyond the limit is an error, and long chains are no nesting.
#[test]
fn depth() {
    let deep = format!("SELECT {}1{} FROM t ORDERED BY ts", "(".repeat(200), ")".repeat(200));
    assert_eq!(try_plan(&deep).unwrap_err().code.as_str(), "SYNTAX");
    let mut deep = "px".to_string();
    for _ in 0..30 {
        deep = format!("SHIFT({deep})");
    }
    try_plan(&format!("SELECT {deep} AS s FROM t ORDERED BY ts")).unwrap();
    let state = context().state();
    let chain = vec!["px > 1"; 3000].join(" AND ");
    sql::parse(&format!("SELECT * FROM t ORDERED BY ts WHERE {chain} QUALIFY SHIFT(px) > 1"), &state).unwrap();
    let union = vec!["SELECT SHIFT(px) FROM t ORDERED BY ts"; 1000].join(" UNION ALL ");
    sql::parse(&union, &state).unwrap();
}
