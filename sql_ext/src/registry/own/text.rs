//! White space as Unicode and Python see it.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;

use super::{Own, column, wrong_count, wrong_types};
use crate::types::is_string;

pub(super) fn functions() -> Vec<Own> {
    vec![
        Own::new("strip", text, |args, _| map(args, |s| s.trim_matches(is_space))),
        Own::new("lstrip", text, |args, _| map(args, |s| s.trim_start_matches(is_space))),
        Own::new("rstrip", text, |args, _| map(args, |s| s.trim_end_matches(is_space))),
    ]
}

// Python counts the four separators of ASCII as space, too.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn text(name: &str, types: &[DataType]) -> Result<(Vec<DataType>, DataType)> {
    match types {
        [t] if is_string(t) || *t == DataType::Null => Ok((vec![DataType::Utf8], DataType::Utf8)),
        [_] => wrong_types(name, types),
        _ => wrong_count(name, 1, types.len()),
    }
}

fn map(args: &[ArrayRef], f: fn(&str) -> &str) -> Result<ArrayRef> {
    let [values] = args else { return column("strip") };
    let out: StringArray = values.as_string::<i32>().iter().map(|s| s.map(f)).collect();
    Ok(Arc::new(out))
}
