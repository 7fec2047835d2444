//! Integration tests: one binary, since each links the whole engine.

mod binder;
mod floors;
