//! The portable lowering of sequence calls to standard windows.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::functions_aggregate::average::avg_udaf;
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::functions_aggregate::min_max::{max_udaf, min_udaf};
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::functions_window::lead_lag::{lag_udwf, lead_udwf};
use datafusion::logical_expr::expr::WindowFunctionParams;
use datafusion::logical_expr::{
    Expr, ExprSchemable, Operator, WindowFrame, WindowFunctionDefinition, binary_expr, cast, when,
};
use datafusion::prelude::lit;

use super::windows::{Resolver, Spec, all_rows, rows_to_here};
use crate::error::{Code, Error};
use crate::registry::Op;

impl Resolver<'_> {
    /// A standard window over the rows of a call.
    pub(super) fn lowered(&self, args: Vec<Expr>, spec: &Spec, frame: WindowFrame) -> WindowFunctionParams {
        WindowFunctionParams {
            args,
            partition_by: spec.partition.clone(),
            order_by: spec.tail(),
            window_frame: frame,
            filter: None,
            null_treatment: None,
            distinct: false,
        }
    }

    pub(super) fn lower_shift(&mut self, x: Expr, n: i64, default: ScalarValue, spec: &Spec) -> Result<Expr> {
        let (udwf, distance) = if n >= 0 { (lag_udwf(), n) } else { (lead_udwf(), n.saturating_neg()) };
        let params = self.lowered(vec![x, lit(distance), lit(default)], spec, all_rows());
        self.add_window(WindowFunctionDefinition::WindowUDF(udwf), params)
    }

    pub(super) fn lower_cumulative(&mut self, op: Op, x: Expr, output: &DataType, spec: &Spec) -> Result<Expr> {
        let udaf = match op {
            Op::CumSum => sum_udaf(),
            Op::CumMin => min_udaf(),
            Op::CumMax => max_udaf(),
            Op::CumAvg => avg_udaf(),
            Op::CumCount => count_udaf(),
            _ => return Err(Error::new(Code::Internal, "no standard window for this running value").into()),
        };
        let params = self.lowered(vec![x], spec, rows_to_here());
        let value = self.add_window(WindowFunctionDefinition::AggregateUDF(udaf), params)?;
        Ok(if value.get_type(self.schema())? == *output { value } else { cast(value, output.clone()) })
    }

    /// Runs as running sums of their starts.
    pub(super) fn lower_runs(&mut self, op: Op, args: Vec<Expr>, spec: &Spec) -> Result<Expr> {
        let start = match op {
            Op::RunIdWhen => args.into_iter().next().unwrap_or_else(|| lit(false)).is_true(),
            Op::Streak => args.into_iter().next().unwrap_or_else(|| lit(false)).is_not_true(),
            _ => self.changed(args, spec)?,
        };
        let flag = when(start.clone(), lit(1_i64)).otherwise(lit(0_i64))?;
        let runs = self.running_sum(flag, spec)?;
        match op {
            Op::RunId => Ok(runs),
            Op::RunIdWhen => {
                // The first row belongs to run 0 even where its condition is true.
                let first = self.first_true(start, spec)?;
                Ok(runs - first)
            }
            _ => {
                let mut inner = spec.clone();
                inner.partition.push(runs);
                let params = WindowFunctionParams {
                    order_by: spec.tail(),
                    ..self.lowered(vec![lit(1_i64)], &inner, rows_to_here())
                };
                let count = self.add_window(WindowFunctionDefinition::AggregateUDF(count_udaf()), params)?;
                if op == Op::Streak {
                    // A run starts with the row that broke the streak, except before the first break.
                    let broken = self.running_sum(when(start.clone(), lit(1_i64)).otherwise(lit(0_i64))?, spec)?;
                    return when(start, lit(0_i64))
                        .when(broken.eq(lit(0_i64)), count.clone())
                        .otherwise(count - lit(1_i64));
                }
                Ok(count - lit(1_i64))
            }
        }
    }

    fn running_sum(&mut self, flag: Expr, spec: &Spec) -> Result<Expr> {
        let params = self.lowered(vec![flag], spec, rows_to_here());
        self.add_window(WindowFunctionDefinition::AggregateUDF(sum_udaf()), params)
    }

    fn first_true(&mut self, start: Expr, spec: &Spec) -> Result<Expr> {
        let flag = when(start, lit(1_i64)).otherwise(lit(0_i64))?;
        let udaf = super::aggregate::stock_of(Op::First)?;
        let params = self.lowered(vec![flag], spec, rows_to_here());
        self.add_window(WindowFunctionDefinition::AggregateUDF(udaf), params)
    }

    /// True where any key differs from the row before; false on the first row.
    fn changed(&mut self, keys: Vec<Expr>, spec: &Spec) -> Result<Expr> {
        let mut changed = lit(false);
        let params = self.lowered(vec![lit(1_i64)], spec, all_rows());
        let before = self.add_window(WindowFunctionDefinition::WindowUDF(lag_udwf()), params)?;
        for key in keys {
            let params = self.lowered(vec![key.clone()], spec, all_rows());
            let last = self.add_window(WindowFunctionDefinition::WindowUDF(lag_udwf()), params)?;
            changed = changed.or(binary_expr(key, Operator::IsDistinctFrom, last));
        }
        Ok(before.is_not_null().and(changed))
    }
}
