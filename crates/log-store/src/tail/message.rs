//! Messages of a tail, as Loki writes them: a stream object for every entry.

use jiff::Timestamp;
use logql::LabelSet;
use model::Labels;
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use super::entry::Entry;
use super::hub::Missed;
use crate::gojson;

/// How entries are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// All labels of an entry together.
    Merged,
    /// Labels of the stream; structured metadata and parsed labels beside the line.
    Categorized,
    /// As before `/loki/api/v1`.
    Legacy,
}

/// The text of one message.
pub(super) fn text(entries: &[Entry], missed: &[Missed], shape: Shape) -> String {
    let json = match shape {
        Shape::Legacy => serde_json::to_string(&Legacy {
            streams: entries.iter().map(LegacyStream::of).collect(),
            dropped_entries: missed.iter().map(LegacyDropped::of).collect(),
        }),
        shape => serde_json::to_string(&Message {
            streams: entries.iter().map(|entry| Stream { entry, shape }).collect(),
            dropped_entries: missed.iter().map(Dropped::of).collect(),
            encoding_flags: if shape == Shape::Categorized { &["categorize-labels"] } else { &[] },
        }),
    };
    // Maps with text as keys always can be written.
    let json = json.unwrap_or_default();
    gojson::escaped(&json).into_owned()
}

#[derive(Serialize)]
struct Message<'a> {
    streams: Vec<Stream<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dropped_entries: Vec<Dropped<'a>>,
    #[serde(rename = "encodingFlags", skip_serializing_if = "<[_]>::is_empty")]
    encoding_flags: &'a [&'a str],
}

struct Stream<'a> {
    entry: &'a Entry,
    shape: Shape,
}

impl Serialize for Stream<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Entry { timestamp, line, labels } = self.entry;
        let timestamp = timestamp.to_string();
        let mut map = serializer.serialize_map(Some(2))?;
        if self.shape == Shape::Categorized {
            map.serialize_entry("stream", &Set(&labels.stream))?;
            let categories =
                Categories { structured_metadata: Set(&labels.metadata), parsed: Set(&labels.parsed) };
            map.serialize_entry("values", &[(timestamp, line, categories)])?;
        } else {
            map.serialize_entry("stream", &Set(&labels.merged()))?;
            map.serialize_entry("values", &[(timestamp, line)])?;
        }
        map.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Categories<'a> {
    #[serde(skip_serializing_if = "Set::is_empty")]
    structured_metadata: Set<'a>,
    #[serde(skip_serializing_if = "Set::is_empty")]
    parsed: Set<'a>,
}

struct Set<'a>(&'a LabelSet);

impl Set<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Set<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

#[derive(Serialize)]
struct Dropped<'a> {
    #[serde(serialize_with = "as_map")]
    labels: &'a Labels,
    timestamp: String,
}

impl<'a> Dropped<'a> {
    fn of(missed: &'a Missed) -> Self {
        Self { labels: &missed.labels, timestamp: missed.timestamp.0.to_string() }
    }
}

fn as_map<S: Serializer>(labels: &Labels, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(labels.iter())
}

#[derive(Serialize)]
struct Legacy {
    streams: Vec<LegacyStream>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dropped_entries: Vec<LegacyDropped>,
}

#[derive(Serialize)]
struct LegacyStream {
    labels: String,
    entries: [LegacyEntry; 1],
}

#[derive(Serialize)]
struct LegacyEntry {
    ts: String,
    line: String,
}

impl LegacyStream {
    fn of(entry: &Entry) -> Self {
        let labels = entry.labels.merged().to_string();
        Self { labels, entries: [LegacyEntry { ts: rfc3339(entry.timestamp), line: entry.line.clone() }] }
    }
}

#[derive(Serialize)]
struct LegacyDropped {
    labels: String,
    timestamp: String,
}

impl LegacyDropped {
    fn of(missed: &Missed) -> Self {
        Self { labels: missed.labels.to_string(), timestamp: rfc3339(missed.timestamp.0) }
    }
}

/// Any time that 64 bits hold can be written.
pub(crate) fn rfc3339(nanos: i64) -> String {
    Timestamp::from_nanosecond(nanos.into()).map(|at| at.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use logql::CategorizedLabels;
    use model::TimestampNanos;

    #[test]
    fn messages_have_lokis_shapes() {
        let set = |pairs: &[(&str, &str)]| pairs.iter().copied().collect::<LabelSet>();
        let labels = CategorizedLabels {
            stream: set(&[("app", "shop")]),
            metadata: set(&[("trace_id", "abc")]),
            parsed: LabelSet::default(),
        };
        let entries = [Entry { timestamp: 1_500_000_000, line: "<a>".to_owned(), labels }];
        let missed = [Missed {
            labels: model::parse_label_set(r#"{app="shop"}"#).unwrap(),
            timestamp: TimestampNanos(2_000_000_000),
        }];
        for (shape, missed, expected) in [
            (
                Shape::Merged,
                &[][..],
                r#"{"streams":[{"stream":{"app":"shop","trace_id":"abc"},"values":[["1500000000","\u003ca\u003e"]]}]}"#,
            ),
            (
                Shape::Categorized,
                &missed,
                r#"{"streams":[{"stream":{"app":"shop"},"values":[["1500000000","\u003ca\u003e",{"structuredMetadata":{"trace_id":"abc"}}]]}],"dropped_entries":[{"labels":{"app":"shop"},"timestamp":"2000000000"}],"encodingFlags":["categorize-labels"]}"#,
            ),
            (
                Shape::Legacy,
                &missed,
                r#"{"streams":[{"labels":"{app=\"shop\", trace_id=\"abc\"}","entries":[{"ts":"1970-01-01T00:00:01.5Z","line":"\u003ca\u003e"}]}],"dropped_entries":[{"labels":"{app=\"shop\"}","timestamp":"1970-01-01T00:00:02Z"}]}"#,
            ),
        ] {
            assert_eq!(text(&entries, missed, shape), expected, "{shape:?}");
        }
    }
}
