//! Interned streams: one copy of a label set, however many batches refer to it.

use std::sync::Arc;

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
    by_text: ahash::HashMap<Box<str>, Arc<Stream>>,
    tidy_at: usize,
}

impl Streams {
    /// The stream of a canonical label text.
    pub(crate) fn parse(&self, text: &str) -> Result<Arc<Stream>, LabelError> {
        if let Some(stream) = self.known.lock().by_text.get(text) {
            return Ok(Arc::clone(stream));
        }
        Ok(self.intern(parse_label_set(text)?))
    }

    pub(crate) fn intern(&self, labels: Labels) -> Arc<Stream> {
        let stream = Stream::new(labels);
        let mut known = self.known.lock();
        if let Some(stream) = known.by_text.get(&stream.text) {
            return Arc::clone(stream);
        }
        if known.by_text.len() >= known.tidy_at.max(TIDY_AT) {
            known.by_text.retain(|_, stream| Arc::strong_count(stream) > 1);
            known.tidy_at = known.by_text.len() * 2;
        }
        known.by_text.insert(stream.text.clone(), Arc::clone(&stream));
        stream
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
    fn unused_streams_are_forgotten() {
        let streams = Streams::default();
        let kept = streams.parse(r#"{n="kept"}"#).unwrap();
        for n in 0..3 * TIDY_AT {
            streams.parse(&format!("{{n=\"{n}\"}}")).unwrap();
        }
        assert!(streams.known.lock().by_text.len() <= TIDY_AT + 1);
        assert!(Arc::ptr_eq(&kept, &streams.parse(r#"{n="kept"}"#).unwrap()));
    }
}
