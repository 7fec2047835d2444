//! ARG_MIN, ARG_MAX, FIRST and LAST over the frame of a window, whatever it slides by.
//!
//! ```text
//! by        5  7  6  6'        what may still be the least once rows have left the front:
//! in line   5  →  5 7  →  5 6  →  5 6 6'       7 can never be it after 6, 6' can
//! ```

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::mem::size_of;
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};

use super::Op;
use crate::order::MARK;

/// Which row of a frame gives its value: arguments are the value, and what to compare, NULL where the row is left out.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Framed {
    name: String,
    op: Op,
    signature: Signature,
}

/// The aggregate that a call of `op` over a frame becomes; its arguments are the value and what to compare.
pub fn framed(op: Op) -> Arc<AggregateUDF> {
    let signature = Signature::any(2, Volatility::Immutable);
    Arc::new(AggregateUDF::from(Framed { name: format!("{MARK}{op:?}").to_lowercase(), op, signature }))
}

impl AggregateUDFImpl for Framed {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        match arg_types.first() {
            Some(value) => Ok(value.clone()),
            None => internal_err!("a frame without a value"),
        }
    }

    fn state_fields(&self, _args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        Ok(vec![])
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let none = ScalarValue::try_from(args.return_field.data_type())?;
        Ok(Box::new(Line { op: self.op, none, first: 0, next: 0, line: VecDeque::new() }))
    }
}

/// The rows of a frame that may still be the one, best first; each with its number.
#[derive(Debug)]
struct Line {
    op: Op,
    none: ScalarValue,
    /// The number of the frame's first row, and of the one that comes next.
    first: u64,
    next: u64,
    line: VecDeque<(u64, ScalarValue, ScalarValue)>,
}

impl Line {
    /// Is a row no better than a later one, so that it never comes first again?
    fn passed(&self, before: &ScalarValue, after: &ScalarValue) -> bool {
        let order = before.partial_cmp(after).unwrap_or(Ordering::Equal);
        match self.op {
            Op::ArgMax => order == Ordering::Less,
            Op::Last => true,
            Op::First => false,
            _ => order == Ordering::Greater,
        }
    }
}

impl Accumulator for Line {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let [value, by] = values else { return internal_err!("a value and what to compare") };
        for row in 0..by.len() {
            let number = self.next;
            self.next += 1;
            if by.is_null(row) {
                continue;
            }
            let key = ScalarValue::try_from_array(by, row)?;
            while self.line.back().is_some_and(|(_, _, last)| self.passed(last, &key)) {
                self.line.pop_back();
            }
            self.line.push_back((number, ScalarValue::try_from_array(value, row)?, key));
        }
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.first += values.first().map_or(0, |gone| gone.len() as u64);
        while self.line.front().is_some_and(|(number, ..)| *number < self.first) {
            self.line.pop_front();
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(self.line.front().map_or_else(|| self.none.clone(), |(_, value, _)| value.clone()))
    }

    fn size(&self) -> usize {
        let held: usize = self.line.iter().map(|(_, value, key)| value.size() + key.size()).sum();
        size_of::<Self>() + held
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        internal_err!("a frame is never computed in parts")
    }

    fn merge_batch(&mut self, _states: &[ArrayRef]) -> Result<()> {
        internal_err!("a frame is never computed in parts")
    }
}
