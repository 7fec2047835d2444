//! From text to results.

use std::sync::Arc;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Schema, SchemaRef, UInt64Type};
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::datasource::ViewTable;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{DdlStatement, LogicalPlan, Statement as PlanStatement, Values, WriteOp};
use datafusion::sql::parser::Statement;

use super::catalog::{self, Given};
use super::duplicates::{self, Aside};
use super::folder::Put;
use super::params::{self, Bound, Params};
use super::stream::{Planned, RowStream};
use super::wiring::{self, Declaration, Parsed};
use super::writable::{edits_by_query, writable};
use super::{Engine, Plan, copy, ddl, edit, hints, prepared, unsupported};
use crate::error::{Code, Error, Result};

/// What a statement gives.
pub struct Outcome {
    /// The rows of a query, not yet started.
    pub rows: Option<RowStream>,
    /// Their columns.
    pub schema: SchemaRef,
    /// Rows written, where the statement writes rows and knows how many.
    pub rowcount: Option<u64>,
}

impl Outcome {
    fn done(rowcount: Option<u64>) -> Self {
        Outcome { rows: None, schema: Arc::new(Schema::empty()), rowcount }
    }
}

/// A statement with the values of its parameters.
struct Ready {
    parsed: Vec<Parsed>,
    bound: Arc<Bound>,
}

fn read(engine: &Engine, text: &str, params: &Params) -> Result<Ready> {
    let state = engine.state();
    let mut parsed = wiring::parse(text, &state)?;
    if parsed.is_empty() {
        return Err(no_statement());
    }
    let bound = Arc::new(params::bind(parsed.iter_mut().map(|p| &mut p.statement), params)?);
    Ok(Ready { parsed, bound })
}

/// Runs all statements; the last one's result.
pub async fn execute(
    engine: &Arc<Engine>,
    text: &str,
    params: &Params,
    tables: Vec<(String, Plan)>,
) -> Result<Outcome> {
    let Ready { parsed, bound } = read(engine, text, params)?;
    let given = providers(tables);
    let mut outcome = Outcome::done(None);
    for mut one in parsed {
        let calls = std::mem::take(&mut one.calls);
        outcome = execute_one(engine, one, &given, &bound).await.map_err(|e| wiring::locate(&calls, e))?;
        let (owned, session) = (text.to_string(), Arc::clone(engine));
        let explain = move |e| hints::complete(wiring::locate(&calls, e), &owned, &session.state());
        if let Some(rows) = &mut outcome.rows {
            rows.explain(explain);
        }
    }
    Ok(outcome)
}

async fn execute_one(engine: &Arc<Engine>, mut one: Parsed, given: &Given, bound: &Arc<Bound>) -> Result<Outcome> {
    let declared = one.declared.take();
    let state = state_for(engine, given, bound);
    let (plan, aside) = logical(&state, one, bound).await?;
    let names = aside.map(|aside| aside.names(plan.schema()));
    run(engine, &state, plan, declared, names.as_deref()).await
}

/// The plan of the query that the text ends in; statements before it run.
pub async fn plan(engine: &Arc<Engine>, text: &str, params: &Params, tables: Vec<(String, Plan)>) -> Result<Plan> {
    let Ready { mut parsed, bound } = read(engine, text, params)?;
    let given = providers(tables);
    let Some(mut last) = parsed.pop() else { return Err(no_statement()) };
    for mut one in parsed {
        let calls = std::mem::take(&mut one.calls);
        execute_one(engine, one, &given, &bound).await.map_err(|e| wiring::locate(&calls, e))?;
    }
    let calls = std::mem::take(&mut last.calls);
    plan_one(engine, last, &given, &bound).await.map_err(|e| wiring::locate(&calls, e))
}

async fn plan_one(engine: &Arc<Engine>, mut one: Parsed, given: &Given, bound: &Arc<Bound>) -> Result<Plan> {
    let declared = one.declared.take();
    let state = state_for(engine, given, bound);
    let beside = Beside::of(&one.statement);
    let plan = beside.complete(&state, wiring::plan(&state, one).await?, bound)?;
    let (plan, declared) = match plan {
        LogicalPlan::Statement(PlanStatement::Execute(execute)) => engine.prepared.execute(execute, &state)?,
        other => (other, declared),
    };
    if matches!(plan, LogicalPlan::Explain(_) | LogicalPlan::Analyze(_)) {
        // They stand at the root of a plan only: what they say becomes a table that verbs can read.
        writable(&plan)?;
        explainable(&state, &plan).await?;
        let planned = planned(&state, &plan, None).await?;
        let said = planned.collect().await?;
        return engine.from_batches(Arc::clone(planned.schema()), said, None);
    }
    if is_query(&plan) {
        // Bound only to find its errors while the text is known: the plan may become part of others.
        wiring::check(&state, &plan)?;
        let plan = crate::plan::case::of_one_type(plan).map_err(Error::from)?;
        return Ok(Plan::new(Arc::clone(engine), plan, None));
    }
    let outcome = run(engine, &state, plan, declared, None).await?;
    engine.from_batches(Arc::new(count_schema()), vec![count_batch(outcome.rowcount)?], None)
}

fn no_statement() -> Error {
    Error::new(Code::Syntax, "there is no statement in this text")
}

/// A statement's plan with the values of its parameters, and the columns whose names were repeated.
async fn logical(state: &SessionState, parsed: Parsed, bound: &Bound) -> Result<(LogicalPlan, Option<Aside>)> {
    let beside = Beside::of(&parsed.statement);
    let mut again = parsed.clone();
    let (plan, aside) = match wiring::plan(state, parsed).await {
        Ok(plan) => (plan, None),
        // Where that is not what the planner minded, the error stays the one about the user's own text.
        Err(error) => match duplicates::set_aside(&mut again.statement) {
            Some(aside) => (wiring::plan(state, again).await.map_err(|_| error)?, Some(aside)),
            None => return Err(error),
        },
    };
    Ok((beside.complete(state, plan, bound)?, aside))
}

/// What a statement declares beside its query, which the planner leaves out.
struct Beside {
    parameter_types: Option<usize>,
    not_null: Vec<bool>,
}

impl Beside {
    fn of(statement: &Statement) -> Self {
        Beside { parameter_types: prepared::declared_types(statement), not_null: ddl::not_null_columns(statement) }
    }

    /// The plan with its parameters' values and what is declared; fails where the query within it would.
    fn complete(self, state: &SessionState, plan: LogicalPlan, bound: &Bound) -> Result<LogicalPlan> {
        let plan = bound.resolve(plan).map_err(Error::from)?;
        let plan = ddl::declare_not_null(&self.not_null, plan)?;
        wiring::check_inner(state, &plan)?;
        prepared::check_types(self.parameter_types, &plan)?;
        Ok(plan)
    }
}

fn providers(tables: Vec<(String, Plan)>) -> Given {
    tables
        .into_iter()
        .map(|(name, plan)| {
            let view = ViewTable::new(plan.logical().clone(), None);
            (name, Arc::new(view) as Arc<dyn datafusion::catalog::TableProvider>)
        })
        .collect()
}

fn state_for(engine: &Engine, given: &Given, bound: &Arc<Bound>) -> SessionState {
    let mut state = catalog::with_names(engine.state(), given.clone());
    bound.declare(&mut state);
    state
}

/// Rows are stored in source order: ties keep it, whatever the number of partitions.
fn stored_in_order(plan: LogicalPlan) -> Result<LogicalPlan> {
    match plan {
        LogicalPlan::Dml(mut dml) if matches!(dml.op, WriteOp::Insert(_)) => {
            let input = lenient_values(Arc::unwrap_or_clone(dml.input))?;
            dml.input = Arc::new(wiring::in_source_order(input)?);
            Ok(LogicalPlan::Dml(dml))
        }
        other => Ok(other),
    }
}

/// VALUES take a NULL for any column: that a column is NOT NULL is for the table to say, by its name.
fn lenient_values(plan: LogicalPlan) -> Result<LogicalPlan> {
    let done = plan.transform_up(|node| match node {
        LogicalPlan::Values(values) => {
            let fields =
                values.schema.iter().map(|(q, f)| (q.cloned(), Arc::new(f.as_ref().clone().with_nullable(true))));
            let schema = DFSchema::new_with_metadata(fields.collect(), values.schema.metadata().clone())?;
            Ok(Transformed::yes(LogicalPlan::Values(Values { schema: Arc::new(schema), ..values })))
        }
        other => Ok(Transformed::yes(other.recompute_schema()?)),
    });
    Ok(done.map_err(Error::from)?.data)
}

fn is_query(plan: &LogicalPlan) -> bool {
    !matches!(plan, LogicalPlan::Ddl(_) | LogicalPlan::Dml(_) | LogicalPlan::Copy(_) | LogicalPlan::Statement(_))
}

/// Runs one planned statement; a query is only made ready.
pub async fn run(
    engine: &Arc<Engine>,
    state: &SessionState,
    plan: LogicalPlan,
    declared: Option<Declaration>,
    names: Option<&[String]>,
) -> Result<Outcome> {
    match plan {
        LogicalPlan::Ddl(DdlStatement::CreateMemoryTable(create)) => {
            ddl::create_table(engine, state, create, declared).await.map(Outcome::done)
        }
        LogicalPlan::Ddl(DdlStatement::CreateExternalTable(create)) => {
            ddl::create_external(engine, state, *create, declared).await?;
            Ok(Outcome::done(None))
        }
        LogicalPlan::Ddl(_) => stock(engine, plan).await,
        LogicalPlan::Statement(PlanStatement::Prepare(prepare)) => {
            engine.prepared.store(prepare, declared)?;
            Ok(Outcome::done(None))
        }
        LogicalPlan::Statement(PlanStatement::Execute(execute)) => {
            let (plan, declared) = engine.prepared.execute(execute, state)?;
            Box::pin(run(engine, state, plan, declared, None)).await
        }
        LogicalPlan::Statement(PlanStatement::Deallocate(deallocate)) => {
            engine.prepared.remove(&deallocate.name)?;
            Ok(Outcome::done(None))
        }
        LogicalPlan::Statement(PlanStatement::TransactionStart(_) | PlanStatement::TransactionEnd(_)) => {
            Err(unsupported("there are no transactions: every statement stands by itself"))
        }
        LogicalPlan::Statement(_) => stock(engine, plan).await,
        LogicalPlan::Dml(dml) if edits_by_query(&dml).map_err(Error::from)? => {
            edit::run(state, &dml).await.map(|count| Outcome::done(Some(count)))
        }
        LogicalPlan::Dml(_) | LogicalPlan::Copy(_) => write(state, plan).await.map(Outcome::done),
        query => {
            writable(&query)?;
            explainable(state, &query).await?;
            let planned = planned(state, &query, names).await?;
            let schema = Arc::clone(planned.schema());
            let rows = RowStream::new(planned, &engine.interrupts);
            Ok(Outcome { rows: Some(rows), schema, rowcount: None })
        }
    }
}

/// Stores rows in a table or in files; how many, where it is known.
async fn write(state: &SessionState, plan: LogicalPlan) -> Result<Option<u64>> {
    writable(&plan)?;
    let (mut copied, mut put) = (None, None);
    let plan = match stored_in_order(plan)? {
        LogicalPlan::Copy(mut copy) => {
            copied = copy::staged(&mut copy)?;
            LogicalPlan::Copy(copy)
        }
        LogicalPlan::Dml(mut dml) => {
            put = Put::aside(&mut dml)?;
            LogicalPlan::Dml(dml)
        }
        other => other,
    };
    let batches = planned(state, &plan, None).await?.collect().await?;
    copied.as_ref().map(copy::publish).transpose()?;
    put.as_ref().map(|put| put.publish(state)).transpose()?;
    Ok(count_of(&batches))
}

/// Fails where an EXPLAIN is of what cannot be planned: stock puts the error's text among the rows.
async fn explainable(state: &SessionState, plan: &LogicalPlan) -> Result<()> {
    let LogicalPlan::Explain(explain) = plan else { return Ok(()) };
    let inserts = matches!(explain.plan.as_ref(), LogicalPlan::Dml(dml) if matches!(dml.op, WriteOp::Insert(_)));
    if is_query(&explain.plan) || inserts {
        state.create_physical_plan(&explain.plan).await.map_err(Error::from)?;
    }
    Ok(())
}

/// Catalogue and settings, as stock does them.
async fn stock(engine: &Engine, plan: LogicalPlan) -> Result<Outcome> {
    let frame = engine.context.execute_logical_plan(plan).await.map_err(Error::from)?;
    match frame.logical_plan() {
        // What the session does not do comes back as it went in.
        LogicalPlan::Ddl(ddl) => Err(unsupported(format!("{} is not supported", ddl.name()))),
        LogicalPlan::Statement(statement) => Err(unsupported(format!("{} is not supported", statement.name()))),
        _ => Ok(Outcome::done(None)),
    }
}

/// A plan's operators, ready to run.
pub async fn planned(state: &SessionState, plan: &LogicalPlan, names: Option<&[String]>) -> Result<Planned> {
    let physical = state.create_physical_plan(plan).await.map_err(Error::from)?;
    Planned::new(physical, state, names)
}

fn count_of(batches: &[RecordBatch]) -> Option<u64> {
    let mut total = 0;
    for batch in batches {
        let column = batch.columns().first()?.as_primitive_opt::<UInt64Type>()?;
        total += column.values().iter().sum::<u64>();
    }
    Some(total)
}

fn count_schema() -> Schema {
    use datafusion::arrow::datatypes::{DataType, Field};
    Schema::new(vec![Field::new("count", DataType::Int64, true)])
}

fn count_batch(count: Option<u64>) -> Result<RecordBatch> {
    use datafusion::arrow::array::Int64Array;
    let rows: Int64Array = count.and_then(|n| i64::try_from(n).ok()).map(Some).into_iter().collect();
    Ok(RecordBatch::try_new(Arc::new(count_schema()), vec![Arc::new(rows)])?)
}
