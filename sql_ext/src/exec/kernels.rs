//! From a planned call to the kernel that computes it.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use ltseq_kernels::Kernel;
use ltseq_kernels::cumulative::{CumOp, Cumulative};
use ltseq_kernels::ewm::{Decay as KernelDecay, Ewm, EwmOp};
use ltseq_kernels::fill::{FillBackward, FillForward, Interpolate, Reach};
use ltseq_kernels::funnel::Funnel;
use ltseq_kernels::pattern::{SearchFirst, SearchPattern};
use ltseq_kernels::rolling::{Counted, Frame as KernelFrame, Recomputed, Rolling, RollingAgg};
use ltseq_kernels::runs::{RunId, RunNumber, RunPos, Streak};
use ltseq_kernels::shift::Shift;

use super::accumulated::Accumulated;
use super::sequence::{Aggregate, Call};
use super::whole::Whole;
use crate::error::{Code, Error};
use crate::plan::sequence::{Decay, Frame, RollingOp, SeqKind};
use crate::registry::Op;

/// A fresh kernel for a call.
pub fn kernel(call: &Call) -> Result<Box<dyn Kernel>> {
    let types = &call.types;
    let input = types.first().unwrap_or(&DataType::Null);
    Ok(match &call.kind {
        SeqKind::Shift { n, default, ignore_nulls } => {
            let default = default.cast_to(input)?.to_array()?;
            Box::new(Shift::new(input, *n, Some(default), *ignore_nulls)?)
        }
        SeqKind::Cumulative(op) => Box::new(Cumulative::new(cumulative(*op)?, input)?),
        SeqKind::Rolling { op, frame, min_periods, rows } => {
            let needed = u64::try_from(*min_periods).unwrap_or(0);
            Box::new(Rolling::new(rolling(*op, *rows), input, frame_of(frame), needed)?)
        }
        SeqKind::Recomputed { call, frame, min_periods, counted } => {
            let needed = u64::try_from(*min_periods).unwrap_or(0);
            let aggregate = Accumulated::try_new(call, types)?;
            let counted = Counted { columns: *counted, filtered: call.filtered };
            Box::new(Recomputed::new(aggregate, call.width(), counted, frame_of(frame), needed))
        }
        SeqKind::Run { when } => Box::new(RunNumber::new(*when)),
        SeqKind::Runs(Op::RunId) => Box::new(RunId::by_keys()),
        SeqKind::Runs(Op::RunIdWhen) => Box::new(RunId::when()),
        SeqKind::Runs(Op::RunPos) => Box::new(RunPos::by_keys()),
        SeqKind::Runs(Op::Streak) => Box::new(Streak::new()),
        SeqKind::RowInPartition => Box::new(RunPos::in_partition()),
        SeqKind::Runs(_) => return Err(unsupported()),
        SeqKind::Ewm { op, decay, adjust } => Box::new(Ewm::new(ewm(*op)?, input, decay_of(*decay), *adjust)?),
        SeqKind::Fill { op, limit, max_gap } => {
            let reach = Reach { limit: limit.and_then(|n| u64::try_from(n).ok()), max_gap: *max_gap };
            match op {
                Op::FillForward => Box::new(FillForward::new(input, reach)),
                _ => Box::new(FillBackward::new(input, reach)),
            }
        }
        SeqKind::Whole => {
            let Some(Aggregate { call, filtered }) = &call.aggregate else { return Err(unsupported()) };
            Box::new(Whole::try_new(call, *filtered)?)
        }
        SeqKind::Interpolate => Box::new(Interpolate::new(input)?),
        SeqKind::SearchFirst => Box::new(SearchFirst::new()),
        SeqKind::Pattern { within } => {
            let steps = types.len() - usize::from(within.is_some());
            Box::new(SearchPattern::new(steps, *within)?)
        }
        SeqKind::Funnel { within } => Box::new(Funnel::new(types.len().saturating_sub(1), *within)?),
    })
}

fn ewm(op: Op) -> Result<EwmOp> {
    Ok(match op {
        Op::EwmMean => EwmOp::Mean,
        Op::EwmVar => EwmOp::Var,
        Op::EwmStd => EwmOp::Std,
        _ => return Err(unsupported()),
    })
}

fn decay_of(decay: Decay) -> KernelDecay {
    match decay {
        Decay::Alpha(x) => KernelDecay::Alpha(x),
        Decay::Span(x) => KernelDecay::Span(x),
        Decay::Halflife(x) => KernelDecay::Halflife(x),
    }
}

fn unsupported() -> datafusion::common::DataFusionError {
    Error::new(Code::Internal, "no kernel computes this call").into()
}

fn cumulative(op: Op) -> Result<CumOp> {
    Ok(match op {
        Op::CumSum => CumOp::Sum,
        Op::CumMin => CumOp::Min,
        Op::CumMax => CumOp::Max,
        Op::CumAvg => CumOp::Avg,
        Op::CumCount => CumOp::Count,
        Op::CumProd => CumOp::Prod,
        _ => return Err(unsupported()),
    })
}

fn rolling(op: RollingOp, rows: bool) -> RollingAgg {
    match op {
        RollingOp::Sum => RollingAgg::Sum,
        RollingOp::Avg => RollingAgg::Avg,
        RollingOp::Min => RollingAgg::Min,
        RollingOp::Max => RollingAgg::Max,
        RollingOp::Count if rows => RollingAgg::CountRows,
        RollingOp::Count => RollingAgg::Count,
        RollingOp::VarSamp => RollingAgg::VarSamp,
        RollingOp::VarPop => RollingAgg::VarPop,
        RollingOp::StddevSamp => RollingAgg::StddevSamp,
        RollingOp::StddevPop => RollingAgg::StddevPop,
        RollingOp::Median => RollingAgg::Median,
        RollingOp::Quantile(bits) => RollingAgg::Quantile(bits),
        RollingOp::First => RollingAgg::First,
        RollingOp::Last => RollingAgg::Last,
        RollingOp::Nth(n) => RollingAgg::Nth(n),
    }
}

fn frame_of(frame: &Frame) -> KernelFrame {
    match *frame {
        Frame::Rows { preceding, following } => KernelFrame::Rows { preceding, following },
        Frame::Range { preceding, following, descending } => KernelFrame::Range { preceding, following, descending },
    }
}
