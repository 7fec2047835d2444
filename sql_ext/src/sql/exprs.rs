//! Sequence calls as the stock planner meets them: names of arguments resolved, nested
//! window calls hidden.

use std::hash::{DefaultHasher, Hash, Hasher};

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result};
use datafusion::execution::SessionState;
use datafusion::logical_expr::expr::{WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawAggregateExpr, RawWindowExpr};
use datafusion::logical_expr::{Expr, SortExpr, WindowFunctionDefinition};
use datafusion::sql::sqlparser::ast::ExprWithAlias;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Location;

use super::calls::mark;
use super::clause::{After, at_end};
use super::statement::FunctionNames;
use super::token::{at, tokenize};
use crate::error::{Code, Error};
use crate::order::MARK;
use crate::plan::hidden::{follows_order, hide, hide_all, named_argument, sequence_function};
use crate::plan::{is_predicate, is_subquery};
use crate::registry::{self, Entry};

/// Must stand first in the session's list: the stock planners finish what it returns.
#[derive(Debug, Default)]
pub struct OrderedExprPlanner;

impl ExprPlanner for OrderedExprPlanner {
    fn plan_window(&self, raw: RawWindowExpr) -> Result<PlannerResult<RawWindowExpr>> {
        let mut raw = raw;
        let op = sequence_function(&raw.func_def).map(|f| f.op());
        let test = if op.is_some() { is_subquery } else { is_predicate };
        // Calls of ours nest, with stock ones too; in those of stock alone its own rule stands.
        let nests = op.is_some() || follows_order(&raw.order_by);
        let ready = |e: Expr| told_apart(if nests { hide_all(hide(e)?)? } else { hide(e)? }, test);
        raw.args = raw.args.into_iter().map(ready).collect::<Result<_>>()?;
        raw.partition_by = raw.partition_by.into_iter().map(ready).collect::<Result<_>>()?;
        raw.order_by = raw.order_by.into_iter().map(|k| with_expr(k, ready)).collect::<Result<_>>()?;
        raw.filter = raw.filter.map(|f| ready(*f).map(Box::new)).transpose()?;
        match registry::entries().find(|e| Some(e.op) == op) {
            Some(entry) => Ok(PlannerResult::Planned(sequence(entry, raw)?)),
            None => Ok(PlannerResult::Original(raw)),
        }
    }

    fn plan_aggregate(&self, raw: RawAggregateExpr) -> Result<PlannerResult<RawAggregateExpr>> {
        let mut raw = raw;
        let ready = |e: Expr| told_apart(hide(e)?, is_predicate);
        raw.args = raw.args.into_iter().map(ready).collect::<Result<_>>()?;
        raw.order_by = raw.order_by.into_iter().map(|k| with_expr(k, ready)).collect::<Result<_>>()?;
        raw.filter = raw.filter.map(|f| ready(*f).map(Box::new)).transpose()?;
        Ok(PlannerResult::Original(raw))
    }
}

/// A sequence call with its arguments checked and in their slots.
fn sequence(entry: &Entry, raw: RawWindowExpr) -> Result<Expr> {
    let (named, positional) = split_named(raw.args)?;
    let (udwf, args) = registry::sequence_call(entry, positional, named)?;
    Ok(Expr::WindowFunction(Box::new(WindowFunction {
        fun: WindowFunctionDefinition::WindowUDF(udwf),
        params: WindowFunctionParams {
            args,
            partition_by: raw.partition_by,
            order_by: raw.order_by,
            window_frame: raw.window_frame,
            filter: raw.filter,
            null_treatment: raw.null_treatment,
            distinct: raw.distinct,
        },
    })))
}

fn with_expr(key: SortExpr, ready: impl Fn(Expr) -> Result<Expr>) -> Result<SortExpr> {
    Ok(SortExpr::new(ready(key.expr)?, key.asc, key.nulls_first))
}

/// Names the queries inside a call by what they ask: the planner shows each as `<subquery>`, and takes two
/// calls that look the same for two columns of one name.
///
/// Where stock runs a query inside a call, as it does a scalar one inside an aggregate, the name stays stock's.
fn told_apart(expr: Expr, test: fn(&Expr) -> bool) -> Result<Expr> {
    let named = expr.transform_down(|e| {
        // Calls nest, and the inner one came first.
        let known = matches!(&e, Expr::Alias(alias) if alias.name.starts_with(&format!("{MARK}query")));
        if known || !test(&e) {
            let next = if known { TreeNodeRecursion::Jump } else { TreeNodeRecursion::Continue };
            return Ok(Transformed::new(e, false, next));
        }
        let mut hasher = DefaultHasher::new();
        e.hash(&mut hasher);
        let name = format!("{MARK}query{:x}", hasher.finish());
        Ok(Transformed::new(e.alias(name), true, TreeNodeRecursion::Jump))
    })?;
    Ok(named.data)
}

type Split = (Vec<(String, Expr)>, Vec<Expr>);

/// Arguments by name and by position; the latter come first.
fn split_named(args: Vec<Expr>) -> Result<Split> {
    let (mut named, mut positional) = (vec![], vec![]);
    for arg in args {
        match named_argument(&arg) {
            Some(pair) => named.push(pair),
            None if named.is_empty() => positional.push(arg),
            None => {
                return Err(Error::new(Code::Argument, "an argument by position stands after one by name").into());
            }
        }
    }
    Ok((named, positional))
}

/// Plans the text of one expression over the columns of `schema`.
///
/// Calls of ours follow the order of the relation in which the expression will stand.
pub fn plan_expr(state: &SessionState, text: &str, schema: &DFSchema) -> crate::error::Result<Expr> {
    parse_expr(text, state)
        .and_then(|expr| {
            let expr = ExprWithAlias { expr, alias: None };
            state.create_logical_expr_from_sql_expr(expr, schema).map_err(Error::from)
        })
        .map_err(|e| e.with_text(text))
}

/// Parses the text of one expression, and puts marks on its calls.
pub fn parse_expr(
    text: &str,
    names: &dyn FunctionNames,
) -> crate::error::Result<datafusion::sql::sqlparser::ast::Expr> {
    let tokens = tokenize(text)?;
    let dialect = GenericDialect {};
    let mut parser =
        Parser::new(&dialect).with_recursion_limit(names.recursion_limit()).with_tokens_with_locations(tokens.clone());
    let lines = text.trim_end().lines().count().max(1) as u64;
    let column = text.trim_end().lines().last().unwrap_or("").chars().count() as u64 + 1;
    let after = After::new(None, Location::new(lines, column));
    let parsed = parser.parse_expr();
    let mut expr = parsed.map_err(|e| at_end(Error::from(datafusion::common::DataFusionError::from(e)), &after))?;
    if let Some(rest) = tokens.get(parser.index()) {
        let error = Error::new(Code::Syntax, format!("Expected: the end of the expression, found: {rest}"));
        return Err(at(error, rest.span.start));
    }
    mark(&mut expr, names, false)?;
    Ok(expr)
}
