//! How many bytes a span takes as protobuf, without encoding it.

use prost::encoding::encoded_len_varint;

use crate::batch::{EventRow, LinkRow, Run, SpanBatch, SpanRow, Value};

/// A length-delimited field whose number is below 16: one byte of tag.
fn field(length: usize) -> usize {
    1 + encoded_len_varint(length as u64) + length
}

fn bytes(length: usize) -> usize {
    if length == 0 { 0 } else { field(length) }
}

/// A number in a field; zero is left out.
fn number(value: u64) -> usize {
    if value == 0 { 0 } else { 1 + encoded_len_varint(value) }
}

fn fixed(value: u64, length: usize) -> usize {
    if value == 0 { 0 } else { 1 + length }
}

/// Numbers of enumerations are signed: negative ones take ten bytes.
fn signed(value: i32) -> usize {
    number(i64::from(value).cast_unsigned())
}

/// The size of a span as its client may have sent it.
pub(super) fn encoded_size(batch: &SpanBatch, row: &SpanRow) -> usize {
    let parent = if row.parent_span_id.0 == [0; 8] { 0 } else { field(8) };
    let status = bytes(batch.text(row.status_message).len()) + signed(row.status);
    let events = &batch.events[row.events.range()];
    let links = &batch.links[row.links.range()];
    field(16)
        + field(8)
        + parent
        + bytes(batch.text(row.trace_state).len())
        + bytes(batch.text(row.name).len())
        + signed(row.kind)
        + fixed(row.start.cast_unsigned(), 8)
        + fixed(row.end.cast_unsigned(), 8)
        + attributes(batch, row.attributes)
        + number(u64::from(row.dropped_attributes))
        + events.iter().map(|event| field(event_size(batch, event))).sum::<usize>()
        + number(u64::from(row.dropped_events))
        + links.iter().map(|link| field(link_size(batch, link))).sum::<usize>()
        + number(u64::from(row.dropped_links))
        + field(status)
        // The number of this field takes two bytes.
        + if row.flags == 0 { 0 } else { 6 }
}

fn event_size(batch: &SpanBatch, event: &EventRow) -> usize {
    fixed(event.time, 8)
        + bytes(batch.text(event.name).len())
        + attributes(batch, event.attributes)
        + number(u64::from(event.dropped_attributes))
}

fn link_size(batch: &SpanBatch, link: &LinkRow) -> usize {
    bytes(batch.blobs.get(link.trace_id).len())
        + bytes(batch.blobs.get(link.span_id).len())
        + bytes(batch.text(link.trace_state).len())
        + attributes(batch, link.attributes)
        + number(u64::from(link.dropped_attributes))
        + fixed(u64::from(link.flags), 4)
}

fn attributes(batch: &SpanBatch, run: Run) -> usize {
    let pair = |(key, value)| field(bytes(batch.text(key).len()) + field(value_size(batch, value)));
    batch.attributes.of(run).map(pair).sum()
}

fn value_size(batch: &SpanBatch, value: Value) -> usize {
    match value {
        Value::Empty => 0,
        Value::String(id) => field(batch.text(id).len()),
        Value::Int(number) => 1 + encoded_len_varint(number.cast_unsigned()),
        Value::Double(_) => 9,
        Value::Bool(_) => 2,
        Value::Other(blob) => batch.blobs.get(blob).len(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;
    use crate::batch::testing::request;
    use crate::batch::{batch_of, found_span};

    proptest! {
        #[test]
        fn the_size_is_that_of_the_message(request in request()) {
            let batch = batch_of(request);
            for row in &batch.rows {
                prop_assert_eq!(encoded_size(&batch, row), found_span(&batch, row).span.encoded_len());
            }
        }
    }
}
