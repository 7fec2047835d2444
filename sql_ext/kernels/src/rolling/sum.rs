//! Sums and means.

use super::integers::{DecimalAvg, DecimalSum, IntAvg, IntSum};
use super::stack::{Monoid, Stack};
use super::{Answer, Windowed};
use crate::columns::{append_filled, primitive};
use crate::numbers::{DecimalMean, ExactSum, Number, decimal_limit, widest};
use arrow::array::types::{Float64Type, Int64Type, UInt64Type};
use arrow::array::{ArrayRef, Float64Array};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use std::sync::Arc;

/// The state of SUM over the class of input.
pub(super) fn sum(number: Number) -> Box<dyn Windowed> {
    match (number, widest(&number.sum_type())) {
        (Number::Float, _) => Box::new(FloatSum::<false>::default()),
        (Number::UInt, _) => Box::new(IntSum::<UInt64Type>::new(number)),
        (_, DataType::Decimal128(p, _)) => Box::new(DecimalSum::new(number, decimal_limit(p))),
        _ => Box::new(IntSum::<Int64Type>::new(number)),
    }
}

/// The state of AVG over the class of input.
pub(super) fn avg(number: Number) -> Box<dyn Windowed> {
    match (number, widest(&number.avg_type())) {
        (Number::UInt, _) => Box::new(IntAvg::<UInt64Type, Float64Type>::new(number)),
        (Number::Int, _) => Box::new(IntAvg::<Int64Type, Float64Type>::new(number)),
        (Number::Duration(_), _) => Box::new(IntAvg::<Int64Type, Int64Type>::new(number)),
        (Number::Decimal(_, _, from), DataType::Decimal128(p, s)) => {
            Box::new(DecimalAvg::new(number, DecimalMean::new(from, p, s)))
        }
        _ => Box::new(FloatSum::<true>::default()),
    }
}

impl Monoid for ExactSum {
    type Item = f64;
    const EMPTY: Self = ExactSum::EMPTY;

    #[inline(always)]
    fn push(self, x: f64) -> Self {
        self.plus(x)
    }

    #[inline(always)]
    fn merge(self, newer: Self) -> Self {
        ExactSum::merge(self, newer)
    }
}

/// Sum or (`MEAN`) mean of floats, compensated, without subtraction.
#[derive(Debug, Default)]
struct FloatSum<const MEAN: bool> {
    stack: Stack<ExactSum>,
}

impl<const MEAN: bool> Windowed for FloatSum<MEAN> {
    fn by_row(&self) -> bool {
        true
    }

    fn ingest(&mut self, batch: &ArrayRef) -> Result<(), ArrowError> {
        let batch = Number::Float.cast(batch)?;
        let batch = primitive::<Float64Type>(&batch)?;
        // Adding -0.0 changes nothing, not even a sign.
        append_filled(self.stack.values.items(), batch, -0.0);
        Ok(())
    }

    fn emit(&mut self, answer: &Answer) -> Result<ArrayRef, ArrowError> {
        let mut out = self.stack.emit(answer.spans, ExactSum::value);
        if MEAN {
            let mut means = out.iter_mut();
            answer.values.for_each(|span| {
                if let Some(mean) = means.next() {
                    *mean /= span.len() as f64;
                }
            });
        }
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
