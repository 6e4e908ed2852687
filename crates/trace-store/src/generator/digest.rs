//! What the generator needs to know of a request, taken before the request is stored.
//!
//! Spans of one service, name, kind and status with the same dimensions share a group, so that a request of a thousand
//! spans costs a few groups and a thousand small records. Nothing else of the request is kept.

use std::sync::Arc;

use ahash::RandomState;
use hashbrown::HashMap;

use super::keys::{Found, Keys};
use super::settings::Settings;
use super::size::encoded_size;
use crate::batch::{Run, SpanBatch, SpanRow, StringId, Value};

/// OTLP's numbers of span kinds.
pub(super) mod kind {
    pub(crate) const SERVER: i32 = 2;
    pub(crate) const CLIENT: i32 = 3;
    pub(crate) const PRODUCER: i32 = 4;
    pub(crate) const CONSUMER: i32 = 5;
}
pub(super) const STATUS_ERROR: i32 = 2;

/// The spans of a request.
#[derive(Debug, Default)]
pub(crate) struct Digest {
    pub(super) spans: Vec<SpanDigest>,
    pub(super) groups: Vec<Group>,
    pub(super) sides: Vec<Side>,
    pub(super) resources: Vec<ResourceDigest>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct SpanDigest {
    pub trace_id: [u8; 16],
    pub span_id: [u8; 8],
    /// Zero for none.
    pub parent_id: [u8; 8],
    pub start: u64,
    pub end: u64,
    /// Bytes of the span as protobuf, when somebody counts them.
    pub size: u32,
    pub group: u32,
    /// Into [`Digest::sides`], for spans that may be one side of an edge.
    pub side: u32,
}

impl SpanDigest {
    pub(super) fn seconds(&self) -> f64 {
        self.end.saturating_sub(self.start) as f64 / 1e9
    }
}

/// Not a side of an edge.
pub(super) const NO_SIDE: u32 = u32::MAX;

/// Spans that count together.
#[derive(Debug)]
pub(super) struct Group {
    pub resource: u32,
    pub name: Arc<str>,
    pub kind: i32,
    pub status: i32,
    pub status_message: Option<Arc<str>>,
    /// Values of the configured dimensions, empty where absent.
    pub dimensions: Vec<Arc<str>>,
}

/// What one span says of an edge.
#[derive(Debug, Default, Clone)]
pub(super) struct Side {
    pub peer: Option<Arc<str>>,
    /// Name of the database, for calls of one.
    pub database: Option<Arc<str>>,
    pub dimensions: Vec<Arc<str>>,
}

#[derive(Debug)]
pub(super) struct ResourceDigest {
    pub service: Arc<str>,
    /// `namespace/service`
    pub job: Arc<str>,
    pub instance: Arc<str>,
    /// Only for `target_info`.
    pub attributes: Vec<(String, String)>,
}

/// What spans of one group have in common, as the batch numbers it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct GroupKey {
    resource: u32,
    name: StringId,
    kind: i32,
    status: i32,
    message: StringId,
    /// Kind and bits of values: empty without dimensions.
    dimensions: Vec<(u8, u64)>,
}

/// A digest that is being made.
struct Making<'a> {
    batch: &'a SpanBatch,
    settings: &'a Settings,
    keys: Keys<'a>,
    groups: HashMap<GroupKey, u32, RandomState>,
    /// What each resource says, by key.
    resources: Vec<Found>,
    digest: Digest,
}

impl Digest {
    pub(crate) fn of(batch: &SpanBatch, settings: &Settings) -> Self {
        let mut keys = Keys::new(batch, settings);
        let resources: Vec<Found> = batch.resources.iter().map(|row| keys.find(row.attributes)).collect();
        let mut digest = Self { spans: Vec::with_capacity(batch.rows.len()), ..Self::default() };
        digest.resources = batch
            .resources
            .iter()
            .map(|row| ResourceDigest::of(batch, row.service_name, row.attributes, settings))
            .collect();
        let mut making = Making { batch, settings, keys, groups: HashMap::default(), resources, digest };
        batch.rows.iter().for_each(|row| making.add(row));
        making.digest
    }
}

impl Making<'_> {
    fn add(&mut self, row: &SpanRow) {
        let is_side = self.settings.graphs.enabled
            && matches!(row.kind, kind::CLIENT | kind::SERVER | kind::PRODUCER | kind::CONSUMER);
        // Attributes are looked at only if somebody asks for them.
        let found = match is_side || !self.settings.spans.dimensions.is_empty() {
            true => self.keys.find(row.attributes),
            false => Found::default(),
        };
        let span = SpanDigest {
            trace_id: row.trace_id.0,
            span_id: row.span_id.0,
            parent_id: row.parent_span_id.0,
            start: row.start.cast_unsigned(),
            end: row.end.cast_unsigned(),
            size: if self.settings.spans.size { encoded_size(self.batch, row) as u32 } else { 0 },
            group: self.group(row, &found),
            side: if is_side { self.side(row, &found) } else { NO_SIDE },
        };
        self.digest.spans.push(span);
    }

    fn group(&mut self, row: &SpanRow, found: &Found) -> u32 {
        let resource = &self.resources[row.resource as usize];
        let values: Vec<Value> = (0..self.settings.spans.dimensions.len())
            .map(|at| self.keys.span_dimension(at, resource, found))
            .collect();
        let with_message = self.settings.spans.status_message;
        let key = GroupKey {
            resource: row.resource,
            name: row.name,
            kind: row.kind,
            status: row.status,
            message: if with_message { row.status_message } else { StringId::EMPTY },
            dimensions: values.iter().map(|value| bits_of(*value)).collect(),
        };
        let (batch, groups) = (self.batch, &mut self.digest.groups);
        *self.groups.entry(key).or_insert_with(|| {
            groups.push(Group {
                resource: row.resource,
                name: batch.text(row.name).into(),
                kind: row.kind,
                status: row.status,
                status_message: with_message.then(|| batch.text(row.status_message).into()),
                dimensions: values.iter().map(|value| text_of(batch, *value).into()).collect(),
            });
            groups.len() as u32 - 1
        })
    }

    fn side(&mut self, row: &SpanRow, found: &Found) -> u32 {
        let (batch, keys) = (self.batch, &self.keys);
        let resource = &self.resources[row.resource as usize];
        let text = |value: Value| Some(text_of(batch, value)).filter(|text| !text.is_empty());
        let peer = keys.peer(resource, found).find_map(text);
        let database = match row.kind {
            kind::CLIENT => keys
                .database(resource, found)
                .find_map(text)
                .map(|name| database_of(batch, keys, found, name)),
            _ => None,
        };
        let dimension = |at| text_of(batch, keys.graph_dimension(at, resource, found)).into();
        let dimensions = (0..self.settings.graphs.dimensions.len()).map(dimension).collect();
        self.digest.sides.push(Side { peer: peer.map(Arc::from), database, dimensions });
        self.digest.sides.len() as u32 - 1
    }
}

/// What a database is called: the peer where it is named, else what the database attribute says.
fn database_of(batch: &SpanBatch, keys: &Keys<'_>, found: &Found, name: String) -> Arc<str> {
    let text = |key| Some(text_of(batch, keys.named(key, found))).filter(|text| !text.is_empty());
    if let Some(peer) = text("peer.service").or_else(|| text("server.address")) {
        return peer.into();
    }
    match (text("network.peer.address"), text("network.peer.port")) {
        (Some(address), Some(port)) => format!("{address}:{port}").into(),
        (Some(address), None) => address.into(),
        (None, _) => name.into(),
    }
}

impl ResourceDigest {
    fn of(batch: &SpanBatch, service: StringId, attributes: Run, settings: &Settings) -> Self {
        let service = batch.text(service);
        let text = |key: &str| {
            let mut all = batch.attributes.of(attributes);
            all.find(|(id, _)| batch.text(*id) == key)
                .map(|(_, value)| text_of(batch, value))
                .unwrap_or_default()
        };
        let namespace = text("service.namespace");
        let job = if namespace.is_empty() { service.to_owned() } else { format!("{namespace}/{service}") };
        let pair = |(key, value)| (batch.text(key).to_owned(), text_of(batch, value));
        let all = match settings.spans.target_info {
            true => batch.attributes.of(attributes).map(pair).collect(),
            false => Vec::new(),
        };
        Self {
            service: service.into(),
            job: job.into(),
            instance: text("service.instance.id").into(),
            attributes: all,
        }
    }
}

fn bits_of(value: Value) -> (u8, u64) {
    match value {
        Value::Empty | Value::Other(_) => (0, 0),
        Value::String(id) => (1, u64::from(id.0)),
        Value::Int(number) => (2, number.cast_unsigned()),
        Value::Double(number) => (3, number.to_bits()),
        Value::Bool(value) => (4, u64::from(value)),
    }
}

/// Scalars as text; lists and the like say nothing as a label.
fn text_of(batch: &SpanBatch, value: Value) -> String {
    match value {
        Value::String(id) => batch.text(id).to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Empty | Value::Other(_) => String::new(),
    }
}
