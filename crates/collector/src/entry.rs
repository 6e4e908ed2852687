//! An entry on its way through a pipeline.

use std::borrow::Cow;
use std::sync::Arc;

use crate::labels::LabelSet;
use crate::value::{Extracted, Value};

/// Where a line came from, so that a stage which holds it back also holds back its file's position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Origin {
    /// Number of the source within its job.
    pub source: u64,
    /// Offset of the line's first byte.
    pub start: u64,
}

/// What stages read and change. One entry is reused for all lines of a job, so buffers are cleared rather than freed.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    pub labels: LabelSet,
    pub extracted: Extracted,
    /// The line as it will be sent.
    pub line: String,
    /// Nanoseconds since 1970.
    pub timestamp_ns: i64,
    /// Structured metadata.
    pub metadata: Vec<(Arc<str>, String)>,
    /// The tenant to send to, when a stage chose one.
    pub tenant: Option<String>,
    pub origin: Origin,
    base: Arc<LabelSet>,
}

impl Entry {
    /// Starts over with a line of a source labelled `base`.
    pub fn reset(&mut self, base: &Arc<LabelSet>, line: &str, timestamp_ns: i64, origin: Origin) {
        self.labels.assign(base);
        if !Arc::ptr_eq(&self.base, base) {
            self.base = Arc::clone(base);
        }
        self.extracted.clear();
        self.line.clear();
        self.line.push_str(line);
        self.timestamp_ns = timestamp_ns;
        self.metadata.clear();
        self.tenant = None;
        self.origin = origin;
    }

    /// Text extracted under `name`, or else the label the source had from the start: extraction begins with the labels.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        match self.extracted.get(name) {
            Some(value) => value.as_text(),
            None => self.base.get(name).map(Cow::Borrowed),
        }
    }

    /// [`Self::text`], typed.
    pub fn value(&self, name: &str) -> Option<Cow<'_, Value>> {
        match self.extracted.get(name) {
            Some(Value::Null) => None,
            Some(value) => Some(Cow::Borrowed(value)),
            None => self.base.get(name).map(|label| Cow::Owned(Value::Text(label.to_owned()))),
        }
    }

    /// The text that a stage with an optional `source` works on: the line unless a source is named.
    pub fn source(&self, source: Option<&str>) -> Option<Cow<'_, str>> {
        match source {
            None => Some(Cow::Borrowed(&self.line)),
            Some(name) => self.text(name),
        }
    }

    /// All extracted names with their text, the source's first labels included.
    pub fn texts(&self) -> Vec<(&str, Cow<'_, str>)> {
        let labels = self.base.iter().filter(|(name, _)| self.extracted.get(name).is_none());
        let mut all: Vec<_> = labels.map(|(name, value)| (name, Cow::Borrowed(value))).collect();
        all.extend(self.extracted.iter().filter_map(|(name, value)| Some((name, value.as_text()?))));
        all
    }

    /// Bytes this entry occupies while held back, roughly.
    pub fn size(&self) -> usize {
        self.line.len() + self.labels.size() + size_of::<Self>()
    }
}
