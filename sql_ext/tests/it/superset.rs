//! A strict superset: stock statements give stock schemas and rows.
//!
//! `tests/corpus/*.sql` holds one statement a line. All of a file run in one session each,
//! so that later lines see what earlier ones made.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::prelude::{SessionConfig, SessionContext};
use ltseq::engine::{Engine, Params, Step};

const TABLES: &[&str] = &[
    "CREATE TABLE t (ts BIGINT, sym VARCHAR, px DOUBLE, n BIGINT) AS VALUES
       (1, 'A', 10.5, 1), (2, 'B', 11.25, 2), (3, 'A', 12.0, NULL), (4, 'C', 9.75, 3), (5, 'B', 11.25, 2), (6, 'A', NULL, 4)",
    "CREATE TABLE u (id BIGINT, sym VARCHAR, name VARCHAR) AS VALUES
       (1, 'A', 'alpha'), (2, 'B', 'beta'), (3, 'D', 'delta'), (4, NULL, 'none')",
    "CREATE TABLE dates (d DATE, w TIMESTAMP, x DOUBLE) AS VALUES
       (DATE '2024-01-01', TIMESTAMP '2024-01-01 10:00:00', 1.0), (DATE '2024-01-02', TIMESTAMP '2024-01-01 10:40:00', 2.0),
       (DATE '2024-02-01', TIMESTAMP '2024-01-02 00:00:00', 3.5), (NULL, NULL, 4.0)",
];

/// Every word that LTSeq gives a meaning.
const WORDS: &[&str] = &[
    "ordered",
    "link",
    "shift",
    "rolling",
    "run",
    "asof",
    "tolerance",
    "nearest",
    "assumed",
    "match_condition",
    "diff",
    "pct_change",
    "cum_sum",
    "cum_min",
    "cum_max",
    "cum_avg",
    "cum_count",
    "cum_prod",
    "ewm_mean",
    "ewm_std",
    "ewm_var",
    "fill_forward",
    "fill_backward",
    "interpolate",
    "run_id",
    "run_id_when",
    "run_pos",
    "streak",
    "search_first",
    "search_pattern",
    "funnel",
    "first",
    "last",
    "nth",
    "arg_min",
    "arg_max",
    "runs",
    "per",
    "one",
    "min_periods",
    "preceding",
    "following",
    "alpha",
    "span",
    "halflife",
    "within",
    "max_gap",
    "by",
];

const PLACES: &[&str] = &[
    "SELECT 1 AS {w}",
    "SELECT 1 {w}",
    "SELECT {w} FROM (SELECT n AS {w} FROM t)",
    "SELECT {w} + 1 AS {w} FROM (SELECT n AS {w} FROM t) WHERE {w} > 1 ORDER BY {w}",
    "SELECT max({w}) FROM (SELECT n AS {w} FROM t) GROUP BY {w}",
    "SELECT {w}.n FROM t AS {w}",
    "SELECT {w}.n FROM t {w}",
    "SELECT t.n, {w}.id FROM t JOIN u AS {w} ON t.sym = {w}.sym",
    "SELECT {w}.n, u.id FROM t {w} LEFT JOIN u ON {w}.sym = u.sym",
    "WITH {w} AS (SELECT n FROM t) SELECT * FROM {w}",
    "WITH {w} AS (SELECT n FROM t) SELECT {w}.n FROM {w}, u WHERE {w}.n = u.id",
    "CREATE TABLE {w} AS SELECT 1 AS {w}",
    "SELECT * FROM {w}",
    "SELECT {w}.{w} FROM {w}",
    "SELECT a.{w} FROM {w} a JOIN {w} b USING ({w})",
    "SELECT \"{w}\" FROM \"{w}\"",
    "INSERT INTO {w} ({w}) VALUES (2)",
    "SELECT sum({w}) OVER (PARTITION BY {w} ORDER BY {w}) FROM {w}",
    "SELECT row_number() OVER {w} FROM t WINDOW {w} AS (ORDER BY ts)",
    "SELECT {'{w}': 1}['{w}']",
    "DROP TABLE {w}",
    "CREATE VIEW {w} AS SELECT 1 AS {w}",
    "SELECT {w} FROM {w} AS x",
    "DROP VIEW {w}",
];

type Answer = Result<(Vec<String>, Vec<String>), String>;

struct Both {
    engine: Arc<Engine>,
    stock: SessionContext,
    runtime: tokio::runtime::Runtime,
}

impl Both {
    fn new() -> Both {
        let runtime = tokio::runtime::Builder::new_multi_thread().thread_stack_size(32 << 20).build().unwrap();
        let config = SessionConfig::new().with_information_schema(true).with_target_partitions(2);
        let engine = Engine::new(&[("target_partitions".to_string(), "2".to_string())]).unwrap();
        let both = Both { engine, stock: SessionContext::new_with_config(config), runtime };
        for text in TABLES {
            both.stock(text).unwrap();
            both.ours(text).unwrap();
        }
        both
    }

    fn stock(&self, text: &str) -> Answer {
        let run = async {
            let frame = self.stock.sql(text).await?;
            // Coercion and folding decide types and nullability.
            let plan = frame.clone().create_physical_plan().await?;
            Ok((plan.schema(), frame.collect().await?))
        };
        let (schema, batches) =
            self.runtime.block_on(run).map_err(|e: datafusion::error::DataFusionError| e.to_string())?;
        Ok(shown(&schema, &batches))
    }

    fn ours(&self, text: &str) -> Answer {
        let run = || -> ltseq::error::Result<_> {
            let work = Arc::clone(&self.engine).execute(text.to_string(), Params::None);
            let outcome = self.engine.spawn(work)?.join()?;
            let mut batches = vec![];
            while let Some(rows) = &outcome.rows {
                match rows.step(Duration::from_secs(60))? {
                    Step::Batch(batch) => batches.push(batch),
                    Step::Wait => {}
                    Step::End => break,
                }
            }
            Ok((outcome.schema, batches))
        };
        let (schema, batches) = run().map_err(|e| e.to_string())?;
        Ok(shown(&schema, &batches))
    }

    /// Why the answers differ, if they do.
    fn differs(&self, text: &str) -> Option<String> {
        let Ok((schema, rows)) = self.stock(text) else {
            // What stock refuses may mean something here, but must not do harm.
            let _ = self.ours(text);
            return None;
        };
        match self.ours(text) {
            Err(error) => Some(format!("{text}\n  {error}")),
            // DDL and DML answer with a count, or with nothing.
            Ok((ours, _)) if ours.is_empty() => None,
            Ok((ours, _)) if ours != schema => Some(format!("{text}\n  stock {schema:?}\n  ours  {ours:?}")),
            Ok((_, ours)) if ours != rows => Some(format!("{text}\n  stock {rows:?}\n  ours  {ours:?}")),
            Ok(_) => None,
        }
    }
}

fn shown(schema: &SchemaRef, batches: &[RecordBatch]) -> (Vec<String>, Vec<String>) {
    let fields =
        schema.fields().iter().map(|f| format!("{} {} {}", f.name(), f.data_type(), f.is_nullable())).collect();
    let row = |batch: &RecordBatch, i: usize| -> String {
        let cells = batch.columns().iter().map(|c| array_value_to_string(c, i).unwrap_or_default()).map(rounded);
        cells.collect::<Vec<_>>().join("|")
    };
    let mut rows: Vec<String> = batches.iter().flat_map(|b| (0..b.num_rows()).map(move |i| row(b, i))).collect();
    rows.sort();
    (fields, rows)
}

/// The last bits of a float are not part of an answer.
fn rounded(cell: String) -> String {
    match cell.parse::<f64>() {
        Ok(x) if cell.len() > 12 && cell.contains('.') => format!("{x:.9e}"),
        _ => cell,
    }
}

#[test]
fn corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut differences = vec![];
    let mut count = 0;
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in files {
        let both = Both::new();
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|l| !l.trim().is_empty() && !l.starts_with("--")) {
            count += 1;
            differences.extend(both.differs(line));
        }
    }
    assert!(count > 250, "only {count} statements");
    assert!(differences.is_empty(), "{} of {count} differ\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn new_words_stay_names() {
    let both = Both::new();
    let mut differences = vec![];
    for word in WORDS {
        differences.extend(PLACES.iter().filter_map(|place| both.differs(&place.replace("{w}", word))));
    }
    assert!(differences.is_empty(), "{} differ\n{}", differences.len(), differences.join("\n"));
}
