//! Putting an output column together from slices of a few others.

use arrow::array::{Array, ArrayData, ArrayRef, MutableArrayData, make_array};
use arrow::compute::interleave;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

/// Where a slice comes from: the default (one row), the batch, or an added column.
pub(crate) type Source = usize;
pub(crate) const DEFAULT: Source = 0;
pub(crate) const BATCH: Source = 1;

/// Rows per slice from which copying slices is the faster way.
const SLICE: usize = 8;

#[derive(Debug)]
struct Piece {
    source: Source,
    start: usize,
    len: usize,
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
            && last.start + last.len == start
        {
            last.len += len;
            return;
        }
        self.pieces.push(Piece { source, start, len });
    }

    /// Appends one row of a source `times` over.
    pub fn repeat(&mut self, source: Source, row: usize, times: usize) {
        if source == DEFAULT {
            if times > 0 {
                self.rows += times;
                self.pieces.push(Piece { source, start: 0, len: times });
            }
            return;
        }
        for _ in 0..times {
            self.slice(source, row, 1);
        }
    }

    /// The assembled column.
    pub fn finish(self) -> Result<ArrayRef, ArrowError> {
        if let [piece] = self.pieces.as_slice()
            && piece.source == BATCH
        {
            return Ok(self.sources[BATCH].slice(piece.start, piece.len));
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
                DEFAULT if default_null => out.try_extend_nulls(piece.len)?,
                DEFAULT => {
                    for _ in 0..piece.len {
                        out.try_extend(DEFAULT, 0, 1)?;
                    }
                }
                source => out.try_extend(source, piece.start, piece.start + piece.len)?,
            }
        }
        Ok(make_array(out.freeze()))
    }

    fn by_row(self) -> Result<ArrayRef, ArrowError> {
        let mut rows = Vec::with_capacity(self.rows);
        for piece in &self.pieces {
            for i in 0..piece.len {
                let row = if piece.source == DEFAULT { 0 } else { piece.start + i };
                rows.push((piece.source, row));
            }
        }
        let sources: Vec<&dyn Array> = self.sources.iter().map(|s| s.as_ref()).collect();
        interleave(&sources, &rows)
    }
}
