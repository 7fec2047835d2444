//! Arrow values as native Python objects, column by column.

mod nested;
mod temporal;

use datafusion::arrow::array::{
    Array, ArrayAccessor, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray, RecordBatch,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DecimalType, FieldRef, Float16Type,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use ltseq::error::{Code, Error};
use pyo3::exceptions::PyOverflowError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::errors::to_python;
use crate::python::classes;

/// The objects of one column.
pub type Objects = Vec<Py<PyAny>>;

/// Rows as tuples.
pub fn rows<'py>(py: Python<'py>, batch: &RecordBatch) -> PyResult<Bound<'py, PyList>> {
    let column = |(c, field): (&ArrayRef, &FieldRef)| {
        objects(py, c.as_ref()).map_err(|error| in_column(py, error, field.name()))
    };
    let columns = batch.columns().iter().zip(batch.schema_ref().fields());
    let columns = columns.map(column).collect::<PyResult<Vec<_>>>()?;
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    let width = columns.len() as ffi::Py_ssize_t;
    let count = batch.num_rows();
    // SAFETY: attached; every slot of the new list and tuples is filled with an owned
    // object before anything else can see them, and a NULL slot is legal while they are torn down.
    unsafe {
        let list = Bound::from_owned_ptr_or_err(py, ffi::PyList_New(count as ffi::Py_ssize_t))?;
        for row in 0..count as ffi::Py_ssize_t {
            let tuple = Bound::from_owned_ptr_or_err(py, ffi::PyTuple_New(width))?;
            for (i, column) in columns.iter_mut().enumerate() {
                let object = column.next().unwrap_or_else(|| py.None());
                ffi::PyTuple_SetItem(tuple.as_ptr(), i as ffi::Py_ssize_t, object.into_ptr());
            }
            ffi::PyList_SetItem(list.as_ptr(), row, tuple.into_ptr());
        }
        Ok(list.cast_into_unchecked())
    }
}

/// One column's values.
pub fn objects(py: Python<'_>, array: &dyn Array) -> PyResult<Objects> {
    match array.data_type() {
        DataType::Null => Ok((0..array.len()).map(|_| py.None()).collect()),
        DataType::Boolean => {
            let (yes, no) =
                (true.into_pyobject(py)?.to_owned().into_any(), false.into_pyobject(py)?.to_owned().into_any());
            let column = array.as_boolean();
            each(py, column, |v| Ok(if v { yes.clone() } else { no.clone() }.unbind()))
        }
        DataType::Int8 => integers::<Int8Type>(py, array),
        DataType::Int16 => integers::<Int16Type>(py, array),
        DataType::Int32 => integers::<Int32Type>(py, array),
        DataType::Int64 => integers::<Int64Type>(py, array),
        DataType::UInt8 => integers::<UInt8Type>(py, array),
        DataType::UInt16 => integers::<UInt16Type>(py, array),
        DataType::UInt32 => integers::<UInt32Type>(py, array),
        DataType::UInt64 => {
            // SAFETY: attached; the result is checked.
            each(py, array.as_primitive::<UInt64Type>(), |v| owned(py, unsafe { ffi::PyLong_FromUnsignedLongLong(v) }))
        }
        DataType::Float16 => floats(py, array.as_primitive::<Float16Type>(), f64::from),
        DataType::Float32 => floats(py, array.as_primitive::<Float32Type>(), f64::from),
        DataType::Float64 => floats(py, array.as_primitive::<Float64Type>(), |v| v),
        DataType::Utf8 => each(py, array.as_string::<i32>(), |v| text(py, v)),
        DataType::LargeUtf8 => each(py, array.as_string::<i64>(), |v| text(py, v)),
        DataType::Utf8View => each(py, array.as_string_view(), |v| text(py, v)),
        DataType::Binary => each(py, array.as_binary::<i32>(), |v| bytes(py, v)),
        DataType::LargeBinary => each(py, array.as_binary::<i64>(), |v| bytes(py, v)),
        DataType::BinaryView => each(py, array.as_binary_view(), |v| bytes(py, v)),
        DataType::FixedSizeBinary(_) => each(py, array.as_fixed_size_binary(), |v| bytes(py, v)),
        DataType::Decimal32(..) => decimals::<Decimal32Type>(py, array),
        DataType::Decimal64(..) => decimals::<Decimal64Type>(py, array),
        DataType::Decimal128(..) => decimals::<Decimal128Type>(py, array),
        DataType::Decimal256(..) => decimals::<Decimal256Type>(py, array),
        DataType::Dictionary(_, value) => objects(py, &cast(array, value).map_err(|e| failed(py, e))?),
        DataType::RunEndEncoded(_, value) => objects(py, &cast(array, value.data_type()).map_err(|e| failed(py, e))?),
        of if of.is_temporal() => temporal::objects(py, array),
        of if of.is_nested() => nested::objects(py, array),
        _ => formatted(py, array),
    }
}

/// Values without a counterpart in Python, as text.
fn formatted(py: Python<'_>, array: &dyn Array) -> PyResult<Objects> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array, &options).map_err(|e| failed(py, e))?;
    (0..array.len())
        .map(|i| if array.is_null(i) { Ok(py.None()) } else { text(py, &formatter.value(i).to_string()) })
        .collect()
}

/// Makes an object of every value.
fn each<A: ArrayAccessor>(
    py: Python<'_>,
    array: A,
    make: impl Fn(A::Item) -> PyResult<Py<PyAny>>,
) -> PyResult<Objects> {
    let mut out = Vec::with_capacity(array.len());
    if array.null_count() == 0 {
        for i in 0..array.len() {
            out.push(make(array.value(i))?);
        }
    } else {
        for i in 0..array.len() {
            out.push(if array.is_null(i) { py.None() } else { make(array.value(i))? });
        }
    }
    Ok(out)
}

fn integers<T>(py: Python<'_>, array: &dyn Array) -> PyResult<Objects>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i64>,
{
    // SAFETY: attached; the result is checked.
    each(py, array.as_primitive::<T>(), |v| owned(py, unsafe { ffi::PyLong_FromLongLong(v.into()) }))
}

fn floats<T: ArrowPrimitiveType>(
    py: Python<'_>,
    array: &PrimitiveArray<T>,
    widen: impl Fn(T::Native) -> f64,
) -> PyResult<Objects> {
    // SAFETY: attached; the result is checked.
    each(py, array, |v| owned(py, unsafe { ffi::PyFloat_FromDouble(widen(v)) }))
}

fn decimals<T: DecimalType + ArrowPrimitiveType>(py: Python<'_>, array: &dyn Array) -> PyResult<Objects> {
    let array = array.as_primitive::<T>();
    let (precision, scale) = (array.precision(), array.scale());
    let class = classes(py)?.decimal.bind(py);
    each(py, array, |v| Ok(class.call1((T::format_decimal(v, precision, scale),))?.unbind()))
}

fn text(py: Python<'_>, value: &str) -> PyResult<Py<PyAny>> {
    // SAFETY: attached; the text outlives the call, and the result is checked.
    owned(py, unsafe { ffi::PyUnicode_FromStringAndSize(value.as_ptr().cast(), value.len() as ffi::Py_ssize_t) })
}

fn bytes(py: Python<'_>, value: &[u8]) -> PyResult<Py<PyAny>> {
    // SAFETY: as for text.
    owned(py, unsafe { ffi::PyBytes_FromStringAndSize(value.as_ptr().cast(), value.len() as ffi::Py_ssize_t) })
}

/// Takes a new reference, or the exception that stands for it.
fn owned(py: Python<'_>, object: *mut ffi::PyObject) -> PyResult<Py<PyAny>> {
    // SAFETY: a new reference or NULL, as every caller passes.
    unsafe { Bound::from_owned_ptr_or_err(py, object) }.map(Bound::unbind)
}

fn failed(py: Python<'_>, error: ArrowError) -> PyErr {
    to_python(py, &Error::from(error))
}

/// The error for a value that Python's class cannot hold.
fn out_of_range(py: Python<'_>, what: &str) -> PyErr {
    to_python(py, &Error::new(Code::Data, format!("{what} is outside the range of Python's class")))
}

/// The error with the name of the column whose value it is about.
fn in_column(py: Python<'_>, error: PyErr, column: &str) -> PyErr {
    let told = error.value(py).getattr("message").and_then(|m| m.extract::<String>());
    let text = match told {
        Ok(text) => text,
        // Python's own classes refuse what is beyond them, as at the edges of a time zone.
        Err(_) if error.is_instance_of::<PyOverflowError>(py) => error.value(py).to_string(),
        Err(_) => return error,
    };
    let error = Error::new(Code::Data, format!("column '{column}': {text}"));
    to_python(py, &error.with_hint("CAST it to a text or a number, or fetch Arrow"))
}
