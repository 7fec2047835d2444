//! Makes standard SQL exact where the base is silently wrong.
//!
//! Analyzer rules, in this order, after the stock type coercion (operands have their
//! final types) and before the stock optimizer (constants are not folded yet):
//!
//! 1. [`arithmetic`]: `+ - *` and unary minus on integers, and decimals at full precision,
//!    are checked. Stock wraps.
//!
//!    ```text
//!    Projection: t.a + Int64(1)          Projection: checked_add(t.a, Int64(1))  (the same name)
//!      TableScan: t                 ⇒      TableScan: t
//!    ```
//! 2. [`windows`]: standard windows that own kernels compute become sequence calls. Stock
//!    subtracts what leaves the frame, and a float does not come back from that.
//!
//!    ```text
//!    Window: avg(x) OVER (PARTITION BY k ORDER BY y ROWS 9 PRECEDING)
//!      TableScan: t
//!    ⇒
//!    Projection: t.k, t.y, t.x, w AS avg(x) …
//!      Sequence: w PARTITION BY t.k        (sorted by t.k, t.y)
//!        TableScan: t
//!    ```
//! 3. [`aggregates`]: `sum` of integers and decimals adds in a wider type and checks the
//!    result; float aggregates in the windows that rule 2 leaves never subtract.
//!
//!    ```text
//!    Aggregate: groupBy=[[k]], aggr=[[sum(x)]]   ⇒   the same with the checked sum
//!    ```

pub mod aggregates;
pub mod arithmetic;
pub mod windows;

use std::sync::Arc;

use datafusion::optimizer::AnalyzerRule;

/// The rules in order; `kernels` off leaves out the second.
pub fn analyzer_rules(kernels: bool) -> Vec<Arc<dyn AnalyzerRule + Send + Sync>> {
    let mut rules: Vec<Arc<dyn AnalyzerRule + Send + Sync>> = vec![Arc::new(arithmetic::CheckedArithmetic)];
    if kernels {
        rules.push(Arc::new(windows::OwnWindows));
    }
    rules.push(Arc::new(aggregates::ExactAggregates));
    rules
}
