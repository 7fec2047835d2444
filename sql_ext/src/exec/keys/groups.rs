//! Rows by the number of their key.

use super::NONE;

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
    pub fn build(numbers: &[u32], keys: usize) -> Self {
        let mut starts = vec![0_u32; keys + 1];
        for number in numbers.iter().filter(|n| **n != NONE) {
            starts[*number as usize + 1] += 1;
        }
        for i in 0..keys {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut rows = vec![0_u32; starts[keys] as usize];
        for (row, number) in (0_u32..).zip(numbers).filter(|(_, n)| **n != NONE) {
            let at = &mut next[*number as usize];
            rows[*at as usize] = row;
            *at += 1;
        }
        Groups { starts, rows }
    }

    /// Does every row have a key of its own? Then the rows stand as they came, and a key's number is its row's.
    pub fn are_rows(&self, rows: usize) -> bool {
        self.starts.len() == rows + 1 && self.rows.len() == rows
    }

    /// Has no key more than one row?
    pub fn are_single(&self) -> bool {
        self.starts.len() == self.rows.len() + 1
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
