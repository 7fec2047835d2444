//! Operators: sources with positions, the one ordered operator and what runs in it.

mod accumulated;
pub mod asof;
pub mod asof_merge;
pub mod check;
pub mod concat;
mod dynamic;
mod held;
mod joins;
pub mod kernels;
pub mod keys;
pub mod link;
pub mod lookup;
pub mod merge;
mod nan;
pub mod number;
pub mod operator;
pub mod planner;
pub mod prefix;
pub mod prune;
pub mod rules;
pub mod run_aggregate;
pub mod scan;
pub mod sequence;
pub mod shown;
pub mod skip;
mod waiting;
mod whole;
