//! The Bloom filters of a segment, read when they are first asked and kept with the segment's index.

use std::sync::Arc;

use ahash::HashMap;
use parking_lot::Mutex;
use parquet::bloom_filter::Sbbf;
use segment::{Error, SegmentReader};

/// By field and row group.
type Filters = HashMap<(usize, usize), Option<Arc<Sbbf>>>;

#[derive(Debug, Default)]
pub(crate) struct Blooms {
    filters: Mutex<Filters>,
    /// Of all filters of the segment, read or not.
    bytes: usize,
}

impl Blooms {
    pub(super) fn of(reader: &SegmentReader) -> Self {
        let chunks = reader.footer.metadata().row_groups().iter().flat_map(|group| group.columns());
        let bytes =
            chunks.filter_map(|chunk| chunk.bloom_filter_length()).map(|length| length as usize).sum();
        Self { filters: Mutex::default(), bytes }
    }

    /// What is to be counted for them, as if all were in memory.
    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes
    }

    /// The filter of a field, which is the named column, in a row group; `None` if it has none.
    pub(crate) fn get(
        &self,
        reader: &SegmentReader,
        (field, column): (usize, &str),
        group: usize,
    ) -> Result<Option<Arc<Sbbf>>, Error> {
        if let Some(known) = self.filters.lock().get(&(field, group)) {
            return Ok(known.clone());
        }
        let filter = reader.bloom_filter(group, column)?.map(Arc::new);
        self.filters.lock().insert((field, group), filter.clone());
        Ok(filter)
    }
}
