//! Minimum and maximum.

use super::spans::Span;
use super::stack::{Monoid, Stack};
use super::{Answer, Windowed};
use crate::keys::{Key, unpack, unpacked};
use arrow::array::{Array, ArrayRef, new_null_array};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use arrow::row::{OwnedRow, RowConverter, SortField};
use std::cmp::Ordering;
use std::collections::VecDeque;

/// The least key.
#[derive(Clone, Copy, Debug)]
struct Least<K>(K);

impl<K: Key> Monoid for Least<K> {
    type Item = K;
    const EMPTY: Self = Least(K::LAST);

    #[inline(always)]
    fn push(self, x: K) -> Self {
        Least(self.0.min(x))
    }

    #[inline(always)]
    fn merge(self, newer: Self) -> Self {
        self.push(newer.0)
    }
}

/// Over values that have integer keys. A maximum is a minimum of reversed keys.
#[derive(Debug)]
pub(super) struct KeyExtremes<K: Key> {
    data_type: DataType,
    greatest: bool,
    stack: Stack<Least<K>>,
}

impl<K: Key> KeyExtremes<K> {
    pub fn new(input: &DataType, greatest: bool) -> Self {
        Self { data_type: unpacked(input), greatest, stack: Stack::default() }
    }
}

impl<K: Key> Windowed for KeyExtremes<K> {
    fn by_row(&self) -> bool {
        true
    }

    fn ingest(&mut self, batch: &ArrayRef) -> Result<(), ArrowError> {
        let batch = unpack(batch)?;
        let mut keys = K::encode(&batch)?;
        if self.greatest {
            keys.iter_mut().for_each(|k| *k = k.reversed());
        }
        if let Some(nulls) = batch.nulls().filter(|n| n.null_count() > 0) {
            for row in (!nulls.inner()).set_indices() {
                keys[row] = K::LAST;
            }
        }
        self.stack.values.items().append(&mut keys);
        Ok(())
    }

    fn emit(&mut self, answer: &Answer) -> Result<ArrayRef, ArrowError> {
        let keys = match self.greatest {
            true => self.stack.emit(answer.spans, |least| least.0.reversed()),
            false => self.stack.emit(answer.spans, |least| least.0),
        };
        K::decode(keys, answer.nulls.clone(), &self.data_type)
    }

    fn trim(&mut self, low: usize) {
        self.stack.values.trim(low);
    }

    fn memory(&self) -> usize {
        self.stack.memory()
    }
}

/// Over any other type that arrow can put into rows: strings, binary, nested.
///
/// A queue of the values that may still become the extreme, best first: a newer
/// value drops the worse ones before it (Lemire 2006).
#[derive(Debug)]
pub(super) struct RowExtremes {
    converter: RowConverter,
    worse: Ordering,
    null: OwnedRow,
    /// Values `base..`, newest last.
    values: VecDeque<OwnedRow>,
    base: usize,
    bytes: usize,
    /// Indices of the candidates.
    best: VecDeque<usize>,
    end: usize,
}

impl RowExtremes {
    pub fn new(data_type: &DataType, greatest: bool) -> Result<Self, ArrowError> {
        let converter = RowConverter::new(vec![SortField::new(data_type.clone())])?;
        let null = converter.convert_columns(&[new_null_array(data_type, 1)])?;
        Ok(Self {
            null: null.row(0).owned(),
            converter,
            worse: match greatest {
                true => Ordering::Less,
                false => Ordering::Greater,
            },
            values: VecDeque::new(),
            base: 0,
            bytes: 0,
            best: VecDeque::new(),
            end: 0,
        })
    }

    /// Index of the extreme of the span, None where it is empty.
    fn slide(&mut self, span: Span) -> Option<usize> {
        for i in self.end.max(span.lo)..span.hi {
            let newest = self.values[i - self.base].row();
            while let Some(&last) = self.best.back()
                && self.values[last - self.base].row().cmp(&newest) == self.worse
            {
                self.best.pop_back();
            }
            self.best.push_back(i);
        }
        self.end = self.end.max(span.hi);
        while self.best.front().is_some_and(|&i| i < span.lo) {
            self.best.pop_front();
        }
        self.best.front().copied()
    }
}

impl Windowed for RowExtremes {
    fn ingest(&mut self, values: &ArrayRef) -> Result<(), ArrowError> {
        let rows = self.converter.convert_columns(&[unpack(values)?])?;
        self.bytes += rows.iter().map(|r| r.as_ref().len()).sum::<usize>();
        self.values.extend(rows.iter().map(|r| r.owned()));
        Ok(())
    }

    fn emit(&mut self, answer: &Answer) -> Result<ArrayRef, ArrowError> {
        let mut picks = Vec::with_capacity(answer.spans.len());
        answer.spans.for_each(|span| {
            let best = self.slide(span);
            picks.push(best.filter(|_| answer.valid(picks.len())));
        });
        let row = |pick: &Option<usize>| match pick {
            Some(i) => self.values[i - self.base].row(),
            None => self.null.row(),
        };
        let columns = self.converter.convert_rows(picks.iter().map(row))?;
        columns
            .into_iter()
            .next()
            .ok_or_else(|| ArrowError::ComputeError("the row converter returned no column".to_string()))
    }

    fn trim(&mut self, low: usize) {
        while self.base < low
            && let Some(row) = self.values.pop_front()
        {
            self.bytes -= row.row().as_ref().len();
            self.base += 1;
        }
        while self.best.front().is_some_and(|&i| i < self.base) {
            self.best.pop_front();
        }
    }

    fn memory(&self) -> usize {
        let rows = self.values.capacity() * size_of::<OwnedRow>();
        self.bytes + rows + self.best.capacity() * size_of::<usize>() + self.converter.size()
    }
}
