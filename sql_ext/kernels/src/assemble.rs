//! Putting an output column together from slices of a few others.

use arrow::array::{Array, ArrayData, ArrayRef, Int64Array, MutableArrayData, RunArray, make_array};
use arrow::compute::interleave;
use arrow::datatypes::{DataType, Int64Type};
use arrow::error::ArrowError;
use std::sync::Arc;

/// Where a slice comes from: the default (one row), the batch, or an added column.
pub(crate) type Source = usize;
pub(crate) const DEFAULT: Source = 0;
pub(crate) const BATCH: Source = 1;

/// Rows per slice from which copying slices is the faster way.
const SLICE: usize = 8;

/// Repetitions of one row from which on they are said, not written.
const LONG: usize = 1 << 16;

#[derive(Debug)]
struct Piece {
    source: Source,
    start: usize,
    len: usize,
    /// How often the slice stands; more than once only where it is one row.
    times: usize,
}

impl Piece {
    fn rows(&self) -> impl Iterator<Item = (Source, usize)> {
        let (source, start) = (self.source, self.start);
        (0..self.times).flat_map(move |_| start..start + self.len).map(move |row| (source, row))
    }
}

/// A list of slices, to be copied in one go.
#[derive(Debug)]
pub(crate) struct Assembly {
    sources: Vec<ArrayRef>,
    pieces: Vec<Piece>,
    rows: usize,
}

impl Assembly {
    pub fn new(default: &ArrayRef, batch: &ArrayRef) -> Self {
        Self { sources: vec![default.clone(), batch.clone()], pieces: Vec::new(), rows: 0 }
    }

    /// Makes another column available as a source.
    pub fn add(&mut self, chunk: &ArrayRef) -> Source {
        self.sources.push(chunk.clone());
        self.sources.len() - 1
    }

    /// Appends `len` rows of a source.
    pub fn slice(&mut self, source: Source, start: usize, len: usize) {
        if len == 0 {
            return;
        }
        self.rows += len;
        if let Some(last) = self.pieces.last_mut()
            && last.source == source
            && last.times == 1
            && last.start + last.len == start
        {
            last.len += len;
            return;
        }
        self.pieces.push(Piece { source, start, len, times: 1 });
    }

    /// Appends one row of a source `times` over.
    pub fn repeat(&mut self, source: Source, row: usize, times: usize) {
        match times {
            0 => {}
            1 if source != DEFAULT => self.slice(source, row, 1),
            _ => {
                self.rows += times;
                self.pieces.push(Piece { source, start: row, len: 1, times });
            }
        }
    }

    /// The assembled column; run-end encoded where a row is repeated very often.
    pub fn finish(self) -> Result<ArrayRef, ArrowError> {
        if let [piece] = self.pieces.as_slice()
            && piece.source == BATCH
            && piece.times == 1
        {
            return Ok(self.sources[BATCH].slice(piece.start, piece.len));
        }
        if self.pieces.iter().any(|piece| piece.times >= LONG) {
            return self.by_run();
        }
        match self.sources[DEFAULT].data_type() {
            // Dictionaries may have to be merged; the others have no slice-wise nulls.
            DataType::Dictionary(_, _) | DataType::RunEndEncoded(_, _) | DataType::Union(_, _) => self.by_row(),
            // Copying a slice costs as much as looking up several rows.
            _ if self.pieces.len() > self.rows / SLICE => self.by_row(),
            _ => self.by_slice(),
        }
    }

    fn by_slice(self) -> Result<ArrayRef, ArrowError> {
        let data: Vec<ArrayData> = self.sources.iter().map(|s| s.to_data()).collect();
        let default_null = self.sources[DEFAULT].is_null(0);
        let padded = self.pieces.iter().any(|p| p.source == DEFAULT);
        let mut out = MutableArrayData::new(data.iter().collect(), padded && default_null, self.rows);
        for piece in &self.pieces {
            match piece.source {
                DEFAULT if default_null => out.try_extend_nulls(piece.times)?,
                source => {
                    for _ in 0..piece.times {
                        out.try_extend(source, piece.start, piece.start + piece.len)?;
                    }
                }
            }
        }
        Ok(make_array(out.freeze()))
    }

    fn by_row(self) -> Result<ArrayRef, ArrowError> {
        let rows: Vec<_> = self.pieces.iter().flat_map(Piece::rows).collect();
        self.picked(&rows)
    }

    fn picked(&self, rows: &[(Source, usize)]) -> Result<ArrayRef, ArrowError> {
        let sources: Vec<&dyn Array> = self.sources.iter().map(|s| s.as_ref()).collect();
        interleave(&sources, rows)
    }

    fn by_run(self) -> Result<ArrayRef, ArrowError> {
        let (mut rows, mut ends, mut end) = (Vec::new(), Vec::new(), 0);
        for piece in &self.pieces {
            for row in piece.start..piece.start + piece.len {
                end += piece.times as i64;
                rows.push((piece.source, row));
                ends.push(end);
            }
        }
        let values = self.picked(&rows)?;
        Ok(Arc::new(RunArray::<Int64Type>::try_new(&Int64Array::from(ends), &values)?))
    }
}
