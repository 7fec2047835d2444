//! Text that reaches the engine outside of a statement, and errors that come after planning.

use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::Int64Type;
use ltseq::engine::{Engine, Params, Plan, Step};
use ltseq::error::Error;

fn plan(engine: &Arc<Engine>, text: &str) -> Result<Plan, Error> {
    let work = Arc::clone(engine).plan_sql(text.to_string(), Params::None, vec![]);
    engine.spawn(work).unwrap().join()
}

/// The last column of all rows.
fn last(plan: &Plan) -> Vec<Option<i64>> {
    let rows = plan.run().unwrap().join().unwrap();
    let mut values = vec![];
    loop {
        match rows.step(Duration::from_secs(60)).unwrap() {
            Step::Batch(batch) => {
                let column = batch.column(batch.num_columns() - 1).as_primitive::<Int64Type>();
                values.extend((0..column.len()).map(|i| column.is_valid(i).then(|| column.value(i))));
            }
            Step::Wait => {}
            Step::End => return values,
        }
    }
}

fn derive(plan: &Plan, payload: &str) -> Result<Plan, Error> {
    plan.verb("derive", &format!(r#"{{"columns": [{{"name": "x", "expr": {payload}}}]}}"#), &[])
}

/// `sql_expr` gives a payload that is planned over the columns of the table it is used on.
#[test]
fn sql_expr() {
    let engine = Engine::new(&[]).unwrap();
    let table = plan(&engine, "SELECT * FROM (VALUES (7), (9)) AS v(a) ORDERED BY a").unwrap();
    let with = |text: &str| derive(&table, &engine.sql_expr(text)?).map(|p| last(&p));
    assert_eq!(with("a + 1").unwrap(), [Some(8), Some(10)]);
    assert_eq!(with("a / 2").unwrap(), [Some(3), Some(4)]);
    assert_eq!(with("SHIFT(a)").unwrap(), [None, Some(7)]);
    let error = engine.sql_expr("a +").unwrap_err();
    assert_eq!((error.code.as_str(), error.position.map(|p| p.column)), ("SYNTAX", Some(4)));
    assert_eq!(engine.sql_expr("a b").unwrap_err().code.as_str(), "SYNTAX");
    let error = with("zz + 1").unwrap_err();
    assert_eq!((error.code.as_str(), error.position.map(|p| p.column)), ("UNKNOWN_COLUMN", Some(1)));
    assert!(error.excerpt.is_some());
}

/// Columns of one name may stand in a SELECT list.
#[test]
fn repeated_names() {
    let engine = Engine::new(&[]).unwrap();
    let work = Arc::clone(&engine).execute("SELECT a, a FROM (VALUES (1)) AS v(a)".to_string(), Params::None);
    let outcome = engine.spawn(work).unwrap().join().unwrap();
    let names: Vec<_> = outcome.schema.fields().iter().map(|f| f.name().clone()).collect();
    assert_eq!(names, ["a", "a"]);
}

/// Errors of the binder have their place where a query is only planned, too.
#[test]
fn places_of_lazy_queries() {
    let engine = Engine::new(&[]).unwrap();
    let error = plan(&engine, "SELECT a,\n  DIFF(a) FROM (VALUES (1)) AS v(a)").err().unwrap();
    assert_eq!((error.code.as_str(), error.position.map(|p| (p.line, p.column))), ("NO_ORDER", Some((2, 3))));
    assert!(error.excerpt.is_some());
}
