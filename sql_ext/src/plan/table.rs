//! Tables of a session: a stock provider with a declared order and, when the binder
//! asks for it, a column with each row's position.

use std::any::Any;
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Constraints, Result, Statistics};
use datafusion::logical_expr::dml::InsertOp;
use datafusion::logical_expr::{Expr, LogicalPlan, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;

use crate::error::{Code, Error};
use crate::order::{Order, Trust, hidden};

/// A source that can number its rows.
#[async_trait]
pub trait PositionedScan: Debug + Send + Sync {
    /// Scans the table's columns `projection`, then the position as the last column, named `position`.
    ///
    /// The positions are unique and increase in source order; the plan's partitions
    /// follow each other, and each declares the order of the position. Filters are
    /// those that [`SourceTable`] let through and may be used for pruning only.
    async fn scan(
        &self,
        state: &dyn Session,
        projection: &[usize],
        filters: &[Expr],
        position: &str,
    ) -> Result<Arc<dyn ExecutionPlan>>;

    /// May filters be handed to [`scan`](Self::scan) for pruning?
    fn prunes(&self) -> bool;
}

/// A table that LTSeq knows: stock in everything but order.
#[derive(Debug, Clone)]
pub struct SourceTable {
    inner: Arc<dyn TableProvider>,
    scan: Arc<dyn PositionedScan>,
    declared: Option<(Order, Trust)>,
    stock: bool,
    unnamed: bool,
    files: Arc<[PathBuf]>,
    /// Does a file stand twice among them? The base would read it once.
    repeats: bool,
    position: Option<(String, SchemaRef)>,
}

impl SourceTable {
    /// Wraps a stock provider; `scan` reads the same rows with their positions.
    pub fn new(inner: Arc<dyn TableProvider>, scan: Arc<dyn PositionedScan>) -> Self {
        let files = Arc::new([]);
        let (declared, position) = (None, None);
        SourceTable { inner, scan, declared, stock: false, unnamed: false, files, repeats: false, position }
    }

    /// Declares an order over the table's (unqualified) columns.
    pub fn with_declared(mut self, order: Order, trust: Trust) -> Self {
        self.declared = Some((order, trust));
        self
    }

    /// Declares an order in stock words (`WITH ORDER`): checked where an operator of ours relies
    /// on it, and no reason for a statement to be an ordered one.
    pub fn with_stock_order(mut self, order: Order) -> Self {
        self.declared = Some((order, Trust::Check));
        self.stock = true;
        self
    }

    /// Files that were there when the table was made: a scan fails where one is gone.
    pub fn with_files(mut self, files: &[PathBuf]) -> Self {
        self.files = files.into();
        let mut seen = HashSet::new();
        self.repeats = !files.iter().all(|file| seen.insert(file));
        self
    }

    /// The base lists files anew for every scan, and takes one that is gone for one without rows.
    fn require_files(&self) -> Result<()> {
        match self.files.iter().find(|path| !path.exists()) {
            None => Ok(()),
            Some(gone) => {
                let text = format!("the file '{}' is gone", gone.display());
                Err(Error::new(Code::FileNotFound, text).with_hint("it was there when the table was made").into())
            }
        }
    }

    /// Marks a table whose name the engine made up.
    pub fn without_name(mut self) -> Self {
        self.unnamed = true;
        self
    }

    /// Did the engine make up the table's name?
    pub fn is_unnamed(&self) -> bool {
        self.unnamed
    }

    /// Does another table read the same rows: the same provider, or the same files?
    pub fn is(&self, other: &SourceTable) -> bool {
        let files = !self.files.is_empty() && self.files == other.files && self.schema() == other.schema();
        files || Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Does the table declare an order in words of ours?
    pub fn speaks_of_order(&self) -> bool {
        self.declared.is_some() && !self.stock
    }

    /// The declared order.
    pub fn declared(&self) -> Option<(Order, Trust)> {
        self.declared.clone()
    }

    /// The stock provider inside.
    pub fn inner(&self) -> &Arc<dyn TableProvider> {
        &self.inner
    }

    /// The table with one more column, `position`, at the end.
    pub fn positioned(&self, position: &str) -> Self {
        let mut fields = self.inner.schema().fields().to_vec();
        fields.push(Arc::new(Field::new(position, DataType::Int64, false)));
        let schema = Schema::new_with_metadata(fields, self.inner.schema().metadata().clone());
        let mut table = self.clone();
        table.position = Some((position.to_string(), Arc::new(schema)));
        table
    }

    /// The table behind a provider, if it is one of ours.
    pub fn of(provider: &dyn TableProvider) -> Option<&SourceTable> {
        (provider as &dyn Any).downcast_ref::<SourceTable>()
    }
}

#[async_trait]
impl TableProvider for SourceTable {
    fn schema(&self) -> SchemaRef {
        match &self.position {
            Some((_, schema)) => Arc::clone(schema),
            None => self.inner.schema(),
        }
    }

    fn constraints(&self) -> Option<&Constraints> {
        self.inner.constraints()
    }

    fn table_type(&self) -> TableType {
        self.inner.table_type()
    }

    fn get_table_definition(&self) -> Option<&str> {
        self.inner.get_table_definition()
    }

    fn get_logical_plan(&'_ self) -> Option<Cow<'_, LogicalPlan>> {
        self.inner.get_logical_plan()
    }

    fn get_column_default(&self, column: &str) -> Option<&Expr> {
        self.inner.get_column_default(column)
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.require_files()?;
        let unasked = hidden("unasked", 0);
        let (position, width) = match &self.position {
            Some((position, schema)) => (position, schema.fields().len()),
            None if self.repeats => (&unasked, self.inner.schema().fields().len()),
            None => return self.inner.scan(state, projection, filters, limit).await,
        };
        let at = self.inner.schema().fields().len();
        let all: Vec<usize> = projection.cloned().unwrap_or_else(|| (0..width).collect());
        let columns: Vec<usize> = all.iter().copied().filter(|i| *i != at).collect();
        let plan = self.scan.scan(state, &columns, filters, position).await?;
        arrange(plan, &all, at)
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        match &self.position {
            None => self.inner.supports_filters_pushdown(filters),
            Some((position, _)) => Ok(filters
                .iter()
                .map(|f| {
                    let ours = f.column_refs().iter().any(|c| c.name == *position);
                    if ours || !self.scan.prunes() {
                        TableProviderFilterPushDown::Unsupported
                    } else {
                        TableProviderFilterPushDown::Inexact
                    }
                })
                .collect()),
        }
    }

    fn statistics(&self) -> Option<Statistics> {
        match &self.position {
            None if !self.repeats => self.inner.statistics(),
            _ => None,
        }
    }

    async fn insert_into(
        &self,
        state: &dyn Session,
        input: Arc<dyn ExecutionPlan>,
        insert_op: InsertOp,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.inner.insert_into(state, input, insert_op).await
    }

    async fn delete_from(&self, state: &dyn Session, filters: Vec<Expr>) -> Result<Arc<dyn ExecutionPlan>> {
        self.inner.delete_from(state, filters).await
    }

    async fn update(
        &self,
        state: &dyn Session,
        assignments: Vec<(String, Expr)>,
        filters: Vec<Expr>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.inner.update(state, assignments, filters).await
    }

    async fn truncate(&self, state: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
        self.inner.truncate(state).await
    }
}

/// Puts the scanned columns, position last, into the order that the projection asks for.
fn arrange(plan: Arc<dyn ExecutionPlan>, all: &[usize], at: usize) -> Result<Arc<dyn ExecutionPlan>> {
    use datafusion::physical_expr::expressions::Column;
    use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
    if all.last() == Some(&at) && all.iter().filter(|i| **i == at).count() == 1 {
        return Ok(plan);
    }
    let schema = plan.schema();
    let last = schema.fields().len() - 1;
    let mut next = 0;
    let mut exprs = Vec::with_capacity(all.len());
    for i in all {
        let index = if *i == at { last } else { next };
        next += usize::from(*i != at);
        let name = schema.field(index).name().clone();
        exprs.push(ProjectionExpr { expr: Arc::new(Column::new(&name, index)), alias: name });
    }
    Ok(Arc::new(ProjectionExec::try_new(exprs, plan)?))
}
