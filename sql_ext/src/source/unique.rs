//! PRIMARY KEY and UNIQUE: the optimizer leaves out joins on their word, so they must hold.

use std::collections::HashSet;

use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::row::{OwnedRow, RowConverter, SortField};
use datafusion::common::{Constraint, Constraints, Result};

use crate::error::{Code, Error};
use crate::registry::as_key;

/// Fails where the rows repeat a key, or leave a primary key out.
pub fn check(schema: &SchemaRef, constraints: Option<&Constraints>, rows: &[RecordBatch]) -> Result<()> {
    for constraint in constraints.into_iter().flat_map(|c| c.iter()) {
        match constraint {
            Constraint::PrimaryKey(columns) => one(schema, "PRIMARY KEY", columns, rows)?,
            Constraint::Unique(columns) => one(schema, "UNIQUE", columns, rows)?,
        }
    }
    Ok(())
}

fn one(schema: &SchemaRef, what: &str, columns: &[usize], rows: &[RecordBatch]) -> Result<()> {
    let names: Vec<&str> = columns.iter().map(|i| schema.field(*i).name().as_str()).collect();
    let violated = |how: &str| {
        let text = format!("{what} ({}): {how}", names.join(", "));
        Err(Error::new(Code::Constraint, text).into())
    };
    let fields = columns.iter().map(|i| SortField::new(schema.field(*i).data_type().clone())).collect();
    let converter = RowConverter::new(fields)?;
    let mut seen: HashSet<OwnedRow> = HashSet::new();
    for batch in rows {
        let keys: Vec<_> = columns.iter().map(|i| as_key(batch.column(*i))).collect();
        let encoded = converter.convert_columns(&keys)?;
        for row in 0..batch.num_rows() {
            if keys.iter().any(|k| k.is_null(row)) {
                if what == "PRIMARY KEY" {
                    return violated("a key is NULL");
                }
                // NULL in a UNIQUE key repeats nothing.
                continue;
            }
            if !seen.insert(encoded.row(row).owned()) {
                return violated("a key is repeated");
            }
        }
    }
    Ok(())
}
