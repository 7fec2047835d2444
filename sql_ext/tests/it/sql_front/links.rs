//! LINK and what else stands in a FROM.

use super::planned;

/// LINK.
#[test]
fn links() {
    planned(
        "SELECT o.id, c.name FROM orders o LINK customers AS c ON o.cust = c.id WHERE c.region = 'EU'",
        r#"
Projection: o.id, c.name
  Filter: c.region = Utf8("EU")
    Projection: o.id, o.cust, c.id, c.name, c.region, c.id AS c_id, c.name AS c_name, c.region AS c_region
      Link: INNER ON o.cust = c.id
        SubqueryAlias: o
          TableScan: orders
        SubqueryAlias: c
          TableScan: customers
"#,
    );
    planned(
        "SELECT * FROM t LINK u ON t.n = u.id INNER LINK v ON u.id = v.id AND u_name = v.region",
        "
Projection: t.ts, t.sym, t.px, t.n
  Projection: t.ts, t.sym, t.px, t.n, u.ts, u.sym, u.id, u.name, u_ts, u_sym, u_id, u_name, v.id, v.region, v.id AS v_id, v.region AS v_region
    Link: INNER ON u.id = v.id AND u_name = v.region
      Projection: t.ts, t.sym, t.px, t.n, u.ts, u.sym, u.id, u.name, u.ts AS u_ts, u.sym AS u_sym, u.id AS u_id, u.name AS u_name
        Link: INNER ON t.n = u.id
          TableScan: t
          TableScan: u
      TableScan: v
",
    );
    planned(
        "SELECT v.*, t.px, v_region FROM t LEFT LINK u ON u.id = t.n RIGHT LINK v ON v.id = u.id FULL LINK (SELECT * FROM u ORDERED BY id) AS x ON x.id = v.id ORDERED BY t.ts",
        "
Projection: v.id, v.region, t.px, v_region
  Ordered: t.ts
    Projection: t.ts, t.sym, t.px, t.n, u.ts, u.sym, u.id, u.name, u_ts, u_sym, u_id, u_name, v.id, v.region, v_id, v_region, x.ts, x.sym, x.id, x.name, x.ts AS x_ts, x.sym AS x_sym, x.id AS x_id, x.name AS x_name
      Link: FULL ON v.id = x.id
        Projection: t.ts, t.sym, t.px, t.n, u.ts, u.sym, u.id, u.name, u_ts, u_sym, u_id, u_name, v.id, v.region, v.id AS v_id, v.region AS v_region
          Link: RIGHT ON u.id = v.id
            Projection: t.ts, t.sym, t.px, t.n, u.ts, u.sym, u.id, u.name, u.ts AS u_ts, u.sym AS u_sym, u.id AS u_id, u.name AS u_name
              Link: LEFT ON t.n = u.id
                TableScan: t
                TableScan: u
            TableScan: v
        SubqueryAlias: x
          Projection: u.ts, u.sym, u.id, u.name
            Ordered: u.id
              TableScan: u
",
    );
    planned(
        "SELECT a.ts, name FROM (t AS a LEFT LINK u USING (sym)) ORDERED BY a.ts",
        "
Projection: a.ts, u.name
  Ordered: a.ts
    Projection: a.ts, a.sym, a.px, a.n, u.ts, u_sym, ~u.sym, u.id, u.name, u.ts AS u_ts, u.id AS u_id, u.name AS u_name
      Projection: a.ts, a.sym, a.px, a.n, u.ts, u.sym AS u_sym, u.sym AS ~u.sym, u.id, u.name
        Link: LEFT ON a.sym = u.sym
          SubqueryAlias: a
            TableScan: t
          TableScan: u
",
    );
    planned(
        "SELECT *, u.sym, u.sym AS us FROM t FULL LINK u USING (sym) ORDERED BY u.sym WHERE u.sym > 'a'",
        r#"
Projection: t.ts, t.sym, t.px, t.n, ~u.sym AS u_sym, ~u.sym AS us
  Filter: ~u.sym > Utf8("a")
    Ordered: ~u.sym
      Projection: t.ts, t.sym, t.px, t.n, u.ts, u_sym, ~u.sym, u.id, u.name, u.ts AS u_ts, u.id AS u_id, u.name AS u_name
        Projection: t.ts, coalesce(t.sym, u.sym) AS sym, t.px, t.n, u.ts, u.sym AS u_sym, u.sym AS ~u.sym, u.id, u.name
          Link: FULL ON t.sym = u.sym
            TableScan: t
            TableScan: u
"#,
    );
    planned(
        "SELECT * FROM t JOIN u USING (sym) LINK v ON u.id = v.id",
        "
Projection: t.ts, t.sym, t.px, t.n, u.ts, u.id, u.name
  Projection: t.ts, t.sym, t.px, t.n, u.ts, u.sym, u.id, u.name, v.id, v.region, v.id AS v_id, v.region AS v_region
    Link: INNER ON u.id = v.id
      Inner Join: Using t.sym = u.sym
        TableScan: t
        TableScan: u
      TableScan: v
",
    );
    planned(
        "SELECT * FROM t, v INNER LINK u ON v.id = u.id",
        "
Projection: t.ts, t.sym, t.px, t.n, v.id, v.region
  Cross Join:
    TableScan: t
    Projection: v.id, v.region, u.ts, u.sym, u.id, u.name, u.ts AS u_ts, u.sym AS u_sym, u.id AS u_id, u.name AS u_name
      Link: INNER ON v.id = u.id
        TableScan: v
        TableScan: u
",
    );
    planned(
        "SELECT * EXCLUDE (px) FROM t LINK u ON t.n = u.id",
        "
Projection: t.ts, t.sym, t.n
  Projection: t.ts, t.sym, t.px, t.n, u.ts, u.sym, u.id, u.name, u.ts AS u_ts, u.sym AS u_sym, u.id AS u_id, u.name AS u_name
    Link: INNER ON t.n = u.id
      TableScan: t
      TableScan: u
",
    );
}

/// FROM lists under ORDERED BY.
#[test]
fn from_lists() {
    planned(
        "SELECT t.px FROM t JOIN u USING (sym), v ORDERED BY px WHERE n > 1",
        "
Projection: t.px
  Filter: t.n > Int64(1)
    Ordered: t.px
      Cross Join:
        Inner Join: Using t.sym = u.sym
          TableScan: t
          TableScan: u
        TableScan: v
",
    );
    planned(
        "SELECT * FROM t JOIN u USING (sym) ORDERED BY t.ts",
        "
Projection: t.ts, t.sym, t.px, t.n, u.ts, u.id, u.name
  Ordered: t.ts
    Inner Join: Using t.sym = u.sym
      TableScan: t
      TableScan: u
",
    );
    planned(
        "SELECT t.*, u.name FROM t, LATERAL (SELECT name FROM u WHERE u.sym = t.sym) u ORDERED BY ts",
        "
Projection: t.ts, t.sym, t.px, t.n, u.name
  Ordered: t.ts
    Cross Join:
      TableScan: t
      SubqueryAlias: u
        Subquery:
          Projection: u.name
            Filter: u.sym = outer_ref(t.sym)
              TableScan: u
",
    );
    planned(
        "SELECT SHIFT(value) FROM generate_series(1, 3) ORDERED BY value",
        "
Projection: shift(generate_series().value,NULL,NULL) ~MARK AS SHIFT(value)
  WindowAggr: windowExpr=[[shift(generate_series().value, NULL, NULL) ~MARK]]
    Ordered: generate_series().value
      TableScan: generate_series()
",
    );
    planned(
        "SELECT x FROM UNNEST([1,2]) AS q(x) ORDERED BY x",
        "
Projection: q.x
  Ordered: q.x
    SubqueryAlias: q
      Projection: UNNEST(make_array(Int64(1),Int64(2))) AS x
        Projection: __unnest_placeholder(make_array(Int64(1),Int64(2)),depth=1) AS UNNEST(make_array(Int64(1),Int64(2)))
          Unnest: lists[__unnest_placeholder(make_array(Int64(1),Int64(2)))|depth=1] structs[]
            Projection: make_array(Int64(1), Int64(2)) AS __unnest_placeholder(make_array(Int64(1),Int64(2)))
              EmptyRelation: rows=1
",
    );
    planned(
        "SELECT COUNT(*) FROM t AS a, t AS b LEFT JOIN u ON u.ts = b.ts ORDERED BY a.ts",
        "
Projection: count(Int64(1)) AS count(*)
  Aggregate: groupBy=[[]], aggr=[[count(Int64(1))]]
    Ordered: a.ts
      Cross Join:
        SubqueryAlias: a
          TableScan: t
        Left Join:  Filter: u.ts = b.ts
          SubqueryAlias: b
            TableScan: t
          TableScan: u
",
    );
}
