//! ASOF JOIN: plans and the places of errors.

use super::{fails, planned};

#[test]
fn match_conditions() {
    planned(
        "SELECT t.n, u.name FROM t ASOF JOIN u MATCH_CONDITION (u.ts < t.ts) ON u.sym = t.sym AND t.n = u.id TOLERANCE 1 + 2",
        "
Projection: t.n, u.name
  Asof: t.ts > u.ts AND t.sym = u.sym AND t.n = u.id TOLERANCE Int64(1) + Int64(2)
    TableScan: t
    TableScan: u
",
    );
    planned(
        "SELECT * FROM t AS a ASOF JOIN (SELECT * FROM u ORDERED BY id) AS b MATCH_CONDITION (a.ts >= b.ts) TOLERANCE 3 NEAREST ORDERED BY n",
        "
Projection: a.ts, a.sym, a.px, a.n, b.ts, b.sym, b.id, b.name
  Ordered: a.n
    Asof: a.ts ~ b.ts TOLERANCE Int64(3)
      SubqueryAlias: a
        TableScan: t
      SubqueryAlias: b
        Projection: u.ts, u.sym, u.id, u.name
          Ordered: u.id
            TableScan: u
",
    );
    planned(
        "SELECT *, u.ts FROM t ASOF JOIN u MATCH_CONDITION (t.n <= u.id) USING (ts, sym) NEAREST, v",
        "
Projection: t.ts, t.sym, t.px, t.n, u.id, u.name, v.id, v.region, ~u.ts AS u_ts
  Cross Join:
    Projection: t.ts, t.sym, t.px, t.n, u.ts AS ~u.ts, u.sym AS ~u.sym, u.id, u.name
      Asof: t.n ~ u.id AND t.ts = u.ts AND t.sym = u.sym
        TableScan: t
        TableScan: u
    TableScan: v
",
    );
}

#[test]
fn duckdb() {
    planned(
        "SELECT id FROM t ASOF JOIN u ON t.sym = u.sym AND u.ts <= t.ts",
        "
Projection: u.id
  Asof: t.ts >= u.ts AND t.sym = u.sym
    TableScan: t
    TableScan: u
",
    );
    planned(
        "SELECT * FROM t ASOF LEFT JOIN u USING (sym, ts) WHERE u.ts > 1",
        "
Projection: t.ts, t.sym, t.px, t.n, u.id, u.name
  Filter: ~u.ts > Int64(1)
    Projection: t.ts, t.sym, t.px, t.n, u.ts AS ~u.ts, u.sym AS ~u.sym, u.id, u.name
      Asof: t.ts >= u.ts AND t.sym = u.sym
        TableScan: t
        TableScan: u
",
    );
}

#[test]
fn among_other_joins() {
    planned(
        "SELECT * FROM t JOIN v ON t.n = v.id ASOF JOIN u MATCH_CONDITION (t.ts > u.ts) TOLERANCE 1 LEFT LINK v AS w ON w.id = u.id JOIN v AS x ON x.id = n",
        "
Projection: t.ts, t.sym, t.px, t.n, v.id, v.region, u.ts, u.sym, u.id, u.name, x.id, x.region
  Inner Join:  Filter: x.id = t.n
    Projection: t.ts, t.sym, t.px, t.n, v.id, v.region, u.ts, u.sym, u.id, u.name, w.id, w.region, w.id AS w_id, w.region AS w_region
      Link: LEFT ON u.id = w.id
        Asof: t.ts > u.ts TOLERANCE Int64(1)
          Inner Join:  Filter: t.n = v.id
            TableScan: t
            TableScan: v
          TableScan: u
        SubqueryAlias: w
          TableScan: v
    SubqueryAlias: x
      TableScan: v
",
    );
}

#[test]
fn syntax_errors() {
    fails("SELECT 1 FROM t ASOF JOIN u", "SYNTAX", (1, 28), "Expected: MATCH_CONDITION, found: the end");
    fails("SELECT 1 FROM t ASOF JOIN u WHERE TRUE", "SYNTAX", (1, 29), "Expected: MATCH_CONDITION, found: WHERE");
    fails("SELECT 1 FROM t ASOF JOIN", "SYNTAX", (1, 26), "identifier, found: the end");
    fails("SELECT 1 FROM t ASOF JOIN u MATCH_CONDITION t.ts > u.ts", "SYNTAX", (1, 45), "Expected: (, found: t");
    fails("SELECT 1 FROM t ASOF JOIN u MATCH_CONDITION (t.ts > )", "SYNTAX", (1, 53), "an expression, found: )");
    fails("SELECT 1 FROM t ASOF JOIN u MATCH_CONDITION (t.ts > u.ts, 1)", "SYNTAX", (1, 57), "found: ,");
    fails("SELECT 1 FROM t ASOF JOIN u MATCH_CONDITION (t.ts > u.ts", "SYNTAX", (1, 57), "found: the end");
    let tail = |text: &str| format!("SELECT 1 FROM t ASOF JOIN u MATCH_CONDITION (t.ts > u.ts) {text}");
    fails(&tail("TOLERANCE"), "SYNTAX", (1, 68), "an expression, found: the end");
    fails(&tail("TOLERANCE WHERE TRUE"), "SYNTAX", (1, 69), "found: WHERE");
    fails(&tail("TOLERANCE 1 2"), "SYNTAX", (1, 71), "the end of TOLERANCE, found: 2");
    fails(&tail("TOLERANCE 1 ON t.n = u.id"), "SYNTAX", (1, 71), "before TOLERANCE and NEAREST");
    fails(&tail("TOLERANCE 1 TOLERANCE 2"), "SYNTAX", (1, 71), "TOLERANCE stands twice");
    fails(&tail("NEAREST NEAREST"), "SYNTAX", (1, 67), "NEAREST stands twice");
    fails(&tail("NEAREST x"), "SYNTAX", (1, 67), "found: x");
    fails(&tail("NEAREST ON t.n = u.id"), "SYNTAX", (1, 67), "before TOLERANCE and NEAREST");
    fails(
        "SELECT 1 FROM (SELECT 1 FROM t ASOF JOIN u MATCH_CONDITION (t.ts > ) NEAREST) x",
        "SYNTAX",
        (1, 68),
        "found: )",
    );
    fails("SELECT 1 FROM t JOIN u MATCH_CONDITION (t.ts > u.ts)", "SYNTAX", (1, 24), "found: MATCH_CONDITION");
    fails("SELECT 1 FROM t ASOF RIGHT JOIN u ON t.ts > u.ts", "NOT_SUPPORTED", (1, 17), "INNER or LEFT");
}

#[test]
fn conditions() {
    let one = |text: &str| format!("SELECT 1 FROM t ASOF JOIN u MATCH_CONDITION ({text})");
    fails(&one("t.ts = u.ts"), "CLAUSE", (1, 46), "by >=, >, <= or <");
    fails(&one("t.ts > u.ts AND t.n > 1"), "CLAUSE", (1, 46), "by >=, >, <= or <");
    fails(&one("t.ts > t.n"), "CLAUSE", (1, 46), "one of the right");
    fails(&one("t.ts > 5"), "CLAUSE", (1, 46), "one of the right");
    fails(&one("t.ts + u.ts > u.ts"), "CLAUSE", (1, 46), "one of the right");
    fails(&one("TRUE"), "CLAUSE", (1, 46), "by >=, >, <= or <");
    fails(&one("t.zz > u.ts"), "UNKNOWN_COLUMN", (1, 46), "'t.zz' not found");
    fails(&one("ts > u.ts"), "AMBIGUOUS", (1, 46), "'ts' is ambiguous");
    fails(&one("t.sym > u.sym"), "TYPE", (1, 29), "not string with string");
    fails(&one("SHIFT(t.ts) > u.ts"), "CLAUSE", (1, 46), "SHIFT cannot stand in JOIN");
    let tail = |text: &str| format!("SELECT 1 FROM t ASOF JOIN u MATCH_CONDITION (t.ts > u.ts) {text}");
    fails(&tail("ON t.n > u.id"), "CLAUSE", (1, 62), "pairs columns");
    fails(&tail("ON t.n = u.id AND t.n = 1"), "CLAUSE", (1, 77), "pairs columns");
    fails(&tail("USING (zz)"), "UNKNOWN_COLUMN", (1, 66), "'zz' not found");
    fails(&tail("TOLERANCE t.n"), "ARGUMENT", (1, 69), "must be a constant");
    fails(&tail("TOLERANCE NEAREST"), "UNKNOWN_COLUMN", (1, 69), "'nearest' not found");
    fails("SELECT 1 FROM t ASOF INNER JOIN u MATCH_CONDITION (t.ts > u.ts)", "CLAUSE", (1, 35), "keeps every left row");
    fails(
        "SELECT 1 FROM t ASOF JOIN (SELECT * FROM u) MATCH_CONDITION (px > id) USING (sym)",
        "CLAUSE",
        (1, 28),
        "needs an alias",
    );
    fails("SELECT 1 FROM t ASOF JOIN u ON t.n = u.id", "CLAUSE", (1, 29), "needs one inequality");
    fails("SELECT 1 FROM t ASOF JOIN u ON t.n > u.id AND t.ts < u.ts", "CLAUSE", (1, 47), "takes one inequality");
    fails("SELECT 1 FROM t ASOF JOIN u ON t.n > u.id OR t.ts < u.ts", "CLAUSE", (1, 32), "pairs columns");
    fails("SELECT 1 FROM t ASOF JOIN u USING (ts, sym)", "TYPE", (1, 29), "not string with string");
}
