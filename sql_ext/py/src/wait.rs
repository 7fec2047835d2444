//! Waiting for the engine with the GIL released, with an eye on signals.

use std::time::Duration;

use ltseq::engine::Task;
use ltseq::error::Error;
use pyo3::prelude::*;

use crate::errors::{caught, to_python};

/// How long a signal may wait.
pub const PULSE: Duration = Duration::from_millis(100);

/// Starts work and waits for it; a signal's exception cancels it.
pub fn finish<T, F>(py: Python<'_>, start: F) -> PyResult<T>
where
    T: Send + 'static,
    F: FnOnce() -> Result<Task<T>, Error> + Send,
{
    let task = caught(py, start)?;
    loop {
        let done = py.detach(|| task.wait(PULSE));
        // Dropping the task cancels it.
        py.check_signals()?;
        if let Some(result) = done {
            return result.map_err(|e| to_python(py, &e));
        }
    }
}

/// Runs work on this thread with the GIL released.
pub fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T, Error> + Send) -> PyResult<T> {
    let done = py.detach(|| std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)));
    let result = done.unwrap_or_else(|payload| Err(ltseq::engine::panic_error(payload.as_ref())));
    result.map_err(|e| to_python(py, &e))
}
