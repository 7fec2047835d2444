//! Expressions as SQL text, with no bracket that precedence does not ask for.

use datafusion::arrow::datatypes::DataType;
use datafusion::logical_expr::expr::{Between, Case, GroupingSet, InList, Like, Unnest as UnnestExpr};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use datafusion::sql::unparser::expr_to_sql;

use super::literal::{literal, quoted, readable, sql_type};
use super::name::identifier;
use crate::types::is_string;

/// How tightly an expression holds together; an operand looser than its place gets brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tight {
    /// Takes whatever follows for its right side.
    Open,
    Or,
    And,
    Not,
    Compare,
    Other,
    Sum,
    Product,
    Sign,
    Atom,
}

/// A printer of expressions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Printer {
    /// Is the text for people, who need no cast of a rank to BIGINT?
    pub reads: bool,
    /// Are columns printed with their relation?
    pub qualify: bool,
}

impl Printer {
    /// The text of an expression.
    pub fn print(self, expr: &Expr) -> String {
        self.parts(expr).0
    }

    /// Expressions with commas between them.
    pub fn list(self, exprs: &[Expr]) -> String {
        exprs.iter().map(|e| self.print(e)).collect::<Vec<_>>().join(", ")
    }

    /// An equality, or one that takes NULL for a value, as a part of a conjunction.
    pub fn equality(self, left: &Expr, op: Operator, right: &Expr) -> String {
        let both = BinaryExpr::new(Box::new(left.clone()), op, Box::new(right.clone()));
        self.condition(&Expr::BinaryExpr(both))
    }

    /// A part of a conjunction.
    pub fn condition(self, expr: &Expr) -> String {
        self.operand(expr, Tight::And)
    }

    /// An operand that must hold together at least so tightly.
    pub(super) fn operand(self, expr: &Expr, least: Tight) -> String {
        let (text, tight) = self.parts(expr);
        if tight < least { format!("({text})") } else { text }
    }

    #[recursive::recursive]
    fn parts(self, expr: &Expr) -> (String, Tight) {
        let atom = |text: String| (text, Tight::Atom);
        match expr {
            Expr::Alias(alias) => self.parts(&alias.expr),
            Expr::Column(column) => atom(match &column.relation {
                Some(relation) if self.qualify => {
                    format!("{}.{}", identifier(relation.table()), identifier(&column.name))
                }
                _ => identifier(&column.name),
            }),
            Expr::Literal(value, _) => {
                let text = if self.reads { readable(value) } else { literal(value) };
                let tight = if text.starts_with('-') { Tight::Sign } else { Tight::Atom };
                (text, tight)
            }
            Expr::BinaryExpr(binary) => self.binary(binary),
            Expr::Not(e) => (format!("NOT {}", self.operand(e, Tight::Not)), Tight::Not),
            Expr::Negative(e) => (format!("-{}", self.operand(e, Tight::Atom)), Tight::Sign),
            Expr::IsNull(e) => self.is(e, "NULL"),
            Expr::IsNotNull(e) => self.is(e, "NOT NULL"),
            Expr::IsTrue(e) => self.is(e, "TRUE"),
            Expr::IsNotTrue(e) => self.is(e, "NOT TRUE"),
            Expr::IsFalse(e) => self.is(e, "FALSE"),
            Expr::IsNotFalse(e) => self.is(e, "NOT FALSE"),
            Expr::IsUnknown(e) => self.is(e, "UNKNOWN"),
            Expr::IsNotUnknown(e) => self.is(e, "NOT UNKNOWN"),
            Expr::Between(between) => self.between(between),
            Expr::Like(like) => self.like(like),
            Expr::InList(list) => self.in_list(list),
            Expr::Case(case) => atom(self.case(case)),
            Expr::Cast(cast) => atom(self.cast(&cast.expr, cast.field.data_type(), "CAST", "arrow_cast")),
            Expr::TryCast(cast) => atom(self.cast(&cast.expr, cast.field.data_type(), "TRY_CAST", "arrow_try_cast")),
            Expr::ScalarFunction(call) => atom(self.scalar(call)),
            Expr::AggregateFunction(call) => atom(self.aggregate(call)),
            Expr::WindowFunction(call) => atom(self.window(call)),
            Expr::Unnest(UnnestExpr { expr, outer }) => {
                let name = if *outer { "UNNEST_OUTER" } else { "UNNEST" };
                atom(format!("{name}({})", self.print(expr)))
            }
            Expr::GroupingSet(sets) => atom(self.sets(sets)),
            // What has no form of ours prints as the base prints it.
            other => self
                .nested(other)
                .unwrap_or_else(|| atom(expr_to_sql(other).map_or_else(|_| other.to_string(), |sql| sql.to_string()))),
        }
    }

    fn sets(self, sets: &GroupingSet) -> String {
        match sets {
            GroupingSet::Rollup(keys) => format!("ROLLUP ({})", self.list(keys)),
            GroupingSet::Cube(keys) => format!("CUBE ({})", self.list(keys)),
            GroupingSet::GroupingSets(sets) => {
                let sets: Vec<String> = sets.iter().map(|keys| format!("({})", self.list(keys))).collect();
                format!("GROUPING SETS ({})", sets.join(", "))
            }
        }
    }

    fn binary(self, binary: &BinaryExpr) -> (String, Tight) {
        let BinaryExpr { left, op, right } = binary;
        let (own, left_least, right_least) = match op {
            Operator::Or => (Tight::Or, Tight::Or, Tight::And),
            Operator::And => (Tight::And, Tight::And, Tight::Not),
            Operator::Eq | Operator::NotEq | Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq => {
                (Tight::Compare, Tight::Other, Tight::Other)
            }
            Operator::IsDistinctFrom | Operator::IsNotDistinctFrom => (Tight::Open, Tight::Other, Tight::Other),
            Operator::Plus | Operator::Minus => (Tight::Sum, Tight::Sum, Tight::Product),
            Operator::Multiply | Operator::Divide | Operator::Modulo => (Tight::Product, Tight::Product, Tight::Sign),
            Operator::StringConcat if matches!(left.as_ref(), Expr::BinaryExpr(b) if b.op == Operator::StringConcat) => {
                (Tight::Other, Tight::Other, Tight::Atom)
            }
            _ => (Tight::Other, Tight::Atom, Tight::Atom),
        };
        let symbol = if *op == Operator::NotEq { "<>".to_string() } else { op.to_string() };
        (format!("{} {symbol} {}", self.operand(left, left_least), self.operand(right, right_least)), own)
    }

    fn is(self, expr: &Expr, what: &str) -> (String, Tight) {
        (format!("{} IS {what}", self.operand(expr, Tight::Other)), Tight::Compare)
    }

    fn between(self, between: &Between) -> (String, Tight) {
        let not = if between.negated { "NOT " } else { "" };
        let operand = |e: &Expr| self.operand(e, Tight::Sum);
        let text =
            format!("{} {not}BETWEEN {} AND {}", operand(&between.expr), operand(&between.low), operand(&between.high));
        (text, Tight::Compare)
    }

    fn like(self, like: &Like) -> (String, Tight) {
        let not = if like.negated { "NOT " } else { "" };
        let word = if like.case_insensitive { "ILIKE" } else { "LIKE" };
        let mut text =
            format!("{} {not}{word} {}", self.operand(&like.expr, Tight::Sum), self.operand(&like.pattern, Tight::Sum));
        if let Some(escape) = like.escape_char {
            text.push_str(&format!(" ESCAPE {}", quoted(&escape.to_string())));
        }
        (text, Tight::Compare)
    }

    fn in_list(self, list: &InList) -> (String, Tight) {
        let not = if list.negated { "NOT " } else { "" };
        (format!("{} {not}IN ({})", self.operand(&list.expr, Tight::Sum), self.list(&list.list)), Tight::Compare)
    }

    fn case(self, case: &Case) -> String {
        let mut text = "CASE".to_string();
        if let Some(e) = &case.expr {
            text.push_str(&format!(" {}", self.print(e)));
        }
        for (when, then) in &case.when_then_expr {
            text.push_str(&format!(" WHEN {} THEN {}", self.print(when), self.print(then)));
        }
        if let Some(e) = &case.else_expr {
            text.push_str(&format!(" ELSE {}", self.print(e)));
        }
        text.push_str(" END");
        text
    }

    fn cast(self, expr: &Expr, to: &DataType, word: &str, arrow: &str) -> String {
        if self.reads && *to == DataType::Int64 && matches!(expr, Expr::WindowFunction(_)) {
            return self.print(expr);
        }
        let name = if self.reads && is_string(to) { Some("VARCHAR".to_string()) } else { sql_type(to) };
        match name {
            Some(name) => format!("{word}({} AS {name})", self.print(expr)),
            None => format!("{arrow}({}, {})", self.print(expr), quoted(&to.to_string())),
        }
    }
}
