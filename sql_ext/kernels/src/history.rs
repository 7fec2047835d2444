//! The last rows of a sequence, kept in compact chunks.

use crate::assemble::Assembly;
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
pub(crate) struct History {
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

    /// Lets the oldest rows leave until `limit` are left.
    pub fn shrink(&mut self, limit: usize) {
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
        self.chunks.iter().enumerate().map(move |(i, c)| (c, first(i)))
    }

    pub fn memory(&self) -> usize {
        self.chunks.iter().map(|c| c.get_array_memory_size()).sum()
    }
}

/// Where the rows of a history lie among the sources of an output column.
pub(crate) struct Places {
    /// Source, its first kept row, and how many history rows lie before it.
    chunks: Vec<(usize, usize, usize)>,
    at: usize,
}

impl Places {
    /// Adds the chunks that hold the `rows` oldest rows as sources.
    pub fn new(history: &History, rows: usize, out: &mut Assembly) -> Self {
        let (mut chunks, mut before) = (Vec::new(), 0);
        for (chunk, first) in history.chunks() {
            if before >= rows {
                break;
            }
            chunks.push((out.add(chunk), first, before));
            before += chunk.len() - first;
        }
        Self { chunks, at: 0 }
    }

    /// Appends history rows `from..from + rows` to `out`; `from` never falls from
    /// call to call.
    pub fn slice(&mut self, from: usize, rows: usize, out: &mut Assembly) {
        let end = from + rows;
        let mut i = from;
        while self.chunks.get(self.at + 1).is_some_and(|c| c.2 <= from) {
            self.at += 1;
        }
        for (k, &(source, first, before)) in self.chunks.iter().enumerate().skip(self.at) {
            let limit = self.chunks.get(k + 1).map_or(end, |next| next.2.min(end));
            if i < limit {
                out.slice(source, first + i - before, limit - i);
                i = limit;
            }
            if i == end {
                return;
            }
        }
    }
}
