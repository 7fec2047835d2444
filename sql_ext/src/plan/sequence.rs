//! Bound sequence calls: expressions that share partition and order, in one node.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{DFSchemaRef, Result, ScalarValue};
use datafusion::logical_expr::{Expr, LogicalPlan, SortExpr, UserDefinedLogicalNodeCore};

use super::FrameCall;
use crate::registry::Op;

/// Rows of a frame around the current row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Frame {
    /// This many rows before and after.
    Rows {
        /// Rows before the current one.
        preceding: i64,
        /// Rows after it.
        following: i64,
    },
    /// Key distances before and after; the key is the call's last argument, as Int64.
    Range {
        /// Distance back, far edge included.
        preceding: i64,
        /// Distance ahead, far edge included.
        following: i64,
        /// Does the key descend?
        descending: bool,
    },
}

/// Aggregates that have a kernel of their own over a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum RollingOp {
    Sum,
    Avg,
    Min,
    Max,
    Count,
    VarSamp,
    VarPop,
    StddevSamp,
    StddevPop,
    Median,
    /// PERCENTILE_CONT of the fraction with these bits.
    Quantile(u64),
    First,
    Last,
    Nth(u64),
}

/// How fast the weights of EWM_* fall.
#[derive(Debug, Clone, Copy)]
pub enum Decay {
    /// The weight of the newest value.
    Alpha(f64),
    /// alpha = 2 / (span + 1).
    Span(f64),
    /// Rows after which a weight has halved.
    Halflife(f64),
}

impl Decay {
    /// Is it in the range that pandas documents?
    pub fn is_valid(self) -> bool {
        match self {
            Decay::Alpha(x) => x > 0.0 && x <= 1.0,
            Decay::Span(x) => x >= 1.0 && x.is_finite(),
            Decay::Halflife(x) => x > 0.0 && x.is_finite(),
        }
    }

    /// Constants compare by their bits.
    fn key(self) -> (u8, u64) {
        match self {
            Decay::Alpha(x) => (0, x.to_bits()),
            Decay::Span(x) => (1, x.to_bits()),
            Decay::Halflife(x) => (2, x.to_bits()),
        }
    }
}

impl PartialEq for Decay {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Decay {}

impl PartialOrd for Decay {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.key().partial_cmp(&other.key())
    }
}

impl Hash for Decay {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// A sequence function with its constant arguments resolved.
#[derive(Debug, Clone, PartialEq, PartialOrd, Eq, Hash)]
pub enum SeqKind {
    /// Value `n` rows back.
    Shift {
        /// Rows back; negative looks ahead.
        n: i64,
        /// What stands past the ends.
        default: ScalarValue,
        /// Count only rows whose value is not NULL.
        ignore_nulls: bool,
    },
    /// One of the CUM_* functions.
    Cumulative(Op),
    /// An aggregate over a frame.
    Rolling {
        /// The aggregate.
        op: RollingOp,
        /// Its frame.
        frame: Frame,
        /// Non-null inputs below which the result is NULL.
        min_periods: i64,
        /// `COUNT(*)`: every row counts.
        rows: bool,
    },
    /// An aggregate that has no kernel, computed anew for each frame; args: its columns,
    /// then the key where the frame is a range.
    Recomputed {
        /// The aggregate.
        call: FrameCall,
        /// Its frame.
        frame: Frame,
        /// Rows that count below which the result is NULL.
        min_periods: i64,
        /// A row counts where none of so many leading columns is NULL.
        counted: usize,
    },
    /// Number of the run over the whole relation: args are `by` keys, then perhaps a condition.
    Run {
        /// Is the last argument a condition that starts a run?
        when: bool,
    },
    /// RUN_ID, RUN_ID_WHEN, RUN_POS, STREAK.
    Runs(Op),
    /// The row's number in its partition, from 0: RUN_POS() in a run.
    RowInPartition,
    /// EWM_MEAN, EWM_STD, EWM_VAR.
    Ewm {
        /// Which of them.
        op: Op,
        /// How fast weights fall.
        decay: Decay,
        /// Divide by the weights that there are?
        adjust: bool,
    },
    /// FILL_FORWARD, FILL_BACKWARD; args: value, then the key where there is a gap to measure.
    Fill {
        /// Which of them.
        op: Op,
        /// Rows at most.
        limit: Option<i64>,
        /// Key distance at most.
        max_gap: Option<i64>,
    },
    /// INTERPOLATE; args: value, key.
    Interpolate,
    /// SEARCH_FIRST.
    SearchFirst,
    /// An aggregate over the whole partition, beside each of its rows; the one argument is the aggregate as
    /// a window call over all rows, with a filter and an order of its own.
    Whole,
    /// SEARCH_PATTERN; args: conditions, then the key where `within` is given.
    Pattern {
        /// Key distance at most between first and last row.
        within: Option<i64>,
    },
    /// The rows on which FUNNEL gets a step deeper; args: conditions, then the key.
    Funnel {
        /// Key distance at most between step 1 and the last.
        within: i64,
    },
}

impl SeqKind {
    /// May a row have to wait for one that is any number of rows ahead?
    pub fn waits_without_end(&self) -> bool {
        match self {
            SeqKind::Fill { op: Op::FillBackward, limit, .. } => limit.is_none(),
            SeqKind::Interpolate | SeqKind::Whole => true,
            _ => false,
        }
    }
}

/// One computed column.
#[derive(Debug, Clone, PartialEq, PartialOrd, Eq, Hash)]
pub struct SeqCall {
    /// What is computed.
    pub kind: SeqKind,
    /// From what.
    pub args: Vec<Expr>,
    /// Under which name.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// Can it be NULL?
    pub nullable: bool,
}

impl SeqCall {
    fn field(&self) -> Field {
        Field::new(&self.name, self.data_type.clone(), self.nullable)
    }
}

/// Computes sequence calls over rows sorted by `sort`, restarting at every partition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SequenceNode {
    /// A relation that carries its position.
    pub input: LogicalPlan,
    /// What restarts the calls.
    pub partition: Vec<Expr>,
    /// The order of the rows, down to the position.
    pub sort: Vec<SortExpr>,
    /// The computed columns.
    pub calls: Vec<SeqCall>,
    schema: DFSchemaRef,
}

impl SequenceNode {
    /// Adds the calls' columns to the input's.
    pub fn try_new(input: LogicalPlan, partition: Vec<Expr>, sort: Vec<SortExpr>, calls: Vec<SeqCall>) -> Result<Self> {
        let schema = super::schema_with(input.schema(), calls.iter().map(SeqCall::field).collect())?;
        Ok(SequenceNode { input, partition, sort, calls, schema })
    }
}

impl PartialOrd for SequenceNode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (&self.input, &self.partition, &self.sort, &self.calls).partial_cmp(&(
            &other.input,
            &other.partition,
            &other.sort,
            &other.calls,
        ))
    }
}

impl UserDefinedLogicalNodeCore for SequenceNode {
    fn name(&self) -> &str {
        "Sequence"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        let sort = self.sort.iter().map(|k| k.expr.clone());
        let args = self.calls.iter().flat_map(|c| c.args.iter().cloned());
        self.partition.iter().cloned().chain(sort).chain(args).collect()
    }

    // A whole partition may go missing below without changing another. Names decide here,
    // so that a key must be the only column of its name.
    fn prevent_predicate_push_down_columns(&self) -> HashSet<String> {
        let keys: HashSet<&str> = self
            .partition
            .iter()
            .filter_map(|e| if let Expr::Column(c) = e { Some(c.name.as_str()) } else { None })
            .collect();
        let once = |name: &str| self.schema.fields().iter().filter(|f| f.name() == name).count() == 1;
        self.schema
            .fields()
            .iter()
            .map(|f| f.name().clone())
            .filter(|n| !keys.contains(n.as_str()) || !once(n))
            .collect()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let calls: Vec<&str> = self.calls.iter().map(|c| c.name.as_str()).collect();
        write!(f, "Sequence: {}", calls.join(", "))?;
        if !self.partition.is_empty() {
            let keys: Vec<String> = self.partition.iter().map(ToString::to_string).collect();
            write!(f, " PARTITION BY {}", keys.join(", "))?;
        }
        Ok(())
    }

    fn with_exprs_and_inputs(&self, exprs: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        let mut exprs = exprs.into_iter();
        let partition = exprs.by_ref().take(self.partition.len()).collect();
        let sort = exprs
            .by_ref()
            .take(self.sort.len())
            .zip(&self.sort)
            .map(|(e, k)| SortExpr::new(e, k.asc, k.nulls_first))
            .collect();
        let mut calls = Vec::with_capacity(self.calls.len());
        for call in &self.calls {
            let args = exprs.by_ref().take(call.args.len()).collect();
            calls.push(SeqCall { args, ..call.clone() });
        }
        SequenceNode::try_new(super::single(inputs)?, partition, sort, calls)
    }

    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        Some(vec![super::needed_columns(self.input.schema(), output_columns, &self.expressions())])
    }
}
