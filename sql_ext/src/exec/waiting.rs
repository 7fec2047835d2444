//! Rows that wait for their computed columns: in memory, and on disk once there is no room.
//!
//! ```text
//! rows      [batch] [batch] … on disk … [batch]        in order, the oldest first
//! columns   [values] [run of 3,000,000 equal values]   what is known of the oldest
//! ```

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use datafusion::arrow::array::{Array, ArrayRef, RunArray, UInt64Array};
use datafusion::arrow::compute::{cast, concat, take};
use datafusion::arrow::datatypes::{DataType, Int64Type, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, SpillFile};
use datafusion::physical_plan::SpillManager;
use futures::StreamExt;

/// A column on its way: values may be known before or after the rows that they stand beside.
pub(super) struct Computed {
    /// What the plan promised: string layouts may differ from the kernel's.
    data_type: DataType,
    /// Values and their size in memory, oldest first.
    parts: VecDeque<(ArrayRef, usize)>,
    rows: usize,
    memory: usize,
}

impl Computed {
    pub fn new(data_type: DataType) -> Self {
        Computed { data_type, parts: VecDeque::new(), rows: 0, memory: 0 }
    }

    /// Appends values, or the run-end encoding of them where many are equal.
    pub fn add(&mut self, values: ArrayRef) {
        if !values.is_empty() {
            let size = values.get_buffer_memory_size();
            self.rows += values.len();
            self.memory += size;
            self.parts.push_back((values, size));
        }
    }

    /// The next `rows` values; there must be as many.
    fn take(&mut self, rows: usize) -> Result<ArrayRef> {
        let mut parts: Vec<ArrayRef> = vec![];
        let mut missing = rows;
        while missing > 0 {
            let Some((head, size)) = self.parts.pop_front() else {
                return internal_err!("a kernel owes values");
            };
            let now = head.len().min(missing);
            match head.len() - now {
                0 => self.memory -= size,
                later => self.parts.push_front((head.slice(now, later), size)),
            }
            parts.push(self.plain(head.slice(0, now))?);
            missing -= now;
        }
        self.rows -= rows;
        match parts.as_slice() {
            [only] => Ok(Arc::clone(only)),
            _ => Ok(concat(&parts.iter().map(|p| p.as_ref()).collect::<Vec<_>>())?),
        }
    }

    fn plain(&self, values: ArrayRef) -> Result<ArrayRef> {
        if *values.data_type() == self.data_type {
            return Ok(values);
        }
        let values = match values.as_any().downcast_ref::<RunArray<Int64Type>>() {
            Some(runs) => unpacked(runs)?,
            None => values,
        };
        Ok(if *values.data_type() == self.data_type { values } else { cast(&values, &self.data_type)? })
    }
}

fn unpacked(runs: &RunArray<Int64Type>) -> Result<ArrayRef> {
    let mut places: Vec<u64> = Vec::with_capacity(runs.len());
    for (place, end) in (runs.get_start_physical_index() as u64..).zip(runs.run_ends().sliced_values()) {
        places.resize(usize::try_from(end).unwrap_or(0), place);
    }
    Ok(take(runs.values(), &UInt64Array::from(places), None)?)
}

/// Input batches, oldest first.
enum Rows {
    Held(RecordBatch),
    /// Batches of so many rows.
    Spilled {
        file: Arc<dyn SpillFile>,
        rows: VecDeque<usize>,
    },
}

/// Rows and their computed columns.
pub(super) struct Waiting {
    /// The input's columns, then the computed ones.
    schema: SchemaRef,
    rows: VecDeque<Rows>,
    /// How many rows wait.
    count: usize,
    /// Bytes of those that are held.
    held: usize,
    /// The computed columns.
    pub columns: Vec<Computed>,
    disk: Option<SpillManager>,
    /// The oldest rows, where they come back from disk.
    reading: Option<SendableRecordBatchStream>,
}

impl Waiting {
    pub fn new(schema: SchemaRef, columns: Vec<Computed>) -> Self {
        Waiting { schema, rows: VecDeque::new(), count: 0, held: 0, columns, disk: None, reading: None }
    }

    pub fn push(&mut self, batch: RecordBatch) {
        self.count += batch.num_rows();
        self.held += batch.get_array_memory_size();
        self.rows.push_back(Rows::Held(batch));
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The next batch whose columns are all known; none as long as one is missing.
    pub fn poll_complete(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<RecordBatch>>> {
        let rows = match self.rows.front() {
            None => return Poll::Ready(None),
            Some(Rows::Held(batch)) => batch.num_rows(),
            Some(Rows::Spilled { rows, .. }) => rows.front().copied().unwrap_or(0),
        };
        if self.columns.iter().any(|column| column.rows < rows) {
            return Poll::Ready(None);
        }
        let batch = match self.rows.pop_front() {
            Some(Rows::Held(batch)) => {
                self.held -= batch.get_array_memory_size();
                batch
            }
            Some(Rows::Spilled { file, rows }) => match ready!(self.poll_disk(cx, file, rows)) {
                Ok(batch) => batch,
                Err(error) => return Poll::Ready(Some(Err(error))),
            },
            None => return Poll::Ready(None),
        };
        Poll::Ready(Some(self.complete(&batch)))
    }

    /// The next batch of a file, which stays the oldest until it is read.
    fn poll_disk(
        &mut self,
        cx: &mut Context<'_>,
        file: Arc<dyn SpillFile>,
        mut rows: VecDeque<usize>,
    ) -> Poll<Result<RecordBatch>> {
        if self.reading.is_none() {
            let Some(disk) = &self.disk else {
                return Poll::Ready(internal_err!("rows on a disk that is not there"));
            };
            match disk.read_spill_as_stream(Arc::clone(&file), None) {
                Ok(stream) => self.reading = Some(stream),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        let next = self.reading.as_mut().map(|stream| stream.poll_next_unpin(cx));
        let Some(Poll::Ready(next)) = next else {
            self.rows.push_front(Rows::Spilled { file, rows });
            return Poll::Pending;
        };
        let wanted = rows.pop_front();
        match rows.is_empty() {
            true => self.reading = None,
            false => self.rows.push_front(Rows::Spilled { file, rows }),
        }
        match next {
            Some(Ok(batch)) if Some(batch.num_rows()) == wanted => Poll::Ready(Ok(batch)),
            Some(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(internal_err!("rows came back from disk in other batches")),
        }
    }

    fn complete(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        self.count -= batch.num_rows();
        let mut columns = batch.columns().to_vec();
        for column in &mut self.columns {
            columns.push(column.take(batch.num_rows())?);
        }
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }

    /// Writes the rows that lie in memory to disk; false where there are none.
    pub fn spill(&mut self, disk: &SpillManager) -> Result<bool> {
        let spilled =
            self.rows.iter().rposition(|rows| matches!(rows, Rows::Spilled { .. })).map_or(0, |last| last + 1);
        let mut file = disk.create_in_progress_file("rows that wait for what comes after them")?;
        let mut counts = VecDeque::new();
        for rows in self.rows.range(spilled..) {
            if let Rows::Held(batch) = rows {
                file.append_batch(batch)?;
                counts.push_back(batch.num_rows());
            }
        }
        let Some(file) = file.finish()? else { return Ok(false) };
        self.rows.truncate(spilled);
        self.held = 0;
        self.rows.push_back(Rows::Spilled { file, rows: counts });
        self.disk = Some(disk.clone());
        Ok(true)
    }

    /// Bytes in memory; rows that are on their way out do not count.
    pub fn memory(&self) -> usize {
        if self.columns.iter().all(|column| column.rows >= self.count) {
            return 0;
        }
        self.held + self.columns.iter().map(|column| column.memory).sum::<usize>()
    }
}
