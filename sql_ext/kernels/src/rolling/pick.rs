//! FIRST, LAST and NTH of the frame.

use super::spans::Span;
use super::{Answer, Windowed};
use crate::assemble::{Assembly, DEFAULT};
use crate::history::{History, Places};
use arrow::array::{ArrayRef, new_empty_array, new_null_array};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

/// Which row of a frame.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which {
    /// So many rows after the first.
    FromFirst(usize),
    Last,
}

/// One row of each span of rows; NULL where the span has no such row. Values are
/// kept as they are, NULLs too.
#[derive(Debug)]
pub(super) struct Pick {
    data_type: DataType,
    which: Which,
    /// Rows from `base` on.
    rows: History,
    base: usize,
}

impl Pick {
    pub fn new(data_type: &DataType, which: Which) -> Self {
        Self { data_type: data_type.clone(), which, rows: History::default(), base: 0 }
    }

    fn row(&self, span: Span) -> Option<usize> {
        let row = match self.which {
            Which::FromFirst(n) => span.lo.checked_add(n)?,
            Which::Last => span.hi.saturating_sub(1),
        };
        (span.lo <= row && row < span.hi).then_some(row)
    }
}

impl Windowed for Pick {
    fn by_row(&self) -> bool {
        true
    }

    fn ingest(&mut self, values: &ArrayRef) -> Result<(), ArrowError> {
        self.rows.push(values, usize::MAX)
    }

    fn emit(&mut self, answer: &Answer) -> Result<ArrayRef, ArrowError> {
        let null = new_null_array(&self.data_type, 1);
        let mut out = Assembly::new(&null, &new_empty_array(&self.data_type));
        let mut places = Places::new(&self.rows, self.rows.len(), &mut out);
        let mut i = 0;
        answer.spans.for_each(|span| {
            match self.row(span).filter(|_| answer.valid(i)) {
                Some(row) => places.slice(row - self.base, 1, &mut out),
                None => out.repeat(DEFAULT, 0, 1),
            }
            i += 1;
        });
        out.finish()
    }

    fn trim(&mut self, low: usize) {
        let gone = low - self.base;
        self.rows.shrink(self.rows.len().saturating_sub(gone));
        self.base = low;
    }

    fn memory(&self) -> usize {
        self.rows.memory()
    }
}
