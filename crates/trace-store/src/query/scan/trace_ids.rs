//! Which traces a look-up is about.

use ahash::AHashSet;
use model::TraceId;

/// A set of trace ids that can be asked for ranges, too.
#[derive(Debug, Default)]
pub(crate) struct TraceIds {
    set: AHashSet<TraceId>,
    pub(super) sorted: Vec<TraceId>,
}

impl TraceIds {
    pub(crate) fn new(ids: impl IntoIterator<Item = TraceId>) -> Self {
        let set: AHashSet<TraceId> = ids.into_iter().collect();
        let mut sorted: Vec<TraceId> = set.iter().copied().collect();
        sorted.sort_unstable();
        Self { set, sorted }
    }

    pub(crate) fn contains(&self, id: TraceId) -> bool {
        self.set.contains(&id)
    }

    /// The ids between two bounds, both included.
    pub(super) fn between(&self, first: &[u8], last: &[u8]) -> &[TraceId] {
        let from = self.sorted.partition_point(|id| id.0.as_slice() < first);
        let to = self.sorted.partition_point(|id| id.0.as_slice() <= last);
        &self.sorted[from.min(to)..to]
    }
}
