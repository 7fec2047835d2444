//! Python values as typed scalars.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, new_null_array};
use datafusion::arrow::datatypes::DataType;
use datafusion::scalar::ScalarValue;
use ltseq::engine::Params;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyMapping, PyString};

use crate::columns;
use crate::errors::{argument, to_python};

/// The parameters of a statement: None, a sequence, or a dict.
pub fn from_python(py: Python<'_>, params: Option<&Bound<'_, PyAny>>) -> PyResult<Params> {
    let Some(params) = params.filter(|p| !p.is_none()) else {
        return Ok(Params::None);
    };
    if let Ok(named) = params.cast::<PyDict>() {
        return by_name(named);
    }
    if params.cast::<PyMapping>().is_ok() {
        let dict = py.import("builtins")?.getattr("dict")?.call1((params,))?;
        return by_name(dict.cast::<PyDict>()?);
    }
    if params.is_instance_of::<PyString>() {
        return Err(argument(py, "parameters are a list or a dict, not a text"));
    }
    let values = params.try_iter().map_err(|_| argument(py, "parameters are a list or a dict"))?;
    Ok(Params::Positional(values.map(|v| scalar(&v?)).collect::<PyResult<_>>()?))
}

fn by_name(named: &Bound<'_, PyDict>) -> PyResult<Params> {
    let mut values = BTreeMap::new();
    for (name, value) in named {
        let Ok(name) = name.extract::<String>() else {
            return Err(argument(named.py(), "the names of parameters are texts"));
        };
        values.insert(name, scalar(&value)?);
    }
    Ok(Params::Named(values))
}

/// One value: the only element of a column.
fn scalar(value: &Bound<'_, PyAny>) -> PyResult<ScalarValue> {
    let py = value.py();
    if value.is_none() {
        return Ok(ScalarValue::Null);
    }
    let column: ArrayRef = columns::array(&PyList::new(py, [value])?, None, "a parameter")?;
    let column = if column.is_empty() { new_null_array(&DataType::Null, 1) } else { column };
    ScalarValue::try_from_array(&Arc::clone(&column), 0).map_err(|e| to_python(py, &e.into()))
}
