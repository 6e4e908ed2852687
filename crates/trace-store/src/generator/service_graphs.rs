//! Which service calls which: edges from the two spans of a call, or from one where the other side sends none.

use std::sync::Arc;

use ahash::RandomState;
use hashbrown::HashMap;
use promql::Labels;

use super::digest::{Digest, NO_SIDE, STATUS_ERROR, Side, SpanDigest, kind};
use super::edges::{Connection, Edge, EdgeKey, Edges, End, Met};
use super::registry::{Kind, Metric, Registry};
use super::settings::GraphSettings;

const fn counter(name: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, help }
}

const fn histogram(name: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Histogram, help }
}

pub(super) const REQUESTS: Metric =
    counter("traces_service_graph_request_total", "Calls between two services.");
pub(super) const FAILED: Metric = counter(
    "traces_service_graph_request_failed_total",
    "Calls between two services that failed on either side.",
);
pub(super) const SERVER_SECONDS: Metric =
    histogram("traces_service_graph_request_server_seconds", "Durations of calls as the server saw them.");
pub(super) const CLIENT_SECONDS: Metric =
    histogram("traces_service_graph_request_client_seconds", "Durations of calls as the client saw them.");
pub(super) const MESSAGING_SECONDS: Metric = histogram(
    "traces_service_graph_request_messaging_system_seconds",
    "Time between the end of a producer and the start of its consumer.",
);
pub(super) const UNPAIRED: Metric =
    counter("traces_service_graph_unpaired_spans_total", "Spans whose other side did not come in time.");
pub(super) const DROPPED: Metric = counter(
    "traces_service_graph_dropped_spans_total",
    "Spans that found no room to wait for their other side.",
);

/// Who calls a server that nobody with spans called.
const USER: &str = "user";
/// Pairs of services whose labels are remembered.
const MAX_REMEMBERED: usize = 10_000;

/// The processor and the edges that wait.
#[derive(Debug)]
pub(super) struct ServiceGraphs {
    edges: Edges,
    bounds: Arc<[f64]>,
    /// Labels of edges without dimensions, which most are.
    labels: HashMap<(Arc<str>, Arc<str>, Connection), Labels, RandomState>,
}

impl ServiceGraphs {
    pub(super) fn new(settings: &GraphSettings) -> Self {
        let wait = i64::try_from(settings.wait.as_millis()).unwrap_or(i64::MAX);
        Self {
            edges: Edges::new(settings.max_items, wait),
            bounds: settings.buckets.as_slice().into(),
            labels: HashMap::default(),
        }
    }

    pub(super) fn bounds(&self) -> &Arc<[f64]> {
        &self.bounds
    }

    pub(super) fn count(
        &mut self,
        registry: &mut Registry,
        digest: &Digest,
        settings: &GraphSettings,
        now: i64,
    ) {
        for span in digest.spans.iter().filter(|span| span.side != NO_SIDE) {
            let group = &digest.groups[span.group as usize];
            let side = &digest.sides[span.side as usize];
            let service = &digest.resources[group.resource as usize].service;
            if service.is_empty() {
                continue;
            }
            let end = End {
                service: Arc::clone(service),
                seconds: Some(span.seconds()),
                start: span.start,
                end: span.end,
                dimensions: side.dimensions.clone(),
                peer: side.peer.clone(),
                is_root: span.parent_id == [0; 8],
            };
            let failed = group.status == STATUS_ERROR;
            let met = self.edges.update(key_of(span, group.kind), now, |edge| {
                fill(edge, group.kind, end, side);
                edge.failed |= failed;
            });
            match met {
                Met::Waiting => {}
                Met::Complete(edge) => self.complete(registry, &edge, span.trace_id, settings, now),
                Met::Dropped => {
                    let labels = Labels::new([("service", service.as_ref())]);
                    registry.add(DROPPED, &labels, 1.0, now);
                }
            }
        }
    }

    /// What waited in vain becomes an edge with a virtual side, if a name for it is known.
    pub(super) fn expire(&mut self, registry: &mut Registry, settings: &GraphSettings, now: i64) {
        for ((trace_id, _), mut edge) in self.edges.expired(now) {
            match virtual_side(&edge) {
                Some(Virtual::Client(name)) => edge.client = Some(unseen(name)),
                Some(Virtual::Server(name)) => edge.server = Some(unseen(name)),
                None => {
                    registry.add(UNPAIRED, &pair_labels(&edge), 1.0, now);
                    continue;
                }
            }
            edge.connection = Connection::Virtual;
            self.complete(registry, &edge, trace_id, settings, now);
        }
    }

    fn labels(&mut self, edge: &Edge, settings: &GraphSettings) -> Labels {
        let (Some(client), Some(server), []) = (&edge.client, &edge.server, settings.dimensions.as_slice())
        else {
            return labels_of(edge, settings);
        };
        if settings.virtual_node_label && edge.connection == Connection::Virtual {
            return labels_of(edge, settings);
        }
        if self.labels.len() >= MAX_REMEMBERED {
            self.labels.clear();
        }
        let key = (Arc::clone(&client.service), Arc::clone(&server.service), edge.connection);
        self.labels.entry(key).or_insert_with(|| labels_of(edge, settings)).clone()
    }

    fn complete(
        &mut self,
        registry: &mut Registry,
        edge: &Edge,
        trace_id: [u8; 16],
        settings: &GraphSettings,
        now: i64,
    ) {
        let labels = self.labels(edge, settings);
        registry.add(REQUESTS, &labels, 1.0, now);
        // Present from the beginning, so that a rate of failures has something to start from.
        registry.add(FAILED, &labels, f64::from(u8::from(edge.failed)), now);
        let ends = [(SERVER_SECONDS, &edge.server), (CLIENT_SECONDS, &edge.client)];
        for (metric, end) in ends {
            if let Some(seconds) = end.as_ref().and_then(|end| end.seconds) {
                registry.observe(metric, &labels, &self.bounds, [(seconds, trace_id)], now);
            }
        }
        if let (true, Connection::Messaging, Some(client), Some(server)) =
            (settings.messaging_latency, edge.connection, &edge.client, &edge.server)
        {
            let seconds = server.start.saturating_sub(client.end) as f64 / 1e9;
            registry.observe(MESSAGING_SECONDS, &labels, &self.bounds, [(seconds, trace_id)], now);
        }
    }
}

/// Both sides of a call have the same key: the client's own span. A server without a parent has only itself.
fn key_of(span: &SpanDigest, kind: i32) -> EdgeKey {
    let is_client = matches!(kind, kind::CLIENT | kind::PRODUCER) || span.parent_id == [0; 8];
    (span.trace_id, if is_client { span.span_id } else { span.parent_id })
}

fn fill(edge: &mut Edge, kind: i32, end: End, side: &Side) {
    if matches!(kind, kind::PRODUCER | kind::CONSUMER) {
        edge.connection = Connection::Messaging;
    }
    if matches!(kind, kind::SERVER | kind::CONSUMER) {
        edge.server = Some(end);
        return;
    }
    // A database sends no spans: the client speaks for it.
    if let Some(database) = &side.database {
        edge.connection = Connection::Database;
        edge.server = Some(End { service: Arc::clone(database), dimensions: Vec::new(), peer: None, ..end });
    }
    edge.client = Some(end);
}

enum Virtual {
    Client(Arc<str>),
    Server(Arc<str>),
}

fn virtual_side(edge: &Edge) -> Option<Virtual> {
    match (&edge.client, &edge.server) {
        (Some(client), None) => client.peer.clone().map(Virtual::Server),
        (None, Some(server)) if server.is_root => {
            Some(Virtual::Client(server.peer.clone().unwrap_or_else(|| USER.into())))
        }
        _ => None,
    }
}

/// A side without spans.
fn unseen(service: Arc<str>) -> End {
    End { service, seconds: None, start: 0, end: 0, dimensions: Vec::new(), peer: None, is_root: false }
}

fn service_of(end: Option<&End>) -> &str {
    end.map_or("", |end| &end.service)
}

fn pair_labels(edge: &Edge) -> Labels {
    Labels::new([
        ("client", service_of(edge.client.as_ref())),
        ("server", service_of(edge.server.as_ref())),
        ("connection_type", edge.connection.name()),
    ])
}

fn labels_of(edge: &Edge, settings: &GraphSettings) -> Labels {
    let pairs = pair_labels(edge);
    let mut all: Vec<(String, String)> =
        pairs.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    for (prefix, end) in [("client_", &edge.client), ("server_", &edge.server)] {
        let Some(end) = end else { continue };
        for (dimension, value) in
            settings.dimensions.iter().zip(&end.dimensions).filter(|(_, value)| !value.is_empty())
        {
            let prefix = if settings.side_prefix { prefix } else { "" };
            all.push((format!("{prefix}{}", dimension.label), value.as_ref().to_owned()));
        }
    }
    if settings.virtual_node_label && edge.connection == Connection::Virtual {
        let seen = |end: &Option<End>| end.as_ref().is_some_and(|end| end.seconds.is_some());
        let side = if seen(&edge.client) { "server" } else { "client" };
        all.push(("virtual_node".to_owned(), side.to_owned()));
    }
    Labels::new(all)
}
