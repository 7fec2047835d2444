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

/// Count, sum and sum of squared deviations: the updates of Youngs and Cramer (1971) and of Chan (1979).
///
/// No division waits for the one before it, as it does where a mean is carried. Values are taken from a value of
/// the set, so that what they have in common costs no digits.
#[derive(Clone, Copy, Debug)]
struct Moments {
    count: f64,
    /// The first value.
    base: f64,
    /// Of the values less the base.
    sum: f64,
    squares: f64,
}

impl Monoid for Moments {
    type Item = f64;
    const EMPTY: Self = Moments { count: 0.0, base: 0.0, sum: 0.0, squares: 0.0 };

    #[inline(always)]
    fn push(self, x: f64) -> Self {
        let base = if self.count == 0.0 { x } else { self.base };
        let off = x - base;
        let count = self.count + 1.0;
        let sum = self.sum + off;
        // So many times as far as the value is from the new mean.
        let apart = count * off - sum;
        let pairs = (count * self.count).max(1.0);
        Moments { count, base, sum, squares: self.squares + apart / pairs * apart }
    }

    #[inline(always)]
    fn merge(self, newer: Self) -> Self {
        if newer.count == 0.0 {
            return self;
        }
        let (count, pairs) = (self.count + newer.count, self.count * newer.count);
        let between = newer.base - self.base;
        // So many times as far as the means are from one another.
        let apart = between * pairs + newer.sum * self.count - self.sum * newer.count;
        Moments {
            count,
            base: self.base,
            sum: self.sum + newer.sum + between * newer.count,
            squares: self.squares + newer.squares + apart / (pairs * count) * apart,
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
