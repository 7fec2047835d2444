//! Lists of Python values as Arrow arrays: types from all values, then one pass per column.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, BinaryBuilder, BooleanBuilder, Float64Builder, Int64Builder, ListArray, NullArray, StringBuilder,
    StructArray, UInt64Builder,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{Field, Fields};
use ltseq::error::{Code, Error};
use ltseq::types::parse_type;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::errors::to_python;
use crate::kinds::{self, Kind};
use crate::temporal_columns as temporal;

/// A column of values; `type_name` converts it, `name` is for the error.
pub fn array(values: &Bound<'_, PyList>, type_name: Option<&str>, name: &str) -> PyResult<ArrayRef> {
    let py = values.py();
    let wanted = type_name.map(parse_type).transpose().map_err(|e| to_python(py, &e))?;
    let items: Vec<Bound<'_, PyAny>> = values.iter().map(|v| kinds::plain(&v)).collect::<PyResult<_>>()?;
    let inferred = build(py, &items, name)?;
    let Some(wanted) = wanted.filter(|w| w != inferred.data_type()) else {
        return Ok(inferred);
    };
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(&inferred, &wanted, &strict).map_err(|e| {
        let reason = Error::from(e);
        to_python(py, &Error::new(reason.code, format!("column '{name}': {}", reason.message)))
    })
}

/// The error for a column whose values do not fit together.
pub fn mixed(py: Python<'_>, name: &str, a: Kind, b: Kind) -> PyErr {
    to_python(
        py,
        &Error::new(Code::Type, format!("'{name}' mixes values of the types {} and {}", a.shown(), b.shown()))
            .with_hint("convert them to one type first"),
    )
}

fn build(py: Python<'_>, items: &[Bound<'_, PyAny>], name: &str) -> PyResult<ArrayRef> {
    let mut kind = Kind::Null;
    for item in items {
        let one = kinds::kind_of(item, name)?;
        kind = kind.with(one).ok_or_else(|| mixed(py, name, kind, one))?;
    }
    Ok(match kind {
        Kind::Null => Arc::new(NullArray::new(items.len())),
        Kind::Bool => Arc::new(
            each(items, BooleanBuilder::with_capacity(items.len()), |b, v| {
                b.append_option(v.map(|v| Ok::<_, PyErr>(v.cast::<PyBool>()?.is_true())).transpose()?);
                Ok(())
            })?
            .finish(),
        ),
        Kind::Int => integers(py, items, name)?,
        Kind::Float => Arc::new(
            each(items, Float64Builder::with_capacity(items.len()), |b, v| {
                b.append_option(v.map(float).transpose()?);
                Ok(())
            })?
            .finish(),
        ),
        Kind::Text => Arc::new(
            each(items, StringBuilder::new(), |b, v| {
                match v {
                    Some(v) if v.is_instance_of::<PyString>() => b.append_value(v.cast::<PyString>()?.to_cow()?),
                    Some(v) => b.append_value(v.str()?.to_cow()?),
                    None => b.append_null(),
                }
                Ok(())
            })?
            .finish(),
        ),
        Kind::Bytes => Arc::new(
            each(items, BinaryBuilder::new(), |b, v| {
                match v {
                    Some(v) if v.is_instance_of::<PyBytes>() => b.append_value(v.cast::<PyBytes>()?.as_bytes()),
                    Some(v) => b.append_value(v.extract::<Vec<u8>>()?),
                    None => b.append_null(),
                }
                Ok(())
            })?
            .finish(),
        ),
        Kind::Date => temporal::dates(py, items)?,
        Kind::Stamp => temporal::timestamps(py, items, false)?,
        Kind::ZonedStamp => temporal::timestamps(py, items, true)?,
        Kind::Time => temporal::times(items)?,
        Kind::Delta => temporal::durations(py, items)?,
        Kind::Decimal => temporal::decimals(py, items, name)?,
        Kind::List => lists(py, items, name)?,
        Kind::Struct => structs(py, items, name)?,
    })
}

/// Feeds every value, `None` for an absent one.
pub fn each<'py, B>(
    items: &[Bound<'py, PyAny>],
    mut builder: B,
    mut push: impl FnMut(&mut B, Option<&Bound<'py, PyAny>>) -> PyResult<()>,
) -> PyResult<B> {
    for item in items {
        push(&mut builder, if item.is_none() { None } else { Some(item) })?;
    }
    Ok(builder)
}

fn float(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    match value.cast::<PyFloat>() {
        Ok(float) => Ok(float.value()),
        Err(_) => value.extract::<f64>(),
    }
}

/// int64; uint64 where a value needs it.
fn integers(py: Python<'_>, items: &[Bound<'_, PyAny>], name: &str) -> PyResult<ArrayRef> {
    let signed = each(items, Int64Builder::with_capacity(items.len()), |b, v| {
        b.append_option(v.map(|v| v.cast::<PyInt>()?.extract::<i64>()).transpose()?);
        Ok(())
    });
    if let Ok(mut builder) = signed {
        return Ok(Arc::new(builder.finish()));
    }
    let unsigned = each(items, UInt64Builder::with_capacity(items.len()), |b, v| {
        b.append_option(v.map(|v| v.cast::<PyInt>()?.extract::<u64>()).transpose()?);
        Ok(())
    });
    match unsigned {
        Ok(mut builder) => Ok(Arc::new(builder.finish())),
        Err(_) => Err(to_python(
            py,
            &Error::new(Code::Overflow, format!("'{name}' has integers that fit neither int64 nor uint64"))
                .with_hint("use decimal.Decimal"),
        )),
    }
}

fn nulls(items: &[Bound<'_, PyAny>]) -> Option<NullBuffer> {
    items.iter().any(|v| v.is_none()).then(|| items.iter().map(|v| !v.is_none()).collect())
}

fn lists(py: Python<'_>, items: &[Bound<'_, PyAny>], name: &str) -> PyResult<ArrayRef> {
    let mut children = vec![];
    let mut lengths = vec![];
    for item in items {
        let before = children.len();
        if !item.is_none() {
            for child in item.try_iter()? {
                children.push(kinds::plain(&child?)?);
            }
        }
        lengths.push(children.len() - before);
    }
    let child = build(py, &children, name)?;
    let field = Arc::new(Field::new_list_field(child.data_type().clone(), true));
    let made = ListArray::try_new(field, OffsetBuffer::from_lengths(lengths), child, nulls(items));
    Ok(Arc::new(made.map_err(|e| to_python(py, &e.into()))?))
}

/// Fields in order of first appearance; an absent one is NULL.
fn structs(py: Python<'_>, items: &[Bound<'_, PyAny>], name: &str) -> PyResult<ArrayRef> {
    let mut names: Vec<String> = vec![];
    for item in items.iter().filter(|v| !v.is_none()) {
        for key in item.cast::<PyDict>()?.keys() {
            let key = key.extract::<String>()?;
            if !names.contains(&key) {
                names.push(key);
            }
        }
    }
    let mut fields = vec![];
    let mut columns = vec![];
    for field in names {
        let mut children = vec![];
        for item in items {
            let value = if item.is_none() { None } else { item.cast::<PyDict>()?.get_item(&field)? };
            children.push(match value {
                Some(value) => kinds::plain(&value)?,
                None => py.None().into_bound(py),
            });
        }
        let column = build(py, &children, &format!("{name}.{field}"))?;
        fields.push(Field::new(field, column.data_type().clone(), true));
        columns.push(column);
    }
    let made = if fields.is_empty() {
        Ok(StructArray::new_empty_fields(items.len(), nulls(items)))
    } else {
        StructArray::try_new(Fields::from(fields), columns, nulls(items))
    };
    Ok(Arc::new(made.map_err(|e| to_python(py, &e.into()))?))
}

/// Is this a value that holds others in a row?
pub fn is_sequence(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>()
}
