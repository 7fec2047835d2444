//! The Arrow PyCapsule interface, both ways, over Arrow's own C structures.

use std::ffi::CStr;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, RecordBatchReader, StructArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi, to_ffi};
use datafusion::arrow::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
use ltseq::engine::{RowStream, Step};
use ltseq::error::{Code, Error};
use pyo3::ffi as python;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyCapsuleMethods, PyTuple};

use crate::errors::{argument, to_python};
use crate::wait::{PULSE, detached};

const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";
const STREAM: &CStr = c"arrow_array_stream";

/// What an object of another library holds.
pub fn import(data: &Bound<'_, PyAny>) -> PyResult<(SchemaRef, Vec<RecordBatch>)> {
    let py = data.py();
    if data.hasattr("__arrow_c_stream__")? {
        let capsule = data.call_method0("__arrow_c_stream__")?;
        let mut pointer = pointer::<FFI_ArrowArrayStream>(&capsule, STREAM)?;
        // SAFETY: the capsule holds a stream by its name; moving it out leaves a released one behind.
        let reader = unsafe { ArrowArrayStreamReader::from_raw(pointer.as_mut()) };
        let reader = reader.map_err(|e| to_python(py, &Error::from(e)))?;
        let schema = reader.schema();
        let batches = detached(py, || {
            let schema = reader.schema();
            reader.map(|batch| Ok(conform(batch?, &schema)?)).collect::<Result<Vec<_>, Error>>()
        });
        // The producer may have failed because of a signal.
        py.check_signals()?;
        return Ok((schema, batches?));
    }
    if data.hasattr("__arrow_c_array__")? {
        let pair = data.call_method0("__arrow_c_array__")?.cast_into::<PyTuple>()?;
        let schema = pointer::<FFI_ArrowSchema>(&pair.get_item(0)?, SCHEMA)?;
        let mut array = pointer::<FFI_ArrowArray>(&pair.get_item(1)?, ARRAY)?;
        // SAFETY: as above; the schema stays the capsule's.
        let data = unsafe { from_ffi(FFI_ArrowArray::from_raw(array.as_mut()), schema.as_ref()) };
        let data = data.map_err(|e| to_python(py, &Error::from(e)))?;
        if !matches!(data.data_type(), DataType::Struct(_)) {
            return Err(argument(py, "an Arrow array is no table: give a record batch or a struct array"));
        }
        let batch = RecordBatch::from(StructArray::from(data));
        return Ok((batch.schema(), vec![batch]));
    }
    let kind = data.get_type().qualname()?;
    Err(argument(py, format!("{kind} is no Arrow data: it has neither __arrow_c_stream__ nor __arrow_c_array__")))
}

fn pointer<T>(capsule: &Bound<'_, PyAny>, name: &CStr) -> PyResult<std::ptr::NonNull<T>> {
    let capsule = capsule.cast::<PyCapsule>()?;
    Ok(capsule.pointer_checked(Some(name))?.cast())
}

/// Batches of a stream under the stream's own schema.
fn conform(batch: RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), batch.columns().to_vec(), &options)
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
            a.name() == b.name() && datafusion::arrow::compute::can_cast_types(a.data_type(), b.data_type())
        });
    if !fits {
        return Arc::clone(own);
    }
    let fields = own.fields().iter().zip(wanted.fields());
    let fields: Vec<_> = fields.map(|(a, b)| a.as_ref().clone().with_data_type(b.data_type().clone())).collect();
    Arc::new(Schema::new_with_metadata(fields, own.metadata().clone()))
}

fn cast_batch(batch: &RecordBatch, to: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    if batch.schema() == *to {
        return Ok(batch.clone());
    }
    let columns: Vec<ArrayRef> =
        batch.columns().iter().zip(to.fields()).map(|(c, f)| cast(c, f.data_type())).collect::<Result<_, _>>()?;
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
