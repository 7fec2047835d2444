//! The native module `ltseq._native`: conversion of values and errors, and waiting.

mod batch;
mod capsule;
mod columns;
mod engine;
mod errors;
mod import;
mod kinds;
mod params;
mod plan;
mod python;
mod result;
mod stream;
mod temporal_columns;
mod values;
mod wait;

use pyo3::prelude::*;

/// The function registry as JSON, for `python -m ltseq._gen`.
#[pyfunction]
fn registry() -> String {
    ltseq::registry::describe().to_string()
}

/// The engine of ltseq.
#[pymodule]
#[pyo3(name = "_native", gil_used = true)]
fn native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("NativeError", module.py().get_type::<errors::NativeError>())?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(registry, module)?)?;
    module.add_class::<engine::Engine>()?;
    module.add_class::<plan::Plan>()?;
    module.add_class::<result::QueryResult>()?;
    module.add_class::<stream::Stream>()?;
    module.add_class::<batch::Batch>()
}
