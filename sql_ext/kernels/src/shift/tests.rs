use super::*;
use crate::testing::{Rng, cuts, drive, partitions};
use arrow::array::types::Int8Type;
use arrow::array::{
    Array, BooleanArray, DictionaryArray, Float64Array, Int64Array, ListArray, NullArray, StringArray, StringViewArray,
    TimestampMicrosecondArray,
};
use arrow::compute::{concat, interleave};
use std::sync::Arc;

fn columns(rng: &mut Rng, n: usize) -> Vec<ArrayRef> {
    const TEXT: [&str; 4] = ["", "a", "twelve bytes", "more than twelve bytes"];
    let text = rng.column(n, 3, |r| TEXT[r.below(4) as usize]);
    let ints = rng.column(n, 3, |r| r.below(100) as i64);
    let lists = ints.iter().map(|v| v.map(|v| vec![Some(v), None]));
    vec![
        Arc::new(Int64Array::from(ints.clone())),
        Arc::new(Int64Array::from_iter_values(0..n as i64)),
        Arc::new(Float64Array::from(rng.column(n, 0, Rng::float))),
        Arc::new(TimestampMicrosecondArray::from(ints.clone()).with_timezone("Europe/Berlin")),
        Arc::new(BooleanArray::from(rng.column(n, 3, |r| r.one_in(2)))),
        Arc::new(StringArray::from(text.clone())),
        Arc::new(StringViewArray::from(text.clone())),
        Arc::new(text.into_iter().collect::<DictionaryArray<Int8Type>>()),
        Arc::new(ListArray::from_iter_primitive::<arrow::array::types::Int64Type, _, _>(lists)),
        Arc::new(NullArray::new(n)),
    ]
}

/// Row by row: step through the partition one row at a time.
fn oracle(x: &ArrayRef, n: i64, default: &ArrayRef, ignore: bool, starts: &[usize]) -> ArrayRef {
    let nulls = x.logical_nulls();
    let counts = |row: usize| !ignore || nulls.as_ref().is_none_or(|n| n.is_valid(row));
    let mut picks = Vec::new();
    for part in partitions(starts, x.len()) {
        for i in part.clone() {
            let (mut at, mut left) = (i as i64, n.abs());
            while left > 0 {
                at -= n.signum();
                if !part.contains(&(at as usize)) {
                    break;
                }
                left -= i64::from(counts(at as usize));
            }
            picks.push(if left > 0 { (0, 0) } else { (1, at as usize) });
        }
    }
    interleave(&[default, x], &picks).expect("interleave")
}

#[test]
fn agrees_with_stepping() {
    let mut rng = Rng(3);
    for rows in [0, 1, 60] {
        for x in columns(&mut rng, rows) {
            let none = new_null_array(x.data_type(), 1);
            let first = if rows > 0 { x.slice(0, 1) } else { none.clone() };
            for (n, ignore) in [
                (0, false),
                (1, false),
                (3, false),
                (25, false),
                (-1, false),
                (-3, false),
                (i64::MIN, false),
                (i64::MAX, false),
                (1, true),
                (4, true),
                (-1, true),
                (-4, true),
                (i64::MIN, true),
            ] {
                for starts in [vec![], rng.starts(rows, 9)] {
                    for default in [&none, &first] {
                        let steps = n.clamp(-1000, 1000);
                        let want = oracle(&x, steps, default, ignore, &starts);
                        for cut in cuts(rows) {
                            let mut shift = Shift::new(x.data_type(), n, Some(default.clone()), ignore).expect("shift");
                            let got = drive(&mut shift, std::slice::from_ref(&x), &starts, cut).expect("drive");
                            assert_eq!(&got, &want, "{n} {ignore} cut {cut} {starts:?}");
                            assert_eq!(got.data_type(), x.data_type());
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn keeps_little() {
    let x: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1_000_000));
    let mut shift = Shift::new(x.data_type(), 2, None, false).expect("shift");
    shift.push(&[x.slice(5000, 8192)], &[]).expect("push");
    assert!(shift.memory() < 2000, "{}", shift.memory());
    let long = "a text that is not inlined in its view".to_string();
    let x: ArrayRef = Arc::new(StringViewArray::from_iter_values((0..5000).map(|_| &long)));
    let mut shift = Shift::new(x.data_type(), 2, None, false).expect("shift");
    shift.push(&[x], &[]).expect("push");
    assert!(shift.memory() < 2000, "{}", shift.memory());
}

#[test]
fn long_history_in_single_rows() {
    let x: ArrayRef = Arc::new(Int64Array::from_iter_values(0..5000));
    let mut shift = Shift::new(x.data_type(), 3000, None, false).expect("shift");
    let got = drive(&mut shift, std::slice::from_ref(&x), &[], 1).expect("drive");
    let want = concat(&[&new_null_array(x.data_type(), 3000), &x.slice(0, 2000)]).expect("concat");
    assert_eq!(&got, &want);
    assert!(shift.memory() < 200_000, "{}", shift.memory());
}

#[test]
fn wrong_default_is_an_error() {
    let two: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    assert!(Shift::new(&DataType::Int64, 1, Some(two.clone()), false).is_err());
    assert!(Shift::new(&DataType::Utf8, 1, Some(two.slice(0, 1)), false).is_err());
    let mut shift = Shift::new(&DataType::Utf8, 1, None, false).expect("shift");
    assert!(shift.push(&[two], &[]).is_err());
}
