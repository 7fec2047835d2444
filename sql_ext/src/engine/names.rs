//! Names that the engine made up, as a plan's text shows them: `mem_1`, `mem_2`, … as they appear.

use std::collections::HashMap;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use crate::error::{Code, Error, Result};
use crate::plan::SourceTable;

/// The text with the plan's unnamed sources numbered from 1.
pub fn renumbered(text: &str, plan: &LogicalPlan) -> Result<String> {
    let unnamed = unnamed(plan)?;
    if unnamed.is_empty() {
        return Ok(text.to_string());
    }
    // Unescaped, they would not print as they were.
    let tokens = Tokenizer::new(&GenericDialect {}, text).with_unescape(false).tokenize();
    let tokens =
        tokens.map_err(|e| Error::new(Code::Internal, format!("a plan printed as text that does not read: {e}")))?;
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut shown = String::with_capacity(text.len());
    for token in tokens {
        match &token {
            Token::Word(word) if unnamed.contains(&word.value) => {
                let next = numbers.len() + 1;
                let number = *numbers.entry(word.value.clone()).or_insert(next);
                shown.push_str(&format!("mem_{number}"));
            }
            other => shown.push_str(&other.to_string()),
        }
    }
    Ok(shown)
}

fn unnamed(plan: &LogicalPlan) -> Result<Vec<String>> {
    let mut names = vec![];
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Ok(provider) = source_as_provider(&scan.source)
            && SourceTable::of(provider.as_ref()).is_some_and(SourceTable::is_unnamed)
        {
            names.push(scan.table_name.table().to_string());
        }
        Ok(TreeNodeRecursion::Continue)
    })
    .map_err(Error::from)?;
    Ok(names)
}
