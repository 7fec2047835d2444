//! Lists, structs, maps.

use datafusion::arrow::array::{Array, AsArray, OffsetSizeTrait};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::{Objects, failed, formatted};

/// One column's values: lists, and dicts for structs and maps.
pub fn objects(py: Python<'_>, array: &dyn Array) -> PyResult<Objects> {
    match array.data_type() {
        DataType::List(_) => lists::<i32>(py, array),
        DataType::LargeList(_) => lists::<i64>(py, array),
        DataType::ListView(f) | DataType::FixedSizeList(f, _) => {
            lists::<i32>(py, &cast(array, &DataType::List(f.clone())).map_err(|e| failed(py, e))?)
        }
        DataType::LargeListView(f) => {
            lists::<i64>(py, &cast(array, &DataType::LargeList(f.clone())).map_err(|e| failed(py, e))?)
        }
        DataType::Struct(_) => structs(py, array),
        DataType::Map(..) => maps(py, array),
        _ => formatted(py, array),
    }
}

fn lists<O: OffsetSizeTrait>(py: Python<'_>, array: &dyn Array) -> PyResult<Objects> {
    let array = array.as_list::<O>();
    let offsets: Vec<usize> = array.value_offsets().iter().map(|o| o.as_usize()).collect();
    let (first, last) = (offsets.first().copied().unwrap_or(0), offsets.last().copied().unwrap_or(0));
    let items = super::objects(py, &array.values().slice(first, last - first))?;
    let one = |i: usize| {
        if array.is_null(i) {
            return Ok(py.None());
        }
        let slice = &items[offsets[i] - first..offsets[i + 1] - first];
        Ok(PyList::new(py, slice.iter().map(|o| o.bind(py)))?.into_any().unbind())
    };
    (0..array.len()).map(one).collect()
}

fn structs(py: Python<'_>, array: &dyn Array) -> PyResult<Objects> {
    let array = array.as_struct();
    let columns = array.columns().iter().map(|c| super::objects(py, c.as_ref())).collect::<PyResult<Vec<_>>>()?;
    let names = array.column_names();
    let one = |i: usize| {
        if array.is_null(i) {
            return Ok(py.None());
        }
        let dict = PyDict::new(py);
        for (name, column) in names.iter().zip(&columns) {
            dict.set_item(name, column[i].bind(py))?;
        }
        Ok(dict.into_any().unbind())
    };
    (0..array.len()).map(one).collect()
}

fn maps(py: Python<'_>, array: &dyn Array) -> PyResult<Objects> {
    let array = array.as_map();
    let keys = super::objects(py, array.keys().as_ref())?;
    let values = super::objects(py, array.values().as_ref())?;
    let offsets = array.value_offsets();
    let one = |i: usize| {
        if array.is_null(i) {
            return Ok(py.None());
        }
        let dict = PyDict::new(py);
        for entry in offsets[i] as usize..offsets[i + 1] as usize {
            dict.set_item(keys[entry].bind(py), values[entry].bind(py))?;
        }
        Ok(dict.into_any().unbind())
    };
    (0..array.len()).map(one).collect()
}
