//! Running minimum and maximum.

use super::Running;
use crate::keys::{Key, unpack};
use crate::partition::Segment;
use arrow::array::NullBufferBuilder;
use arrow::array::{Array, ArrayRef};
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use arrow::row::{OwnedRow, RowConverter, SortField};
use std::cmp::Ordering;

/// Over values that have integer keys. A maximum is a minimum of reversed keys.
#[derive(Debug)]
pub(super) struct KeyExtreme<K> {
    greatest: bool,
    best: Option<K>,
}

impl<K: Key> KeyExtreme<K> {
    pub fn new(greatest: bool) -> Self {
        Self { greatest, best: None }
    }

    fn fold(&mut self, keys: &mut [K], nulls: Option<&NullBuffer>, cut: &[Segment]) -> Option<NullBuffer> {
        let mut valid = NullBufferBuilder::new(keys.len());
        for segment in cut {
            if segment.fresh {
                self.best = None;
            }
            let rows = &mut keys[segment.start..segment.end];
            // Up to the first value there is nothing; from there on NULL rows repeat.
            let first = match (self.best, nulls) {
                (Some(_), _) | (_, None) => 0,
                (None, Some(nulls)) => {
                    let mut set = (segment.start..segment.end).filter(|&r| nulls.is_valid(r));
                    set.next().map_or(rows.len(), |r| r - segment.start)
                }
            };
            valid.append_n_nulls(first);
            valid.append_n_non_nulls(rows.len() - first);
            if first == rows.len() {
                continue;
            }
            let mut best = self.best.unwrap_or(K::LAST);
            for (row, key) in (segment.start..).zip(rows.iter_mut()).skip(first) {
                if nulls.is_none_or(|n| n.is_valid(row)) {
                    best = best.min(*key);
                }
                *key = best;
            }
            self.best = Some(best);
        }
        valid.finish()
    }
}

impl<K: Key> Running for KeyExtreme<K> {
    fn run(&mut self, batch: &ArrayRef, cut: &[Segment]) -> Result<ArrayRef, ArrowError> {
        let batch = unpack(batch)?;
        let mut keys = K::encode(&batch)?;
        if self.greatest {
            keys.iter_mut().for_each(|k| *k = k.reversed());
        }
        let valid = self.fold(&mut keys, batch.nulls().filter(|n| n.null_count() > 0), cut);
        if self.greatest {
            keys.iter_mut().for_each(|k| *k = k.reversed());
        }
        K::decode(keys, valid, batch.data_type())
    }

    fn memory(&self) -> usize {
        size_of::<Self>()
    }
}

/// Over any other type that arrow can put into rows: strings, binary, nested.
#[derive(Debug)]
pub(super) struct RowExtreme {
    converter: RowConverter,
    better: Ordering,
    best: Option<OwnedRow>,
    /// A row of NULL, for where there is no value yet.
    null: OwnedRow,
}

impl RowExtreme {
    pub fn new(data_type: &DataType, greatest: bool) -> Result<Self, ArrowError> {
        let converter = RowConverter::new(vec![SortField::new(data_type.clone())])?;
        let null = converter.convert_columns(&[arrow::array::new_null_array(data_type, 1)])?;
        Ok(Self {
            null: null.row(0).owned(),
            converter,
            better: if greatest { Ordering::Greater } else { Ordering::Less },
            best: None,
        })
    }
}

impl Running for RowExtreme {
    fn run(&mut self, batch: &ArrayRef, cut: &[Segment]) -> Result<ArrayRef, ArrowError> {
        let batch = unpack(batch)?;
        let nulls = batch.logical_nulls();
        let rows = self.converter.convert_columns(std::slice::from_ref(&batch))?;
        let carried = self.best.take();
        // The best so far: in this batch, or carried from the one before.
        let (mut at, mut carry) = (None, carried.as_ref());
        let mut picks = Vec::with_capacity(batch.len());
        for segment in cut {
            if segment.fresh {
                (at, carry) = (None, None);
            }
            for i in segment.start..segment.end {
                let best = at.map(|b| rows.row(b)).or(carry.map(OwnedRow::row));
                let valid = nulls.as_ref().is_none_or(|n| n.is_valid(i));
                if valid && best.is_none_or(|best| rows.row(i).cmp(&best) == self.better) {
                    at = Some(i);
                }
                let best = at.map(|b| rows.row(b)).or(carry.map(OwnedRow::row));
                picks.push(best.unwrap_or(self.null.row()));
            }
        }
        let values = self.converter.convert_rows(picks)?;
        self.best = at.map(|b| rows.row(b).owned()).or_else(|| carry.is_some().then_some(carried.clone()).flatten());
        values
            .into_iter()
            .next()
            .ok_or_else(|| ArrowError::ComputeError("the row converter returned no column".to_string()))
    }

    fn memory(&self) -> usize {
        let best = self.best.as_ref().map_or(0, |b| b.row().as_ref().len());
        size_of::<Self>() + self.converter.size() + best
    }
}
