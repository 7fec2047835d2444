//! Where consecutive runs begin, and the functions that number them.
//!
//! ```text
//! k          a  a  b  b  b  a
//! starts     ^     ^        ^
//! RUN_ID(k)  0  0  1  1  1  2
//! RUN_POS(k) 0  1  0  1  2  0
//! ```

use crate::Kernel;
use crate::columns::{arg, compact, primitive, true_bits};
use crate::partition::Partitions;
use arrow::array::types::{Float32Type, Float64Type};
use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, GenericByteViewArray, Int64Array, PrimitiveArray,
    downcast_primitive_array,
};
use arrow::compute::{SortOptions, cast, concat};
use arrow::datatypes::{ByteViewType, DataType};
use arrow::error::ArrowError;
use std::cmp::Ordering;
use std::sync::Arc;

/// Finds the rows whose key columns differ from the row before.
///
/// NULL equals NULL, NaN equals NaN, −0.0 equals 0.0; the very first row of the
/// sequence always starts a run. One comparison with the row before, key by key.
#[derive(Debug, Default)]
pub struct Boundaries {
    /// The key columns of the last row seen, one row each.
    last: Option<Vec<ArrayRef>>,
}

impl Boundaries {
    /// No row seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Rows in `0..rows` that begin a new run, ascending.
    ///
    /// All key columns have `rows` rows. Without keys only the sequence's first
    /// row begins one. Nothing is remembered from a batch that is in error.
    pub fn starts(&mut self, keys: &[ArrayRef], rows: usize) -> Result<Vec<usize>, ArrowError> {
        if keys.iter().any(|k| k.len() != rows) {
            return Err(ArrowError::ComputeError("run keys differ in length".to_string()));
        }
        if rows == 0 {
            return Ok(Vec::new());
        }
        let mut changed = vec![0u8; rows];
        changed[0] = self.first_differs(keys)?;
        for key in keys {
            mark(key, &mut changed)?;
        }
        let last = keys.iter().map(|k| compact(&k.slice(rows - 1, 1)));
        self.last = Some(last.collect::<Result<_, _>>()?);
        Ok(positions(&changed))
    }

    /// Bytes held between batches.
    pub fn memory(&self) -> usize {
        let kept = self.last.iter().flatten();
        kept.map(|a| a.get_array_memory_size()).sum()
    }

    fn first_differs(&self, keys: &[ArrayRef]) -> Result<u8, ArrowError> {
        let Some(last) = &self.last else {
            return Ok(1);
        };
        if last.len() != keys.len() {
            return Err(ArrowError::ComputeError("the number of run keys changed between batches".to_string()));
        }
        let mut changed = [0u8; 2];
        for (before, key) in last.iter().zip(keys) {
            mark(&concat(&[before, &key.slice(0, 1)])?, &mut changed)?;
        }
        Ok(changed[1])
    }
}

/// Sets `changed[i]` where row `i` of `key` differs from row `i - 1`.
pub(crate) fn mark(key: &ArrayRef, changed: &mut [u8]) -> Result<(), ArrowError> {
    match key.data_type() {
        DataType::Float16 => mark(&cast(key, &DataType::Float32)?, changed)?,
        DataType::Float32 => {
            mark_native(primitive::<Float32Type>(key)?, changed, |a, b| !(a == b || (a.is_nan() && b.is_nan())))
        }
        DataType::Float64 => {
            mark_native(primitive::<Float64Type>(key)?, changed, |a, b| !(a == b || (a.is_nan() && b.is_nan())))
        }
        DataType::Utf8View => mark_views(key.as_string_view(), changed),
        DataType::BinaryView => mark_views(key.as_binary_view(), changed),
        // Arrow's comparator tells -0.0 from 0.0, so dictionaries of floats are unpacked.
        DataType::Dictionary(_, values) if values.is_floating() => mark(&cast(key, values)?, changed)?,
        _ => downcast_primitive_array!(
            key => mark_native(key, changed, |a, b| a != b),
            _ => mark_compared(key, changed)?
        ),
    }
    Ok(())
}

fn mark_native<T: ArrowPrimitiveType>(
    key: &PrimitiveArray<T>,
    changed: &mut [u8],
    differ: impl Fn(T::Native, T::Native) -> bool,
) {
    let values: &[T::Native] = key.values();
    let pairs = values.iter().zip(values.iter().skip(1));
    let cells = changed.iter_mut().skip(1).zip(pairs);
    match key.nulls().filter(|n| n.null_count() > 0) {
        None => {
            for (cell, (&a, &b)) in cells {
                *cell |= u8::from(differ(a, b));
            }
        }
        Some(nulls) => {
            let valid = nulls.inner();
            for (i, (cell, (&a, &b))) in cells.enumerate() {
                let (p, q) = (valid.value(i), valid.value(i + 1));
                *cell |= u8::from(p != q || (p && differ(a, b)));
            }
        }
    }
}

/// Compares the 16-byte views: up to 12 bytes they hold the whole string, above
/// that the length and the first four bytes decide most pairs.
fn mark_views<T: ByteViewType + ?Sized>(key: &GenericByteViewArray<T>, changed: &mut [u8])
where
    T::Native: PartialEq,
{
    let views: &[u128] = key.views();
    let differ = |i: usize| {
        let (a, b) = (views[i - 1], views[i]);
        a != b && (a as u32 <= 12 || a as u64 != b as u64 || key.value(i - 1) != key.value(i))
    };
    match key.nulls().filter(|n| n.null_count() > 0) {
        None => {
            for i in unequal_neighbours(views) {
                changed[i] |= u8::from(differ(i));
            }
        }
        Some(n) => {
            for (i, cell) in changed.iter_mut().enumerate().skip(1) {
                let (p, q) = (n.is_valid(i - 1), n.is_valid(i));
                *cell |= u8::from(p != q || (p && differ(i)));
            }
        }
    }
}

/// Views compared at once before one looks whether any two differ.
const BLOCK: usize = 64;

/// Rows whose view is not the one of the row before: all others are equal strings.
pub(crate) fn unequal_neighbours(views: &[u128]) -> Vec<usize> {
    let pairs = views.len().saturating_sub(1);
    let mut found = Vec::new();
    let mut start = 0;
    while start < pairs {
        let end = (start + BLOCK).min(pairs);
        let (before, now) = (&views[start..end], &views[start + 1..=end]);
        if before.iter().zip(now).fold(0, |any, (a, b)| any | (a ^ b)) != 0 {
            found.extend((start + 1..=end).filter(|&row| views[row - 1] != views[row]));
        }
        start = end;
    }
    found
}

fn mark_compared(key: &ArrayRef, changed: &mut [u8]) -> Result<(), ArrowError> {
    let pairs = key.len() - 1;
    let (before, after) = (key.slice(0, pairs), key.slice(1, pairs));
    let compare = arrow::array::make_comparator(&before, &after, SortOptions::default())?;
    for i in 0..pairs {
        changed[i + 1] |= u8::from(compare(i, i) != Ordering::Equal);
    }
    Ok(())
}

/// Indices of the bytes that are set, skipping eight clear ones at a time.
fn positions(changed: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    for (block, bytes) in changed.chunks(8).enumerate() {
        if bytes.iter().fold(0, |any, b| any | b) != 0 {
            let set = bytes.iter().enumerate().filter(|(_, b)| **b != 0);
            found.extend(set.map(|(i, _)| block * 8 + i));
        }
    }
    found
}

/// What begins a run, besides the first row of a partition.
#[derive(Debug)]
enum RunStart {
    /// A change in any argument.
    Keys(Boundaries),
    /// A true first argument; NULL does not.
    Condition,
    /// Nothing else.
    Partition,
}

impl RunStart {
    fn rows(&mut self, args: &[ArrayRef], rows: usize) -> Result<Vec<usize>, ArrowError> {
        match self {
            RunStart::Keys(boundaries) => boundaries.starts(args, rows),
            RunStart::Condition => Ok(true_bits(arg(args, 0)?)?.set_indices().collect()),
            RunStart::Partition => Ok(Vec::new()),
        }
    }

    fn memory(&self) -> usize {
        match self {
            RunStart::Keys(boundaries) => boundaries.memory(),
            RunStart::Condition | RunStart::Partition => 0,
        }
    }
}

/// `RUN_ID(k, …)` and `RUN_ID_WHEN(cond)`: number of the consecutive run, from 0.
///
/// Restarts at every partition, whose first row is always run 0. NULL keys equal
/// each other; a NULL condition starts nothing.
#[derive(Debug)]
pub struct RunId {
    start: RunStart,
    partitions: Partitions,
    id: i64,
}

impl RunId {
    /// `RUN_ID(k, …)`: the arguments are the keys, of any types.
    pub fn by_keys() -> Self {
        Self::new(RunStart::Keys(Boundaries::new()))
    }

    /// `RUN_ID_WHEN(cond)`: the argument is one boolean column, true where a run begins.
    pub fn when() -> Self {
        Self::new(RunStart::Condition)
    }

    /// Int64, never NULL.
    pub fn output_type() -> DataType {
        DataType::Int64
    }

    fn new(start: RunStart) -> Self {
        Self { start, partitions: Partitions::default(), id: 0 }
    }
}

impl Kernel for RunId {
    fn push(&mut self, args: &[ArrayRef], starts: &[usize]) -> Result<ArrayRef, ArrowError> {
        let rows = arg(args, 0)?.len();
        let marks = self.start.rows(args, rows)?;
        let mut marks = marks.iter().copied().peekable();
        let mut out = Vec::with_capacity(rows);
        for segment in self.partitions.segments(starts, rows)? {
            if segment.fresh {
                self.id = 0;
                marks.next_if_eq(&segment.start);
            }
            while let Some(mark) = marks.next_if(|&m| m < segment.end) {
                out.resize(mark, self.id);
                self.id += 1;
            }
            out.resize(segment.end, self.id);
        }
        Ok(Arc::new(Int64Array::from(out)))
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(Int64Array::from(Vec::<i64>::new())))
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.start.memory()
    }
}

/// Number of the run over the whole sequence, from 0: never restarts, so that it
/// tells runs of different partitions apart.
///
/// A run begins at every partition, where a key changes, and where the condition,
/// the last argument if there is one, is true.
#[derive(Debug)]
pub struct RunNumber {
    keys: Boundaries,
    when: bool,
    /// Runs begun so far.
    begun: i64,
}

impl RunNumber {
    /// `when`: whether the last argument is a condition.
    pub fn new(when: bool) -> Self {
        Self { keys: Boundaries::new(), when, begun: 0 }
    }
}

impl Kernel for RunNumber {
    fn push(&mut self, args: &[ArrayRef], starts: &[usize]) -> Result<ArrayRef, ArrowError> {
        let rows = arg(args, 0)?.len();
        let (keys, condition) = match args.split_last() {
            Some((last, keys)) if self.when => (keys, Some(true_bits(last)?)),
            _ => (args, None),
        };
        let mut begins = vec![false; rows];
        for &row in self.keys.starts(keys, rows)?.iter().chain(starts) {
            begins[row] = true;
        }
        for row in condition.iter().flat_map(|c| c.set_indices()) {
            begins[row] = true;
        }
        let numbers = begins.iter().map(|&begin| {
            self.begun += i64::from(begin);
            self.begun - 1
        });
        Ok(Arc::new(Int64Array::from_iter_values(numbers)))
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(Int64Array::from(Vec::<i64>::new())))
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.keys.memory()
    }
}

/// `RUN_POS([k, …])`: position in the run, from 0.
///
/// Runs begin as for [`RunId`]. Restarts at every partition.
#[derive(Debug)]
pub struct RunPos {
    start: RunStart,
    partitions: Partitions,
    next: i64,
}

impl RunPos {
    /// `RUN_POS(k, …)`: the arguments are the keys, of any types.
    pub fn by_keys() -> Self {
        Self::new(RunStart::Keys(Boundaries::new()))
    }

    /// The argument is one boolean column, true where a run begins.
    pub fn when() -> Self {
        Self::new(RunStart::Condition)
    }

    /// `RUN_POS()`: runs are what the caller passes as partition starts. Takes one
    /// column of any type, for its length alone.
    pub fn in_partition() -> Self {
        Self::new(RunStart::Partition)
    }

    /// Int64, never NULL.
    pub fn output_type() -> DataType {
        DataType::Int64
    }

    fn new(start: RunStart) -> Self {
        Self { start, partitions: Partitions::default(), next: 0 }
    }

    fn count_to(&mut self, out: &mut Vec<i64>, end: usize) {
        let rows = (end - out.len()) as i64;
        out.extend(self.next..self.next + rows);
        self.next += rows;
    }
}

impl Kernel for RunPos {
    fn push(&mut self, args: &[ArrayRef], starts: &[usize]) -> Result<ArrayRef, ArrowError> {
        let rows = arg(args, 0)?.len();
        let marks = self.start.rows(args, rows)?;
        let mut marks = marks.iter().copied().peekable();
        let mut out = Vec::with_capacity(rows);
        for segment in self.partitions.segments(starts, rows)? {
            if segment.fresh {
                self.next = 0;
            }
            while let Some(mark) = marks.next_if(|&m| m < segment.end) {
                self.count_to(&mut out, mark);
                self.next = 0;
            }
            self.count_to(&mut out, segment.end);
        }
        Ok(Arc::new(Int64Array::from(out)))
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(Int64Array::from(Vec::<i64>::new())))
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.start.memory()
    }
}

/// `STREAK(cond)`: how many rows in a row, up to here, the condition has held.
///
/// NULL counts as not held. Restarts at every partition.
#[derive(Debug, Default)]
pub struct Streak {
    partitions: Partitions,
    held: i64,
}

impl Streak {
    /// The argument is one boolean column.
    pub fn new() -> Self {
        Self::default()
    }

    /// Int64, never NULL.
    pub fn output_type() -> DataType {
        DataType::Int64
    }
}

impl Kernel for Streak {
    fn push(&mut self, args: &[ArrayRef], starts: &[usize]) -> Result<ArrayRef, ArrowError> {
        let held = true_bits(arg(args, 0)?)?;
        let mut out = Vec::with_capacity(held.len());
        for segment in self.partitions.segments(starts, held.len())? {
            if segment.fresh {
                self.held = 0;
            }
            let bits = held.slice(segment.start, segment.end - segment.start);
            out.extend(bits.iter().map(|held| {
                self.held = (self.held + 1) * i64::from(held);
                self.held
            }));
        }
        Ok(Arc::new(Int64Array::from(out)))
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(Int64Array::from(Vec::<i64>::new())))
    }

    fn memory(&self) -> usize {
        size_of::<Self>()
    }
}

#[cfg(test)]
mod tests;
