//! LTSeq: SQL and Python for ordered data, on DataFusion.
//!
//! The modules in the order in which a statement flows through them; imports
//! point down this list's floors only (see `docs/architecture.md`).

// F0: words that everything shares
pub mod cancel;
pub mod error;
pub mod order;
pub mod types;
// F1: every function, once
pub mod registry;
// F2: plan nodes and the builder that both doors use
pub mod plan;
// F3: from text and payload to plans
pub mod sql;
// F4: bind order to sequence functions; make standard SQL exact
pub mod analyze;
pub mod optimize;
// F5: sources and operators
pub mod exec;
pub mod source;
// F6: sessions
pub mod engine;
