//! The numbers of a range, made while they are read.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, Statistics, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType, col};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, ReplaceChildrenOptions,
};
use futures::stream;

use crate::error::{Code, Error};
use crate::order::{Order, Trust};
use crate::plan::{PositionedScan, SourceTable};

const VALUE: &str = "value";

/// `start, start + step, …` up to but without `stop`, as Python's range, in that order.
pub fn table(start: i64, stop: i64, step: i64) -> crate::error::Result<SourceTable> {
    if step == 0 {
        return Err(Error::new(Code::Argument, "the step of a range is not 0"));
    }
    let (from, to, by) = (i128::from(start), i128::from(stop), i128::from(step));
    let count = if step > 0 { (to - from + by - 1).div_euclid(by) } else { (from - to - by - 1).div_euclid(-by) };
    let Ok(count) = i64::try_from(count.max(0)) else {
        return Err(Error::new(Code::Argument, "the range has too many numbers"));
    };
    let numbers = Numbers { start, step, count };
    let schema = Arc::new(Schema::new(vec![Field::new(VALUE, DataType::Int64, false)]));
    let order = Order::new(vec![], vec![col(VALUE).sort(step > 0, step < 0)]);
    let scan = Arc::new(RangeScan { numbers });
    Ok(SourceTable::new(Arc::new(RangeTable { numbers, schema }), scan).with_declared(order, Trust::Assume))
}

#[derive(Debug, Clone, Copy)]
struct Numbers {
    start: i64,
    step: i64,
    count: i64,
}

#[derive(Debug)]
struct RangeTable {
    numbers: Numbers,
    schema: SchemaRef,
}

#[async_trait]
impl TableProvider for RangeTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let value = projection.is_none_or(|p| !p.is_empty());
        Ok(Arc::new(RangeExec::new(self.numbers, value, None)))
    }
}

#[derive(Debug)]
struct RangeScan {
    numbers: Numbers,
}

#[async_trait]
impl PositionedScan for RangeScan {
    async fn scan(
        &self,
        _state: &dyn Session,
        projection: &[usize],
        _filters: &[Expr],
        position: &str,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(RangeExec::new(self.numbers, !projection.is_empty(), Some(position))))
    }

    fn prunes(&self) -> bool {
        false
    }
}

/// Makes the numbers, and each one's place where that is asked for.
#[derive(Debug)]
struct RangeExec {
    numbers: Numbers,
    value: bool,
    position: bool,
    properties: Arc<PlanProperties>,
}

impl RangeExec {
    fn new(numbers: Numbers, value: bool, position: Option<&str>) -> Self {
        let mut fields = vec![];
        if value {
            fields.push(Field::new(VALUE, DataType::Int64, false));
        }
        fields.extend(position.map(|name| Field::new(name, DataType::Int64, false)));
        let schema = Arc::new(Schema::new(fields));
        let mut equivalences = EquivalenceProperties::new(Arc::clone(&schema));
        for (index, field) in schema.fields().iter().enumerate() {
            let descending = field.name() == VALUE && position != Some(VALUE) && numbers.step < 0;
            let options = SortOptions { descending, nulls_first: descending };
            let expr = Arc::new(Column::new(field.name(), index));
            equivalences.add_ordering([PhysicalSortExpr { expr, options }]);
        }
        let partitioning = Partitioning::UnknownPartitioning(1);
        let properties =
            PlanProperties::new(equivalences, partitioning, EmissionType::Incremental, Boundedness::Bounded);
        RangeExec { numbers, value, position: position.is_some(), properties: Arc::new(properties) }
    }

    fn batch(&self, from: i64, to: i64) -> Result<RecordBatch> {
        let Numbers { start, step, .. } = self.numbers;
        let mut columns: Vec<ArrayRef> = vec![];
        if self.value {
            // The last number is in range, so none before it overflows.
            columns.push(Arc::new(Int64Array::from_iter_values(
                (from..to).map(|i| start.wrapping_add(i.wrapping_mul(step))),
            )));
        }
        if self.position {
            columns.push(Arc::new(Int64Array::from_iter_values(from..to)));
        }
        let options = RecordBatchOptions::new().with_row_count(usize::try_from(to - from).ok());
        Ok(RecordBatch::try_new_with_options(self.schema(), columns, &options)?)
    }
}

impl DisplayAs for RangeExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        let Numbers { start, step, count } = self.numbers;
        write!(f, "RangeExec: start={start}, step={step}, count={count}")
    }
}

impl ExecutionPlan for RangeExec {
    fn name(&self) -> &str {
        "RangeExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![]
    }

    fn replace_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn partition_statistics(&self, _: Option<usize>) -> Result<Arc<Statistics>> {
        let rows = usize::try_from(self.numbers.count).map_or(Precision::Absent, Precision::Exact);
        Ok(Arc::new(Statistics { num_rows: rows, ..Statistics::new_unknown(&self.schema()) }))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition != 0 {
            return internal_err!("a range has one partition");
        }
        let step = i64::try_from(context.session_config().batch_size()).unwrap_or(8192).max(1);
        let this = RangeExec { properties: Arc::clone(&self.properties), ..*self };
        let batches = stream::unfold(0_i64, move |from| {
            let to = this.numbers.count.min(from.saturating_add(step));
            let next = (from < to).then(|| (this.batch(from, to), to));
            // Lets a waiting cancellation in between two batches.
            async move {
                tokio::task::yield_now().await;
                next
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches)))
    }
}
