//! A line on its way to a client.

use logql::{CategorizedLabels, Category, LabelSet, LogEntry, Passed};

/// A line that has passed the pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Entry {
    pub timestamp: i64,
    pub line: String,
    pub labels: CategorizedLabels,
}

impl Entry {
    pub(super) fn of(timestamp: i64, passed: &Passed<'_>) -> Self {
        let mut parts = [const { Vec::new() }; 3];
        passed.for_each_label(|name, category, value| {
            let part = match category {
                Category::Stream => 0,
                Category::Metadata => 1,
                Category::Parsed => 2,
            };
            parts[part].push((name, value));
        });
        let [stream, metadata, parsed] = parts.map(|part| part.into_iter().collect::<LabelSet>());
        let labels = CategorizedLabels { stream, metadata, parsed };
        Self { timestamp, line: passed.line().to_owned(), labels }
    }

    /// What it counts for in bounds.
    pub(super) fn bytes(&self) -> usize {
        self.line.len() + 64
    }
}

impl From<LogEntry> for Entry {
    fn from(entry: LogEntry) -> Self {
        Self { timestamp: entry.timestamp, line: entry.line, labels: (*entry.labels).clone() }
    }
}
