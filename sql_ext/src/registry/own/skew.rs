//! Skewness of a population, from running central moments.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};

/// `SKEW(x)`: NULLs skipped; NULL of nothing and where there is no spread.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Skew {
    signature: Signature,
}

impl Skew {
    pub fn new() -> Self {
        Skew { signature: Signature::uniform(1, vec![DataType::Float64], Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for Skew {
    fn name(&self) -> &str {
        "skew"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let field = |part: &str| Arc::new(Field::new(format!("{}[{part}]", args.name), DataType::Float64, false));
        Ok(["n", "mean", "m2", "m3"].map(field).to_vec())
    }

    fn accumulator(&self, _args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Moments::default()))
    }
}

/// Count, mean, and sums of squared and cubed distances from it.
#[derive(Debug, Default, Clone, Copy)]
struct Moments {
    n: f64,
    mean: f64,
    m2: f64,
    m3: f64,
}

impl Moments {
    /// Two sets as one (Chan, Golub and LeVeque; third moment after Terriberry).
    fn join(self, other: Moments) -> Moments {
        if self.n == 0.0 {
            return other;
        }
        if other.n == 0.0 {
            return self;
        }
        let n = self.n + other.n;
        let d = other.mean - self.mean;
        Moments {
            n,
            mean: self.mean + d * other.n / n,
            m2: self.m2 + other.m2 + d * d * self.n * other.n / n,
            m3: self.m3
                + other.m3
                + d * d * d * self.n * other.n * (self.n - other.n) / (n * n)
                + 3.0 * d * (self.n * other.m2 - other.n * self.m2) / n,
        }
    }
}

impl Accumulator for Moments {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for x in values.iter().flat_map(|v| v.as_primitive::<Float64Type>().iter().flatten()) {
            *self = self.join(Moments { n: 1.0, mean: x, m2: 0.0, m3: 0.0 });
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [n, mean, m2, m3] = states else { return Ok(()) };
        let [n, mean, m2, m3] = [n, mean, m2, m3].map(|a| a.as_primitive::<Float64Type>());
        for i in 0..n.len() {
            *self = self.join(Moments { n: n.value(i), mean: mean.value(i), m2: m2.value(i), m3: m3.value(i) });
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok([self.n, self.mean, self.m2, self.m3].map(ScalarValue::from).to_vec())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let flat = self.n == 0.0 || self.m2 == 0.0;
        let skew = self.n.sqrt() * self.m3 / self.m2.powf(1.5);
        Ok(ScalarValue::Float64(if flat { None } else { Some(skew) }))
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}
