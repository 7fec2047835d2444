use super::*;
use crate::testing::{Rng, cuts, drive, identical, partitions};
use arrow::array::types::{Float64Type, Int8Type};
use arrow::array::{
    AsArray, BooleanArray, Decimal128Array, DictionaryArray, DurationSecondArray, Float32Array, Float64Array,
    Int32Array, Int64Array, StringArray, StringViewArray, TimestampSecondArray, UInt64Array, make_comparator,
    new_null_array,
};
use arrow::compute::{SortOptions, cast, interleave};
use std::ops::Range;

const AGGS: [RollingAgg; 15] = [
    RollingAgg::Sum,
    RollingAgg::Avg,
    RollingAgg::Min,
    RollingAgg::Max,
    RollingAgg::Count,
    RollingAgg::CountRows,
    RollingAgg::VarSamp,
    RollingAgg::VarPop,
    RollingAgg::StddevSamp,
    RollingAgg::StddevPop,
    RollingAgg::Median,
    RollingAgg::Quantile(0.0_f64.to_bits()),
    RollingAgg::Quantile(0.25_f64.to_bits()),
    RollingAgg::Quantile(0.9_f64.to_bits()),
    RollingAgg::Quantile(1.0_f64.to_bits()),
];

const ROW_FRAMES: [(i64, i64); 10] =
    [(0, 0), (1, 0), (19, 0), (2, 3), (0, 4), (5, -2), (-1, 3), (-2, 1), (i64::MAX, 0), (i64::MAX, i64::MAX)];

/// Rows of the frame of row `i`, by looking at every row of the partition.
fn frame_of(frame: Frame, key: &Int64Array, part: &Range<usize>, i: usize) -> Vec<usize> {
    let holds = |j: usize| match frame {
        Frame::Rows { preceding, following } => {
            let off = j as i128 - i as i128;
            -i128::from(preceding) <= off && off <= i128::from(following)
        }
        Frame::Range { preceding, following, descending } => {
            if key.is_null(i) || key.is_null(j) {
                return key.is_null(i) && key.is_null(j);
            }
            let off = i128::from(key.value(j)) - i128::from(key.value(i));
            let off = if descending { -off } else { off };
            -i128::from(preceding) <= off && off <= i128::from(following)
        }
    };
    part.clone().filter(|&j| holds(j)).collect()
}

struct Case {
    x: ArrayRef,
    key: Int64Array,
    starts: Vec<usize>,
}

impl Case {
    /// Non-null rows in each row's frame, and how many rows it has.
    fn frames(&self, frame: Frame) -> Vec<(Vec<usize>, usize)> {
        let nulls = self.x.logical_nulls();
        let mut all = Vec::new();
        for part in partitions(&self.starts, self.x.len()) {
            for i in part.clone() {
                let rows = frame_of(frame, &self.key, &part, i);
                let count = rows.len();
                let valid = |j: &usize| nulls.as_ref().is_none_or(|n| n.is_valid(*j));
                all.push((rows.into_iter().filter(valid).collect(), count));
            }
        }
        all
    }

    fn run(&self, agg: RollingAgg, frame: Frame, min: u64, cut: usize) -> ArrayRef {
        let mut kernel = Rolling::new(agg, self.x.data_type(), frame, min).expect("kernel");
        let args: [ArrayRef; 2] = [self.x.clone(), Arc::new(self.key.clone())];
        let got = drive(&mut kernel, &args, &self.starts, cut).expect("drive");
        let declared = Rolling::output_type(agg, self.x.data_type()).expect("type");
        assert_eq!(got.data_type(), &declared);
        got
    }
}

/// Sorted keys per partition, with ties, gaps and NULLs at one end.
fn keys(rng: &mut Rng, n: usize, starts: &[usize], descending: bool) -> Int64Array {
    let mut all = vec![None; n];
    for part in partitions(starts, n) {
        let mut keys: Vec<i64> = part.clone().map(|_| rng.below(30) as i64).collect();
        if rng.one_in(3) {
            keys.iter_mut().for_each(|k| match *k {
                0 => *k = i64::MIN,
                29 => *k = i64::MAX,
                _ => {}
            });
        }
        keys.sort_unstable();
        if descending {
            keys.reverse();
        }
        let nulls = (rng.below(4) as usize).min(part.len());
        let first = rng.one_in(2);
        for (j, (i, key)) in part.clone().zip(keys).enumerate() {
            let null = if first { j < nulls } else { j >= part.len() - nulls };
            all[i] = (!null).then_some(key);
        }
    }
    Int64Array::from(all)
}

fn oracle(agg: RollingAgg, v: &[f64], rows: usize, min: u64) -> Option<f64> {
    let n = v.len() as f64;
    let periods = if agg == RollingAgg::CountRows { rows } else { v.len() };
    if (periods as u64) < min {
        return None;
    }
    match agg {
        RollingAgg::Count => return Some(n),
        RollingAgg::CountRows => return Some(rows as f64),
        _ if v.is_empty() => return None,
        _ => {}
    }
    let mut sorted: Vec<f64> = v.iter().map(|x| if x.is_nan() { x.abs() } else { *x }).collect();
    sorted.sort_by(f64::total_cmp);
    let mean = exact(v) / n;
    let squares = || v.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
    let sample = (n > 1.0).then(|| squares() / (n - 1.0));
    match agg {
        RollingAgg::Sum => Some(exact(v)),
        RollingAgg::Avg => Some(mean),
        RollingAgg::Min => sorted.first().copied(),
        RollingAgg::Max => sorted.last().copied(),
        RollingAgg::VarSamp => sample,
        RollingAgg::StddevSamp => sample.map(f64::sqrt),
        RollingAgg::VarPop => Some(squares() / n),
        RollingAgg::StddevPop => Some((squares() / n).sqrt()),
        RollingAgg::Quantile(bits) => {
            let place = f64::from_bits(bits) * (v.len() - 1) as f64;
            let (a, b) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
            // DataFusion knows a million places between two values.
            let weight = (place.fract() * 1e6).floor() / 1e6;
            Some(if a == b { a } else { a + (b - a) * weight })
        }
        _ => {
            let (a, b) = (sorted[(v.len() - 1) / 2], sorted[v.len() / 2]);
            Some(if a == b { a } else { (a + b) / 2.0 })
        }
    }
}

/// Sum by magnitude, so that a 1e16 and a −1e16 meet.
fn exact(v: &[f64]) -> f64 {
    let mut terms = v.to_vec();
    terms.sort_by(|a, b| b.abs().total_cmp(&a.abs()));
    let start = crate::numbers::ExactSum::EMPTY;
    terms.iter().fold(start, |s, &x| s.plus(x)).value()
}

fn close(agg: RollingAgg, got: f64, want: f64, v: &[f64]) -> bool {
    let size: f64 = v.iter().map(|x| x.abs()).sum();
    let bound = match agg {
        RollingAgg::Sum => size / 2f64.powi(50),
        RollingAgg::Avg => size / v.len() as f64 / 2f64.powi(50),
        // Relative to the squares: the condition of a variance about its mean.
        RollingAgg::VarSamp | RollingAgg::VarPop => v.iter().map(|x| x * x).sum::<f64>() * 1e-14,
        RollingAgg::StddevSamp | RollingAgg::StddevPop => v.iter().map(|x| x * x).sum::<f64>().sqrt() * 1e-7,
        _ => 0.0,
    };
    got == want || (got.is_nan() && want.is_nan()) || (got - want).abs() <= bound
}

fn check(case: &Case, frame: Frame, min: u64) {
    let floats = cast(&case.x, &DataType::Float64).expect("floats");
    let floats = floats.as_primitive::<Float64Type>();
    let frames = case.frames(frame);
    for agg in AGGS {
        let whole = case.run(agg, frame, min, case.x.len().max(1));
        let got = cast(&whole, &DataType::Float64).expect("floats");
        let got = got.as_primitive::<Float64Type>();
        assert_eq!(got.len(), frames.len());
        for (i, (rows, count)) in frames.iter().enumerate() {
            let values: Vec<f64> = rows.iter().map(|&r| floats.value(r)).collect();
            let want = oracle(agg, &values, *count, min);
            let value = got.is_valid(i).then(|| got.value(i));
            let same = match (value, want) {
                (Some(a), Some(b)) => close(agg, a, b, &values),
                (a, b) => a.is_none() && b.is_none(),
            };
            assert!(same, "{agg:?} {frame:?} min {min} row {i}: {value:?} for {want:?} of {values:?}");
        }
        for cut in cuts(case.x.len()) {
            let parts = case.run(agg, frame, min, cut);
            // Where the stacks flip depends on nothing but the rows.
            let same = identical(&parts, &whole);
            assert!(same, "{agg:?} {frame:?} cut {cut}: {parts:?} {whole:?}");
        }
    }
}

#[test]
fn row_frames_agree_with_the_oracle() {
    let mut rng = Rng(6);
    for n in [0, 1, 2, 60] {
        for nulls in [0, 3] {
            let starts = rng.starts(n, 25);
            let floats: ArrayRef = Arc::new(Float64Array::from(rng.column(n, nulls, Rng::float)));
            let ints: ArrayRef = Arc::new(Int32Array::from(rng.column(n, nulls, |r| r.below(9) as i32 - 4)));
            for x in [floats, ints] {
                let key = Int64Array::from(vec![0; n]);
                let case = Case { x, key, starts: starts.clone() };
                for (preceding, following) in ROW_FRAMES {
                    for min in [0, 1, 3] {
                        let frame = Frame::Rows { preceding, following };
                        check(&case, frame, min);
                    }
                }
            }
        }
    }
}

#[test]
fn range_frames_agree_with_the_oracle() {
    let mut rng = Rng(7);
    for n in [0, 1, 2, 60] {
        for (nulls, descending) in [(0, false), (3, false), (3, true)] {
            for every in [0, 20] {
                let starts = rng.starts(n, every);
                let case = Case {
                    x: Arc::new(Float64Array::from(rng.column(n, nulls, Rng::float))),
                    key: keys(&mut rng, n, &starts, descending),
                    starts,
                };
                for (preceding, following) in ROW_FRAMES {
                    let frame = Frame::Range { preceding, following, descending };
                    check(&case, frame, 1);
                }
            }
        }
    }
}

#[test]
fn extremes_of_every_type() {
    let mut rng = Rng(8);
    const TEXT: [&str; 5] = ["", "a", "b\0", "twelve bytes!", "twelve bytes?"];
    for n in [0, 1, 60] {
        let text = rng.column(n, 3, |r| TEXT[r.below(5) as usize]);
        let ints = rng.column(n, 3, |r| r.next() as i64);
        let columns: [ArrayRef; 8] = [
            Arc::new(StringArray::from(text.clone())),
            Arc::new(StringViewArray::from(text.clone())),
            Arc::new(text.into_iter().collect::<DictionaryArray<Int8Type>>()),
            Arc::new(BooleanArray::from(rng.column(n, 3, |r| r.one_in(2)))),
            Arc::new(TimestampSecondArray::from(ints.clone()).with_timezone("UTC")),
            Arc::new(UInt64Array::from_iter(ints.iter().map(|v| v.map(|v| v as u64)))),
            Arc::new(Decimal128Array::from_iter(ints.iter().map(|v| v.map(|v| i128::from(v) << 50)))),
            Arc::new(Float32Array::from(rng.column(n, 3, |r| r.below(100) as f32))),
        ];
        for x in columns {
            let case = Case { key: Int64Array::from(vec![0; n]), starts: rng.starts(n, 25), x };
            for (agg, (preceding, following)) in
                [RollingAgg::Min, RollingAgg::Max].into_iter().flat_map(|a| ROW_FRAMES.map(|f| (a, f)))
            {
                let frame = Frame::Rows { preceding, following };
                let output = Rolling::output_type(agg, case.x.data_type()).expect("type");
                let plain = cast(&case.x, &output).expect("unpacked");
                let compare = make_comparator(&plain, &plain, SortOptions::default()).expect("cmp");
                let pick = |(rows, _): &(Vec<usize>, usize)| {
                    let best = match agg {
                        RollingAgg::Min => rows.iter().min_by(|a, b| compare(**a, **b)),
                        _ => rows.iter().max_by(|a, b| compare(**a, **b)),
                    };
                    best.filter(|_| rows.len() >= 2).map_or((1, 0), |&b| (0, b))
                };
                let picks: Vec<_> = case.frames(frame).iter().map(pick).collect();
                let null = new_null_array(&output, 1);
                let want = interleave(&[&plain, &null], &picks).expect("interleave");
                for cut in cuts(n) {
                    assert_eq!(&case.run(agg, frame, 2, cut), &want, "{agg:?} {frame:?} {cut}");
                }
            }
        }
    }
}

#[test]
fn picks_of_every_type() {
    let mut rng = Rng(14);
    for n in [0, 1, 60] {
        let text = rng.column(n, 3, |r| if r.one_in(2) { "a" } else { "longer than twelve" });
        let columns: [ArrayRef; 3] = [
            Arc::new(StringViewArray::from(text.clone())),
            Arc::new(text.into_iter().collect::<DictionaryArray<Int8Type>>()),
            Arc::new(Int64Array::from(rng.column(n, 3, |r| r.below(9) as i64))),
        ];
        for x in columns {
            let case = Case { key: Int64Array::from(vec![0; n]), starts: rng.starts(n, 25), x };
            let picks = [
                (RollingAgg::First, 1),
                (RollingAgg::Nth(3), 3),
                (RollingAgg::Nth(0), 0),
                (RollingAgg::Nth(u64::MAX), 1000),
                (RollingAgg::Last, -1),
            ];
            for ((agg, nth), (preceding, following)) in picks.into_iter().flat_map(|p| ROW_FRAMES.map(|f| (p, f))) {
                let frame = Frame::Rows { preceding, following };
                let mut want = Vec::new();
                for part in partitions(&case.starts, n) {
                    for i in part.clone() {
                        let rows = frame_of(frame, &case.key, &part, i);
                        let row = match nth {
                            -1 => rows.last(),
                            _ => rows.get((nth as usize).wrapping_sub(1)),
                        };
                        let seen = rows.iter().filter(|&&j| case.x.is_valid(j)).count();
                        want.push(row.filter(|_| seen >= 2).map_or((1, 0), |&r| (0, r)));
                    }
                }
                let null = new_null_array(case.x.data_type(), 1);
                let want = interleave(&[&case.x, &null], &want).expect("interleave");
                for cut in cuts(n) {
                    assert_eq!(&case.run(agg, frame, 2, cut), &want, "{agg:?} {frame:?} {cut}");
                }
            }
        }
    }
}

fn rows(preceding: i64) -> Frame {
    Frame::Rows { preceding, following: 0 }
}

fn run(agg: RollingAgg, x: &ArrayRef, frame: Frame) -> Result<ArrayRef, ArrowError> {
    let mut kernel = Rolling::new(agg, x.data_type(), frame, 1)?;
    drive(&mut kernel, std::slice::from_ref(x), &[], 2)
}

#[test]
fn exact_types() {
    let show = |agg, x: &ArrayRef| {
        let got = run(agg, x, rows(1)).expect("run");
        let texts = (0..got.len()).map(|i| arrow::util::display::array_value_to_string(&got, i).expect("text"));
        (got.data_type().clone(), texts.collect::<Vec<_>>().join(" "))
    };
    let decimals: ArrayRef = Arc::new(
        Decimal128Array::from(vec![Some(100), None, Some(200), Some(-501)])
            .with_precision_and_scale(5, 2)
            .expect("decimal"),
    );
    let of = DataType::Decimal128;
    assert_eq!(show(RollingAgg::Sum, &decimals), (of(15, 2), "1.00 1.00 2.00 -3.01".into()));
    assert_eq!(show(RollingAgg::Avg, &decimals), (of(9, 6), "1.000000 1.000000 2.000000 -1.505000".into()));
    assert_eq!(show(RollingAgg::Median, &decimals), (of(5, 2), "1.00 1.00 2.00 -1.50".into()));
    let small = cast(&decimals, &DataType::Decimal64(5, 2)).expect("decimal");
    assert_eq!(show(RollingAgg::Sum, &small).0, DataType::Decimal64(15, 2));
    let spans: ArrayRef = Arc::new(DurationSecondArray::from(vec![1, 4]));
    assert_eq!(show(RollingAgg::Avg, &spans).0, *spans.data_type());
    assert!(Rolling::new(RollingAgg::Sum, &DataType::Utf8, rows(1), 1).is_err());
}

#[test]
fn only_results_out_of_range_are_errors() {
    let overflows = |agg, x: &ArrayRef| matches!(run(agg, x, rows(1)), Err(ArrowError::ArithmeticOverflow(_)));
    let ints = |v: &[i64]| -> ArrayRef { Arc::new(Int64Array::from(v.to_vec())) };
    assert!(overflows(RollingAgg::Sum, &ints(&[i64::MAX, 1])));
    assert!(!overflows(RollingAgg::Avg, &ints(&[i64::MAX, 1])));
    let alternating = [i64::MAX, i64::MIN, i64::MAX, 0, i64::MIN, 0];
    assert!(!overflows(RollingAgg::Sum, &ints(&alternating)));
    let most = 10i128.pow(38) - 1;
    let decimals = |v: &[i128]| -> ArrayRef {
        let array = Decimal128Array::from(v.to_vec());
        Arc::new(array.with_precision_and_scale(38, 0).expect("decimal"))
    };
    assert!(overflows(RollingAgg::Sum, &decimals(&[most, most, most])));
    assert!(!overflows(RollingAgg::Sum, &decimals(&[most, -most, most])));
    // A masked row does not count: the window is not full yet.
    let mut kernel = Rolling::new(RollingAgg::Sum, &DataType::Int64, rows(2), 3).expect("kernel");
    let x = ints(&[i64::MAX, i64::MAX, -i64::MAX]);
    assert!(drive(&mut kernel, &[x], &[], 1).is_ok());
}

#[test]
fn large_frames_and_bounded_memory() {
    let mut rng = Rng(9);
    let n = 20_000;
    let x: ArrayRef = Arc::new(Float64Array::from((0..n).map(|_| rng.float()).collect::<Vec<_>>()));
    let values = x.as_primitive::<Float64Type>().values().to_vec();
    for agg in AGGS {
        for (width, limit) in [(10, 900_000), (3000, 1_500_000)] {
            let frame = rows(width as i64 - 1);
            let mut kernel = Rolling::new(agg, x.data_type(), frame, 1).expect("kernel");
            let got = drive(&mut kernel, std::slice::from_ref(&x), &[], 1000).expect("drive");
            let got = cast(&got, &DataType::Float64).expect("floats");
            let got = got.as_primitive::<Float64Type>();
            for i in (0..n).step_by(997) {
                let seen = &values[(i + 1usize).saturating_sub(width)..=i];
                let want = oracle(agg, seen, seen.len(), 1);
                let value = got.is_valid(i).then(|| got.value(i));
                let same = match (value, want) {
                    (Some(a), Some(b)) => close(agg, a, b, seen),
                    (a, b) => a.is_none() && b.is_none(),
                };
                assert!(same, "{agg:?} row {i}: {value:?} for {want:?}");
            }
            assert!(kernel.memory() < limit, "{agg:?} {}", kernel.memory());
        }
    }
}
