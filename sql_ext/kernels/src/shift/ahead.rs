//! Looking ahead: values come late, nothing but counts is kept.

use crate::assemble::{Assembly, BATCH, DEFAULT};
use crate::partition::Segment;
use arrow::array::{Array, ArrayRef};
use std::collections::VecDeque;

/// The row `distance` (≥ 1) ahead. Row `i` is answered when row `i + distance` comes.
#[derive(Debug)]
pub(super) struct Ahead {
    distance: usize,
    /// Rows of the current partition that wait for an answer.
    owed: usize,
}

impl Ahead {
    pub fn new(distance: usize) -> Self {
        Self { distance, owed: 0 }
    }

    pub fn shift(&mut self, cut: &[Segment], out: &mut Assembly) {
        for segment in cut {
            if segment.fresh {
                self.flush(out);
            }
            let rows = segment.end - segment.start;
            let wait = (self.distance - self.owed).min(rows);
            out.slice(BATCH, segment.start + wait, rows - wait);
            self.owed += wait;
        }
    }

    /// Answers the rows whose look-ahead passes the partition's end.
    pub fn flush(&mut self, out: &mut Assembly) {
        out.repeat(DEFAULT, 0, self.owed);
        self.owed = 0;
    }
}

/// The non-null value `distance` (≥ 1) non-null rows ahead.
#[derive(Debug)]
pub(super) struct AheadValid {
    distance: usize,
    /// Waiting rows by how many non-null rows there were up to them: the last entry
    /// counts those since the newest non-null row. `distance` entries at most.
    owed: VecDeque<usize>,
}

impl AheadValid {
    pub fn new(distance: usize) -> Self {
        Self { distance, owed: VecDeque::from([0]) }
    }

    pub fn shift(&mut self, batch: &ArrayRef, cut: &[Segment], out: &mut Assembly) {
        let nulls = batch.logical_nulls();
        for segment in cut {
            if segment.fresh {
                self.flush(out);
            }
            for row in segment.start..segment.end {
                if nulls.as_ref().is_none_or(|n| n.is_valid(row)) {
                    self.answer(row, out);
                }
                if let Some(newest) = self.owed.back_mut() {
                    *newest += 1;
                }
            }
        }
    }

    /// Non-null row `row` answers the rows that have seen `distance` fewer.
    fn answer(&mut self, row: usize, out: &mut Assembly) {
        self.owed.push_back(0);
        if self.owed.len() > self.distance
            && let Some(times) = self.owed.pop_front()
        {
            out.repeat(BATCH, row, times);
        }
    }

    /// Answers the rows whose look-ahead passes the partition's end.
    pub fn flush(&mut self, out: &mut Assembly) {
        out.repeat(DEFAULT, 0, self.owed.iter().sum());
        self.owed.clear();
        self.owed.push_back(0);
    }

    pub fn memory(&self) -> usize {
        self.owed.capacity() * size_of::<usize>()
    }
}
