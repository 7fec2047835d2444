use super::{Reach, key_at};
use crate::Kernel;
use crate::assemble::{Assembly, BATCH, DEFAULT};
use crate::columns::{arg, expect_type};
use crate::partition::Partitions;
use arrow::array::{Array, ArrayRef, new_empty_array, new_null_array};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use std::collections::VecDeque;

/// `FILL_BACKWARD(x [, limit] [, max_gap])`: the next observation where x is NULL.
///
/// Of the NULLs before an observation the last `limit` are filled, and only those
/// whose key is at most `max_gap` (inclusive) from the observation's; a NULL key is
/// never within the gap. Nothing crosses a partition. Any type. NULLs are answered
/// when an observation, more than `limit` NULLs, a row beyond `max_gap` (keys come in
/// order), or the partition's end has come.
#[derive(Debug)]
pub struct FillBackward {
    data_type: DataType,
    reach: Reach,
    /// Rows that wait for an observation.
    owed: usize,
    /// Their keys, where there is a gap to measure.
    keys: VecDeque<Option<i64>>,
    partitions: Partitions,
}

impl FillBackward {
    /// `data_type`: of x, the first argument. The second, Int64, is read only where
    /// there is a `max_gap`.
    pub fn new(data_type: &DataType, reach: Reach) -> Self {
        Self { data_type: data_type.clone(), reach, owed: 0, keys: VecDeque::new(), partitions: Partitions::default() }
    }

    /// The type of x.
    pub fn output_type(input: &DataType) -> DataType {
        input.clone()
    }

    /// The oldest `rows` waiting rows stay NULL.
    fn give_up(&mut self, rows: usize, out: &mut Assembly) {
        out.repeat(DEFAULT, 0, rows);
        self.owed -= rows;
        self.keys.drain(..rows.min(self.keys.len()));
    }

    /// The observation at `row` answers all waiting rows.
    fn answer(&mut self, row: usize, key: Option<i64>, out: &mut Assembly) {
        if self.reach.max_gap.is_none() {
            out.repeat(BATCH, row, self.owed);
        }
        for waiting in self.keys.drain(..) {
            match self.reach.spans(waiting, key) {
                true => out.repeat(BATCH, row, 1),
                false => out.repeat(DEFAULT, 0, 1),
            }
        }
        self.owed = 0;
    }
}

impl Kernel for FillBackward {
    fn push(&mut self, args: &[ArrayRef], starts: &[usize]) -> Result<ArrayRef, ArrowError> {
        let batch = arg(args, 0)?;
        expect_type(batch, &self.data_type)?;
        let keys = self.reach.keys(args)?;
        let nulls = batch.logical_nulls().filter(|n| n.null_count() > 0);
        let null = new_null_array(&self.data_type, 1);
        let mut out = Assembly::new(&null, batch);
        for segment in self.partitions.segments(starts, batch.len())? {
            if segment.fresh {
                self.give_up(self.owed, &mut out);
            }
            for row in segment.start..segment.end {
                let key = key_at(keys, row);
                if nulls.as_ref().is_none_or(|n| n.is_valid(row)) {
                    self.answer(row, key, &mut out);
                    out.slice(BATCH, row, 1);
                    continue;
                }
                self.owed += 1;
                if keys.is_some() {
                    self.keys.push_back(key);
                }
                if self.owed > self.reach.rows() {
                    self.give_up(1, &mut out);
                }
                while key.is_some() && self.keys.front().is_some_and(|&oldest| !self.reach.spans(oldest, key)) {
                    self.give_up(1, &mut out);
                }
            }
        }
        out.finish()
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let null = new_null_array(&self.data_type, 1);
        let mut out = Assembly::new(&null, &new_empty_array(&self.data_type));
        self.give_up(self.owed, &mut out);
        out.finish()
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.keys.capacity() * size_of::<Option<i64>>()
    }
}
