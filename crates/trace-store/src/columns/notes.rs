//! What a segment says about itself in its footer: the attribute keys it has, by scope.
//!
//! Tag names are answered from this note alone, and a search for a key that a segment does not have skips the segment.

use std::collections::BTreeSet;

use parquet::file::metadata::ParquetMetaData;
use serde::{Deserialize, Serialize};

use super::dedicated;
use crate::batch::{Run, SpanBatch};

pub(crate) const KEYS: &str = "trace-store.keys";

/// A segment with more keys than this writes no note: readers then look at the rows.
const MAX_KEYS: usize = 4096;

/// Attribute keys by where they stand.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct AttributeKeys {
    pub resource: BTreeSet<String>,
    pub scope: BTreeSet<String>,
    pub span: BTreeSet<String>,
    pub event: BTreeSet<String>,
    pub link: BTreeSet<String>,
}

impl AttributeKeys {
    /// The keys used by some rows.
    pub(crate) fn of_rows(batch: &SpanBatch, rows: impl Iterator<Item = usize>) -> Self {
        let mut seen = Seen::new(batch);
        for at in rows {
            let row = &batch.rows[at];
            seen.resources[row.resource as usize] = true;
            seen.scopes[row.scope as usize] = true;
            seen.span.add(batch, row.attributes);
            batch.events[row.events.range()].iter().for_each(|event| seen.event.add(batch, event.attributes));
            batch.links[row.links.range()].iter().for_each(|link| seen.link.add(batch, link.attributes));
        }
        seen.keys(batch)
    }

    fn len(&self) -> usize {
        self.resource.len() + self.scope.len() + self.span.len() + self.event.len() + self.link.len()
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.resource.extend(other.resource);
        self.scope.extend(other.scope);
        self.span.extend(other.span);
        self.event.extend(other.event);
        self.link.extend(other.link);
    }

    /// The note's text, unless there are too many keys.
    pub(super) fn to_note(&self) -> Option<String> {
        if self.len() > MAX_KEYS {
            return None;
        }
        serde_json::to_string(self).ok()
    }

    /// The note of a segment.
    pub(crate) fn from_footer(footer: &ParquetMetaData) -> Option<Self> {
        let notes = footer.file_metadata().key_value_metadata()?;
        let text = notes.iter().find(|note| note.key == KEYS)?.value.as_deref()?;
        serde_json::from_str(text).ok()
    }
}

/// Whether an attribute of a span with one of these keys may be in the list of rare ones.
pub(crate) fn may_be_listed(footer: &ParquetMetaData, wanted: &[Box<str>]) -> bool {
    let Some(keys) = AttributeKeys::from_footer(footer) else { return true };
    let dedicated = dedicated::from_footer(footer);
    wanted
        .iter()
        .filter(|key| keys.span.contains(&***key))
        .any(|key| dedicated.iter().find(|column| column.key == **key).is_none_or(|column| column.elsewhere))
}

/// Marks by id, so that a key is looked at as text only once.
struct Seen {
    resources: Vec<bool>,
    scopes: Vec<bool>,
    span: Marks,
    event: Marks,
    link: Marks,
}

struct Marks(Vec<bool>);

impl Marks {
    fn add(&mut self, batch: &SpanBatch, run: Run) {
        for key in &batch.attributes.keys[run.range()] {
            self.0[key.0 as usize] = true;
        }
    }

    fn texts(&self, batch: &SpanBatch) -> BTreeSet<String> {
        let marked = batch.strings.iter().zip(&self.0).filter(|(_, marked)| **marked);
        marked.map(|(text, _)| text.to_owned()).collect()
    }
}

impl Seen {
    fn new(batch: &SpanBatch) -> Self {
        let none = || Marks(vec![false; batch.strings.len()]);
        Self {
            resources: vec![false; batch.resources.len()],
            scopes: vec![false; batch.scopes.len()],
            span: none(),
            event: none(),
            link: none(),
        }
    }

    fn keys(&self, batch: &SpanBatch) -> AttributeKeys {
        let mut resource = Marks(vec![false; batch.strings.len()]);
        let mut scope = Marks(vec![false; batch.strings.len()]);
        let marked = |marks: &[bool]| {
            marks.iter().enumerate().filter(|(_, m)| **m).map(|(at, _)| at).collect::<Vec<_>>()
        };
        for at in marked(&self.resources) {
            resource.add(batch, batch.resources[at].attributes);
        }
        for at in marked(&self.scopes) {
            scope.add(batch, batch.scopes[at].attributes);
        }
        AttributeKeys {
            resource: resource.texts(batch),
            scope: scope.texts(batch),
            span: self.span.texts(batch),
            event: self.event.texts(batch),
            link: self.link.texts(batch),
        }
    }
}
