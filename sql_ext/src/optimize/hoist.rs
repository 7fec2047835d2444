//! Subqueries that are values: `x IN (S)`, EXISTS and ANY outside of a WHERE, beside and inside sequence calls.
//!
//! Stock plans IN and EXISTS in filters only, and subqueries not at all in most other nodes.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, DataFusionError, ExprSchema, Result, ScalarValue};
use datafusion::functions_aggregate::expr_fn::max;
use datafusion::logical_expr::expr::{Exists, InSubquery, SetComparison, SetQuantifier};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{
    Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Operator, Projection, Subquery, Values, case, lit,
};
use datafusion::optimizer::AnalyzerRule;

use super::subqueries;
use crate::error::{Code, Error};
use crate::order::MARK;
use crate::plan::{is_predicate, is_subquery};

/// The rule; see the module above.
#[derive(Debug)]
pub struct HoistSubqueries;

impl AnalyzerRule for HoistSubqueries {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let mut hoist = Hoist { count: 0 };
        Ok(plan.transform_up_with_subqueries(|node| hoist.node(node))?.data)
    }

    fn name(&self) -> &str {
        "hoist_subqueries"
    }
}

struct Hoist {
    count: usize,
}

impl Hoist {
    fn node(&mut self, node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
        match node {
            LogicalPlan::Projection(projection) if any(&projection.expr, is_predicate)? => {
                self.projection(projection.expr, projection.input).map(Transformed::yes)
            }
            LogicalPlan::Values(values) if any(values.values.iter().flatten(), is_subquery)? => {
                self.values(values).map(Transformed::yes)
            }
            LogicalPlan::Aggregate(_) | LogicalPlan::Window(_) | LogicalPlan::Sort(_) | LogicalPlan::Extension(_)
                if node.inputs().len() == 1 && any(&node.expressions(), is_subquery)? =>
            {
                self.below(node).map(Transformed::yes)
            }
            other => Ok(Transformed::no(other)),
        }
    }

    fn name(&mut self, stem: &str) -> String {
        self.count += 1;
        format!("{MARK}{stem}{}", self.count)
    }

    /// The subqueries of a node as columns of its input.
    fn below(&mut self, node: LogicalPlan) -> Result<LogicalPlan> {
        let visible = node.schema().columns();
        let input = node.inputs()[0].clone();
        let named = matches!(node, LogicalPlan::Aggregate(_) | LogicalPlan::Window(_));
        let names = NamePreserver::new_for_projection();
        let mut columns: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
        let mut known: Vec<(Expr, String)> = vec![];
        let mut replaced = vec![];
        for expr in node.expressions() {
            let name = names.save(&expr);
            let new = expr.transform_down(|e| {
                if !is_subquery(&e) {
                    return Ok(Transformed::no(e));
                }
                let name = match known.iter().find(|(same, _)| *same == e) {
                    Some((_, name)) => name.clone(),
                    None => {
                        let name = self.name("hq");
                        known.push((e, name.clone()));
                        name
                    }
                };
                let column = Expr::Column(Column::new_unqualified(name));
                Ok(Transformed::new(column, true, TreeNodeRecursion::Jump))
            })?;
            replaced.push(if named && new.transformed { name.restore(new.data) } else { new.data });
        }
        columns.extend(known.into_iter().map(|(e, name)| e.alias(name)));
        let input = self.projection(columns, Arc::new(input))?;
        let node = node.with_new_exprs(replaced, vec![input])?;
        if node.schema().columns() == visible {
            return Ok(node);
        }
        let visible = visible.into_iter().map(Expr::Column).collect();
        Ok(LogicalPlan::Projection(Projection::try_new(visible, Arc::new(node))?))
    }

    /// A projection with IN, EXISTS and ANY as scalar subqueries, which stock joins or computes first.
    fn projection(&mut self, exprs: Vec<Expr>, input: Arc<LogicalPlan>) -> Result<LogicalPlan> {
        let names = NamePreserver::new_for_projection();
        let mut lower: Vec<(Expr, String)> = vec![];
        let mut prepared = vec![];
        for expr in exprs {
            let name = names.save(&expr);
            let expr = expr.transform_up(|e| self.operand(e, &mut lower))?;
            prepared.push(name.restore(expr.data));
        }
        let input = if lower.is_empty() {
            input
        } else {
            let mut columns: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
            columns.extend(lower.into_iter().map(|(e, name)| e.alias(name)));
            Arc::new(self.projection(columns, input)?)
        };
        let schema = Arc::clone(input.schema());
        let mut done = vec![];
        for expr in prepared {
            let name = names.save(&expr);
            // Children first: what stands for an IN holds no predicate any more.
            let expr = expr.transform_up(|e| match e {
                Expr::InSubquery(call) => {
                    let valued = subqueries::value(call, &schema)?;
                    valued.transform_up(|e| scalar(e, &schema))
                }
                other => scalar(other, &schema),
            })?;
            done.push(name.restore(expr.data));
        }
        Ok(LogicalPlan::Projection(Projection::try_new(done, input)?))
    }

    /// What a subquery is compared with, as a constant or a column that no other relation has: stock takes
    /// columns of one name for one, and the subquery may be over the same table.
    fn operand(&mut self, expr: Expr, lower: &mut Vec<(Expr, String)>) -> Result<Transformed<Expr>> {
        let (operand, subquery, negated) = match expr {
            Expr::InSubquery(InSubquery { expr, subquery, negated }) => (expr, subquery, negated),
            Expr::SetComparison(SetComparison { expr, subquery, op: Operator::Eq, quantifier: SetQuantifier::Any }) => {
                (expr, subquery, false)
            }
            Expr::SetComparison(SetComparison {
                expr,
                subquery,
                op: Operator::NotEq,
                quantifier: SetQuantifier::All,
            }) => (expr, subquery, true),
            Expr::SetComparison(_) => return Err(other_comparison()),
            other => return Ok(Transformed::no(other)),
        };
        let plain = match operand.as_ref() {
            Expr::Column(column) => column.name.starts_with(&format!("{MARK}hx")),
            other => matches!(other, Expr::Literal(..) | Expr::OuterReferenceColumn(..)),
        };
        let expr = if plain {
            operand
        } else {
            let name = self.name("hx");
            lower.push((*operand, name.clone()));
            Box::new(Expr::Column(Column::new_unqualified(name)))
        };
        Ok(Transformed::yes(Expr::InSubquery(InSubquery { expr, subquery, negated })))
    }

    /// VALUES with the subqueries in a projection above: each row picks its own by its number.
    fn values(&mut self, values: Values) -> Result<LogicalPlan> {
        let schema = Arc::clone(&values.schema);
        let number = self.name("hv");
        let row_number = Expr::Column(Column::new_unqualified(&number));
        let mut cells: Vec<Vec<(usize, Expr)>> = vec![vec![]; schema.fields().len()];
        let mut rows = values.values;
        for (i, row) in rows.iter_mut().enumerate() {
            for (j, cell) in row.iter_mut().enumerate() {
                if cell.exists(|e| Ok(is_subquery(e)))? {
                    let null = ScalarValue::try_from(schema.field(j).data_type())?;
                    let query = std::mem::replace(cell, lit(null));
                    cells[j].push((i, query.cast_to(schema.field(j).data_type(), &schema)?));
                }
            }
            row.push(lit(i64::try_from(i).unwrap_or(i64::MAX)));
        }
        let plan = LogicalPlanBuilder::values(rows)?.build()?;
        let mut inner = plan.schema().columns();
        let last = inner.pop().map(Expr::Column).map(|e| e.alias(&number));
        let numbered = inner.iter().cloned().map(Expr::Column).chain(last).collect();
        let plan = LogicalPlan::Projection(Projection::try_new(numbered, Arc::new(plan))?);
        let mut exprs = vec![];
        for (column, queries) in inner.into_iter().zip(cells) {
            let field = schema.field_with_unqualified_name(&column.name)?.data_type().clone();
            let rest = Expr::Column(column.clone()).cast_to(&field, plan.schema())?;
            let mut queries = queries.into_iter();
            let Some((first, query)) = queries.next() else {
                exprs.push(rest.alias(&column.name));
                continue;
            };
            let index = |i: usize| lit(i64::try_from(i).unwrap_or(i64::MAX));
            let mut picked = case(row_number.clone()).when(index(first), query);
            for (i, query) in queries {
                picked = picked.when(index(i), query);
            }
            exprs.push(picked.otherwise(rest)?.alias(&column.name));
        }
        self.projection(exprs, Arc::new(plan))
    }
}

fn other_comparison() -> DataFusionError {
    Error::new(Code::NotSupported, "a comparison with ANY or ALL that is neither = ANY nor <> ALL, outside of a filter")
        .with_hint("compare with (SELECT MIN(…) …) or (SELECT MAX(…) …), or put it into WHERE, HAVING or QUALIFY")
        .into()
}

/// IN and EXISTS as the one value of a subquery.
fn scalar(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let value = match expr {
        Expr::Exists(Exists { subquery, negated }) => {
            let found = holds_row(subquery)?;
            if negated { Expr::IsNotTrue(Box::new(found)) } else { Expr::IsTrue(Box::new(found)) }
        }
        Expr::InSubquery(InSubquery { expr, subquery, negated: false }) => {
            let (relation, field) = subquery.subquery.schema().qualified_field(0);
            let column = Expr::Column(Column::from((relation, field)));
            let operand = match *expr {
                Expr::Column(c) => Expr::OuterReferenceColumn(Arc::clone(schema.field_from_column(&c)?), c),
                other => other,
            };
            let plan = LogicalPlanBuilder::from(Arc::clone(&subquery.subquery)).filter(column.eq(operand))?.build()?;
            let outer_ref_columns = plan.all_out_ref_exprs();
            let equal = Subquery { subquery: Arc::new(plan), outer_ref_columns, spans: subquery.spans };
            Expr::IsTrue(Box::new(holds_row(equal)?))
        }
        other => return Ok(Transformed::no(other)),
    };
    Ok(Transformed::yes(value))
}

/// True where the subquery has a row, NULL where not: nothing has to be made up for a row without a partner.
fn holds_row(subquery: Subquery) -> Result<Expr> {
    let mut plan = LogicalPlanBuilder::from(Arc::clone(&subquery.subquery));
    if subquery.outer_ref_columns.is_empty() {
        plan = plan.limit(0, Some(1))?;
    }
    let plan = plan.aggregate(Vec::<Expr>::new(), vec![max(lit(true)).alias(format!("{MARK}held"))])?.build()?;
    Ok(Expr::ScalarSubquery(subquery.with_plan(Arc::new(plan))))
}

fn any<'a>(exprs: impl IntoIterator<Item = &'a Expr>, test: fn(&Expr) -> bool) -> Result<bool> {
    for expr in exprs {
        if expr.exists(|e| Ok(test(e)))? {
            return Ok(true);
        }
    }
    Ok(false)
}
