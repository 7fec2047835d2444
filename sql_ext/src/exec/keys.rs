//! Equal keys by number: a hash table over the row format.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::row::{RowConverter, Rows, SortField};
use datafusion::common::Result;
use datafusion::common::hash_utils::RandomState;

/// Numbers the distinct keys of one side, so that the other side can ask for them.
pub struct Keys {
    types: Vec<SortField>,
    numbers: HashMap<Box<[u8]>, u32, RandomState>,
}

impl Keys {
    /// Numbers the rows' keys; a key with a NULL in it has no number. Without columns all rows share one.
    pub fn build(columns: &[ArrayRef], rows: usize) -> Result<(Self, Vec<Option<u32>>)> {
        let types: Vec<SortField> = columns.iter().map(|k| SortField::new(k.data_type().clone())).collect();
        let mut keys = Keys { types, numbers: HashMap::with_hasher(RandomState::default()) };
        if columns.is_empty() {
            return Ok((keys, vec![Some(0); rows]));
        }
        let encoded = keys.encode(columns)?;
        let mut numbers = Vec::with_capacity(rows);
        for (i, row) in encoded.iter().enumerate() {
            if columns.iter().any(|k| k.is_null(i)) {
                numbers.push(None);
                continue;
            }
            let next = u32::try_from(keys.numbers.len()).unwrap_or(u32::MAX);
            let number = match keys.numbers.get(row.data()) {
                Some(known) => *known,
                None => {
                    keys.numbers.insert(row.data().into(), next);
                    next
                }
            };
            numbers.push(Some(number));
        }
        Ok((keys, numbers))
    }

    fn encode(&self, columns: &[ArrayRef]) -> Result<Rows> {
        Ok(RowConverter::new(self.types.clone())?.convert_columns(columns)?)
    }

    /// How many distinct keys there are.
    pub fn count(&self) -> usize {
        if self.types.is_empty() { 1 } else { self.numbers.len() }
    }

    /// The numbers of the other side's keys; none for a key that is not there.
    pub fn find(&self, columns: &[ArrayRef], rows: usize) -> Result<Vec<Option<u32>>> {
        if self.types.is_empty() {
            return Ok(vec![Some(0); rows]);
        }
        let encoded = self.encode(columns)?;
        let nullable = columns.iter().any(|k| k.null_count() > 0);
        Ok(encoded
            .iter()
            .enumerate()
            .map(|(i, row)| {
                let known = !nullable || columns.iter().all(|k| k.is_valid(i));
                if known { self.numbers.get(row.data()).copied() } else { None }
            })
            .collect())
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        self.numbers.keys().map(|k| k.len() + 40).sum()
    }
}

/// Rows by key number, in their order.
///
/// ```text
/// key of row   1 0 1 -      starts  0 1 3
///                           rows    1 0 2
/// ```
pub struct Groups {
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl Groups {
    /// Counting sort of the rows by key.
    pub fn build(numbers: &[Option<u32>], keys: usize) -> Self {
        let mut starts = vec![0_u32; keys + 1];
        for number in numbers.iter().flatten() {
            starts[*number as usize + 1] += 1;
        }
        for i in 0..keys {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut rows = vec![0_u32; starts[keys] as usize];
        for (row, number) in numbers.iter().enumerate() {
            if let Some(number) = number {
                let at = &mut next[*number as usize];
                rows[*at as usize] = u32::try_from(row).unwrap_or(u32::MAX);
                *at += 1;
            }
        }
        Groups { starts, rows }
    }

    /// Where the rows of a key stand.
    pub fn range(&self, key: u32) -> std::ops::Range<usize> {
        let at = key as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(from), Some(to)) => *from as usize..*to as usize,
            _ => 0..0,
        }
    }

    /// All rows, key by key.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// All rows, key by key, to be sorted within each key.
    pub fn rows_mut(&mut self) -> &mut [u32] {
        &mut self.rows
    }
}
