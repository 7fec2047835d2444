//! The Arrow PyCapsule interface: rows for other libraries, over Arrow's own C structures.

use std::ffi::CStr;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, RecordBatchReader, StructArray};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::ffi::{FFI_ArrowSchema, to_ffi};
use datafusion::arrow::ffi_stream::FFI_ArrowArrayStream;
use datafusion::arrow::util::display::FormatOptions;
use ltseq::engine::{RowStream, Step};
use ltseq::error::{Code, Error};
use pyo3::ffi as python;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyCapsuleMethods};

use crate::errors::to_python;
use crate::wait::PULSE;

pub const SCHEMA: &CStr = c"arrow_schema";
pub const ARRAY: &CStr = c"arrow_array";
pub const STREAM: &CStr = c"arrow_array_stream";

/// What a capsule of this name holds.
pub fn pointer<T>(capsule: &Bound<'_, PyAny>, name: &CStr) -> PyResult<std::ptr::NonNull<T>> {
    let capsule = capsule.cast::<PyCapsule>()?;
    Ok(capsule.pointer_checked(Some(name))?.cast())
}

/// A schema for another library.
pub fn schema<'py>(py: Python<'py>, schema: &Schema) -> PyResult<Bound<'py, PyCapsule>> {
    let exported = FFI_ArrowSchema::try_from(schema).map_err(|e| to_python(py, &Error::from(e)))?;
    PyCapsule::new_with_value(py, exported, SCHEMA)
}

/// A batch for another library: schema, then array.
pub fn array<'py>(
    py: Python<'py>,
    batch: &RecordBatch,
    requested: Option<&Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
    let export = || {
        let target = agreed(&batch.schema(), requested_schema(requested)?);
        let batch = cast_batch(batch, &target)?;
        Ok(to_ffi(&StructArray::from(batch).to_data())?)
    };
    let (array, _) = export().map_err(|e: Error| to_python(py, &e))?;
    let target = agreed(&batch.schema(), requested_schema(requested).map_err(|e| to_python(py, &e))?);
    Ok((schema(py, &target)?, PyCapsule::new_with_value(py, array, ARRAY)?))
}

/// A stream for another library.
pub fn stream<'py>(
    py: Python<'py>,
    rows: Arc<RowStream>,
    requested: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyCapsule>> {
    let wanted = requested_schema(requested).map_err(|e| to_python(py, &e))?;
    let reader = Reader { schema: agreed(rows.schema(), wanted), rows };
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), STREAM)
}

fn requested_schema(requested: Option<&Bound<'_, PyAny>>) -> Result<Option<Schema>, Error> {
    let Some(capsule) = requested.filter(|c| !c.is_none()) else {
        return Ok(None);
    };
    let bad = |_| Error::new(Code::Argument, "requested_schema is no Arrow schema capsule");
    let pointer = pointer::<FFI_ArrowSchema>(capsule, SCHEMA).map_err(bad)?;
    // SAFETY: the capsule holds a schema by its name, and stays alive here.
    Ok(Some(Schema::try_from(unsafe { pointer.as_ref() })?))
}

/// The requested types where the columns fit; a request is a wish, by the protocol.
fn agreed(own: &SchemaRef, wanted: Option<Schema>) -> SchemaRef {
    let Some(wanted) = wanted else { return Arc::clone(own) };
    let fits = own.fields().len() == wanted.fields().len()
        && own.fields().iter().zip(wanted.fields()).all(|(a, b)| {
            let (from, to) = (a.data_type(), b.data_type());
            // Fractions would be cut without an error.
            let cut = from.is_floating() && to.is_integer();
            a.name() == b.name() && !cut && datafusion::arrow::compute::can_cast_types(from, to)
        });
    if !fits {
        return Arc::clone(own);
    }
    let fields = own.fields().iter().zip(wanted.fields());
    let fields: Vec<_> = fields.map(|(a, b)| a.as_ref().clone().with_data_type(b.data_type().clone())).collect();
    Arc::new(Schema::new_with_metadata(fields, own.metadata().clone()))
}

/// A value that does not fit is an error, not NULL.
const EXACT: CastOptions = CastOptions { safe: false, format_options: FormatOptions::new() };

fn cast_batch(batch: &RecordBatch, to: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    if batch.schema() == *to {
        return Ok(batch.clone());
    }
    let columns: Vec<ArrayRef> = batch
        .columns()
        .iter()
        .zip(to.fields())
        .map(|(c, f)| cast_with_options(c, f.data_type(), &EXACT))
        .collect::<Result<_, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(to), columns, &options)
}

/// A running query as the Arrow crate reads streams; called by the consumer, with or
/// without the GIL.
struct Reader {
    rows: Arc<RowStream>,
    schema: SchemaRef,
}

impl Reader {
    fn advance(&self) -> Result<Option<RecordBatch>, Error> {
        loop {
            match self.rows.step(PULSE)? {
                Step::Batch(batch) => return Ok(Some(cast_batch(&batch, &self.schema)?)),
                Step::End => return Ok(None),
                Step::Wait => {}
            }
            if interrupted() {
                self.rows.close();
                return Err(Error::new(Code::Cancelled, "the query was cancelled"));
            }
        }
    }
}

/// Did a signal's handler raise? The consumer's frames are C, so the exception is put
/// back as a pending interrupt, for the interpreter to raise when they return.
fn interrupted() -> bool {
    Python::try_attach(|py| {
        let raised = py.check_signals().is_err();
        if raised {
            // SAFETY: attached; sets a flag.
            unsafe { python::PyErr_SetInterrupt() };
        }
        raised
    })
    .unwrap_or(false)
}

impl Iterator for Reader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.advance()));
        let result = done.unwrap_or_else(|payload| Err(ltseq::engine::panic_error(payload.as_ref())));
        result.map_err(|e| ArrowError::ExternalError(Box::new(e))).transpose()
    }
}

impl RecordBatchReader for Reader {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
