//! Sums of many groups at once.

use std::mem::size_of;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray,
};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::NullState;

use super::total::{Total, overflow};
use crate::error::{Code, Error};

/// A total per group.
#[derive(Debug)]
pub(super) struct Groups<T: ArrowPrimitiveType, W: Total<T>> {
    totals: Vec<W::Native>,
    seen: NullState,
    result: DataType,
    value: std::marker::PhantomData<T>,
}

impl<T: ArrowPrimitiveType, W: Total<T>> Groups<T, W> {
    pub(super) fn new(result: &DataType) -> Self {
        Groups { totals: vec![], seen: NullState::new(), result: result.clone(), value: std::marker::PhantomData }
    }
}

impl<T: ArrowPrimitiveType + Send, W: Total<T>> Groups<T, W>
where
    W::Native: ArrowNativeTypeOp,
{
    fn add<V: ArrowPrimitiveType + Send>(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        count: usize,
        widen: impl Fn(V::Native) -> W::Native + Send + Sync,
    ) -> Result<()> {
        let Some(values) = values.first() else {
            return Err(Error::new(Code::Internal, "a sum without its argument").into());
        };
        self.totals.resize(count, W::default_value());
        let totals = &mut self.totals;
        let mut overflown = false;
        self.seen.accumulate(groups, values.as_primitive::<V>(), filter, count, |group, value| {
            if let Some(total) = totals.get_mut(group) {
                match total.add_checked(widen(value)) {
                    Ok(sum) => *total = sum,
                    Err(_) => overflown = true,
                }
            }
        });
        if overflown { Err(overflow(&self.result)) } else { Ok(()) }
    }
}

impl<T, W> GroupsAccumulator for Groups<T, W>
where
    T: ArrowPrimitiveType + Send,
    W: Total<T> + Send,
    W::Native: ArrowNativeTypeOp,
{
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.add::<T>(values, group_indices, opt_filter, total_num_groups, W::widen)
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.add::<W>(values, group_indices, None, total_num_groups, |x| x)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let totals = emit_to.take_needed(&mut self.totals);
        let nulls = self.seen.build(emit_to);
        let mut values = Vec::with_capacity(totals.len());
        for (i, total) in totals.into_iter().enumerate() {
            match W::narrow(total, &self.result) {
                Some(value) => values.push(value),
                None if nulls.as_ref().is_some_and(|n| n.is_null(i)) => values.push(T::default_value()),
                None => return Err(overflow(&self.result)),
            }
        }
        let values = PrimitiveArray::<T>::try_new(values.into(), nulls)?;
        Ok(Arc::new(values.with_data_type(self.result.clone())))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let totals = emit_to.take_needed(&mut self.totals);
        let nulls = self.seen.build(emit_to);
        let totals = PrimitiveArray::<W>::try_new(totals.into(), nulls)?;
        Ok(vec![Arc::new(totals.with_data_type(W::data_type(&self.result)))])
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let Some(values) = values.first() else {
            return Err(Error::new(Code::Internal, "a sum without its argument").into());
        };
        let values = values.as_primitive::<T>();
        let kept = opt_filter.map(|filter| {
            let (kept, nulls) = filter.clone().into_parts();
            NullBuffer::new(nulls.map_or(kept.clone(), |n| n.inner() & &kept))
        });
        let nulls = NullBuffer::union(values.nulls(), kept.as_ref());
        let totals: Vec<W::Native> = values.values().iter().map(|x| W::widen(*x)).collect();
        let totals = PrimitiveArray::<W>::try_new(totals.into(), nulls)?;
        Ok(vec![Arc::new(totals.with_data_type(W::data_type(&self.result)))])
    }

    fn size(&self) -> usize {
        self.totals.capacity() * size_of::<W::Native>() + self.seen.size()
    }
}
