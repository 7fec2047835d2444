//! Text → plan → text → plan: what a plan prints as plans to the same plan, and prints the same.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::util::display::array_value_to_string;
use ltseq::engine::{Engine, Params, Plan, Step};
use ltseq::error::Error;

const TABLES: &[&str] = &[
    "CREATE TABLE trades (sym VARCHAR, ts TIMESTAMP, px DOUBLE, qty BIGINT) AS VALUES
       ('A', TIMESTAMP '2024-01-01 10:00:00', 1.5, 1), ('B', TIMESTAMP '2024-01-01 10:01:00', 2.5, 2),
       ('A', TIMESTAMP '2024-01-01 10:00:30', NULL, 2), ('A', TIMESTAMP '2024-01-01 10:45:00', 3.5, 1),
       ('C', TIMESTAMP '2024-01-01 10:50:00', 0.5, 3)",
    "CREATE TABLE quotes (sym VARCHAR, ts TIMESTAMP, bid DOUBLE) AS VALUES
       ('A', TIMESTAMP '2024-01-01 09:59:58', 1.25)",
    "CREATE TABLE names (sym VARCHAR, name VARCHAR, region BIGINT) AS VALUES ('A', 'alpha', 1)",
    "CREATE TABLE regions (id BIGINT, title VARCHAR) AS VALUES (1, 'EU')",
    "CREATE TABLE declared (sym VARCHAR, ts BIGINT, px DOUBLE) ORDERED BY ts PARTITION BY sym",
    "INSERT INTO declared VALUES ('B', 2, 2.5), ('A', 1, 1.5), ('A', 0, 0.5)",
];

fn plan(engine: &Arc<Engine>, text: &str) -> Result<Plan, Error> {
    engine.spawn(Arc::clone(engine).plan_sql(text.to_string(), Params::None, vec![]))?.join()
}

fn rows(plan: &Plan) -> Result<Vec<String>, Error> {
    let stream = plan.run()?.join()?;
    let mut rows = vec![];
    loop {
        match stream.step(Duration::from_secs(10))? {
            Step::Batch(batch) => rows.extend((0..batch.num_rows()).map(|i| {
                let cells = batch.columns().iter().map(|c| array_value_to_string(c, i).unwrap_or_default());
                cells.collect::<Vec<_>>().join("|")
            })),
            Step::Wait => {}
            Step::End => return Ok(rows),
        }
    }
}

/// What is wrong with a statement's way there and back.
fn fault(engine: &Arc<Engine>, text: &str) -> Option<String> {
    let trip = || -> Result<Option<String>, Error> {
        let first = plan(engine, text)?;
        let printed = first.to_sql()?;
        let second = plan(engine, &printed).map_err(|e| Error { message: format!("{printed}\n{e}"), ..e })?;
        let (mut these, mut those) = (rows(&first)?, rows(&second)?);
        // The plans below say what order there is; DISTINCT, GROUP BY and joins have none.
        if !text.contains("ALL ROWS PER RUN") {
            these.sort();
            those.sort();
        }
        if these != those {
            return Ok(Some(format!("prints as\n{printed}\nwhich has other rows")));
        }
        let (before, after) = (first.canonical(), second.canonical());
        // The runs of all rows are written out as a column: the same rows, by another plan.
        if text.contains("ALL ROWS PER RUN") {
            return Ok(None);
        }
        if before != after {
            return Ok(Some(format!("prints as\n{printed}\nplan before\n{before}\nplan after\n{after}")));
        }
        let again = second.to_sql()?;
        Ok((again != printed).then(|| format!("prints as\n{printed}\nand then as\n{again}")))
    };
    match trip() {
        Ok(fault) => fault,
        Err(error) => Some(error.to_string()),
    }
}

#[test]
fn printed_plans_plan_the_same() {
    let engine = Engine::new(&[]).unwrap();
    for table in TABLES {
        engine.spawn(Arc::clone(&engine).execute(table.to_string(), Params::None)).unwrap().join().unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ours/statements.sql");
    let corpus = std::fs::read_to_string(path).unwrap();
    let statements: Vec<&str> = corpus.lines().filter(|l| !l.starts_with("--")).collect();
    assert!(statements.len() >= 60, "only {} statements", statements.len());
    let faults: Vec<String> =
        statements.iter().filter_map(|text| fault(&engine, text).map(|f| format!("{text}\n{f}"))).collect();
    assert!(faults.is_empty(), "{} of {}\n\n{}", faults.len(), statements.len(), faults.join("\n\n"));
}

/// Queries inside expressions are printed as they were asked.
#[test]
fn subqueries_are_written() {
    let engine = Engine::new(&[]).unwrap();
    for (text, printed) in [
        ("SELECT (SELECT 1 AS x) AS a", "SELECT (SELECT 1 AS x) AS a"),
        ("SELECT 1 AS a WHERE 1 IN (SELECT 1 AS x)", "SELECT 1 AS a WHERE 1 IN (SELECT 1 AS x)"),
        ("SELECT 1 AS a WHERE NOT (EXISTS (SELECT 1 AS x))", "SELECT 1 AS a WHERE NOT EXISTS (SELECT 1 AS x)"),
    ] {
        assert_eq!(plan(&engine, text).unwrap().to_sql().unwrap(), printed);
    }
}

/// What cannot be written is refused, never written as something else.
#[test]
fn table_functions_are_not_written() {
    let engine = Engine::new(&[]).unwrap();
    let error = plan(&engine, "SELECT * FROM generate_series(1, 2)").unwrap().to_sql().unwrap_err();
    assert_eq!(error.code.as_str(), "NOT_SUPPORTED");
}
