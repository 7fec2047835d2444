//! Float aggregates over sliding frames that never subtract: a queue as two stacks.
//!
//! ```text
//! leaves ◀─ front: summaries of what is still to leave ┃ back: values ◀─ enters
//! ```
//!
//! A value that leaves takes its summary with it. When the front is empty the back is
//! turned over into it, so that each value is joined twice at most.

use std::mem::size_of;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::Float64Type;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Accumulator;

use crate::error::{Code, Error};

/// Which aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Float {
    Sum,
    Avg,
    VarSamp,
    VarPop,
    StddevSamp,
    StddevPop,
}

/// An accumulator of an aggregate.
pub(super) fn accumulator(op: Float, sliding: bool) -> Box<dyn Accumulator> {
    match op {
        Float::Sum | Float::Avg => Box::new(Queue::<Sum>::new(op, sliding)),
        _ => Box::new(Queue::<Moments>::new(op, sliding)),
    }
}

/// What is known of some values.
trait Summary: Copy + Default + std::fmt::Debug + Send + Sync {
    fn of(value: f64) -> Self;
    fn join(self, later: Self) -> Self;
    fn answer(self, op: Float) -> Option<f64>;
}

/// A sum with its error term.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    count: f64,
    high: f64,
    low: f64,
}

impl Summary for Sum {
    fn of(value: f64) -> Self {
        Sum { count: 1.0, high: value, low: 0.0 }
    }

    // Knuth's exact sum of two floats.
    fn join(self, later: Self) -> Self {
        let high = self.high + later.high;
        let part = high - self.high;
        let error = (self.high - (high - part)) + (later.high - part);
        Sum { count: self.count + later.count, high, low: self.low + later.low + error }
    }

    fn answer(self, op: Float) -> Option<f64> {
        if self.count == 0.0 {
            return None;
        }
        // Beside an infinity the error terms mean nothing.
        let sum = if self.high.is_finite() { self.high + self.low } else { self.high };
        Some(if op == Float::Avg { sum / self.count } else { sum })
    }
}

/// Count, mean and squared distances from it.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Summary for Moments {
    // NaN and the infinities have no variance, not even alone.
    fn of(value: f64) -> Self {
        Moments { count: 1.0, mean: value, squares: if value.is_finite() { 0.0 } else { f64::NAN } }
    }

    fn join(self, later: Self) -> Self {
        if self.count == 0.0 {
            return later;
        }
        if later.count == 0.0 {
            return self;
        }
        let count = self.count + later.count;
        let distance = later.mean - self.mean;
        Moments {
            count,
            mean: self.mean + distance * (later.count / count),
            squares: self.squares + later.squares + distance * distance * (self.count * later.count / count),
        }
    }

    fn answer(self, op: Float) -> Option<f64> {
        let degrees = match op {
            Float::VarSamp | Float::StddevSamp => self.count - 1.0,
            _ => self.count,
        };
        if degrees <= 0.0 {
            return None;
        }
        let variance = self.squares / degrees;
        Some(if matches!(op, Float::StddevSamp | Float::StddevPop) { variance.sqrt() } else { variance })
    }
}

#[derive(Debug)]
struct Queue<S> {
    op: Float,
    /// Does anything leave? Otherwise only the summary is kept.
    sliding: bool,
    front: Vec<S>,
    back: Vec<f64>,
    back_summary: S,
}

impl<S: Summary> Queue<S> {
    fn new(op: Float, sliding: bool) -> Self {
        Queue { op, sliding, front: vec![], back: vec![], back_summary: S::default() }
    }

    fn enter(&mut self, value: f64) {
        self.back_summary = self.back_summary.join(S::of(value));
        if self.sliding {
            self.back.push(value);
        }
    }

    fn leave(&mut self) {
        if self.front.is_empty() {
            let mut summary = S::default();
            for value in self.back.drain(..).rev() {
                summary = S::of(value).join(summary);
                self.front.push(summary);
            }
            self.back_summary = S::default();
        }
        self.front.pop();
    }
}

fn floats(values: &[ArrayRef]) -> Result<&datafusion::arrow::array::Float64Array> {
    let array = values.first().and_then(|a| a.as_primitive_opt::<Float64Type>());
    array.ok_or_else(|| Error::new(Code::Internal, "an aggregate of floats without floats").into())
}

impl<S: Summary + 'static> Accumulator for Queue<S> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        floats(values)?.iter().flatten().for_each(|x| self.enter(x));
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let array = floats(values)?;
        (0..array.len() - array.null_count()).for_each(|_| self.leave());
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        self.sliding
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let front = self.front.last().copied().unwrap_or_default();
        Ok(ScalarValue::Float64(front.join(self.back_summary).answer(self.op)))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Err(Error::new(Code::Internal, "a window's aggregate has no partial state").into())
    }

    fn merge_batch(&mut self, _states: &[ArrayRef]) -> Result<()> {
        Err(Error::new(Code::Internal, "a window's aggregate has no partial state").into())
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.front.capacity() * size_of::<S>() + self.back.capacity() * size_of::<f64>()
    }
}
