//! Cutting a batch at the rows where a partition starts.

use arrow::error::ArrowError;

/// Rows `start..end` of a batch that lie in one partition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Segment {
    pub start: usize,
    pub end: usize,
    /// Whether row `start` is the first of its partition.
    pub fresh: bool,
}

/// Remembers whether the sequence has begun: its very first row starts a
/// partition whether the caller lists it or not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Partitions {
    begun: bool,
}

impl Partitions {
    /// Cuts `0..rows` at `starts`; an error unless they ascend and lie inside.
    pub fn segments(&mut self, starts: &[usize], rows: usize) -> Result<Vec<Segment>, ArrowError> {
        check(starts, rows)?;
        let mut segments = Vec::with_capacity(starts.len() + 1);
        if rows == 0 {
            return Ok(segments);
        }
        let first = starts.first().copied().unwrap_or(rows);
        if first > 0 {
            segments.push(Segment { start: 0, end: first, fresh: !self.begun });
        }
        for (i, &start) in starts.iter().enumerate() {
            let end = starts.get(i + 1).copied().unwrap_or(rows);
            segments.push(Segment { start, end, fresh: true });
        }
        self.begun = true;
        Ok(segments)
    }
}

fn check(starts: &[usize], rows: usize) -> Result<(), ArrowError> {
    let ascending = starts.windows(2).all(|w| w[0] < w[1]);
    if ascending && starts.last().is_none_or(|&last| last < rows) {
        Ok(())
    } else {
        Err(ArrowError::ComputeError(format!("partition starts must ascend within the {rows} rows of the batch")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_row_is_fresh_once() -> Result<(), ArrowError> {
        let mut p = Partitions::default();
        assert!(p.segments(&[], 0)?.is_empty());
        assert!(p.segments(&[], 2)?[0].fresh);
        let cut = p.segments(&[1], 3)?;
        assert_eq!(cut.iter().map(|s| (s.start, s.end, s.fresh)).collect::<Vec<_>>(), [(0, 1, false), (1, 3, true)]);
        assert!(p.segments(&[3], 3).is_err());
        assert!(p.segments(&[1, 1], 3).is_err());
        Ok(())
    }
}
