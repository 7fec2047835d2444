//! The frames of consecutive rows.

use arrow::array::NullBufferBuilder;
use arrow::buffer::{BooleanBuffer, NullBuffer};

/// The rows or values `lo..hi`, by absolute index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    pub lo: usize,
    pub hi: usize,
}

impl Span {
    #[inline(always)]
    pub fn len(self) -> usize {
        self.hi - self.lo
    }
}

/// Spans whose ends move evenly: each by nothing or by one from row to row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Run {
    pub first: Span,
    pub lo_moves: bool,
    pub hi_moves: bool,
    pub rows: usize,
}

impl Run {
    /// Whether the spans have one length and move on by one.
    pub fn slides(&self) -> bool {
        self.lo_moves && self.hi_moves
    }

    pub fn spans(self) -> impl Iterator<Item = Span> {
        let (lo, hi) = (usize::from(self.lo_moves), usize::from(self.hi_moves));
        (0..self.rows).map(move |k| Span { lo: self.first.lo + k * lo, hi: self.first.hi + k * hi })
    }

    /// How many spans are valid, if those of fewer than `needed` are not, and whether
    /// they come after the others.
    fn enough(&self, needed: usize) -> (usize, bool) {
        let len = self.first.len();
        match (self.lo_moves, self.hi_moves) {
            (false, true) => (self.rows - needed.saturating_sub(len).min(self.rows), true),
            (true, false) => ((len + 1).saturating_sub(needed).min(self.rows), false),
            _ if len >= needed => (self.rows, true),
            _ => (0, true),
        }
    }
}

/// One span per row, in row order; the ends never fall.
#[derive(Clone, Debug)]
pub(super) enum Spans {
    Runs(Vec<Run>),
    Each(Vec<Span>),
}

impl Spans {
    pub fn len(&self) -> usize {
        match self {
            Spans::Runs(runs) => runs.iter().map(|r| r.rows).sum(),
            Spans::Each(spans) => spans.len(),
        }
    }

    #[inline(always)]
    pub fn for_each(&self, mut visit: impl FnMut(Span)) {
        match self {
            Spans::Runs(runs) => runs.iter().for_each(|r| r.spans().for_each(&mut visit)),
            Spans::Each(spans) => spans.iter().for_each(|s| visit(*s)),
        }
    }

    /// Masks the spans of fewer than `needed`.
    pub fn mask(&self, needed: usize) -> Option<NullBuffer> {
        match self {
            _ if needed == 0 => None,
            Spans::Each(spans) => {
                let enough = BooleanBuffer::collect_bool(spans.len(), |i| spans[i].len() >= needed);
                Some(NullBuffer::new(enough)).filter(|n| n.null_count() > 0)
            }
            Spans::Runs(runs) => {
                let mut nulls = NullBufferBuilder::new(self.len());
                for run in runs {
                    let (valid, last) = run.enough(needed);
                    if !last {
                        nulls.append_n_non_nulls(valid);
                    }
                    nulls.append_n_nulls(run.rows - valid);
                    if last {
                        nulls.append_n_non_nulls(valid);
                    }
                }
                nulls.finish()
            }
        }
    }
}
