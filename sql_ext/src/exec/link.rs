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
use super::lookup::{Lookup, Match, NOBODY, Table};
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

    fn rows(&self) -> &[u32] {
        self.groups.rows()
    }

    fn matches(&self, left: &RecordBatch) -> Result<Vec<Match>> {
        let columns = evaluate(&self.left, left)?;
        let found = self.keys.find(&columns, left.num_rows())?.into_iter().zip(0_u32..);
        let matches = found.map(|(key, left)| Match { left, places: key.map_or(0..0, |key| self.groups.range(key)) });
        Ok(matches.filter(|m| self.keeps_left || !m.places.is_empty()).collect())
    }

    fn meet(&self, right: &[u32]) {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if !met.is_empty() {
            for row in right.iter().filter(|row| **row != NOBODY) {
                met[*row as usize] = true;
            }
        }
    }

    fn unmet(&self) -> Vec<u32> {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        met.iter().enumerate().filter(|(_, met)| !**met).filter_map(|(i, _)| u32::try_from(i).ok()).collect()
    }
}
