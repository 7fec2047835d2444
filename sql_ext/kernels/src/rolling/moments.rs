//! Variance and standard deviation.

use super::stack::{Monoid, Stack};
use super::{Answer, Windowed};
use crate::columns::primitive;
use crate::numbers::cast_exact;
use arrow::array::types::Float64Type;
use arrow::array::{ArrayRef, Float64Array};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use std::sync::Arc;

/// Count, mean and sum of squared deviations: Welford's update (1962) for one
/// value, Chan's formula (1979) for two sets.
#[derive(Clone, Copy, Debug)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Monoid for Moments {
    type Item = f64;
    const EMPTY: Self = Moments { count: 0.0, mean: 0.0, squares: 0.0 };

    #[inline(always)]
    fn push(self, x: f64) -> Self {
        let count = self.count + 1.0;
        let off = x - self.mean;
        let mean = self.mean + off / count;
        Moments { count, mean, squares: self.squares + off * (x - mean) }
    }

    #[inline(always)]
    fn merge(self, newer: Self) -> Self {
        let count = self.count + newer.count;
        if newer.count == 0.0 {
            return self;
        }
        let off = newer.mean - self.mean;
        let share = newer.count / count;
        Moments {
            count,
            mean: self.mean + off * share,
            squares: self.squares + newer.squares + off * off * self.count * share,
        }
    }
}

/// Variance or standard deviation, of the sample or of the population.
#[derive(Debug)]
pub(super) struct Variance {
    /// 1 for samples: subtracted from the count.
    freedom: f64,
    root: bool,
    stack: Stack<Moments>,
}

impl Variance {
    pub fn new(sample: bool, root: bool) -> Self {
        Self { freedom: f64::from(u8::from(sample)), root, stack: Stack::default() }
    }
}

impl Windowed for Variance {
    fn ingest(&mut self, values: &ArrayRef) -> Result<(), ArrowError> {
        let values = cast_exact(values, &DataType::Float64)?;
        let values = primitive::<Float64Type>(&values)?.values();
        self.stack.values.items().extend_from_slice(values);
        Ok(())
    }

    fn emit(&mut self, answer: &Answer) -> Result<ArrayRef, ArrowError> {
        let (freedom, root) = (self.freedom, self.root);
        let out = self.stack.emit(answer.spans, |moments| {
            let variance = moments.squares / (moments.count - freedom);
            if root { variance.sqrt() } else { variance }
        });
        let nulls = answer.nulls.clone();
        Ok(Arc::new(Float64Array::try_new(out.into(), nulls)?))
    }

    fn trim(&mut self, low: usize) {
        self.stack.values.trim(low);
    }

    fn memory(&self) -> usize {
        self.stack.memory()
    }
}
