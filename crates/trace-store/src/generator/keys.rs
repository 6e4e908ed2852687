//! The attributes that the generator asks for, found in one pass over those of a span.

use super::settings::Settings;
use crate::batch::{Run, SpanBatch, Value};

/// Names of the other side of a call, besides those that are configured.
const NAMES: [&str; 4] = ["peer.service", "server.address", "network.peer.address", "network.peer.port"];

/// A text that has not been compared yet, and one that nobody asks for.
const UNKNOWN: u16 = u16::MAX;
const UNWANTED: u16 = u16::MAX - 1;

/// The values of the wanted attributes, by the number of their key; short when the last ones are absent.
#[derive(Debug, Default)]
pub(super) struct Found(Vec<Value>);

impl Found {
    fn get(&self, key: u16) -> Value {
        self.0.get(key as usize).copied().unwrap_or_default()
    }
}

/// Which keys are wanted, and what they are in this batch.
pub(super) struct Keys<'a> {
    batch: &'a SpanBatch,
    wanted: Vec<&'a str>,
    /// By the batch's number of a text: the number of the wanted key that it is.
    known: Vec<u16>,
    span_dimensions: Vec<u16>,
    graph_dimensions: Vec<u16>,
    peers: Vec<u16>,
    databases: Vec<u16>,
}

impl<'a> Keys<'a> {
    pub(super) fn new(batch: &'a SpanBatch, settings: &'a Settings) -> Self {
        let mut wanted: Vec<&str> = NAMES.to_vec();
        let mut number = |key: &'a str| {
            let at = wanted.iter().position(|known| *known == key).unwrap_or_else(|| {
                wanted.push(key);
                wanted.len() - 1
            });
            at.min(UNWANTED as usize - 1) as u16
        };
        let span_dimensions = settings.spans.dimensions.iter().map(|one| number(&one.attribute)).collect();
        let graph_dimensions = settings.graphs.dimensions.iter().map(|one| number(&one.attribute)).collect();
        let peers = settings.graphs.peer_attributes.iter().map(|key| number(key)).collect();
        let databases = settings.graphs.database_attributes.iter().map(|key| number(key)).collect();
        let known = vec![UNKNOWN; batch.strings.len()];
        Self { batch, wanted, known, span_dimensions, graph_dimensions, peers, databases }
    }

    pub(super) fn find(&mut self, attributes: Run) -> Found {
        let mut found = Vec::new();
        for (key, value) in self.batch.attributes.of(attributes) {
            let number = &mut self.known[key.0 as usize];
            if *number == UNKNOWN {
                let text = self.batch.text(key);
                let at = self.wanted.iter().position(|wanted| *wanted == text);
                *number = at.map_or(UNWANTED, |at| at as u16);
            }
            if *number == UNWANTED {
                continue;
            }
            let at = *number as usize;
            if found.len() <= at {
                found.resize(at + 1, Value::Empty);
            }
            // Of a repeated key the first value counts.
            if found[at] == Value::Empty {
                found[at] = value;
            }
        }
        Found(found)
    }

    /// Dimensions are looked for in the resource first, all others in the span first.
    pub(super) fn span_dimension(&self, at: usize, resource: &Found, span: &Found) -> Value {
        first(resource, span, self.span_dimensions[at])
    }

    pub(super) fn graph_dimension(&self, at: usize, resource: &Found, span: &Found) -> Value {
        first(resource, span, self.graph_dimensions[at])
    }

    pub(super) fn peer(&self, resource: &Found, span: &Found) -> impl Iterator<Item = Value> {
        self.peers.iter().map(move |key| first(span, resource, *key))
    }

    pub(super) fn database(&self, resource: &Found, span: &Found) -> impl Iterator<Item = Value> {
        self.databases.iter().map(move |key| first(span, resource, *key))
    }

    /// One of [`NAMES`].
    pub(super) fn named(&self, name: &str, span: &Found) -> Value {
        NAMES.iter().position(|known| *known == name).map_or(Value::Empty, |at| span.get(at as u16))
    }
}

fn first(one: &Found, other: &Found, key: u16) -> Value {
    match one.get(key) {
        Value::Empty => other.get(key),
        value => value,
    }
}
