//! Fills a batch, keeping each text, resource and scope once.

use hashbrown::HashTable;
use prost::Message as _;
use protocols::otlp::{AnyValue, KeyValue, ResourceSpans, ScopeSpans, any_value};

use super::{BlobId, EventRow, LinkRow, ResourceRow, Run, ScopeRow, SpanBatch, SpanRow, StringId, Value};

/// Attribute key that names the sender.
const SERVICE_NAME: &str = "service.name";

/// A batch that grows. The look-up tables are dropped by [`BatchBuilder::finish`].
#[derive(Debug, Default)]
pub(crate) struct BatchBuilder {
    pub(super) batch: SpanBatch,
    texts: HashTable<u32>,
    resources: HashTable<u32>,
    scopes: HashTable<u32>,
    hasher: ahash::RandomState,
}

impl BatchBuilder {
    pub(crate) fn batch(&self) -> &SpanBatch {
        &self.batch
    }

    pub(crate) fn finish(self) -> SpanBatch {
        self.batch
    }

    /// The same for batches that stay in memory: gives back spare capacity and notes the time range.
    pub(crate) fn finish_compact(self) -> SpanBatch {
        let mut batch = self.batch;
        let first = batch.rows.iter().map(|row| row.start).min();
        let last = batch.rows.iter().map(SpanRow::clamped_end).max();
        batch.times = first.zip(last);
        batch.strings.shrink();
        batch.blobs.shrink();
        batch.attributes.keys.shrink_to_fit();
        batch.attributes.values.shrink_to_fit();
        batch.resources.shrink_to_fit();
        batch.scopes.shrink_to_fit();
        batch.events.shrink_to_fit();
        batch.links.shrink_to_fit();
        batch.rows.shrink_to_fit();
        batch
    }

    pub(crate) fn push(&mut self, row: SpanRow) {
        self.batch.rows.push(row);
    }

    /// Adds the same row several times, to be filled in.
    pub(crate) fn push_copies(&mut self, row: SpanRow, count: usize) {
        self.batch.rows.resize(self.batch.rows.len() + count, row);
    }

    /// The rows from `first` on, to fill them in.
    pub(crate) fn rows_from(&mut self, first: usize) -> std::slice::IterMut<'_, SpanRow> {
        self.batch.rows[first..].iter_mut()
    }

    pub(crate) fn push_event(&mut self, event: EventRow) {
        self.batch.events.push(event);
    }

    pub(crate) fn push_link(&mut self, link: LinkRow) {
        self.batch.links.push(link);
    }

    pub(crate) fn text(&mut self, text: &str) -> StringId {
        if text.is_empty() {
            return StringId::EMPTY;
        }
        let strings = &mut self.batch.strings;
        let hash = self.hasher.hash_one(text);
        if let Some(&id) = self.texts.find(hash, |&id| strings.get(StringId(id)) == text) {
            return StringId(id);
        }
        let id = strings.push(text);
        self.texts.insert_unique(hash, id.0, |&id| self.hasher.hash_one(strings.get(StringId(id))));
        id
    }

    pub(crate) fn blob(&mut self, bytes: &[u8]) -> BlobId {
        self.batch.blobs.push(bytes)
    }

    /// The resource of a `ResourceSpans` message; its spans are ignored, they must have been taken out.
    pub(crate) fn resource(&mut self, message: &ResourceSpans) -> u32 {
        let wire = message.encode_to_vec();
        match self.find(&self.resources, &wire, |batch, at| batch.resources[at].wire) {
            Some(known) => known,
            None => self.add_resource(&wire, message),
        }
    }

    /// The resource whose message is `wire`.
    pub(crate) fn resource_from_wire(&mut self, wire: &[u8]) -> Result<u32, prost::DecodeError> {
        match self.find(&self.resources, wire, |batch, at| batch.resources[at].wire) {
            Some(known) => Ok(known),
            None => Ok(self.add_resource(wire, &ResourceSpans::decode(wire)?)),
        }
    }

    fn add_resource(&mut self, wire: &[u8], message: &ResourceSpans) -> u32 {
        let pairs = message.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
        let row = ResourceRow {
            wire: self.blob(wire),
            attributes: self.attributes(pairs),
            service_name: self.service_name(pairs),
        };
        self.batch.resources.push(row);
        let at = self.batch.resources.len() as u32 - 1;
        let (batch, hasher) = (&self.batch, &self.hasher);
        let hash = |at: &u32| hasher.hash_one(batch.blobs.get(batch.resources[*at as usize].wire));
        self.resources.insert_unique(hasher.hash_one(wire), at, hash);
        at
    }

    fn service_name(&mut self, pairs: &[KeyValue]) -> StringId {
        let value = pairs
            .iter()
            .find(|pair| pair.key == SERVICE_NAME)
            .and_then(|pair| pair.value.as_ref()?.value.as_ref());
        match value {
            Some(any_value::Value::StringValue(name)) => self.text(name),
            _ => StringId::EMPTY,
        }
    }

    /// The scope of a `ScopeSpans` message; its spans are ignored, they must have been taken out.
    pub(crate) fn scope(&mut self, message: &ScopeSpans) -> u32 {
        let wire = message.encode_to_vec();
        match self.find(&self.scopes, &wire, |batch, at| batch.scopes[at].wire) {
            Some(known) => known,
            None => self.add_scope(&wire, message),
        }
    }

    /// The scope whose message is `wire`.
    pub(crate) fn scope_from_wire(&mut self, wire: &[u8]) -> Result<u32, prost::DecodeError> {
        match self.find(&self.scopes, wire, |batch, at| batch.scopes[at].wire) {
            Some(known) => Ok(known),
            None => Ok(self.add_scope(wire, &ScopeSpans::decode(wire)?)),
        }
    }

    fn add_scope(&mut self, wire: &[u8], message: &ScopeSpans) -> u32 {
        let scope = message.scope.clone().unwrap_or_default();
        let row = ScopeRow {
            wire: self.blob(wire),
            name: self.text(&scope.name),
            version: self.text(&scope.version),
            attributes: self.attributes(&scope.attributes),
        };
        self.batch.scopes.push(row);
        let at = self.batch.scopes.len() as u32 - 1;
        let (batch, hasher) = (&self.batch, &self.hasher);
        let hash = |at: &u32| hasher.hash_one(batch.blobs.get(batch.scopes[*at as usize].wire));
        self.scopes.insert_unique(hasher.hash_one(wire), at, hash);
        at
    }

    fn find(
        &self,
        table: &HashTable<u32>,
        wire: &[u8],
        blob: impl Fn(&SpanBatch, usize) -> BlobId,
    ) -> Option<u32> {
        let same = |at: &u32| self.batch.blobs.get(blob(&self.batch, *at as usize)) == wire;
        table.find(self.hasher.hash_one(wire), same).copied()
    }

    pub(crate) fn attributes(&mut self, pairs: &[KeyValue]) -> Run {
        let start = self.batch.attributes.keys.len() as u32;
        for pair in pairs {
            let value = pair.value.as_ref().map_or(Value::Empty, |value| self.value(value));
            self.attribute(&pair.key, value);
        }
        Run { start, len: pairs.len() as u32 }
    }

    pub(crate) fn attribute(&mut self, key: &str, value: Value) {
        let key = self.text(key);
        self.attribute_of_id(key, value);
    }

    pub(crate) fn attribute_of_id(&mut self, key: StringId, value: Value) {
        self.batch.attributes.keys.push(key);
        self.batch.attributes.values.push(value);
    }

    fn value(&mut self, value: &AnyValue) -> Value {
        match &value.value {
            None => Value::Empty,
            Some(any_value::Value::StringValue(text)) => Value::String(self.text(text)),
            Some(any_value::Value::IntValue(number)) => Value::Int(*number),
            Some(any_value::Value::DoubleValue(number)) => Value::Double(*number),
            Some(any_value::Value::BoolValue(value)) => Value::Bool(*value),
            Some(
                any_value::Value::ArrayValue(_)
                | any_value::Value::KvlistValue(_)
                | any_value::Value::BytesValue(_)
                | any_value::Value::StringValueStrindex(_),
            ) => Value::Other(self.batch.blobs.push_with(|buffer| {
                value.encode(buffer).expect("invariant: a Vec grows as needed");
            })),
        }
    }
}
