//! Which kind of value a Python object is.

use ltseq::error::{Code, Error};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyString};

use crate::columns::is_sequence;
use crate::errors::to_python;
use crate::python::classes;

/// Kinds of values, each with an Arrow type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Null,
    Bool,
    Int,
    Float,
    Text,
    Bytes,
    Date,
    Stamp,
    ZonedStamp,
    Time,
    Delta,
    Decimal,
    List,
    Struct,
}

impl Kind {
    /// The kind of a column with values of both; int with float is float, nothing else mixes.
    pub fn with(self, other: Kind) -> Option<Kind> {
        match (self, other) {
            (a, b) if a == b => Some(a),
            (Kind::Null, k) | (k, Kind::Null) => Some(k),
            (Kind::Int, Kind::Float) | (Kind::Float, Kind::Int) => Some(Kind::Float),
            _ => None,
        }
    }

    /// As people know it.
    pub fn shown(self) -> &'static str {
        match self {
            Kind::Null => "None",
            Kind::Bool => "bool",
            Kind::Int => "int",
            Kind::Float => "float",
            Kind::Text => "str",
            Kind::Bytes => "bytes",
            Kind::Date => "date",
            Kind::Stamp => "datetime",
            Kind::ZonedStamp => "datetime with a time zone",
            Kind::Time => "time",
            Kind::Delta => "timedelta",
            Kind::Decimal => "Decimal",
            Kind::List => "list",
            Kind::Struct => "dict",
        }
    }
}

/// The kind of one value.
pub fn kind_of(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Kind> {
    let py = value.py();
    // bool is an int, and datetime is a date: the narrower classes go first.
    if value.is_none() {
        Ok(Kind::Null)
    } else if value.is_instance_of::<PyBool>() {
        Ok(Kind::Bool)
    } else if value.is_instance_of::<PyInt>() {
        Ok(Kind::Int)
    } else if value.is_instance_of::<PyFloat>() {
        Ok(Kind::Float)
    } else if value.is_instance_of::<PyString>() {
        Ok(Kind::Text)
    } else if value.is_instance_of::<PyBytes>() || value.is_instance_of::<PyByteArray>() {
        Ok(Kind::Bytes)
    } else if value.is_instance_of::<PyDict>() {
        Ok(Kind::Struct)
    } else if is_sequence(value) {
        Ok(Kind::List)
    } else {
        let known = classes(py)?;
        let is = |class: &Py<PyAny>| value.is_instance(class.bind(py));
        if is(&known.datetime)? {
            let aware = !value.call_method0("utcoffset")?.is_none();
            Ok(if aware { Kind::ZonedStamp } else { Kind::Stamp })
        } else if is(&known.date)? {
            Ok(Kind::Date)
        } else if is(&known.time)? {
            Ok(Kind::Time)
        } else if is(&known.timedelta)? {
            Ok(Kind::Delta)
        } else if is(&known.decimal)? {
            Ok(Kind::Decimal)
        } else if is(&known.uuid)? {
            Ok(Kind::Text)
        } else if value.hasattr("__bytes__")? || value.get_type().name()? == "memoryview" {
            Ok(Kind::Bytes)
        } else {
            let class = value.get_type().qualname()?;
            Err(to_python(py, &Error::new(Code::Type, format!("{name} is a {class}, which is no value of a column"))))
        }
    }
}

/// Values of numpy and pandas as Python's own; all others as they are.
pub fn plain<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    if value.is_none()
        || value.is_exact_instance_of::<PyInt>()
        || value.is_exact_instance_of::<PyFloat>()
        || value.is_exact_instance_of::<PyString>()
        || value.is_exact_instance_of::<PyBool>()
    {
        return Ok(value.clone());
    }
    let class = value.get_type();
    let name = class.name()?;
    let name = name.to_str()?;
    if matches!(name, "NaTType" | "NAType") {
        return Ok(py.None().into_bound(py));
    }
    let module = class.module()?;
    if module.to_str()? != "numpy" {
        return Ok(value.clone());
    }
    match name {
        // Finer than microseconds, item() would give a plain integer.
        "datetime64" => value.call_method1("astype", ("datetime64[us]",))?.call_method0("item"),
        "timedelta64" => value.call_method1("astype", ("timedelta64[us]",))?.call_method0("item"),
        "ndarray" => value.call_method0("tolist"),
        _ => value.call_method0("item"),
    }
}
