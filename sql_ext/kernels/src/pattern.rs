//! `SEARCH_PATTERN` and `SEARCH_FIRST`: where conditions hold along the order.

use crate::Kernel;
use crate::columns::{arg, primitive, true_bits};
use crate::partition::{Partitions, Segment};
use arrow::array::types::Int64Type;
use arrow::array::{Array, ArrayRef, BooleanArray, BooleanBufferBuilder, Int64Array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::concat;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use std::sync::Arc;

/// `SEARCH_PATTERN(c1, …, cn [, within])`: true on the first of n consecutive rows of
/// which the first satisfies c1, the second c2, and so on.
///
/// NULL is not true. With `within` the last key is at most that far (inclusive, either
/// direction) from the first; a NULL key is never near. A row is answered n − 1 rows
/// later, or when its partition ends. Matches may overlap.
/// Bit-parallel: condition j, shifted by j rows, is ANDed in, 64 rows at a time.
#[derive(Debug)]
pub struct SearchPattern {
    steps: usize,
    within: Option<i64>,
    /// What the conditions said of the rows that wait for an answer.
    held: Vec<BooleanBuffer>,
    /// Their keys, where there is a distance to measure.
    keys: Option<Int64Array>,
    partitions: Partitions,
}

impl SearchPattern {
    /// Arguments: `steps` boolean columns and, where `within` is set, the Int64 key.
    /// An error for no steps.
    pub fn new(steps: usize, within: Option<i64>) -> Result<Self, ArrowError> {
        if steps == 0 {
            return Err(ArrowError::InvalidArgumentError("SEARCH_PATTERN needs at least one condition".to_string()));
        }
        Ok(Self {
            steps,
            within,
            held: vec![BooleanBuffer::new_unset(0); steps],
            keys: None,
            partitions: Partitions::default(),
        })
    }

    /// Boolean, never NULL.
    pub fn output_type() -> DataType {
        DataType::Boolean
    }

    /// The waiting rows and the batch, in one piece.
    fn joined(&self, args: &[ArrayRef]) -> Result<Vec<BooleanBuffer>, ArrowError> {
        let conditions = self.held.iter().enumerate().map(|(j, held)| {
            let batch = true_bits(arg(args, j)?)?;
            let mut bits = BooleanBufferBuilder::new(held.len() + batch.len());
            bits.append_buffer(held);
            bits.append_buffer(&batch);
            Ok(bits.finish())
        });
        conditions.collect()
    }

    fn joined_keys(&self, args: &[ArrayRef]) -> Result<Option<Int64Array>, ArrowError> {
        if self.within.is_none() {
            return Ok(None);
        }
        let batch = primitive::<Int64Type>(arg(args, self.steps)?)?;
        let all = match &self.keys {
            None => return Ok(Some(batch.clone())),
            Some(keys) => concat(&[keys, batch])?,
        };
        Ok(Some(primitive::<Int64Type>(&all)?.clone()))
    }

    /// The rows among `len` at which the conditions hold one after the other, keys
    /// near enough; `len` leaves room for the pattern.
    fn matches(&self, conditions: &[BooleanBuffer], keys: Option<&Int64Array>, len: usize) -> Vec<usize> {
        if len == 0 {
            return Vec::new();
        }
        let mut found: Option<BooleanBuffer> = None;
        for (j, condition) in conditions.iter().enumerate() {
            let shifted = condition.slice(j, len);
            found = Some(found.map_or(shifted.clone(), |f| &f & &shifted));
        }
        let near = |&row: &usize| match (self.within, keys) {
            (Some(within), Some(keys)) => {
                let last = row + self.steps - 1;
                keys.is_valid(row)
                    && keys.is_valid(last)
                    && i128::from(keys.value(row).abs_diff(keys.value(last))) <= i128::from(within)
            }
            _ => true,
        };
        let rows = found.iter().flat_map(BooleanBuffer::set_indices);
        rows.filter(near).collect()
    }

    /// Keeps the rows from `from` on.
    fn hold(&mut self, conditions: &[BooleanBuffer], keys: Option<Int64Array>, from: usize, rows: usize) {
        let copy = |bits: &BooleanBuffer| {
            let mut kept = BooleanBufferBuilder::new(rows - from);
            kept.append_buffer(&bits.slice(from, rows - from));
            kept.finish()
        };
        self.held = conditions.iter().map(copy).collect();
        self.keys = keys.map(|k| k.slice(from, rows - from).iter().collect());
    }

    /// Lengths, which arguments must share.
    fn check(&self, args: &[ArrayRef]) -> Result<usize, ArrowError> {
        let rows = arg(args, 0)?.len();
        match args.iter().all(|a| a.len() == rows) {
            true => Ok(rows),
            false => Err(ArrowError::ComputeError("the conditions of SEARCH_PATTERN differ in length".to_string())),
        }
    }
}

impl Kernel for SearchPattern {
    fn push(&mut self, args: &[ArrayRef], starts: &[usize]) -> Result<ArrayRef, ArrowError> {
        let rows = self.check(args)?;
        let cut = self.partitions.segments(starts, rows)?;
        let waiting = self.held[0].len();
        let conditions = self.joined(args)?;
        let keys = self.joined_keys(args)?;
        let (total, reach) = (waiting + rows, self.steps - 1);
        // Partition starts, counted from the first waiting row.
        let fresh = |s: &Segment| s.fresh.then_some(s.start + waiting);
        let starts: Vec<usize> = cut.iter().filter_map(fresh).collect();
        let current = starts.last().copied().unwrap_or(0);
        let answered = total.saturating_sub(reach).max(current);
        let mut out = vec![false; answered];
        for row in self.matches(&conditions, keys.as_ref(), total.saturating_sub(reach)) {
            out[row] = true;
        }
        for start in starts {
            // The pattern does not fit between these rows and the partition's end.
            out[start.saturating_sub(reach)..start].fill(false);
        }
        self.hold(&conditions, keys, answered, total);
        Ok(Arc::new(BooleanArray::from(out)))
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let waiting = self.held[0].len();
        self.held = vec![BooleanBuffer::new_unset(0); self.steps];
        self.keys = None;
        Ok(Arc::new(BooleanArray::from(vec![false; waiting])))
    }

    fn memory(&self) -> usize {
        let bits: usize = self.held.iter().map(|h| h.inner().capacity()).sum();
        let keys = self.keys.as_ref().map_or(0, |k| k.get_array_memory_size());
        size_of::<Self>() + bits + keys
    }
}

/// `SEARCH_FIRST(cond)`: true on the first row of the partition where cond holds.
///
/// NULL is not true; all rows are false where cond never holds.
#[derive(Debug, Default)]
pub struct SearchFirst {
    found: bool,
    partitions: Partitions,
}

impl SearchFirst {
    /// The argument is one boolean column.
    pub fn new() -> Self {
        Self::default()
    }

    /// Boolean, never NULL.
    pub fn output_type() -> DataType {
        DataType::Boolean
    }
}

impl Kernel for SearchFirst {
    fn push(&mut self, args: &[ArrayRef], starts: &[usize]) -> Result<ArrayRef, ArrowError> {
        let bits = true_bits(arg(args, 0)?)?;
        let mut out = vec![false; bits.len()];
        for segment in self.partitions.segments(starts, bits.len())? {
            self.found &= !segment.fresh;
            if self.found {
                continue;
            }
            let rows = bits.slice(segment.start, segment.end - segment.start);
            if let Some(first) = rows.set_indices().next() {
                out[segment.start + first] = true;
                self.found = true;
            }
        }
        Ok(Arc::new(BooleanArray::from(out)))
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(BooleanArray::from(Vec::<bool>::new())))
    }

    fn memory(&self) -> usize {
        size_of::<Self>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Rng, cuts, drive, partitions};

    #[test]
    fn agrees_with_trying_every_row() {
        let mut rng = Rng(13);
        for n in [0, 1, 2, 90] {
            for steps in [1, 2, 4] {
                let conds: Vec<Vec<Option<bool>>> = (0..steps).map(|_| rng.column(n, 9, |r| !r.one_in(3))).collect();
                let mut at = i64::MIN;
                let key = rng.column(n, 9, |r| {
                    at += r.below(4) as i64;
                    at
                });
                let starts = rng.starts(n, 15);
                let mut args: Vec<ArrayRef> = Vec::new();
                for c in &conds {
                    args.push(Arc::new(BooleanArray::from(c.clone())));
                }
                args.push(Arc::new(Int64Array::from(key.clone())));
                for within in [None, Some(3), Some(-1)] {
                    let mut want = vec![false; n];
                    for part in partitions(&starts, n) {
                        for i in part.start..part.end {
                            let fits = i + steps <= part.end && (0..steps).all(|j| conds[j][i + j] == Some(true));
                            want[i] = fits
                                && match (within, key[i], key.get(i + steps - 1).copied().flatten()) {
                                    (None, _, _) => true,
                                    (Some(w), Some(a), Some(b)) => b - a <= w,
                                    _ => false,
                                };
                        }
                    }
                    let want: ArrayRef = Arc::new(BooleanArray::from(want));
                    for cut in cuts(n) {
                        let mut kernel = SearchPattern::new(steps, within).expect("kernel");
                        let got = drive(&mut kernel, &args, &starts, cut).expect("drive");
                        assert_eq!(&got, &want, "{steps} {within:?} cut {cut}");
                    }
                }
                let mut want = vec![false; n];
                for part in partitions(&starts, n) {
                    if let Some(i) = part.clone().find(|&i| conds[0][i] == Some(true)) {
                        want[i] = true;
                    }
                }
                let want: ArrayRef = Arc::new(BooleanArray::from(want));
                for cut in cuts(n) {
                    let mut kernel = SearchFirst::new();
                    let got = drive(&mut kernel, &args[..1], &starts, cut).expect("drive");
                    assert_eq!(&got, &want, "first, cut {cut}");
                }
            }
        }
        assert!(SearchPattern::new(0, None).is_err());
    }
}
