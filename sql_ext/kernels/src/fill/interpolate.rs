use crate::Kernel;
use crate::columns::{arg, expect_type, primitive, unsupported};
use crate::numbers::{Number, cast_exact};
use crate::partition::Partitions;
use arrow::array::types::{Float64Type, Int64Type};
use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, NullBufferBuilder};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use std::collections::VecDeque;
use std::sync::Arc;

/// `INTERPOLATE(x)`: on the straight line between the observations around a NULL.
///
/// By the order key: the second argument, Int64 or Float64. NULL outside the
/// observations of the partition; where both have the same key, the earlier one. A
/// row without a key keeps its own value, gets none, and gives none to others.
/// NULLs are answered when the next observation or the partition's end has come.
#[derive(Debug)]
pub struct Interpolate {
    input: DataType,
    /// The last observation.
    last: Option<(Place, f64)>,
    /// Places of the rows that wait for an observation.
    owed: VecDeque<Option<Place>>,
    partitions: Partitions,
}

/// A place on the order key.
#[derive(Clone, Copy, Debug)]
enum Place {
    Int(i64),
    Float(f64),
}

impl Place {
    /// How far `self` is from `from` on the way to `to`: 0 to 1.
    fn share(self, from: Self, to: Self) -> f64 {
        let way = to.minus(from);
        if way == 0.0 { 0.0 } else { self.minus(from) / way }
    }

    fn minus(self, other: Self) -> f64 {
        match (self, other) {
            (Place::Int(a), Place::Int(b)) => (i128::from(a) - i128::from(b)) as f64,
            (a, b) => a.float() - b.float(),
        }
    }

    fn float(self) -> f64 {
        match self {
            Place::Int(i) => i as f64,
            Place::Float(f) => f,
        }
    }
}

enum Keys<'a> {
    Int(&'a Int64Array),
    Float(&'a Float64Array),
}

impl Keys<'_> {
    fn at(&self, row: usize) -> Option<Place> {
        match self {
            Keys::Int(k) => k.is_valid(row).then(|| Place::Int(k.value(row))),
            Keys::Float(k) => k.is_valid(row).then(|| Place::Float(k.value(row))),
        }
    }
}

impl Interpolate {
    /// `input`: the type of x, any number but a duration.
    pub fn new(input: &DataType) -> Result<Self, ArrowError> {
        Self::output_type(input)?;
        Ok(Self { input: input.clone(), last: None, owed: VecDeque::new(), partitions: Partitions::default() })
    }

    /// Float64; an error where `input` is not a number.
    pub fn output_type(input: &DataType) -> Result<DataType, ArrowError> {
        match Number::of("INTERPOLATE", input)? {
            Number::Duration(_) => Err(unsupported("INTERPOLATE", input)),
            _ => Ok(DataType::Float64),
        }
    }

    fn answer(&mut self, next: Option<(Place, f64)>, out: &mut Line) {
        for place in self.owed.drain(..) {
            out.push(match (self.last, place, next) {
                (Some((from, a)), Some(at), Some((to, b))) => Some(between(a, b, at.share(from, to))),
                _ => None,
            });
        }
    }
}

/// The value `share` of the way from `a` to `b`; exact at both ends.
pub(super) fn between(a: f64, b: f64, share: f64) -> f64 {
    let rise = b - a;
    if share == 0.0 || a == b {
        a
    } else if share == 1.0 {
        b
    } else if rise.is_finite() {
        a + rise * share
    } else {
        a * (1.0 - share) + b * share
    }
}

/// A column under construction.
struct Line {
    values: Vec<f64>,
    valid: NullBufferBuilder,
}

impl Line {
    fn new(rows: usize) -> Self {
        Self { values: Vec::with_capacity(rows), valid: NullBufferBuilder::new(rows) }
    }

    fn push(&mut self, value: Option<f64>) {
        self.values.push(value.unwrap_or_default());
        self.valid.append(value.is_some());
    }

    fn finish(mut self) -> Result<ArrayRef, ArrowError> {
        let array = Float64Array::try_new(self.values.into(), self.valid.finish())?;
        Ok(Arc::new(array))
    }
}

impl Kernel for Interpolate {
    fn push(&mut self, args: &[ArrayRef], starts: &[usize]) -> Result<ArrayRef, ArrowError> {
        let (batch, key) = (arg(args, 0)?, arg(args, 1)?);
        expect_type(batch, &self.input)?;
        let values = cast_exact(batch, &DataType::Float64)?;
        let values = primitive::<Float64Type>(&values)?;
        let keys = match key.as_primitive_opt::<Float64Type>() {
            Some(floats) => Keys::Float(floats),
            None => Keys::Int(primitive::<Int64Type>(key)?),
        };
        if key.len() != batch.len() {
            return Err(ArrowError::ComputeError("the key of INTERPOLATE is not as long as the batch".to_string()));
        }
        let mut out = Line::new(values.len());
        for segment in self.partitions.segments(starts, values.len())? {
            if segment.fresh {
                self.answer(None, &mut out);
                self.last = None;
            }
            for row in segment.start..segment.end {
                let value = values.is_valid(row).then(|| values.value(row));
                let place = keys.at(row);
                if let (Some(place), Some(value)) = (place, value) {
                    self.answer(Some((place, value)), &mut out);
                    self.last = Some((place, value));
                }
                // Rows come out in order: nobody overtakes a waiting one.
                match value {
                    None if self.last.is_some() => self.owed.push_back(place),
                    value => {
                        self.answer(None, &mut out);
                        out.push(value);
                    }
                }
            }
        }
        out.finish()
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let mut out = Line::new(self.owed.len());
        self.answer(None, &mut out);
        out.finish()
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.owed.capacity() * size_of::<Option<Place>>()
    }
}
