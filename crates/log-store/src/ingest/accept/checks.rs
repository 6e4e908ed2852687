//! Limits of streams and entries, with Loki's reasons and messages.

use model::{Labels, TimestampNanos};

use super::Acceptor;
use crate::ingest::refused::quoted;

/// Loki's name for the limit, and the message.
type Reason = (&'static str, String);

impl Acceptor<'_> {
    pub(super) fn check_labels(&self, labels: &Labels) -> Result<(), Reason> {
        let limits = self.limits;
        let counted = labels.len() - usize::from(labels.get("service_name").is_some());
        if counted > limits.max_label_names_per_series {
            let limit = limits.max_label_names_per_series;
            let labels = labels.to_string();
            let labels = quoted(&labels);
            let message = format!("entry for stream '{labels}' has {counted} label names; limit {limit}");
            return Err(("max_label_names_per_series", message));
        }
        for (name, value) in labels.iter() {
            if name.len() > limits.max_label_name_length {
                return Err((
                    "label_name_too_long",
                    format!(
                        "stream '{}' has label name too long: '{}'",
                        quoted(&labels.to_string()),
                        quoted(name)
                    ),
                ));
            }
            if value.len() > limits.max_label_value_length {
                return Err((
                    "label_value_too_long",
                    format!(
                        "stream '{}' has label value too long: '{}'",
                        quoted(&labels.to_string()),
                        quoted(value)
                    ),
                ));
            }
        }
        Ok(())
    }

    pub(super) fn check_entry(&self, stream: u32, at: TimestampNanos, line: &str) -> Result<(), Reason> {
        let limits = self.limits;
        let text = || &self.batch.streams[stream as usize].text;
        if at < self.oldest {
            let message = format!(
                "entry for stream '{}' has timestamp too old: {at}, oldest acceptable timestamp is: {}",
                text(),
                self.oldest
            );
            return Err(("greater_than_max_sample_age", message));
        }
        if at > self.newest {
            return Err((
                "too_far_in_future",
                format!("entry for stream '{}' has timestamp too new: {at}", text()),
            ));
        }
        if line.len() > limits.max_line_size && !limits.max_line_size_truncate {
            let message = format!(
                "max entry size '{}' bytes exceeded for stream '{}' while adding an entry with length '{}' bytes",
                limits.max_line_size,
                text(),
                line.len()
            );
            return Err(("line_too_long", message));
        }
        Ok(())
    }

    pub(super) fn check_metadata(&self, stream: u32, size: usize, count: usize) -> Result<(), Reason> {
        let limits = self.limits;
        let text = || &self.batch.streams[stream as usize].text;
        if count > 0 && !limits.allow_structured_metadata {
            let message = format!(
                "stream '{}' includes structured metadata, which is not allowed. Please see `limits_config.allow_structured_metadata`",
                text()
            );
            return Err(("disallowed_structured_metadata", message));
        }
        let max_size = limits.max_structured_metadata_size;
        if size > max_size {
            let message = format!(
                "stream '{}' has structured metadata too large: '{size}' bytes, limit: '{max_size}' bytes. Please see `limits_config.max_structured_metadata_size`",
                text()
            );
            return Err(("structured_metadata_too_large", message));
        }
        let max_count = limits.max_structured_metadata_entries_count;
        if count > max_count {
            let message = format!(
                "stream '{}' has too many structured metadata labels: '{count}', limit: '{max_count}'. Please see `limits_config.max_structured_metadata_entries_count`",
                text()
            );
            return Err(("structured_metadata_too_many", message));
        }
        Ok(())
    }
}
