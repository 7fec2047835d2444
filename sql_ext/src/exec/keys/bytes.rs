//! The bytes of keys, row by row.

use datafusion::arrow::array::types::ByteArrayType;
use datafusion::arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, GenericByteArray, PrimitiveArray};
use datafusion::arrow::array::{StringViewArray, downcast_primitive_array};
use datafusion::arrow::datatypes::{ArrowNativeType, DataType, ToByteSlice};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::Result;

/// A key's bytes: keys of one kind are equal where these are.
pub enum Key<'a> {
    /// Of a type of up to 8 bytes.
    Word(u64),
    /// Up to 15 bytes; their number, as the last byte, tells apart what only ends in zeros.
    Short(u128),
    /// Any other.
    Long(&'a [u8]),
}

impl<'a> Key<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let mut padded = [0; 16];
        match padded.get_mut(..bytes.len()) {
            Some(start) if bytes.len() < 16 => {
                start.copy_from_slice(bytes);
                Key::short(u128::from_le_bytes(padded), bytes.len())
            }
            _ => Key::Long(bytes),
        }
    }

    /// The key of so many bytes, which the others follow.
    #[inline]
    fn short(bytes: u128, len: usize) -> Self {
        let others = u128::MAX << (8 * len);
        Key::Short(bytes & !others | (len as u128) << 120)
    }
}

/// Calls `f` with each row's key, but for those with a NULL in them.
pub fn each(columns: &[ArrayRef], f: impl FnMut(usize, Key)) -> Result<()> {
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
    let valid = column.nulls();
    for (row, value) in column.values().iter().enumerate() {
        if valid.is_none_or(|valid| valid.is_valid(row)) {
            let bytes = value.to_byte_slice();
            let mut word = [0; 8];
            match word.get_mut(..bytes.len()) {
                Some(start) => {
                    start.copy_from_slice(bytes);
                    f(row, Key::Word(u64::from_le_bytes(word)));
                }
                None => f(row, Key::of(bytes)),
            }
        }
    }
    Ok(())
}

fn each_bytes<T: ByteArrayType>(column: &GenericByteArray<T>, mut f: impl FnMut(usize, Key)) -> Result<()> {
    let (bytes, valid) = (column.value_data(), column.nulls());
    for (row, ends) in column.value_offsets().windows(2).enumerate() {
        if valid.is_some_and(|valid| valid.is_null(row)) {
            continue;
        }
        let [start, end] = [ends[0].as_usize(), ends[1].as_usize()];
        // Sixteen bytes are read at once, whatever the key's length: a copy of so few is a call.
        let key = match bytes[start..].first_chunk::<16>() {
            Some(all) if end - start < 16 => Key::short(u128::from_le_bytes(*all), end - start),
            _ => Key::of(&bytes[start..end]),
        };
        f(row, key);
    }
    Ok(())
}

fn each_view(column: &StringViewArray, mut f: impl FnMut(usize, Key)) -> Result<()> {
    let valid = column.nulls();
    for (row, &view) in column.views().iter().enumerate() {
        if valid.is_none_or(|valid| valid.is_valid(row)) {
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
