//! Spans in memory: fixed-size rows over shared arenas.
//!
//! A batch holds no allocation per span or attribute. Texts (names, keys, string values) are interned in [`Strings`],
//! resources and scopes are stored once each, attributes of every level sit in one table, and whatever has no scalar
//! form (arrays, key-value lists, bytes) keeps its protobuf encoding in [`Blobs`]. Everything that runs over spans —
//! queries, sealing, answers — reads this one form, whether the rows come from a client, the write-ahead log or Parquet.

mod arena;
mod builder;
mod extract;
mod from_otlp;
mod merge;
mod to_otlp;
mod wire;

use model::{SpanId, TimeRange, TimestampNanos, TraceId};

pub(crate) use arena::{BlobId, Blobs, StringId, Strings};
pub(crate) use builder::BatchBuilder;
pub(crate) use from_otlp::batch_of;
pub(crate) use merge::{merged, merged_briefly};
pub(crate) use to_otlp::{FoundSpan, any_value_of, found_span, grouped};
pub(crate) use wire::{WireLimits, batch_from_log, batch_from_wire, count_messages};

/// A run of entries in one of a batch's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Run {
    pub start: u32,
    pub len: u32,
}

impl Run {
    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.len as usize
    }

    fn shifted(self, by: u32) -> Self {
        Self { start: self.start + by, len: self.len }
    }
}

/// The value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum Value {
    /// The client sent a key without a value.
    #[default]
    Empty,
    String(StringId),
    Int(i64),
    Double(f64),
    Bool(bool),
    /// An `AnyValue` message: array, key-value list or bytes.
    Other(BlobId),
}

/// Attributes of all levels: keys and values side by side, addressed by [`Run`]s.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    pub keys: Vec<StringId>,
    pub values: Vec<Value>,
}

impl Attributes {
    pub(crate) fn of(&self, run: Run) -> impl Iterator<Item = (StringId, Value)> + '_ {
        let range = run.range();
        self.keys[range.clone()].iter().copied().zip(self.values[range].iter().copied())
    }
}

/// What sent the spans.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResourceRow {
    /// A `ResourceSpans` message without spans: exactly what the client sent.
    pub wire: BlobId,
    pub attributes: Run,
    /// Text of `service.name`; empty when absent or not a string.
    pub service_name: StringId,
}

/// The library that made the spans.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScopeRow {
    /// A `ScopeSpans` message without spans.
    pub wire: BlobId,
    pub name: StringId,
    pub version: StringId,
    pub attributes: Run,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct EventRow {
    pub time: u64,
    pub name: StringId,
    pub attributes: Run,
    pub dropped_attributes: u32,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct LinkRow {
    /// Ids of links are kept as they came, whatever their length.
    pub trace_id: BlobId,
    pub span_id: BlobId,
    pub trace_state: StringId,
    pub attributes: Run,
    pub dropped_attributes: u32,
    pub flags: u32,
}

/// One span. Times are nanoseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SpanRow {
    pub trace_id: TraceId,
    pub span_id: SpanId,
    /// Zero for none.
    pub parent_span_id: SpanId,
    pub start: i64,
    /// May lie before `start` when the client's clock jumped.
    pub end: i64,
    pub name: StringId,
    pub trace_state: StringId,
    pub status_message: StringId,
    pub kind: i32,
    pub status: i32,
    pub flags: u32,
    /// Index into [`SpanBatch::resources`].
    pub resource: u32,
    /// Index into [`SpanBatch::scopes`].
    pub scope: u32,
    pub attributes: Run,
    pub events: Run,
    pub links: Run,
    pub dropped_attributes: u32,
    pub dropped_events: u32,
    pub dropped_links: u32,
}

impl SpanRow {
    /// End, or start if the end lies before it: clocks that jump give no negative durations.
    pub(crate) fn clamped_end(&self) -> i64 {
        self.end.max(self.start)
    }
}

/// Rows and the tables they point into.
#[derive(Debug, Default)]
pub(crate) struct SpanBatch {
    pub strings: Strings,
    pub blobs: Blobs,
    pub attributes: Attributes,
    pub resources: Vec<ResourceRow>,
    pub scopes: Vec<ScopeRow>,
    pub events: Vec<EventRow>,
    pub links: Vec<LinkRow>,
    pub rows: Vec<SpanRow>,
    /// First start and last end of all spans; unknown for batches that live only for a moment.
    pub times: Option<(i64, i64)>,
}

impl SpanBatch {
    pub(crate) fn text(&self, id: StringId) -> &str {
        self.strings.get(id)
    }

    pub(crate) fn resource(&self, row: &SpanRow) -> &ResourceRow {
        &self.resources[row.resource as usize]
    }

    pub(crate) fn service_name(&self, row: &SpanRow) -> &str {
        self.text(self.resource(row).service_name)
    }

    pub(crate) fn scope(&self, row: &SpanRow) -> &ScopeRow {
        &self.scopes[row.scope as usize]
    }

    /// Whether some span may overlap `range`.
    pub(crate) fn overlaps(&self, range: TimeRange) -> bool {
        self.times.is_none_or(|(first, last)| range.overlaps(TimestampNanos(first), TimestampNanos(last)))
    }

    /// Bytes on the heap.
    pub(crate) fn memory_bytes(&self) -> usize {
        fn of<T>(list: &Vec<T>) -> usize {
            list.capacity() * size_of::<T>()
        }
        self.strings.memory_bytes()
            + self.blobs.memory_bytes()
            + of(&self.attributes.keys)
            + of(&self.attributes.values)
            + of(&self.resources)
            + of(&self.scopes)
            + of(&self.events)
            + of(&self.links)
            + of(&self.rows)
            + size_of::<Self>()
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
