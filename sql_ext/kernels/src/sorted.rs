//! Whether rows come in the order of their keys.

use crate::runs::{mark, unequal_neighbours};
use arrow::array::{
    Array, ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, AsArray, PrimitiveArray, StringViewArray,
    downcast_primitive_array, make_comparator,
};
use arrow::compute::SortOptions;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use std::cmp::Ordering;

/// Rows compared at once before one looks whether any was wrong.
const BLOCK: usize = 128;

/// The first row that belongs before the row ahead of it, by lexicographic order of `keys`.
///
/// `options` has one entry per key. Floats compare in total order, but equal where runs hold
/// them equal (-0.0 and 0.0, all NaN): callers give keys in which equal values are the same.
pub fn descent(keys: &[ArrayRef], options: &[SortOptions]) -> Result<Option<usize>, ArrowError> {
    let rows = keys.first().map_or(0, |key| key.len());
    // Set where a key further left differs: then the later ones do not count.
    let mut decided = vec![0u8; rows];
    let mut first: Option<usize> = None;
    for (i, (key, options)) in keys.iter().zip(options).enumerate() {
        if i > 0 {
            mark(&keys[i - 1], &mut decided)?;
        }
        let found = key_descent(key, *options, &decided)?;
        first = [first, found].into_iter().flatten().min();
    }
    Ok(first)
}

fn key_descent(key: &ArrayRef, options: SortOptions, decided: &[u8]) -> Result<Option<usize>, ArrowError> {
    if key.null_count() > 0 {
        return compared(key, options, decided);
    }
    let descending = options.descending;
    Ok(match key.data_type() {
        DataType::Utf8View => views(key.as_string_view(), descending, decided),
        _ => downcast_primitive_array!(
            key => native(key, descending, decided),
            _ => return compared(key, options, decided)
        ),
    })
}

fn native<T: ArrowPrimitiveType>(key: &PrimitiveArray<T>, descending: bool, decided: &[u8]) -> Option<usize> {
    match descending {
        true => search(key.values(), decided, |before, now| now.is_gt(before)),
        false => search(key.values(), decided, |before, now| now.is_lt(before)),
    }
}

/// Blocks without a branch per row: only a block with a wrong row is read again.
fn search<T: Copy>(values: &[T], decided: &[u8], wrong: impl Fn(T, T) -> bool) -> Option<usize> {
    let pairs = values.len().saturating_sub(1);
    for start in (0..pairs).step_by(BLOCK) {
        let end = (start + BLOCK).min(pairs);
        let (before, now, decided) = (&values[start..end], &values[start + 1..=end], &decided[start + 1..=end]);
        let wrongs = || before.iter().zip(now).zip(decided).map(|((b, n), d)| u8::from(wrong(*b, *n)) & !d & 1);
        if wrongs().fold(0, |any, w| any | w) != 0 {
            return wrongs().position(|w| w != 0).map(|at| start + at + 1);
        }
    }
    None
}

/// Equal views are equal strings, and in sorted data most neighbours are equal.
fn views(key: &StringViewArray, descending: bool, decided: &[u8]) -> Option<usize> {
    let wrong = if descending { Ordering::Greater } else { Ordering::Less };
    unequal_neighbours(key.views())
        .into_iter()
        .filter(|&row| decided[row] == 0)
        .find(|&row| key.value(row).cmp(key.value(row - 1)) == wrong)
}

fn compared(key: &ArrayRef, options: SortOptions, decided: &[u8]) -> Result<Option<usize>, ArrowError> {
    let compare = make_comparator(key, key, options)?;
    Ok((1..key.len()).find(|&row| decided[row] == 0 && compare(row - 1, row) == Ordering::Greater))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Float64Array, Int64Array, StringArray};
    use std::sync::Arc;

    const UP: SortOptions = SortOptions { descending: false, nulls_first: false };
    const DOWN: SortOptions = SortOptions { descending: true, nulls_first: true };

    fn whole(values: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
        Arc::new(values.into_iter().collect::<Int64Array>())
    }

    fn first(keys: &[ArrayRef], options: &[SortOptions]) -> Option<usize> {
        descent(keys, options).unwrap()
    }

    #[test]
    fn one_key_in_either_direction() {
        let key = whole([1, 1, 2, 5, 4, 6].map(Some));
        assert_eq!(first(&[Arc::clone(&key)], &[UP]), Some(4));
        assert_eq!(first(&[key], &[DOWN]), Some(2));
        assert_eq!(first(&[whole([])], &[UP]), None);
        assert_eq!(first(&[whole([Some(3)])], &[UP]), None);
    }

    #[test]
    fn every_row_of_several_blocks() {
        let rows = 3 * BLOCK as i64 + 5;
        for wrong in 1..rows {
            let key = whole((0..rows).map(|i| Some(if i == wrong { -1 } else { i })));
            assert_eq!(first(&[key], &[UP]), Some(wrong as usize));
        }
    }

    #[test]
    fn later_keys_count_among_equal_ones_only() {
        for left in [
            Arc::new(StringArray::from(vec!["a", "a", "b", "b", "c"])) as ArrayRef,
            Arc::new(StringViewArray::from(vec!["a", "a", "b", "b", "c"])),
            whole([1, 1, 2, 2, 3].map(Some)),
        ] {
            assert_eq!(first(&[Arc::clone(&left), whole([4, 5, 1, 1, 0].map(Some))], &[UP, UP]), None);
            assert_eq!(first(&[Arc::clone(&left), whole([4, 5, 2, 1, 0].map(Some))], &[UP, UP]), Some(3));
            assert_eq!(first(&[left, whole([5, 4, 1, 1, 0].map(Some))], &[UP, UP]), Some(1));
        }
    }

    #[test]
    fn long_strings_that_begin_alike() {
        let key: ArrayRef =
            Arc::new(StringViewArray::from(vec!["a long beginning 1", "a long beginning 2", "a long b"]));
        assert_eq!(first(&[key], &[UP]), Some(2));
    }

    #[test]
    fn nulls_stand_where_the_key_says() {
        assert_eq!(first(&[whole([Some(1), None, None])], &[UP]), None);
        assert_eq!(first(&[whole([None, Some(1)])], &[UP]), Some(1));
        assert_eq!(first(&[whole([None, Some(1)])], &[DOWN]), None);
    }

    #[test]
    fn nan_comes_last() {
        let key: ArrayRef = Arc::new(Float64Array::from(vec![1.0, f64::INFINITY, f64::NAN, f64::NAN, 2.0]));
        assert_eq!(first(&[key], &[UP]), Some(4));
    }
}
