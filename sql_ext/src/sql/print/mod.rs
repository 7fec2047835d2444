//! Plans and expressions as LTSeq SQL.

mod call;
mod expr;
mod literal;
mod name;

use datafusion::logical_expr::Expr;

pub use name::identifier;

/// An expression as SQL text: what people read, and a column's default name.
pub fn text(expr: &Expr) -> String {
    expr::Printer { reads: true, qualify: false }.print(expr)
}

/// An expression as SQL text that plans to the same expression again.
pub fn exact(expr: &Expr) -> String {
    expr::Printer { reads: false, qualify: false }.print(expr)
}
