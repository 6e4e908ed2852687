//! Joining batches: many small ones, as clients push them, become few that a query can walk.

use std::sync::Arc;

use super::{LogBatch, Stream};

impl LogBatch {
    /// Appends all rows of `other`; the maps translate its stream indices and its metadata.
    fn extend(&mut self, other: &Self, streams: &[u32], table: &[u32]) {
        if other.is_empty() {
            return;
        }
        self.note_time(other.first);
        self.timestamp.extend_from_slice(&other.timestamp);
        self.note_time(other.last);
        self.stream.extend(other.stream.iter().map(|stream| streams[*stream as usize]));
        self.metadata.extend(other.metadata.iter().map(|id| table[*id as usize]));
        self.line_bytes += other.line_bytes;
        let text = self.text.growing();
        if other.line_bytes == other.text.len() {
            // Nothing but lines: they keep their places.
            let base = text.len() as u32;
            text.extend_from_slice(other.text.as_bytes());
            self.line_start.extend(other.line_start.iter().map(|start| base + start));
            self.line_end.extend(other.line_end.iter().map(|end| base + end));
            return;
        }
        for at in 0..other.len() {
            self.line_start.push(text.len() as u32);
            text.extend_from_slice(other.line(at));
            self.line_end.push(text.len() as u32);
        }
    }

    /// One batch with the rows of all, in order.
    pub(crate) fn coalesce(batches: &[Arc<Self>]) -> Self {
        let mut joined = Self::default();
        joined.reserve_text(batches.iter().map(|batch| batch.line_bytes).sum());
        let mut known: ahash::HashMap<*const Stream, u32> = ahash::HashMap::default();
        let (mut streams, mut table) = (Vec::new(), Vec::new());
        for batch in batches {
            streams.clear();
            for stream in &batch.streams {
                let next = joined.streams.len() as u32;
                let id = *known.entry(Arc::as_ptr(stream)).or_insert(next);
                if id == next {
                    joined.streams.push(Arc::clone(stream));
                }
                streams.push(id);
            }
            table.clear();
            let pieces = (0..batch.table.len() as u32).map(|id| batch.table.get(id).as_bytes());
            table.extend(pieces.map(|piece| joined.table.intern(piece)));
            joined.extend(batch, &streams, &table);
        }
        joined.shrink();
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Plain, batch, over_text, plain, rows};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn joining_keeps_rows_and_order(parts in prop::collection::vec((rows(), any::<bool>()), 0..5)) {
            let build = |(rows, over): &(Vec<Plain>, bool)| Arc::new(if *over { over_text(rows) } else { batch(rows) });
            let batches: Vec<_> = parts.iter().map(build).collect();
            let joined = LogBatch::coalesce(&batches);
            let rows: Vec<Plain> = parts.into_iter().flat_map(|(rows, _)| rows).collect();
            prop_assert_eq!(&plain(&joined), &rows);
            prop_assert_eq!(joined.text.len(), joined.line_bytes);
            let times = rows.iter().map(|row| row.1);
            if let (Some(first), Some(last)) = (times.clone().min(), times.max()) {
                prop_assert_eq!((joined.first, joined.last), (first, last));
            }
        }
    }
}
