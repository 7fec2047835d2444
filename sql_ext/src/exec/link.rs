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

use super::keys::{Groups, Keys, NONE};
use super::lookup::{Lookup, Match, Matches, NOBODY, Table};
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

    fn keeps_left(&self) -> bool {
        self.keeps_left
    }

    fn matches(&self, left: &RecordBatch) -> Result<Matches> {
        let columns = evaluate(&self.left, left)?;
        let mut found = self.keys.find(&columns, left.num_rows())?;
        if self.groups.are_single() {
            if !self.groups.are_rows(self.batch.num_rows()) {
                let rows = self.groups.rows();
                found.iter_mut().for_each(|key| *key = rows.get(*key as usize).copied().unwrap_or(NOBODY));
            }
            return Ok(Matches::One(found));
        }
        let places = |key| if key == NONE { 0..0 } else { self.groups.range(key) };
        let matches = found.into_iter().zip(0_u32..).map(|(key, left)| Match { left, places: places(key) });
        Ok(Matches::Many(matches.filter(|m| self.keeps_left || !m.places.is_empty()).collect()))
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
