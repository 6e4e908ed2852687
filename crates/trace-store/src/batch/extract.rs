//! Copies some rows of a batch, with what they point at and nothing else.

use super::{BatchBuilder, BlobId, EventRow, LinkRow, Run, SpanBatch, SpanRow, StringId, Value};

impl BatchBuilder {
    /// Adds some rows of `source`.
    pub(crate) fn extract(&mut self, source: &SpanBatch, rows: impl Iterator<Item = usize>) {
        let mut copier = Copier {
            source,
            texts: vec![None; source.strings.len()],
            resources: vec![None; source.resources.len()],
            scopes: vec![None; source.scopes.len()],
            builder: self,
        };
        rows.for_each(|at| copier.row(&source.rows[at]));
    }
}

struct Copier<'a> {
    source: &'a SpanBatch,
    builder: &'a mut BatchBuilder,
    texts: Vec<Option<StringId>>,
    resources: Vec<Option<u32>>,
    scopes: Vec<Option<u32>>,
}

impl Copier<'_> {
    fn text(&mut self, id: StringId) -> StringId {
        let at = id.0 as usize;
        match self.texts[at] {
            Some(known) => known,
            None => {
                let new = self.builder.text(self.source.text(id));
                self.texts[at] = Some(new);
                new
            }
        }
    }

    fn blob(&mut self, id: BlobId) -> BlobId {
        self.builder.blob(self.source.blobs.get(id))
    }

    /// Messages that were decoded once decode again, so the fallbacks are never taken.
    fn resource(&mut self, id: u32) -> u32 {
        let wire = self.source.blobs.get(self.source.resources[id as usize].wire);
        *self.resources[id as usize]
            .get_or_insert_with(|| self.builder.resource_from_wire(wire).unwrap_or_default())
    }

    fn scope(&mut self, id: u32) -> u32 {
        let wire = self.source.blobs.get(self.source.scopes[id as usize].wire);
        *self.scopes[id as usize]
            .get_or_insert_with(|| self.builder.scope_from_wire(wire).unwrap_or_default())
    }

    fn attributes(&mut self, run: Run) -> Run {
        let start = self.builder.batch.attributes.keys.len() as u32;
        for at in run.range() {
            let key = self.text(self.source.attributes.keys[at]);
            let value = match self.source.attributes.values[at] {
                Value::String(id) => Value::String(self.text(id)),
                Value::Other(id) => Value::Other(self.blob(id)),
                value @ (Value::Empty | Value::Int(_) | Value::Double(_) | Value::Bool(_)) => value,
            };
            self.builder.attribute_of_id(key, value);
        }
        Run { start, len: run.len }
    }

    fn row(&mut self, row: &SpanRow) {
        let source = self.source;
        // Attributes of one owner lie together, so owners are copied one after the other.
        let attributes = self.attributes(row.attributes);
        let mut events = Vec::with_capacity(row.events.len as usize);
        for event in &source.events[row.events.range()] {
            let (name, attributes) = (self.text(event.name), self.attributes(event.attributes));
            events.push(EventRow { name, attributes, ..*event });
        }
        let mut links = Vec::with_capacity(row.links.len as usize);
        for link in &source.links[row.links.range()] {
            links.push(LinkRow {
                trace_id: self.blob(link.trace_id),
                span_id: self.blob(link.span_id),
                trace_state: self.text(link.trace_state),
                attributes: self.attributes(link.attributes),
                ..*link
            });
        }
        let row = SpanRow {
            name: self.text(row.name),
            trace_state: self.text(row.trace_state),
            status_message: self.text(row.status_message),
            resource: self.resource(row.resource),
            scope: self.scope(row.scope),
            attributes,
            events: Run { start: self.builder.batch.events.len() as u32, len: row.events.len },
            links: Run { start: self.builder.batch.links.len() as u32, len: row.links.len },
            ..*row
        };
        events.into_iter().for_each(|event| self.builder.push_event(event));
        links.into_iter().for_each(|link| self.builder.push_link(link));
        self.builder.push(row);
    }
}
