//! Where rows come from: memory, files, number ranges. Each source is a
//! [`SourceTable`](crate::plan::SourceTable) around a stock provider.

pub mod csv;
pub mod files;
mod glob;
mod keep;
pub mod memory;
pub mod parquet;
pub mod positions;
pub mod range;
mod unique;

pub use keep::Keep;
pub use memory::{MemoryTable, memory_of};
