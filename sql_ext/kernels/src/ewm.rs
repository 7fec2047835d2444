//! Exponentially weighted mean, variance and standard deviation.
//!
//! The weights are those that pandas documents for `ignore_na=False`: with
//! d = 1 − alpha, a value k rows back weighs dᵏ (`adjust`), or as in the recursion
//! `y = d·y + alpha·x` (not `adjust`). NULL rows count as steps.

use crate::Kernel;
use crate::columns::{arg, expect_type, primitive, unsupported};
use crate::numbers::{Number, cast_exact};
use crate::partition::Partitions;
use arrow::array::types::Float64Type;
use arrow::array::{Array, ArrayRef, Float64Array, NullBufferBuilder, new_empty_array};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use std::sync::Arc;

/// Which exponentially weighted value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EwmOp {
    /// Mean.
    Mean,
    /// Variance, corrected for bias; NULL for one value.
    Var,
    /// Square root of the variance.
    Std,
}

/// How fast weights fall, in one of three spellings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decay {
    /// The weight of the newest value, 0 < alpha ≤ 1.
    Alpha(f64),
    /// alpha = 2 / (span + 1), span ≥ 1.
    Span(f64),
    /// Rows after which a weight has halved, above 0.
    Halflife(f64),
}

impl Decay {
    /// The equivalent alpha; an error where the parameter is out of range.
    pub fn alpha(self) -> Result<f64, ArrowError> {
        let (alpha, rule) = match self {
            Decay::Alpha(a) => (a, "alpha must lie above 0 and not above 1"),
            Decay::Span(s) if s >= 1.0 => (2.0 / (s + 1.0), "span must be finite"),
            Decay::Span(_) => (f64::NAN, "span must be at least 1"),
            Decay::Halflife(h) if h > 0.0 => (-(-std::f64::consts::LN_2 / h).exp_m1(), "halflife must be finite"),
            Decay::Halflife(_) => (f64::NAN, "halflife must be above 0"),
        };
        if alpha > 0.0 && alpha <= 1.0 { Ok(alpha) } else { Err(ArrowError::InvalidArgumentError(rule.to_string())) }
    }
}

/// `EWM_MEAN`, `EWM_VAR`, `EWM_STD` over the partition.
///
/// NULL before the first value; a NULL row shows the value so far (as pandas does)
/// while the weights behind it go on falling. A NaN or infinity is a value: it stays.
/// The recursions are pandas' (`aggregations.pyx`, `ewm` and `ewmcov`).
#[derive(Debug)]
pub struct Ewm {
    op: EwmOp,
    input: DataType,
    /// What a weight keeps per row.
    keep: f64,
    /// The weight of a new value.
    new: f64,
    adjust: bool,
    state: Weighted,
    last: Option<f64>,
    partitions: Partitions,
}

#[derive(Clone, Copy, Debug, Default)]
struct Weighted {
    /// Values seen; 0 before the first.
    count: u64,
    mean: f64,
    /// Biased variance.
    var: f64,
    /// Sum of weights as the mean needs it.
    weight: f64,
    /// Sums of weights and of their squares, for the bias.
    sum: f64,
    squares: f64,
    /// What the weights have lost since the last value.
    lost: f64,
}

impl Ewm {
    /// `input`: any number but a duration. `adjust`: divide by the weights that there
    /// are, instead of the recursion's.
    pub fn new(op: EwmOp, input: &DataType, decay: Decay, adjust: bool) -> Result<Self, ArrowError> {
        Self::output_type(input)?;
        let alpha = decay.alpha()?;
        Ok(Self {
            op,
            input: input.clone(),
            keep: 1.0 - alpha,
            new: if adjust { 1.0 } else { alpha },
            adjust,
            state: Weighted::default(),
            last: None,
            partitions: Partitions::default(),
        })
    }

    /// Float64; an error where `input` is not a number.
    pub fn output_type(input: &DataType) -> Result<DataType, ArrowError> {
        match Number::of("EWM", input)? {
            Number::Duration(_) => Err(unsupported("EWM", input)),
            _ => Ok(DataType::Float64),
        }
    }

    fn step(&mut self, x: f64) {
        let s = &mut self.state;
        if s.count == 0 {
            *s = Weighted { count: 1, mean: x, var: 0.0, weight: 1.0, sum: 1.0, squares: 1.0, lost: 1.0 };
            return;
        }
        let lost = s.lost * self.keep;
        let (old, new) = (s.weight * lost, self.new);
        let total = old + new;
        let before = s.mean;
        // Equal values must not drift by rounding.
        if before != x {
            s.mean = (old * before + new * x) / total;
        }
        let (a, b) = (before - s.mean, x - s.mean);
        s.var = (old * (s.var + a * a) + new * b * b) / total;
        s.sum = s.sum * lost + new;
        s.squares = s.squares * lost * lost + new * new;
        s.weight = total;
        if !self.adjust {
            s.sum /= total;
            s.squares /= total * total;
            s.weight = 1.0;
        }
        s.count += 1;
        s.lost = 1.0;
    }

    fn value(&self) -> Option<f64> {
        let s = &self.state;
        if self.op == EwmOp::Mean {
            return Some(s.mean);
        }
        let square = s.sum * s.sum;
        let free = square - s.squares;
        let var = (s.count > 1 && free > 0.0).then(|| s.var * square / free);
        match self.op {
            EwmOp::Std => var.map(f64::sqrt),
            _ => var,
        }
    }
}

impl Kernel for Ewm {
    fn push(&mut self, args: &[ArrayRef], starts: &[usize]) -> Result<ArrayRef, ArrowError> {
        let batch = arg(args, 0)?;
        expect_type(batch, &self.input)?;
        let floats = cast_exact(batch, &DataType::Float64)?;
        let floats = primitive::<Float64Type>(&floats)?;
        let mut out = Vec::with_capacity(floats.len());
        let mut valid = NullBufferBuilder::new(floats.len());
        for segment in self.partitions.segments(starts, floats.len())? {
            if segment.fresh {
                self.state = Weighted::default();
                self.last = None;
            }
            for row in segment.start..segment.end {
                if floats.is_valid(row) {
                    self.step(floats.value(row));
                    self.last = self.value();
                } else {
                    self.state.lost *= self.keep;
                }
                out.push(self.last.unwrap_or_default());
                valid.append(self.last.is_some());
            }
        }
        Ok(Arc::new(Float64Array::try_new(out.into(), valid.finish())?))
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(new_empty_array(&DataType::Float64))
    }

    fn memory(&self) -> usize {
        size_of::<Self>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Rng, cuts, drive, identical, partitions};
    use arrow::array::{AsArray, Int32Array};

    /// The documented weights, written out for one row: (row, weight) pairs.
    fn weights(values: &[Option<f64>], alpha: f64, adjust: bool) -> Vec<(f64, f64)> {
        let seen: Vec<usize> = (0..values.len()).filter(|&i| values[i].is_some()).collect();
        let mut pairs: Vec<(f64, f64)> = Vec::new();
        for (k, &i) in seen.iter().enumerate() {
            let gap = if k == 0 { 0 } else { i - seen[k - 1] };
            let fall = (1.0 - alpha).powi(gap as i32);
            pairs.iter_mut().for_each(|p| p.1 *= fall);
            let new = if adjust || k == 0 { 1.0 } else { alpha };
            pairs.push((values[i].unwrap_or_default(), new));
            if !adjust {
                let total: f64 = pairs.iter().map(|p| p.1).sum();
                pairs.iter_mut().for_each(|p| p.1 /= total);
            }
        }
        pairs
    }

    fn oracle(op: EwmOp, values: &[Option<f64>], alpha: f64, adjust: bool) -> Option<f64> {
        let pairs = weights(values, alpha, adjust);
        let sum: f64 = pairs.iter().map(|p| p.1).sum();
        let mean = pairs.iter().map(|p| p.0 * p.1).sum::<f64>() / sum;
        if op == EwmOp::Mean {
            return (!pairs.is_empty()).then_some(mean);
        }
        let var = pairs.iter().map(|p| p.1 * (p.0 - mean).powi(2)).sum::<f64>() / sum;
        let squares: f64 = pairs.iter().map(|p| p.1 * p.1).sum();
        let var = (pairs.len() > 1).then(|| var * sum * sum / (sum * sum - squares));
        if op == EwmOp::Std { var.map(f64::sqrt) } else { var }
    }

    #[test]
    fn agrees_with_the_written_out_weights() {
        let mut rng = Rng(10);
        for (n, nulls) in [(0, 0), (1, 0), (2, 0), (50, 0), (50, 3)] {
            let values = rng.column(n, nulls, |r| r.below(100) as f64 / 8.0);
            let x: ArrayRef = Arc::new(Float64Array::from(values.clone()));
            let starts = rng.starts(n, 20);
            for (op, adjust) in
                [EwmOp::Mean, EwmOp::Var, EwmOp::Std].into_iter().flat_map(|op| [(op, false), (op, true)])
            {
                let run = |cut| {
                    let mut k = Ewm::new(op, x.data_type(), Decay::Alpha(0.3), adjust).expect("k");
                    drive(&mut k, std::slice::from_ref(&x), &starts, cut).expect("drive")
                };
                let whole = run(n.max(1));
                let got = whole.as_primitive::<Float64Type>();
                for part in partitions(&starts, n) {
                    for i in part.clone() {
                        let want = oracle(op, &values[part.start..=i], 0.3, adjust);
                        let value = got.is_valid(i).then(|| got.value(i));
                        let same = match (value, want) {
                            (Some(a), Some(b)) => (a - b).abs() <= 1e-7 * (1.0 + b.abs()),
                            (a, b) => a.is_none() && b.is_none(),
                        };
                        assert!(same, "{op:?} {adjust} row {i}: {value:?} for {want:?}");
                    }
                }
                for cut in cuts(n) {
                    assert!(identical(&run(cut), &whole), "{op:?} cut {cut}");
                }
            }
        }
    }

    /// Figures of pandas 2: `ewm(com=0.5)` over [0, 1, 2, NaN, 4], from its manual.
    #[test]
    fn agrees_with_pandas() {
        let x: ArrayRef = Arc::new(Float64Array::from(vec![Some(0.0), Some(1.0), Some(2.0), None, Some(4.0)]));
        for (adjust, want) in [
            (true, [0.0, 0.75, 1.615_385, 1.615_385, 3.670_213]),
            (false, [0.0, 0.666_667, 1.555_556, 1.555_556, 3.650_794]),
        ] {
            let decay = Decay::Alpha(2.0 / 3.0);
            let mut k = Ewm::new(EwmOp::Mean, x.data_type(), decay, adjust).expect("kernel");
            let got = drive(&mut k, std::slice::from_ref(&x), &[], 2).expect("drive");
            let got = got.as_primitive::<Float64Type>().values().to_vec();
            let near = |(a, b): (&f64, f64)| (a - b).abs() < 1e-6;
            assert!(got.iter().zip(want).all(near), "{got:?}");
        }
    }

    #[test]
    fn parameters() {
        let alpha = |d: Decay| d.alpha().ok();
        assert_eq!(alpha(Decay::Span(3.0)), Some(0.5));
        assert!(alpha(Decay::Halflife(1.0)).is_some_and(|a| (a - 0.5).abs() < 1e-15));
        for bad in [
            Decay::Alpha(0.0),
            Decay::Alpha(1.1),
            Decay::Alpha(f64::NAN),
            Decay::Span(0.5),
            Decay::Span(f64::INFINITY),
            Decay::Halflife(0.0),
        ] {
            assert_eq!(alpha(bad), None, "{bad:?}");
        }
        assert!(Ewm::new(EwmOp::Mean, &DataType::Utf8, Decay::Alpha(0.5), false).is_err());
        let ints: ArrayRef = Arc::new(Int32Array::from(vec![5, 5]));
        let mut k = Ewm::new(EwmOp::Var, &DataType::Int32, Decay::Alpha(0.5), true).expect("k");
        let got = drive(&mut k, &[ints], &[], 1).expect("drive");
        let want: ArrayRef = Arc::new(Float64Array::from(vec![None, Some(0.0)]));
        assert_eq!(&got, &want);
    }
}
