//! Deleting what is too old, and putting aside what is damaged.

use std::sync::Arc;

use model::TimestampNanos;

use crate::engine::Shared;
use crate::manifest::SegmentMeta;
use crate::{Error, Schema};

/// Deletes segments whose last row is older than the retention period. Returns how many.
pub(crate) async fn expire<S: Schema>(shared: &Arc<Shared<S>>, now: TimestampNanos) -> Result<usize, Error> {
    let Some(period) = shared.options.retention else {
        return Ok(0);
    };
    let oldest = now.saturating_sub(period);
    remove(shared, |meta| meta.last < oldest).await
}

/// Deletes segments at once, whoever may be reading them. Returns how many.
pub(crate) async fn remove<S: Schema>(
    shared: &Arc<Shared<S>>,
    gone: impl Fn(&SegmentMeta) -> bool,
) -> Result<usize, Error> {
    let removed = match unlist(shared, &gone) {
        Err(error) if error.is_full() => {
            // There is no room even for a new manifest, so the files go first. Should that be all that happens, the next
            // start finds that they are missing.
            let segments = shared.state.read().segments.clone();
            for meta in segments.iter().filter(|meta| gone(meta)) {
                shared.objects.delete(&meta.path).await?;
            }
            unlist(shared, &gone)?
        }
        unlisted => unlisted?,
    };
    for meta in &removed {
        shared.objects.delete(&meta.path).await?;
    }
    Ok(removed.len())
}

/// Takes a damaged segment out of service and moves its file to `quarantine/`.
pub(crate) async fn quarantine<S: Schema>(
    shared: &Arc<Shared<S>>,
    damaged: &SegmentMeta,
) -> Result<(), Error> {
    if unlist(shared, |meta| meta.id == damaged.id)?.is_empty() {
        return Ok(()); // another query was faster
    }
    shared.objects.quarantine(&damaged.path).await?;
    Ok(())
}

/// Removes segments from the manifest and from what queries see; the files stay.
fn unlist<S: Schema>(
    shared: &Arc<Shared<S>>,
    gone: impl Fn(&SegmentMeta) -> bool,
) -> Result<Vec<Arc<SegmentMeta>>, Error> {
    let listed = shared.manifest.lock();
    let (removed, kept): (Vec<_>, Vec<_>) =
        shared.state.read().segments.iter().map(Arc::clone).partition(|meta| gone(meta));
    if !removed.is_empty() {
        listed.store(listed.flushed_through, &kept, &shared.options)?;
        shared.state.write().segments = kept;
        removed.iter().for_each(|meta| shared.readers.forget(&meta.id));
    }
    Ok(removed)
}
