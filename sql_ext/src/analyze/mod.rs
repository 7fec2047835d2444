//! Binds order to sequence functions.
