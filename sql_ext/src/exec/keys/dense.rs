//! Keys that are whole numbers close together: each finds its number at its own place.
//!
//! ```text
//! keys 7 9 6      least 6      numbers  2 0 - 1
//! ```

use datafusion::arrow::array::ArrowNativeTypeOp;
use datafusion::arrow::array::{Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray, downcast_primitive_array};
use datafusion::arrow::datatypes::{ArrowNativeType, DataType};

use super::NONE;

/// A place for every key between the least and the greatest.
pub struct Dense {
    least: usize,
    numbers: Vec<u32>,
    count: u32,
}

impl Dense {
    /// Numbers the keys in the order in which they come, NULL [`NONE`]; no table where it would be mostly empty.
    pub fn build(column: &ArrayRef) -> Option<(Self, Vec<u32>)> {
        let column = column.as_ref();
        downcast_primitive_array!(
            column => is_whole(column.data_type()).then(|| build(column)).flatten(),
            _ => None
        )
    }

    /// The number of each key; [`NONE`] for NULL and for what is not there.
    pub fn find(&self, column: &ArrayRef) -> Vec<u32> {
        let column = column.as_ref();
        downcast_primitive_array!(
            column => self.find_in(column),
            _ => vec![NONE; column.len()]
        )
    }

    /// How many keys there are.
    pub fn count(&self) -> usize {
        self.count as usize
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        self.numbers.capacity() * size_of::<u32>()
    }

    fn find_in<T: ArrowPrimitiveType>(&self, column: &PrimitiveArray<T>) -> Vec<u32> {
        let number = |key: &T::Native| self.numbers.get(self.place(*key)).copied().unwrap_or(NONE);
        let mut found: Vec<u32> = column.values().iter().map(number).collect();
        if let Some(valid) = column.nulls() {
            found.iter_mut().zip(valid.iter()).filter(|(_, valid)| !valid).for_each(|(number, _)| *number = NONE);
        }
        found
    }

    /// Keys below the least wrap around to places that are not there.
    #[inline]
    fn place(&self, key: impl ArrowNativeType) -> usize {
        key.as_usize().wrapping_sub(self.least)
    }
}

/// Whole numbers that a `usize` holds, if need be as its two's complement.
fn is_whole(data_type: &DataType) -> bool {
    let temporal = matches!(
        data_type,
        DataType::Date32
            | DataType::Date64
            | DataType::Time32(_)
            | DataType::Time64(_)
            | DataType::Timestamp(..)
            | DataType::Duration(_)
    );
    usize::BITS == 64 && (data_type.is_integer() || temporal)
}

fn build<T: ArrowPrimitiveType>(column: &PrimitiveArray<T>) -> Option<(Dense, Vec<u32>)> {
    let keys = || column.iter().flatten();
    let least = keys().min_by(|a, b| a.compare(*b))?.as_usize();
    let span = keys().max_by(|a, b| a.compare(*b))?.as_usize().wrapping_sub(least);
    // As much as the hash table would hold.
    if span / 4 > column.len() {
        return None;
    }
    let mut dense = Dense { least, numbers: vec![NONE; span + 1], count: 0 };
    let mut numbers = vec![NONE; column.len()];
    for (row, key) in column.iter().enumerate() {
        let Some(key) = key else { continue };
        let place = dense.place(key);
        let number = &mut dense.numbers[place];
        if *number == NONE {
            *number = dense.count;
            dense.count += 1;
        }
        numbers[row] = *number;
    }
    Some((dense, numbers))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{Float64Array, Int64Array, UInt64Array};

    use super::*;

    #[test]
    fn keys_are_numbered_as_they_come() {
        let keys: ArrayRef = Arc::new(Int64Array::from(vec![Some(-7), Some(-9), None, Some(-7), Some(-6)]));
        let (dense, numbers) = Dense::build(&keys).unwrap();
        assert_eq!(numbers, [0, 1, NONE, 0, 2]);
        assert_eq!(dense.count(), 3);
        let asked: ArrayRef =
            Arc::new(Int64Array::from(vec![Some(-6), Some(-8), None, Some(i64::MAX), Some(i64::MIN), Some(-10)]));
        assert_eq!(dense.find(&asked), [2, NONE, NONE, NONE, NONE, NONE]);
    }

    #[test]
    fn the_ends_of_a_type_are_far_from_each_other() {
        let keys: ArrayRef = Arc::new(Int64Array::from(vec![i64::MIN, i64::MAX, 0, 1]));
        assert!(Dense::build(&keys).is_none());
        let keys: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX, u64::MAX - 2]));
        let (dense, numbers) = Dense::build(&keys).unwrap();
        assert_eq!(numbers, [0, 1]);
        let asked: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX - 2, u64::MAX - 1, 0]));
        assert_eq!(dense.find(&asked), [1, NONE, NONE]);
    }

    #[test]
    fn fractions_have_no_places() {
        let keys: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
        assert!(Dense::build(&keys).is_none());
    }
}
