//! `Batch`: some rows.

use datafusion::arrow::array::RecordBatch;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList, PyTuple};

use crate::errors::to_python;
use crate::{capsule, values};

/// Rows that are there.
#[pyclass(frozen, module = "ltseq._native")]
pub struct Batch {
    batch: RecordBatch,
}

impl Batch {
    pub fn new(batch: RecordBatch) -> Self {
        Batch { batch }
    }
}

#[pymethods]
impl Batch {
    /// How many.
    #[getter]
    fn num_rows(&self) -> usize {
        self.batch.num_rows()
    }

    /// The rows as tuples of native Python values.
    fn rows<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let rows = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| values::rows(py, &self.batch)));
        rows.unwrap_or_else(|payload| Err(to_python(py, &ltseq::engine::panic_error(payload.as_ref()))))
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::schema(py, &self.batch.schema())
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let (schema, array) = capsule::array(py, &self.batch, requested_schema)?;
        PyTuple::new(py, [schema, array])
    }
}
