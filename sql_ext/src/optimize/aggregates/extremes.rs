//! MIN and MAX of floats for many groups at once.
//!
//! Stock starts a group at the greatest or least finite number and asks for less or more:
//! a group of nothing but ∞ or NaN never gets away from there. Here values compare in
//! total order, as in the accumulators of single groups, and start at its ends.

use datafusion::arrow::array::ArrowNativeTypeOp;
use datafusion::arrow::datatypes::{ArrowPrimitiveType, DataType, Float32Type, Float64Type};
use datafusion::logical_expr::GroupsAccumulator;
use datafusion_functions_aggregate_common::aggregate::groups_accumulator::prim_op::PrimitiveGroupsAccumulator;

/// An accumulator for a float type; none for others.
pub(super) fn groups(greatest: bool, data_type: &DataType) -> Option<Box<dyn GroupsAccumulator>> {
    // The NaNs that come first and last in total order.
    Some(match (data_type, greatest) {
        (DataType::Float64, true) => kept::<Float64Type>(data_type, f64::from_bits(u64::MAX), f64::is_gt),
        (DataType::Float64, false) => kept::<Float64Type>(data_type, f64::from_bits(u64::MAX >> 1), f64::is_lt),
        (DataType::Float32, true) => kept::<Float32Type>(data_type, f32::from_bits(u32::MAX), f32::is_gt),
        (DataType::Float32, false) => kept::<Float32Type>(data_type, f32::from_bits(u32::MAX >> 1), f32::is_lt),
        _ => return None,
    })
}

/// Keeps the value that wins against all others.
fn kept<T: ArrowPrimitiveType + Send>(
    data_type: &DataType,
    start: T::Native,
    wins: impl Fn(T::Native, T::Native) -> bool + Send + Sync + 'static,
) -> Box<dyn GroupsAccumulator> {
    let keep = move |best: &mut T::Native, new: T::Native| {
        if wins(new, *best) {
            *best = new;
        }
    };
    Box::new(PrimitiveGroupsAccumulator::<T, _>::new(data_type, keep).with_starting_value(start))
}
