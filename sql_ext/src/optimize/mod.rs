//! Makes standard SQL exact where the base is silently wrong.
//!
//! Analyzer rules, in this order, after the stock type coercion (operands have their
//! final types) and before the stock optimizer (constants are not folded yet):
//!
//! 1. [`sets`]: INTERSECT ALL and EXCEPT ALL count copies. Stock plans semi and anti joins
//!    that keep or drop all copies of a row.
//!
//!    ```text
//!    LeftSemi Join: a.v = b.v            Projection: a.v
//!      TableScan: a                        LeftSemi Join: a.v = b.v, copy_a = copy_b
//!      TableScan: b                ⇒         Window: row_number() PARTITION BY a.v AS copy_a
//!                                             TableScan: a           … the same over b
//!    ```
//! 2. [`subqueries`]: `x IN (subquery)` is NULL where SQL says so. Stock knows true and
//!    false only, unless the predicate is a whole conjunct of a WHERE.
//!
//!    ```text
//!    Filter: (x IN (S)) IS NULL
//!    ⇒
//!    Filter: CASE WHEN x IN (S) THEN true WHEN x IS NULL AND EXISTS (S)
//!            OR EXISTS (S WHERE c IS NULL) THEN NULL ELSE false END IS NULL
//!    ```
//! 3. [`first_row`]: LIMIT 1 in a correlated scalar subquery counts the rows of one outer row.
//!
//!    ```text
//!    Limit: 1                            Aggregate: first_value(b.v ORDER BY b.w)
//!      Sort: b.w                     ⇒     Filter: b.k = outer_ref(a.k)
//!        Filter: b.k = outer_ref(a.k)
//!    ```
//! 4. [`hoist`]: a subquery where stock has none: a predicate among the values of a SELECT,
//!    any subquery in a sequence call, an aggregate, a window, a sort or VALUES.
//!
//!    ```text
//!    Sequence: streak(x IN (S))          Sequence: streak(q)
//!      TableScan: t                  ⇒     Projection: t.x, (SELECT max(true) FROM S WHERE c = outer_ref(t.x)) IS TRUE AS q
//!                                            TableScan: t           (three-valued as in rule 2)
//!    ```
//!    Scalar subqueries that look at the outer row by more than equalities become a join and a grouping: [`dependent`].
//! 5. [`correlated`]: windows in correlated subqueries see the rows of one outer row. Stock
//!    moves the correlation above the window, over rows of all of them.
//!
//!    ```text
//!    Window: lag(b.v) ORDER BY b.v       Window: lag(b.v) PARTITION BY b.k ORDER BY b.v
//!      Filter: b.k = outer_ref(a.k)  ⇒     Filter: b.k = outer_ref(a.k)
//!    ```
//! 6. [`arithmetic`]: `+ - *` and unary minus on integers, and decimals at full precision,
//!    are checked. Stock wraps.
//!
//!    ```text
//!    Projection: t.a + Int64(1)          Projection: checked_add(t.a, Int64(1))  (the same name)
//!      TableScan: t                 ⇒      TableScan: t
//!    ```
//! 7. [`volatile`]: `random()` in a window's argument is drawn once a row. Stock draws again where a row leaves
//!    the frame, and takes away what was never in it.
//!
//!    ```text
//!    Window: median(random()) ROWS 2 PRECEDING   ⇒   Window: median(d) ROWS 2 PRECEDING
//!      TableScan: t                                    Projection: t.x, random() AS d
//!    ```
//! 8. [`units`]: a timestamp is compared with a moment between two of its ticks in the moment's unit. Stock cuts
//!    the moment to the column's unit.
//!
//!    ```text
//!    Filter: CAST(t.s AS Timestamp(µs)) < 00:00:00.000001   ⇒   Filter: in_unit(t.s) < 00:00:00.000001
//!    ```
//! 9. [`windows`]: standard windows that own kernels compute become sequence calls. Stock
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
//! 10. [`aggregates`]: `sum` of integers and decimals adds in a wider type and checks the
//!     result; float aggregates in the windows that rule 9 leaves never subtract.
//!
//!    ```text
//!    Aggregate: groupBy=[[k]], aggr=[[sum(x)]]   ⇒   the same with the checked sum
//!    ```
//!
//! One optimizer rule, after the stock ones: [`links`] drops LINKs of which nothing is used.

pub mod aggregates;
pub mod arithmetic;
pub mod correlated;
pub mod dependent;
pub mod first_row;
pub mod hoist;
pub mod links;
pub mod sets;
pub mod subqueries;
pub mod units;
pub mod volatile;
pub mod windows;

use std::sync::Arc;

use datafusion::optimizer::{AnalyzerRule, OptimizerRule};

/// Runs after the stock optimizer's rules.
pub fn optimizer_rule() -> Arc<dyn OptimizerRule + Send + Sync> {
    Arc::new(links::UnusedLinks)
}

/// The rules in order; `kernels` off leaves out the ninth.
pub fn analyzer_rules(kernels: bool) -> Vec<Arc<dyn AnalyzerRule + Send + Sync>> {
    let mut rules: Vec<Arc<dyn AnalyzerRule + Send + Sync>> = vec![
        Arc::new(sets::CountedSets),
        Arc::new(subqueries::ThreeValuedIn),
        Arc::new(first_row::FirstRow),
        Arc::new(hoist::HoistSubqueries),
        Arc::new(correlated::CorrelatedWindows),
        Arc::new(arithmetic::CheckedArithmetic),
        Arc::new(volatile::DrawnOnce),
        Arc::new(units::FinerUnit),
    ];
    if kernels {
        rules.push(Arc::new(windows::OwnWindows));
    }
    rules.push(Arc::new(aggregates::ExactAggregates));
    rules
}
