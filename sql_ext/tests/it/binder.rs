//! Plans built by hand, bound and run.

use std::sync::Arc;

use datafusion::arrow::array::{Int64Array, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::catalog::TableProvider;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::expr::{WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{
    Expr, LogicalPlan, LogicalPlanBuilder, WindowFrame, WindowFunctionDefinition, col, lit,
};
use datafusion::prelude::{SessionConfig, SessionContext};
use ltseq::exec::scan::MemoryScan;
use ltseq::order::Trust;
use ltseq::plan::hidden::{hide, marker};
use ltseq::plan::{SourceTable, builder};
use ltseq::registry::{find, sequence_call};

fn context(batch_size: usize, partitions: usize) -> SessionContext {
    let config = SessionConfig::new().with_batch_size(batch_size).with_target_partitions(partitions);
    let mut state = SessionStateBuilder::new()
        .with_default_features()
        .with_config(config)
        .with_analyzer_rules(ltseq::analyze::analyzer_rules())
        .with_query_planner(Arc::new(ltseq::exec::planner::OrderedQueryPlanner));
    for rule in ltseq::exec::rules::physical_rules() {
        state = state.with_physical_optimizer_rule(rule);
    }
    SessionContext::new_with_state(state.build())
}

fn ticks() -> LogicalPlan {
    let schema = Arc::new(Schema::new(vec![
        Field::new("ts", DataType::Int64, true),
        Field::new("sym", DataType::Utf8, true),
        Field::new("px", DataType::Int64, true),
    ]));
    let batch = RecordBatch::try_new(
        Arc::clone(&schema),
        vec![
            Arc::new(Int64Array::from(vec![3, 1, 2, 1, 3, 2])),
            Arc::new(StringArray::from(vec!["a", "a", "a", "b", "b", "b"])),
            Arc::new(Int64Array::from(vec![30, 10, 20, 11, 31, 21])),
        ],
    )
    .unwrap();
    let memory = Arc::new(MemTable::try_new(schema, vec![vec![batch]]).unwrap());
    let scan = Arc::new(MemoryScan::new(Arc::clone(&memory), None));
    let table: Arc<dyn TableProvider> = Arc::new(SourceTable::new(memory, scan));
    LogicalPlanBuilder::scan("ticks", provider_as_source(table), None).unwrap().build().unwrap()
}

fn call(name: &str, args: Vec<Expr>) -> Expr {
    let args = args.into_iter().map(|a| hide(a).unwrap()).collect();
    let (udwf, args) = sequence_call(find(name).unwrap(), args, vec![]).unwrap();
    Expr::WindowFunction(Box::new(WindowFunction {
        fun: WindowFunctionDefinition::WindowUDF(udwf),
        params: WindowFunctionParams {
            args,
            partition_by: vec![],
            order_by: vec![marker()],
            window_frame: WindowFrame::new(None),
            filter: None,
            null_treatment: None,
            distinct: false,
        },
    }))
}

async fn show(plan: LogicalPlan) -> Vec<String> {
    let mut seen: Option<Vec<String>> = None;
    for (batch, partitions) in [(1, 1), (2, 4), (8192, 4)] {
        let context = context(batch, partitions);
        let frame = context.execute_logical_plan(plan.clone()).await.unwrap();
        if seen.is_none() {
            println!("{}", frame.clone().into_optimized_plan().unwrap().display_indent());
            let physical = frame.clone().create_physical_plan().await.unwrap();
            println!("{}", datafusion::physical_plan::displayable(physical.as_ref()).indent(true));
        }
        let batches = frame.collect().await.unwrap();
        let text = pretty_format_batches(&batches).unwrap().to_string();
        println!("{text}");
        let rows: Vec<String> = text
            .lines()
            .filter(|l| l.starts_with('|'))
            .skip(1)
            .map(|l| l.split('|').map(str::trim).filter(|c| !c.is_empty()).collect::<Vec<_>>().join(" "))
            .collect();
        if let Some(before) = &seen {
            assert_eq!(before, &rows, "batch size {batch}, {partitions} partitions");
        }
        seen = Some(rows);
    }
    seen.unwrap()
}

#[tokio::test]
async fn rows_come_in_order_ties_by_source() {
    let plan = builder::ordered(ticks(), vec![col("ts").sort(true, false)], vec![], Trust::Establish).unwrap();
    let plan = builder::project(plan, vec![col("ts"), col("px")]).unwrap();
    assert_eq!(show(plan).await, ["1 10", "1 11", "2 20", "2 21", "3 30", "3 31"]);
}

#[tokio::test]
async fn run_ids_nest_and_filter() {
    let plan = builder::ordered(ticks(), vec![col("ts").sort(true, false)], vec![], Trust::Establish).unwrap();
    let id = call("run_id", vec![col("ts")]);
    let streak = call("streak", vec![id.clone().gt_eq(lit(1_i64))]).alias("s");
    let plan = builder::project(plan, vec![col("px"), id.alias("id"), streak]).unwrap();
    let plan = builder::filter(plan, col("s").lt(lit(3_i64))).unwrap();
    assert_eq!(show(plan).await, ["10 0 0", "11 0 0", "20 1 1", "21 1 2"]);
}

#[tokio::test]
async fn partitions_restart_and_lead_the_layout() {
    let plan =
        builder::ordered(ticks(), vec![col("ts").sort(false, true)], vec![col("sym")], Trust::Establish).unwrap();
    let id = call("run_id", vec![col("ts")]);
    let plan = builder::project(plan, vec![col("sym"), col("px"), id.alias("id")]).unwrap();
    let plan = LogicalPlanBuilder::from(plan).limit(1, Some(4)).unwrap().build().unwrap();
    assert_eq!(show(plan).await, ["a 20 1", "a 10 2", "b 31 0", "b 21 1"]);
}

fn write_parquet(path: &std::path::Path, from: i64, rows: i64) {
    use datafusion::parquet::arrow::ArrowWriter;
    use datafusion::parquet::file::properties::WriterProperties;
    let schema =
        Arc::new(Schema::new(vec![Field::new("k", DataType::Int64, true), Field::new("n", DataType::Int64, true)]));
    let numbers = Int64Array::from_iter_values(from..from + rows);
    let keys = Int64Array::from_iter_values((from..from + rows).map(|n| n / 10));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(keys), Arc::new(numbers)]).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(100)).build();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, schema, Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

async fn parquet(context: &SessionContext, paths: &[String], order: &str, trust: Trust) -> LogicalPlan {
    use datafusion::datasource::file_format::parquet::ParquetFormat;
    use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
    let urls = paths.iter().map(|p| ListingTableUrl::parse(p).unwrap()).collect();
    let options = ListingOptions::new(Arc::new(ParquetFormat::default()));
    let config = ListingTableConfig::new_with_multi_paths(urls)
        .with_listing_options(options)
        .infer_schema(&context.state())
        .await
        .unwrap();
    let listing = Arc::new(ListingTable::try_new(config).unwrap());
    let scan = Arc::new(ltseq::exec::scan::FileScan::new(Arc::clone(&listing)));
    let order = ltseq::order::Order::new(vec![], vec![col(order).sort(true, false)]);
    let table: Arc<dyn TableProvider> = Arc::new(SourceTable::new(listing, scan).with_declared(order, trust));
    LogicalPlanBuilder::scan("file", provider_as_source(table), None).unwrap().build().unwrap()
}

#[tokio::test]
async fn row_groups_of_files_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<String> =
        ["b", "a"].iter().map(|n| folder.path().join(format!("{n}.parquet")).display().to_string()).collect();
    write_parquet(std::path::Path::new(&paths[0]), 0, 250);
    write_parquet(std::path::Path::new(&paths[1]), 250, 1000);
    for partitions in [1, 2, 4] {
        let context = context(64, partitions);
        let plan = parquet(&context, &paths, "k", Trust::Check).await;
        let id = call("run_id", vec![col("k")]);
        let plan = builder::filter(plan, col("n").gt_eq(lit(120_i64))).unwrap();
        let plan = builder::project(plan, vec![col("n"), id.alias("id")]).unwrap();
        let frame = context.execute_logical_plan(plan).await.unwrap();
        let physical = frame.clone().create_physical_plan().await.unwrap();
        let text = datafusion::physical_plan::displayable(physical.as_ref()).indent(true).to_string();
        assert!(text.contains("OrderedConcatExec") && !text.contains("Sort"), "{text}");
        let batches = frame.collect().await.unwrap();
        let mut expected = 120_i64;
        for batch in batches {
            let n = batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap();
            let id = batch.column(1).as_any().downcast_ref::<Int64Array>().unwrap();
            for i in 0..batch.num_rows() {
                assert_eq!((n.value(i), id.value(i)), (expected, expected / 10 - 12));
                expected += 1;
            }
        }
        assert_eq!(expected, 1250);
    }
}

#[tokio::test]
async fn a_false_declaration_names_file_row_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<String> =
        ["a", "b"].iter().map(|n| folder.path().join(format!("{n}.parquet")).display().to_string()).collect();
    write_parquet(std::path::Path::new(&paths[0]), 1000, 250);
    write_parquet(std::path::Path::new(&paths[1]), 0, 150);
    let context = context(64, 2);
    let plan = parquet(&context, &paths, "k", Trust::Check).await;
    let error = context.execute_logical_plan(plan.clone()).await.unwrap().collect().await.unwrap_err();
    let error = ltseq::error::Error::from(error);
    assert_eq!(error.code.as_str(), "ORDER_VIOLATION");
    assert!(
        error.message.contains("'file' by k is false at row 1 in file '/")
            && error.message.contains("b.parquet': 0 comes after 124"),
        "{error}"
    );
    // COUNT(*) does not rely on the order.
    let count = LogicalPlanBuilder::from(plan)
        .aggregate(Vec::<Expr>::new(), vec![datafusion::functions_aggregate::expr_fn::count(lit(1_i64))])
        .unwrap()
        .build()
        .unwrap();
    assert!(context.execute_logical_plan(count).await.unwrap().collect().await.is_ok());
}
