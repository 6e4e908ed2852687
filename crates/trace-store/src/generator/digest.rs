//! What the generator needs to know of a request, taken before the request is stored.
//!
//! Spans of one service, name, kind and status with the same dimensions share a group, so that a request of a thousand
//! spans costs a few groups and a thousand small records. Nothing else of the request is kept.

use std::sync::Arc;

use ahash::RandomState;
use hashbrown::HashMap;
use prost::Message as _;
use protocols::otlp::{AnyValue, ExportTraceServiceRequest, KeyValue, Span, any_value};

use super::settings::Settings;

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

type GroupKey<'a> = (&'a str, i32, i32, &'a str, Vec<Option<&'a AnyValue>>);

impl Digest {
    pub(crate) fn of(request: &ExportTraceServiceRequest, settings: &Settings) -> Self {
        let mut digest = Self::default();
        for resource_spans in &request.resource_spans {
            let attributes =
                resource_spans.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
            let resource = digest.resources.len() as u32;
            digest.resources.push(ResourceDigest::of(attributes, settings));
            let mut groups: HashMap<GroupHash, u32, RandomState> = HashMap::default();
            for span in resource_spans.scope_spans.iter().flat_map(|scope| &scope.spans) {
                digest.add(span, attributes, resource, &mut groups, settings);
            }
        }
        digest
    }

    fn add(
        &mut self,
        span: &Span,
        resource_attributes: &[KeyValue],
        resource: u32,
        groups: &mut HashMap<GroupHash, u32, RandomState>,
        settings: &Settings,
    ) {
        let (Ok(trace_id), Ok(span_id)) =
            (span.trace_id.as_slice().try_into(), span.span_id.as_slice().try_into())
        else {
            return;
        };
        let status = span.status.as_ref().map_or(0, |status| status.code);
        let message = match settings.spans.status_message {
            true => span.status.as_ref().map_or("", |status| status.message.as_str()),
            false => "",
        };
        let find = |key: &String| value_of(key, resource_attributes, &span.attributes);
        let dimensions: Vec<Option<&AnyValue>> =
            settings.spans.dimensions.iter().map(|dimension| find(&dimension.attribute)).collect();
        let key: GroupKey<'_> = (&span.name, span.kind, status, message, dimensions);
        let group = *groups.entry(GroupHash::of(&key)).or_insert_with(|| {
            self.groups.push(Group {
                resource,
                name: span.name.as_str().into(),
                kind: span.kind,
                status,
                status_message: settings.spans.status_message.then(|| message.into()),
                dimensions: key.4.iter().map(|value| value.map(text_of).unwrap_or_default().into()).collect(),
            });
            self.groups.len() as u32 - 1
        });
        let side = self.side(span, resource_attributes, settings);
        self.spans.push(SpanDigest {
            trace_id,
            span_id,
            parent_id: span.parent_span_id.as_slice().try_into().unwrap_or_default(),
            start: span.start_time_unix_nano,
            end: span.end_time_unix_nano,
            size: if settings.spans.size { span.encoded_len() as u32 } else { 0 },
            group,
            side,
        });
    }

    fn side(&mut self, span: &Span, resource_attributes: &[KeyValue], settings: &Settings) -> u32 {
        let is_side = matches!(span.kind, kind::CLIENT | kind::SERVER | kind::PRODUCER | kind::CONSUMER);
        if !settings.graphs.enabled || !is_side {
            return NO_SIDE;
        }
        let find = |key: &String| value_of(key, &span.attributes, resource_attributes).map(text_of);
        let first = |keys: &[String]| keys.iter().filter_map(find).find(|text| !text.is_empty());
        let peer = first(&settings.graphs.peer_attributes).map(Arc::from);
        let database = match span.kind {
            kind::CLIENT => first(&settings.graphs.database_attributes).map(|name| database_of(span, name)),
            _ => None,
        };
        let dimension = |dimension: &super::settings::Dimension| {
            let value = value_of(&dimension.attribute, resource_attributes, &span.attributes);
            value.map(text_of).unwrap_or_default().into()
        };
        let dimensions = settings.graphs.dimensions.iter().map(dimension).collect();
        self.sides.push(Side { peer, database, dimensions });
        self.sides.len() as u32 - 1
    }
}

/// What a database is called: the peer where it is named, else what the database attribute says.
fn database_of(span: &Span, name: String) -> Arc<str> {
    let text = |key: &str| find_in(key, &span.attributes).map(text_of).filter(|text| !text.is_empty());
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
    fn of(attributes: &[KeyValue], settings: &Settings) -> Self {
        let text = |key: &str| find_in(key, attributes).map(text_of).unwrap_or_default();
        let service = text("service.name");
        let namespace = text("service.namespace");
        let job = if namespace.is_empty() { service.clone() } else { format!("{namespace}/{service}") };
        let all =
            || attributes.iter().filter_map(|pair| Some((pair.key.clone(), text_of(pair.value.as_ref()?))));
        let attributes = if settings.spans.target_info { all().collect() } else { Vec::new() };
        Self {
            service: service.into(),
            job: job.into(),
            instance: text("service.instance.id").into(),
            attributes,
        }
    }
}

/// Groups are told apart by 128 bits of hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct GroupHash(u64, u64);

impl GroupHash {
    fn of((name, kind, status, message, dimensions): &GroupKey<'_>) -> Self {
        const FIRST: RandomState = RandomState::with_seeds(1, 2, 3, 4);
        const SECOND: RandomState = RandomState::with_seeds(5, 6, 7, 8);
        let texts: Vec<String> =
            dimensions.iter().map(|value| value.map(text_of).unwrap_or_default()).collect();
        let key = (name, kind, status, message, texts);
        Self(FIRST.hash_one(&key), SECOND.hash_one(&key))
    }
}

fn find_in<'a>(key: &str, attributes: &'a [KeyValue]) -> Option<&'a AnyValue> {
    attributes.iter().find(|pair| pair.key == key)?.value.as_ref()
}

fn value_of<'a>(key: &str, first: &'a [KeyValue], second: &'a [KeyValue]) -> Option<&'a AnyValue> {
    find_in(key, first).or_else(|| find_in(key, second))
}

/// Scalars as text; lists and the like say nothing as a label.
fn text_of(value: &AnyValue) -> String {
    match &value.value {
        Some(any_value::Value::StringValue(text)) => text.clone(),
        Some(any_value::Value::IntValue(number)) => number.to_string(),
        Some(any_value::Value::DoubleValue(number)) => number.to_string(),
        Some(any_value::Value::BoolValue(value)) => value.to_string(),
        _ => String::new(),
    }
}
