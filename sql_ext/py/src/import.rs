//! Tables of other libraries, by the Arrow PyCapsule interface.

use std::ffi::CStr;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayData, ArrayRef, BooleanArray, DictionaryArray, FixedSizeListArray, GenericListArray, OffsetSizeTrait,
    PrimitiveArray, RecordBatch, RecordBatchOptions, StructArray, downcast_dictionary_array, make_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use datafusion::arrow::compute::nullif;
use datafusion::arrow::datatypes::{
    ArrowDictionaryKeyType, ArrowNativeType, DataType, Field, FieldRef, Schema, SchemaRef,
};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi_and_data_type};
use datafusion::arrow::ffi_stream::FFI_ArrowArrayStream;
use ltseq::error::{Code, Error};
use ltseq::types::type_name;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::capsule::{ARRAY, SCHEMA, STREAM, pointer};
use crate::errors::{argument, caught};
use crate::wait::detached;

type Rows = (SchemaRef, Vec<RecordBatch>);

/// What an object of another library holds.
pub fn import(data: &Bound<'_, PyAny>) -> PyResult<Rows> {
    let py = data.py();
    let wrong = |_: PyErr| argument(py, format!("{} gives no Arrow capsule", kind(data)));
    if data.hasattr("__arrow_c_stream__")? {
        let capsule = data.call_method0("__arrow_c_stream__")?;
        let mut pointer = pointer::<FFI_ArrowArrayStream>(&capsule, STREAM).map_err(wrong)?;
        // SAFETY: the capsule holds a stream by its name; moving it out leaves a released one behind.
        let stream = Stream(unsafe { FFI_ArrowArrayStream::from_raw(pointer.as_mut()) });
        let read = detached(py, || stream.read());
        // The producer may have failed because of a signal.
        py.check_signals()?;
        return read;
    }
    if data.hasattr("__arrow_c_array__")? {
        let pair = data.call_method0("__arrow_c_array__")?.cast_into::<PyTuple>().map_err(|e| wrong(e.into()))?;
        let schema = pointer::<FFI_ArrowSchema>(&pair.get_item(0)?, SCHEMA).map_err(wrong)?;
        let mut array = pointer::<FFI_ArrowArray>(&pair.get_item(1)?, ARRAY).map_err(wrong)?;
        // SAFETY: as above; the schema stays the capsule's, which is alive.
        let (of, array) = unsafe { (schema.as_ref(), FFI_ArrowArray::from_raw(array.as_mut())) };
        return caught(py, || {
            let schema = table(of)?;
            let batch = batch(array, &schema)?;
            Ok((schema, vec![batch]))
        });
    }
    let text = format!("{} is no Arrow data: it has neither __arrow_c_stream__ nor __arrow_c_array__", kind(data));
    Err(argument(py, text))
}

fn kind(data: &Bound<'_, PyAny>) -> String {
    data.get_type().qualname().map_or_else(|_| "this".to_string(), |name| name.to_string())
}

/// A stream of another library.
struct Stream(FFI_ArrowArrayStream);

impl Stream {
    fn read(mut self) -> Result<Rows, Error> {
        let schema = table(&self.schema()?)?;
        let mut batches = vec![];
        while let Some(array) = self.next()? {
            batches.push(batch(array, &schema)?);
        }
        Ok((schema, batches))
    }

    fn schema(&mut self) -> Result<FFI_ArrowSchema, Error> {
        let get_schema = self.0.get_schema.ok_or_else(consumed)?;
        let mut schema = FFI_ArrowSchema::empty();
        // SAFETY: both are valid, and the stream is not released.
        match unsafe { get_schema(&raw mut self.0, &raw mut schema) } {
            0 => Ok(schema),
            _ => Err(self.failure()),
        }
    }

    fn next(&mut self) -> Result<Option<FFI_ArrowArray>, Error> {
        let get_next = self.0.get_next.ok_or_else(consumed)?;
        let mut array = FFI_ArrowArray::empty();
        // SAFETY: as above.
        match unsafe { get_next(&raw mut self.0, &raw mut array) } {
            0 => Ok((!array.is_released()).then_some(array)),
            _ => Err(self.failure()),
        }
    }

    /// What the producer says of its last call.
    fn failure(&mut self) -> Error {
        let text = self.0.get_last_error.and_then(|ask| {
            // SAFETY: the text is the stream's, which stays as it is until the next call.
            let text = unsafe { ask(&raw mut self.0) };
            // SAFETY: not null, and ended by a zero, as the interface demands.
            (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
        });
        let text = text.unwrap_or_else(|| "its producer does not say why".to_string());
        // pyarrow adds a traceback to what was raised.
        let said = text.split(". Detail: ").next().unwrap_or(&text);
        let said = said.strip_prefix("Unknown error: ").unwrap_or(said);
        Error::new(Code::Data, format!("the Arrow stream failed: {said}"))
    }
}

fn consumed() -> Error {
    Error::new(Code::Argument, "the Arrow stream has been consumed")
}

/// The columns of a table of C data.
fn table(of: &FFI_ArrowSchema) -> Result<SchemaRef, Error> {
    let wrong = |text: String| Error::new(Code::Argument, text);
    if of.format() != "+s" {
        let what = DataType::try_from(of).map_or_else(|_| of.format().to_string(), |of| type_name(&of));
        let text = format!("an Arrow array of {what} is no table");
        return Err(wrong(text).with_hint("give a table, a record batch or an array of structs"));
    }
    for child in of.children() {
        if Field::try_from(child).is_err() {
            let (name, format) = (child.name().unwrap_or_default(), child.format());
            return Err(wrong(format!("column '{name}': there is no type for Arrow's format '{format}'")));
        }
    }
    Ok(Arc::new(Schema::try_from(of)?))
}

fn batch(mut array: FFI_ArrowArray, schema: &SchemaRef) -> Result<RecordBatch, Error> {
    let of = DataType::Struct(schema.fields().clone());
    // SAFETY: the array is of this type, as its producer says.
    let data = unsafe {
        mend(&mut array, &of);
        from_ffi_and_data_type(array, of)?
    };
    let rows = data.len();
    let (mut columns, nulls) = (children(&data)?, data.nulls().cloned());
    if let Some(nulls) = nulls.filter(|nulls| nulls.null_count() > 0) {
        columns = columns.iter().map(|column| without(column, &nulls)).collect::<Result<_, _>>()?;
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

/// The array of C data. Arrow's own conversion cuts the children of nested structs twice where one is a slice.
fn array_of(data: &ArrayData) -> Result<ArrayRef, ArrowError> {
    let (offset, len, nulls) = (data.offset(), data.len(), data.nulls().cloned());
    Ok(match data.data_type() {
        DataType::Struct(fields) if fields.is_empty() => Arc::new(StructArray::new_empty_fields(len, nulls)),
        DataType::Struct(fields) => Arc::new(StructArray::try_new(fields.clone(), children(data)?, nulls)?),
        DataType::FixedSizeList(field, size) => {
            let width = usize::try_from(*size).unwrap_or(0);
            let values = array_of(&data.child_data()[0])?.slice(offset * width, len * width);
            let list = FixedSizeListArray::try_new_with_length(Arc::clone(field), *size, values, nulls, len)?;
            Arc::new(list)
        }
        DataType::List(field) => Arc::new(list_of::<i32>(data, field)?),
        DataType::LargeList(field) => Arc::new(list_of::<i64>(data, field)?),
        DataType::Dictionary(..) => {
            let made = make_array(data.clone());
            let array = made.as_ref();
            downcast_dictionary_array!(array => within(array)?, _ => Arc::clone(&made))
        }
        _ => make_array(data.clone()),
    })
}

/// The columns of a struct array, as long as it.
fn children(data: &ArrayData) -> Result<Vec<ArrayRef>, ArrowError> {
    data.child_data().iter().map(|child| Ok(array_of(child)?.slice(data.offset(), data.len()))).collect()
}

fn list_of<O: OffsetSizeTrait>(data: &ArrayData, field: &FieldRef) -> Result<GenericListArray<O>, ArrowError> {
    let offsets = match data.buffers()[0].is_empty() {
        true => OffsetBuffer::new_empty(),
        false => OffsetBuffer::new(ScalarBuffer::new(data.buffers()[0].clone(), data.offset(), data.len() + 1)),
    };
    GenericListArray::try_new(Arc::clone(field), offsets, array_of(&data.child_data()[0])?, data.nulls().cloned())
}

/// A dictionary without the keys that it does not hold, which stand where what is around them is NULL.
fn within<K: ArrowDictionaryKeyType>(array: &DictionaryArray<K>) -> Result<ArrayRef, ArrowError> {
    let known = array.values().len();
    let beyond = |key: &K::Native| key.to_usize().is_none_or(|key| key >= known);
    if !array.keys().iter().flatten().any(|key| beyond(&key)) {
        return Ok(Arc::new(array.clone()));
    }
    let keys = array.keys().iter().map(|key| key.filter(|key| !beyond(key)));
    Ok(Arc::new(DictionaryArray::try_new(keys.collect::<PrimitiveArray<K>>(), Arc::clone(array.values()))?))
}

/// A row that is NULL as a whole has NULL in all its columns.
fn without(column: &ArrayRef, nulls: &NullBuffer) -> Result<ArrayRef, ArrowError> {
    match column.data_type() {
        DataType::Null => Ok(Arc::clone(column)),
        _ => nullif(column, &BooleanArray::new(!nulls.inner(), None)),
    }
}

/// Takes the buffer away that polars gives columns of NULLs alone: by the format they have none.
///
/// SAFETY: the array, its children and its dictionary must be valid and of this type.
unsafe fn mend(array: &mut FFI_ArrowArray, of: &DataType) {
    let children: Vec<&DataType> = match of {
        DataType::Null => {
            array.n_buffers = 0;
            return;
        }
        DataType::Struct(fields) => fields.iter().map(|f| f.data_type()).collect(),
        DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _) => {
            vec![field.data_type()]
        }
        DataType::ListView(field) | DataType::LargeListView(field) | DataType::Map(field, _) => vec![field.data_type()],
        _ => return,
    };
    if usize::try_from(array.n_children) != Ok(children.len()) {
        return;
    }
    for (i, of) in children.into_iter().enumerate() {
        // SAFETY: there are so many children, each valid.
        unsafe { mend(&mut **array.children.add(i), of) };
    }
}
