//! Sums, means and products, one value further.

use super::fold::Step;
use crate::numbers::{DecimalMean, ExactSum};
use arrow::array::types::{Decimal128Type, Float64Type, Int64Type, UInt64Type};
use arrow::datatypes::i256;

/// Declares a step whose state is an integer and a flag for overflow.
macro_rules! checked {
    ($name:ident, $arrow:ty, $native:ty, $start:expr, $op:ident) => {
        #[derive(Clone, Copy, Debug)]
        pub(in crate::cumulative) struct $name {
            value: $native,
            failed: bool,
        }

        impl Default for $name {
            fn default() -> Self {
                Self { value: $start, failed: false }
            }
        }

        impl Step for $name {
            type In = $arrow;
            type Out = $arrow;

            fn reset(&mut self) {
                self.value = $start;
            }

            #[inline(always)]
            fn step(&mut self, x: $native) -> $native {
                let (value, failed) = self.value.$op(x);
                self.value = value;
                self.failed |= failed;
                value
            }

            fn failed(&self) -> bool {
                self.failed
            }
        }
    };
}

checked!(SumInt, Int64Type, i64, 0, overflowing_add);
checked!(SumUInt, UInt64Type, u64, 0, overflowing_add);
checked!(ProdInt, Int64Type, i64, 1, overflowing_mul);
checked!(ProdUInt, UInt64Type, u64, 1, overflowing_mul);

#[derive(Clone, Copy, Debug)]
pub(super) struct SumDecimal {
    value: i128,
    limit: i128,
    failed: bool,
}

impl SumDecimal {
    /// `limit`: the greatest unscaled value of the output type.
    pub fn new(limit: i128) -> Self {
        Self { value: 0, limit, failed: false }
    }
}

impl Step for SumDecimal {
    type In = Decimal128Type;
    type Out = Decimal128Type;

    fn reset(&mut self) {
        self.value = 0;
    }

    fn step(&mut self, x: i128) -> i128 {
        let (value, wrapped) = self.value.overflowing_add(x);
        self.failed |= wrapped || value.unsigned_abs() > self.limit.unsigned_abs();
        self.value = value;
        value
    }

    fn failed(&self) -> bool {
        self.failed
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SumFloat(ExactSum);

impl Step for SumFloat {
    type In = Float64Type;
    type Out = Float64Type;

    fn reset(&mut self) {
        self.0 = ExactSum::default();
    }

    #[inline(always)]
    fn step(&mut self, x: f64) -> f64 {
        self.0 = self.0.plus(x);
        self.0.value()
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct ProdFloat(f64);

impl Default for ProdFloat {
    fn default() -> Self {
        Self(1.0)
    }
}

impl Step for ProdFloat {
    type In = Float64Type;
    type Out = Float64Type;

    fn reset(&mut self) {
        self.0 = 1.0;
    }

    #[inline(always)]
    fn step(&mut self, x: f64) -> f64 {
        self.0 *= x;
        self.0
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AvgFloat {
    sum: ExactSum,
    count: u64,
}

impl Step for AvgFloat {
    type In = Float64Type;
    type Out = Float64Type;

    fn reset(&mut self) {
        *self = Self::default();
    }

    #[inline(always)]
    fn step(&mut self, x: f64) -> f64 {
        self.sum = self.sum.plus(x);
        self.count += 1;
        self.sum.value() / self.count as f64
    }
}

/// Declares a mean over an exact integer sum.
macro_rules! mean {
    ($name:ident, $input:ty, $native:ty, $output:ty, $result:ty, $mean:expr) => {
        #[derive(Clone, Copy, Debug, Default)]
        pub(in crate::cumulative) struct $name {
            sum: i128,
            count: i64,
        }

        impl Step for $name {
            type In = $input;
            type Out = $output;

            fn reset(&mut self) {
                *self = Self::default();
            }

            #[inline(always)]
            fn step(&mut self, x: $native) -> $result {
                self.sum += i128::from(x);
                self.count += 1;
                $mean(self.sum, self.count)
            }
        }
    };
}

mean!(AvgInt, Int64Type, i64, Float64Type, f64, |s, n| { crate::numbers::to_float(s) / n as f64 });
mean!(AvgUInt, UInt64Type, u64, Float64Type, f64, |s, n| { crate::numbers::to_float(s) / n as f64 });
// A mean lies between the least and the greatest value, so that it fits.
mean!(AvgDuration, Int64Type, i64, Int64Type, i64, |s, n| (s / i128::from(n)) as i64);

#[derive(Clone, Copy, Debug)]
pub(super) struct AvgDecimal {
    sum: i256,
    count: u64,
    mean: DecimalMean,
    failed: bool,
}

impl AvgDecimal {
    pub fn new(mean: DecimalMean) -> Self {
        Self { sum: i256::ZERO, count: 0, mean, failed: false }
    }
}

impl Step for AvgDecimal {
    type In = Decimal128Type;
    type Out = Decimal128Type;

    fn reset(&mut self) {
        self.sum = i256::ZERO;
        self.count = 0;
    }

    fn step(&mut self, x: i128) -> i128 {
        self.sum = self.sum.wrapping_add(i256::from_i128(x));
        self.count += 1;
        let mean = self.mean.mean(self.sum, self.count);
        self.failed |= mean.is_none();
        mean.unwrap_or_default()
    }

    fn failed(&self) -> bool {
        self.failed
    }
}
