//! Operators: sources with positions, the one ordered operator and what runs in it.

pub mod check;
pub mod concat;
pub mod kernels;
pub mod link;
pub mod number;
pub mod operator;
pub mod planner;
pub mod rules;
pub mod scan;
pub mod sequence;
