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
    Expr, ExprSchemable, Filter, Join, JoinType, LogicalPlan, LogicalPlanBuilder, Operator, Projection, Subquery,
    Values, case, lit,
};
use datafusion::optimizer::AnalyzerRule;

use super::{dependent, subqueries};
use crate::error::{Code, Error, plain};
use crate::order::MARK;
use crate::plan::{is_predicate, is_subquery, subquery_of};

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
            LogicalPlan::Projection(projection)
                if any(&projection.expr, is_predicate)? || any_dependent(&projection.expr)? =>
            {
                self.projection(projection.expr, projection.input).map(Transformed::yes)
            }
            LogicalPlan::Values(values) if any(values.values.iter().flatten(), is_subquery)? => {
                self.values(values).map(Transformed::yes)
            }
            LogicalPlan::Aggregate(_) | LogicalPlan::Window(_) | LogicalPlan::Sort(_) | LogicalPlan::Extension(_)
                if node.inputs().len() == 1 && any(&node.expressions(), is_subquery)? =>
            {
                self.below(node, |e| Ok(is_subquery(e))).map(Transformed::yes)
            }
            LogicalPlan::Filter(filter) if any_dependent([&filter.predicate])? => {
                self.below(LogicalPlan::Filter(filter), dependent_scalar).map(Transformed::yes)
            }
            LogicalPlan::Join(join)
                if join.join_type == JoinType::Inner && any(&join.filter, is_correlated_scalar)? =>
            {
                self.node(filtered(join)?).map(|done| Transformed::yes(done.data))
            }
            LogicalPlan::Join(join) if join.join_type != JoinType::Inner && any(&join.filter, moves)? => {
                self.beside(join).map(Transformed::yes)
            }
            other => Ok(Transformed::no(other)),
        }
    }

    fn name(&mut self, stem: &str) -> String {
        self.count += 1;
        format!("{MARK}{stem}{}", self.count)
    }

    /// The subqueries of a node that are `wanted` as columns of its input.
    fn below(&mut self, node: LogicalPlan, wanted: fn(&Expr) -> Result<bool>) -> Result<LogicalPlan> {
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
                if !wanted(&e)? {
                    return Ok(Transformed::no(e));
                }
                let column = self.column_of(e, &mut known);
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

    /// The column that a subquery becomes.
    fn column_of(&mut self, query: Expr, known: &mut Vec<(Expr, String)>) -> Expr {
        let name = match known.iter().find(|(same, _)| *same == query) {
            Some((_, name)) => name.clone(),
            None => {
                let name = self.name("hq");
                known.push((query, name.clone()));
                name
            }
        };
        Expr::Column(Column::new_unqualified(name))
    }

    /// The subqueries of an outer join's ON as columns of the side whose rows they are about.
    fn beside(&mut self, join: Join) -> Result<LogicalPlan> {
        let visible = join.schema.columns();
        let (mut of_left, mut of_right) = (vec![], vec![]);
        let filter = join.filter.clone().map(|filter| {
            filter.transform_down(|e| {
                let Some(subquery) = subquery_of(&e).filter(|_| moves(&e)) else { return Ok(Transformed::no(e)) };
                let read = outer_columns(&e)?;
                let within = |side: &LogicalPlan| read.iter().all(|c| side.schema().has_column(c));
                let known = if within(&join.left) {
                    &mut of_left
                } else if within(&join.right) {
                    &mut of_right
                } else {
                    return Err(both_sides(subquery));
                };
                Ok(Transformed::new(self.column_of(e, known), true, TreeNodeRecursion::Jump))
            })
        });
        let filter = filter.transpose()?.map(|f| f.data);
        let mut side = |input: Arc<LogicalPlan>, known: Vec<(Expr, String)>| -> Result<Arc<LogicalPlan>> {
            if known.is_empty() {
                return Ok(input);
            }
            let mut columns: Vec<Expr> = input.schema().columns().into_iter().map(Expr::Column).collect();
            columns.extend(known.into_iter().map(|(e, name)| e.alias(name)));
            self.projection(columns, input).map(Arc::new)
        };
        let (left, right) = (side(join.left, of_left)?, side(join.right, of_right)?);
        let join = Join::try_new(
            left,
            right,
            join.on,
            filter,
            join.join_type,
            join.join_constraint,
            join.null_equality,
            join.null_aware,
        )?;
        let visible = visible.into_iter().map(Expr::Column).collect();
        Ok(LogicalPlan::Projection(Projection::try_new(visible, Arc::new(LogicalPlan::Join(join)))?))
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
        let mut input = input;
        let mut done = vec![];
        for expr in prepared {
            let name = names.save(&expr);
            // Children first: what stands for an IN holds no predicate any more.
            let expr = expr.transform_up(|e| {
                let valued = match e {
                    Expr::InSubquery(call) => subqueries::value(call, &schema)?,
                    Expr::SetComparison(comparison) => {
                        let place = comparison.subquery.clone();
                        subqueries::any_or_all(comparison, &schema)?.ok_or_else(|| other_comparison(&place))?
                    }
                    other => return scalar(other, &schema),
                };
                valued.transform_up(|e| scalar(e, &schema))
            })?;
            let expr = expr.data.transform_up(|e| self.dependent(e, &mut input))?;
            done.push(name.restore(expr.data));
        }
        Ok(LogicalPlan::Projection(Projection::try_new(done, input)?))
    }

    /// A scalar subquery that stock cannot take apart as a column of the input.
    fn dependent(&mut self, expr: Expr, input: &mut Arc<LogicalPlan>) -> Result<Transformed<Expr>> {
        let Expr::ScalarSubquery(subquery) = &expr else { return Ok(Transformed::no(expr)) };
        if !dependent::needs(subquery)? {
            return Ok(Transformed::no(expr));
        }
        let name = self.name("hd");
        let joined = dependent::joined(input, subquery, &name)?.ok_or_else(|| too_dependent(subquery))?;
        *input = Arc::new(joined);
        Ok(Transformed::yes(Expr::Column(Column::new_unqualified(name))))
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
            Expr::SetComparison(mut comparison) => {
                comparison.expr = Box::new(self.plain(*comparison.expr, lower));
                return Ok(Transformed::yes(Expr::SetComparison(comparison)));
            }
            other => return Ok(Transformed::no(other)),
        };
        let expr = Box::new(self.plain(*operand, lower));
        Ok(Transformed::yes(Expr::InSubquery(InSubquery { expr, subquery, negated })))
    }

    fn plain(&mut self, operand: Expr, lower: &mut Vec<(Expr, String)>) -> Expr {
        let plain = match &operand {
            Expr::Column(column) => column.name.starts_with(&format!("{MARK}hx")),
            other => matches!(other, Expr::Literal(..) | Expr::OuterReferenceColumn(..)),
        };
        if plain {
            return operand;
        }
        let name = self.name("hx");
        lower.push((operand, name.clone()));
        Expr::Column(Column::new_unqualified(name))
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

fn other_comparison(subquery: &Subquery) -> DataFusionError {
    refused(subquery, "is compared with ANY or ALL by something else than = <> < <= > >=, outside of a filter")
        .with_hint("put the comparison into WHERE, HAVING or QUALIFY")
        .into()
}

fn too_dependent(subquery: &Subquery) -> DataFusionError {
    let why = "looks at the row of the query around it by more than equal columns, and is no aggregate over rows that \
               its WHERE chooses";
    refused(subquery, why).with_hint("compare with =, or write it as a join").into()
}

fn both_sides(subquery: &Subquery) -> DataFusionError {
    refused(subquery, "is about both sides of the outer join in whose ON it stands")
        .with_hint("let it read columns of one side, or compute it in a derived table")
        .into()
}

/// An error about a subquery, which is found in the text by the words for its column.
fn refused(subquery: &Subquery, why: &str) -> Error {
    let column = subquery.subquery.schema().field(0).name();
    Error::new(Code::NotSupported, format!("the subquery of {} {why}", plain(column)))
}

/// The columns of the rows around it that a subquery reads, its operand included.
fn outer_columns(query: &Expr) -> Result<Vec<Column>> {
    let mut found: Vec<Column> = query.column_refs().into_iter().cloned().collect();
    for expr in subquery_of(query).map(|q| q.subquery.all_out_ref_exprs()).unwrap_or_default() {
        expr.apply(|e| {
            if let Expr::OuterReferenceColumn(_, column) = e {
                found.push(column.clone());
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    Ok(found)
}

/// An inner join with its condition above it, where stock takes scalar subqueries about the row.
fn filtered(mut join: Join) -> Result<LogicalPlan> {
    let condition = join.filter.take().unwrap_or_else(|| lit(true));
    Ok(LogicalPlan::Filter(Filter::try_new(condition, Arc::new(LogicalPlan::Join(join)))?))
}

fn is_correlated_scalar(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarSubquery(subquery) if !subquery.outer_ref_columns.is_empty())
}

/// Is it a subquery that stock cannot have in the ON of an outer join?
fn moves(expr: &Expr) -> bool {
    is_predicate(expr) || is_correlated_scalar(expr)
}

/// Is it a scalar subquery that stock cannot take apart?
fn dependent_scalar(expr: &Expr) -> Result<bool> {
    match expr {
        Expr::ScalarSubquery(subquery) => dependent::needs(subquery),
        _ => Ok(false),
    }
}

fn any_dependent<'a>(exprs: impl IntoIterator<Item = &'a Expr>) -> Result<bool> {
    for expr in exprs {
        if expr.exists(dependent_scalar)? {
            return Ok(true);
        }
    }
    Ok(false)
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
