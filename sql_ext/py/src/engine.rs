//! `Engine`: a session.

use std::collections::HashMap;
use std::sync::Arc;

use ltseq::engine::{self, Engine as Inner, batch_of};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::errors::caught;
use crate::plan::Plan;
use crate::result::QueryResult;
use crate::wait::{detached, finish};
use crate::{columns, import, params};

/// A session: names, settings, statements.
#[pyclass(frozen, module = "ltseq._native")]
pub struct Engine {
    inner: Arc<Inner>,
}

// The names are Python's: there `from_arrow` is a method of a session.
#[allow(clippy::wrong_self_convention)]
#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (config = None))]
    fn new(py: Python<'_>, config: Option<HashMap<String, String>>) -> PyResult<Self> {
        let mut settings: Vec<(String, String)> = config.unwrap_or_default().into_iter().collect();
        settings.sort();
        Ok(Engine { inner: detached(py, || Inner::new(&settings))? })
    }

    /// Runs all statements of the text; the last one's result.
    #[pyo3(signature = (sql, params = None))]
    fn execute(&self, py: Python<'_>, sql: String, params: Option<&Bound<'_, PyAny>>) -> PyResult<QueryResult> {
        let params = params::from_python(py, params)?;
        let inner = Arc::clone(&self.inner);
        let outcome = finish(py, || self.inner.spawn(inner.execute(sql, params)))?;
        Ok(QueryResult::new(outcome))
    }

    /// The plan of one query.
    #[pyo3(signature = (sql, params = None, tables = None))]
    fn plan_sql(
        &self,
        py: Python<'_>,
        sql: String,
        params: Option<&Bound<'_, PyAny>>,
        tables: Option<HashMap<String, Py<Plan>>>,
    ) -> PyResult<Plan> {
        let params = params::from_python(py, params)?;
        let tables =
            tables.unwrap_or_default().into_iter().map(|(name, plan)| (name, plan.get().inner().clone())).collect();
        let inner = Arc::clone(&self.inner);
        finish(py, || self.inner.spawn(inner.plan_sql(sql, params, tables))).map(Plan::new)
    }

    /// The tables that a text names; none where it does not parse.
    fn table_names(&self, py: Python<'_>, sql: &str) -> PyResult<Vec<String>> {
        detached(py, || Ok(self.inner.table_names(sql)))
    }

    /// SQL text as an expression payload.
    fn sql_expr(&self, py: Python<'_>, text: &str) -> PyResult<String> {
        detached(py, || self.inner.sql_expr(text))
    }

    /// Makes Arrow data a table of the session.
    fn register(&self, py: Python<'_>, name: &str, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let (schema, batches) = import::import(data)?;
        detached(py, || self.inner.register(name, schema, batches))
    }

    /// Makes a plan a view of the session.
    fn register_plan(&self, py: Python<'_>, name: &str, plan: &Plan) -> PyResult<()> {
        detached(py, || self.inner.register_plan(name, plan.inner()))
    }

    /// Takes a table or view away.
    fn deregister(&self, py: Python<'_>, name: &str) -> PyResult<bool> {
        detached(py, || self.inner.deregister(name))
    }

    /// A plan over Arrow data.
    #[pyo3(signature = (data, name = None))]
    fn from_arrow(&self, py: Python<'_>, data: &Bound<'_, PyAny>, name: Option<&str>) -> PyResult<Plan> {
        let (schema, batches) = import::import(data)?;
        detached(py, || self.inner.from_batches(schema, batches, name)).map(Plan::new)
    }

    /// A plan over Python values, column by column.
    #[pyo3(signature = (names, columns, types, num_rows = None))]
    fn from_columns(
        &self,
        py: Python<'_>,
        names: Vec<String>,
        columns: Vec<Bound<'_, PyList>>,
        types: Vec<Option<String>>,
        num_rows: Option<usize>,
    ) -> PyResult<Plan> {
        let arrays = columns
            .iter()
            .enumerate()
            .map(|(i, values)| {
                let name = names.get(i).map_or("?", String::as_str);
                columns::array(values, types.get(i).and_then(Option::as_deref), name)
            })
            .collect::<PyResult<Vec<_>>>()?;
        let batch = caught(py, || batch_of(names, arrays, num_rows))?;
        detached(py, || self.inner.from_batches(batch.schema(), vec![batch], None)).map(Plan::new)
    }

    /// A plan over CSV files; `options` is JSON.
    fn read_csv(&self, py: Python<'_>, paths: Vec<String>, options: String) -> PyResult<Plan> {
        let inner = Arc::clone(&self.inner);
        finish(py, || self.inner.spawn(inner.read_csv(paths, options))).map(Plan::new)
    }

    /// A plan over Parquet files.
    fn read_parquet(&self, py: Python<'_>, paths: Vec<String>) -> PyResult<Plan> {
        let inner = Arc::clone(&self.inner);
        finish(py, || self.inner.spawn(inner.read_parquet(paths))).map(Plan::new)
    }

    /// A plan over a range of numbers.
    fn range(&self, py: Python<'_>, start: i64, stop: i64, step: i64) -> PyResult<Plan> {
        detached(py, || self.inner.range(start, stop, step)).map(Plan::new)
    }

    /// A plan over a table of the session.
    fn table(&self, py: Python<'_>, name: String) -> PyResult<Plan> {
        let inner = Arc::clone(&self.inner);
        finish(py, || self.inner.spawn(inner.table(name))).map(Plan::new)
    }

    /// Cancels what runs in this session, from any thread.
    fn interrupt(&self) {
        engine::Engine::interrupt(&self.inner);
    }
}
