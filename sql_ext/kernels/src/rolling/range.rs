//! Frames of key ranges.

use super::spans::{Span, Spans};
use crate::columns::primitive;
use crate::partition::Segment;
use crate::tail::Tail;
use arrow::array::types::Int64Type;
use arrow::array::{Array, ArrayRef};
use arrow::error::ArrowError;

/// Turns rows into spans of rows, as soon as a key beyond the frame has come.
///
/// Two pointers, which only move on while keys ascend. Rows with a NULL key stand
/// together at one end of the partition and are a partition of their own, in which
/// every row sees all others.
#[derive(Debug)]
pub(super) struct RangeFrames {
    preceding: i128,
    following: i128,
    descending: bool,
    /// Keys that ascend; 0 where they are NULL.
    keys: Tail<i64>,
    /// Whether the current section is the one of the NULL keys.
    null: bool,
    /// First row that waits for its frame.
    next: usize,
    lo: usize,
    hi: usize,
    ready: Vec<Span>,
}

impl RangeFrames {
    pub fn new(preceding: i64, following: i64, descending: bool) -> Self {
        Self {
            preceding: preceding.into(),
            following: following.into(),
            descending,
            keys: Tail::default(),
            null: false,
            next: 0,
            lo: 0,
            hi: 0,
            ready: Vec::new(),
        }
    }

    /// `keys`: the second argument, as long as the batch.
    pub fn push(&mut self, keys: &ArrayRef, cut: &[Segment]) -> Result<(), ArrowError> {
        let keys = primitive::<Int64Type>(keys)?;
        if keys.len() != cut.last().map_or(0, |s| s.end) {
            return Err(ArrowError::ComputeError("the range key is not as long as the batch".to_string()));
        }
        for segment in cut {
            if segment.fresh {
                self.finish();
            }
            let mut at = segment.start;
            while at < segment.end {
                let null = keys.is_null(at);
                let end = match keys.null_count() {
                    0 => segment.end,
                    _ => (at..segment.end).find(|&row| keys.is_null(row) != null).unwrap_or(segment.end),
                };
                if null != self.null {
                    self.finish();
                    self.null = null;
                }
                self.append(&keys.values()[at..end]);
                at = end;
            }
            self.emit(false);
        }
        Ok(())
    }

    fn append(&mut self, keys: &[i64]) {
        let items = self.keys.items();
        match (self.null, self.descending) {
            (true, _) => items.resize(items.len() + keys.len(), 0),
            (false, false) => items.extend_from_slice(keys),
            // Complementing reverses the order and keeps distances, without overflow.
            (false, true) => items.extend(keys.iter().map(|k| !k)),
        }
    }

    /// The section ends: what waits sees what there is.
    pub fn finish(&mut self) {
        self.emit(true);
        (self.lo, self.hi) = (self.next, self.next);
    }

    /// The frames that have become complete.
    pub fn take(&mut self) -> Spans {
        Spans::Each(std::mem::take(&mut self.ready))
    }

    fn emit(&mut self, ended: bool) {
        let end = self.keys.end();
        if self.next == end {
            return;
        }
        let (preceding, following) = match self.null {
            true => (0, 0),
            false => (self.preceding, self.following),
        };
        let newest = i128::from(*self.keys.get(end - 1));
        while self.next < end {
            let key = i128::from(*self.keys.get(self.next));
            if !ended && newest <= key + following {
                return;
            }
            self.lo = self.advance(self.lo, key - preceding - 1);
            self.hi = self.advance(self.hi, key + following);
            self.ready.push(Span { lo: self.lo.min(self.hi), hi: self.hi });
            self.next += 1;
        }
    }

    /// The first row from `at` on whose key is above `limit`.
    #[inline(always)]
    fn advance(&self, mut at: usize, limit: i128) -> usize {
        if limit < i128::from(i64::MIN) {
            return at;
        }
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let keys = self.keys.range(at, self.keys.end());
        // Counting in fours leaves no branch that depends on how far it is.
        for four in keys.chunks_exact(4) {
            let below: usize = four.iter().map(|&k| usize::from(k <= limit)).sum();
            at += below;
            if below < 4 {
                return at;
            }
        }
        let rest = keys.len() - keys.len() % 4;
        at + keys[rest..].iter().take_while(|&&k| k <= limit).count()
    }

    /// Lets go of keys that no frame needs; no later span begins before the row
    /// returned.
    pub fn trim(&mut self) -> usize {
        let low = self.lo.min(self.hi);
        self.keys.trim(low.min(self.next));
        low
    }

    pub fn memory(&self) -> usize {
        self.keys.memory()
    }
}
