//! `CUM_SUM`, `CUM_MIN`, `CUM_MAX`, `CUM_AVG`, `CUM_COUNT`, `CUM_PROD`.
//!
//! ```text
//! x             NULL  1  NULL  2
//! CUM_SUM(x)    NULL  1  1     3
//! CUM_COUNT(x)  0     1  1     2
//! ```

mod extremes;
mod fold;
mod steps;
#[cfg(test)]
mod tests;

use crate::Kernel;
use crate::columns::{arg, expect_type, unsupported};
use crate::keys::{KeyKind, unpacked};
use crate::numbers::{DecimalMean, Number, decimal_limit, relabel, widest};
use crate::partition::{Partitions, Segment};
use arrow::array::{ArrayRef, new_empty_array};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use extremes::{KeyExtreme, RowExtreme};
use fold::{Count, Fold};
use std::fmt::Debug;

/// Which running value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CumOp {
    /// Running sum; an integer or decimal sum out of range is an error.
    Sum,
    /// Running minimum.
    Min,
    /// Running maximum; NaN is greatest.
    Max,
    /// Running mean.
    Avg,
    /// Running count of non-null values.
    Count,
    /// Running product; an integer product out of range is an error.
    Prod,
}

/// A running value over the partition, row by row.
///
/// Skips NULL and carries on: a NULL row shows the value so far; NULL before the
/// first value, except that the count is 0. Float sums are compensated
/// (Neumaier), so that their error does not grow with the partition.
#[derive(Debug)]
pub struct Cumulative {
    input: DataType,
    output: DataType,
    state: Box<dyn Running>,
    partitions: Partitions,
}

/// The state of a running value: turns a batch, cut at partitions, into its values.
trait Running: Debug + Send {
    fn run(&mut self, batch: &ArrayRef, cut: &[Segment]) -> Result<ArrayRef, ArrowError>;
    fn memory(&self) -> usize;
}

impl Cumulative {
    /// `input`: the type of the one argument; an error where `op` cannot take it.
    pub fn new(op: CumOp, input: &DataType) -> Result<Self, ArrowError> {
        Ok(Self {
            input: input.clone(),
            output: Self::output_type(op, input)?,
            state: state(op, input)?,
            partitions: Partitions::default(),
        })
    }

    /// The type of the values: SUM, AVG, MIN and MAX as DataFusion's aggregates;
    /// COUNT Int64; PROD Int64, UInt64 or (floats, decimals) Float64.
    pub fn output_type(op: CumOp, input: &DataType) -> Result<DataType, ArrowError> {
        Ok(match op {
            CumOp::Sum => Number::of("CUM_SUM", input)?.sum_type(),
            CumOp::Avg => Number::of("CUM_AVG", input)?.avg_type(),
            CumOp::Min | CumOp::Max => unpacked(input),
            CumOp::Count => DataType::Int64,
            CumOp::Prod => factor(input)?.canonical(),
        })
    }
}

/// Products of decimals are floats: no precision would hold them.
fn factor(input: &DataType) -> Result<Number, ArrowError> {
    match Number::of("CUM_PROD", input)? {
        Number::Duration(_) => Err(unsupported("CUM_PROD", input)),
        Number::Decimal(_, _, _) => Ok(Number::Float),
        number => Ok(number),
    }
}

fn state(op: CumOp, input: &DataType) -> Result<Box<dyn Running>, ArrowError> {
    Ok(match op {
        CumOp::Count => Box::new(Count::default()),
        CumOp::Sum => sum(Number::of("CUM_SUM", input)?),
        CumOp::Avg => avg(Number::of("CUM_AVG", input)?),
        CumOp::Prod => prod(factor(input)?),
        CumOp::Min | CumOp::Max => {
            let greatest = op == CumOp::Max;
            match KeyKind::of(&unpacked(input)) {
                KeyKind::Narrow => Box::new(KeyExtreme::<i64>::new(greatest)),
                KeyKind::Wide => Box::new(KeyExtreme::<i128>::new(greatest)),
                KeyKind::Rows => Box::new(RowExtreme::new(&unpacked(input), greatest)?),
            }
        }
    })
}

fn sum(number: Number) -> Box<dyn Running> {
    match (number, number.sum_type()) {
        (Number::UInt, _) => Box::new(Fold::new(number, steps::SumUInt::default())),
        (Number::Float, _) => Box::new(Fold::new(number, steps::SumFloat::default())),
        (_, DataType::Decimal128(p, _) | DataType::Decimal64(p, _) | DataType::Decimal32(p, _)) => {
            Box::new(Fold::new(number, steps::SumDecimal::new(decimal_limit(p))))
        }
        _ => Box::new(Fold::new(number, steps::SumInt::default())),
    }
}

fn prod(number: Number) -> Box<dyn Running> {
    match number {
        Number::Int => Box::new(Fold::new(number, steps::ProdInt::default())),
        Number::UInt => Box::new(Fold::new(number, steps::ProdUInt::default())),
        _ => Box::new(Fold::new(number, steps::ProdFloat::default())),
    }
}

fn avg(number: Number) -> Box<dyn Running> {
    match (number, widest(&number.avg_type())) {
        (Number::Int, _) => Box::new(Fold::new(number, steps::AvgInt::default())),
        (Number::UInt, _) => Box::new(Fold::new(number, steps::AvgUInt::default())),
        (Number::Duration(_), _) => Box::new(Fold::new(number, steps::AvgDuration::default())),
        (Number::Decimal(_, _, from), DataType::Decimal128(p, s)) => {
            Box::new(Fold::new(number, steps::AvgDecimal::new(DecimalMean::new(from, p, s))))
        }
        _ => Box::new(Fold::new(number, steps::AvgFloat::default())),
    }
}

impl Kernel for Cumulative {
    fn push(&mut self, args: &[ArrayRef], starts: &[usize]) -> Result<ArrayRef, ArrowError> {
        let batch = arg(args, 0)?;
        expect_type(batch, &self.input)?;
        let cut = self.partitions.segments(starts, batch.len())?;
        let values = self.state.run(batch, &cut)?;
        relabel(values, &self.output)
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(new_empty_array(&self.output))
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.state.memory()
    }
}
