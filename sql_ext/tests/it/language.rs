//! Statements through text, binder and operators, with kernels on and off.

use std::sync::Arc;

use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use ltseq::error::Error;
use ltseq::exec::scan::MemoryScan;
use ltseq::plan::SourceTable;
use ltseq::{analyze, exec, plan, registry, sql};

pub fn session(batch_size: usize, partitions: usize, kernels: bool) -> SessionContext {
    let config = SessionConfig::new()
        .with_batch_size(batch_size)
        .with_target_partitions(partitions)
        .set_bool("datafusion.sql_parser.collect_spans", true);
    let rules = if kernels { analyze::analyzer_rules() } else { analyze::portable_analyzer_rules() };
    let mut builder = SessionStateBuilder::new()
        .with_config(config)
        .with_default_features()
        .with_analyzer_rules(rules)
        .with_query_planner(Arc::new(exec::planner::OrderedQueryPlanner));
    builder.expr_planners().get_or_insert_default().insert(0, Arc::new(sql::OrderedExprPlanner));
    builder.scalar_functions().get_or_insert_default().extend(plan::hidden::placeholders());
    builder.window_functions().get_or_insert_default().extend(registry::sequence_functions());
    builder.aggregate_functions().get_or_insert_default().extend(registry::ordered_aggregates());
    for rule in exec::rules::physical_rules() {
        builder = builder.with_physical_optimizer_rule(rule);
    }
    let context = SessionContext::new_with_state(builder.build());
    context.register_relation_planner(Arc::new(sql::OrderedRelationPlanner)).unwrap();
    context
}

async fn run(context: &SessionContext, text: &str, explain: bool) -> Result<String, Error> {
    let state = context.state();
    let mut shown = String::new();
    for one in sql::parse(text, &state)? {
        let plan = sql::plan(&state, one).await.map_err(|e| Error::from(e).with_text(text))?;
        if let datafusion::logical_expr::LogicalPlan::Ddl(datafusion::logical_expr::DdlStatement::CreateMemoryTable(
            create,
        )) = &plan
        {
            let frame = context.execute_logical_plan(create.input.as_ref().clone()).await?;
            let schema = Arc::new(frame.schema().as_arrow().clone());
            let memory = Arc::new(MemTable::try_new(schema, vec![frame.collect().await?])?);
            let table: Arc<dyn TableProvider> =
                Arc::new(SourceTable::new(Arc::clone(&memory) as _, Arc::new(MemoryScan::new(memory))));
            context.register_table(create.name.clone(), table)?;
            continue;
        }
        if explain {
            let state = context.state();
            let analyzed = state.analyzer().execute_and_check(plan.clone(), state.config_options(), |_, _| {})?;
            println!("{}", analyzed.display_indent());
        }
        let frame = context.execute_logical_plan(plan).await?;
        if explain {
            shown += &format!("{}\n", frame.clone().into_optimized_plan()?.display_indent());
            let physical = frame.clone().create_physical_plan().await?;
            shown += &format!("{}\n", datafusion::physical_plan::displayable(physical.as_ref()).indent(true));
        }
        let batches = frame.collect().await?;
        shown += &format!("{}\n", pretty_format_batches(&batches).unwrap());
    }
    Ok(shown)
}

#[tokio::test]
async fn scratch() {
    let Ok(text) = std::fs::read_to_string("/tmp/x.sql") else { return };
    let (setup, rest) = text.split_once(";;\n").unwrap();
    for one in rest.split(";;\n").filter(|s| !s.trim().is_empty()) {
        println!("=== {one}");
        let mut seen = None;
        for (batch, partitions, kernels) in [(8192, 4, true), (1, 1, true), (2, 4, true), (8192, 2, false)] {
            let context = session(batch, partitions, kernels);
            run(&context, setup, false).await.unwrap();
            let result = match run(&context, one, false).await {
                Ok(rows) => rows,
                Err(error) => error.to_string(),
            };
            if std::env::var("Y").is_ok() {
                println!("FIRST {result}");
            }
            if seen.as_ref().is_some_and(|s| *s != result) {
                println!("DIFFERS for batch {batch} partitions {partitions} kernels {kernels}:\n{result}");
            } else if seen.is_none() {
                let explained = run(&context, one, std::env::var("X").is_ok()).await;
                println!("{}", explained.unwrap_or_else(|e| e.to_string()).replace('\u{1}', "~"));
                seen = Some(result);
            }
        }
    }
}
