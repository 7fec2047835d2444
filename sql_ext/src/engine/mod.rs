//! Sessions: runtime, names, statements, plans that run, cancelling.

mod catalog;
pub mod config;
mod copy;
mod ddl;
mod duplicates;
mod edit;
mod folder;
mod hints;
mod params;
mod plan;
mod prepared;
mod runtime;
mod statement;
mod stoppable;
mod stream;
pub mod wiring;
mod writable;
mod write;

pub use params::Params;
pub use plan::{Plan, batch_of, described};
pub use runtime::{Task, handle, panic_error};
pub use statement::Outcome;
pub use stream::{RowStream, Step, forked};

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::TableReference;
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::execution::SessionState;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::prelude::SessionContext;
use datafusion::sql::resolve::resolve_table_references;

use crate::cancel::Interrupts;
use crate::error::{Code, Error, Result};
use crate::plan::SourceTable;
use crate::source::files::{self, Kind};
use crate::source::{csv, memory, parquet, range};

/// A session.
pub struct Engine {
    context: SessionContext,
    interrupts: Interrupts,
    prepared: prepared::Prepared,
    unnamed: AtomicUsize,
    process: u32,
}

impl Engine {
    /// A session with these settings.
    pub fn new(settings: &[(String, String)]) -> Result<Arc<Engine>> {
        let config::Settings { config, runtime, kernels } = config::Settings::read(settings)?;
        let builder = SessionStateBuilder::new().with_config(config).with_runtime_env(runtime).with_default_features();
        let state = wiring::session(builder, kernels).build();
        Ok(Arc::new(Engine {
            context: SessionContext::new_with_state(state),
            interrupts: Interrupts::default(),
            prepared: prepared::Prepared::default(),
            unnamed: AtomicUsize::new(0),
            process: std::process::id(),
        }))
    }

    /// The session's state as of now.
    pub fn state(&self) -> SessionState {
        self.context.state()
    }

    /// Starts work that [`interrupt`](Self::interrupt) can cancel.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = Result<T>> + Send + 'static) -> Result<Task<T>> {
        if self.process != std::process::id() {
            return Err(forked());
        }
        let token = self.interrupts.token();
        token.limit(config::statement_timeout(self.context.state_ref().read().config()));
        Task::spawn(token, work)
    }

    /// Cancels what runs, from any thread.
    pub fn interrupt(&self) {
        self.interrupts.interrupt();
    }

    /// Makes rows a table of the session, in place of one of that name.
    pub fn register(&self, name: &str, schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<()> {
        let table = self.in_memory(schema, batches)?;
        self.put(name, Arc::new(table))
    }

    /// Makes a plan a view of the session.
    pub fn register_plan(&self, name: &str, plan: &Plan) -> Result<()> {
        self.put(name, Arc::new(ViewTable::new(plan.logical().clone(), None)))
    }

    fn put(&self, name: &str, table: Arc<dyn datafusion::catalog::TableProvider>) -> Result<()> {
        let name = TableReference::bare(name);
        self.context.deregister_table(name.clone()).map_err(Error::from)?;
        self.context.register_table(name, table).map_err(Error::from)?;
        Ok(())
    }

    /// Takes a table or view away; false if there is none.
    pub fn deregister(&self, name: &str) -> Result<bool> {
        Ok(self.context.deregister_table(TableReference::bare(name)).map_err(Error::from)?.is_some())
    }

    /// A plan over rows in memory.
    pub fn from_batches(
        self: &Arc<Self>,
        schema: SchemaRef,
        batches: Vec<RecordBatch>,
        name: Option<&str>,
    ) -> Result<Plan> {
        let table = self.in_memory(schema, batches)?;
        self.scan(name, table)
    }

    fn in_memory(&self, schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<SourceTable> {
        ddl::refuse_names(&schema)?;
        memory::table(schema, batches, None).map_err(Error::from)
    }

    /// A plan over a source; one without a name becomes `mem_1`, `mem_2`, …
    pub(crate) fn scan(self: &Arc<Self>, name: Option<&str>, table: SourceTable) -> Result<Plan> {
        let given = name.map(str::to_string);
        let name = given.clone().unwrap_or_else(|| format!("mem_{}", self.unnamed.fetch_add(1, Ordering::Relaxed) + 1));
        let table = if given.is_none() { table.without_name() } else { table };
        let source = provider_as_source(Arc::new(table));
        let plan = LogicalPlanBuilder::scan(TableReference::bare(name), source, None).and_then(|b| b.build());
        Ok(Plan::new(Arc::clone(self), plan.map_err(Error::from)?, given))
    }

    /// A plan over CSV files; `options` is JSON.
    pub async fn read_csv(self: Arc<Self>, paths: Vec<String>, options: String) -> Result<Plan> {
        let options = csv::Options::parse(&options)?;
        let files = files::resolve(&paths, Kind::Csv)?;
        let table = csv::read(&self.state(), &files, &options).await?;
        ddl::refuse_names(&table.inner().schema())?;
        self.scan(files.name.as_deref(), table)
    }

    /// A plan over Parquet files.
    pub async fn read_parquet(self: Arc<Self>, paths: Vec<String>) -> Result<Plan> {
        let files = files::resolve(&paths, Kind::Parquet)?;
        let table = parquet::read(&self.state(), &files).await?;
        ddl::refuse_names(&table.inner().schema())?;
        self.scan(files.name.as_deref(), table)
    }

    /// A plan over a range of numbers.
    pub fn range(self: &Arc<Self>, start: i64, stop: i64, step: i64) -> Result<Plan> {
        self.scan(None, range::table(start, stop, step)?)
    }

    /// A plan over a table of the session.
    pub async fn table(self: Arc<Self>, name: String) -> Result<Plan> {
        let exact = TableReference::bare(name.as_str());
        let known = self.context.table_exist(exact.clone()).unwrap_or(false);
        let reference = if known { exact } else { TableReference::parse_str(&name) };
        let Ok(provider) = self.context.table_provider(reference.clone()).await else {
            return Err(hints::unknown_table(&name, &self.state()));
        };
        let plan = LogicalPlanBuilder::scan(reference, provider_as_source(provider), None).and_then(|b| b.build());
        Ok(Plan::new(self, plan.map_err(Error::from)?, Some(name)))
    }

    /// Runs all statements of a text; the last one's result.
    pub async fn execute(self: Arc<Self>, text: String, params: Params) -> Result<Outcome> {
        statement::execute(&self, &text, &params, vec![]).await.map_err(|e| hints::complete(e, &text, &self.state()))
    }

    /// The plan of a query over the given tables; other statements run at once, and
    /// their result is the plan's rows.
    pub async fn plan_sql(self: Arc<Self>, text: String, params: Params, tables: Vec<(String, Plan)>) -> Result<Plan> {
        statement::plan(&self, &text, &params, tables).await.map_err(|e| hints::complete(e, &text, &self.state()))
    }

    /// The tables that a text names, as SQL reads their names; none where it does not parse.
    pub fn table_names(&self, text: &str) -> Vec<String> {
        let Ok(parsed) = wiring::parse(text, &self.state()) else { return vec![] };
        let references = parsed.iter().filter_map(|one| resolve_table_references(&one.statement, true).ok());
        references.flat_map(|(tables, _)| tables).map(|name| name.table().to_string()).collect()
    }

    /// SQL text as an expression payload.
    pub fn sql_expr(&self, text: &str) -> Result<String> {
        wiring::sql_expr(&self.state(), text).map_err(|e| e.with_text(text))
    }
}

impl From<datafusion::arrow::error::ArrowError> for Error {
    fn from(error: datafusion::arrow::error::ArrowError) -> Self {
        datafusion::common::DataFusionError::from(error).into()
    }
}

/// A setting, a statement or a payload that has no meaning here.
pub(crate) fn unsupported(what: impl Into<String>) -> Error {
    Error::new(Code::NotSupported, what)
}
