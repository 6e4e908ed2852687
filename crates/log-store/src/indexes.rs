//! Indexes of segments, kept in memory: most questions about a segment are answered without opening it.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use segment::{Engine, Error, SegmentMeta, SegmentReader};

use crate::columns::SegmentIndex;
use crate::schema::LogSchema;

/// Indexes are kept up to this size together, Bloom filters included; those that were not used for longest go first.
const MAX_BYTES: usize = 48 << 20;

/// The cache.
#[derive(Debug, Default)]
pub(crate) struct Indexes(Mutex<Cache>);

#[derive(Debug, Default)]
struct Cache {
    by_id: ahash::HashMap<String, (Arc<SegmentIndex>, u64)>,
    /// Identifiers with the moment of that use; outdated where there was a later one.
    uses: VecDeque<(String, u64)>,
    moment: u64,
    bytes: usize,
}

impl Cache {
    fn get(&mut self, id: &str) -> Option<Arc<SegmentIndex>> {
        self.moment += 1;
        let (index, used) = self.by_id.get_mut(id)?;
        *used = self.moment;
        self.uses.push_back((id.to_owned(), self.moment));
        let index = Arc::clone(index);
        if self.uses.len() > 4 * self.by_id.len() + 64 {
            self.uses.retain(|(id, moment)| self.by_id.get(id).is_some_and(|(_, used)| used == moment));
        }
        Some(index)
    }

    fn insert(&mut self, id: &str, index: Arc<SegmentIndex>) {
        self.moment += 1;
        self.bytes += index.memory_bytes();
        if let Some((old, _)) = self.by_id.insert(id.to_owned(), (index, self.moment)) {
            self.bytes -= old.memory_bytes();
        }
        self.uses.push_back((id.to_owned(), self.moment));
        while self.bytes > MAX_BYTES && self.by_id.len() > 1 {
            let Some((id, moment)) = self.uses.pop_front() else { return };
            if self.by_id.get(&id).is_some_and(|(_, used)| *used == moment)
                && let Some((index, _)) = self.by_id.remove(&id)
            {
                self.bytes -= index.memory_bytes();
            }
        }
    }
}

impl Indexes {
    pub(crate) fn cached(&self, meta: &SegmentMeta) -> Option<Arc<SegmentIndex>> {
        self.0.lock().get(&meta.id)
    }

    fn insert(&self, meta: &SegmentMeta, index: &Arc<SegmentIndex>) {
        self.0.lock().insert(&meta.id, Arc::clone(index));
    }
}

impl LogSchema {
    /// The index of an open segment.
    pub(crate) fn index(&self, reader: &SegmentReader) -> Result<Arc<SegmentIndex>, Error> {
        if let Some(index) = self.indexes.cached(&reader.meta) {
            return Ok(index);
        }
        let index = Arc::new(SegmentIndex::read(reader, |text| self.stream(text))?);
        self.indexes.insert(&reader.meta, &index);
        Ok(index)
    }
}

/// The index of a segment, which is opened if need be.
pub(crate) async fn index_of(
    engine: &Engine<LogSchema>,
    meta: &Arc<SegmentMeta>,
) -> Result<Arc<SegmentIndex>, Error> {
    if let Some(index) = engine.schema().indexes.cached(meta) {
        return Ok(index);
    }
    let reader = engine.open_segment(meta).await?;
    engine.schema().index(&reader)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(streams: usize) -> Arc<SegmentIndex> {
        let text = r#"{a="b"}"#;
        let stream = crate::batch::Stream::new(model::parse_label_set(text).unwrap());
        Arc::new(SegmentIndex::of_streams(vec![stream; streams]))
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let mut cache = Cache::default();
        let each = index(MAX_BYTES / 64 / 4);
        for id in ["a", "b", "c"] {
            cache.insert(id, Arc::clone(&each));
        }
        for _ in 0..1000 {
            assert!(cache.get("a").is_some());
        }
        assert!(cache.uses.len() < 100);
        cache.insert("d", Arc::clone(&each));
        assert!(cache.get("b").is_none());
        assert!(["a", "c", "d"].iter().all(|id| cache.get(id).is_some()));
        assert!(cache.bytes <= MAX_BYTES);
    }
}
