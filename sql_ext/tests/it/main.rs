//! Integration tests: one binary.

mod dsl;
