//! Aggregates that know no way to slide: computed anew for every frame.

use super::count::Counter;
use super::{Frame, Frames};
use crate::Kernel;
use crate::columns::{arg, true_bits};
use crate::partition::Partitions;
use arrow::array::{Array, ArrayRef};
use arrow::buffer::NullBuffer;
use arrow::compute::concat;
use arrow::error::ArrowError;
use std::fmt::Debug;
use std::ops::Range;

/// An aggregate that is given the rows of a frame.
pub trait FrameAggregate: Debug + Send {
    /// One value per frame: the aggregate of those rows of the columns, NULL for `None`.
    /// The ends of the frames never fall.
    fn compute(&mut self, columns: &[ArrayRef], frames: &[Option<Range<usize>>]) -> Result<ArrayRef, ArrowError>;
}

/// Which rows count.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// Those on which so many leading columns are not NULL,
    pub columns: usize,
    /// and on which the last column of the aggregate is true.
    pub filtered: bool,
}

/// Any aggregate over the frame of each row, at a cost that grows with the frame.
///
/// Arguments: the columns of the aggregate, then the key where the frame is a range. Rows
/// that are [`Counted`] count towards `min_periods`; frames with fewer give NULL.
#[derive(Debug)]
pub struct Recomputed<A> {
    aggregate: A,
    width: usize,
    counted: Counted,
    frames: Frames,
    counter: Counter,
    partitions: Partitions,
    needed: usize,
    /// Rows from `base` on.
    columns: Vec<ArrayRef>,
    base: usize,
}

impl<A: FrameAggregate> Recomputed<A> {
    /// `width`: number of columns of the aggregate.
    pub fn new(aggregate: A, width: usize, counted: Counted, frame: Frame, min_periods: u64) -> Self {
        Self {
            aggregate,
            width,
            counted,
            frames: Frames::new(frame),
            counter: Counter::default(),
            partitions: Partitions::default(),
            needed: usize::try_from(min_periods).unwrap_or(usize::MAX),
            columns: Vec::new(),
            base: 0,
        }
    }

    fn ingest(&mut self, args: &[ArrayRef]) -> Result<(), ArrowError> {
        let rows = arg(args, 0)?.len();
        let mut nulls: Option<NullBuffer> = None;
        for column in &args[..self.counted.columns.min(self.width)] {
            nulls = NullBuffer::union(nulls.as_ref(), column.logical_nulls().as_ref());
        }
        if self.counted.filtered {
            let kept = true_bits(arg(args, self.width.saturating_sub(1))?)?;
            nulls = NullBuffer::union(nulls.as_ref(), Some(&NullBuffer::new(kept)));
        }
        self.counter.ingest(rows, nulls.filter(|n| n.null_count() > 0).as_ref());
        if self.columns.is_empty() {
            self.columns = args[..self.width].to_vec();
            return Ok(());
        }
        for (held, batch) in self.columns.iter_mut().zip(args) {
            *held = concat(&[held, batch])?;
        }
        Ok(())
    }

    fn answer(&mut self) -> Result<ArrayRef, ArrowError> {
        let rows = self.frames.take();
        let values = self.counter.values(&rows);
        let nulls = values.as_ref().unwrap_or(&rows).mask(self.needed);
        let mut frames = Vec::with_capacity(rows.len());
        rows.for_each(|span| {
            let valid = nulls.as_ref().is_none_or(|n| n.is_valid(frames.len()));
            frames.push(valid.then(|| span.lo - self.base..span.hi - self.base));
        });
        self.aggregate.compute(&self.columns, &frames)
    }

    fn trim(&mut self) {
        let low = self.frames.trim();
        self.counter.trim(low);
        let gone = low - self.base;
        if gone > 0 {
            for column in &mut self.columns {
                *column = column.slice(gone, column.len() - gone);
            }
            self.base = low;
        }
    }
}

impl<A: FrameAggregate> Kernel for Recomputed<A> {
    fn push(&mut self, args: &[ArrayRef], starts: &[usize]) -> Result<ArrayRef, ArrowError> {
        let rows = arg(args, self.width.saturating_sub(1))?.len();
        let cut = self.partitions.segments(starts, rows)?;
        self.frames.push(args.get(self.width), &cut)?;
        self.ingest(args)?;
        let values = self.answer()?;
        self.trim();
        Ok(values)
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        self.frames.finish();
        self.answer()
    }

    fn work(&self) -> usize {
        self.columns.first().map_or(1, |held| held.len())
    }

    fn memory(&self) -> usize {
        let columns: usize = self.columns.iter().map(|c| c.get_array_memory_size()).sum();
        size_of::<Self>() + columns + self.frames.memory() + self.counter.memory()
    }
}
