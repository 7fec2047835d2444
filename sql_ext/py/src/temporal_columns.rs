//! Dates, times, durations and decimals of Python as Arrow arrays.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Date32Builder, Decimal128Builder, DurationMicrosecondBuilder, StringBuilder, Time64MicrosecondBuilder,
    TimestampMicrosecondBuilder,
};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::DataType;
use ltseq::error::{Code, Error};
use pyo3::prelude::*;

use crate::columns::each;
use crate::errors::to_python;
use crate::python::classes;

const EPOCH_ORDINAL: i32 = 719_163;

/// Days.
pub fn dates(_py: Python<'_>, items: &[Bound<'_, PyAny>]) -> PyResult<ArrayRef> {
    let mut builder = each(items, Date32Builder::with_capacity(items.len()), |b, v| {
        let day = v.map(|v| v.call_method0("toordinal")?.extract::<i32>()).transpose()?;
        b.append_option(day.map(|d| d - EPOCH_ORDINAL));
        Ok(())
    })?;
    Ok(Arc::new(builder.finish()))
}

/// Microseconds; those with a zone in UTC.
pub fn timestamps(py: Python<'_>, items: &[Bound<'_, PyAny>], zoned: bool) -> PyResult<ArrayRef> {
    let known = classes(py)?;
    let epoch = if zoned { known.epoch_utc.bind(py) } else { known.epoch.bind(py) };
    let mut builder = each(items, TimestampMicrosecondBuilder::with_capacity(items.len()), |b, v| {
        // pandas' subclass answers with its own timedelta, which has the same fields.
        b.append_option(v.map(|v| micros(&v.sub(epoch)?)).transpose()?);
        Ok(())
    })?;
    let array = builder.finish();
    Ok(if zoned { Arc::new(array.with_timezone("UTC")) } else { Arc::new(array) })
}

fn micros(delta: &Bound<'_, PyAny>) -> PyResult<i64> {
    let part = |name: &str| delta.getattr(name)?.extract::<i64>();
    // Python's datetime range times microseconds fits 64 bits.
    Ok((part("days")? * 86_400 + part("seconds")?) * 1_000_000 + part("microseconds")?)
}

/// Microseconds of the day.
pub fn times(items: &[Bound<'_, PyAny>]) -> PyResult<ArrayRef> {
    let mut builder = each(items, Time64MicrosecondBuilder::with_capacity(items.len()), |b, v| {
        let one = v.map(|v| {
            let part = |name: &str| v.getattr(name)?.extract::<i64>();
            Ok::<_, PyErr>(
                ((part("hour")? * 60 + part("minute")?) * 60 + part("second")?) * 1_000_000 + part("microsecond")?,
            )
        });
        b.append_option(one.transpose()?);
        Ok(())
    })?;
    Ok(Arc::new(builder.finish()))
}

/// Microseconds.
pub fn durations(py: Python<'_>, items: &[Bound<'_, PyAny>]) -> PyResult<ArrayRef> {
    let mut builder = each(items, DurationMicrosecondBuilder::with_capacity(items.len()), |b, v| {
        let one = v.map(|v| {
            let part = |name: &str| v.getattr(name)?.extract::<i64>();
            let seconds = part("days")?.checked_mul(86_400).and_then(|d| d.checked_add(part("seconds").ok()?));
            let whole =
                seconds.and_then(|s| s.checked_mul(1_000_000)).and_then(|s| s.checked_add(part("microseconds").ok()?));
            whole.ok_or_else(|| to_python(py, &Error::new(Code::Overflow, "a timedelta is too long")))
        });
        b.append_option(one.transpose()?);
        Ok(())
    })?;
    Ok(Arc::new(builder.finish()))
}

/// Decimals that hold every value exactly.
pub fn decimals(py: Python<'_>, items: &[Bound<'_, PyAny>], name: &str) -> PyResult<ArrayRef> {
    let mut texts = vec![];
    let (mut whole, mut fraction) = (1_usize, 0_usize);
    for item in items {
        if item.is_none() {
            texts.push(None);
            continue;
        }
        let text = item.call_method1("__format__", ("f",))?.extract::<String>()?;
        let digits = text.trim_start_matches(['-', '+']);
        if !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(to_python(py, &Error::new(Code::Data, format!("'{name}' holds the decimal {text}"))));
        }
        let (left, right) = digits.split_once('.').unwrap_or((digits, ""));
        whole = whole.max(left.trim_start_matches('0').len());
        fraction = fraction.max(right.len());
        texts.push(Some(text));
    }
    let precision = (whole + fraction).max(1);
    let too_long = || {
        to_python(
            py,
            &Error::new(Code::Overflow, format!("'{name}' needs {precision} decimal digits; 76 are possible")),
        )
    };
    let (p, s) = (u8::try_from(precision).map_err(|_| too_long())?, i8::try_from(fraction).map_err(|_| too_long())?);
    if p <= 38 {
        let mut builder = Decimal128Builder::with_capacity(items.len());
        for text in &texts {
            builder.append_option(text.as_deref().map(|t| unscaled(t, fraction)).transpose().map_err(|()| too_long())?);
        }
        let array = builder.finish().with_precision_and_scale(p, s);
        return Ok(Arc::new(array.map_err(|e| to_python(py, &e.into()))?));
    }
    if p > 76 {
        return Err(too_long());
    }
    let mut builder = StringBuilder::new();
    texts.iter().for_each(|t| builder.append_option(t.as_deref()));
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(&builder.finish(), &DataType::Decimal256(p, s), &strict).map_err(|e| to_python(py, &e.into()))
}

/// The digits as one integer with so many decimals.
fn unscaled(text: &str, scale: usize) -> Result<i128, ()> {
    let (left, right) = text.split_once('.').unwrap_or((text, ""));
    let padding = "0".repeat(scale.saturating_sub(right.len()));
    format!("{left}{right}{padding}").parse().map_err(|_| ())
}
