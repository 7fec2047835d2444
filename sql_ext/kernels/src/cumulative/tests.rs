use super::*;
use crate::testing::{Rng, cuts, drive, identical, partitions};
use arrow::array::types::Int8Type;
use arrow::array::{
    Array, BooleanArray, Decimal128Array, DictionaryArray, DurationSecondArray, Float32Array, Float64Array, Int8Array,
    Int64Array, StringArray, StringViewArray, TimestampSecondArray, UInt64Array, make_comparator, new_null_array,
};
use arrow::compute::{SortOptions, cast, interleave};
use std::sync::Arc;

const OPS: [CumOp; 6] = [CumOp::Sum, CumOp::Min, CumOp::Max, CumOp::Avg, CumOp::Count, CumOp::Prod];

fn run(op: CumOp, x: &ArrayRef, starts: &[usize], cut: usize) -> Result<ArrayRef, ArrowError> {
    drive(&mut Cumulative::new(op, x.data_type())?, std::slice::from_ref(x), starts, cut)
}

/// The non-null rows of a partition up to each row.
fn prefixes(x: &ArrayRef, starts: &[usize]) -> Vec<Vec<usize>> {
    let nulls = x.logical_nulls();
    let mut all = Vec::new();
    for part in partitions(starts, x.len()) {
        let mut seen = Vec::new();
        for i in part {
            if nulls.as_ref().is_none_or(|n| n.is_valid(i)) {
                seen.push(i);
            }
            all.push(seen.clone());
        }
    }
    all
}

/// Aggregates one prefix of plain numbers in the simplest way.
fn oracle(op: CumOp, values: &[f64]) -> Option<f64> {
    let sum = || values.iter().sum::<f64>();
    match op {
        CumOp::Count => Some(values.len() as f64),
        _ if values.is_empty() => None,
        CumOp::Sum => Some(sum()),
        CumOp::Avg => Some(sum() / values.len() as f64),
        CumOp::Prod => Some(values.iter().product()),
        CumOp::Min | CumOp::Max => {
            let mut sorted: Vec<f64> = values.iter().map(|v| if v.is_nan() { v.abs() } else { *v }).collect();
            sorted.sort_by(f64::total_cmp);
            let pick = if op == CumOp::Min { sorted.first() } else { sorted.last() };
            pick.copied()
        }
    }
}

fn close(got: f64, want: f64, scale: f64) -> bool {
    got == want || (got.is_nan() && want.is_nan()) || (got - want).abs() <= scale * 1e-14
}

#[test]
fn numbers_agree_with_prefixes() {
    let mut rng = Rng(4);
    for rows in [0, 1, 2, 80] {
        for nulls in [0, 3] {
            let small = rng.column(rows, nulls, |r| r.below(7) as i64 - 3);
            let plain: [ArrayRef; 4] = [
                Arc::new(Float64Array::from(rng.column(rows, nulls, Rng::float))),
                Arc::new(Float32Array::from(rng.column(rows, nulls, |r| r.below(90) as f32))),
                Arc::new(Int64Array::from(small.clone())),
                Arc::new(Int8Array::from_iter(small.iter().map(|v| v.map(|v| v as i8)))),
            ];
            for x in plain {
                let starts = rng.starts(rows, 12);
                let floats = cast(&x, &DataType::Float64).expect("floats");
                let floats = floats.as_any().downcast_ref::<Float64Array>().expect("f64").clone();
                for op in OPS {
                    let first = run(op, &x, &starts, rows.max(1)).expect("run");
                    let got = cast(&first, &DataType::Float64).expect("floats");
                    let got = got.as_any().downcast_ref::<Float64Array>().expect("f64").clone();
                    for (i, seen) in prefixes(&x, &starts).iter().enumerate() {
                        let values: Vec<f64> = seen.iter().map(|&s| floats.value(s)).collect();
                        let want = oracle(op, &values);
                        let scale = match op {
                            CumOp::Prod => want.unwrap_or_default().abs(),
                            _ => values.iter().filter(|v| v.is_finite()).map(|v| v.abs()).sum(),
                        };
                        let value = got.is_valid(i).then(|| got.value(i));
                        let same = match (value, want) {
                            (Some(a), Some(b)) => close(a, b, scale),
                            (a, b) => a.is_none() && b.is_none(),
                        };
                        assert!(same, "{op:?} row {i}: {value:?} for {want:?} of {values:?}");
                    }
                    for cut in cuts(rows) {
                        let cut_up = run(op, &x, &starts, cut).expect("run");
                        assert!(identical(&cut_up, &first), "{op:?} {cut}");
                    }
                    let declared = Cumulative::output_type(op, x.data_type()).expect("type");
                    assert_eq!(first.data_type(), &declared);
                }
            }
        }
    }
}

#[test]
fn extremes_of_every_type() {
    let mut rng = Rng(5);
    const TEXT: [&str; 5] = ["", "a", "b\0", "twelve bytes!", "twelve bytes?"];
    for rows in [0, 1, 60] {
        let text = rng.column(rows, 3, |r| TEXT[r.below(5) as usize]);
        let ints = rng.column(rows, 3, |r| r.next() as i64);
        let columns: [ArrayRef; 7] = [
            Arc::new(StringArray::from(text.clone())),
            Arc::new(StringViewArray::from(text.clone())),
            Arc::new(text.into_iter().collect::<DictionaryArray<Int8Type>>()),
            Arc::new(BooleanArray::from(rng.column(rows, 3, |r| r.one_in(2)))),
            Arc::new(TimestampSecondArray::from(ints.clone()).with_timezone("UTC")),
            Arc::new(UInt64Array::from_iter(ints.iter().map(|v| v.map(|v| v as u64)))),
            Arc::new(Decimal128Array::from_iter(ints.iter().map(|v| v.map(|v| i128::from(v) << 50)))),
        ];
        for x in columns {
            let starts = rng.starts(rows, 12);
            for op in [CumOp::Min, CumOp::Max] {
                let output = Cumulative::output_type(op, x.data_type()).expect("type");
                let plain = cast(&x, &output).expect("unpacked");
                let compare = make_comparator(&plain, &plain, SortOptions::default()).expect("cmp");
                let picks: Vec<_> = prefixes(&x, &starts)
                    .iter()
                    .map(|seen| {
                        let best = match op {
                            CumOp::Min => seen.iter().min_by(|a, b| compare(**a, **b)),
                            _ => seen.iter().max_by(|a, b| compare(**a, **b)),
                        };
                        best.map_or((1, 0), |&b| (0, b))
                    })
                    .collect();
                let null = new_null_array(&output, 1);
                let want = interleave(&[&plain, &null], &picks).expect("interleave");
                for cut in cuts(rows) {
                    let got = run(op, &x, &starts, cut).expect("run");
                    assert_eq!(&got, &want, "{op:?} cut {cut}");
                }
            }
        }
    }
}

#[test]
fn exact_types() {
    let decimals: ArrayRef = Arc::new(
        Decimal128Array::from(vec![Some(100), None, Some(200), Some(-500)])
            .with_precision_and_scale(5, 2)
            .expect("decimal"),
    );
    let show = |op, x: &ArrayRef| {
        let got = run(op, x, &[], 1).expect("run");
        let texts = (0..got.len()).map(|i| arrow::util::display::array_value_to_string(&got, i).expect("text"));
        (got.data_type().clone(), texts.collect::<Vec<_>>().join(" "))
    };
    let (sum, avg) = (DataType::Decimal128(15, 2), DataType::Decimal128(9, 6));
    assert_eq!(show(CumOp::Sum, &decimals), (sum, "1.00 1.00 3.00 -2.00".into()));
    assert_eq!(show(CumOp::Avg, &decimals), (avg, "1.000000 1.000000 1.500000 -0.666666".into()));
    let small = cast(&decimals, &DataType::Decimal32(5, 2)).expect("decimal");
    assert_eq!(show(CumOp::Sum, &small).0, DataType::Decimal32(9, 2));
    assert_eq!(show(CumOp::Max, &small).1, "1.00 1.00 2.00 2.00");
    let spans: ArrayRef = Arc::new(DurationSecondArray::from(vec![1, 4]));
    assert_eq!(show(CumOp::Sum, &spans).0, *spans.data_type());
    let large: ArrayRef = Arc::new(Int64Array::from(vec![i64::MAX, i64::MAX]));
    let mean = run(CumOp::Avg, &large, &[], 1).expect("run");
    assert_eq!(&mean, &(Arc::new(Float64Array::from(vec![i64::MAX as f64; 2])) as ArrayRef));
}

#[test]
fn results_out_of_range_are_errors() {
    let overflows = |op, x: ArrayRef| matches!(run(op, &x, &[], 1), Err(ArrowError::ArithmeticOverflow(_)));
    let ints = |v: &[i64]| -> ArrayRef { Arc::new(Int64Array::from(v.to_vec())) };
    assert!(overflows(CumOp::Sum, ints(&[i64::MAX, 1])));
    assert!(overflows(CumOp::Prod, ints(&[i64::MAX, 2])));
    assert!(!overflows(CumOp::Sum, ints(&[i64::MAX, i64::MIN])));
    assert!(overflows(CumOp::Sum, Arc::new(UInt64Array::from(vec![u64::MAX, 1]))));
    let most = 10i128.pow(38) - 1;
    let decimals = Decimal128Array::from(vec![most, 1]).with_precision_and_scale(38, 0).expect("decimal");
    assert!(overflows(CumOp::Sum, Arc::new(decimals.clone())));
    assert!(overflows(CumOp::Avg, Arc::new(decimals)));
    assert!(Cumulative::new(CumOp::Sum, &DataType::Utf8).is_err());
}

#[test]
fn long_float_sums_stay_exact() {
    let x: ArrayRef = Arc::new(Float64Array::from(vec![0.1; 100_000]));
    let got = run(CumOp::Sum, &x, &[], 8192).expect("run");
    let got = got.as_any().downcast_ref::<Float64Array>().expect("f64");
    assert!((got.value(99_999) - 10_000.0).abs() <= 10_000.0 * f64::EPSILON);
}
