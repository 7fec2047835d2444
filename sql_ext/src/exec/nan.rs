//! What the statistics of Parquet files say of floats: their bounds leave NaN out, which comes after all numbers.
//!
//! ```text
//! row group  1.0 2.0 NaN   min 1.0, max 2.0      f > 5 ⇒ not skipped: NaN is greater
//!                                                f < 0 ⇒ skipped
//!                                                max(f) ⇒ read, not taken from the file's end
//! ```

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::stats::Precision;
use datafusion::common::{Result, ScalarValue, Statistics};
use datafusion::datasource::physical_plan::{
    FileGroup, FileScanConfig, FileScanConfigBuilder, FileSource, ParquetSource,
};
use datafusion::datasource::source::DataSourceExec;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, Literal};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{PhysicalExpr, conjunction, split_conjunction};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;

use super::rules::replaced;

/// Before the stock rules: no answer is taken from the bounds of floats.
#[derive(Debug)]
pub struct FloatsWithoutBounds;

impl PhysicalOptimizerRule for FloatsWithoutBounds {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        parquet_scans(plan, |config, _| {
            let schema = Arc::clone(config.file_schema());
            let floats: Vec<usize> =
                (0..schema.fields().len()).filter(|i| schema.field(*i).data_type().is_floating()).collect();
            (!floats.is_empty()).then(|| {
                let groups = config.file_groups.iter().map(|group| without_bounds(group, &floats)).collect();
                let table = unbounded(config.statistics(), &floats);
                FileScanConfigBuilder::from(config.clone()).with_file_groups(groups).with_statistics(table)
            })
        })
    }

    fn name(&self) -> &str {
        "floats_without_bounds"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn without_bounds(group: &FileGroup, floats: &[usize]) -> FileGroup {
    let files = group.iter().map(|file| {
        let mut file = file.clone();
        file.statistics = file.statistics.map(|known| Arc::new(unbounded(Statistics::clone(&known), floats)));
        file
    });
    FileGroup::new(files.collect())
}

fn unbounded(mut known: Statistics, floats: &[usize]) -> Statistics {
    for i in floats {
        if let Some(column) = known.column_statistics.get_mut(*i) {
            column.min_value = Precision::Absent;
            column.max_value = Precision::Absent;
            column.sum_value = Precision::Absent;
        }
    }
    known
}

/// After the stock rules: of the conditions that files are skipped by, those stay that no NaN meets.
#[derive(Debug)]
pub struct NoSkippedNan;

impl PhysicalOptimizerRule for NoSkippedNan {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, options: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        // Where the scan filters itself, its conditions are no hints.
        if options.execution.parquet.pushdown_filters {
            return Ok(plan);
        }
        parquet_scans(plan, |config, source| {
            let predicate = &source.filter()?;
            let schema = config.file_schema();
            let parts = split_conjunction(predicate);
            let met_by_nan = |part: &&Arc<dyn PhysicalExpr>| {
                let floats = |c: &Column| schema.field_with_name(c.name()).is_ok_and(|f| f.data_type().is_floating());
                collect_columns(part).iter().any(floats) && !excludes_nan(part)
            };
            if !parts.iter().any(met_by_nan) {
                return None;
            }
            let kept = parts.into_iter().filter(|part| !met_by_nan(part)).cloned();
            let source = source.with_predicate(conjunction(kept));
            Some(FileScanConfigBuilder::from(config.clone()).with_source(Arc::new(source)))
        })
    }

    fn name(&self) -> &str {
        "no_skipped_nan"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Is this a column that must be less than, or equal to, a number?
fn excludes_nan(part: &Arc<dyn PhysicalExpr>) -> bool {
    let Some(compared) = part.downcast_ref::<BinaryExpr>() else { return false };
    let number = |e: &Arc<dyn PhysicalExpr>| {
        e.downcast_ref::<Literal>().is_some_and(|literal| match literal.value() {
            ScalarValue::Float64(Some(v)) => !v.is_nan(),
            ScalarValue::Float32(Some(v)) => !v.is_nan(),
            _ => false,
        })
    };
    let column = |e: &Arc<dyn PhysicalExpr>| e.is::<Column>();
    match compared.op() {
        Operator::Lt | Operator::LtEq => column(compared.left()) && number(compared.right()),
        Operator::Gt | Operator::GtEq => number(compared.left()) && column(compared.right()),
        Operator::Eq => {
            column(compared.left()) && number(compared.right()) || number(compared.left()) && column(compared.right())
        }
        _ => false,
    }
}

/// The plan with other scans of Parquet files where `change` gives them.
fn parquet_scans(
    plan: Arc<dyn ExecutionPlan>,
    change: impl Fn(&FileScanConfig, &ParquetSource) -> Option<FileScanConfigBuilder>,
) -> Result<Arc<dyn ExecutionPlan>> {
    replaced(plan, |node| {
        let scan = node.downcast_ref::<DataSourceExec>().and_then(|s| s.downcast_to_file_source::<ParquetSource>());
        let changed = scan.and_then(|(config, source)| change(config, source));
        Ok(changed.map(|changed| DataSourceExec::from_data_source(changed.build()) as Arc<dyn ExecutionPlan>))
    })
}
