//! The crate's integration tests, in one binary: each links the whole engine.

mod sql_front;
