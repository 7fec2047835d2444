//! Payloads of the object API become plans.

mod pairs;

use std::sync::Arc;

use datafusion::arrow::array::{Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::prelude::SessionContext;
use ltseq::error::{Code, Result};
use ltseq::sql::dsl;
use serde_json::{Value, json};

fn ticks() -> LogicalPlan {
    let batch = RecordBatch::try_from_iter([
        ("ts", Arc::new(TimestampMicrosecondArray::from(vec![0, 1_000_000, 2_000_000, 3_000_000])) as _),
        ("sym", Arc::new(StringArray::from(vec!["A", "B", "A", "B"])) as _),
        ("px", Arc::new(Float64Array::from(vec![Some(1.5), Some(2.0), None, Some(-0.0)])) as _),
        ("n", Arc::new(Int64Array::from(vec![7, -7, 3, 0])) as _),
    ]);
    table("ticks", batch.expect("the batch"))
}

fn table(name: &str, batch: RecordBatch) -> LogicalPlan {
    let provider = MemTable::try_new(batch.schema(), vec![vec![batch]]).expect("the table");
    let scan = LogicalPlanBuilder::scan(name, provider_as_source(Arc::new(provider)), None);
    scan.and_then(LogicalPlanBuilder::build).expect("the scan")
}

fn c(name: &str) -> Value {
    json!({"type": "Column", "name": name})
}

fn side(name: &str, side: &str) -> Value {
    json!({"type": "Column", "name": name, "side": side})
}

fn i(n: i64) -> Value {
    json!({"type": "Literal", "value": n, "dtype": "Int64"})
}

fn s(text: &str) -> Value {
    json!({"type": "Literal", "value": text, "dtype": "Utf8"})
}

fn call(func: &str, args: &[Value]) -> Value {
    json!({"type": "Call", "func": func, "args": args, "kwargs": {}})
}

fn callk(func: &str, args: &[Value], kwargs: Value) -> Value {
    json!({"type": "Call", "func": func, "args": args, "kwargs": kwargs})
}

fn named(pairs: &[(&str, Value)]) -> Value {
    pairs.iter().map(|(n, e)| json!({"name": n, "expr": e})).collect()
}

fn verb(input: &LogicalPlan, name: &str, payload: Value) -> Result<LogicalPlan> {
    verb2(input, name, payload, &[])
}

fn verb2(input: &LogicalPlan, name: &str, payload: Value, others: &[LogicalPlan]) -> Result<LogicalPlan> {
    dsl::verb(&SessionContext::new(), input, name, &payload.to_string(), others)
}

fn shown(plan: &LogicalPlan) -> String {
    plan.display_indent().to_string().replace('\u{1}', "^")
}

fn sorted() -> LogicalPlan {
    verb(
        &ticks(),
        "sort",
        json!({"keys": [{"expr": c("ts"), "desc": false, "nulls_first": false}], "partition_by": [c("sym")]}),
    )
    .expect("sorted")
}

fn text(input: &LogicalPlan, expr: Value) -> String {
    dsl::expr_text(&SessionContext::new(), input, &expr.to_string(), &[]).unwrap_or_else(|e| e.to_string())
}

fn type_of(input: &LogicalPlan, expr: Value) -> String {
    dsl::expr_type(&SessionContext::new(), input, &expr.to_string(), &[]).unwrap_or_else(|e| e.to_string())
}

fn rows(plan: LogicalPlan) -> Vec<String> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let batches = runtime.block_on(async { SessionContext::new().execute_logical_plan(plan).await?.collect().await });
    let table = pretty_format_batches(&batches.expect("rows")).expect("a table").to_string();
    table
        .lines()
        .skip(3)
        .filter(|l| !l.starts_with('+'))
        .map(|l| l.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>().join(" "))
        .collect()
}

fn value(expr: Value) -> String {
    let plan = verb(&ticks(), "select", json!({"columns": [{"name": "x", "expr": expr}]})).expect("a plan");
    rows(plan).join(",")
}

#[test]
fn filter_sees_rows_before_it() {
    let plan = verb(&sorted(), "filter", json!({"predicates": [call("gt", &[c("px"), call("shift", &[c("px")])])]}));
    let plan = shown(&plan.expect("a plan"));
    assert!(plan.contains("WindowAggr") && plan.contains("^seq_order()"), "{plan}");
    assert!(plan.contains("Ordered: ticks.ts PARTITION BY ticks.sym"), "{plan}");
}

#[test]
fn names_of_columns() {
    let t = sorted();
    assert_eq!(text(&t, call("add", &[c("n"), i(1)])), "n + 1");
    assert_eq!(text(&t, call("shift", &[c("px"), i(1)])), "SHIFT(px, 1)");
    assert_eq!(text(&t, call("shift", &[c("px")])), "SHIFT(px)");
    assert_eq!(text(&t, callk("shift", &[c("px")], json!({"default": i(0)}))), "SHIFT(px, default => 0)");
    assert_eq!(text(&t, call("mul", &[call("add", &[c("n"), i(1)]), i(2)])), "(n + 1) * 2");
    assert_eq!(
        text(&t, callk("over", &[call("sum", &[c("px")])], json!({"partition_by": [c("sym")]}))),
        "SUM(px) OVER (PARTITION BY sym)"
    );
    let rolling = callk("rolling", &[call("avg", &[c("px")])], json!({"n": 20, "min_periods": 5}));
    assert_eq!(text(&t, rolling), "ROLLING(AVG(px), 20, min_periods => 5)");
    assert_eq!(text(&t, call("cum_sum", &[call("shift", &[c("px")])])), "CUM_SUM(SHIFT(px))");
    assert_eq!(text(&t, call("row_number", &[])), "ROW_NUMBER()");
    assert_eq!(text(&t, call("count", &[])), "COUNT(*)");
    assert_eq!(text(&t, call("str_upper", &[c("sym")])), "UPPER(sym)");
}

#[test]
fn types_of_expressions() {
    let t = sorted();
    for (expr, wanted) in [
        (call("truediv", &[c("n"), i(2)]), "float64"),
        (call("floordiv", &[c("n"), i(2)]), "int64"),
        (call("pow", &[c("n"), i(2)]), "int64"),
        (call("pow", &[c("n"), c("n")]), "float64"),
        (call("diff", &[c("ts")]), "duration[us]"),
        (call("add", &[c("sym"), s("x")]), "string"),
        (call("rank", &[]), "int64"),
        (call("now", &[]), "timestamp[us, UTC]"),
        (callk("cast", &[c("n")], json!({"type": "STR"})), "string"),
        (call("median", &[c("n")]), "float64"),
        (call("top_k", &[c("n"), i(2)]), "list<int64>"),
        (call("is_in", &[c("n")]), "bool"),
        (callk("rolling", &[call("sum", &[c("n")])], json!({"n": 3})), "int64"),
    ] {
        assert_eq!(type_of(&t, expr.clone()), wanted, "{expr}");
    }
}

#[test]
fn python_arithmetic() {
    assert_eq!(value(call("floordiv", &[c("n"), i(2)])), "3,-4,1,0");
    assert_eq!(value(call("mod", &[c("n"), i(2)])), "1,1,1,0");
    assert_eq!(value(call("mod", &[c("n"), i(-2)])), "-1,-1,-1,0");
    assert_eq!(value(call("truediv", &[c("n"), i(2)])), "3.5,-3.5,1.5,0.0");
    assert_eq!(value(call("pow", &[c("n"), i(2)])), "49,49,9,0");
    assert_eq!(
        value(call("same", &[c("px"), json!({"type": "Literal", "value": 0.0, "dtype": "Float64"})])),
        "false,false,false,true"
    );
}

#[test]
fn strings_and_times() {
    assert_eq!(value(call("str_strip", &[s("\u{a0}\u{1c} x \n")])), "x,x,x,x");
    assert_eq!(value(call("str_slice", &[s("hello"), i(1), i(3)])), "ell,ell,ell,ell");
    assert_eq!(value(call("str_find", &[s("héllo"), s("l")])).split(',').next(), Some("2"));
    assert_eq!(value(call("str_isupper", &[c("sym")])), "true,true,true,true");
    assert_eq!(value(call("dt_weekday", &[c("ts")])), "3,3,3,3");
    assert_eq!(value(call("dt_second", &[c("ts")])), "0,1,2,3");
    let later = callk("dt_add", &[c("ts")], json!({"months": 1, "days": i(1)}));
    assert_eq!(value(callk("dt_diff", &[later.clone(), c("ts")], json!({"unit": "day"}))), "32,32,32,32");
    assert_eq!(value(callk("dt_diff", &[later, c("ts")], json!({"unit": "month"}))), "1,1,1,1");
    let moved = callk("dt_add", &[c("ts")], json!({"hours": c("n")}));
    assert_eq!(value(callk("dt_diff", &[moved, c("ts")], json!({"unit": "hour"}))), "7,-7,3,0");
    let floor = callk(
        "dt_truncate",
        &[json!({"type": "Literal", "value": "2024-05-17", "dtype": "Date32"})],
        json!({"unit": "month"}),
    );
    assert_eq!(value(floor).split(',').next(), Some("2024-05-01"));
}

#[test]
fn every_method_has_a_base() {
    let ctx = SessionContext::new();
    for method in ltseq::registry::methods() {
        if let ltseq::registry::Lower::Base(name) = method.lower {
            use ltseq::registry::DslContext;
            assert!(
                DslContext::scalar(&ctx, name).is_some() || ctx.aggregate(name).is_some() || ctx.window(name).is_some(),
                "{name}"
            );
        }
    }
}

#[test]
fn unknown_columns_and_wrong_types() {
    let error = verb(&ticks(), "select", json!({"columns": [{"name": null, "expr": c("pz")}]})).expect_err("an error");
    assert_eq!((error.code, error.nearest.first().map(String::as_str)), (Code::UnknownColumn, Some("px")));
    let error = verb(&ticks(), "derive", json!({"columns": named(&[("x", call("add", &[c("sym"), i(1)]))])}))
        .expect_err("an error");
    assert_eq!(error.code, Code::Type);
    assert!(error.message.contains("column 'sym' of type string"), "{error}");
    let error = verb(&ticks(), "derive", json!({"columns": named(&[("x", call("str_upper", &[c("n")]))])}))
        .expect_err("an error");
    assert!(error.code == Code::Type && error.message.contains("column 'n' of type int64"), "{error}");
    let error =
        verb(&ticks(), "derive", json!({"columns": named(&[("x", call("shift", &[c("n")]))])})).expect_err("an error");
    assert_eq!(error.code, Code::NoOrder);
    let error =
        verb(&sorted(), "derive", json!({"columns": named(&[("x", call("sum", &[c("n")]))])})).expect_err("an error");
    assert!(error.code == Code::Argument && error.hint.as_deref().is_some_and(|h| h.contains(".over")), "{error}");
}

#[test]
fn derive_replaces_in_place() {
    let plan =
        verb(&ticks(), "derive", json!({"columns": named(&[("px", call("add", &[c("n"), i(1)])), ("z", c("px"))])}))
            .expect("a plan");
    let names: Vec<&str> = plan.schema().fields().iter().map(|f| f.name().as_str()).collect();
    assert_eq!(names, ["ts", "sym", "px", "n", "z"]);
    assert_eq!(
        rows(verb(&plan, "select", json!({"columns": [{"name": null, "expr": c("px")}]})).expect("a plan")).join(","),
        "8,-6,4,1"
    );
}

#[test]
fn agg_combines_aggregates() {
    let ratio = call("truediv", &[call("sum", &[c("n")]), call("count", &[])]);
    let plan = verb(&ticks(), "agg", json!({
        "by": named(&[("sym", c("sym"))]),
        "aggs": named(&[("r", ratio), ("m", call("max", &[c("px")])), ("k", call("count_if", &[call("gt", &[c("n"), i(0)])])) ]),
    })).expect("a plan");
    let mut found = rows(plan);
    found.sort();
    assert_eq!(found, ["A 5.0 1.5 2", "B -3.5 2.0 0"]);
    let error = verb(&ticks(), "agg", json!({"by": [], "aggs": named(&[("x", c("n"))])})).expect_err("an error");
    assert!(error.message.contains("column 'n'"), "{error}");
}

#[test]
fn runs_broadcast_and_aggregate() {
    let runs = verb(&sorted(), "runs", json!({"by": [c("sym")], "when": null})).expect("runs");
    let derived = verb(&runs, "runs_derive", json!({"columns": named(&[
        ("m", call("max", &[c("px")])), ("f", call("first", &[c("px")])), ("p", call("run_pos", &[])), ("d", call("diff", &[c("px")])),
    ])})).expect("a plan");
    let plan = shown(&derived);
    assert!(plan.contains("max(ticks.px) PARTITION BY [^run]"), "{plan}");
    assert!(plan.contains("first(ticks.px) PARTITION BY [^run] ORDER BY [^seq_order() ASC NULLS LAST]"), "{plan}");
    let whole =
        verb(&derived, "runs_filter", json!({"predicate": call("gt", &[call("count", &[]), i(1)])})).expect("a plan");
    assert!(whole.schema().field_names().iter().any(|n| n.contains("run")));
    let aggregated = verb(
        &whole,
        "runs_agg",
        json!({"aggs": named(&[("n", call("count", &[])), ("from", call("first", &[c("ts")]))])}),
    );
    let plan = shown(&aggregated.expect("a plan"));
    assert!(plan.contains("Aggregate: groupBy=[[^run, ticks.sym]]"), "{plan}");
    for verb_name in ["runs_first", "runs_last", "runs_flatten", "runs_rows"] {
        let plan = verb(&whole, verb_name, json!({"n": 1})).expect(verb_name);
        assert!(plan.schema().field_names().iter().all(|n| !n.contains('\u{1}')), "{verb_name}");
    }
}

#[test]
fn links_and_joins() {
    let names = table(
        "names",
        RecordBatch::try_from_iter([
            ("sym", Arc::new(StringArray::from(vec!["A", "C"])) as _),
            ("name", Arc::new(StringArray::from(vec!["Alpha", "Gamma"])) as _),
        ])
        .expect("a batch"),
    );
    let on = call("eq", &[side("sym", "left"), side("sym", "right")]);
    let linked =
        verb2(&sorted(), "link", json!({"on": on, "alias": "co", "join_type": "left"}), std::slice::from_ref(&names))
            .expect("a plan");
    let columns: Vec<&str> = linked.schema().fields().iter().map(|f| f.name().as_str()).collect();
    assert_eq!(columns, ["ts", "sym", "px", "n", "co_sym", "co_name"]);
    let joined = verb2(
        &ticks(),
        "join",
        json!({"on": on, "how": "inner", "strategy": null, "right": [["name", "name"]]}),
        std::slice::from_ref(&names),
    );
    assert_eq!(rows(joined.expect("a plan")).len(), 2);
    let anti = verb2(&ticks(), "anti_join", json!({"on": on}), std::slice::from_ref(&names)).expect("a plan");
    assert_eq!(rows(anti).len(), 2);
    let bad = call("lt", &[side("sym", "left"), side("sym", "right")]);
    let error = verb2(&ticks(), "join", json!({"on": bad, "how": "inner", "right": []}), std::slice::from_ref(&names))
        .expect_err("an error");
    assert!(error.message.contains("Invalid join condition"), "{error}");
    let error = verb2(&ticks(), "join", json!({"on": on, "how": "inner", "strategy": "merge", "right": []}), &[names])
        .expect_err("an error");
    assert!(error.message.contains("Left table is not sorted"), "{error}");
}

#[test]
fn numbers_join_texts_by_value() {
    let texts = table(
        "texts",
        RecordBatch::try_from_iter([(
            "k",
            Arc::new(StringArray::from(vec![Some("7"), Some("3.0"), Some("x"), None])) as _,
        )])
        .expect("a batch"),
    );
    let on = call("eq", &[side("n", "left"), side("k", "right")]);
    let joined =
        verb2(&ticks(), "join", json!({"on": on, "how": "inner", "right": [["k", "k"]]}), &[texts]).expect("a plan");
    let mut found: Vec<String> = rows(joined).iter().map(|r| r.rsplit(' ').next().unwrap_or("").to_string()).collect();
    found.sort();
    assert_eq!(found, ["3.0", "7"]);
}

#[test]
fn sets_of_rows() {
    let n = |t: &LogicalPlan| verb(t, "select", json!({"columns": [{"name": null, "expr": c("n")}]})).expect("a plan");
    let small = verb(&n(&ticks()), "filter", json!({"predicates": [call("gt", &[c("n"), i(0)])]})).expect("a plan");
    assert_eq!(rows(verb2(&n(&ticks()), "union", json!({}), std::slice::from_ref(&small)).expect("a plan")).len(), 6);
    let error = verb2(&ticks(), "union", json!({}), &[small]).expect_err("an error");
    assert_eq!(error.code, Code::SchemaMismatch);
    assert!(error.message.contains("'ts'"), "{error}");
}

#[test]
fn lookups_are_linked_below() {
    let names = table(
        "names",
        RecordBatch::try_from_iter([
            ("sym", Arc::new(StringArray::from(vec!["A", "C"])) as _),
            ("name", Arc::new(StringArray::from(vec!["Alpha", "Gamma"])) as _),
        ])
        .expect("a batch"),
    );
    let lookup = callk("lookup", &[c("sym")], json!({"target": 0, "column": "name", "join_key": null}));
    let plan =
        verb2(&ticks(), "filter", json!({"predicates": [call("is_not_null", &[lookup])]}), &[names]).expect("a plan");
    assert_eq!(plan.schema().fields().len(), 4);
    assert!(shown(&plan).contains("Link: LEFT"), "{}", shown(&plan));
}

#[test]
fn a_deep_expression_decodes() {
    let mut deep = c("n");
    for _ in 0..300 {
        deep = call("add", &[deep, i(1)]);
    }
    assert_eq!(type_of(&ticks(), deep), "int64");
}
