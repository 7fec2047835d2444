//! Classes of the standard library that values are made of, looked up once.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// Python's own value classes.
pub struct Classes {
    pub date: Py<PyAny>,
    pub datetime: Py<PyAny>,
    pub time: Py<PyAny>,
    pub timedelta: Py<PyAny>,
    pub timezone: Py<PyAny>,
    pub utc: Py<PyAny>,
    /// 1970-01-01 00:00, without and with zone.
    pub epoch: Py<PyAny>,
    pub epoch_utc: Py<PyAny>,
    pub decimal: Py<PyAny>,
    pub uuid: Py<PyAny>,
    pub zone_info: Py<PyAny>,
}

static CLASSES: PyOnceLock<Classes> = PyOnceLock::new();

/// The classes.
pub fn classes(py: Python<'_>) -> PyResult<&'static Classes> {
    CLASSES.get_or_try_init(py, || {
        let datetime = py.import("datetime")?;
        let class = datetime.getattr("datetime")?;
        let utc = datetime.getattr("timezone")?.getattr("utc")?;
        Ok(Classes {
            date: datetime.getattr("date")?.unbind(),
            time: datetime.getattr("time")?.unbind(),
            timedelta: datetime.getattr("timedelta")?.unbind(),
            timezone: datetime.getattr("timezone")?.unbind(),
            epoch: class.call1((1970, 1, 1))?.unbind(),
            epoch_utc: class.call1((1970, 1, 1, 0, 0, 0, 0, &utc))?.unbind(),
            datetime: class.unbind(),
            utc: utc.unbind(),
            decimal: py.import("decimal")?.getattr("Decimal")?.unbind(),
            uuid: py.import("uuid")?.getattr("UUID")?.unbind(),
            zone_info: py.import("zoneinfo")?.getattr("ZoneInfo")?.unbind(),
        })
    })
}
