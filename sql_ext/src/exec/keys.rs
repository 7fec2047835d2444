//! Equal keys by number: a hash table over the keys' bytes.

use std::collections::HashMap;

use datafusion::arrow::array::types::ByteArrayType;
use datafusion::arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, GenericByteArray, PrimitiveArray};
use datafusion::arrow::array::{StringViewArray, downcast_primitive_array};
use datafusion::arrow::datatypes::{DataType, ToByteSlice};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::Result;
use datafusion::common::hash_utils::QualityRandomState;

/// Numbers the distinct keys of one side, so that the other side can ask for them.
///
/// Most keys are short: up to 15 bytes they are compared as one number, which stands in the table itself.
pub struct Keys {
    /// How many columns a key has.
    width: usize,
    short: HashMap<u128, u32, QualityRandomState>,
    long: HashMap<Box<[u8]>, u32, QualityRandomState>,
    /// Bytes of the long ones.
    bytes: usize,
}

impl Keys {
    /// No keys yet, of so many columns.
    pub fn new(width: usize) -> Self {
        Keys { width, short: HashMap::default(), long: HashMap::default(), bytes: 0 }
    }

    /// Numbers the rows' keys, new ones in the order in which they come; a key with a NULL in it has no number.
    ///
    /// Without columns all rows share one number, which is not written down for each: there are none.
    pub fn number(&mut self, columns: &[ArrayRef], rows: usize) -> Result<Vec<Option<u32>>> {
        if columns.is_empty() {
            return Ok(vec![]);
        }
        let mut numbers = vec![None; rows];
        let mut next = u32::try_from(self.count()).unwrap_or(u32::MAX);
        each(columns, |row, key| {
            let number = match key {
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
            numbers[row] = Some(number);
        })?;
        Ok(numbers)
    }

    /// Numbers the keys of one side whole.
    pub fn build(columns: &[ArrayRef], rows: usize) -> Result<(Self, Vec<Option<u32>>)> {
        let mut keys = Keys::new(columns.len());
        let numbers = keys.number(columns, rows)?;
        Ok((keys, if columns.is_empty() { vec![Some(0); rows] } else { numbers }))
    }

    /// How many distinct keys there are.
    pub fn count(&self) -> usize {
        if self.width == 0 { 1 } else { self.short.len() + self.long.len() }
    }

    /// The numbers of the other side's keys; none for a key that is not there.
    pub fn find(&self, columns: &[ArrayRef], rows: usize) -> Result<Vec<Option<u32>>> {
        if self.width == 0 {
            return Ok(vec![Some(0); rows]);
        }
        let mut numbers = vec![None; rows];
        each(columns, |row, key| {
            numbers[row] = match key {
                Key::Short(key) => self.short.get(&key).copied(),
                Key::Long(key) => self.long.get(key).copied(),
            };
        })?;
        Ok(numbers)
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        self.short.capacity() * 32 + self.long.capacity() * 40 + self.bytes
    }
}

/// A key's bytes.
enum Key<'a> {
    Short(u128),
    Long(&'a [u8]),
}

impl<'a> Key<'a> {
    /// Keys of one kind are equal where their bytes are; the length tells apart what only ends in zeros.
    fn of(bytes: &'a [u8]) -> Self {
        let mut padded = [0; 16];
        match padded.get_mut(..bytes.len()) {
            Some(start) if bytes.len() < 16 => {
                start.copy_from_slice(bytes);
                padded[15] = bytes.len() as u8;
                Key::Short(u128::from_le_bytes(padded))
            }
            _ => Key::Long(bytes),
        }
    }
}

/// Calls `f` with each row's key, but for those with a NULL in them.
fn each(columns: &[ArrayRef], f: impl FnMut(usize, Key)) -> Result<()> {
    if let [column] = columns {
        match column.data_type() {
            DataType::Utf8 => return each_bytes(column.as_string::<i32>(), f),
            DataType::LargeUtf8 => return each_bytes(column.as_string::<i64>(), f),
            DataType::Utf8View => return each_view(column.as_string_view(), f),
            _ => {}
        }
        let column = column.as_ref();
        downcast_primitive_array!(
            column => return each_primitive(column, f),
            _ => {}
        );
    }
    each_row(columns, f)
}

fn each_primitive<T: ArrowPrimitiveType>(column: &PrimitiveArray<T>, mut f: impl FnMut(usize, Key)) -> Result<()> {
    for (row, value) in column.values().iter().enumerate() {
        if column.is_valid(row) {
            f(row, Key::of(value.to_byte_slice()));
        }
    }
    Ok(())
}

fn each_bytes<T: ByteArrayType>(column: &GenericByteArray<T>, mut f: impl FnMut(usize, Key)) -> Result<()> {
    for row in 0..column.len() {
        if column.is_valid(row) {
            f(row, Key::of(column.value(row).as_ref()));
        }
    }
    Ok(())
}

fn each_view(column: &StringViewArray, mut f: impl FnMut(usize, Key)) -> Result<()> {
    for (row, &view) in column.views().iter().enumerate() {
        if column.is_valid(row) {
            // Up to 12 bytes stand in the view itself, after their number.
            let key = match view as u32 {
                bytes @ 0..=12 => Key::Short(view >> 32 | u128::from(bytes) << 120),
                _ => Key::of(column.value(row).as_bytes()),
            };
            f(row, key);
        }
    }
    Ok(())
}

fn each_row(columns: &[ArrayRef], mut f: impl FnMut(usize, Key)) -> Result<()> {
    let fields = columns.iter().map(|k| SortField::new(k.data_type().clone())).collect();
    let rows = RowConverter::new(fields)?.convert_columns(columns)?;
    for (i, row) in rows.iter().enumerate() {
        if columns.iter().all(|k| k.is_valid(i)) {
            f(i, Key::of(row.data()));
        }
    }
    Ok(())
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
