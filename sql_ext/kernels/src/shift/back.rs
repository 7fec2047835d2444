//! Looking back: values are ready at once, the last `n` rows are kept.

use crate::assemble::{Assembly, BATCH, DEFAULT};
use crate::history::{History, Places};
use crate::partition::Segment;
use arrow::array::{Array, ArrayRef, UInt32Array};
use arrow::compute::take;
use arrow::error::ArrowError;

/// The row `distance` (≥ 1) back.
#[derive(Debug)]
pub(super) struct Back {
    distance: usize,
    /// The last rows of the current partition, `distance` at most.
    history: History,
}

impl Back {
    pub fn new(distance: usize) -> Self {
        Self { distance, history: History::default() }
    }

    pub fn shift(&mut self, batch: &ArrayRef, cut: &[Segment], out: &mut Assembly) -> Result<(), ArrowError> {
        for segment in cut {
            // Only the first segment can go on with what an earlier batch left.
            let kept = if segment.fresh { 0 } else { self.history.len() };
            let rows = segment.end - segment.start;
            let past = (self.distance - kept).min(rows);
            out.repeat(DEFAULT, 0, past);
            let old = kept.min(rows - past);
            if old > 0 {
                Places::new(&self.history, old, out).slice(0, old, out);
            }
            out.slice(BATCH, segment.start, rows - past - old);
        }
        if let Some(last) = cut.last() {
            let rows = last.end - last.start;
            if last.fresh || rows >= self.distance {
                self.history.clear();
            }
            let keep = rows.min(self.distance);
            let tail = batch.slice(last.end - keep, keep);
            self.history.push(&tail, self.distance)?;
        }
        Ok(())
    }

    pub fn memory(&self) -> usize {
        self.history.memory()
    }
}

/// The non-null value `distance` (≥ 1) non-null rows back.
#[derive(Debug)]
pub(super) struct BackValid {
    distance: usize,
    /// The last non-null rows of the current partition, `distance` at most.
    history: History,
}

impl BackValid {
    pub fn new(distance: usize) -> Self {
        Self { distance, history: History::default() }
    }

    pub fn shift(&mut self, batch: &ArrayRef, cut: &[Segment], out: &mut Assembly) -> Result<(), ArrowError> {
        let nulls = batch.logical_nulls();
        let is_valid = |row: usize| nulls.as_ref().is_none_or(|n| n.is_valid(row));
        for segment in cut {
            let kept = if segment.fresh { 0 } else { self.history.len() };
            let reach = kept.min(segment.end - segment.start);
            let mut places = Places::new(&self.history, reach, out);
            let (mut valid, mut steps) = (Vec::new(), kept);
            for row in segment.start..segment.end {
                match steps.checked_sub(self.distance) {
                    None => out.repeat(DEFAULT, 0, 1),
                    Some(i) if i < kept => places.slice(i, 1, out),
                    Some(i) => out.repeat(BATCH, valid[i - kept], 1),
                }
                if is_valid(row) {
                    valid.push(row);
                    steps += 1;
                }
            }
            if segment.end == batch.len() {
                self.keep(batch, segment.fresh, &valid)?;
            }
        }
        Ok(())
    }

    fn keep(&mut self, batch: &ArrayRef, fresh: bool, valid: &[usize]) -> Result<(), ArrowError> {
        if fresh || valid.len() >= self.distance {
            self.history.clear();
        }
        let tail = &valid[valid.len().saturating_sub(self.distance)..];
        let rows = UInt32Array::from_iter_values(tail.iter().map(|&row| row as u32));
        self.history.push(&take(batch, &rows, None)?, self.distance)
    }

    pub fn memory(&self) -> usize {
        self.history.memory()
    }
}
