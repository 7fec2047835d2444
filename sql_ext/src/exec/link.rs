//! `LINK`: left rows with the target's rows of equal keys, in left order, then target order.
//!
//! ```text
//! left (in order)  a  b  c        target by key  a → 2   b → 0, 3
//! rows out         (a,2) (b,0) (b,3)             then, for RIGHT and FULL, the targets nobody met
//! ```

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::Result;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::physical_expr::PhysicalExpr;

use super::keys::{Groups, Keys};
use super::lookup::{Lookup, Pairs, Table};
use super::operator::evaluate;
use crate::plan::LinkType;

/// A LINK, as planned.
#[derive(Debug)]
pub struct Link {
    /// Keys over the left input.
    pub left: Vec<Arc<dyn PhysicalExpr>>,
    /// Keys over the target, of the same types.
    pub target: Vec<Arc<dyn PhysicalExpr>>,
    /// Which rows survive.
    pub link_type: LinkType,
}

impl Lookup for Link {
    fn name(&self) -> &'static str {
        "LinkExec"
    }

    fn describe(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let on: Vec<String> = self.left.iter().zip(&self.target).map(|(l, r)| format!("{l} = {r}")).collect();
        write!(f, "{} on=[{}]", self.link_type.keyword(), on.join(", "))
    }

    fn expressions(&self) -> Vec<Arc<dyn PhysicalExpr>> {
        self.left.iter().chain(&self.target).cloned().collect()
    }

    fn build(&self, target: RecordBatch, memory: &MemoryReservation) -> Result<Box<dyn Table>> {
        let columns = evaluate(&self.target, &target)?;
        let (keys, numbers) = Keys::build(&columns, target.num_rows())?;
        let groups = Groups::build(&numbers, keys.count());
        memory.try_grow(keys.memory() + numbers.len() * 12)?;
        let met = Mutex::new(if self.keeps_right() { vec![false; target.num_rows()] } else { vec![] });
        let keeps_left = matches!(self.link_type, LinkType::Left | LinkType::Full);
        Ok(Box::new(Target { batch: target, left: self.left.clone(), keys, groups, keeps_left, met }))
    }

    fn keeps_right(&self) -> bool {
        matches!(self.link_type, LinkType::Right | LinkType::Full)
    }
}

struct Target {
    batch: RecordBatch,
    left: Vec<Arc<dyn PhysicalExpr>>,
    keys: Keys,
    groups: Groups,
    keeps_left: bool,
    /// Rows that a left row has met, kept where unmet ones come out.
    met: Mutex<Vec<bool>>,
}

impl Table for Target {
    fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    fn pairs(&self, left: &RecordBatch) -> Result<Pairs> {
        let columns = evaluate(&self.left, left)?;
        let mut pairs = Pairs::default();
        for (row, key) in self.keys.find(&columns, left.num_rows())?.into_iter().enumerate() {
            let row = u32::try_from(row).unwrap_or(u32::MAX);
            let found = key.map_or(0..0, |key| self.groups.range(key));
            if found.is_empty() && self.keeps_left {
                pairs.left.push(row);
                pairs.right.push(None);
            }
            for target in &self.groups.rows()[found] {
                pairs.left.push(row);
                pairs.right.push(Some(*target));
            }
        }
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if !met.is_empty() {
            for row in pairs.right.iter().flatten() {
                met[*row as usize] = true;
            }
        }
        Ok(pairs)
    }

    fn unmet(&self) -> Vec<u32> {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        met.iter().enumerate().filter(|(_, met)| !**met).filter_map(|(i, _)| u32::try_from(i).ok()).collect()
    }
}
