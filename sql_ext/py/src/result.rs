//! `Result`: what a statement gave.

use std::sync::Arc;

use ltseq::engine::{Outcome, RowStream, described};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::capsule;
use crate::stream::Stream;

/// Rows of a query, or the number of rows written.
#[pyclass(frozen, name = "Result", module = "ltseq._native")]
pub struct QueryResult {
    outcome: Outcome,
    rows: Option<Arc<RowStream>>,
}

impl QueryResult {
    pub fn new(mut outcome: Outcome) -> Self {
        let rows = outcome.rows.take().map(Arc::new);
        QueryResult { outcome, rows }
    }
}

#[pymethods]
impl QueryResult {
    /// Does it have rows?
    #[getter]
    fn is_query(&self) -> bool {
        self.rows.is_some()
    }

    /// Rows written; -1 where that is unknown.
    #[getter]
    fn rowcount(&self) -> i64 {
        self.outcome.rowcount.and_then(|n| i64::try_from(n).ok()).unwrap_or(-1)
    }

    /// Name, type and nullability of the columns.
    fn schema(&self) -> Vec<(String, String, bool)> {
        described(&self.outcome.schema)
    }

    /// The rows: one pass, the same at every call.
    fn stream(&self) -> Option<Stream> {
        self.rows.clone().map(Stream::new)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::schema(py, &self.outcome.schema)
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        match &self.rows {
            Some(rows) => capsule::stream(py, Arc::clone(rows), requested_schema),
            None => Err(crate::errors::argument(py, "the statement gave no rows")),
        }
    }
}
