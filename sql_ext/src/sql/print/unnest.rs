//! UNNEST: lists taken apart into rows, structs into columns.

use datafusion::common::{Column, NullHandling, ScalarValue};
use datafusion::logical_expr::expr::{ScalarFunction, Unnest as UnnestExpr};
use datafusion::logical_expr::{Expr, LogicalPlan, Unnest};

use super::block::{Block, names};
use super::plan::{Plans, unsupported};
use crate::error::Result;

impl Plans {
    /// The rows in a table of their own: no other call may stand beside UNNEST in its clauses.
    pub(super) fn unnest(&mut self, plan: &LogicalPlan, unnest: &Unnest) -> Result<Block> {
        let outer = match unnest.options.null_handling {
            NullHandling::Drop => false,
            NullHandling::PreserveAndExpandEmpty => true,
            NullHandling::Preserve => return Err(unsupported(plan)),
        };
        let block = self.block(&unnest.input)?;
        let mut block = self.nest(block, &unnest.input);
        let inputs: Vec<Expr> = block.columns.iter().map(|(e, _)| e.clone()).collect();
        let mut columns = vec![];
        let mut fields = std::collections::HashMap::new();
        for ((&from, (_, field)), name) in unnest.dependency_indices.iter().zip(unnest.schema.iter()).zip(names(plan)) {
            let Some(input) = inputs.get(from) else { return Err(unsupported(plan)) };
            let taken =
                unnest.list_type_columns.iter().find(|(i, list)| *i == from && is(&list.output_column, field.name()));
            let expr = if unnest.struct_type_columns.contains(&from) {
                let n: &mut usize = fields.entry(from).or_default();
                *n += 1;
                member(unnest, from, *n - 1, input).ok_or_else(|| unsupported(plan))?
            } else if let Some((_, list)) = taken {
                (0..list.depth).fold(input.clone(), |e, _| Expr::Unnest(UnnestExpr { expr: Box::new(e), outer }))
            } else {
                input.clone()
            };
            columns.push((expr, name));
        }
        block.columns = columns;
        block.star = vec![];
        Ok(self.nest(block, plan))
    }
}

fn is(column: &Column, name: &str) -> bool {
    column.name == name
}

/// The n-th member of a struct.
fn member(unnest: &Unnest, column: usize, n: usize, of: &Expr) -> Option<Expr> {
    let datafusion::arrow::datatypes::DataType::Struct(members) = unnest.input.schema().field(column).data_type()
    else {
        return None;
    };
    let name = Expr::Literal(ScalarValue::from(members.get(n)?.name().as_str()), None);
    let get_field = datafusion::functions::core::get_field();
    Some(Expr::ScalarFunction(ScalarFunction::new_udf(get_field, vec![of.clone(), name])))
}
