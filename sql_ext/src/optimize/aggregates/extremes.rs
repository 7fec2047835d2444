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
        (DataType::Float64, true) => most::<Float64Type>(data_type, f64::from_bits(u64::MAX)),
        (DataType::Float64, false) => least::<Float64Type>(data_type, f64::from_bits(u64::MAX >> 1)),
        (DataType::Float32, true) => most::<Float32Type>(data_type, f32::from_bits(u32::MAX)),
        (DataType::Float32, false) => least::<Float32Type>(data_type, f32::from_bits(u32::MAX >> 1)),
        _ => return None,
    })
}

fn most<T>(data_type: &DataType, start: T::Native) -> Box<dyn GroupsAccumulator>
where
    T: ArrowPrimitiveType + Send,
    T::Native: ArrowNativeTypeOp,
{
    let keep = |best: &mut T::Native, new: T::Native| {
        if new.is_gt(*best) {
            *best = new;
        }
    };
    Box::new(PrimitiveGroupsAccumulator::<T, _>::new(data_type, keep).with_starting_value(start))
}

fn least<T>(data_type: &DataType, start: T::Native) -> Box<dyn GroupsAccumulator>
where
    T: ArrowPrimitiveType + Send,
    T::Native: ArrowNativeTypeOp,
{
    let keep = |best: &mut T::Native, new: T::Native| {
        if new.is_lt(*best) {
            *best = new;
        }
    };
    Box::new(PrimitiveGroupsAccumulator::<T, _>::new(data_type, keep).with_starting_value(start))
}
