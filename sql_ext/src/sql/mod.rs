//! From text and payload to plans.
