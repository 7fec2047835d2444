//! Keys as they compare: −0.0 is 0.0, and NaN is one value, the greatest.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::datatypes::{ArrowPrimitiveType, DataType, Float16Type, Float32Type, Float64Type};
use datafusion::common::Result;

use super::{Own, column, wrong_count};

pub(super) fn functions() -> Vec<Own> {
    vec![Own::new("as_key", one, |args, _| match args {
        [key] => Ok(as_key(key)),
        _ => column("as_key"),
    })]
}

fn one(name: &str, types: &[DataType]) -> Result<(Vec<DataType>, DataType)> {
    match types {
        [key] => Ok((vec![key.clone()], key.clone())),
        _ => wrong_count(name, 1, types.len()),
    }
}

/// The column with one value for both zeros, and one for all NaN: arithmetic may set NaN's sign,
/// and the total order of floats puts such a NaN before all numbers.
pub fn as_key(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Float64 => Arc::new(
            column
                .as_primitive::<Float64Type>()
                .unary::<_, Float64Type>(|v| if v.is_nan() { f64::NAN } else { v + 0.0 }),
        ),
        DataType::Float32 => Arc::new(
            column
                .as_primitive::<Float32Type>()
                .unary::<_, Float32Type>(|v| if v.is_nan() { f32::NAN } else { v + 0.0 }),
        ),
        DataType::Float16 => {
            let zero = Float16Type::default_value();
            Arc::new(column.as_primitive::<Float16Type>().unary::<_, Float16Type>(|v| if v == zero { zero } else { v }))
        }
        _ => Arc::clone(column),
    }
}
