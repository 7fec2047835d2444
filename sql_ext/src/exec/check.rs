//! Verifies a declared order while the rows stream by.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::{SortOptions, concat};
use datafusion::arrow::datatypes::{Int64Type, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::common::Result;
use datafusion::physical_expr::{PhysicalExpr, PhysicalSortExpr};
use ltseq_kernels::sorted::descent;

use super::number::place;
use super::operator::{Operator, State, evaluate};
use crate::error::{Code, Error};
use crate::order::MARK;

/// Fails with ORDER_VIOLATION where two neighbours are not in the declared order.
#[derive(Debug)]
pub struct Check {
    /// The declared keys.
    pub keys: Vec<PhysicalSortExpr>,
    /// The source position.
    pub position: Vec<PhysicalSortExpr>,
    /// The table that declares it, where it has a name.
    pub table: Option<String>,
    /// The keys as it declares them.
    pub declared: String,
    /// Its files, in order, where it has any.
    pub files: Vec<String>,
}

impl Operator for Check {
    fn name(&self) -> &'static str {
        "CheckExec"
    }

    fn describe(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let keys: Vec<String> = self.keys.iter().map(|k| k.to_string().replace(MARK, "")).collect();
        write!(f, ": {} declares {}", self.table.as_deref().unwrap_or("the table"), keys.join(", "))
    }

    fn requires(&self) -> Option<&[PhysicalSortExpr]> {
        Some(&self.position)
    }

    fn orderings(&self) -> Vec<Vec<PhysicalSortExpr>> {
        let mut keys = self.keys.clone();
        keys.extend(self.position.iter().cloned());
        vec![keys]
    }

    fn expressions(&self) -> Vec<Arc<dyn PhysicalExpr>> {
        self.keys.iter().chain(&self.position).map(|k| Arc::clone(&k.expr)).collect()
    }

    fn start(&self, _partition: usize, _schema: SchemaRef) -> Result<Box<dyn State>> {
        let exprs = self.keys.iter().map(|k| Arc::clone(&k.expr)).collect();
        let position = self.position.iter().map(|k| Arc::clone(&k.expr)).collect();
        let options = self.keys.iter().map(|k| k.options).collect();
        let (table, declared, files) = (self.table.clone(), self.declared.clone(), self.files.clone());
        Ok(Box::new(Checker { exprs, position, options, table, declared, files, last: None }))
    }
}

struct Checker {
    exprs: Vec<Arc<dyn PhysicalExpr>>,
    position: Vec<Arc<dyn PhysicalExpr>>,
    options: Vec<SortOptions>,
    table: Option<String>,
    declared: String,
    files: Vec<String>,
    last: Option<Vec<ArrayRef>>,
}

impl Checker {
    fn error(&self, keys: &[ArrayRef], row: usize, batch: &RecordBatch, offset: usize) -> Result<Error> {
        let show = |row: usize| -> Result<String> {
            let values = keys.iter().map(|k| show_value(k, row)).collect::<Result<Vec<_>>>()?;
            Ok(values.join(", "))
        };
        let positions = evaluate(&self.position, batch)?;
        let position = positions
            .first()
            .and_then(|p| p.as_primitive_opt::<Int64Type>())
            .map(|p| p.value(row - offset))
            .unwrap_or_default();
        let (file, number) = place(position);
        let file = match self.files.get(file) {
            Some(name) => format!(" in file '/{name}'"),
            None => String::new(),
        };
        let table = self.table.as_ref().map_or_else(|| "the table".to_string(), |name| format!("'{name}'"));
        let text = format!(
            "the declared order of {table} by {} is false at row {}{file}: {} comes after {}",
            self.declared,
            number + 1,
            show(row)?,
            show(row - 1)?
        );
        Ok(Error::new(Code::OrderViolation, text).with_hint("sort the source, or leave the declaration out"))
    }
}

fn show_value(key: &ArrayRef, row: usize) -> Result<String> {
    if key.is_null(row) {
        return Ok("NULL".to_string());
    }
    Ok(array_value_to_string(key, row)?)
}

impl State for Checker {
    fn push(&mut self, batch: RecordBatch, ready: &mut VecDeque<RecordBatch>) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let keys = evaluate(&self.exprs, &batch)?;
        if let Some(last) = &self.last {
            let seam = last
                .iter()
                .zip(&keys)
                .map(|(l, k)| Ok(concat(&[l.as_ref(), k.slice(0, 1).as_ref()])?))
                .collect::<Result<Vec<_>>>()?;
            if let Some(row) = descent(&seam, &self.options)? {
                return Err(self.error(&seam, row, &batch, 1)?.into());
            }
        }
        if let Some(row) = descent(&keys, &self.options)? {
            return Err(self.error(&keys, row, &batch, 0)?.into());
        }
        let end = batch.num_rows() - 1;
        let last = keys.iter().map(|k| Ok(concat(&[k.slice(end, 1).as_ref()])?)).collect::<Result<_>>()?;
        self.last = Some(last);
        ready.push_back(batch);
        Ok(())
    }

    fn memory(&self) -> usize {
        self.last.iter().flatten().map(|a| a.get_array_memory_size()).sum()
    }
}
