//! Our clauses wherever a query may stand.

use super::planned;

/// Wherever a query may stand.
#[test]
fn subqueries() {
    planned(
        "WITH c AS (SELECT * FROM t ORDERED BY ts) SELECT SHIFT(px) FROM c UNION ALL SELECT px FROM t ORDER BY 1",
        "
Sort: SHIFT(px) ASC NULLS LAST
  Union
    Projection: shift(c.px,NULL,NULL) ~MARK AS SHIFT(px)
      WindowAggr: windowExpr=[[shift(c.px, NULL, NULL) ~MARK]]
        SubqueryAlias: c
          Projection: t.ts, t.sym, t.px, t.n
            Ordered: t.ts
              TableScan: t
    Projection: t.px
      TableScan: t
",
    );
    planned(
        "SELECT px FROM t ORDERED BY ts UNION ALL SELECT SHIFT(px) AS s FROM t ORDERED BY n LIMIT 3",
        "
Limit: skip=0, fetch=3
  Union
    Projection: t.px
      Ordered: t.ts
        TableScan: t
    Projection: shift(t.px,NULL,NULL) ~MARK AS s
      WindowAggr: windowExpr=[[shift(t.px, NULL, NULL) ~MARK]]
        Ordered: t.n
          TableScan: t
",
    );
    planned(
        "SELECT * FROM (SELECT * FROM t ORDERED BY ts) AS x WHERE EXISTS (SELECT 1 FROM u ORDERED BY u.ts QUALIFY SHIFT(u.ts) > 1)",
        "
Projection: x.ts, x.sym, x.px, x.n
  Filter: EXISTS (<subquery>)
    Subquery:
      Projection: Int64(1)
        Filter: shift(u.ts,NULL,NULL) ~MARK > Int64(1)
          WindowAggr: windowExpr=[[shift(u.ts, NULL, NULL) ~MARK]]
            Ordered: u.ts
              TableScan: u
    SubqueryAlias: x
      Projection: t.ts, t.sym, t.px, t.n
        Ordered: t.ts
          TableScan: t
",
    );
    planned(
        "SELECT (SELECT MAX(SHIFT(u.ts)) FROM u ORDERED BY u.id WHERE u.sym = t.sym) FROM t WHERE ts IN (SELECT SHIFT(ts) FROM u ORDERED BY id)",
        "
Projection: (<subquery>)
  Subquery:
    Projection: max(shift(u.ts,NULL,NULL)) AS MAX(SHIFT(u.ts))
      Aggregate: groupBy=[[]], aggr=[[max(shift(u.ts, NULL, NULL, ~seq_order()))]]
        Filter: u.sym = outer_ref(t.sym)
          Ordered: u.id
            TableScan: u
  Filter: t.ts IN (<subquery>)
    Subquery:
      Projection: shift(u.ts,NULL,NULL) ~MARK AS SHIFT(ts)
        WindowAggr: windowExpr=[[shift(u.ts, NULL, NULL) ~MARK]]
          Ordered: u.id
            TableScan: u
    TableScan: t
",
    );
    planned(
        "SELECT px FROM t ORDERED BY (SELECT MAX(u.ts) FROM u ORDERED BY id) GROUP ORDERED WHEN n IN (SELECT SHIFT(id) FROM u ORDERED BY id) ALL ROWS PER RUN",
        "
Projection: t.px
  Runs: WHEN t.n IN (<subquery>)
    Subquery:
      Projection: shift(u.id,NULL,NULL) ~MARK AS SHIFT(id)
        WindowAggr: windowExpr=[[shift(u.id, NULL, NULL) ~MARK]]
          Ordered: u.id
            TableScan: u
    Ordered: (<subquery>)
      Subquery:
        Projection: max(u.ts)
          Aggregate: groupBy=[[]], aggr=[[max(u.ts)]]
            Ordered: u.id
              TableScan: u
      TableScan: t
",
    );
}

/// Statements that hold queries.
#[test]
fn statements() {
    planned(
        "CREATE VIEW w AS SELECT SHIFT(px) AS s FROM t ORDERED BY ts",
        r#"
CreateView: Bare { table: "w" }
  Projection: shift(t.px,NULL,NULL) ~MARK AS s
    WindowAggr: windowExpr=[[shift(t.px, NULL, NULL) ~MARK]]
      Ordered: t.ts
        TableScan: t
"#,
    );
    planned(
        "CREATE TABLE w AS SELECT ts, SHIFT(px) s FROM t ORDERED BY ts",
        r#"
CreateMemoryTable: Bare { table: "w" }
  Projection: t.ts, shift(t.px,NULL,NULL) ~MARK AS s
    WindowAggr: windowExpr=[[shift(t.px, NULL, NULL) ~MARK]]
      Ordered: t.ts
        TableScan: t
"#,
    );
    planned(
        "CREATE TABLE w ORDERED BY ts DESC PARTITION BY sym ASSUMED AS SELECT ts, sym FROM t ORDERED BY px",
        r#"
CreateMemoryTable: Bare { table: "w" }
  Projection: t.ts, t.sym
    Ordered: t.px
      TableScan: t
"#,
    );
    planned(
        "INSERT INTO t SELECT * FROM t ORDERED BY ts",
        "
Dml: op=[Insert Into] table=[t]
  Projection: t.ts AS ts, t.sym AS sym, t.px AS px, t.n AS n
    Projection: t.ts, t.sym, t.px, t.n
      Ordered: t.ts
        TableScan: t
",
    );
    planned(
        "COPY (SELECT SHIFT(px) AS s FROM t ORDERED BY ts) TO '/tmp/x.parquet' STORED AS PARQUET",
        "
CopyTo: format=parquet output_url=/tmp/x.parquet options: ()
  Projection: shift(t.px,NULL,NULL) ~MARK AS s
    WindowAggr: windowExpr=[[shift(t.px, NULL, NULL) ~MARK]]
      Ordered: t.ts
        TableScan: t
",
    );
    planned(
        "EXPLAIN SELECT SHIFT(px) AS s FROM t ORDERED BY ts",
        "
Explain
  Projection: shift(t.px,NULL,NULL) ~MARK AS s
    WindowAggr: windowExpr=[[shift(t.px, NULL, NULL) ~MARK]]
      Ordered: t.ts
        TableScan: t
",
    );
    planned(
        "EXPLAIN ANALYZE SELECT SHIFT(px) AS s FROM t ORDERED BY ts",
        "
Analyze
  Projection: shift(t.px,NULL,NULL) ~MARK AS s
    WindowAggr: windowExpr=[[shift(t.px, NULL, NULL) ~MARK]]
      Ordered: t.ts
        TableScan: t
",
    );
    planned(
        "PREPARE s(BIGINT, BIGINT, BIGINT, BIGINT, DOUBLE) AS SELECT SHIFT(px, $1) AS a, ROLLING(SUM(px), $2) AS b FROM t ORDERED BY ts + $3 WHERE n = $4 GROUP ORDERED WHEN px > $5 ALL ROWS PER RUN",
        r#"
Prepare: "s" [Int64, Int64, Int64, Int64, Float64]
  Projection: shift(t.px,$1,NULL) PARTITION BY [~run] ~MARK AS a, rolling sum(t.px,$2,NULL,NULL,NULL) PARTITION BY [~run] ~MARK AS b
    WindowAggr: windowExpr=[[shift(t.px, $1, NULL) PARTITION BY [~run] ~MARK, rolling sum(t.px, $2, NULL, NULL, NULL) PARTITION BY [~run] ~MARK]]
      Runs: WHEN t.px > $5
        Filter: t.n = $4
          Ordered: t.ts + $3
            TableScan: t
"#,
    );
    planned(
        "SELECT 1; ; SELECT SHIFT(px) AS s FROM t ORDERED BY ts;",
        "
Projection: Int64(1)
  EmptyRelation: rows=1
--
Projection: shift(t.px,NULL,NULL) ~MARK AS s
  WindowAggr: windowExpr=[[shift(t.px, NULL, NULL) ~MARK]]
    Ordered: t.ts
      TableScan: t
",
    );
}

/// Declared orders leave the statement, and keep their parts.
#[test]
fn declared_orders() {
    for (text, keys, partition, assumed) in [
        ("CREATE TABLE w (ts INT, sym TEXT) ORDERED BY ts DESC, sym", 2, 0, false),
        ("CREATE TABLE w (ts INT, sym TEXT) ORDERED BY ts PARTITION BY sym ASSUMED", 1, 1, true),
        ("CREATE TABLE w ORDERED BY ts AS SELECT CAST(ts AS INT) AS ts FROM t", 1, 0, false),
        ("CREATE OR REPLACE TABLE w ORDERED BY CAST(ts AS DATE) AS (SELECT ts FROM t)", 1, 0, false),
        (
            "CREATE EXTERNAL TABLE w STORED AS CSV LOCATION 'a.csv' ORDERED BY ts NULLS FIRST PARTITION BY a, b",
            1,
            2,
            false,
        ),
        ("EXPLAIN CREATE TABLE w ORDERED BY ts AS SELECT ts FROM t", 1, 0, false),
    ] {
        let parsed = ltseq::sql::parse(text, &super::context().state()).unwrap();
        let declared = parsed[0].declared.clone().unwrap();
        let found = (declared.keys.len(), declared.partition.len(), declared.assumed);
        assert_eq!(found, (keys, partition, assumed), "{text}");
        assert_eq!(parsed[0].text, text);
    }
    let parsed = ltseq::sql::parse("CREATE TABLE ordered (link INT)", &super::context().state()).unwrap();
    assert_eq!(parsed[0].declared, None);
}

/// A declared order is planned over the table's columns.
#[test]
fn declared_order_is_planned() {
    use datafusion::arrow::datatypes::{DataType, Field, Schema};
    use datafusion::common::DFSchema;
    let state = super::context().state();
    let schema = Schema::new(vec![Field::new("ts", DataType::Int64, true), Field::new("sym", DataType::Utf8, true)]);
    let schema = DFSchema::try_from(schema).unwrap();
    let text = "CREATE TABLE w (ts BIGINT, sym TEXT) ORDERED BY ts DESC PARTITION BY sym";
    let parsed = ltseq::sql::parse(text, &state).unwrap();
    let declared = parsed[0].declared.clone().unwrap();
    let (order, trust) = ltseq::sql::declared_order(&state, &declared, &schema).unwrap();
    assert_eq!((order.to_string().as_str(), trust), ("ts DESC PARTITION BY sym", ltseq::order::Trust::Check));
}

/// A view keeps the user's text.
#[test]
fn view_text() {
    use datafusion::logical_expr::{DdlStatement, LogicalPlan};
    let state = super::context().state();
    let text = "CREATE VIEW w AS SELECT SHIFT(px) -- back\n AS s FROM t ORDERED BY ts";
    let parsed = ltseq::sql::parse(&format!("{text} ;"), &state).unwrap().remove(0);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let LogicalPlan::Ddl(DdlStatement::CreateView(view)) = runtime.block_on(ltseq::sql::plan(&state, parsed)).unwrap()
    else {
        panic!("not a view")
    };
    assert_eq!(view.definition.as_deref(), Some(text));
}

/// One expression, for `sql_expr`.
#[test]
fn expressions() {
    use datafusion::arrow::datatypes::{DataType, Field, Schema};
    use datafusion::common::DFSchema;
    let state = super::context().state();
    let schema = DFSchema::try_from(Schema::new(vec![Field::new("px", DataType::Int64, true)])).unwrap();
    let plan = |text| ltseq::sql::exprs::plan_expr(&state, text, &schema);
    assert!(plan("px - SHIFT(px, n => 2)").unwrap().to_string().starts_with("px - shift(px, Int64(2), NULL) ORDER BY"));
    assert!(plan("MAX(px - CUM_MIN(px))").unwrap().to_string().starts_with("max(px - cum_min(px"));
    let error = plan("px +\n").unwrap_err();
    assert_eq!((error.code.as_str(), error.position.map(|p| (p.line, p.column))), ("SYNTAX", Some((1, 5))));
    let error = plan("px) + 1").unwrap_err();
    assert_eq!((error.code.as_str(), error.position.map(|p| (p.line, p.column))), ("SYNTAX", Some((1, 3))));
    assert_eq!(plan("zz").unwrap_err().code.as_str(), "UNKNOWN_COLUMN");
}

/// A user's functions shadow ours.
#[test]
fn shadowing() {
    use datafusion::arrow::datatypes::DataType;
    use datafusion::logical_expr::{ColumnarValue, Volatility, create_udaf, create_udf};
    let context = super::context();
    let shift = create_udf(
        "shift",
        vec![DataType::Float64],
        DataType::Float64,
        Volatility::Immutable,
        std::sync::Arc::new(|args: &[ColumnarValue]| Ok(args[0].clone())),
    );
    context.register_udf(shift);
    let types = std::sync::Arc::new(vec![DataType::Float64]);
    let float = std::sync::Arc::new(DataType::Float64);
    let accumulator = std::sync::Arc::new(|_: datafusion::logical_expr::function::AccumulatorArgs| {
        datafusion::common::exec_err!("not run")
    });
    context.register_udaf(create_udaf(
        "diff",
        vec![DataType::Float64],
        float,
        Volatility::Immutable,
        accumulator,
        types,
    ));
    let state = context.state();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let plan = |text: &str| {
        let parsed = ltseq::sql::parse(text, &state).unwrap().remove(0);
        runtime.block_on(ltseq::sql::plan(&state, parsed)).unwrap().display_indent().to_string()
    };
    assert_eq!(plan("SELECT shift(px) FROM t WHERE shift(px) > 1").lines().next(), Some("Projection: shift(t.px)"));
    assert_eq!(plan("SELECT diff(px) FROM t").lines().next(), Some("Projection: diff(t.px)"));
}
