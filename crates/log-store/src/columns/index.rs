//! What the footer says of a segment beyond Parquet's own figures: which streams are where, what the fields are, and what
//! their texts consist of. Enough to leave out most segments and columns without reading any of them.

use std::sync::Arc;

use logql::ByteSet;
use model::TimestampNanos;
use segment::{SchemaError, SegmentReader};
use serde::{Deserialize, Serialize};

use crate::batch::Stream;
use crate::columns::blooms::Blooms;
use crate::columns::kind::Kind;
use crate::columns::names;
use crate::columns::template::Template;
use crate::columns::words::WordsEntry;
use crate::columns::zones::Zones;

/// Footer entry.
pub(super) const NOTE: &str = "log-store.index";

/// As it stands in the footer, as JSON.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Note {
    /// In the order of their rows.
    pub streams: Vec<StreamEntry>,
    pub fields: Vec<FieldNote>,
    pub metadata: Vec<FieldNote>,
    pub templates: Vec<String>,
    /// Lines that are kept whole.
    pub whole_lines: u64,
    /// Rows whose structured metadata is in the map.
    pub mapped_metadata: u64,
    /// Word filters, by column.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<WordsEntry>,
}

/// Labels, first row, rows, first ns, last ns, bytes of lines.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StreamEntry(pub String, pub u64, pub u64, pub i64, pub i64, pub u64);

/// A column of values.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FieldNote {
    pub name: String,
    pub kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stats: Option<TextStats>,
    /// Of numbers that differ from stream to stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zones: Option<Zones>,
}

impl FieldNote {
    /// The column of its values in the file.
    pub(crate) fn column(&self, prefix: &str) -> String {
        match self.kind {
            Kind::RowTime(_) => names::TIMESTAMP.to_owned(),
            _ => format!("{prefix}{}", self.name),
        }
    }
}

/// What the texts of a column consist of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TextStats {
    /// Bytes of the longest.
    pub longest: u32,
    /// The longest run of letters and digits.
    pub longest_word: u32,
    /// Which bytes occur, 64 to a number.
    bytes: [u64; 4],
}

impl TextStats {
    pub(super) fn add(&mut self, text: &[u8]) {
        self.longest = self.longest.max(text.len() as u32);
        let mut word = 0;
        for byte in text {
            self.bytes[usize::from(byte >> 6)] |= 1 << (byte & 63);
            word = if byte.is_ascii_alphanumeric() { word + 1 } else { 0 };
            self.longest_word = self.longest_word.max(word);
        }
    }

    /// Whether some text may have `needle` in it.
    pub(crate) fn may_contain(&self, needle: &[u8]) -> bool {
        let mut own = Self::default();
        own.add(needle);
        own.longest <= self.longest
            && own.longest_word <= self.longest_word
            && ByteSet::from_words(own.bytes).is_subset(&ByteSet::from_words(self.bytes))
    }
}

/// A stream of a segment and its rows there.
#[derive(Debug, Clone)]
pub(crate) struct SegmentStream {
    pub stream: Arc<Stream>,
    pub first_row: u64,
    pub rows: u64,
    pub first: TimestampNanos,
    pub last: TimestampNanos,
    pub bytes: u64,
}

/// The note, read.
#[derive(Debug)]
pub(crate) struct SegmentIndex {
    pub streams: Vec<SegmentStream>,
    pub fields: Vec<FieldNote>,
    pub metadata: Vec<FieldNote>,
    /// With their texts.
    pub templates: Vec<(String, Template)>,
    pub whole_lines: u64,
    pub mapped_metadata: u64,
    pub blooms: Blooms,
}

impl SegmentIndex {
    /// Reads the note; `intern` turns label text into a shared stream.
    pub(crate) fn read(
        reader: &SegmentReader,
        intern: impl Fn(&str) -> Result<Arc<Stream>, SchemaError>,
    ) -> Result<Self, SchemaError> {
        let malformed = |why: &str| SchemaError(format!("{}: index: {why}", reader.meta.path));
        let notes = reader.footer.metadata().file_metadata().key_value_metadata();
        let note = notes.and_then(|notes| notes.iter().find(|note| note.key == NOTE)?.value.as_deref());
        let note: Note = serde_json::from_str(note.ok_or_else(|| malformed("missing"))?)
            .map_err(|error| malformed(&error.to_string()))?;
        let stream = |entry: StreamEntry| {
            let StreamEntry(text, first_row, rows, first, last, bytes) = entry;
            Ok(SegmentStream {
                stream: intern(&text)?,
                first_row,
                rows,
                first: TimestampNanos(first),
                last: TimestampNanos(last),
                bytes,
            })
        };
        let template = |text: String| match Template::parse(&text) {
            Some(template) => Ok((text, template)),
            None => Err(malformed("a template")),
        };
        Ok(Self {
            streams: note.streams.into_iter().map(stream).collect::<Result<_, SchemaError>>()?,
            fields: note.fields,
            metadata: note.metadata,
            templates: note.templates.into_iter().map(template).collect::<Result<_, _>>()?,
            whole_lines: note.whole_lines,
            mapped_metadata: note.mapped_metadata,
            blooms: Blooms::new(reader, note.words),
        })
    }

    /// An index of these streams and nothing else.
    #[cfg(test)]
    pub(crate) fn of_streams(streams: Vec<Arc<Stream>>) -> Self {
        let entry = |stream| SegmentStream {
            stream,
            first_row: 0,
            rows: 0,
            first: TimestampNanos(0),
            last: TimestampNanos(0),
            bytes: 0,
        };
        Self {
            streams: streams.into_iter().map(entry).collect(),
            fields: Vec::new(),
            metadata: Vec::new(),
            templates: Vec::new(),
            whole_lines: 0,
            mapped_metadata: 0,
            blooms: Blooms::default(),
        }
    }

    /// The field of that name.
    pub(crate) fn field(&self, name: &str) -> Option<&FieldNote> {
        self.fields.iter().find(|field| field.name == name)
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        let zones = |field: &FieldNote| field.zones.as_ref().map_or(0, Zones::memory_bytes);
        let fields: usize =
            self.fields.iter().chain(&self.metadata).map(|field| 144 + field.name.len() + zones(field)).sum();
        let templates: usize =
            self.templates.iter().map(|(text, template)| 56 * template.slots.len() + 2 * text.len()).sum();
        self.streams.len() * 64 + fields + templates + self.blooms.memory_bytes() + 200
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_that_cannot_be_in_a_column_are_known() {
        let mut stats = TextStats::default();
        stats.add(b"request completed");
        stats.add(b"cache miss");
        for (needle, expected) in [
            ("completed", true),
            ("request completed!", false),
            ("requestcompleted", false),
            ("missing", false),
            ("xyz", false),
            ("", true),
        ] {
            assert_eq!(stats.may_contain(needle.as_bytes()), expected, "{needle}");
        }
    }

    proptest! {
        #[test]
        fn what_is_there_may_be_there(texts in prop::collection::vec("[a-c é-]{0,12}", 1..5), at: prop::sample::Index, cut in (0usize..12, 0usize..12)) {
            let mut stats = TextStats::default();
            texts.iter().for_each(|text| stats.add(text.as_bytes()));
            let text = at.get(&texts).as_bytes();
            let (a, b) = (cut.0.min(text.len()), cut.1.min(text.len()));
            prop_assert!(stats.may_contain(&text[a.min(b)..a.max(b)]));
        }
    }
}
