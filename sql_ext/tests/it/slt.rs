//! Runs the `.slt` files of `tests/sql`, each in fresh sessions: over batch sizes and
//! partitions, with kernels on and off. Answers must not depend on any of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::{Array, ArrayRef, Float32Array, Float64Array};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::display::array_value_to_string;
use ltseq::engine::{Engine, Params, Step};
use ltseq::error::Error;
use sqllogictest::{DB, DBOutput, DefaultColumnType, Runner};

struct Session(Arc<Engine>);

impl DB for Session {
    type Error = Error;
    type ColumnType = DefaultColumnType;

    fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Error> {
        let work = Arc::clone(&self.0).execute(sql.to_string(), Params::None);
        let outcome = self.0.spawn(work)?.join()?;
        let Some(rows) = outcome.rows else {
            return Ok(DBOutput::StatementComplete(outcome.rowcount.unwrap_or(0)));
        };
        let types = vec![DefaultColumnType::Any; outcome.schema.fields().len()];
        let mut shown = vec![];
        loop {
            match rows.step(Duration::from_secs(60))? {
                Step::Batch(batch) => shown.extend(show(&batch)),
                Step::Wait => {}
                Step::End => return Ok(DBOutput::Rows { types, rows: shown }),
            }
        }
    }
}

fn show(batch: &RecordBatch) -> Vec<Vec<String>> {
    (0..batch.num_rows()).map(|row| batch.columns().iter().map(|column| cell(column, row)).collect()).collect()
}

fn cell(column: &ArrayRef, row: usize) -> String {
    if column.data_type().is_null() || column.is_null(row) {
        return "NULL".to_string();
    }
    if let Some(floats) = column.as_any().downcast_ref::<Float64Array>() {
        return float(floats.value(row));
    }
    if let Some(floats) = column.as_any().downcast_ref::<Float32Array>() {
        return float(f64::from(floats.value(row)));
    }
    match array_value_to_string(column, row) {
        Ok(text) if text.is_empty() => "(empty)".to_string(),
        Ok(text) => text,
        Err(error) => format!("<{error}>"),
    }
}

/// Twelve significant digits: the last bits of a sum are not part of an answer.
fn float(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_string();
    }
    if value.is_nan() || value == 0.0 {
        return value.to_string();
    }
    let rounded: f64 = format!("{value:.11e}").parse().unwrap_or(value);
    rounded.to_string()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "slt") {
            found.push(path);
        }
    }
}

#[test]
fn answers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/sql");
    let mut found = vec![];
    files(&root, &mut found);
    assert!(!found.is_empty(), "no .slt files in {}", root.display());
    let wanted = std::env::var("SLT").unwrap_or_default();
    let mut failures = vec![];
    for path in found.iter().filter(|p| p.to_string_lossy().contains(&wanted)) {
        let plans = path.components().any(|c| c.as_os_str() == "plans");
        for (batch, partitions, kernels) in settings(plans) {
            let config = [
                ("batch_size".to_string(), batch.to_string()),
                ("target_partitions".to_string(), partitions.to_string()),
                ("kernels".to_string(), kernels.to_string()),
            ];
            let mut runner = Runner::new(|| async { Engine::new(&config).map(Session) });
            if let Err(error) = runner.run_file(path) {
                let name = path.strip_prefix(&root).unwrap().display();
                failures
                    .push(format!("{name} (batch size {batch}, {partitions} partitions, kernels {kernels}):\n{error}"));
                break;
            }
        }
    }
    assert!(failures.is_empty(), "{} of {} files fail\n\n{}", failures.len(), found.len(), failures.join("\n\n"));
}

fn settings(plans: bool) -> Vec<(usize, usize, bool)> {
    if plans {
        return vec![(8192, 4, true)];
    }
    let sizes = [8192, 1, 2].into_iter().flat_map(|batch| [4, 1].map(|partitions| (batch, partitions, true)));
    sizes.chain([(8192, 2, false)]).collect()
}
