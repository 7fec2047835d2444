//! `FUNNEL`: how deep steps were reached, one after the other.

use crate::Kernel;
use crate::columns::{arg, primitive, true_bits};
use crate::partition::Partitions;
use arrow::array::types::Int64Type;
use arrow::array::{Array, ArrayRef, BooleanArray, BooleanBufferBuilder};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use std::sync::Arc;

/// Marks the rows on which a funnel got one step deeper than on any row before.
///
/// A chain is a row of step 1, then a later row of step 2, and so on, gaps allowed, no key
/// farther than `within` (inclusive, either direction) from that of step 1. As a chain grows
/// by one step a row, the number of marks in a partition is the greatest depth.
/// NULL is not true; a row without a key takes no part.
///
/// Of all chains of one depth only the one that began last is kept: whatever another can
/// still reach, this one can. That makes it one pass with `steps` keys of state, as
/// ClickHouse's windowFunnel.
#[derive(Debug)]
pub struct Funnel {
    within: i64,
    /// The key of step 1 of the latest chain of each depth.
    began: Vec<Option<i64>>,
    depth: usize,
    partitions: Partitions,
}

impl Funnel {
    /// Arguments: `steps` boolean columns, then the Int64 key. An error for no steps.
    pub fn new(steps: usize, within: i64) -> Result<Self, ArrowError> {
        if steps == 0 {
            return Err(ArrowError::InvalidArgumentError("FUNNEL needs at least one condition".to_string()));
        }
        Ok(Self { within, began: vec![None; steps], depth: 0, partitions: Partitions::default() })
    }

    /// Boolean: true, or NULL.
    pub fn output_type() -> DataType {
        DataType::Boolean
    }

    /// Did the row make the funnel deeper?
    #[inline]
    fn deepens(&mut self, row: usize, conditions: &[BooleanBuffer], key: i64) -> bool {
        let before = self.depth;
        // From the last step on, so that no row serves two steps of a chain.
        for step in (1..conditions.len().min(self.depth + 1)).rev() {
            if let Some(began) = self.began[step - 1]
                && conditions[step].value(row)
                && key.abs_diff(began) <= self.within.unsigned_abs()
            {
                self.began[step] = Some(began);
                self.depth = self.depth.max(step + 1);
            }
        }
        if conditions[0].value(row) {
            self.began[0] = Some(key);
            self.depth = self.depth.max(1);
        }
        self.depth > before
    }
}

impl Kernel for Funnel {
    fn push(&mut self, args: &[ArrayRef], starts: &[usize]) -> Result<ArrayRef, ArrowError> {
        let steps = self.began.len();
        let conditions = (0..steps).map(|j| true_bits(arg(args, j)?)).collect::<Result<Vec<_>, _>>()?;
        let keys = primitive::<Int64Type>(arg(args, steps)?)?;
        let rows = keys.len();
        if conditions.iter().any(|c| c.len() != rows) {
            return Err(ArrowError::ComputeError("the conditions of FUNNEL differ in length".to_string()));
        }
        // Rows on which no step is taken cost nothing but this.
        let any = conditions.iter().skip(1).fold(conditions[0].clone(), |any, c| &any | c);
        let mut marks = BooleanBufferBuilder::new(rows);
        marks.append_n(rows, false);
        for segment in self.partitions.segments(starts, rows)? {
            if segment.fresh {
                self.began.fill(None);
                self.depth = 0;
            }
            for row in any.slice(segment.start, segment.end - segment.start).set_indices() {
                let row = segment.start + row;
                if self.depth < steps && keys.is_valid(row) && self.deepens(row, &conditions, keys.value(row)) {
                    marks.set_bit(row, true);
                }
            }
        }
        let marks = marks.finish();
        Ok(Arc::new(BooleanArray::new(marks.clone(), Some(NullBuffer::new(marks)))))
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(BooleanArray::from(Vec::<bool>::new())))
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.began.capacity() * size_of::<Option<i64>>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Rng, cuts, drive, partitions};
    use arrow::array::{AsArray, Int64Array};

    /// Rows, conditions, keys and window.
    type Given<'a> = (&'a [usize], &'a [Vec<Option<bool>>], &'a [Option<i64>], i64);

    /// Tries every chain.
    fn depth(rows: &[usize], conditions: &[Vec<Option<bool>>], keys: &[Option<i64>], within: i64) -> usize {
        fn from(at: usize, step: usize, began: i64, of: Given) -> usize {
            let (rows, conditions, keys, within) = of;
            let mut best = 0;
            for (i, &row) in rows.iter().enumerate().skip(at) {
                let near = keys[row].is_some_and(|key| key - began <= within);
                if step < conditions.len() && conditions[step][row] == Some(true) && near {
                    best = best.max(1 + from(i + 1, step + 1, began, of));
                }
            }
            best
        }
        let begins = rows.iter().enumerate().filter(|&(_, &row)| conditions[0][row] == Some(true));
        let depths =
            begins.filter_map(|(i, &row)| Some(1 + from(i + 1, 1, keys[row]?, (rows, conditions, keys, within))));
        depths.max().unwrap_or(0)
    }

    #[test]
    fn agrees_with_trying_every_chain() {
        let mut rng = Rng(29);
        for n in [0, 1, 2, 60] {
            for steps in [1, 2, 3, 4] {
                let conditions: Vec<_> = (0..steps).map(|_| rng.column(n, 9, |r| r.one_in(3))).collect();
                let mut at = -20;
                let keys = rng.column(n, 12, |r| {
                    at += r.below(4) as i64;
                    at
                });
                let starts = rng.starts(n, 20);
                let mut args: Vec<ArrayRef> = vec![];
                for c in &conditions {
                    args.push(Arc::new(BooleanArray::from(c.clone())));
                }
                args.push(Arc::new(Int64Array::from(keys.clone())));
                for (within, cut) in [0, 3, 9, i64::MAX].into_iter().flat_map(|w| cuts(n).map(|c| (w, c))) {
                    let mut kernel = Funnel::new(steps, within).expect("kernel");
                    let got = drive(&mut kernel, &args, &starts, cut).expect("drive");
                    for part in partitions(&starts, n) {
                        let rows: Vec<usize> = part.clone().collect();
                        let within = within.min(1 << 40);
                        let marks = got.as_boolean().slice(part.start, part.len());
                        let want = depth(&rows, &conditions, &keys, within);
                        assert_eq!(marks.true_count(), want, "{steps} {within} cut {cut}");
                        assert_eq!(marks.len() - marks.null_count(), want);
                    }
                }
            }
        }
        assert!(Funnel::new(0, 1).is_err());
    }

    #[test]
    fn keys_far_apart_do_not_overflow() {
        let held = Arc::new(BooleanArray::from(vec![true, true])) as ArrayRef;
        let keys = Arc::new(Int64Array::from(vec![i64::MIN, i64::MAX])) as ArrayRef;
        let mut kernel = Funnel::new(2, i64::MAX).expect("kernel");
        let got = drive(&mut kernel, &[held.clone(), held, keys], &[], 1).expect("drive");
        assert_eq!(got.as_boolean().true_count(), 1);
    }
}
