//! The median.

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
        Number::Decimal(_, p, s) => Box::new(Median::<i128>::new(DataType::Decimal128(p, s))),
        _ => Box::new(Median::<i64>::new(DataType::Float64)),
    })
}

/// A key that has a middle between it and another.
trait Middle: Key {
    fn middle(low: Self, high: Self) -> Self;
}

impl Middle for i64 {
    fn middle(low: Self, high: Self) -> Self {
        let (low, high) = (float_of(low), float_of(high));
        let sum = low + high;
        // Halves first only where the sum leaves the range: they may lose a bit.
        if sum.is_infinite() && low.is_finite() && high.is_finite() {
            return key_of(low / 2.0 + high / 2.0);
        }
        key_of(sum / 2.0)
    }
}

impl Middle for i128 {
    fn middle(low: Self, high: Self) -> Self {
        match low.checked_add(high) {
            Some(sum) => sum / 2,
            None => low / 2 + high / 2 + (low % 2 + high % 2) / 2,
        }
    }
}

/// Values that a sorted array holds; moving half of them costs less than a search tree.
const SORTED: usize = 1024;

/// The keys in the span, ordered.
#[derive(Debug)]
enum Ordered<K> {
    /// One sorted array.
    Few(Vec<K>),
    /// The lower half, with the middle one, and the upper half; indices tell equal
    /// keys apart.
    Many { low: BTreeSet<(K, usize)>, high: BTreeSet<(K, usize)> },
}

impl<K: Key> Ordered<K> {
    fn insert(&mut self, key: K, at: usize) {
        match self {
            Ordered::Few(sorted) => {
                let place = sorted.partition_point(|k| *k <= key);
                sorted.insert(place, key);
            }
            Ordered::Many { low, high } => {
                let item = (key, at);
                match low.last().is_none_or(|last| item < *last) {
                    true => low.insert(item),
                    false => high.insert(item),
                };
                balance(low, high);
            }
        }
    }

    fn remove(&mut self, key: K, at: usize) {
        match self {
            Ordered::Few(sorted) => {
                let place = sorted.partition_point(|k| *k < key);
                if place < sorted.len() {
                    sorted.remove(place);
                }
            }
            Ordered::Many { low, high } => {
                if !low.remove(&(key, at)) {
                    high.remove(&(key, at));
                }
                balance(low, high);
            }
        }
    }

    /// The two middle keys (one and the same for an odd number), None for none.
    fn middle(&self) -> Option<(K, K)> {
        match self {
            Ordered::Few(sorted) => {
                let last = sorted.len().checked_sub(1)?;
                Some((sorted[last / 2], sorted[sorted.len() / 2]))
            }
            Ordered::Many { low, high } => {
                let below = low.last()?.0;
                match low.len() == high.len() {
                    true => Some((below, high.first()?.0)),
                    false => Some((below, below)),
                }
            }
        }
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

/// Makes the lower half as long as the upper one, or longer by one.
fn balance<T: Ord>(low: &mut BTreeSet<T>, high: &mut BTreeSet<T>) {
    while low.len() > high.len() + 1
        && let Some(item) = low.pop_last()
    {
        high.insert(item);
    }
    while low.len() < high.len()
        && let Some(item) = high.pop_first()
    {
        low.insert(item);
    }
}

/// The median of a span whose ends never fall.
#[derive(Debug)]
struct Median<K> {
    /// The type that the keys are made from.
    work: DataType,
    values: Tail<K>,
    ordered: Ordered<K>,
    lo: usize,
    hi: usize,
}

impl<K: Key> Median<K> {
    fn new(work: DataType) -> Self {
        Self { work, values: Tail::default(), ordered: Ordered::Few(Vec::new()), lo: 0, hi: 0 }
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
            self.ordered.remove(*self.values.get(i), i);
        }
        self.lo = span.lo;
        for i in self.hi..span.hi {
            self.ordered.insert(*self.values.get(i), i);
            if matches!(&self.ordered, Ordered::Few(few) if few.len() > SORTED) {
                self.spread(i + 1);
            }
        }
        self.hi = span.hi;
    }

    /// From the sorted array to the two halves; `lo..hi` is what it holds.
    #[cold]
    fn spread(&mut self, hi: usize) {
        let mut items: Vec<_> = (self.lo..hi).map(|i| (*self.values.get(i), i)).collect();
        items.sort_unstable();
        let high = items.split_off(items.len().div_ceil(2));
        self.ordered = Ordered::Many { low: items.into_iter().collect(), high: high.into_iter().collect() };
    }
}

impl<K: Middle> Windowed for Median<K> {
    fn ingest(&mut self, values: &ArrayRef) -> Result<(), ArrowError> {
        let values = cast_exact(values, &self.work)?;
        self.values.items().extend(K::encode(&values)?);
        Ok(())
    }

    fn emit(&mut self, answer: &Answer) -> Result<ArrayRef, ArrowError> {
        let mut out = Vec::with_capacity(answer.spans.len());
        answer.spans.for_each(|span| {
            self.slide(span);
            let middle = self.ordered.middle();
            out.push(middle.map_or(K::LAST, |(low, high)| match low == high {
                true => low,
                false => K::middle(low, high),
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
