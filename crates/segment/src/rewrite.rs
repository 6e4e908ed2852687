//! Rewriting one segment without some of its rows: for deletes, and for streams that expire earlier than others.
//!
//! It is compaction of a single segment: the new one enters the manifest in the same replacement that drops the old one,
//! so that a crash leaves either the one or the other. Only one rewrite or compaction runs at a time, which bounds the
//! memory they take to the rows of a few segments.

use std::sync::Arc;

use model::TenantId;

use crate::engine::Shared;
use crate::manifest::SegmentMeta;
use crate::{Error, Schema, SegmentReader, compact};

/// What became of a segment.
#[derive(Debug, Clone, PartialEq)]
pub enum Rewritten {
    /// All rows stay, so nothing was written.
    Unchanged,
    /// These stand in its place; none, if no row stays.
    Replaced(Vec<Arc<SegmentMeta>>),
    /// Retention or compaction was faster.
    Gone,
}

/// `prune` gets the rows and returns those that stay, or `None` when that is all of them.
pub(crate) async fn rewrite<S: Schema>(
    shared: &Arc<Shared<S>>,
    reader: SegmentReader,
    prune: impl FnOnce(S::Batch) -> Option<S::Batch> + Send + 'static,
) -> Result<Rewritten, Error> {
    let old = [Arc::clone(&reader.meta)];
    let Ok(tenant) = TenantId::new(&old[0].tenant) else { return Ok(Rewritten::Gone) };
    let _turn = shared.rewriting.lock().await;
    let sealing = Arc::clone(shared);
    let replaces = vec![old[0].id.clone()];
    let sealed = tokio::task::spawn_blocking(move || {
        let batch = sealing.schema.load(reader)?;
        prune(batch).map(|kept| compact::seal(&sealing, &[Arc::new(kept)], replaces)).transpose()
    });
    let Some(parts) = sealed.await.map_err(|_| Error::Closed)?? else {
        return Ok(Rewritten::Unchanged);
    };
    let replaced = compact::replace(shared, &tenant, &old, parts).await?;
    Ok(replaced.map_or(Rewritten::Gone, Rewritten::Replaced))
}
