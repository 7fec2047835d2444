use super::{Reach, key_at};
use crate::Kernel;
use crate::assemble::{Assembly, BATCH, DEFAULT};
use crate::columns::{arg, compact, expect_type};
use crate::partition::Partitions;
use arrow::array::{Array, ArrayRef, new_empty_array, new_null_array};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

/// `FILL_FORWARD(x [, limit] [, max_gap])`: the last observation where x is NULL.
///
/// Of the NULLs after an observation the first `limit` are filled, and only those
/// whose key is at most `max_gap` (inclusive) from the observation's; a NULL key is
/// never within the gap. Nothing crosses a partition. Any type.
#[derive(Debug)]
pub struct FillForward {
    data_type: DataType,
    reach: Reach,
    /// The last observation, one row; a NULL before the first.
    last: ArrayRef,
    known: bool,
    key: Option<i64>,
    /// NULLs since the last observation.
    since: usize,
    partitions: Partitions,
}

impl FillForward {
    /// `data_type`: of x, the first argument. The second, Int64, is read only where
    /// there is a `max_gap`.
    pub fn new(data_type: &DataType, reach: Reach) -> Self {
        Self {
            data_type: data_type.clone(),
            reach,
            last: new_null_array(data_type, 1),
            known: false,
            key: None,
            since: 0,
            partitions: Partitions::default(),
        }
    }

    /// The type of x.
    pub fn output_type(input: &DataType) -> DataType {
        input.clone()
    }
}

impl Kernel for FillForward {
    fn push(&mut self, args: &[ArrayRef], starts: &[usize]) -> Result<ArrayRef, ArrowError> {
        let batch = arg(args, 0)?;
        expect_type(batch, &self.data_type)?;
        let keys = self.reach.keys(args)?;
        let nulls = batch.logical_nulls().filter(|n| n.null_count() > 0);
        let null = new_null_array(&self.data_type, 1);
        let mut out = Assembly::new(&null, batch);
        let carried = out.add(&self.last);
        // Source and row of the last observation.
        let mut last = self.known.then_some((carried, 0));
        for segment in self.partitions.segments(starts, batch.len())? {
            if segment.fresh {
                last = None;
            }
            for row in segment.start..segment.end {
                if nulls.as_ref().is_none_or(|n| n.is_valid(row)) {
                    last = Some((BATCH, row));
                    (self.key, self.since) = (key_at(keys, row), 0);
                    out.slice(BATCH, row, 1);
                    continue;
                }
                self.since = self.since.saturating_add(1);
                let near = self.since <= self.reach.rows() && self.reach.spans(self.key, key_at(keys, row));
                match last.filter(|_| near) {
                    Some((source, at)) => out.slice(source, at, 1),
                    None => out.repeat(DEFAULT, 0, 1),
                }
            }
        }
        self.known = last.is_some();
        if let Some((BATCH, row)) = last {
            self.last = compact(&batch.slice(row, 1))?;
        }
        out.finish()
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(new_empty_array(&self.data_type))
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.last.get_array_memory_size()
    }
}
