//! Aggregates of the user's own: over frames, runs and groups, with and without kernels.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::common::{Result, ScalarValue};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::function::AccumulatorArgs;
use datafusion::logical_expr::{Accumulator, Volatility, create_udaf};
use datafusion::physical_plan::collect;
use datafusion::prelude::{SessionConfig, SessionContext};
use ltseq::engine::wiring;
use ltseq::error::Error;

/// The product of the values: nothing can be taken out of it again.
#[derive(Debug, Default)]
struct Product(Option<f64>);

impl Accumulator for Product {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for value in values[0].as_primitive::<Float64Type>().iter().flatten() {
            self.0 = Some(self.0.unwrap_or(1.0) * value);
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(self.0))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

/// How many values there are, less those that have left the frame.
#[derive(Debug, Default)]
struct Present(f64);

impl Accumulator for Present {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.0 += (values[0].len() - values[0].null_count()) as f64;
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.0 -= (values[0].len() - values[0].null_count()) as f64;
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.0 += states[0].as_primitive::<Float64Type>().iter().flatten().sum::<f64>();
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::from(self.0))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

fn context(batch_size: usize, kernels: bool) -> SessionContext {
    let config = SessionConfig::new().with_batch_size(batch_size).with_target_partitions(2);
    let builder = SessionStateBuilder::new().with_config(config).with_default_features();
    let context = SessionContext::new_with_state(wiring::session(builder, kernels).build());
    let float = Arc::new(DataType::Float64);
    let product = |_: AccumulatorArgs| Ok(Box::<Product>::default() as Box<dyn Accumulator>);
    let present = |_: AccumulatorArgs| Ok(Box::<Present>::default() as Box<dyn Accumulator>);
    for (name, make) in [
        ("product", Arc::new(product) as Arc<dyn Fn(AccumulatorArgs) -> Result<Box<dyn Accumulator>> + Send + Sync>),
        ("present", Arc::new(present)),
    ] {
        let state = Arc::new(vec![DataType::Float64]);
        let udaf = create_udaf(name, vec![DataType::Float64], Arc::clone(&float), Volatility::Immutable, make, state);
        context.register_udaf(udaf);
    }
    context
}

/// The rows as text: cells with spaces, rows with bars.
async fn ask(context: &SessionContext, text: &str) -> std::result::Result<String, Error> {
    let state = context.state();
    let plan = wiring::plan(&state, wiring::parse(text, &state)?.remove(0)).await?;
    let physical = state.create_physical_plan(&plan).await?;
    let batches = collect(physical, state.task_ctx()).await?;
    let row = |batch: &datafusion::arrow::array::RecordBatch, i: usize| {
        let cell = |c: &ArrayRef| {
            if c.is_null(i) { "NULL".to_string() } else { array_value_to_string(c, i).unwrap() }
        };
        batch.columns().iter().map(cell).collect::<Vec<_>>().join(" ")
    };
    let rows = batches.iter().flat_map(|b| (0..b.num_rows()).map(move |i| row(b, i)));
    Ok(rows.collect::<Vec<_>>().join(" | "))
}

const FROM: &str = "FROM (VALUES (1, 'a', 1.0, DATE '2024-01-01'), (2, 'a', 2.0, DATE '2024-01-02'),
    (3, 'b', NULL, DATE '2024-01-03'), (4, 'a', 3.0, DATE '2024-01-05'), (5, 'a', 4.0, DATE '2024-01-06')) AS t(ts, k, x, d)";

/// Calls over the rows in the order of ts, and what they give.
const CALLS: &[(&str, &str)] = &[
    ("ROLLING(product(x), 2)", "NULL | 2.0 | NULL | NULL | 12.0"),
    ("ROLLING(product(x), 2, min_periods => 1)", "1.0 | 2.0 | 2.0 | 3.0 | 12.0"),
    ("ROLLING(product(x), preceding => 1, following => 1, min_periods => 1)", "2.0 | 2.0 | 6.0 | 12.0 | 12.0"),
    ("ROLLING(product(x) FILTER (WHERE x > 1), 3, min_periods => 1)", "NULL | 2.0 | 2.0 | 6.0 | 12.0"),
    ("ROLLING(present(x), 3, min_periods => 0)", "1.0 | 2.0 | 2.0 | 2.0 | 2.0"),
    ("ROLLING(product(SHIFT(x)), 2, min_periods => 1)", "NULL | 1.0 | 2.0 | 2.0 | 3.0"),
    ("CUM_SUM(ROLLING(product(x), 2, min_periods => 1))", "1.0 | 3.0 | 5.0 | 8.0 | 20.0"),
    ("product(x) OVER (ORDER BY ts)", "1.0 | 2.0 | 2.0 | 6.0 | 24.0"),
];

#[tokio::test]
async fn over_frames() {
    for (batch_size, kernels) in [(8192, true), (1, true), (8192, false)] {
        let context = context(batch_size, kernels);
        for (call, expected) in CALLS {
            let given = ask(&context, &format!("SELECT {call} {FROM} ORDERED BY ts")).await;
            assert_eq!(given.as_deref().map_err(ToString::to_string), Ok(*expected), "{call}, kernels {kernels}");
        }
        let days = format!("SELECT ROLLING(product(x), INTERVAL '1 day') {FROM} ORDERED BY d");
        assert_eq!(ask(&context, &days).await.unwrap(), "1.0 | 2.0 | 2.0 | 3.0 | 12.0", "kernels {kernels}");
    }
}

#[tokio::test]
async fn over_runs_and_groups() {
    for kernels in [true, false] {
        let context = context(8192, kernels);
        let runs = format!("SELECT k, product(x) {FROM} ORDERED BY ts GROUP ORDERED BY k");
        assert_eq!(ask(&context, &runs).await.unwrap(), "a 2.0 | b NULL | a 12.0");
        let all = format!("SELECT product(x) {FROM} ORDERED BY ts GROUP ORDERED BY k ALL ROWS PER RUN");
        assert_eq!(ask(&context, &all).await.unwrap(), "2.0 | 2.0 | NULL | 12.0 | 12.0");
        let inside = format!("SELECT k, product(x - COALESCE(SHIFT(x), 0)) {FROM} ORDERED BY ts GROUP BY k ORDER BY k");
        assert_eq!(ask(&context, &inside).await.unwrap(), "a 1.0 | b NULL");
    }
}
