//! Joins batches: tables are copied whole, ids are translated through small maps rather than by hashing each row.

use std::sync::Arc;

use super::{BatchBuilder, BlobId, Run, SpanBatch, SpanRow, StringId, Value};

/// All rows of the batches, in order.
pub(crate) fn merged<'a>(batches: impl IntoIterator<Item = &'a SpanBatch>) -> SpanBatch {
    let mut builder = BatchBuilder::default();
    for batch in batches {
        builder.append(batch);
    }
    builder.finish_compact()
}

/// The same for a batch that lives only for a moment: room is made once, and what is too much of it is not given back.
pub(crate) fn merged_briefly(batches: &[Arc<SpanBatch>]) -> SpanBatch {
    let mut builder = BatchBuilder::default();
    let sum = |of: fn(&SpanBatch) -> usize| batches.iter().map(|batch| of(batch)).sum::<usize>();
    builder.batch.rows.reserve(sum(|batch| batch.rows.len()));
    builder.batch.attributes.keys.reserve(sum(|batch| batch.attributes.keys.len()));
    builder.batch.attributes.values.reserve(sum(|batch| batch.attributes.values.len()));
    builder.batch.events.reserve(sum(|batch| batch.events.len()));
    builder.batch.links.reserve(sum(|batch| batch.links.len()));
    batches.iter().for_each(|batch| builder.append(batch));
    builder.finish()
}

/// How ids of the source become ids of the target.
struct Translation {
    texts: Vec<StringId>,
    resources: Vec<u32>,
    scopes: Vec<u32>,
    blobs: u32,
    attributes: u32,
    events: u32,
    links: u32,
}

impl Translation {
    fn text(&self, id: StringId) -> StringId {
        self.texts[id.0 as usize]
    }

    fn blob(&self, id: BlobId) -> BlobId {
        if id.0 == 0 { id } else { BlobId(id.0 + self.blobs) }
    }

    fn attributes(&self, run: Run) -> Run {
        run.shifted(self.attributes)
    }

    fn value(&self, value: Value) -> Value {
        match value {
            Value::String(id) => Value::String(self.text(id)),
            Value::Other(id) => Value::Other(self.blob(id)),
            Value::Empty | Value::Int(_) | Value::Double(_) | Value::Bool(_) => value,
        }
    }

    fn row(&self, row: &SpanRow) -> SpanRow {
        SpanRow {
            name: self.text(row.name),
            trace_state: self.text(row.trace_state),
            status_message: self.text(row.status_message),
            resource: self.resources[row.resource as usize],
            scope: self.scopes[row.scope as usize],
            attributes: self.attributes(row.attributes),
            events: row.events.shifted(self.events),
            links: row.links.shifted(self.links),
            ..*row
        }
    }
}

impl BatchBuilder {
    /// Adds all rows of `source`.
    pub(crate) fn append(&mut self, source: &SpanBatch) {
        let texts = source.strings.iter().map(|text| self.text(text)).collect();
        let to = Translation {
            texts,
            // Messages that were decoded once decode again, so the fallback is never taken.
            resources: source
                .resources
                .iter()
                .map(|row| self.resource_from_wire(source.blobs.get(row.wire)).unwrap_or_default())
                .collect(),
            scopes: source
                .scopes
                .iter()
                .map(|row| self.scope_from_wire(source.blobs.get(row.wire)).unwrap_or_default())
                .collect(),
            blobs: self.batch.blobs.append(&source.blobs),
            attributes: self.batch.attributes.keys.len() as u32,
            events: self.batch.events.len() as u32,
            links: self.batch.links.len() as u32,
        };
        let batch = &mut self.batch;
        batch.attributes.keys.extend(source.attributes.keys.iter().map(|&key| to.text(key)));
        batch.attributes.values.extend(source.attributes.values.iter().map(|&value| to.value(value)));
        batch.events.extend(source.events.iter().map(|event| super::EventRow {
            name: to.text(event.name),
            attributes: to.attributes(event.attributes),
            ..*event
        }));
        batch.links.extend(source.links.iter().map(|link| super::LinkRow {
            trace_id: to.blob(link.trace_id),
            span_id: to.blob(link.span_id),
            trace_state: to.text(link.trace_state),
            attributes: to.attributes(link.attributes),
            ..*link
        }));
        batch.rows.extend(source.rows.iter().map(|row| to.row(row)));
    }
}
