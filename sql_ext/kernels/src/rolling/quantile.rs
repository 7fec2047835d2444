//! The median and other quantiles.

use super::spans::Span;
use super::{Answer, Windowed};
use crate::columns::unsupported;
use crate::keys::{Key, float_of, key_of};
use crate::numbers::{Number, cast_exact};
use crate::tail::Tail;
use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use std::collections::BTreeSet;

/// Floats and decimals keep their type, integers become Float64, as in DataFusion.
pub(super) fn output_type(input: &DataType) -> Result<DataType, ArrowError> {
    match Number::of("ROLLING(MEDIAN)", input)? {
        Number::Int | Number::UInt => Ok(DataType::Float64),
        Number::Float | Number::Decimal(_, _, _) => Ok(input.clone()),
        Number::Duration(_) => Err(unsupported("ROLLING(MEDIAN)", input)),
    }
}

/// The state of MEDIAN over `input`.
pub(super) fn median(input: &DataType) -> Result<Box<dyn Windowed>, ArrowError> {
    Ok(match Number::of("ROLLING(MEDIAN)", input)? {
        Number::Decimal(_, p, s) => Box::new(Quantile::new(DataType::Decimal128(p, s), 0.5, middle_of_decimals)),
        _ => Box::new(Quantile::new(DataType::Float64, 0.5, middle_of_floats)),
    })
}

/// Steps between two neighbours that PERCENTILE_CONT tells apart, as DataFusion's does.
const STEPS: f64 = 1e6;

/// The state of PERCENTILE_CONT: the value at `fraction * (n - 1)`, between two neighbours linearly.
pub(super) fn quantile(input: &DataType, fraction: f64) -> Result<Box<dyn Windowed>, ArrowError> {
    match Number::of("ROLLING(PERCENTILE_CONT)", input)? {
        Number::Duration(_) => Err(unsupported("ROLLING(PERCENTILE_CONT)", input)),
        _ => Ok(Box::new(Quantile::new(DataType::Float64, fraction, on_the_way))),
    }
}

fn middle_of_floats(low: i64, high: i64, _weight: f64) -> i64 {
    let (low, high) = (float_of(low), float_of(high));
    let sum = low + high;
    // Halves first only where the sum leaves the range: they may lose a bit.
    if sum.is_infinite() && low.is_finite() && high.is_finite() {
        return key_of(low / 2.0 + high / 2.0);
    }
    key_of(sum / 2.0)
}

fn middle_of_decimals(low: i128, high: i128, _weight: f64) -> i128 {
    match low.checked_add(high) {
        Some(sum) => sum / 2,
        None => low / 2 + high / 2 + (low % 2 + high % 2) / 2,
    }
}

fn on_the_way(low: i64, high: i64, weight: f64) -> i64 {
    let weight = (weight * STEPS).floor() / STEPS;
    let (low, high) = (float_of(low), float_of(high));
    key_of(low + (high - low) * weight)
}

/// Values that a sorted array holds; moving half of them costs less than a search tree.
const SORTED: usize = 1024;

/// The keys in the span, ordered.
#[derive(Debug)]
enum Ordered<K> {
    /// One sorted array.
    Few(Vec<K>),
    /// The keys up to the place of the quantile, and those above; indices tell equal
    /// keys apart.
    Many { low: BTreeSet<(K, usize)>, high: BTreeSet<(K, usize)> },
}

impl<K: Key> Ordered<K> {
    fn insert(&mut self, key: K, at: usize, place: Place) {
        match self {
            Ordered::Few(sorted) => {
                let at = sorted.partition_point(|k| *k <= key);
                sorted.insert(at, key);
            }
            Ordered::Many { low, high } => {
                let item = (key, at);
                match low.last().is_none_or(|last| item < *last) {
                    true => low.insert(item),
                    false => high.insert(item),
                };
                balance(low, high, place);
            }
        }
    }

    fn remove(&mut self, key: K, at: usize, place: Place) {
        match self {
            Ordered::Few(sorted) => {
                let at = sorted.partition_point(|k| *k < key);
                if at < sorted.len() {
                    sorted.remove(at);
                }
            }
            Ordered::Many { low, high } => {
                if !low.remove(&(key, at)) {
                    high.remove(&(key, at));
                }
                balance(low, high, place);
            }
        }
    }

    /// The keys on both sides of the place (one and the same where it is a key's), and how far
    /// the place lies between them; None for none.
    fn around(&self, place: Place) -> Option<(K, K, f64)> {
        let count = match self {
            Ordered::Few(sorted) => sorted.len(),
            Ordered::Many { low, high } => low.len() + high.len(),
        };
        let (at, weight) = place.among(count);
        let (below, above) = match self {
            Ordered::Few(sorted) => (*sorted.get(at)?, sorted.get(at + 1)),
            Ordered::Many { low, high } => (low.last()?.0, high.first().map(|item| &item.0)),
        };
        Some((below, if weight > 0.0 { *above? } else { below }, weight))
    }
}

/// Where in the sorted keys the quantile lies.
#[derive(Debug, Clone, Copy)]
struct Place {
    fraction: f64,
}

impl Place {
    /// The key at or below the place, and how far it is on the way to the next.
    fn among(self, count: usize) -> (usize, f64) {
        let place = self.fraction * count.saturating_sub(1) as f64;
        (place as usize, place.fract())
    }
}

/// Takes `old` out of a sorted array and puts `new` in: only what lies between moves.
fn swap<K: Key>(sorted: &mut [K], old: K, new: K) {
    let from = sorted.partition_point(|k| *k < old);
    let to = sorted.partition_point(|k| *k < new);
    if from < to {
        sorted.copy_within(from + 1..to, from);
        sorted[to - 1] = new;
    } else if from < sorted.len() {
        sorted.copy_within(to..from, to + 1);
        sorted[to] = new;
    }
}

/// Makes `low` end at the place.
fn balance<T: Ord>(low: &mut BTreeSet<T>, high: &mut BTreeSet<T>, place: Place) {
    let count = low.len() + high.len();
    let wanted = if count == 0 { 0 } else { place.among(count).0 + 1 };
    while low.len() > wanted
        && let Some(item) = low.pop_last()
    {
        high.insert(item);
    }
    while low.len() < wanted
        && let Some(item) = high.pop_first()
    {
        low.insert(item);
    }
}

/// A quantile of a span whose ends never fall.
#[derive(Debug)]
struct Quantile<K> {
    place: Place,
    /// The value between two neighbours, so far from the first.
    between: fn(K, K, f64) -> K,
    /// The type that the keys are made from.
    work: DataType,
    values: Tail<K>,
    ordered: Ordered<K>,
    lo: usize,
    hi: usize,
}

impl<K: Key> Quantile<K> {
    fn new(work: DataType, fraction: f64, between: fn(K, K, f64) -> K) -> Self {
        let (place, ordered) = (Place { fraction }, Ordered::Few(Vec::new()));
        Self { place, between, work, values: Tail::default(), ordered, lo: 0, hi: 0 }
    }

    fn slide(&mut self, span: Span) {
        if span.lo >= self.hi {
            self.ordered = Ordered::Few(Vec::new());
            (self.lo, self.hi) = (span.lo, span.lo);
        }
        if let Ordered::Few(sorted) = &mut self.ordered
            && (span.lo, span.hi) == (self.lo + 1, self.hi + 1)
        {
            swap(sorted, *self.values.get(self.lo), *self.values.get(self.hi));
            (self.lo, self.hi) = (span.lo, span.hi);
            return;
        }
        for i in self.lo..span.lo {
            self.ordered.remove(*self.values.get(i), i, self.place);
        }
        self.lo = span.lo;
        for i in self.hi..span.hi {
            self.ordered.insert(*self.values.get(i), i, self.place);
            if matches!(&self.ordered, Ordered::Few(few) if few.len() > SORTED) {
                self.spread(i + 1);
            }
        }
        self.hi = span.hi;
    }

    /// From the sorted array to the two sets; `lo..hi` is what it holds.
    #[cold]
    fn spread(&mut self, hi: usize) {
        let mut items: Vec<_> = (self.lo..hi).map(|i| (*self.values.get(i), i)).collect();
        items.sort_unstable();
        let high = items.split_off(self.place.among(items.len()).0 + 1);
        self.ordered = Ordered::Many { low: items.into_iter().collect(), high: high.into_iter().collect() };
    }
}

impl<K: Key> Windowed for Quantile<K> {
    fn ingest(&mut self, values: &ArrayRef) -> Result<(), ArrowError> {
        let values = cast_exact(values, &self.work)?;
        self.values.items().extend(K::encode(&values)?);
        Ok(())
    }

    fn emit(&mut self, answer: &Answer) -> Result<ArrayRef, ArrowError> {
        let mut out = Vec::with_capacity(answer.spans.len());
        answer.spans.for_each(|span| {
            self.slide(span);
            let around = self.ordered.around(self.place);
            out.push(around.map_or(K::LAST, |(low, high, weight)| match low == high {
                true => low,
                false => (self.between)(low, high, weight),
            }));
        });
        K::decode(out, answer.nulls.clone(), &self.work)
    }

    fn trim(&mut self, low: usize) {
        // The values of the last span have yet to be removed.
        self.values.trim(low.min(self.lo));
    }

    fn memory(&self) -> usize {
        let ordered = match &self.ordered {
            Ordered::Few(sorted) => sorted.capacity() * size_of::<K>(),
            // A B-tree's nodes are about two thirds full.
            Ordered::Many { low, high } => (low.len() + high.len()) * size_of::<(K, usize)>() * 3 / 2,
        };
        size_of::<Self>() + self.values.memory() + ordered
    }
}
