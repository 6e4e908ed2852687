//! `pack`: moves labels into the line, which becomes JSON with the original under `_entry`.

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::config::PackConfig;
use crate::entry::Entry;
use crate::pipeline::{Context, Stage, Verdict};

/// See the module.
pub struct Pack {
    labels: Vec<String>,
    ingest_timestamp: bool,
}

impl Pack {
    pub fn new(config: &PackConfig) -> Self {
        let mut labels = config.labels.clone();
        labels.sort_unstable();
        Self { labels, ingest_timestamp: config.ingest_timestamp.unwrap_or(true) }
    }
}

impl Stage for Pack {
    fn process(&mut self, entry: &mut Entry, _context: &mut Context) -> Verdict {
        let mut packed = Map::new();
        for name in &self.labels {
            let extracted = entry.text(name).map(|text| text.into_owned());
            let label = entry.labels.remove(name);
            if let Some(value) = label.or(extracted) {
                packed.insert(name.clone(), Json::from(value));
            }
        }
        packed.insert("_entry".to_owned(), Json::from(std::mem::take(&mut entry.line)));
        entry.line = Json::Object(packed).to_string();
        if self.ingest_timestamp {
            entry.timestamp_ns = i64::try_from(Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX);
        }
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn labels_move_into_the_line() {
        super::super::testing::table(
            "[{regex: {expression: '(?P<word>\\w+)'}}, {pack: {labels: [job, word, none], ingest_timestamp: false}}]",
            &[(
                "say \"x\"",
                r#"{"job":"test","word":"say","_entry":"say \"x\""} | {filename="/logs/app.log"}"#,
            )],
        );
    }
}
