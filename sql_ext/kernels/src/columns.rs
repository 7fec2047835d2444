//! Typed views of argument columns, with errors where arrow's own would panic.

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, MutableArrayData, PrimitiveArray, UInt32Array,
    make_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::take;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

/// Argument number `i`; an error where the caller passed too few.
pub(crate) fn arg(args: &[ArrayRef], i: usize) -> Result<&ArrayRef, ArrowError> {
    args.get(i).ok_or_else(|| ArrowError::ComputeError(format!("kernel needs argument {i}, got {}", args.len())))
}

/// The column as a primitive array; an error where it is of another type.
pub(crate) fn primitive<T: ArrowPrimitiveType>(array: &dyn Array) -> Result<&PrimitiveArray<T>, ArrowError> {
    array.as_primitive_opt::<T>().ok_or_else(|| wrong_type(&T::DATA_TYPE, array.data_type()))
}

/// The column as a boolean array; an error where it is of another type.
pub(crate) fn boolean(array: &dyn Array) -> Result<&BooleanArray, ArrowError> {
    array.as_boolean_opt().ok_or_else(|| wrong_type(&DataType::Boolean, array.data_type()))
}

/// The rows of a boolean column that are true; NULL counts as not true.
pub(crate) fn true_bits(array: &dyn Array) -> Result<BooleanBuffer, ArrowError> {
    let array = boolean(array)?;
    Ok(match array.nulls() {
        Some(nulls) => array.values() & nulls.inner(),
        None => array.values().clone(),
    })
}

/// Appends the values of a column, `neutral` where they are NULL.
pub(crate) fn append_filled<T: ArrowPrimitiveType>(
    items: &mut Vec<T::Native>,
    column: &PrimitiveArray<T>,
    neutral: T::Native,
) {
    let from = items.len();
    items.extend_from_slice(column.values());
    if let Some(nulls) = column.nulls().filter(|n| n.null_count() > 0) {
        for row in (!nulls.inner()).set_indices() {
            items[from + row] = neutral;
        }
    }
}

/// An error unless the column has the type that the kernel was made for.
pub(crate) fn expect_type(array: &dyn Array, expected: &DataType) -> Result<(), ArrowError> {
    if array.data_type() == expected { Ok(()) } else { Err(wrong_type(expected, array.data_type())) }
}

fn wrong_type(expected: &DataType, got: &DataType) -> ArrowError {
    ArrowError::ComputeError(format!("kernel expects {expected}, got {got}"))
}

/// The refusal of an input type by `function`.
pub(crate) fn unsupported(function: &str, input: &DataType) -> ArrowError {
    ArrowError::NotYetImplemented(format!("{function} over {input}"))
}

/// A copy that shares no buffer with its parent, so that keeping a few rows does
/// not keep a whole batch (dictionary values stay shared: every batch has them).
pub(crate) fn compact(array: &dyn Array) -> Result<ArrayRef, ArrowError> {
    match array.data_type() {
        DataType::Utf8View => Ok(std::sync::Arc::new(array.as_string_view().gc())),
        DataType::BinaryView => Ok(std::sync::Arc::new(array.as_binary_view().gc())),
        // MutableArrayData would rebuild these through their logical slices as well,
        // but only `take` keeps a dictionary's values and a union's layout as they are.
        DataType::Dictionary(_, _) | DataType::Union(_, _) | DataType::RunEndEncoded(_, _) => {
            let rows = u32::try_from(array.len()).map_err(|_| ArrowError::ComputeError("batch of 2^32 rows".into()))?;
            take(array, &UInt32Array::from_iter_values(0..rows), None)
        }
        _ => {
            let data = array.to_data();
            let mut copy = MutableArrayData::new(vec![&data], false, array.len());
            copy.try_extend(0, 0, array.len())?;
            Ok(make_array(copy.freeze()))
        }
    }
}
