//! Sessions from outside: statements, parameters, tables that keep their order, files,
//! limits, cancelling.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use datafusion::arrow::array::{ArrayRef, Int64Array, StringArray};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::scalar::ScalarValue;
use ltseq::engine::{Engine, Outcome, Params, Plan, RowStream, Step, batch_of};
use ltseq::error::{Code, Error, Result};

fn engine() -> Arc<Engine> {
    Engine::new(&[]).unwrap()
}

fn execute(engine: &Arc<Engine>, text: &str, params: Params) -> Result<Outcome> {
    engine.spawn(Arc::clone(engine).execute(text.to_string(), params))?.join()
}

fn drain(rows: &RowStream) -> Result<Vec<RecordBatch>> {
    let mut batches = vec![];
    loop {
        match rows.step(Duration::from_secs(10))? {
            Step::Batch(batch) => batches.push(batch),
            Step::Wait => {}
            Step::End => return Ok(batches),
        }
    }
}

/// Rows as text: columns with spaces, rows with bars.
fn shown(batches: &[RecordBatch]) -> String {
    let row = |batch: &RecordBatch, i: usize| {
        let cells: Vec<String> = batch.columns().iter().map(|c| array_value_to_string(c, i).unwrap()).collect();
        cells.join(" ")
    };
    let rows = batches.iter().flat_map(|b| (0..b.num_rows()).map(move |i| row(b, i)));
    rows.collect::<Vec<_>>().join(" | ")
}

fn ask(engine: &Arc<Engine>, text: &str) -> String {
    asked(engine, text, Params::None).unwrap_or_else(|e| e.to_string())
}

fn asked(engine: &Arc<Engine>, text: &str, params: Params) -> Result<String> {
    let outcome = execute(engine, text, params)?;
    match outcome.rows {
        Some(rows) => Ok(shown(&drain(&rows)?)),
        None => Ok(format!("{:?}", outcome.rowcount)),
    }
}

fn list(values: Vec<ScalarValue>) -> Params {
    Params::Positional(values)
}

fn run(plan: &Plan) -> Result<String> {
    Ok(shown(&drain(&plan.run()?.join()?)?))
}

fn code<T>(result: Result<T>) -> Option<Code> {
    result.err().map(|e: Error| e.code)
}

#[test]
fn values_are_stored_in_the_type_of_their_column() {
    let engine = engine();
    ask(&engine, "CREATE TABLE t (a INT, b VARCHAR, c DECIMAL(10, 2), d BOOLEAN)");
    let row = vec![
        ScalarValue::Int64(Some(5)),
        ScalarValue::from("it's ?"),
        ScalarValue::Float64(Some(1.25)),
        ScalarValue::Boolean(Some(true)),
    ];
    assert_eq!(asked(&engine, "INSERT INTO t VALUES (?, ?, ?, ?)", list(row)).unwrap(), "Some(1)");
    assert_eq!(ask(&engine, "SELECT * FROM t WHERE a = 5 AND b = 'it''s ?'"), "5 it's ? 1.25 true");
    assert_eq!(
        code(asked(&engine, "INSERT INTO t (a) VALUES (?)", list(vec![ScalarValue::Int64(Some(1 << 40))]))),
        Some(Code::Cast)
    );
}

#[test]
fn parameters_stand_where_values_stand() {
    let engine = engine();
    let one = || list(vec![ScalarValue::Int64(Some(1))]);
    let series = "(VALUES (1), (2), (3)) v(a)";
    assert_eq!(asked(&engine, &format!("SELECT a FROM {series} ORDER BY a LIMIT $1"), one()).unwrap(), "1");
    let frame = format!("SELECT sum(a) OVER (ORDER BY a ROWS ? PRECEDING) FROM {series} ORDER BY a");
    assert_eq!(asked(&engine, &frame, one()).unwrap(), "1 | 3 | 5");
    let named = BTreeMap::from([("x".to_string(), ScalarValue::Int64(Some(-2)))]);
    assert_eq!(asked(&engine, "SELECT $x + :x, '?', '$x' -- ?", Params::Named(named)).unwrap(), "-4 ? $x");
    // A bound number is a value, not the number of a column.
    assert_eq!(asked(&engine, &format!("SELECT a FROM {series} ORDER BY ? LIMIT 1"), one()).unwrap(), "1");
}

#[test]
fn parameters_that_do_not_match() {
    let engine = engine();
    let wrong = |text: &str, params: Params| {
        let error = asked(&engine, text, params).unwrap_err();
        assert_eq!(error.code, Code::ParameterCount, "{error}");
        error
    };
    wrong("SELECT ?", Params::None);
    wrong("SELECT ?", list(vec![ScalarValue::Null, ScalarValue::Null]));
    wrong("SELECT ?, $1", list(vec![ScalarValue::Null]));
    wrong("SELECT $0", list(vec![]));
    let named = BTreeMap::from([("price".to_string(), ScalarValue::Null)]);
    let error = wrong("SELECT\n  $prise", Params::Named(named));
    assert_eq!((error.nearest, error.position.map(|p| (p.line, p.column))), (vec!["price".to_string()], Some((2, 3))));
}

#[test]
fn a_table_keeps_its_declared_order() {
    let engine = engine();
    ask(&engine, "CREATE TABLE t (k INT, v VARCHAR) ORDERED BY k");
    ask(&engine, "INSERT INTO t VALUES (3, 'a'), (1, 'b'), (3, 'c'), (2, 'd')");
    ask(&engine, "INSERT INTO t VALUES (2, 'e'), (9, 'f'), (NULL, 'g'), (1, 'h')");
    assert_eq!(ask(&engine, "SELECT v FROM t"), "b | h | d | e | a | c | f | g");
    ask(&engine, "CREATE TABLE down ORDERED BY k DESC AS SELECT * FROM t");
    assert_eq!(ask(&engine, "SELECT v FROM down"), "g | f | a | c | d | e | b | h");
    // An ordered query gives its order to the table, and later rows keep it.
    ask(&engine, "CREATE TABLE carried AS SELECT v AS w, k AS kk FROM t ORDERED BY k DESC");
    ask(&engine, "INSERT INTO carried VALUES ('z', 5)");
    assert_eq!(ask(&engine, "SELECT w, SHIFT(kk) FROM carried LIMIT 4"), "g  | f  | z 9 | a 5");
}

#[test]
fn floats_in_keys() {
    let engine = engine();
    ask(&engine, "CREATE TABLE t (k DOUBLE, v INT) ORDERED BY k");
    ask(&engine, "INSERT INTO t VALUES (0.0, 1), ('NaN', 2), (-0.0, 3), (-1.0, 4), (0.0, 5)");
    assert_eq!(ask(&engine, "SELECT v FROM t"), "4 | 1 | 3 | 5 | 2");
}

#[test]
fn a_declared_order_names_columns_of_the_table() {
    let error = execute(&engine(), "CREATE TABLE t (price INT) ORDERED BY prise", Params::None).err().unwrap();
    assert_eq!((error.code, error.nearest), (Code::UnknownColumn, vec!["price".to_string()]));
    assert_eq!(error.position.map(|p| p.column), Some(39));
}

#[test]
fn a_failing_insert_stores_nothing() {
    let engine = engine();
    ask(&engine, "CREATE TABLE t (a INT)");
    let failing = "INSERT INTO t SELECT 10 / (value - 99999) FROM range(100000)";
    assert_eq!(code(asked(&engine, failing, Params::None)), Some(Code::Division));
    assert_eq!(ask(&engine, "SELECT count(*) FROM t"), "0");
}

#[test]
fn statements_and_their_errors() {
    let engine = engine();
    assert_eq!(ask(&engine, "CREATE TABLE t AS SELECT 1 AS a, 2 AS b; SELECT a, a, * FROM t"), "1 1 1 2");
    let codes = [
        ("CREATE TABLE t (a INT)", Code::Argument),
        ("DROP TABLE nope", Code::UnknownTable),
        ("SELECT * FROM nope", Code::UnknownTable),
        ("SELECT * FROM 'nope.csv'", Code::FileNotFound),
        ("SELECT nope(1)", Code::UnknownFunction),
        ("CREATE INDEX i ON t (a)", Code::NotSupported),
        ("BEGIN TRANSACTION", Code::NotSupported),
        ("SELECT a, a, c FROM t", Code::UnknownColumn),
        ("  ", Code::Syntax),
    ];
    for (text, wanted) in codes {
        assert_eq!(code(asked(&engine, text, Params::None)), Some(wanted), "{text}");
    }
    assert_eq!(ask(&engine, "CREATE TABLE IF NOT EXISTS t AS SELECT 7"), "None");
    assert_eq!(ask(&engine, "CREATE OR REPLACE TABLE t AS SELECT 7 AS x; SELECT * FROM t"), "7");
    ask(&engine, "PREPARE p AS SELECT x + $1 FROM t");
    assert_eq!(ask(&engine, "EXECUTE p(3)"), "10");
    assert_eq!(code(asked(&engine, "EXECUTE p(1, 2)", Params::None)), Some(Code::ParameterCount));
}

#[test]
fn files_in_name_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::write(path("b 2%.csv"), "id,x,note\n3,,\"two\nlines\"\n").unwrap();
    fs::write(path("a[1].csv"), "id,x,note\n007,1,\"\"\n2,2.5,n\n").unwrap();
    fs::write(path(".hidden.csv"), "other\n").unwrap();
    let engine = engine();
    let read = |paths: Vec<String>, options: &str| {
        engine.spawn(Arc::clone(&engine).read_csv(paths, options.to_string())).and_then(|t| t.join())
    };
    let all = read(vec![folder.path().to_string_lossy().into_owned()], "{}").unwrap();
    assert_eq!(run(&all).unwrap(), "7 1.0  | 2 2.5 n | 3  two\nlines");
    let given = read(vec![path("b 2%.csv"), path("a[1].csv")], r#"{"schema": {"id": "string"}}"#).unwrap();
    assert_eq!(run(&given).unwrap(), "3  two\nlines | 007 1.0  | 2 2.5 n");
    assert_eq!(run(&read(vec![path("?[ ]*.csv")], "{}").unwrap()).unwrap(), "3  two\nlines");
    assert_eq!(code(read(vec![path("none.csv")], "{}")), Some(Code::FileNotFound));
    assert_eq!(code(read(vec![path("*.none")], "{}")), Some(Code::FileNotFound));
    assert_eq!(code(read(vec![path("b 2%.csv")], r#"{"schema": {"idd": "string"}}"#)), Some(Code::UnknownColumn));
}

#[test]
fn a_later_row_of_another_type_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("late.csv").to_string_lossy().into_owned();
    fs::write(&path, format!("a,b\n{}1,x\n", "1,2\n".repeat(1000))).unwrap();
    let engine = engine();
    let plan = engine.spawn(Arc::clone(&engine).read_csv(vec![path], "{}".to_string())).unwrap().join().unwrap();
    let error = run(&plan).unwrap_err();
    assert_eq!(error.code, Code::Data);
    assert!(error.message.contains("late.csv', line 1002, column 'b'"), "{}", error.message);
}

#[test]
fn files_are_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.parquet").to_string_lossy().into_owned();
    let engine = engine();
    let plan = |text: &str| {
        engine.spawn(Arc::clone(&engine).plan_sql(text.to_string(), Params::None, vec![])).unwrap().join().unwrap()
    };
    let options = r#"{"format": "parquet", "compression": "zstd"}"#;
    plan("SELECT value AS a FROM range(3)").write(&path, options).unwrap().join().unwrap();
    let failing = plan("SELECT 1 / (value - 9999) AS a FROM range(10000)");
    assert_eq!(code(failing.write(&path, options).and_then(|t| t.join())), Some(Code::Division));
    let back = engine.spawn(Arc::clone(&engine).read_parquet(vec![path])).unwrap().join().unwrap();
    assert_eq!((run(&back).unwrap().as_str(), back.name()), ("0 | 1 | 2", Some("out")));
    assert_eq!(back.known_count().unwrap().join().unwrap(), Some(3));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

fn rows(a: Vec<i64>) -> RecordBatch {
    let text: ArrayRef = Arc::new(StringArray::from(a.iter().map(|n| format!("r{n}")).collect::<Vec<_>>()));
    batch_of(vec!["a".to_string(), "t".to_string()], vec![Arc::new(Int64Array::from(a)), text], None).unwrap()
}

#[test]
fn plans_hold_rows_and_take_columns() {
    let engine = engine();
    let batch = rows(vec![3, 1, 2]);
    let plan = engine.from_batches(batch.schema(), vec![batch], Some("mine")).unwrap();
    assert_eq!((plan.name(), plan.count().unwrap().join().unwrap()), (Some("mine"), 3));
    let over = Arc::clone(&engine).plan_sql(
        "SELECT t FROM Mine ORDERED BY a".to_string(),
        Params::None,
        vec![("MINE".to_string(), plan.clone())],
    );
    assert_eq!(run(&engine.spawn(over).unwrap().join().unwrap()).unwrap(), "r1 | r2 | r3");
    let held = plan.collect().unwrap().join().unwrap();
    let values: ArrayRef = Arc::new(Int64Array::from(vec![10, 20, 30]));
    assert_eq!(run(&held.attach("v", &values).unwrap()).unwrap(), "3 r3 10 | 1 r1 20 | 2 r2 30");
    assert_eq!(run(&held.attach("a", &values).unwrap()).unwrap(), "10 r3 | 20 r1 | 30 r2");
    assert_eq!(code(plan.attach("v", &values)), Some(Code::Argument));
    let range = engine.range(10, 0, -3).unwrap();
    assert_eq!(
        (run(&range).unwrap().as_str(), range.order()),
        ("10 | 7 | 4 | 1", Some(vec![("value".to_string(), true)]))
    );
    assert_eq!(range.known_count().unwrap().join().unwrap(), Some(4));
}

#[test]
fn what_runs_can_be_cancelled() {
    let engine = engine();
    let slow = "SELECT a.value FROM range(1000000) a, range(1000000) b WHERE a.value + b.value < 0";
    let outcome = execute(&engine, slow, Params::None).unwrap();
    let other = Arc::clone(&engine);
    let from = Instant::now();
    let interrupter = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        other.interrupt();
    });
    assert_eq!(code(drain(&outcome.rows.unwrap())), Some(Code::Cancelled));
    assert!(from.elapsed() < Duration::from_secs(15));
    interrupter.join().unwrap();
    assert_eq!(ask(&engine, "SELECT 1"), "1");
}

#[test]
fn depth_is_limited() {
    let engine = engine();
    let from = Instant::now();
    let sum = format!("SELECT {}", vec!["1"; 100_000].join("+"));
    assert_eq!(code(asked(&engine, &sum, Params::None)), Some(Code::Syntax));
    let deep = format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(code(asked(&engine, &deep, Params::None)), Some(Code::Syntax));
    assert!(from.elapsed() < Duration::from_secs(20));
}
