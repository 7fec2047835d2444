//! Sliding aggregates without subtraction.
//!
//! ```text
//! values         a b c d e f g
//! span               └───────┘       suffix[c] = c·d·e   newer = f·g
//! split                    ^         aggregate = suffix[c]·newer
//! ```
//!
//! The two-stack queue (Tangwongsan et al., "General incremental sliding-window
//! aggregation", VLDB 2015); with frames of a fixed number of rows the same as
//! van Herk's block decomposition. Each value is combined at most three times.

use super::spans::{Run, Span, Spans};
use crate::tail::Tail;
use std::fmt::Debug;

/// An associative, commutative aggregate.
pub(super) trait Monoid: Copy + Debug + Send {
    type Item: Copy + Debug + Send;
    const EMPTY: Self;
    /// With one more value.
    fn push(self, x: Self::Item) -> Self;
    /// Of two sets of values.
    fn merge(self, newer: Self) -> Self;
}

/// Aggregates of spans whose ends never fall.
#[derive(Debug)]
pub(super) struct Stack<M: Monoid> {
    pub values: Tail<M::Item>,
    /// Aggregates of `first..split`, of `first + 1..split`, …
    suffix: Vec<M>,
    first: usize,
    split: usize,
    /// Aggregate of `split..end`.
    newer: M,
    end: usize,
}

impl<M: Monoid> Default for Stack<M> {
    fn default() -> Self {
        Self { values: Tail::default(), suffix: Vec::new(), first: 0, split: 0, newer: M::EMPTY, end: 0 }
    }
}

impl<M: Monoid> Stack<M> {
    /// The aggregate of each span, through `value`.
    pub fn emit<T>(&mut self, spans: &Spans, value: impl Fn(M) -> T) -> Vec<T> {
        let mut out = Vec::with_capacity(spans.len());
        match spans {
            Spans::Each(spans) => out.extend(spans.iter().map(|&s| value(self.slide(s)))),
            Spans::Runs(runs) => {
                for run in runs {
                    match run.slides() {
                        true => self.run(*run, &value, &mut out),
                        false => out.extend(run.spans().map(|s| value(self.slide(s)))),
                    }
                }
            }
        }
        out
    }

    /// Spans of one length: between two flips nothing but slices is touched.
    fn run<T>(&mut self, run: Run, value: impl Fn(M) -> T, out: &mut Vec<T>) {
        let Span { mut lo, mut hi } = run.first;
        let last = lo + run.rows;
        while lo < last {
            // Catches up, and flips where a newer value has left.
            out.push(value(self.slide(Span { lo, hi })));
            (lo, hi) = (lo + 1, hi + 1);
            let rows = self.split.min(last).saturating_sub(lo);
            if rows == 0 || self.end >= hi {
                continue;
            }
            let from = lo - self.first;
            let suffix = &self.suffix[from..from + rows];
            let values = self.values.range(self.end, self.end + rows);
            let mut newer = self.newer;
            out.extend(suffix.iter().zip(values).map(|(older, &x)| {
                newer = newer.push(x);
                value(older.merge(newer))
            }));
            self.newer = newer;
            self.end += rows;
            (lo, hi) = (lo + rows, hi + rows);
        }
    }

    #[inline(always)]
    fn slide(&mut self, span: Span) -> M {
        if span.lo > self.split {
            self.flip(span.lo);
        }
        if span.hi > self.end {
            for &x in self.values.range(self.end, span.hi) {
                self.newer = self.newer.push(x);
            }
            self.end = span.hi;
        }
        match self.suffix.get(span.lo - self.first) {
            Some(older) => older.merge(self.newer),
            None => self.newer,
        }
    }

    /// Some of the newer values have left: what is left of them becomes the suffix.
    #[inline(never)]
    fn flip(&mut self, lo: usize) {
        self.end = self.end.max(lo);
        let values = self.values.range(lo, self.end);
        self.suffix.clear();
        self.suffix.resize(values.len(), M::EMPTY);
        let mut all = M::EMPTY;
        for (slot, &x) in self.suffix.iter_mut().zip(values).rev() {
            all = all.push(x);
            *slot = all;
        }
        self.first = lo;
        self.split = self.end;
        self.newer = M::EMPTY;
    }

    pub fn memory(&self) -> usize {
        self.values.memory() + self.suffix.capacity() * size_of::<M>()
    }
}
