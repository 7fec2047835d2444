//! From text and payload to plans, and back to text.

pub mod dsl;
pub mod print;
