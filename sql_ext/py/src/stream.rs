//! `Stream`: one pass over rows.

use std::sync::Arc;

use ltseq::engine::{RowStream, Step};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::batch::Batch;
use crate::capsule;
use crate::errors::to_python;
use crate::wait::PULSE;

/// Rows in order, batch by batch.
#[pyclass(frozen, module = "ltseq._native")]
pub struct Stream {
    rows: Arc<RowStream>,
}

impl Stream {
    pub fn new(rows: Arc<RowStream>) -> Self {
        Stream { rows }
    }
}

#[pymethods]
impl Stream {
    /// The next rows, or None at the end.
    fn next(&self, py: Python<'_>) -> PyResult<Option<Batch>> {
        loop {
            let step = py.detach(|| self.rows.step(PULSE));
            if let Err(signal) = py.check_signals() {
                self.rows.close();
                return Err(signal);
            }
            match step {
                Ok(Step::Batch(batch)) => return Ok(Some(Batch::new(batch))),
                Ok(Step::End) => return Ok(None),
                Ok(Step::Wait) => {}
                Err(error) => return Err(to_python(py, &error)),
            }
        }
    }

    /// Ends the query.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.rows.close());
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::schema(py, self.rows.schema())
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::stream(py, Arc::clone(&self.rows), requested_schema)
    }
}
