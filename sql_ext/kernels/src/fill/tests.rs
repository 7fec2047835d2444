use super::*;
use crate::Kernel;
use crate::testing::{Rng, cuts, drive, identical, partitions};
use arrow::array::types::{Float64Type, Int8Type};
use arrow::array::{AsArray, DictionaryArray, Float64Array, Int64Array, StringViewArray, new_null_array};
use arrow::compute::{cast, interleave};
use arrow::datatypes::DataType;
use std::ops::Range;
use std::sync::Arc;

const REACHES: [Reach; 5] = [
    Reach { limit: None, max_gap: None },
    Reach { limit: Some(2), max_gap: None },
    Reach { limit: Some(0), max_gap: None },
    Reach { limit: None, max_gap: Some(5) },
    Reach { limit: Some(2), max_gap: Some(5) },
];

struct Case {
    columns: Vec<ArrayRef>,
    key: ArrayRef,
    starts: Vec<usize>,
}

fn case(rng: &mut Rng, n: usize) -> Case {
    const TEXT: [&str; 3] = ["", "a", "more than twelve bytes"];
    let text: Vec<_> = rng.column(n, 2, |r| TEXT[r.below(3) as usize]);
    let starts = rng.starts(n, 25);
    let mut keys = vec![None; n];
    for part in partitions(&starts, n) {
        let mut key = rng.below(10) as i64;
        let last = part.end.saturating_sub(rng.below(3) as usize);
        for i in part {
            key += rng.below(4) as i64;
            keys[i] = (i < last).then_some(key);
        }
    }
    Case {
        columns: vec![
            Arc::new(Int64Array::from(rng.column(n, 2, |r| r.below(9) as i64))),
            Arc::new(Float64Array::from(rng.column(n, 2, Rng::float))),
            Arc::new(StringViewArray::from(text.clone())),
            Arc::new(text.into_iter().collect::<DictionaryArray<Int8Type>>()),
            new_null_array(&DataType::Int64, n),
        ],
        key: Arc::new(Int64Array::from(keys)),
        starts,
    }
}

/// The nearest observation in a partition, seen from row `i`: itself, else before or after.
fn nearest(x: &ArrayRef, part: &Range<usize>, i: usize, back: bool) -> Option<usize> {
    let nulls = x.logical_nulls();
    let valid = |j: &usize| nulls.as_ref().is_none_or(|n| n.is_valid(*j));
    match back {
        true => (part.start..=i).rev().find(valid),
        false => (i..part.end).find(valid),
    }
}

#[test]
fn fills_agree_with_searching() {
    let mut rng = Rng(11);
    for n in [0, 1, 2, 80] {
        let case = case(&mut rng, n);
        let key = case.key.as_primitive::<Int64Type>();
        for x in &case.columns {
            for (reach, back) in REACHES.iter().flat_map(|r| [(*r, true), (*r, false)]) {
                let mut picks = Vec::new();
                for part in partitions(&case.starts, n) {
                    for i in part.clone() {
                        let near = |j: &usize| {
                            let rows = i.abs_diff(*j) as u64;
                            let gap = || {
                                let apart = key.value(i).abs_diff(key.value(*j)) as i64;
                                key.is_valid(i) && key.is_valid(*j) && reach.max_gap.is_none_or(|g| apart <= g)
                            };
                            rows == 0 || (reach.limit.is_none_or(|l| rows <= l) && (reach.max_gap.is_none() || gap()))
                        };
                        let found = nearest(x, &part, i, back).filter(near);
                        picks.push(found.map_or((1, 0), |j| (0, j)));
                    }
                }
                let null = new_null_array(x.data_type(), 1);
                let want = interleave(&[x, &null], &picks).expect("interleave");
                for cut in cuts(n) {
                    let mut kernel: Box<dyn Kernel> = match back {
                        true => Box::new(FillForward::new(x.data_type(), reach)),
                        false => Box::new(FillBackward::new(x.data_type(), reach)),
                    };
                    let args = [x.clone(), case.key.clone()];
                    let got = drive(kernel.as_mut(), &args, &case.starts, cut).expect("drive");
                    assert_eq!(&got, &want, "{reach:?} {back} cut {cut}");
                }
            }
        }
    }
}

#[test]
fn interpolation_agrees_with_searching() {
    let mut rng = Rng(12);
    for n in [0, 1, 2, 80] {
        let case = case(&mut rng, n);
        let key = case.key.as_primitive::<Int64Type>();
        let float_key = cast(&case.key, &DataType::Float64).expect("floats");
        for x in &case.columns[..2] {
            let floats = cast(x, &DataType::Float64).expect("floats");
            let floats = floats.as_primitive::<Float64Type>();
            let observed = |j: &usize| floats.is_valid(*j) && key.is_valid(*j);
            let mut want = Vec::new();
            for part in partitions(&case.starts, n) {
                for i in part.clone() {
                    let before = (part.start..i).rev().find(observed);
                    let after = (i..part.end).find(observed);
                    want.push(match (before, after) {
                        _ if floats.is_valid(i) => Some(floats.value(i)),
                        (Some(a), Some(b)) if key.is_valid(i) => {
                            let way = (key.value(b) - key.value(a)) as f64;
                            let at = (key.value(i) - key.value(a)) as f64;
                            let share = if way == 0.0 { 0.0 } else { at / way };
                            Some(interpolate::between(floats.value(a), floats.value(b), share))
                        }
                        _ => None,
                    });
                }
            }
            let want: ArrayRef = Arc::new(Float64Array::from(want));
            for (cut, key) in cuts(n).into_iter().flat_map(|c| [(c, &case.key), (c, &float_key)]) {
                let mut kernel = Interpolate::new(x.data_type()).expect("kernel");
                let args = [x.clone(), key.clone()];
                let got = drive(&mut kernel, &args, &case.starts, cut).expect("drive");
                assert!(identical(&got, &want), "cut {cut}: {got:?} {want:?}");
            }
        }
    }
}

#[test]
fn ends_of_a_line_are_exact() {
    use interpolate::between;
    assert_eq!(between(0.1, 0.3, 0.0), 0.1);
    assert_eq!(between(0.1, 0.3, 1.0), 0.3);
    assert_eq!(between(0.1, 0.1, 0.7), 0.1);
    assert_eq!(between(-f64::MAX, f64::MAX, 0.5), 0.0);
    assert!(Interpolate::new(&DataType::Utf8).is_err());
}

#[test]
fn a_limit_bounds_what_waits() {
    let x = new_null_array(&DataType::Int64, 1000);
    let reach = Reach { limit: Some(3), max_gap: None };
    let mut kernel = FillBackward::new(&DataType::Int64, reach);
    assert_eq!(kernel.push(&[x], &[]).expect("push").len(), 997);
    assert_eq!(kernel.finish().expect("finish").len(), 3);
}
