//! What queries see: the live head, frozen heads that are being sealed, and segments — changed together, under one lock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use model::{TenantId, TimeRange};

use crate::Schema;
use crate::head::Head;
use crate::manifest::SegmentMeta;

/// A head that no longer grows.
#[derive(Debug)]
pub(crate) struct Frozen<S: Schema> {
    pub tenants: BTreeMap<TenantId, Vec<Arc<S::Batch>>>,
    /// The last write-ahead log file with rows of this head.
    pub wal_through: u64,
}

#[derive(Debug)]
pub(crate) struct State<S: Schema> {
    pub live: BTreeMap<TenantId, Head<S>>,
    pub live_bytes: usize,
    pub live_since: Option<Instant>,
    pub frozen: Vec<Arc<Frozen<S>>>,
    pub segments: Vec<Arc<SegmentMeta>>,
}

/// A consistent view: every acknowledged row exactly once.
#[derive(Debug)]
pub struct Snapshot<S: Schema> {
    /// Rows in memory, in order of arrival. Not pruned by time.
    pub batches: Vec<Arc<S::Batch>>,
    /// Segments that overlap the range, oldest first.
    pub segments: Vec<Arc<SegmentMeta>>,
}

impl<S: Schema> State<S> {
    pub(crate) fn new(segments: Vec<Arc<SegmentMeta>>) -> Self {
        Self { live: BTreeMap::new(), live_bytes: 0, live_since: None, frozen: Vec::new(), segments }
    }

    pub(crate) fn push(&mut self, schema: &S, tenant: &TenantId, batch: impl Into<Arc<S::Batch>>) {
        let head = match self.live.get_mut(tenant) {
            Some(head) => head,
            None => self.live.entry(tenant.clone()).or_default(),
        };
        self.live_bytes = self.live_bytes.saturating_add_signed(head.push(schema, batch.into()));
        self.live_since.get_or_insert_with(Instant::now);
    }

    /// Moves the live head to the frozen ones.
    pub(crate) fn freeze(&mut self, wal_through: u64) -> Arc<Frozen<S>> {
        let tenants = std::mem::take(&mut self.live)
            .into_iter()
            .map(|(tenant, head)| (tenant, head.batches().map(Arc::clone).collect()))
            .collect();
        self.live_bytes = 0;
        self.live_since = None;
        let frozen = Arc::new(Frozen { tenants, wal_through });
        self.frozen.push(Arc::clone(&frozen));
        frozen
    }

    pub(crate) fn snapshot(&self, tenant: &TenantId, range: TimeRange) -> Snapshot<S> {
        let frozen = self.frozen.iter().filter_map(|frozen| frozen.tenants.get(tenant)).flatten();
        let live = self.live.get(tenant).into_iter().flat_map(Head::batches);
        let segments = self
            .segments
            .iter()
            .filter(|meta| meta.tenant == tenant.as_str() && range.overlaps(meta.first, meta.last))
            .map(Arc::clone)
            .collect();
        Snapshot { batches: frozen.chain(live).map(Arc::clone).collect(), segments }
    }
}
