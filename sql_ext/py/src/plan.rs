//! `Plan`: a relation that has not run.

use std::sync::Arc;

use ltseq::engine::{self, described};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList};

use crate::stream::Stream;
use crate::wait::{detached, finish};
use crate::{capsule, columns};

/// An immutable relation; every verb returns a new one.
#[pyclass(frozen, module = "ltseq._native")]
pub struct Plan {
    inner: engine::Plan,
}

impl Plan {
    pub fn new(inner: engine::Plan) -> Self {
        Plan { inner }
    }

    pub fn inner(&self) -> &engine::Plan {
        &self.inner
    }
}

fn inners(plans: &[Py<Plan>]) -> Vec<engine::Plan> {
    plans.iter().map(|p| p.get().inner.clone()).collect()
}

#[pymethods]
impl Plan {
    /// Names and types of the columns.
    fn schema(&self) -> Vec<(String, String)> {
        described(&self.inner.schema()).into_iter().map(|(name, of, _)| (name, of)).collect()
    }

    /// The sort keys that are columns: name, descending.
    fn order(&self) -> Option<Vec<(String, bool)>> {
        self.inner.order()
    }

    /// The source's name.
    fn name(&self) -> Option<&str> {
        self.inner.name()
    }

    /// One verb more; `payload` is JSON.
    #[pyo3(signature = (name, payload, others = Vec::new()))]
    fn verb(&self, py: Python<'_>, name: &str, payload: &str, others: Vec<Py<Plan>>) -> PyResult<Plan> {
        let others = inners(&others);
        detached(py, || self.inner.verb(name, payload, &others)).map(Plan::new)
    }

    /// The type of an expression over this plan.
    #[pyo3(signature = (payload, others = Vec::new()))]
    fn expr_type(&self, py: Python<'_>, payload: &str, others: Vec<Py<Plan>>) -> PyResult<String> {
        let others = inners(&others);
        detached(py, || self.inner.expr_type(payload, &others))
    }

    /// The SQL text of an expression over this plan.
    #[pyo3(signature = (payload, others = Vec::new()))]
    fn expr_text(&self, py: Python<'_>, payload: &str, others: Vec<Py<Plan>>) -> PyResult<String> {
        let others = inners(&others);
        detached(py, || self.inner.expr_text(payload, &others))
    }

    /// The rows, from the first look on.
    fn run(&self, py: Python<'_>) -> PyResult<Stream> {
        finish(py, || self.inner.run()).map(|rows| Stream::new(Arc::new(rows)))
    }

    /// The number of rows.
    fn count(&self, py: Python<'_>) -> PyResult<u64> {
        finish(py, || self.inner.count())
    }

    /// The number of rows, where no scan is needed for it.
    fn known_count(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        finish(py, || self.inner.known_count())
    }

    /// Runs, and holds the rows.
    fn collect(&self, py: Python<'_>) -> PyResult<Plan> {
        finish(py, || self.inner.collect()).map(Plan::new)
    }

    /// A held plan with one more or one replaced column.
    #[pyo3(signature = (name, values, r#type = None))]
    fn attach(&self, py: Python<'_>, name: &str, values: &Bound<'_, PyList>, r#type: Option<&str>) -> PyResult<Plan> {
        let array = columns::array(values, r#type, name)?;
        detached(py, || self.inner.attach(name, &array)).map(Plan::new)
    }

    /// Runs, and writes one file; `options` is JSON.
    fn write(&self, py: Python<'_>, path: &str, options: &str) -> PyResult<()> {
        finish(py, || self.inner.write(path, options))
    }

    /// Logical and physical plan.
    fn explain(&self, py: Python<'_>) -> PyResult<(String, String)> {
        finish(py, || self.inner.explain())
    }

    /// The plan as SQL.
    fn to_sql(&self, py: Python<'_>) -> PyResult<String> {
        detached(py, || self.inner.to_sql())
    }

    /// The plan as the parity tests compare it.
    fn canonical(&self) -> String {
        self.inner.canonical()
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::schema(py, &self.inner.schema())
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let rows = finish(py, || self.inner.run())?;
        capsule::stream(py, Arc::new(rows), requested_schema)
    }
}
