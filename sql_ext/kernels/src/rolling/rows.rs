//! Frames of rows.

use super::spans::{Run, Span, Spans};
use crate::partition::Segment;

/// Turns rows into spans of rows, as soon as a frame is complete.
#[derive(Debug)]
pub(super) struct RowFrames {
    preceding: i64,
    following: i64,
    /// First row of the current partition.
    first: i64,
    /// First row that waits for its frame.
    next: i64,
    /// Rows seen.
    rows: i64,
    ready: Vec<Run>,
}

/// Farther than any row, and far from overflow when added to one.
const FAR: i64 = 1 << 60;

impl RowFrames {
    pub fn new(preceding: i64, following: i64) -> Self {
        Self {
            preceding: preceding.clamp(-FAR, FAR),
            following: following.clamp(-FAR, FAR),
            first: 0,
            next: 0,
            rows: 0,
            ready: Vec::new(),
        }
    }

    pub fn push(&mut self, cut: &[Segment]) {
        for segment in cut {
            if segment.fresh {
                self.finish();
                self.first = self.rows;
            }
            self.rows += (segment.end - segment.start) as i64;
            self.emit((self.rows - self.following).min(self.rows));
        }
    }

    /// The partition ends: what waits sees what there is.
    pub fn finish(&mut self) {
        self.emit(self.rows);
    }

    /// The frames that have become complete.
    pub fn take(&mut self) -> Spans {
        Spans::Runs(std::mem::take(&mut self.ready))
    }

    fn emit(&mut self, to: i64) {
        if to <= self.next {
            return;
        }
        // Rows at which an end of the frame meets an end of the partition; in between
        // each end of the frame either moves or does not.
        let mut turns = [
            self.first - self.following - 1,
            self.rows - self.following - 1,
            self.first + self.preceding,
            self.rows + self.preceding,
            to,
        ];
        turns.sort_unstable();
        for turn in turns {
            let turn = turn.min(to);
            if turn <= self.next {
                continue;
            }
            let (first, second) = (self.span(self.next), self.span(self.next + 1));
            self.ready.push(Run {
                first,
                lo_moves: second.lo > first.lo,
                hi_moves: second.hi > first.hi,
                rows: (turn - self.next) as usize,
            });
            self.next = turn;
        }
    }

    fn span(&self, row: i64) -> Span {
        let hi = (row + self.following + 1).clamp(self.first, self.rows);
        let lo = (row - self.preceding).clamp(self.first, hi);
        Span { lo: lo as usize, hi: hi as usize }
    }

    /// No later span begins before this row.
    pub fn low(&self) -> usize {
        (self.next - self.preceding).clamp(self.first, self.rows) as usize
    }
}
