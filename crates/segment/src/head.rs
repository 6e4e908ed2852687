//! Rows in memory: batches in arrival order, small ones joined so that a query walks few of them.

use std::sync::Arc;

use crate::Schema;

/// This many neighbours of one tier become one batch of the next.
const FANOUT: usize = 16;
/// Batches from this size on are left alone.
const LARGE_BYTES: usize = 256 << 10;

#[derive(Debug)]
struct Entry<B> {
    batch: Arc<B>,
    bytes: usize,
    tier: u8,
}

/// The batches of one tenant.
#[derive(Debug)]
pub(crate) struct Head<S: Schema> {
    entries: Vec<Entry<S::Batch>>,
}

impl<S: Schema> Default for Head<S> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<S: Schema> Head<S> {
    /// Adds a batch; returns by how many bytes the head grew.
    ///
    /// Each row is copied at most once per tier (like the carries of a counter), so the work stays linear.
    pub(crate) fn push(&mut self, schema: &S, batch: Arc<S::Batch>) -> isize {
        let bytes = schema.memory_bytes(&batch);
        let tier = if bytes >= LARGE_BYTES { u8::MAX } else { 0 };
        self.entries.push(Entry { batch, bytes, tier });
        bytes.cast_signed() + self.carry(schema)
    }

    fn carry(&mut self, schema: &S) -> isize {
        let mut growth = 0;
        while let Some(from) = self.entries.len().checked_sub(FANOUT) {
            let tier = self.entries[from].tier;
            if tier == u8::MAX || self.entries[from..].iter().any(|entry| entry.tier != tier) {
                break;
            }
            let joined: Vec<_> = self.entries.drain(from..).collect();
            let batches: Vec<_> = joined.iter().map(|entry| Arc::clone(&entry.batch)).collect();
            let before: usize = joined.iter().map(|entry| entry.bytes).sum();
            let batch = schema.coalesce(&batches);
            let bytes = schema.memory_bytes(&batch);
            let tier = if bytes >= LARGE_BYTES { u8::MAX } else { tier + 1 };
            self.entries.push(Entry { batch: Arc::new(batch), bytes, tier });
            growth += bytes.cast_signed() - before.cast_signed();
        }
        growth
    }

    pub(crate) fn batches(&self) -> impl Iterator<Item = &Arc<S::Batch>> {
        self.entries.iter().map(|entry| &entry.batch)
    }
}
