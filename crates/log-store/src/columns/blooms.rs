//! The Bloom filters of a segment, of values and of words, read when they are first asked and kept with the segment's index.

use std::sync::{Arc, OnceLock};

use ahash::HashMap;
use parking_lot::Mutex;
use parquet::bloom_filter::Sbbf;
use segment::{Error, SegmentReader};

use crate::columns::words::{WordFilter, WordsEntry};

/// By field and row group.
type Filters = HashMap<(usize, usize), Option<Arc<Sbbf>>>;

#[derive(Debug, Default)]
pub(crate) struct Blooms {
    filters: Mutex<Filters>,
    words: Vec<(WordsEntry, OnceLock<WordFilter>)>,
    /// Of all filters of the segment, read or not.
    bytes: usize,
}

impl Blooms {
    pub(super) fn new(reader: &SegmentReader, words: Vec<WordsEntry>) -> Self {
        let chunks = reader.footer.metadata().row_groups().iter().flat_map(|group| group.columns());
        let of_values = chunks.filter_map(|chunk| chunk.bloom_filter_length()).map(|length| length as usize);
        let bytes = of_values.chain(words.iter().map(|entry| entry.bytes)).sum();
        let words = words.into_iter().map(|entry| (entry, OnceLock::new())).collect();
        Self { filters: Mutex::default(), words, bytes }
    }

    /// What is to be counted for them, as if all were in memory.
    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes
    }

    /// The filter of a column's words, if it has one.
    pub(crate) fn words(&self, reader: &SegmentReader, column: &str) -> Result<Option<&WordFilter>, Error> {
        let Some((entry, filter)) = self.words.iter().find(|(entry, _)| entry.column == column) else {
            return Ok(None);
        };
        if filter.get().is_none() {
            // Two at once read it twice.
            let _already_there = filter.set(WordFilter::read(reader, entry)?);
        }
        Ok(filter.get())
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
