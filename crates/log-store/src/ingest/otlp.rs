//! OpenTelemetry's log records as entries: attributes of the resource become labels or structured metadata, the body
//! the line.

use std::borrow::Cow;

use ahash::HashMap;
use model::{Labels, TimestampNanos};
use protocols::otlp::{
    ExportLogsServiceRequest, InstrumentationScope, KeyValue, LogRecord, Resource, ResourceLogs,
};
use smallvec::SmallVec;

use super::accept::{Accepted, Acceptor};
use super::body::PushError;
use crate::limits::{AttributeAction, AttributeRules, OtlpRules};

mod attributes;
mod value;

use attributes::Attributes;

/// Bytes that the labels of one stream may come to; far more than their limits allow.
const MAX_LABEL_BYTES: usize = 64 << 10;

pub(super) fn accept(
    request: &ExportLogsServiceRequest,
    mut acceptor: Acceptor<'_>,
) -> Result<Accepted, PushError> {
    for logs in &request.resource_logs {
        accept_resource(logs, &mut acceptor);
    }
    acceptor.finish()
}

fn accept_resource(logs: &ResourceLogs, acceptor: &mut Acceptor<'_>) {
    let rules = &acceptor.limits().otlp;
    let resource_attributes =
        logs.resource.as_ref().map_or(&[][..], |resource: &Resource| &resource.attributes);
    let mut labels = Attributes::new(MAX_LABEL_BYTES);
    let mut resource = metadata(acceptor);
    sort(&rules.resource, resource_attributes, &mut labels, &mut resource);
    let mut streams = Streams::new(labels);
    for scope_logs in &logs.scope_logs {
        let mut scope = metadata(acceptor);
        if let Some(of_scope) = &scope_logs.scope {
            scope_metadata(rules, of_scope, &mut scope);
        }
        for record in &scope_logs.log_records {
            accept_record(record, [&resource, &scope], &mut streams, acceptor);
        }
    }
}

/// An empty list that takes a little more than a valid entry may have, so that too much is still refused as such.
fn metadata<'r>(acceptor: &Acceptor<'_>) -> Attributes<'r> {
    Attributes::new(acceptor.limits().max_structured_metadata_size)
}

/// Distributes attributes as the rules say.
fn sort<'r>(
    rules: &AttributeRules,
    attributes: &'r [KeyValue],
    labels: &mut Attributes<'r>,
    metadata: &mut Attributes<'r>,
) {
    for attribute in attributes {
        match rules.action(&attribute.key) {
            AttributeAction::IndexLabel => labels.flatten(attribute),
            AttributeAction::StructuredMetadata => metadata.flatten(attribute),
            AttributeAction::Drop => {}
        }
    }
}

fn scope_metadata<'r>(rules: &OtlpRules, scope: &'r InstrumentationScope, metadata: &mut Attributes<'r>) {
    metadata.add("scope_name", scope.name.as_str());
    metadata.add("scope_version", scope.version.as_str());
    metadata.add("scope_dropped_attributes_count", number(scope.dropped_attributes_count.into()));
    // Scopes have no labels: the configuration refuses such rules.
    sort(&rules.scope, &scope.attributes, &mut Attributes::new(0), metadata);
}

fn accept_record(
    record: &LogRecord,
    inherited: [&Attributes<'_>; 2],
    streams: &mut Streams<'_>,
    acceptor: &mut Acceptor<'_>,
) {
    let rules = &acceptor.limits().otlp;
    let mut labels = Attributes::new(MAX_LABEL_BYTES);
    let mut metadata = metadata(acceptor);
    first_class(record, &mut metadata);
    sort(&rules.record, &record.attributes, &mut labels, &mut metadata);
    if rules.severity_text_as_label {
        labels.add("severity_text", record.severity_text.as_str());
    }
    let Some(stream) = streams.id(&labels, acceptor) else { return };
    let max_count = acceptor.limits().max_structured_metadata_entries_count;
    let pairs = [&metadata, inherited[0], inherited[1]].into_iter().flat_map(Attributes::iter);
    let mut distinct: SmallVec<[(&str, &str); 32]> = SmallVec::new();
    for pair in pairs {
        // The first of a name counts. Beyond the limit the entry is refused anyway.
        if distinct.len() > max_count || distinct.iter().all(|(name, _)| *name != pair.0) {
            distinct.push(pair);
        }
    }
    let line = record.body.as_ref().map_or(Cow::Borrowed(""), value::text);
    acceptor.entry(stream, time(record, acceptor.now()), &line, distinct.into_iter());
}

/// What a record says besides its attributes, and with more weight.
fn first_class<'r>(record: &'r LogRecord, metadata: &mut Attributes<'r>) {
    if record.time_unix_nano != 0 {
        metadata.add("observed_timestamp", number(record.observed_time_unix_nano));
    }
    metadata.add("severity_number", number(record.severity_number.max(0).cast_unsigned().into()));
    metadata.add("severity_text", record.severity_text.as_str());
    metadata.add("dropped_attributes_count", number(record.dropped_attributes_count.into()));
    metadata.add("flags", number(record.flags.into()));
    metadata.add("trace_id", id(&record.trace_id));
    metadata.add("span_id", id(&record.span_id));
    metadata.add("event_name", record.event_name.as_str());
}

/// A number as text, zero as nothing.
fn number(number: u64) -> String {
    if number == 0 { String::new() } else { number.to_string() }
}

/// An id in hexadecimal, all zeros as nothing.
fn id(bytes: &[u8]) -> String {
    if bytes.iter().all(|byte| *byte == 0) { String::new() } else { hex::encode(bytes) }
}

fn time(record: &LogRecord, now: TimestampNanos) -> TimestampNanos {
    let given = [record.time_unix_nano, record.observed_time_unix_nano].into_iter().find(|time| *time != 0);
    given.map_or(now, |nanos| TimestampNanos(i64::try_from(nanos).unwrap_or(i64::MAX)))
}

/// The streams of one resource: one, unless records have labels of their own. Announced with their first record.
struct Streams<'r> {
    labels: Attributes<'r>,
    ids: HashMap<Vec<(String, String)>, Option<u32>>,
    /// The stream without labels of a record.
    plain: Option<Option<u32>>,
}

impl<'r> Streams<'r> {
    fn new(labels: Attributes<'r>) -> Self {
        Self { labels, ids: HashMap::default(), plain: None }
    }

    fn id(&mut self, more: &Attributes<'_>, acceptor: &mut Acceptor<'_>) -> Option<u32> {
        if more.is_empty() {
            let labels = &self.labels;
            return *self.plain.get_or_insert_with(|| acceptor.stream(Ok(stream_labels([labels, more]))));
        }
        let key = more.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let labels = &self.labels;
        *self.ids.entry(key).or_insert_with(|| acceptor.stream(Ok(stream_labels([labels, more]))))
    }
}

fn stream_labels(parts: [&Attributes<'_>; 2]) -> Labels {
    let mut labels = Labels::default();
    for (name, value) in parts.into_iter().flat_map(Attributes::iter) {
        labels.set(name, value);
    }
    labels
}

#[cfg(test)]
mod tests;
