//! From SQL text to unoptimised plans: what each clause becomes, and where errors point.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use datafusion::datasource::MemTable;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::context::SessionContext;
use datafusion::prelude::SessionConfig;
use ltseq::error::Error;
use ltseq::{plan, registry, sql};

mod asof;
mod errors;
mod links;
mod placement;
mod plans;
mod stock;
mod words;

fn table(context: &SessionContext, name: &str, columns: &[(&str, DataType)]) {
    let fields: Vec<Field> = columns.iter().map(|(n, t)| Field::new(*n, t.clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::new_empty(Arc::clone(&schema));
    let table = MemTable::try_new(schema, vec![vec![batch]]).unwrap();
    context.register_table(name, Arc::new(table)).unwrap();
}

fn context() -> SessionContext {
    let config = SessionConfig::new()
        .set_bool("datafusion.sql_parser.collect_spans", true)
        .set_usize("datafusion.sql_parser.recursion_limit", 128);
    let mut builder = SessionStateBuilder::new().with_config(config).with_default_features();
    builder.expr_planners().get_or_insert_default().insert(0, Arc::new(sql::OrderedExprPlanner));
    builder.scalar_functions().get_or_insert_default().extend(plan::hidden::placeholders());
    builder.window_functions().get_or_insert_default().extend(registry::sequence_functions());
    builder.aggregate_functions().get_or_insert_default().extend(registry::ordered_aggregates());
    let context = SessionContext::new_with_state(builder.build());
    context.register_relation_planner(Arc::new(sql::OrderedRelationPlanner)).unwrap();
    let ts = || DataType::Timestamp(TimeUnit::Microsecond, None);
    let (int, text) = (|| DataType::Int64, || DataType::Utf8);
    table(&context, "t", &[("ts", int()), ("sym", text()), ("px", DataType::Float64), ("n", int())]);
    table(&context, "u", &[("ts", int()), ("sym", text()), ("id", int()), ("name", text())]);
    table(&context, "v", &[("id", int()), ("region", text())]);
    table(&context, "trades", &[("ts", ts()), ("sym", text()), ("px", DataType::Float64)]);
    table(&context, "ev", &[("ts", ts()), ("uid", int()), ("url", text())]);
    table(&context, "hits", &[("ts", ts()), ("uid", int()), ("url", text())]);
    table(&context, "log", &[("ts", ts()), ("dev", text()), ("state", text())]);
    table(&context, "ticks", &[("ts", ts()), ("sym", text()), ("px", DataType::Float64)]);
    table(&context, "orders", &[("id", int()), ("cust", int())]);
    table(&context, "customers", &[("id", int()), ("name", text()), ("region", text())]);
    table(&context, "ordered", &[("by", int()), ("link", int())]);
    context
}

fn try_plan(text: &str) -> Result<String, Error> {
    let context = context();
    let state = context.state();
    let parsed = sql::parse(text, &state)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut lines = vec![];
    for one in parsed {
        let calls = one.calls.clone();
        let plan = runtime.block_on(sql::plan(&state, one));
        let plan = plan.map_err(|e| sql::locate(&calls, Error::from(e)).with_text(text))?;
        lines.push(plan.display_indent().to_string());
    }
    Ok(lines.join("\n--\n"))
}

/// Asserts that a text is planned as `expected`.
fn planned(text: &str, expected: &str) {
    match try_plan(text) {
        Ok(plan) => assert_eq!(compact(&plan), expected.trim_matches('\n'), "{text}"),
        Err(error) => panic!("{text}\n{error}"),
    }
}

/// Asserts that a text fails with this code, at this line and column, with this message.
fn fails(text: &str, code: &str, place: (u64, u64), message: &str) {
    let error = match try_plan(text) {
        Ok(plan) => panic!("{text}\nis planned as\n{plan}"),
        Err(error) => error,
    };
    let found = error.position.map_or((0, 0), |p| (p.line, p.column));
    assert_eq!((error.code.as_str(), found), (code, place), "{text}\n{error}");
    assert!(error.message.contains(message), "{text}\n{error}");
    assert!(!error.to_string().contains('\u{1}'), "{text}\n{error}");
}

/// Control characters made visible, and the frames of default windows left out.
fn compact(plan: &str) -> String {
    plan.replace('\u{1}', "~")
        .replace(" RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", "")
        .replace(" ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", "")
        .replace("ORDER BY [~seq_order() ASC NULLS LAST]", "~MARK")
}
