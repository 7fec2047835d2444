//! From text and payload to plans, and back to text.

pub mod args;
pub mod asof;
pub mod attach;
pub mod calls;
pub mod carrier;
pub mod clause;
pub mod depth;
pub mod dsl;
pub mod exprs;
pub mod group;
pub mod having;
pub mod link;
pub mod places;
pub mod print;
pub mod qualify;
pub mod relation;
pub mod rewrite;
pub mod statement;
pub mod token;
pub mod using;
pub mod windows;
pub mod words;

pub use clause::DeclaredOrder;
pub use depth::Limits;
pub use exprs::OrderedExprPlanner;
pub use places::{CallPlace, locate};
pub use relation::OrderedRelationPlanner;
pub use statement::{FunctionNames, Parsed, declared_order, parse, plan};
