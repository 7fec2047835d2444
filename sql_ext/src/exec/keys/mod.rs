//! Equal keys by number: a hash table over the keys' bytes, or for whole numbers that lie
//! close together a table with a place for each.

mod bytes;
mod dense;
mod groups;

use std::collections::HashMap;

use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;
use datafusion::common::hash_utils::QualityRandomState;

use bytes::{Key, each};
use dense::Dense;
pub use groups::Groups;

/// The number of a key with a NULL in it, and of one that is not there.
pub const NONE: u32 = u32::MAX;

/// Numbers the distinct keys of one side, so that the other side can ask for them.
///
/// A key of up to 8 or 15 bytes is compared as one number, which stands in the table itself.
pub struct Keys {
    /// How many columns a key has.
    width: usize,
    words: HashMap<u64, u32, QualityRandomState>,
    short: HashMap<u128, u32, QualityRandomState>,
    long: HashMap<Box<[u8]>, u32, QualityRandomState>,
    /// Bytes of the long ones.
    bytes: usize,
    /// In place of all these.
    dense: Option<Dense>,
}

impl Keys {
    /// No keys yet, of so many columns.
    pub fn new(width: usize) -> Self {
        let (words, short, long) = (HashMap::default(), HashMap::default(), HashMap::default());
        Keys { width, words, short, long, bytes: 0, dense: None }
    }

    /// Numbers the rows' keys, new ones in the order in which they come; a key with a NULL in it has none.
    ///
    /// Without columns all rows share one number, which is not written down for each: there are none.
    pub fn number(&mut self, columns: &[ArrayRef], rows: usize) -> Result<Vec<u32>> {
        if columns.is_empty() {
            return Ok(vec![]);
        }
        let mut numbers = vec![NONE; rows];
        let mut next = u32::try_from(self.count()).unwrap_or(NONE);
        each(columns, |row, key| {
            let number = match key {
                Key::Word(key) => *self.words.entry(key).or_insert(next),
                Key::Short(key) => *self.short.entry(key).or_insert(next),
                Key::Long(key) => match self.long.get(key) {
                    Some(known) => *known,
                    None => {
                        self.bytes += key.len();
                        *self.long.entry(key.into()).or_insert(next)
                    }
                },
            };
            next += u32::from(number == next);
            numbers[row] = number;
        })?;
        Ok(numbers)
    }

    /// Numbers the keys of one side whole.
    pub fn build(columns: &[ArrayRef], rows: usize) -> Result<(Self, Vec<u32>)> {
        let mut keys = Keys::new(columns.len());
        if let [column] = columns
            && let Some((dense, numbers)) = Dense::build(column)
        {
            keys.dense = Some(dense);
            return Ok((keys, numbers));
        }
        let numbers = keys.number(columns, rows)?;
        Ok((keys, if columns.is_empty() { vec![0; rows] } else { numbers }))
    }

    /// How many distinct keys there are.
    pub fn count(&self) -> usize {
        match &self.dense {
            _ if self.width == 0 => 1,
            Some(dense) => dense.count(),
            None => self.words.len() + self.short.len() + self.long.len(),
        }
    }

    /// The numbers of the other side's keys; [`NONE`] for a key that is not there.
    pub fn find(&self, columns: &[ArrayRef], rows: usize) -> Result<Vec<u32>> {
        match (&self.dense, columns) {
            (_, []) => return Ok(vec![0; rows]),
            (Some(dense), [column]) => return Ok(dense.find(column)),
            _ => {}
        }
        let mut numbers = vec![NONE; rows];
        each(columns, |row, key| {
            let known = match key {
                Key::Word(key) => self.words.get(&key),
                Key::Short(key) => self.short.get(&key),
                Key::Long(key) => self.long.get(key),
            };
            numbers[row] = known.copied().unwrap_or(NONE);
        })?;
        Ok(numbers)
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        let dense = self.dense.as_ref().map_or(0, Dense::memory);
        self.words.capacity() * 16 + self.short.capacity() * 32 + self.long.capacity() * 40 + self.bytes + dense
    }
}
