//! Interned streams: one copy of a label set, however many batches refer to it.

use std::sync::Arc;

use hashbrown::HashTable;
use model::{LabelError, Labels, parse_label_set};
use parking_lot::Mutex;

use crate::batch::Stream;

/// When this many label sets are known, those that no row in memory refers to are forgotten.
const TIDY_AT: usize = 4096;

#[derive(Debug, Default)]
pub(crate) struct Streams {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    hasher: ahash::RandomState,
    /// By their text, which is stored nowhere else.
    streams: HashTable<Arc<Stream>>,
    /// By label texts as clients write them, where those are not canonical or not complete.
    pushed: ahash::HashMap<Box<str>, Arc<Stream>>,
    tidy_at: usize,
}

impl Known {
    fn get(&self, text: &str) -> Option<&Arc<Stream>> {
        self.streams.find(self.hasher.hash_one(text), |stream| *stream.text == *text)
    }

    fn insert(&mut self, stream: Arc<Stream>) {
        if self.streams.len() >= self.tidy_at.max(TIDY_AT) {
            self.tidy();
        }
        let hasher = &self.hasher;
        let hash = |stream: &Arc<Stream>| hasher.hash_one(&*stream.text);
        self.streams.insert_unique(hash(&stream), stream, hash);
    }

    fn tidy(&mut self) {
        self.pushed = ahash::HashMap::default();
        self.streams.retain(|stream| Arc::strong_count(stream) > 1);
        self.tidy_at = self.streams.len() * 2;
        if self.streams.capacity() > 2 * self.tidy_at.max(TIDY_AT) {
            let hasher = &self.hasher;
            self.streams.shrink_to_fit(|stream| hasher.hash_one(&*stream.text));
        }
    }
}

impl Streams {
    /// The stream of a canonical label text.
    pub(crate) fn parse(&self, text: &str) -> Result<Arc<Stream>, LabelError> {
        if let Some(stream) = self.known.lock().get(text) {
            return Ok(Arc::clone(stream));
        }
        Ok(self.intern(parse_label_set(text)?))
    }

    pub(crate) fn intern(&self, labels: Labels) -> Arc<Stream> {
        let stream = Stream::new(labels);
        let mut known = self.known.lock();
        if let Some(known) = known.get(&stream.text) {
            return Arc::clone(known);
        }
        known.insert(Arc::clone(&stream));
        stream
    }

    /// The stream that was stored for a label text when it was pushed before.
    pub(crate) fn pushed(&self, text: &str) -> Option<Arc<Stream>> {
        let known = self.known.lock();
        known.pushed.get(text).map(Arc::clone)
    }

    /// Remembers which stream the rows of a pushed label text belong to.
    pub(crate) fn note_pushed(&self, text: &str, stream: &Arc<Stream>) {
        let mut known = self.known.lock();
        // One stream can be written in many ways.
        if known.pushed.len() >= known.streams.len().max(TIDY_AT) * 2 {
            known.pushed.clear();
        }
        known.pushed.insert(text.into(), Arc::clone(stream));
    }

    /// Forgets the streams that no row in memory refers to, if many are known.
    pub(crate) fn tidy(&self) {
        let mut known = self.known.lock();
        if known.streams.len() >= TIDY_AT {
            known.tidy();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_label_sets_are_one_stream() {
        let streams = Streams::default();
        let first = streams.parse(r#"{a="1", b="2"}"#).unwrap();
        let second = streams.parse(r#"{b="2",a="1"}"#).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
    }

    #[test]
    fn pushed_texts_are_remembered_but_not_without_bound() {
        let streams = Streams::default();
        let stream = streams.parse(r#"{a="1"}"#).unwrap();
        assert!(streams.pushed(r#"{a="1"}"#).is_none(), "only what a push was checked for");
        for blanks in 0..5 * TIDY_AT {
            let text = format!("{{{}a=\"1\"}}", " ".repeat(blanks % 100) + &"\t".repeat(blanks / 100));
            streams.note_pushed(&text, &stream);
            assert!(Arc::ptr_eq(&stream, &streams.pushed(&text).unwrap()));
        }
        assert!(streams.known.lock().pushed.len() <= 2 * TIDY_AT);
    }

    #[test]
    fn unused_streams_are_forgotten() {
        let streams = Streams::default();
        let kept = streams.parse(r#"{n="kept"}"#).unwrap();
        for n in 0..3 * TIDY_AT {
            let text = format!("{{n=\"{n}\"}}");
            let stream = streams.parse(&text).unwrap();
            streams.note_pushed(&text, &stream);
        }
        assert!(streams.known.lock().streams.len() <= TIDY_AT + 1);
        streams.tidy();
        assert!(Arc::ptr_eq(&kept, &streams.parse(r#"{n="kept"}"#).unwrap()));
        streams.tidy();
        assert!(streams.known.lock().streams.len() <= TIDY_AT);
    }
}
