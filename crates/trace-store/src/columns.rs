//! The Parquet layout of spans, format 2.
//!
//! One row per span, sorted by `(trace_id, start_time)`, so that the rows of a trace lie together. A file holds spans that
//! started in one hour (UTC). Files are self-contained and readable by anything that reads Parquet:
//!
//! | column | type | content |
//! |---|---|---|
//! | `trace_id` | fixed 16 bytes | bloom filter, page index |
//! | `span_id` | fixed 8 bytes | |
//! | `parent_span_id` | fixed 8 bytes, null for none | |
//! | `start_time` | timestamp (ns, UTC) | page index |
//! | `duration_nano` | i64 | end − start as the client said, so it may be negative; end is not stored |
//! | `name`, `service_name`, `status_message`, `trace_state` | text (dictionary), null for empty | |
//! | `kind`, `status_code` | i32 | numbers of OTLP's enumerations |
//! | `flags`, `dropped_attributes_count`, `dropped_events_count`, `dropped_links_count` | u32 | left out if all are 0 |
//! | `resource` | bytes (dictionary) | OTLP `ResourceSpans` message without spans: attributes, schema URL, all of it |
//! | `resource_attributes` | text (dictionary) | the same attributes as a flat JSON object, for SQL |
//! | `scope` | bytes (dictionary) | OTLP `ScopeSpans` message without spans |
//! | `scope_name`, `scope_version` | text (dictionary), null for empty | |
//! | `span.<key>` | text (dictionary), i64, f64 or bool, null for none | values of a frequent attribute |
//! | `attribute_names` | text (dictionary), null for no attributes | the row's attributes in order, divided by commas: the key of a `span.<key>` column, or nothing for the next one of `attributes` |
//! | `attributes` | list of *attribute* | attributes without a column of their own, values of another type than their column, second values of a key |
//! | `events` | list of { `time` (ns), `name`, `attributes`, `dropped_attributes_count` } | |
//! | `links` | list of { `trace_id`, `span_id`, `trace_state`, `attributes`, `dropped_attributes_count`, `flags` } | |
//!
//! The last three lists are left out of segments in which all of them are empty.
//!
//! An *attribute* is { `key`, `string`, `int`, `double`, `bool`, `other` } with at most one value set; `other` is an OTLP
//! `AnyValue` message (array, key-value list, bytes), none set is a key without a value. Resources and scopes are repeated
//! on each row but dictionary-encoded, so a row pays about a byte for them, and a condition on a resource is decided once
//! per dictionary entry.
//!
//! Footer notes: `trace-store.keys` lists the attribute keys by scope (see [`notes`]), `trace-store.dedicated` the columns of
//! attributes with their types, and their texts if they are few (see [`dedicated`]).
//!
//! Format 1 had all attributes in `attributes`, and no `attribute_names`. It is still read.

mod attributes;
mod decode;
pub(crate) mod dedicated;
mod encode;
mod layout;
mod lists;
pub(crate) mod notes;
mod seal;

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Fields, TimeUnit};

pub(crate) use decode::{Columns, WantedKeys, decode_into, load};
pub(crate) use notes::may_be_listed;
pub(crate) use seal::seal;

/// Version of this layout.
pub(crate) const FORMAT: u32 = 2;

pub(crate) const TRACE_ID: &str = "trace_id";
pub(crate) const SPAN_ID: &str = "span_id";
pub(crate) const PARENT_SPAN_ID: &str = "parent_span_id";
pub(crate) const START_TIME: &str = "start_time";
pub(crate) const DURATION: &str = "duration_nano";
pub(crate) const NAME: &str = "name";
pub(crate) const SERVICE_NAME: &str = "service_name";
pub(crate) const KIND: &str = "kind";
pub(crate) const STATUS_CODE: &str = "status_code";
pub(crate) const STATUS_MESSAGE: &str = "status_message";
pub(crate) const TRACE_STATE: &str = "trace_state";
pub(crate) const FLAGS: &str = "flags";
pub(crate) const DROPPED_ATTRIBUTES: &str = "dropped_attributes_count";
pub(crate) const DROPPED_EVENTS: &str = "dropped_events_count";
pub(crate) const DROPPED_LINKS: &str = "dropped_links_count";
pub(crate) const RESOURCE: &str = "resource";
pub(crate) const RESOURCE_ATTRIBUTES: &str = "resource_attributes";
pub(crate) const SCOPE: &str = "scope";
pub(crate) const SCOPE_NAME: &str = "scope_name";
pub(crate) const SCOPE_VERSION: &str = "scope_version";
/// Prefix of the columns of single attributes.
pub(crate) const SPAN_PREFIX: &str = "span.";
pub(crate) const ATTRIBUTE_NAMES: &str = "attribute_names";
pub(crate) const ATTRIBUTES: &str = "attributes";
pub(crate) const EVENTS: &str = "events";
pub(crate) const LINKS: &str = "links";

fn dictionary(values: DataType) -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(values))
}

fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()))
}

fn item(fields: &Fields) -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Struct(fields.clone()), false))
}

fn list(fields: &Fields) -> DataType {
    DataType::List(item(fields))
}

/// Fields of an attribute.
static ATTRIBUTE_FIELDS: LazyLock<Fields> = LazyLock::new(|| {
    Fields::from(vec![
        Field::new("key", dictionary(DataType::Utf8), false),
        Field::new("string", dictionary(DataType::Utf8), true),
        Field::new("int", DataType::Int64, true),
        Field::new("double", DataType::Float64, true),
        Field::new("bool", DataType::Boolean, true),
        Field::new("other", DataType::Binary, true),
    ])
});

static EVENT_FIELDS: LazyLock<Fields> = LazyLock::new(|| {
    Fields::from(vec![
        Field::new("time", timestamp(), false),
        Field::new("name", dictionary(DataType::Utf8), false),
        Field::new("attributes", list(&ATTRIBUTE_FIELDS), false),
        Field::new("dropped_attributes_count", DataType::UInt32, false),
    ])
});

static LINK_FIELDS: LazyLock<Fields> = LazyLock::new(|| {
    Fields::from(vec![
        Field::new("trace_id", DataType::Binary, false),
        Field::new("span_id", DataType::Binary, false),
        Field::new("trace_state", dictionary(DataType::Utf8), false),
        Field::new("attributes", list(&ATTRIBUTE_FIELDS), false),
        Field::new("dropped_attributes_count", DataType::UInt32, false),
        Field::new("flags", DataType::UInt32, false),
    ])
});

/// The columns that every segment has.
static FIXED_FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let text = |name: &str| Field::new(name, dictionary(DataType::Utf8), true);
    vec![
        Field::new(TRACE_ID, DataType::FixedSizeBinary(16), false),
        Field::new(SPAN_ID, DataType::FixedSizeBinary(8), false),
        Field::new(PARENT_SPAN_ID, DataType::FixedSizeBinary(8), true),
        Field::new(START_TIME, timestamp(), false),
        Field::new(DURATION, DataType::Int64, false),
        text(NAME),
        text(SERVICE_NAME),
        Field::new(KIND, DataType::Int32, false),
        Field::new(STATUS_CODE, DataType::Int32, false),
        text(STATUS_MESSAGE),
        text(TRACE_STATE),
        Field::new(RESOURCE, dictionary(DataType::Binary), false),
        Field::new(RESOURCE_ATTRIBUTES, dictionary(DataType::Utf8), false),
        Field::new(SCOPE, dictionary(DataType::Binary), false),
        text(SCOPE_NAME),
        text(SCOPE_VERSION),
    ]
});

#[cfg(test)]
mod tests;
