//! `FILL_FORWARD`, `FILL_BACKWARD`, `INTERPOLATE`: values where there are none.
//!
//! ```text
//! x                1     NULL  NULL  4     NULL
//! FILL_FORWARD     1     1     1     4     4
//! FILL_BACKWARD    1     4     4     4     NULL
//! INTERPOLATE      1     2     3     4     NULL      (keys 0, 1, 2, 3, 4)
//! ```

mod backward;
mod forward;
mod interpolate;
#[cfg(test)]
mod tests;

pub use backward::FillBackward;
pub use forward::FillForward;
pub use interpolate::Interpolate;

use crate::columns::{arg, primitive};
use arrow::array::types::Int64Type;
use arrow::array::{Array, ArrayRef, Int64Array};
use arrow::error::ArrowError;

/// How far a value may be carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Rows, at most.
    pub limit: Option<u64>,
    /// Distance of the Int64 keys (the second argument), at most; either direction.
    pub max_gap: Option<i64>,
}

impl Reach {
    fn rows(self) -> usize {
        self.limit.and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX)
    }

    /// Whether the keys are near enough; a NULL key is near to none.
    fn spans(self, from: Option<i64>, to: Option<i64>) -> bool {
        match (self.max_gap, from, to) {
            (None, _, _) => true,
            (Some(gap), Some(a), Some(b)) => i128::from(a.abs_diff(b)) <= i128::from(gap),
            _ => false,
        }
    }

    /// The key column, where there is a gap to measure.
    fn keys(self, args: &[ArrayRef]) -> Result<Option<&Int64Array>, ArrowError> {
        if self.max_gap.is_none() {
            return Ok(None);
        }
        let keys = primitive::<Int64Type>(arg(args, 1)?)?;
        if keys.len() != arg(args, 0)?.len() {
            return Err(ArrowError::ComputeError("the key of max_gap is not as long as the batch".to_string()));
        }
        Ok(Some(keys))
    }
}

fn key_at(keys: Option<&Int64Array>, row: usize) -> Option<i64> {
    keys.filter(|k| k.is_valid(row)).map(|k| k.value(row))
}
