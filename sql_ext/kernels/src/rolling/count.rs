//! From spans of rows to spans of non-null values.

use super::spans::{Span, Spans};
use crate::tail::Tail;
use arrow::buffer::NullBuffer;

/// How many non-null values there are before each row.
///
/// Nothing is stored as long as there was no NULL at all.
#[derive(Debug, Default)]
pub(super) struct Counter {
    rows: usize,
    /// First row that a later span may begin at.
    low: usize,
    /// For the rows kept and the one after them, the values before it.
    before: Option<Tail<usize>>,
}

impl Counter {
    pub fn ingest(&mut self, rows: usize, nulls: Option<&NullBuffer>) {
        if self.before.is_none() && nulls.is_some() {
            let mut before = Tail::starting_at(self.low);
            before.items().extend(self.low..=self.rows);
            self.before = Some(before);
        }
        if let Some(before) = &mut self.before {
            let mut values = before.items().last().copied().unwrap_or_default();
            match nulls {
                None => before.items().extend(values + 1..=values + rows),
                Some(nulls) => before.items().extend(nulls.inner().iter().map(|valid| {
                    values += usize::from(valid);
                    values
                })),
            }
        }
        self.rows += rows;
    }

    /// The spans of values in spans of rows; None while they are the same.
    pub fn values(&self, rows: &Spans) -> Option<Spans> {
        let before = self.before.as_ref()?;
        let value = |span: Span| Span { lo: *before.get(span.lo), hi: *before.get(span.hi) };
        let mut out = Vec::with_capacity(rows.len());
        match rows {
            Spans::Each(spans) => out.extend(spans.iter().map(|&s| value(s))),
            Spans::Runs(runs) => {
                for run in runs {
                    if run.slides() {
                        let (lo, hi) = (run.first.lo, run.first.hi);
                        let los = before.range(lo, lo + run.rows);
                        let his = before.range(hi, hi + run.rows);
                        out.extend(los.iter().zip(his).map(|(&lo, &hi)| Span { lo, hi }));
                    } else {
                        out.extend(run.spans().map(value));
                    }
                }
            }
        }
        Some(Spans::Each(out))
    }

    /// No later span begins before row `low`; returns the value there.
    pub fn trim(&mut self, low: usize) -> usize {
        self.low = low;
        match &mut self.before {
            None => low,
            Some(before) => {
                before.trim(low);
                *before.get(low)
            }
        }
    }

    pub fn memory(&self) -> usize {
        self.before.as_ref().map_or(0, Tail::memory)
    }
}
