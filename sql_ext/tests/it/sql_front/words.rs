//! Every word of ours stays usable as a name.

use super::planned;

/// The words of section 2 stay usable as names.
#[test]
fn aliases() {
    planned(
        "SELECT * FROM t ORDERED",
        "
Projection: ordered.ts, ordered.sym, ordered.px, ordered.n
  SubqueryAlias: ordered
    TableScan: t
",
    );
    planned(
        "SELECT ordered.px FROM t ORDERED JOIN u ON ordered.ts = u.ts",
        "
Projection: ordered.px
  Inner Join:  Filter: ordered.ts = u.ts
    SubqueryAlias: ordered
      TableScan: t
    TableScan: u
",
    );
    planned(
        "SELECT ordered.px FROM t ORDERED ORDERED BY ts",
        "
Projection: ordered.px
  Ordered: ordered.ts
    SubqueryAlias: ordered
      TableScan: t
",
    );
    planned(
        "SELECT link.px FROM t LINK",
        "
Projection: link.px
  SubqueryAlias: link
    TableScan: t
",
    );
    planned(
        "SELECT link.px FROM t LINK, u",
        "
Projection: link.px
  Cross Join:
    SubqueryAlias: link
      TableScan: t
    TableScan: u
",
    );
    planned(
        "SELECT link.a FROM t LINK (a, b, c, d)",
        "
Projection: link.a
  SubqueryAlias: link
    Projection: t.ts AS a, t.sym AS b, t.px AS c, t.n AS d
      TableScan: t
",
    );
    planned(
        "SELECT link.select FROM t LINK (select, a, b, c)",
        "
Projection: link.select
  SubqueryAlias: link
    Projection: t.ts AS select, t.sym AS a, t.px AS b, t.n AS c
      TableScan: t
",
    );
    planned(
        "SELECT link.px FROM t LINK JOIN u ON link.ts = u.ts",
        "
Projection: link.px
  Inner Join:  Filter: link.ts = u.ts
    SubqueryAlias: link
      TableScan: t
    TableScan: u
",
    );
    planned(
        "SELECT t.ts FROM t JOIN u LINK ON t.ts = link.ts",
        "
Projection: t.ts
  Inner Join:  Filter: t.ts = link.ts
    TableScan: t
    SubqueryAlias: link
      TableScan: u
",
    );
    planned(
        "SELECT * FROM t LINK ORDERED BY link.ts",
        "
Projection: link.ts, link.sym, link.px, link.n
  Ordered: link.ts
    SubqueryAlias: link
      TableScan: t
",
    );
    planned(
        "SELECT link.px FROM t AS link LINK u ON link.n = u.id",
        "
Projection: link.px
  Projection: link.ts, link.sym, link.px, link.n, u.ts, u.sym, u.id, u.name, u.ts AS u_ts, u.sym AS u_sym, u.id AS u_id, u.name AS u_name
    Link: INNER ON link.n = u.id
      SubqueryAlias: link
        TableScan: t
      TableScan: u
",
    );
    planned(
        "SELECT l.px FROM t l LEFT LINK u AS link ON l.n = link.id",
        "
Projection: l.px
  Projection: l.ts, l.sym, l.px, l.n, link.ts, link.sym, link.id, link.name, link.ts AS link_ts, link.sym AS link_sym, link.id AS link_id, link.name AS link_name
    Link: LEFT ON l.n = link.id
      SubqueryAlias: l
        TableScan: t
      SubqueryAlias: link
        TableScan: u
",
    );
    planned(
        "SELECT avg(px) ROLLING, max(px) SHIFT FROM t",
        "
Projection: avg(t.px) AS rolling, max(t.px) AS shift
  Aggregate: groupBy=[[]], aggr=[[avg(t.px), max(t.px)]]
    TableScan: t
",
    );
    planned(
        "SELECT [px, 1][-1] FROM t",
        "
Projection: array_element(make_array(t.px, Int64(1)), Int64(-1))
  TableScan: t
",
    );
}

#[test]
fn columns() {
    planned(
        r#"SELECT "by", link FROM ordered ORDERED BY link"#,
        "
Projection: ordered.by, ordered.link
  Ordered: ordered.link
    TableScan: ordered
",
    );
    planned(
        "SELECT link.by FROM ordered AS link JOIN ordered AS o ON link.link = o.link AND o.link > 1",
        "
Projection: link.by
  Inner Join:  Filter: link.link = o.link AND o.link > Int64(1)
    SubqueryAlias: link
      TableScan: ordered
    SubqueryAlias: o
      TableScan: ordered
",
    );
    planned(
        "SELECT a.link FROM ordered a JOIN ordered b ON a.link = b.by LINK u ON u.id = b.link",
        "
Projection: a.link
  Projection: a.by, a.link, b.by, b.link, u.ts, u.sym, u.id, u.name, u.ts AS u_ts, u.sym AS u_sym, u.id AS u_id, u.name AS u_name
    Link: INNER ON b.link = u.id
      Inner Join:  Filter: a.link = b.by
        SubqueryAlias: a
          TableScan: ordered
        SubqueryAlias: b
          TableScan: ordered
      TableScan: u
",
    );
    planned(
        "SELECT o.by FROM ordered o JOIN v ON o.link = v.id AND NOT link IS NULL ORDERED BY link",
        "
Projection: o.by
  Ordered: o.link
    Inner Join:  Filter: o.link = v.id AND NOT o.link IS NULL
      SubqueryAlias: o
        TableScan: ordered
      TableScan: v
",
    );
    planned(
        r#"SELECT "ordered".by FROM "ordered" "ordered" WHERE "ordered".link > 1"#,
        "
Projection: ordered.by
  Filter: ordered.link > Int64(1)
    SubqueryAlias: ordered
      TableScan: ordered
",
    );
    planned(
        "WITH ordered AS (SELECT 1 AS k), link AS (SELECT 2 AS k) SELECT k FROM ordered UNION ALL SELECT k FROM link",
        "
Union
  Projection: ordered.k
    SubqueryAlias: ordered
      Projection: Int64(1) AS k
        EmptyRelation: rows=1
  Projection: link.k
    SubqueryAlias: link
      Projection: Int64(2) AS k
        EmptyRelation: rows=1
",
    );
    planned(
        "SELECT 'ordered by a' /* link u on x = y */ FROM t ORDERED BY ts LIMIT 1 -- group ordered when true",
        r#"
Limit: skip=0, fetch=1
  Projection: Utf8("ordered by a")
    Ordered: t.ts
      TableScan: t
"#,
    );
    planned(
        "SELECT ts AS ordered, n AS assumed FROM t ORDERED BY ts PARTITION BY n ASSUMED",
        "
Projection: t.ts AS ordered, t.n AS assumed
  Ordered: t.ts PARTITION BY t.n ASSUMED
    TableScan: t
",
    );
    planned(
        "SELECT assumed FROM (SELECT n AS assumed, ts AS one FROM t) AS d ORDERED BY assumed GROUP ORDERED BY one ALL ROWS PER RUN",
        "
Projection: d.assumed
  Runs: BY d.one
    Ordered: d.assumed
      SubqueryAlias: d
        Projection: t.n AS assumed, t.ts AS one
          TableScan: t
",
    );
    planned(
        "SELECT start FROM (SELECT ts start, px FORMAT FROM t ORDERED BY ts) AS d",
        "
Projection: d.start
  SubqueryAlias: d
    Projection: t.ts AS start, t.px AS format
      Ordered: t.ts
        TableScan: t
",
    );
    planned(
        "SELECT ts IS DISTINCT FROM n, SHIFT(ts) IS NOT DISTINCT FROM n, extract(year FROM now()) > ts FROM t ORDERED BY ts",
        r#"
Projection: t.ts IS DISTINCT FROM t.n, shift(t.ts,NULL,NULL) ~MARK IS NOT DISTINCT FROM t.n AS SHIFT(ts) IS NOT DISTINCT FROM n, date_part(Utf8("YEAR"), now()) > t.ts
  WindowAggr: windowExpr=[[shift(t.ts, NULL, NULL) ~MARK]]
    Ordered: t.ts
      TableScan: t
"#,
    );
    planned(
        "SELECT ts, FROM t ORDERED BY ts",
        "
Projection: t.ts
  Ordered: t.ts
    TableScan: t
",
    );
}
