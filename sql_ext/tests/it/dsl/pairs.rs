//! Recorded calls of the object API: equal plans to SQL's, and text that gives the same rows.
//!
//! `pairs.json` holds for each question its SQL, where SQL can ask it the same way,
//! and the verbs that the lambdas sent.

use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::{Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::pretty::pretty_format_batches;
use ltseq::engine::{Engine, Plan, Step};
use ltseq::error::Result;
use ltseq::plan::explain::canonical;
use ltseq::sql::print::to_sql;
use serde_json::Value;

struct Doors {
    engine: Arc<Engine>,
    trades: Plan,
    names: Plan,
}

/// Questions whose text needs what the session does not have yet.
const PENDING: &[(&str, &str)] = &[("asof", "ASOF JOIN in SQL")];

const START: i64 = 1_709_285_400_000_000;

impl Doors {
    fn open() -> Self {
        let engine = Engine::new(&[]).expect("an engine");
        let at = |minutes: [i64; 9]| minutes.map(|m| START + m * 60_000_000).to_vec();
        let trades = RecordBatch::try_from_iter([
            ("sym", Arc::new(StringArray::from(vec!["B", "A", "B", "A", "A", "B", "A", "B", "A"])) as _),
            ("ts", Arc::new(TimestampMicrosecondArray::from(at([1, 0, 0, 3, 2, 2, 9, 8, 10]))) as _),
            (
                "px",
                Arc::new(Float64Array::from(vec![
                    Some(50.0),
                    Some(10.0),
                    Some(48.5),
                    Some(12.0),
                    Some(11.5),
                    None,
                    Some(9.0),
                    Some(51.0),
                    Some(9.5),
                ])) as _,
            ),
            (
                "qty",
                Arc::new(Int64Array::from(vec![
                    Some(5),
                    Some(1),
                    None,
                    Some(3),
                    Some(2),
                    Some(7),
                    Some(4),
                    Some(6),
                    Some(0),
                ])) as _,
            ),
        ])
        .expect("trades");
        let names = RecordBatch::try_from_iter([
            ("sym", Arc::new(StringArray::from(vec!["A", "B", "C"])) as _),
            ("name", Arc::new(StringArray::from(vec!["Ada", "Bob", "Cyd"])) as _),
            ("region", Arc::new(StringArray::from(vec!["EU", "US", "EU"])) as _),
        ])
        .expect("names");
        let trades = engine.from_batches(trades.schema(), vec![trades], Some("trades")).expect("trades");
        let names = engine.from_batches(names.schema(), vec![names], Some("names")).expect("names");
        Doors { engine, trades, names }
    }

    fn replay(&self, log: &Value) -> Plan {
        let steps = log.as_array().expect("a log");
        let mut plan = if steps.first() == Some(&Value::from("t")) { self.trades.clone() } else { self.names.clone() };
        for step in steps.iter().skip(1) {
            let others: Vec<Plan> = step[2].as_array().expect("others").iter().map(|o| self.replay(o)).collect();
            let name = step[0].as_str().expect("a verb");
            plan = plan.verb(name, &step[1].to_string(), &others).unwrap_or_else(|e| panic!("{name} {}: {e}", step[1]));
        }
        plan
    }

    fn sql(&self, text: &str) -> Result<Plan> {
        let tables = [("t", &self.trades), ("n", &self.names), ("trades", &self.trades), ("names", &self.names)];
        let tables = tables.map(|(name, plan)| (name.to_string(), plan.clone())).to_vec();
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(Arc::clone(&self.engine).plan_sql(text.to_string(), Default::default(), tables))
    }
}

fn rows(plan: &Plan) -> Result<Vec<String>> {
    let long = Duration::from_secs(60);
    let stream = plan.run()?.wait(long).expect("the rows in time")?;
    let mut batches = vec![];
    loop {
        match stream.step(long)? {
            Step::Batch(batch) => batches.push(batch),
            Step::End => break,
            Step::Wait => {}
        }
    }
    let text = pretty_format_batches(&batches).expect("a table").to_string();
    Ok(text
        .lines()
        .skip(3)
        .filter(|l| l.starts_with('|'))
        .map(|l| l.split('|').map(str::trim).collect::<Vec<_>>().join(" "))
        .collect())
}

fn recorded() -> Vec<Value> {
    serde_json::from_str(include_str!("pairs.json")).expect("the recording")
}

fn report(failures: Vec<String>) {
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn equal_questions_give_equal_plans() {
    let doors = Doors::open();
    let mut failures = vec![];
    for pair in recorded() {
        let (name, text) = (pair["name"].as_str().unwrap_or(""), pair["sql"].as_str().unwrap_or(""));
        if text.is_empty() {
            continue;
        }
        let ours = canonical(doors.replay(&pair["verbs"]).logical());
        let theirs = canonical(doors.sql(text).expect(text).logical());
        if ours != theirs {
            failures.push(format!("{name}: {text}\nlambdas:\n{ours}\nSQL:\n{theirs}"));
        }
    }
    report(failures);
}

#[test]
fn the_text_of_a_plan_gives_its_rows() {
    let doors = Doors::open();
    let mut failures = vec![];
    for pair in recorded() {
        let name = pair["name"].as_str().unwrap_or("");
        let plan = doors.replay(&pair["verbs"]);
        let text = match to_sql(plan.logical()) {
            Ok(text) => text,
            Err(error) => {
                failures.push(format!("{name}: {error}"));
                continue;
            }
        };
        if std::env::var("LTSEQ_SHOW").is_ok() {
            println!("{name}: {text}");
        }
        if PENDING.iter().any(|(pending, _)| *pending == name) {
            continue;
        }
        let wanted = rows(&plan);
        let found = doors.sql(&text).and_then(|again| rows(&again));
        let (Ok(mut wanted), Ok(mut found)) = (wanted.clone(), found.clone()) else {
            failures.push(format!(
                "{name}: {text}\n{:?}\n{:?}",
                wanted.err().map(|e| e.to_string()),
                found.err().map(|e| e.to_string())
            ));
            continue;
        };
        if plan.order().is_none() {
            wanted.sort();
            found.sort();
        }
        if wanted != found {
            failures.push(format!("{name}: {text}\nwanted {wanted:#?}\nfound {found:#?}"));
        }
    }
    report(failures);
}
