//! Errors of the engine as Python exceptions.

use ltseq::error::{Code, Error};
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

create_exception!(
    _native,
    NativeError,
    PyException,
    "An error of the engine: code, message, line, column, hint, nearest, available."
);

/// The exception for an error.
pub fn to_python(py: Python<'_>, error: &Error) -> PyErr {
    let exception = NativeError::new_err(text(error));
    match fill(exception.value(py), error) {
        Ok(()) => exception,
        Err(failed) => failed,
    }
}

/// What people read: the sentence, the excerpt, the names, the fix. The code is an attribute.
fn text(error: &Error) -> String {
    let whole = error.to_string();
    let prefix = format!("{}: ", error.code.as_str());
    whole.strip_prefix(&prefix).unwrap_or(&whole).to_string()
}

fn fill(exception: &Bound<'_, pyo3::exceptions::PyBaseException>, error: &Error) -> PyResult<()> {
    exception.setattr("code", error.code.as_str())?;
    exception.setattr("message", text(error))?;
    exception.setattr("line", error.position.map(|p| p.line))?;
    exception.setattr("column", error.position.map(|p| p.column))?;
    exception.setattr("hint", error.hint.as_deref())?;
    exception.setattr("nearest", error.nearest.clone())?;
    exception.setattr("available", error.available.clone())
}

/// A wrong argument, found before the engine sees it.
pub fn argument(py: Python<'_>, message: impl Into<String>) -> PyErr {
    to_python(py, &Error::new(Code::Argument, message))
}

/// Runs a piece of the engine and turns panics and errors into exceptions.
pub fn caught<T>(py: Python<'_>, work: impl FnOnce() -> Result<T, Error>) -> PyResult<T> {
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    let result = done.unwrap_or_else(|payload| Err(ltseq::engine::panic_error(payload.as_ref())));
    result.map_err(|e| to_python(py, &e))
}
