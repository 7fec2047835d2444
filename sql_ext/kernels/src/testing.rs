//! What the kernels' tests share: a tiny generator, a driver that cuts batches.

use crate::Kernel;
use arrow::array::{Array, ArrayRef};
use arrow::compute::concat;
use arrow::error::ArrowError;

/// SplitMix64: deterministic, good enough for test data.
pub(crate) struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `0..n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// A small float, at times a special one.
    pub fn float(&mut self) -> f64 {
        const ODD: [f64; 8] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, 1e16, -1e16, 1e-300];
        if self.one_in(10) { ODD[self.below(8) as usize] } else { (self.below(2001) as f64 - 1000.0) / 8.0 + 0.1 }
    }

    /// `n` optional values, null once in `nulls` times (never for 0).
    pub fn column<T>(&mut self, n: usize, nulls: u64, mut value: impl FnMut(&mut Self) -> T) -> Vec<Option<T>> {
        (0..n)
            .map(|_| {
                let absent = nulls > 0 && self.one_in(nulls);
                let v = value(self);
                (!absent).then_some(v)
            })
            .collect()
    }

    /// Ascending partition starts, one in `every` rows (none for 0).
    pub fn starts(&mut self, n: usize, every: u64) -> Vec<usize> {
        (0..n).filter(|_| every > 0 && self.one_in(every)).collect()
    }
}

/// The batch sizes at which every kernel must agree with its oracle.
pub(crate) fn cuts(rows: usize) -> [usize; 4] {
    [1, 2, 7, rows.max(1)]
}

/// Runs a kernel over the rows, cut every `cut` rows, with empty batches between.
pub(crate) fn drive(
    kernel: &mut dyn Kernel,
    args: &[ArrayRef],
    starts: &[usize],
    cut: usize,
) -> Result<ArrayRef, ArrowError> {
    let rows = args[0].len();
    let mut out = Vec::new();
    let mut at = 0;
    while at < rows {
        let len = cut.min(rows - at);
        let batch: Vec<_> = args.iter().map(|a| a.slice(at, len)).collect();
        let inside: Vec<_> = starts.iter().filter(|&&s| s >= at && s < at + len).map(|s| s - at).collect();
        out.push(kernel.push(&batch, &inside)?);
        if at % 3 == 0 {
            let none: Vec<_> = args.iter().map(|a| a.slice(0, 0)).collect();
            out.push(kernel.push(&none, &[])?);
        }
        at += len;
    }
    out.push(kernel.finish()?);
    let parts: Vec<&dyn Array> = out.iter().map(|a| a.as_ref()).collect();
    concat(&parts)
}

/// Row ranges of the partitions that `starts` make of `rows` rows.
pub(crate) fn partitions(starts: &[usize], rows: usize) -> Vec<std::ops::Range<usize>> {
    let mut bounds = vec![0];
    bounds.extend(starts.iter().copied().filter(|&s| s > 0));
    bounds.push(rows);
    bounds.windows(2).map(|w| w[0]..w[1]).collect()
}

/// Equality to the last bit, all NaNs being one.
pub(crate) fn identical(a: &ArrayRef, b: &ArrayRef) -> bool {
    use arrow::array::AsArray;
    use arrow::array::types::Float64Type;
    let bits = |a: &ArrayRef| -> Option<Vec<Option<u64>>> {
        let floats = a.as_primitive_opt::<Float64Type>()?;
        let canonical = |v: f64| if v.is_nan() { f64::NAN } else { v };
        Some(floats.iter().map(|v| v.map(|v| canonical(v).to_bits())).collect())
    };
    match (bits(a), bits(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}
