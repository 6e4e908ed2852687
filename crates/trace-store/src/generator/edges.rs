//! Edges that wait for their other side: bounded in number and time.

use std::collections::VecDeque;
use std::sync::Arc;

use ahash::RandomState;
use hashbrown::HashMap;

/// The trace and the client's span.
pub(super) type EdgeKey = ([u8; 16], [u8; 8]);

/// How two services are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) enum Connection {
    #[default]
    Direct,
    Messaging,
    Database,
    Virtual,
}

impl Connection {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Direct => "",
            Self::Messaging => "messaging_system",
            Self::Database => "database",
            Self::Virtual => "virtual_node",
        }
    }
}

/// One side of an edge.
#[derive(Debug, Clone)]
pub(super) struct End {
    pub service: Arc<str>,
    /// A side that no span spoke for has no duration.
    pub seconds: Option<f64>,
    pub start: u64,
    pub end: u64,
    pub dimensions: Vec<Arc<str>>,
    pub peer: Option<Arc<str>>,
    /// A server without a parent.
    pub is_root: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Edge {
    pub client: Option<End>,
    pub server: Option<End>,
    pub connection: Connection,
    pub failed: bool,
}

impl Edge {
    fn is_complete(&self) -> bool {
        self.client.is_some() && self.server.is_some()
    }
}

/// What came of a span.
#[derive(Debug)]
pub(super) enum Met {
    Waiting,
    Complete(Edge),
    /// There was no room.
    Dropped,
}

/// An edge, and the time from which it waits no longer.
#[derive(Debug)]
struct Waiting {
    edge: Edge,
    until: i64,
}

#[derive(Debug)]
pub(super) struct Edges {
    waiting: HashMap<EdgeKey, Waiting, RandomState>,
    /// Keys by the time from which they wait no longer; those that met are passed over.
    expiry: VecDeque<(i64, EdgeKey)>,
    max_items: usize,
    wait: i64,
}

impl Edges {
    pub(super) fn new(max_items: usize, wait: i64) -> Self {
        Self { waiting: HashMap::default(), expiry: VecDeque::new(), max_items, wait }
    }

    pub(super) fn update(&mut self, key: EdgeKey, now: i64, fill: impl FnOnce(&mut Edge)) -> Met {
        if let Some(Waiting { edge, .. }) = self.waiting.get_mut(&key) {
            fill(edge);
            if edge.is_complete() {
                return self.waiting.remove(&key).map_or(Met::Waiting, |met| Met::Complete(met.edge));
            }
            return Met::Waiting;
        }
        let mut edge = Edge::default();
        fill(&mut edge);
        if edge.is_complete() {
            return Met::Complete(edge);
        }
        if self.waiting.len() >= self.max_items {
            return Met::Dropped;
        }
        // At twice the number, so that each walk is paid for by as many edges that met.
        if self.expiry.len() >= 2 * self.max_items.max(1) {
            self.forget_met();
        }
        let until = now + self.wait;
        self.waiting.insert(key, Waiting { edge, until });
        self.expiry.push_back((until, key));
        Met::Waiting
    }

    /// Those that waited long enough.
    pub(super) fn expired(&mut self, now: i64) -> Vec<(EdgeKey, Edge)> {
        let mut out = Vec::new();
        while let Some((_, key)) = self.expiry.front().copied().filter(|(until, _)| *until <= now) {
            self.expiry.pop_front();
            // A key that met and began to wait again has a later entry of its own; going early does no harm.
            out.extend(self.waiting.remove_entry(&key).map(|(key, waiting)| (key, waiting.edge)));
        }
        out
    }

    /// Entries of keys that met already only take room.
    fn forget_met(&mut self) {
        let waiting = &self.waiting;
        self.expiry.retain(|(until, key)| waiting.get(key).is_some_and(|waiting| waiting.until == *until));
    }
}
