//! CREATE TABLE, with or without a query, and CREATE EXTERNAL TABLE.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, TableReference};
use datafusion::datasource::MemTable;
use datafusion::datasource::listing::ListingTable;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{
    CreateExternalTable, CreateMemoryTable, DdlStatement, Expr, LogicalPlan, Prepare, Projection, SortExpr,
    Statement as PlanStatement,
};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{self, Expr as Ast, ExprWithAlias, OrderByExpr};

use super::catalog::downcast;
use super::statement::planned;
use super::wiring::{self, Declaration};
use super::{Engine, unsupported};
use crate::error::{Code, Error, Result};
use crate::order::{Order, Trust, is_hidden, refuse_hidden};
use crate::plan::{SourceTable, order_of};
use crate::source::positions;
use crate::source::{Keep, MemoryTable, files, memory};

/// What is there already, and what the statement says to that.
enum Existing {
    Skip,
    Replace,
    Create,
}

fn existing(engine: &Engine, name: &TableReference, if_not_exists: bool, or_replace: bool) -> Result<Existing> {
    let exists = engine.context.table_exist(name.clone()).map_err(Error::from)?;
    match (exists, if_not_exists, or_replace) {
        (_, true, true) => Err(Error::new(Code::Clause, "OR REPLACE and IF NOT EXISTS cannot stand in one statement")),
        (true, true, false) => Ok(Existing::Skip),
        (true, false, true) => Ok(Existing::Replace),
        (true, false, false) => Err(Error::new(Code::Argument, format!("there is a table '{name}' already"))
            .with_hint("write CREATE OR REPLACE TABLE, or CREATE TABLE IF NOT EXISTS")
            .about(name.table())),
        (false, ..) => Ok(Existing::Create),
    }
}

fn put(engine: &Engine, name: TableReference, table: SourceTable, existing: &Existing) -> Result<()> {
    if matches!(existing, Existing::Replace) {
        engine.context.deregister_table(name.clone()).map_err(Error::from)?;
    }
    engine.context.register_table(name, Arc::new(table)).map_err(Error::from)?;
    Ok(())
}

/// CREATE TABLE; with a query, the number of its rows.
pub async fn create_table(
    engine: &Engine,
    state: &SessionState,
    create: CreateMemoryTable,
    declared: Option<Declaration>,
) -> Result<Option<u64>> {
    let CreateMemoryTable { name, constraints, input, if_not_exists, or_replace, column_defaults, temporary } = create;
    if temporary {
        return Err(unsupported("there are no temporary tables")
            .with_hint("write CREATE TABLE: a session's tables end with it"));
    }
    let existing = existing(engine, &name, if_not_exists, or_replace)?;
    if matches!(existing, Existing::Skip) {
        return Ok(None);
    }
    let (input, required) = (Arc::new(input.as_ref().clone().recompute_schema().map_err(Error::from)?), input.schema());
    // What is stored lies in source order: ties keep it, whatever the number of partitions.
    let planned = planned(state, &wiring::in_source_order(input.as_ref().clone())?, None).await?;
    let schema = not_null(planned.schema(), required);
    refuse_duplicates(&schema)?;
    let order = match &declared {
        Some(declaration) => Some(resolve(state, &name, &schema, declaration)?),
        None => carried(&input, &schema).map(|order| (order, Trust::Check)),
    };
    let rows = planned.collect().await?;
    let from_query = !matches!(input.as_ref(), LogicalPlan::EmptyRelation(_));
    let mem = MemTable::try_new(Arc::clone(&schema), vec![vec![]])
        .map_err(Error::from)?
        .with_constraints(constraints)
        .with_column_defaults(column_defaults.into_iter().collect());
    let mem = Arc::new(mem);
    let keep = order.as_ref().map(|(order, _)| Keep::new(&schema, order, state)).transpose().map_err(Error::from)?;
    let trusted = matches!(order, Some((_, Trust::Assume)));
    let first = MemoryTable::new(Arc::clone(&mem), if trusted { None } else { keep.clone() });
    let count = first.append(rows, false, state.config().batch_size()).await.map_err(Error::from)?;
    put(engine, name, memory::source(MemoryTable::new(mem, keep), order), &existing)?;
    Ok(from_query.then_some(count))
}

/// For each column of a `CREATE TABLE (…) AS`, is it NOT NULL?
pub fn not_null_columns(statement: &Statement) -> Vec<bool> {
    let Statement::Statement(statement) = statement else { return vec![] };
    let mut statement = statement.as_ref();
    while let ast::Statement::Prepare { statement: inner, .. } = statement {
        statement = inner;
    }
    let ast::Statement::CreateTable(ast::CreateTable { columns, query: Some(_), .. }) = statement else {
        return vec![];
    };
    columns.iter().map(|c| c.options.iter().any(|o| o.option == ast::ColumnOption::NotNull)).collect()
}

/// For each column of the table that a plan makes of a query, can it have no NULL?
pub fn required(plan: &LogicalPlan) -> Vec<bool> {
    match plan {
        LogicalPlan::Ddl(DdlStatement::CreateMemoryTable(create)) => {
            create.input.schema().fields().iter().map(|f| !f.is_nullable()).collect()
        }
        _ => vec![],
    }
}

/// Carries NOT NULL of `CREATE TABLE (…) AS` in the schema of its query: the planner leaves it out.
pub fn declare_not_null(required: &[bool], plan: LogicalPlan) -> Result<LogicalPlan> {
    if let LogicalPlan::Statement(PlanStatement::Prepare(prepare)) = plan {
        let input = Arc::new(declare_not_null(required, Arc::unwrap_or_clone(prepare.input))?);
        return Ok(LogicalPlan::Statement(PlanStatement::Prepare(Prepare { input, ..prepare })));
    }
    let LogicalPlan::Ddl(DdlStatement::CreateMemoryTable(create)) = &plan else { return Ok(plan) };
    let LogicalPlan::Projection(projection) = create.input.as_ref() else { return Ok(plan) };
    if !required.contains(&true) {
        return Ok(plan);
    }
    let fields = projection.schema.iter().enumerate().map(|(i, (qualifier, field))| {
        let nullable = field.is_nullable() && !required.get(i).is_some_and(|required| *required);
        (qualifier.cloned(), Arc::new(field.as_ref().clone().with_nullable(nullable)))
    });
    let schema = DFSchema::new_with_metadata(fields.collect(), projection.schema.metadata().clone());
    let schema = Arc::new(schema.map_err(Error::from)?);
    let input = Projection::try_new_with_schema(projection.expr.clone(), Arc::clone(&projection.input), schema);
    let input = Arc::new(LogicalPlan::Projection(input.map_err(Error::from)?));
    Ok(LogicalPlan::Ddl(DdlStatement::CreateMemoryTable(CreateMemoryTable { input, ..create.clone() })))
}

/// The schema of the rows with the columns that were declared NOT NULL.
fn not_null(rows: &SchemaRef, declared: &DFSchema) -> SchemaRef {
    let fields =
        rows.fields().iter().zip(declared.fields()).map(|(field, declared)| {
            field.as_ref().clone().with_nullable(field.is_nullable() && declared.is_nullable())
        });
    Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), rows.metadata().clone()))
}

/// CREATE EXTERNAL TABLE: stock's table, which may declare an order.
pub async fn create_external(
    engine: &Engine,
    state: &SessionState,
    create: CreateExternalTable,
    declared: Option<Declaration>,
) -> Result<()> {
    let existing = existing(engine, &create.name, create.if_not_exists, create.or_replace)?;
    if matches!(existing, Existing::Skip) {
        return Ok(());
    }
    let kind = create.file_type.to_uppercase();
    let Some(factory) = state.table_factories().get(&kind) else {
        return Err(unsupported(format!("cannot read files of the kind {kind}"))
            .with_hint("STORED AS PARQUET, CSV, JSON or ARROW"));
    };
    let provider = files::inspected(&create.locations.join(", "), factory.create(state, &create)).await?;
    let mut table = match downcast::<ListingTable>(&provider) {
        Some(listing) => files::around(Arc::new(listing.clone())),
        None => SourceTable::new(Arc::clone(&provider), positions::as_they_come(Arc::clone(&provider))),
    };
    if let Some(declaration) = &declared {
        let (order, trust) = resolve(state, &create.name, &provider.schema(), declaration)?;
        table = table.with_declared(order, trust);
    } else if let Some(keys) = create.order_exprs.first() {
        let keys = keys.iter().map(|k| Ok(k.with_expr(unqualified(k.expr.clone())?))).collect::<Result<Vec<_>>>()?;
        table = table.with_stock_order(Order::new(vec![], keys));
    }
    put(engine, create.name, table, &existing)
}

/// A declared order over the table's own columns.
fn resolve(
    state: &SessionState,
    name: &TableReference,
    schema: &SchemaRef,
    declaration: &Declaration,
) -> Result<(Order, Trust)> {
    let named = DFSchema::try_from_qualified_schema(name.table(), schema).map_err(Error::from)?;
    let one = |ast: &Ast| -> Result<Expr> {
        let aliased = ExprWithAlias { expr: ast.clone(), alias: None };
        let expr = state.create_logical_expr_from_sql_expr(aliased, &named).map_err(Error::from)?;
        expr.get_type_of(&named)?;
        unqualified(expr)
    };
    let partition = declaration.partition.iter().map(one).collect::<Result<Vec<_>>>()?;
    let keys = declaration
        .keys
        .iter()
        .map(|OrderByExpr { expr, options, .. }| {
            let asc = options.asc.unwrap_or(true);
            // Absent values go where the greatest values go.
            Ok(SortExpr::new(one(expr)?, asc, options.nulls_first.unwrap_or(!asc)))
        })
        .collect::<Result<Vec<_>>>()?;
    let trust = if declaration.assumed { Trust::Assume } else { Trust::Check };
    Ok((Order::new(partition, keys), trust))
}

trait TypeOf {
    fn get_type_of(&self, schema: &DFSchema) -> Result<()>;
}

impl TypeOf for Expr {
    /// Fails where a column or an operator has no meaning over the schema.
    fn get_type_of(&self, schema: &DFSchema) -> Result<()> {
        use datafusion::logical_expr::ExprSchemable;
        self.get_type(schema).map(|_| ()).map_err(Error::from)
    }
}

fn unqualified(expr: Expr) -> Result<Expr> {
    let done = expr.transform(|e| match e {
        Expr::Column(c) if c.relation.is_some() => Ok(Transformed::yes(Expr::Column(Column::new_unqualified(c.name)))),
        other => Ok(Transformed::no(other)),
    });
    Ok(done.map_err(Error::from)?.data)
}

/// The order that a query's rows carry into a table: its keys as far as they are columns of it.
pub fn carried(query: &LogicalPlan, schema: &Schema) -> Option<Order> {
    let column = |e: &Expr| match e {
        Expr::Column(c) if !is_hidden(&c.name) && schema.field_with_name(&c.name).is_ok() => {
            Some(Expr::Column(Column::new_unqualified(&c.name)))
        }
        _ => None,
    };
    let order = order_of(query)?.while_known(column);
    (!order.partition.is_empty() || !order.keys.is_empty()).then_some(order)
}

/// Refuses columns that people could not ask for: of one name, or of a hidden column's.
pub fn refuse_names(schema: &Schema) -> Result<()> {
    refuse_hidden(schema.fields().iter().map(|f| f.name().as_str()))?;
    refuse_duplicates(schema)
}

/// Columns of one name cannot be told apart.
pub fn refuse_duplicates(schema: &Schema) -> Result<()> {
    let mut seen = HashSet::new();
    match schema.fields().iter().find(|f| !seen.insert(f.name())) {
        None => Ok(()),
        Some(field) => Err(Error::new(Code::SchemaMismatch, format!("the table has two columns '{}'", field.name()))
            .with_hint("give one of them another name with AS")),
    }
}
