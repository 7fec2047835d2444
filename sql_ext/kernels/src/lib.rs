//! Pure Arrow kernels for ordered data: batch in, state, batch out.
//!
//! No stream, session, SQL or Python lives here. A kernel sees the rows of one
//! relation in sequence order, cut into batches at arbitrary places; its answer
//! must not depend on where the cuts fall.

mod assemble;
mod columns;
pub mod cumulative;
pub mod ewm;
pub mod fill;
pub mod funnel;
mod history;
mod keys;
mod numbers;
mod partition;
pub mod pattern;
pub mod rolling;
pub mod runs;
pub mod shift;
pub mod sorted;
mod tail;
#[cfg(test)]
mod testing;

use arrow::array::ArrayRef;
use arrow::error::ArrowError;

/// A function over an ordered sequence that restarts at every partition.
///
/// The operator calls [`push`](Self::push) once per batch with the evaluated
/// arguments and the rows at which a new partition starts, and
/// [`finish`](Self::finish) once after the last batch. Output values come in row
/// order, one per input row in total; a kernel that looks ahead may hold values
/// back and return them from a later `push`, or from `finish`. A partition start
/// flushes whatever the partition before it still owes. Where one value fills very
/// many rows, a kernel may give it run-end encoded (by Int64).
pub trait Kernel: Send + std::fmt::Debug {
    /// Takes the next batch. All `args` have the same length `n`.
    ///
    /// `starts` holds, ascending, the rows in `0..n` that begin a new partition.
    /// The very first row of a sequence may or may not be listed.
    fn push(&mut self, args: &[ArrayRef], starts: &[usize]) -> Result<ArrayRef, ArrowError>;

    /// Returns the values still owed after the last batch (often none).
    fn finish(&mut self) -> Result<ArrayRef, ArrowError>;

    /// Bytes held between calls, for the memory pool.
    fn memory(&self) -> usize;

    /// Rows that are read for each row of the next batch.
    fn work(&self) -> usize {
        1
    }
}
