//! The loop over a batch that all running values but strings share.

use super::Running;
use crate::columns::primitive;
use crate::numbers::Number;
use crate::partition::Segment;
use arrow::array::NullBufferBuilder;
use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, Int64Array, PrimitiveArray};
use arrow::buffer::NullBuffer;
use arrow::error::ArrowError;
use std::fmt::Debug;
use std::sync::Arc;

/// A running value as a function of the next non-null value.
pub(super) trait Step: Debug + Send + Copy {
    type In: ArrowPrimitiveType;
    type Out: ArrowPrimitiveType + Debug;

    /// Starts over at a partition.
    fn reset(&mut self);
    /// Takes the next value and returns the running one.
    fn step(&mut self, x: <Self::In as ArrowPrimitiveType>::Native) -> <Self::Out as ArrowPrimitiveType>::Native;
    /// Whether any value returned so far was out of range.
    fn failed(&self) -> bool {
        false
    }
}

/// Carries a [`Step`] over batches.
#[derive(Debug)]
pub(super) struct Fold<S: Step> {
    number: Number,
    step: S,
    /// The running value, None before the first non-null one.
    last: Option<<S::Out as ArrowPrimitiveType>::Native>,
}

impl<S: Step> Fold<S> {
    pub fn new(number: Number, step: S) -> Self {
        Self { number, step, last: None }
    }

    /// Running values of the rows, and which of them there are.
    pub fn fold(
        &mut self,
        values: &[<S::In as ArrowPrimitiveType>::Native],
        nulls: Option<&NullBuffer>,
        cut: &[Segment],
    ) -> Folded<<S::Out as ArrowPrimitiveType>::Native> {
        let mut out = Vec::with_capacity(values.len());
        let mut valid = NullBufferBuilder::new(values.len());
        // A local copy, so that the state lives in registers.
        let mut step = self.step;
        for segment in cut {
            if segment.fresh {
                step.reset();
                self.last = None;
            }
            let rows = &values[segment.start..segment.end];
            let Some(nulls) = nulls else {
                out.extend(rows.iter().map(|&x| step.step(x)));
                self.last = out.last().copied();
                valid.append_n_non_nulls(rows.len());
                continue;
            };
            for (row, &x) in (segment.start..).zip(rows) {
                if nulls.is_valid(row) {
                    self.last = Some(step.step(x));
                }
                out.push(self.last.unwrap_or_default());
                valid.append(self.last.is_some());
            }
        }
        self.step = step;
        (out, valid.finish())
    }
}

/// Values and which of them are not NULL.
pub(super) type Folded<T> = (Vec<T>, Option<NullBuffer>);

impl<S: Step> Running for Fold<S> {
    fn run(&mut self, batch: &ArrayRef, cut: &[Segment]) -> Result<ArrayRef, ArrowError> {
        let batch = self.number.cast(batch)?;
        let array = primitive::<S::In>(&batch)?;
        let nulls = array.nulls().filter(|n| n.null_count() > 0);
        let (values, nulls) = self.fold(array.values(), nulls, cut);
        if self.step.failed() {
            return Err(crate::numbers::overflow("a running value", &S::Out::DATA_TYPE));
        }
        Ok(Arc::new(PrimitiveArray::<S::Out>::try_new(values.into(), nulls)?))
    }

    fn memory(&self) -> usize {
        size_of::<Self>()
    }
}

/// The running count of non-null values, of any type.
#[derive(Debug, Default)]
pub(super) struct Count(i64);

impl Running for Count {
    fn run(&mut self, batch: &ArrayRef, cut: &[Segment]) -> Result<ArrayRef, ArrowError> {
        let nulls = batch.logical_nulls().filter(|n| n.null_count() > 0);
        let mut out = Vec::with_capacity(batch.len());
        for segment in cut {
            if segment.fresh {
                self.0 = 0;
            }
            match &nulls {
                None => {
                    let rows = (segment.end - segment.start) as i64;
                    out.extend(self.0 + 1..=self.0 + rows);
                    self.0 += rows;
                }
                Some(nulls) => out.extend((segment.start..segment.end).map(|row| {
                    self.0 += i64::from(nulls.is_valid(row));
                    self.0
                })),
            }
        }
        Ok(Arc::new(Int64Array::from(out)))
    }

    fn memory(&self) -> usize {
        size_of::<Self>()
    }
}
