//! ASOF JOIN against a reference that looks at every pair of rows.

use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::Int64Type;
use ltseq::engine::{Engine, Params, Step};

/// A small linear congruential generator: the same rows on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// A number below `limit`, or now and then NULL.
    fn maybe(&mut self, limit: u64) -> Option<i64> {
        if self.below(9) == 0 { None } else { Some(self.below(limit) as i64) }
    }
}

#[derive(Clone, Copy)]
struct Row {
    key: Option<i64>,
    time: Option<i64>,
}

fn rows(random: &mut Random, count: u64, keys: u64, times: u64) -> Vec<Row> {
    (0..count).map(|_| Row { key: random.maybe(keys), time: random.maybe(times) }).collect()
}

fn values(rows: &[Row]) -> String {
    let shown = |v: Option<i64>| v.map_or("NULL".to_string(), |v| v.to_string());
    let rows = rows.iter().enumerate().map(|(i, r)| format!("({i}, {}, {})", shown(r.key), shown(r.time)));
    rows.collect::<Vec<_>>().join(", ")
}

/// The right row of a left row, by going through all of them.
fn closest(left: Row, right: &[Row], how: &str, keyed: bool, tolerance: Option<i64>) -> Option<i64> {
    let time = left.time?;
    let mut best: Option<(i64, bool, i64)> = None;
    for (i, row) in right.iter().enumerate() {
        let Some(at) = row.time else { continue };
        let same_key = !keyed || (left.key.is_some() && left.key == row.key);
        let matches = match how {
            ">=" => time >= at,
            ">" => time > at,
            "<=" => time <= at,
            "<" => time < at,
            _ => true,
        };
        if !same_key || !matches || tolerance.is_some_and(|t| (time - at).abs() > t) {
            continue;
        }
        // Closer, then earlier, then later in right order.
        let found = ((time - at).abs(), at > time, -(i as i64));
        if best.is_none_or(|b| found < b) {
            best = Some(found);
        }
    }
    best.map(|(_, _, i)| -i)
}

type Pairs = Vec<(i64, Option<i64>)>;

fn ask(engine: &Arc<Engine>, text: &str) -> Pairs {
    let outcome = engine.spawn(Arc::clone(engine).execute(text.to_string(), Params::None)).unwrap().join();
    let rows = outcome.unwrap_or_else(|e| panic!("{text}\n{e}")).rows.unwrap();
    let mut pairs = vec![];
    loop {
        match rows.step(Duration::from_secs(60)).unwrap() {
            Step::Batch(batch) => {
                let (left, right) =
                    (batch.column(0).as_primitive::<Int64Type>(), batch.column(1).as_primitive::<Int64Type>());
                pairs.extend((0..batch.num_rows()).map(|r| (left.value(r), right.is_valid(r).then(|| right.value(r)))));
            }
            Step::Wait => {}
            Step::End => return pairs,
        }
    }
}

fn check(engine: &Arc<Engine>, left: &[Row], right: &[Row]) {
    for how in [">=", ">", "<=", "<", "NEAREST"] {
        for keyed in [true, false] {
            for tolerance in [None, Some(0), Some(3)] {
                let expected: Pairs = left
                    .iter()
                    .enumerate()
                    .map(|(i, l)| (i as i64, closest(*l, right, how, keyed, tolerance)))
                    .collect();
                let (op, nearest) = if how == "NEAREST" { (">=", "NEAREST") } else { (how, "") };
                let on = if keyed { "ON l.k = r.k" } else { "" };
                let within = tolerance.map_or(String::new(), |t| format!("TOLERANCE {t}"));
                let text = format!(
                    "SELECT l.i, r.i FROM l ASOF JOIN r MATCH_CONDITION (l.t {op} r.t) {on} {within} {nearest}"
                );
                assert_eq!(ask(engine, &text), expected, "{text}\nl {}\nr {}", values(left), values(right));
                if keyed {
                    let matched: Pairs = expected.into_iter().filter(|(_, r)| r.is_some()).collect();
                    let text =
                        format!("SELECT l.i, r.i FROM l ASOF JOIN r ON l.t {op} r.t AND r.k = l.k {within} {nearest}");
                    assert_eq!(ask(engine, &text), matched, "{text}");
                }
            }
        }
    }
}

#[test]
fn against_the_reference() {
    let mut random = Random(7);
    for (batch, partitions, sizes) in [(8192, 4, (40, 60)), (3, 4, (50, 20)), (1, 1, (12, 30)), (7, 2, (30, 1))] {
        let config =
            [("batch_size".to_string(), batch.to_string()), ("target_partitions".to_string(), partitions.to_string())];
        for (keys, times) in [(1, 200), (4, 25), (12, 6)] {
            let (left, right) = (rows(&mut random, sizes.0, keys, times), rows(&mut random, sizes.1, keys, times));
            let engine = Engine::new(&config).unwrap();
            for (name, rows) in [("l", &left), ("r", &right)] {
                let text = format!("CREATE TABLE {name} (i BIGINT, k BIGINT, t BIGINT) AS VALUES {}", values(rows));
                engine.spawn(Arc::clone(&engine).execute(text, Params::None)).unwrap().join().unwrap();
            }
            check(&engine, &left, &right);
        }
    }
}

/// Values of parameters in both conditions and in TOLERANCE, in the order of the text.
#[test]
fn parameters() {
    use datafusion::common::ScalarValue;
    let engine = Engine::new(&[]).unwrap();
    let bound = |text: &str, values: Vec<ScalarValue>| {
        let work = Arc::clone(&engine).execute(text.to_string(), Params::Positional(values));
        let rows = engine.spawn(work).unwrap().join().unwrap().rows.unwrap();
        loop {
            match rows.step(Duration::from_secs(60)).unwrap() {
                Step::Batch(batch) => return batch.column(0).as_primitive::<Int64Type>().value(0),
                Step::Wait => {}
                Step::End => panic!("{text} gives no row"),
            }
        }
    };
    let integers = "SELECT COUNT(r.k) FROM (VALUES (1, 10), (1, 20), (2, 30)) AS l(k, t)
        ASOF JOIN (VALUES (1, 5), (1, 15), (2, 5)) AS r(k, t) MATCH_CONDITION (l.t >= r.t + ?) ON l.k = r.k + ? TOLERANCE ?";
    let integer = |n: i64| ScalarValue::Int64(Some(n));
    assert_eq!(bound(integers, vec![integer(0), integer(0), integer(5)]), 2);
    assert_eq!(bound(integers, vec![integer(0), integer(0), integer(25)]), 3);
    assert_eq!(bound(integers, vec![integer(0), integer(1), integer(25)]), 1);
    let times = "SELECT COUNT(r.t) FROM (SELECT TIMESTAMP '2024-01-01 00:00:06' AS t) AS l
        ASOF JOIN (SELECT TIMESTAMP '2024-01-01 00:00:01' AS t) AS r MATCH_CONDITION (l.t >= r.t) TOLERANCE ?";
    assert_eq!(bound(times, vec![ScalarValue::DurationMicrosecond(Some(5_000_000))]), 1);
    assert_eq!(bound(times, vec![ScalarValue::DurationMicrosecond(Some(4_999_999))]), 0);
}
