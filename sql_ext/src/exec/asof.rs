//! `ASOF JOIN`: each left row with the closest right row, in left order.
//!
//! Right rows lie in memory by key and, within a key, by time; equal times in right order.
//! Each key remembers where it was asked last, so that left rows in time order walk instead
//! of search.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::{Result, ScalarValue};
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::physical_expr::PhysicalExpr;

use super::keys::{Groups, Keys, NONE};
use super::lookup::{Lookup, Matches, NOBODY, Table};
use super::operator::evaluate;
use crate::plan::asof::Direction;

/// An ASOF JOIN, as planned.
#[derive(Debug)]
pub struct Asof {
    /// Equal keys over the left input.
    pub left: Vec<Arc<dyn PhysicalExpr>>,
    /// Equal keys over the right input, of the same types.
    pub right: Vec<Arc<dyn PhysicalExpr>>,
    /// Time over the left input.
    pub left_time: Arc<dyn PhysicalExpr>,
    /// Time over the right input, of the same type.
    pub right_time: Arc<dyn PhysicalExpr>,
    /// Which right rows may match.
    pub direction: Direction,
    /// Distance at most, in units of the time's type.
    pub tolerance: Option<ScalarValue>,
    /// Are left rows without a match kept?
    pub keeps_left: bool,
}

impl Lookup for Asof {
    fn name(&self) -> &'static str {
        "AsofExec"
    }

    fn describe(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {} {}", self.left_time, self.direction.symbol(), self.right_time)?;
        let on: Vec<String> = self.left.iter().zip(&self.right).map(|(l, r)| format!("{l} = {r}")).collect();
        write!(f, " on=[{}]", on.join(", "))?;
        match &self.tolerance {
            Some(tolerance) => write!(f, " tolerance={tolerance}"),
            None => Ok(()),
        }
    }

    fn expressions(&self) -> Vec<Arc<dyn PhysicalExpr>> {
        let times = [&self.left_time, &self.right_time];
        self.left.iter().chain(&self.right).chain(times).cloned().collect()
    }

    fn build(&self, right: RecordBatch, memory: &MemoryReservation) -> Result<Box<dyn Table>> {
        let columns = evaluate(&self.right, &right)?;
        let (keys, mut numbers) = Keys::build(&columns, right.num_rows())?;
        let time = self.right_time.evaluate(&right)?.into_array(right.num_rows())?;
        for (row, number) in numbers.iter_mut().enumerate() {
            if time.is_null(row) {
                *number = NONE;
            }
        }
        let times = Times::of(&time)?;
        let mut groups = Groups::build(&numbers, keys.count());
        memory.try_grow(keys.memory() + numbers.len() * 44)?;
        for key in 0..keys.count() {
            let range = groups.range(u32::try_from(key).unwrap_or(u32::MAX));
            let rows = &mut groups.rows_mut()[range];
            if !rows.is_sorted_by(|a, b| times.compare(*a as usize, *b as usize).is_le()) {
                rows.sort_by(|a, b| times.compare(*a as usize, *b as usize));
            }
        }
        let tolerance = match &self.tolerance {
            Some(limit) => Some(Times::of(&limit.to_array()?)?.at(0)),
            None => None,
        };
        let asked = Question {
            left: self.left.clone(),
            time: Arc::clone(&self.left_time),
            direction: self.direction,
            tolerance,
            keeps_left: self.keeps_left,
        };
        let times = times.arranged(groups.rows());
        Ok(Box::new(Quotes { batch: right, asked, keys, groups, times }))
    }
}

/// A moment that can be compared and measured: integers, dates and decimals, or floats.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Time {
    Whole(i128),
    Float(f64),
}

impl Time {
    fn compare(self, other: Time) -> Ordering {
        match (self, other) {
            (Time::Whole(a), Time::Whole(b)) => a.cmp(&b),
            (Time::Float(a), Time::Float(b)) => canonical(a).total_cmp(&canonical(b)),
            (Time::Whole(_), Time::Float(_)) => Ordering::Less,
            (Time::Float(_), Time::Whole(_)) => Ordering::Greater,
        }
    }

    fn distance(self, other: Time) -> Time {
        match (self, other) {
            (Time::Whole(a), Time::Whole(b)) => Time::Whole(i128::try_from(a.abs_diff(b)).unwrap_or(i128::MAX)),
            // Equal infinities and NaNs are no distance apart.
            (Time::Float(a), Time::Float(b)) if a == b || (a.is_nan() && b.is_nan()) => Time::Float(0.0),
            (Time::Float(a), Time::Float(b)) => Time::Float((a - b).abs()),
            _ => Time::Float(f64::NAN),
        }
    }
}

/// Both zeros are one, and so are all NaNs, which come last.
fn canonical(value: f64) -> f64 {
    if value.is_nan() { f64::NAN } else { value + 0.0 }
}

/// A column of moments.
enum Times {
    Whole(Vec<i128>),
    Float(Vec<f64>),
}

impl Times {
    fn of(array: &ArrayRef) -> Result<Times> {
        Ok(match array.data_type() {
            DataType::Decimal128(..) => Times::Whole(array.as_primitive::<Decimal128Type>().values().to_vec()),
            DataType::Decimal64(_, scale) | DataType::Decimal32(_, scale) => {
                Times::of(&cast(array, &DataType::Decimal128(38, *scale))?)?
            }
            t if t.is_floating() => Times::Float(floats(array)?.values().to_vec()),
            DataType::UInt64 => {
                let values = array.as_primitive::<datafusion::arrow::datatypes::UInt64Type>().values();
                Times::Whole(values.iter().map(|v| i128::from(*v)).collect())
            }
            _ => {
                let whole = cast(array, &DataType::Int64)?;
                Times::Whole(whole.as_primitive::<Int64Type>().values().iter().map(|v| i128::from(*v)).collect())
            }
        })
    }

    fn at(&self, row: usize) -> Time {
        match self {
            Times::Whole(values) => Time::Whole(values[row]),
            Times::Float(values) => Time::Float(values[row]),
        }
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        self.at(a).compare(self.at(b))
    }

    fn arranged(&self, rows: &[u32]) -> Times {
        match self {
            Times::Whole(values) => Times::Whole(rows.iter().map(|r| values[*r as usize]).collect()),
            Times::Float(values) => Times::Float(rows.iter().map(|r| values[*r as usize]).collect()),
        }
    }
}

fn floats(array: &ArrayRef) -> Result<Float64Array> {
    Ok(cast(array, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
}

struct Question {
    left: Vec<Arc<dyn PhysicalExpr>>,
    time: Arc<dyn PhysicalExpr>,
    direction: Direction,
    tolerance: Option<Time>,
    keeps_left: bool,
}

struct Quotes {
    batch: RecordBatch,
    asked: Question,
    keys: Keys,
    groups: Groups,
    /// Times key by key, as the groups' rows.
    times: Times,
}

impl Table for Quotes {
    fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    fn rows(&self) -> &[u32] {
        self.groups.rows()
    }

    fn keeps_left(&self) -> bool {
        self.asked.keeps_left
    }

    fn matches(&self, left: &RecordBatch) -> Result<Matches> {
        let rows = left.num_rows();
        let keys = self.keys.find(&evaluate(&self.asked.left, left)?, rows)?;
        let time = self.asked.time.evaluate(left)?.into_array(rows)?;
        let times = Times::of(&time)?;
        // With many more keys than rows hardly any is asked twice, and its few rows are found at once.
        let remembered = if self.keys.count() / 4 <= rows { self.keys.count() } else { 0 };
        let mut hints = vec![None::<usize>; remembered];
        let closest = keys.into_iter().enumerate().map(|(row, key)| {
            let asks = key != NONE && time.is_valid(row);
            let found = asks.then(|| self.closest(key, times.at(row), hints.get_mut(key as usize))).flatten();
            found.map_or(NOBODY, |at| self.groups.rows()[at])
        });
        Ok(Matches::One(closest.collect()))
    }
}

impl Quotes {
    /// The place of the right row that matches a moment of a key.
    fn closest(&self, key: u32, time: Time, hint: Option<&mut Option<usize>>) -> Option<usize> {
        let range = self.groups.range(key);
        // The first row at or after the moment, and the first after it.
        let start = hint.as_ref().and_then(|h| **h).filter(|at| range.contains(at)).unwrap_or(range.start);
        let from = self.first(&range, start, |t| t.compare(time).is_ge());
        let after = self.first(&range, from.max(range.start), |t| t.compare(time).is_gt());
        if let Some(hint) = hint {
            *hint = Some(from.min(range.end.saturating_sub(1)).max(range.start));
        }
        let back = |end: usize| (end > range.start).then(|| end - 1);
        let ahead = |start: usize| (start < range.end).then(|| self.last_equal(start, range.end));
        let at = match self.asked.direction {
            Direction::AtOrBefore => back(after),
            Direction::Before => back(from),
            Direction::AtOrAfter => ahead(from),
            Direction::After => ahead(after),
            Direction::Nearest => self.nearer(time, back(after), ahead(after)),
        }?;
        let within = self.asked.tolerance.is_none_or(|limit| self.times.at(at).distance(time).compare(limit).is_le());
        within.then_some(at)
    }

    /// First place in `range` where `holds` turns true: gallops from `start`, then bisects.
    fn first(&self, range: &std::ops::Range<usize>, start: usize, holds: impl Fn(Time) -> bool) -> usize {
        let behind = start == range.start || (range.contains(&start) && !holds(self.times.at(start - 1)));
        let mut low = if behind { start } else { range.start };
        let (mut bound, mut step) = (low, 1);
        while bound < range.end && !holds(self.times.at(bound)) {
            low = bound + 1;
            bound += step;
            step *= 2;
        }
        let mut high = bound.min(range.end);
        while low < high {
            let middle = low + (high - low) / 2;
            if holds(self.times.at(middle)) { high = middle } else { low = middle + 1 }
        }
        low
    }

    /// The last row of the moment that `start` has.
    fn last_equal(&self, start: usize, end: usize) -> usize {
        let moment = self.times.at(start);
        self.first(&(start..end), start, |t| t.compare(moment).is_gt()) - 1
    }

    fn nearer(&self, time: Time, back: Option<usize>, ahead: Option<usize>) -> Option<usize> {
        match (back, ahead) {
            (Some(b), Some(a)) => {
                let (before, after) = (self.times.at(b).distance(time), self.times.at(a).distance(time));
                Some(if after.compare(before).is_lt() { a } else { b })
            }
            (only, None) | (None, only) => only,
        }
    }
}
