//! `SHIFT`: the value some rows back or ahead in the partition.
//!
//! ```text
//! x                       1     NULL  3     4
//! SHIFT(x)                NULL  1     NULL  3
//! SHIFT(x, -1)            NULL  3     4     NULL
//! SHIFT(x) IGNORE NULLS   NULL  1     1     3
//! ```

mod ahead;
mod back;
#[cfg(test)]
mod tests;

use crate::Kernel;
use crate::assemble::Assembly;
use crate::columns::{arg, expect_type};
use crate::partition::{Partitions, Segment};
use ahead::{Ahead, AheadValid};
use arrow::array::{ArrayRef, new_empty_array, new_null_array};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use back::{Back, BackValid};

/// `SHIFT(x, n [, default])`: the value `n` rows back, negative `n` ahead.
///
/// Past the ends of the partition: the default, else NULL. A NULL value is a value
/// like others, unless nulls are ignored: then only non-null rows count as steps,
/// the current one never (`n = 0` is the row itself). Look-ahead values come late,
/// by `n` rows or at the partition's end.
/// Slices are copied whole; only the last `n` rows are kept between batches.
#[derive(Debug)]
pub struct Shift {
    data_type: DataType,
    default: ArrayRef,
    direction: Direction,
    partitions: Partitions,
}

#[derive(Debug)]
enum Direction {
    Same,
    Back(Back),
    Ahead(Ahead),
    BackValid(BackValid),
    AheadValid(AheadValid),
}

impl Shift {
    /// `default`: one row of type `data_type`; an error otherwise.
    pub fn new(
        data_type: &DataType,
        n: i64,
        default: Option<ArrayRef>,
        ignore_nulls: bool,
    ) -> Result<Self, ArrowError> {
        let default = match default {
            None => new_null_array(data_type, 1),
            Some(value) if value.len() == 1 => value,
            Some(value) => {
                return Err(ArrowError::InvalidArgumentError(format!(
                    "the default of SHIFT is one value, not {}",
                    value.len()
                )));
            }
        };
        expect_type(&default, data_type)?;
        // Distances beyond the address space reach past any partition all the same.
        let distance = usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX);
        let direction = match (n.signum(), ignore_nulls) {
            (0, _) => Direction::Same,
            (1, false) => Direction::Back(Back::new(distance)),
            (1, true) => Direction::BackValid(BackValid::new(distance)),
            (_, false) => Direction::Ahead(Ahead::new(distance)),
            (_, true) => Direction::AheadValid(AheadValid::new(distance)),
        };
        Ok(Self { data_type: data_type.clone(), default, direction, partitions: Partitions::default() })
    }

    /// The type of `x`.
    pub fn output_type(input: &DataType) -> DataType {
        input.clone()
    }

    fn shift(&mut self, batch: &ArrayRef, cut: &[Segment]) -> Result<ArrayRef, ArrowError> {
        let mut out = Assembly::new(&self.default, batch);
        match &mut self.direction {
            Direction::Same => return Ok(batch.clone()),
            Direction::Back(back) => back.shift(batch, cut, &mut out)?,
            Direction::BackValid(back) => back.shift(batch, cut, &mut out)?,
            Direction::Ahead(ahead) => ahead.shift(cut, &mut out),
            Direction::AheadValid(ahead) => ahead.shift(batch, cut, &mut out),
        }
        out.finish()
    }
}

impl Kernel for Shift {
    fn push(&mut self, args: &[ArrayRef], starts: &[usize]) -> Result<ArrayRef, ArrowError> {
        let batch = arg(args, 0)?;
        expect_type(batch, &self.data_type)?;
        let cut = self.partitions.segments(starts, batch.len())?;
        self.shift(batch, &cut)
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let none = new_empty_array(&self.data_type);
        let mut out = Assembly::new(&self.default, &none);
        match &mut self.direction {
            Direction::Ahead(ahead) => ahead.flush(&mut out),
            Direction::AheadValid(ahead) => ahead.flush(&mut out),
            Direction::Same | Direction::Back(_) | Direction::BackValid(_) => {}
        }
        out.finish()
    }

    fn memory(&self) -> usize {
        size_of::<Self>()
            + match &self.direction {
                Direction::Back(back) => back.memory(),
                Direction::BackValid(back) => back.memory(),
                Direction::AheadValid(ahead) => ahead.memory(),
                Direction::Same | Direction::Ahead(_) => 0,
            }
    }
}
