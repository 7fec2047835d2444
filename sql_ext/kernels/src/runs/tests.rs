use super::*;
use crate::testing::{Rng, cuts, drive, partitions};
use arrow::array::types::Int32Type;
use arrow::array::{
    BooleanArray, Decimal128Array, DictionaryArray, Float64Array, Int32Array, StringArray, StringViewArray, StructArray,
};
use arrow::datatypes::Field;

/// Small pools with equal, unequal, odd and NULL neighbours.
fn key_columns(rng: &mut Rng, n: usize) -> Vec<ArrayRef> {
    const TEXT: [&str; 7] =
        ["", "a", "twelve bytes", "more than twelve bytes, one", "more than twelve bytes, two", "more", "a\0"];
    const FLOATS: [f64; 5] = [0.0, -0.0, f64::NAN, 1.5, f64::INFINITY];
    let text = rng.column(n, 4, |r| TEXT[r.below(7) as usize]);
    let float = rng.column(n, 4, |r| {
        let f = FLOATS[r.below(5) as usize];
        if r.one_in(2) && f.is_nan() { -f } else { f }
    });
    let int = rng.column(n, 4, |r| r.below(2) as i32);
    let ints: ArrayRef = Arc::new(Int32Array::from(int.clone()));
    vec![
        Arc::new(StringViewArray::from(text.clone())),
        Arc::new(StringArray::from(text.clone())),
        Arc::new(text.into_iter().collect::<DictionaryArray<Int32Type>>()),
        Arc::new(Float64Array::from(float)),
        Arc::new(Decimal128Array::from_iter(int.iter().map(|v| v.map(i128::from)))),
        Arc::new(BooleanArray::from(rng.column(n, 4, |r| r.one_in(2)))),
        Arc::new(StructArray::from(vec![(Arc::new(Field::new("x", DataType::Int32, true)), ints.clone())])),
        ints,
    ]
}

/// A spelling of each value in which equal keys are equal texts.
fn spell(key: &ArrayRef) -> Vec<String> {
    let shown = |i| arrow::util::display::array_value_to_string(key, i);
    (0..key.len())
        .map(|i| match key.as_primitive_opt::<Float64Type>() {
            Some(f) if f.is_valid(i) => format!("{:?}", f.value(i).abs()),
            _ if key.is_null(i) => "null".to_string(),
            _ => format!("={}", shown(i).expect("displayable")),
        })
        .collect()
}

fn oracle_starts(keys: &[ArrayRef], n: usize) -> Vec<usize> {
    let spelt: Vec<_> = keys.iter().map(spell).collect();
    (0..n).filter(|&i| i == 0 || spelt.iter().any(|s| s[i] != s[i - 1])).collect()
}

#[test]
fn boundaries_of_every_type_and_cut() {
    let mut rng = Rng(1);
    for n in [0, 1, 2, 90] {
        let columns = key_columns(&mut rng, n);
        let mut sets: Vec<Vec<ArrayRef>> = columns.iter().map(|c| vec![c.clone()]).collect();
        sets.push(vec![columns[0].clone(), columns[7].clone()]);
        sets.push(Vec::new());
        for keys in sets {
            for cut in cuts(n) {
                let mut b = Boundaries::new();
                let mut got = Vec::new();
                for at in (0..n).step_by(cut) {
                    let len = cut.min(n - at);
                    let batch: Vec<_> = keys.iter().map(|k| k.slice(at, len)).collect();
                    let starts = b.starts(&batch, len).expect("starts");
                    got.extend(starts.iter().map(|s| s + at));
                    let none: Vec<_> = keys.iter().map(|k| k.slice(0, 0)).collect();
                    assert!(b.starts(&none, 0).expect("empty").is_empty());
                }
                let want = oracle_starts(&keys, n);
                assert_eq!(got, want, "cut {cut}, {:?}", keys.first());
            }
        }
    }
}

#[test]
fn run_numbers_and_positions() {
    let mut rng = Rng(2);
    for n in [1, 120] {
        let cond = rng.column(n, 5, |r| r.one_in(3));
        let flag: ArrayRef = Arc::new(BooleanArray::from(cond.clone()));
        let key: ArrayRef = Arc::new(Int32Array::from(rng.column(n, 5, |r| (r.below(9) / 4) as i32)));
        let starts = rng.starts(n, 13);
        let changes = oracle_starts(std::slice::from_ref(&key), n);
        let (mut want, mut streak) = (vec![[0i64; 4]; n], vec![0i64; n]);
        for part in partitions(&starts, n) {
            for i in part.clone().skip(1) {
                let [key_id, key_pos, when_id, when_pos] = want[i - 1];
                let (a, b) = (changes.contains(&i), cond[i] == Some(true));
                want[i] = [
                    key_id + i64::from(a),
                    if a { 0 } else { key_pos + 1 },
                    when_id + i64::from(b),
                    if b { 0 } else { when_pos + 1 },
                ];
            }
            let mut held = 0;
            for i in part {
                held = if cond[i] == Some(true) { held + 1 } else { 0 };
                streak[i] = held;
            }
        }
        let column = |c: usize| want.iter().map(|w| w[c]).collect::<Vec<_>>();
        for cut in cuts(n) {
            let check = |mut kernel: Box<dyn Kernel>, arg: &ArrayRef, want: Vec<i64>| {
                let got = drive(kernel.as_mut(), std::slice::from_ref(arg), &starts, cut);
                assert_eq!(
                    primitive::<arrow::array::types::Int64Type>(&got.expect("kernel")).expect("Int64"),
                    &Int64Array::from(want),
                    "{kernel:?} cut {cut}"
                );
            };
            check(Box::new(RunId::by_keys()), &key, column(0));
            check(Box::new(RunPos::by_keys()), &key, column(1));
            check(Box::new(RunId::when()), &flag, column(2));
            check(Box::new(RunPos::when()), &flag, column(3));
            check(Box::new(Streak::new()), &flag, streak.clone());
            let mut pos = vec![0; n];
            for part in partitions(&starts, n) {
                for i in part.clone() {
                    pos[i] = (i - part.start) as i64;
                }
            }
            check(Box::new(RunPos::in_partition()), &key, pos);
        }
    }
}

#[test]
fn wrong_arguments_are_errors() {
    let ints: ArrayRef = Arc::new(Int32Array::from(vec![1]));
    assert!(Streak::new().push(std::slice::from_ref(&ints), &[]).is_err());
    assert!(RunId::when().push(&[], &[]).is_err());
    assert!(Boundaries::new().starts(&[ints], 2).is_err());
}
