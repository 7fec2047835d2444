//! From a planned call to the kernel that computes it.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use ltseq_kernels::Kernel;
use ltseq_kernels::cumulative::{CumOp, Cumulative};
use ltseq_kernels::rolling::{Frame as KernelFrame, Rolling, RollingAgg};
use ltseq_kernels::runs::{RunId, RunNumber, RunPos, Streak};
use ltseq_kernels::shift::Shift;

use crate::error::{Code, Error};
use crate::plan::sequence::{Frame, RollingOp, SeqKind};
use crate::registry::Op;

/// A fresh kernel for a call over arguments of these types.
pub fn kernel(kind: &SeqKind, types: &[DataType]) -> Result<Box<dyn Kernel>> {
    let input = types.first().unwrap_or(&DataType::Null);
    Ok(match kind {
        SeqKind::Shift { n, default, ignore_nulls } => {
            let default = default.cast_to(input)?.to_array()?;
            Box::new(Shift::new(input, *n, Some(default), *ignore_nulls)?)
        }
        SeqKind::Cumulative(op) => Box::new(Cumulative::new(cumulative(*op)?, input)?),
        SeqKind::Rolling { op, frame, min_periods, rows } => {
            let needed = u64::try_from(*min_periods).unwrap_or(0);
            Box::new(Rolling::new(rolling(*op, *rows), input, frame_of(frame), needed)?)
        }
        SeqKind::Run { when } => Box::new(RunNumber::new(*when)),
        SeqKind::Runs(Op::RunId) => Box::new(RunId::by_keys()),
        SeqKind::Runs(Op::RunIdWhen) => Box::new(RunId::when()),
        SeqKind::Runs(Op::RunPos) => Box::new(RunPos::by_keys()),
        SeqKind::Runs(Op::Streak) => Box::new(Streak::new()),
        SeqKind::RowInPartition => Box::new(RunPos::in_partition()),
        _ => return Err(unsupported()),
    })
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
    }
}

fn frame_of(frame: &Frame) -> KernelFrame {
    match *frame {
        Frame::Rows { preceding, following } => KernelFrame::Rows { preceding, following },
        Frame::Range { preceding, following, descending } => KernelFrame::Range { preceding, following, descending },
    }
}
