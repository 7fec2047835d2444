//! The last rows of a sequence, kept in compact chunks.

use crate::columns::compact;
use arrow::array::{Array, ArrayRef};
use arrow::compute::concat;
use arrow::error::ArrowError;
use std::collections::VecDeque;

/// A queue of rows: batches are added at the back, single rows leave at the front.
///
/// Chunks hold copies, never a view of a caller's batch. Small chunks are merged
/// while the one before is no longer than the new one, so that a row is copied
/// O(log n) times and one-row batches do not make one chunk each.
#[derive(Debug, Default)]
pub(super) struct History {
    chunks: VecDeque<ArrayRef>,
    /// Rows of the first chunk that have left.
    skipped: usize,
    len: usize,
}

const LARGEST_MERGED: usize = 1 << 16;

impl History {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Adds the rows of `rows` and lets the oldest leave until `limit` are left.
    pub fn push(&mut self, rows: &dyn Array, limit: usize) -> Result<(), ArrowError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut chunk = compact(rows)?;
        self.len += chunk.len();
        while let Some(before) = self.chunks.back()
            && self.chunks.len() > 1
            && before.len() <= chunk.len()
            && before.len() + chunk.len() <= LARGEST_MERGED
        {
            chunk = concat(&[before, &chunk])?;
            self.chunks.pop_back();
        }
        self.chunks.push_back(chunk);
        self.shrink(limit);
        Ok(())
    }

    fn shrink(&mut self, limit: usize) {
        while self.len > limit {
            let Some(first) = self.chunks.front() else {
                return;
            };
            let left = first.len() - self.skipped;
            let leave = (self.len - limit).min(left);
            self.len -= leave;
            self.skipped += leave;
            if leave == left {
                self.chunks.pop_front();
                self.skipped = 0;
            }
        }
    }

    /// The chunks and, for each, its first row that is still kept.
    pub fn chunks(&self) -> impl Iterator<Item = (&ArrayRef, usize)> {
        let skipped = self.skipped;
        let first = move |i| if i == 0 { skipped } else { 0 };
        self.chunks
            .iter()
            .enumerate()
            .map(move |(i, c)| (c, first(i)))
    }

    pub fn memory(&self) -> usize {
        self.chunks.iter().map(|c| c.get_array_memory_size()).sum()
    }
}
