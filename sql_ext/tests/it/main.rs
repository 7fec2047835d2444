//! The crate's integration tests, in one binary: each links the whole engine.

mod asof;
mod binder;
mod dsl;
mod engine;
mod floors;
mod round_trip;
mod slt;
mod sql_front;
mod superset;
mod text;
mod user_aggregates;
