//! From a planned call to the kernel that computes it.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use ltseq_kernels::Kernel;
use ltseq_kernels::runs::{RunId, RunPos, Streak};

use crate::error::{Code, Error};
use crate::plan::sequence::SeqKind;
use crate::registry::Op;

/// A fresh kernel for a call over arguments of these types.
pub fn kernel(kind: &SeqKind, _types: &[DataType], _output: &DataType) -> Result<Box<dyn Kernel>> {
    Ok(match kind {
        SeqKind::Runs(Op::RunId) => Box::new(RunId::by_keys()),
        SeqKind::Runs(Op::RunIdWhen) => Box::new(RunId::when()),
        SeqKind::Runs(Op::RunPos) => Box::new(RunPos::by_keys()),
        SeqKind::Runs(Op::Streak) => Box::new(Streak::new()),
        _ => return Err(Error::new(Code::NotSupported, "no kernel computes this call yet").into()),
    })
}
