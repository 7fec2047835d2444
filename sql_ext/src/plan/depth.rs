//! Bounds the depth of plans: planners, optimizers, operators and destructors recurse over them.

use std::collections::HashMap;
use std::ptr::from_ref;

use datafusion::logical_expr::LogicalPlan;

use crate::error::{Code, Error, Result};

/// Nodes above one another past which a plan is refused rather than risked.
///
/// In a debug build, whose frames are the largest, 600 chained CTEs of SHIFT, which are within it, overflowed
/// 32 MiB of stack; [`STACK`] holds 1,500 of them.
const DEEPEST: usize = 3_000;

/// Stack of the threads that plan and run; the memory is only mapped when it is used.
pub const STACK: usize = 128 << 20;

/// Nodes that fit any stack.
const SHALLOW: usize = 100;

/// Runs what recurses over a plan on a thread whose stack is not ours to choose.
pub fn with_room<T>(plan: &LogicalPlan, f: impl FnOnce() -> T) -> T {
    if depth(plan) <= SHALLOW { f() } else { stacker::grow(STACK, f) }
}

/// Refuses plans that are too deep for what comes after.
pub fn check(plan: &LogicalPlan) -> Result<()> {
    if depth(plan) <= DEEPEST {
        return Ok(());
    }
    let message = format!("the query has too many steps on top of one another: its plan is deeper than {DEEPEST}");
    Err(Error::new(Code::Argument, message)
        .with_hint("keep a result on the way: CREATE TABLE … AS in SQL, collect() in Python"))
}

/// Nodes on the longest way down.
fn depth(plan: &LogicalPlan) -> usize {
    let mut deepest = 0;
    let mut seen: HashMap<*const LogicalPlan, usize> = HashMap::new();
    let mut open = vec![(plan, 1)];
    while let Some((node, level)) = open.pop() {
        deepest = deepest.max(level);
        let inputs = node.inputs();
        // Plans may share inputs: `t.union(t)` twenty times over has a million ways down.
        let branches = inputs.len() > 1;
        let mut new = |input: &&LogicalPlan| {
            !branches || seen.insert(from_ref(*input), level).is_none_or(|before| before < level)
        };
        open.extend(inputs.into_iter().filter(|input| new(input)).map(|input| (input, level + 1)));
    }
    deepest
}
