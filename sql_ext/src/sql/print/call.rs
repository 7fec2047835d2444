//! Calls as SQL text: sequence functions with named arguments, windows, aggregates.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{AggregateFunction, NullTreatment, ScalarFunction, WindowFunction};
use datafusion::logical_expr::{Expr, SortExpr, WindowFrame};

use super::expr::Printer;
use crate::plan::hidden::{follows_order, is_whole, reveal, sequence_function};
use crate::registry::{self, SequenceFunction, Values};

impl Printer {
    pub(super) fn scalar(self, call: &ScalarFunction) -> String {
        if let Some(window) = reveal(&Expr::ScalarFunction(call.clone())) {
            return self.window(&window);
        }
        let name = call.func.name();
        // SQL spells the part of date_part and the like as a text, as the base does.
        format!("{}({})", function(name), self.list(&call.args))
    }

    pub(super) fn aggregate(self, call: &AggregateFunction) -> String {
        let params = &call.params;
        let order = params.order_by.as_slice();
        self.aggregate_text(call.func.name(), &params.args, params.distinct, order, params.filter.as_deref())
            + nulls(params.null_treatment)
    }

    fn aggregate_text(
        self,
        name: &str,
        args: &[Expr],
        distinct: bool,
        order: &[SortExpr],
        filter: Option<&Expr>,
    ) -> String {
        let rows = !distinct && matches!(args, [Expr::Literal(ScalarValue::Int64(Some(1)), _)]);
        let args = if rows { "*".to_string() } else { self.list(args) };
        let distinct = if distinct { "DISTINCT " } else { "" };
        let order = if order.is_empty() { String::new() } else { format!(" ORDER BY {}", self.keys(order)) };
        let mut text = format!("{}({distinct}{args}{order})", function(name));
        if let Some(filter) = filter {
            text.push_str(&format!(" FILTER (WHERE {})", self.print(filter)));
        }
        text
    }

    /// Sort keys; directions and NULLs only where they are not the default.
    pub(super) fn keys(self, keys: &[SortExpr]) -> String {
        let key = |k: &SortExpr| format!("{}{}", self.print(&k.expr), direction(k));
        keys.iter().map(key).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn window(self, call: &WindowFunction) -> String {
        let params = &call.params;
        let head = match sequence_function(&call.fun) {
            Some(function) => self.sequence(function, &params.args),
            None => self.aggregate_text(call.fun.name(), &params.args, params.distinct, &[], params.filter.as_deref()),
        };
        let ours = follows_order(&params.order_by);
        let over = if ours && params.partition_by.is_empty() { String::new() } else { self.over(call) };
        format!("{head}{}{over}", nulls(params.null_treatment))
    }

    fn over(self, call: &WindowFunction) -> String {
        let params = &call.params;
        let mut parts = vec![];
        if !params.partition_by.iter().all(is_whole) {
            parts.push(format!("PARTITION BY {}", self.list(&params.partition_by)));
        }
        if !params.order_by.is_empty() && !follows_order(&params.order_by) {
            parts.push(format!("ORDER BY {}", self.keys(&params.order_by)));
        }
        let usual = WindowFrame::new((!params.order_by.is_empty()).then_some(false));
        // In the block's order the frame is the function's own.
        if !follows_order(&params.order_by) && params.window_frame != usual {
            parts.push(params.window_frame.to_string());
        }
        format!(" OVER ({})", parts.join(" "))
    }

    /// `NAME(values, positional, name => value)`; arguments that were left out stay out.
    fn sequence(self, function_: &SequenceFunction, args: &[Expr]) -> String {
        let name = function_.entry_name();
        let Some(entry) = registry::find(name) else {
            return format!("{}({})", function(name), self.list(args));
        };
        let optional = entry.optional.len();
        let (values, slots) = args.split_at(args.len().saturating_sub(optional));
        let mut parts: Vec<String> = match (entry.values, function_.rolling()) {
            (Values::AggregateCall, Some(rolling)) => {
                let (own, rest) = values.split_at(rolling.arity.min(values.len()));
                let (keys, rest) = rest.split_at(rolling.sorts.len().min(rest.len()));
                let key = |(e, s): (&Expr, &(bool, bool))| SortExpr::new(e.clone(), s.0, s.1);
                let order: Vec<SortExpr> = keys.iter().zip(&rolling.sorts).map(key).collect();
                let filter = if rolling.filtered { rest.first() } else { None };
                let text = self.aggregate_text(rolling.udaf.name(), own, rolling.distinct, &order, filter);
                vec![text + if rolling.ignore_nulls { " IGNORE NULLS" } else { "" }]
            }
            _ => values.iter().map(|v| self.print(v)).collect(),
        };
        let mut gap = false;
        for (slot, option) in slots.iter().zip(entry.optional) {
            if matches!(slot, Expr::Literal(ScalarValue::Null, _)) {
                gap = true;
            } else if option.positional && !gap {
                parts.push(self.print(slot));
            } else {
                parts.push(format!("{} => {}", option.name, self.print(slot)));
            }
        }
        format!("{}({})", function(name), parts.join(", "))
    }
}

/// What stands after a sort key.
pub(super) fn direction(key: &SortExpr) -> &'static str {
    match (key.asc, key.nulls_first) {
        (true, false) => "",
        (true, true) => " NULLS FIRST",
        (false, true) => " DESC",
        (false, false) => " DESC NULLS LAST",
    }
}

fn nulls(treatment: Option<NullTreatment>) -> &'static str {
    match treatment {
        Some(NullTreatment::IgnoreNulls) => " IGNORE NULLS",
        Some(NullTreatment::RespectNulls) => " RESPECT NULLS",
        None => "",
    }
}

/// A function's name; upper case where that means the same.
fn function(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { name.to_uppercase() } else { super::identifier(name) }
}
