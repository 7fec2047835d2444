//! Plans as the object API holds them: immutable, lazy, run on request.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{Field, Int64Type, Schema, SchemaRef};
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::placeholder_row::PlaceholderRowExec;

use super::statement::planned;
use super::stream::{Planned, RowStream};
use super::{Engine, Task, ddl, wiring, write};
use crate::error::{Code, Error, Result};
use crate::order::{Order, Trust, is_hidden, refuse_hidden};
use crate::source::memory;
use crate::types::type_name;

/// A relation that somebody may look at.
#[derive(Clone)]
pub struct Plan {
    engine: Arc<Engine>,
    logical: LogicalPlan,
    name: Option<String>,
    held: Option<Arc<Held>>,
}

/// Rows that were collected, in delivery order.
struct Held {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    order: Option<Order>,
}

impl Plan {
    pub(super) fn new(engine: Arc<Engine>, logical: LogicalPlan, name: Option<String>) -> Self {
        Plan { engine, logical, name, held: None }
    }

    /// The session it belongs to.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// The plan as it was built.
    pub fn logical(&self) -> &LogicalPlan {
        &self.logical
    }

    /// The source's name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The visible columns.
    pub fn schema(&self) -> SchemaRef {
        let inner = self.logical.schema().inner();
        let fields: Vec<_> = inner.fields().iter().filter(|f| !is_hidden(f.name())).cloned().collect();
        Arc::new(Schema::new_with_metadata(fields, inner.metadata().clone()))
    }

    /// Sort keys that are columns, with descending or not; see the interface.
    pub fn order(&self) -> Option<Vec<(String, bool)>> {
        wiring::sort_keys(&self.logical)
    }

    /// One verb more.
    pub fn verb(&self, name: &str, payload: &str, others: &[Plan]) -> Result<Plan> {
        let others: Vec<LogicalPlan> = others.iter().map(|p| p.logical.clone()).collect();
        let logical = wiring::verb(&self.engine.state(), &self.logical, name, payload, &others)?;
        Ok(Plan { engine: Arc::clone(&self.engine), logical, name: self.name.clone(), held: None })
    }

    /// The type of an expression over this plan.
    pub fn expr_type(&self, payload: &str, others: &[Plan]) -> Result<String> {
        let others: Vec<LogicalPlan> = others.iter().map(|p| p.logical.clone()).collect();
        wiring::expr_type(&self.engine.state(), &self.logical, payload, &others)
    }

    /// The SQL text of an expression over this plan.
    pub fn expr_text(&self, payload: &str, others: &[Plan]) -> Result<String> {
        let others: Vec<LogicalPlan> = others.iter().map(|p| p.logical.clone()).collect();
        wiring::expr_text(&self.engine.state(), &self.logical, payload, &others)
    }

    async fn planned(&self) -> Result<Planned> {
        let logical = wiring::in_source_order(self.logical.clone())?;
        planned(&self.engine.state(), &logical, None).await
    }

    /// Plans the rows; they start at the first look.
    pub fn run(&self) -> Result<Task<RowStream>> {
        let this = self.clone();
        self.engine.spawn(async move {
            let planned = this.planned().await?;
            Ok(RowStream::new(planned, &this.engine.interrupts))
        })
    }

    async fn planned_count(&self) -> Result<Planned> {
        let counted = LogicalPlanBuilder::from(self.logical.clone())
            .aggregate(Vec::<Expr>::new(), vec![count(lit(1_i64))])
            .and_then(|b| b.build())
            .map_err(Error::from)?;
        planned(&self.engine.state(), &counted, None).await
    }

    /// Counts the rows, from metadata where that is possible.
    pub fn count(&self) -> Result<Task<u64>> {
        let this = self.clone();
        self.engine.spawn(async move { number(&this.planned_count().await?).await })
    }

    /// The count, where no scan is needed for it.
    pub fn known_count(&self) -> Result<Task<Option<u64>>> {
        let this = self.clone();
        self.engine.spawn(async move {
            let planned = this.planned_count().await?;
            if reads_nothing(&planned.plan) { number(&planned).await.map(Some) } else { Ok(None) }
        })
    }

    /// Runs, and holds the rows in memory with order and name.
    pub fn collect(&self) -> Result<Task<Plan>> {
        let this = self.clone();
        self.engine.spawn(async move {
            let (logical, order) = wiring::held(this.logical.clone())?;
            let logical = wiring::in_source_order(logical)?;
            let planned = planned(&this.engine.state(), &logical, None).await?.with_hidden();
            let schema = Arc::clone(planned.schema());
            let batches = planned.collect().await?;
            this.holding(Held { schema, batches, order })
        })
    }

    fn holding(&self, held: Held) -> Result<Plan> {
        ddl::refuse_duplicates(&held.schema)?;
        let declared = held.order.clone().map(|order| (order, Trust::Assume));
        let table = memory::table(Arc::clone(&held.schema), held.batches.clone(), declared).map_err(Error::from)?;
        let mut plan = self.engine.scan(self.name.as_deref(), table)?;
        plan.logical = wiring::bare(plan.logical)?;
        plan.held = Some(Arc::new(held));
        Ok(plan)
    }

    /// The number of rows of a held plan.
    pub fn held_rows(&self) -> Option<usize> {
        self.held.as_ref().map(|held| held.batches.iter().map(RecordBatch::num_rows).sum())
    }

    /// A held plan with one more or one replaced column.
    pub fn attach(&self, name: &str, values: &ArrayRef) -> Result<Plan> {
        let Some(held) = &self.held else {
            return Err(Error::new(Code::Argument, "values can be attached to collected rows only"));
        };
        refuse_hidden([name])?;
        let rows: usize = held.batches.iter().map(RecordBatch::num_rows).sum();
        if values.len() != rows {
            return Err(Error::new(Code::Argument, format!("{} values for {rows} rows", values.len())));
        }
        let mut fields = held.schema.fields().to_vec();
        let field = Arc::new(Field::new(name, values.data_type().clone(), true));
        let at = fields.iter().position(|f| f.name() == name);
        match at {
            Some(i) => fields[i] = field,
            None => fields.push(field),
        }
        let schema = Arc::new(Schema::new_with_metadata(fields, held.schema.metadata().clone()));
        let mut from = 0;
        let mut batches = vec![];
        for batch in &held.batches {
            let piece = values.slice(from, batch.num_rows());
            from += batch.num_rows();
            let mut columns = batch.columns().to_vec();
            match at {
                Some(i) => columns[i] = piece,
                None => columns.push(piece),
            }
            batches.push(RecordBatch::try_new(Arc::clone(&schema), columns)?);
        }
        let order = held.order.clone().map(|order| if at.is_some() { without(order, name) } else { order });
        self.holding(Held { schema, batches, order })
    }

    /// Runs, and writes one file; `options` is JSON.
    pub fn write(&self, path: &str, options: &str) -> Result<Task<()>> {
        let options = write::Options::parse(options)?;
        let (this, path) = (self.clone(), path.to_string());
        self.engine.spawn(async move { write::write(&this.planned().await?, &path, &options).await })
    }

    /// Logical and physical plan as text.
    pub fn explain(&self) -> Result<Task<(String, String)>> {
        let this = self.clone();
        self.engine.spawn(async move {
            let state = this.engine.state();
            let logical = wiring::in_source_order(this.logical.clone())?;
            let optimized = state.optimize(&logical).map_err(Error::from)?;
            let physical = state.query_planner().create_physical_plan(&optimized, &state).await.map_err(Error::from)?;
            Ok((wiring::logical(&this.logical), wiring::physical(&physical)))
        })
    }

    /// The plan as SQL.
    pub fn to_sql(&self) -> Result<String> {
        wiring::to_sql(&self.logical)
    }

    /// The plan as the parity tests compare it.
    pub fn canonical(&self) -> String {
        wiring::canonical(&self.logical)
    }
}

/// The visible columns with types as people spell them, and whether they may be NULL.
pub fn described(schema: &Schema) -> Vec<(String, String, bool)> {
    schema.fields().iter().map(|f| (f.name().clone(), type_name(f.data_type()), f.is_nullable())).collect()
}

async fn number(planned: &Planned) -> Result<u64> {
    let batches = planned.collect().await?;
    let first = batches.first().filter(|b| b.num_rows() == 1).map(|b| b.column(0));
    let value = first.and_then(|c| c.as_primitive_opt::<Int64Type>()).filter(|c| !c.is_null(0)).map(|c| c.value(0));
    value.and_then(|n| u64::try_from(n).ok()).ok_or_else(|| Error::new(Code::Internal, "a count gave no number"))
}

/// No operator of the plan reads rows: the count was in the metadata.
fn reads_nothing(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let children = plan.children();
    if children.is_empty() { plan.is::<PlaceholderRowExec>() } else { children.into_iter().all(reads_nothing) }
}

/// An order that ends before the column that was replaced.
fn without(order: Order, name: &str) -> Order {
    order.while_known(|e| (!matches!(e, Expr::Column(c) if c.name == name)).then(|| e.clone()))
}

/// A batch of columns; a count where there are none.
pub fn batch_of(names: Vec<String>, columns: Vec<ArrayRef>, rows: Option<usize>) -> Result<RecordBatch> {
    if names.len() != columns.len() {
        return Err(Error::new(Code::Argument, "as many names as columns are needed"));
    }
    let rows = rows.or_else(|| columns.first().map(|c| c.len()));
    let fields: Vec<Field> =
        names.iter().zip(&columns).map(|(n, c)| Field::new(n, c.data_type().clone(), true)).collect();
    let options = RecordBatchOptions::new().with_row_count(rows);
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .map_err(|_| Error::new(Code::Argument, "the columns have different lengths"))
}
