//! Frames of rows.

use super::Span;
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
        }
    }

    pub fn push(&mut self, cut: &[Segment], spans: &mut Vec<Span>) {
        for segment in cut {
            if segment.fresh {
                self.finish(spans);
                self.first = self.rows;
            }
            self.rows += (segment.end - segment.start) as i64;
            self.emit((self.rows - self.following).min(self.rows), spans);
        }
    }

    /// The partition ends: what waits sees what there is.
    pub fn finish(&mut self, spans: &mut Vec<Span>) {
        self.emit(self.rows, spans);
    }

    fn emit(&mut self, to: i64, spans: &mut Vec<Span>) {
        let (first, rows) = (self.first, self.rows);
        let (preceding, following) = (self.preceding, self.following);
        spans.extend((self.next..to).map(|row| {
            let hi = (row + following + 1).clamp(first, rows);
            let lo = (row - preceding).clamp(first, hi);
            Span {
                lo: lo as usize,
                hi: hi as usize,
            }
        }));
        self.next = self.next.max(to);
    }

    /// No later span begins before this row.
    pub fn low(&self) -> usize {
        (self.next - self.preceding).clamp(self.first, self.rows) as usize
    }
}
