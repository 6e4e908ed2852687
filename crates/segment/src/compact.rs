//! Compaction: small segments of one hour become a larger one, in the background.
//!
//! The new segments enter the manifest in the same replacement that drops the old ones, so a row is never seen twice or
//! not at all. The old files are deleted later, because queries that began before may still open them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{TenantId, TimestampNanos};

use crate::engine::Shared;
use crate::manifest::SegmentMeta;
use crate::part::{Part, PartitionHour, SealContext};
use crate::{Error, Schema, SegmentReader};

/// Longer than any query may take.
pub(crate) const GRACE: Duration = Duration::from_secs(180);
/// Segments from this size on are left alone.
const SMALL_BYTES: u64 = 3 << 20;
/// Compressed bytes that go into one round: they are all in memory once.
const ROUND_BYTES: u64 = 6 << 20;
/// Hours that still grow wait for this many segments, so that rows are not rewritten again and again.
const MIN_SEGMENTS_GROWING: usize = 8;
const MIN_SEGMENTS: usize = 2;

/// Joins what is worth it; returns how many segments were replaced.
pub(crate) async fn compact<S: Schema>(shared: &Arc<Shared<S>>, now: TimestampNanos) -> Result<usize, Error> {
    let segments = shared.state.read().segments.clone();
    let mut replaced = 0;
    for round in rounds(&segments, PartitionHour::of(now)) {
        replaced += join(shared, &round).await?;
    }
    Ok(replaced)
}

/// Groups of small segments of one tenant and hour, oldest first.
fn rounds(segments: &[Arc<SegmentMeta>], growing: PartitionHour) -> Vec<Vec<Arc<SegmentMeta>>> {
    let mut hours: BTreeMap<(&str, PartitionHour), Vec<&Arc<SegmentMeta>>> = BTreeMap::new();
    for meta in segments.iter().filter(|meta| meta.bytes < SMALL_BYTES) {
        hours.entry((&meta.tenant, meta.hour)).or_default().push(meta);
    }
    let mut rounds = Vec::new();
    for ((_, hour), mut small) in hours {
        small.sort_by(|a, b| a.id.cmp(&b.id));
        let least = if hour >= growing { MIN_SEGMENTS_GROWING } else { MIN_SEGMENTS };
        let mut round: Vec<Arc<SegmentMeta>> = Vec::new();
        let mut bytes = 0;
        for meta in small {
            if bytes + meta.bytes > ROUND_BYTES && round.len() >= least {
                rounds.push(std::mem::take(&mut round));
                bytes = 0;
            }
            bytes += meta.bytes;
            round.push(Arc::clone(meta));
        }
        if round.len() >= least {
            rounds.push(round);
        }
    }
    rounds
}

async fn join<S: Schema>(shared: &Arc<Shared<S>>, round: &[Arc<SegmentMeta>]) -> Result<usize, Error> {
    let Ok(tenant) = TenantId::new(&round[0].tenant) else { return Ok(0) };
    let mut readers = Vec::with_capacity(round.len());
    for meta in round {
        match shared.readers.open(&shared.objects, meta).await {
            Ok(reader) => readers.push(reader),
            // A damaged or vanished one is for whoever reads it to report; its hour stays as it is until then.
            Err(_) => return Ok(0),
        }
    }
    let replaces = round.iter().map(|meta| meta.id.clone()).collect();
    let sealing = Arc::clone(shared);
    let sealed = tokio::task::spawn_blocking(move || seal(&sealing, readers, replaces));
    let mut written = Vec::new();
    for part in sealed.await.map_err(|_| Error::Closed)?? {
        written.push(Arc::new(shared.objects.put(&tenant, part).await?));
    }
    if exchange(shared, round, &written)? {
        return Ok(round.len());
    }
    for meta in written {
        shared.objects.delete(&meta.path).await?;
    }
    Ok(0)
}

fn seal<S: Schema>(
    shared: &Shared<S>,
    readers: Vec<SegmentReader>,
    replaces: Vec<String>,
) -> Result<Vec<Part>, Error> {
    let batches = readers.into_iter().map(|reader| shared.schema.load(reader).map(Arc::new));
    let batches = batches.collect::<Result<Vec<_>, Error>>()?;
    // 0: no log file has to exist for these rows, whatever the manifest says.
    let context = SealContext { format: shared.schema.format(), wal_through: 0, replaces };
    let mut parts = Vec::new();
    shared.schema.seal(&batches, &context, &mut |part| {
        parts.push(part);
        Ok(())
    })?;
    Ok(parts)
}

/// Names the new segments instead of the old ones; false if one of the old ones is gone by now.
fn exchange<S: Schema>(
    shared: &Shared<S>,
    old: &[Arc<SegmentMeta>],
    new: &[Arc<SegmentMeta>],
) -> Result<bool, Error> {
    let mut listed = shared.manifest.lock();
    let is_old = |meta: &Arc<SegmentMeta>| old.iter().any(|other| other.id == meta.id);
    let (found, mut segments): (Vec<_>, Vec<_>) =
        shared.state.read().segments.iter().map(Arc::clone).partition(is_old);
    if found.len() != old.len() {
        return Ok(false);
    }
    segments.extend(new.iter().map(Arc::clone));
    segments.sort_by_key(|meta| meta.first);
    let since = Instant::now();
    let kept = listed.doomed.len();
    listed.doomed.extend(old.iter().map(|meta| (since, Arc::clone(meta))));
    if let Err(error) = listed.store(listed.flushed_through, &segments, &shared.options) {
        listed.doomed.truncate(kept);
        return Err(error);
    }
    shared.state.write().segments = segments;
    Ok(true)
}

/// Deletes files that were replaced at least `grace` ago; returns how many.
pub(crate) async fn sweep<S: Schema>(shared: &Arc<Shared<S>>, grace: Duration) -> Result<usize, Error> {
    let due: Vec<Arc<SegmentMeta>> = {
        let listed = shared.manifest.lock();
        let due = listed.doomed.iter().filter(|(since, _)| since.elapsed() >= grace);
        due.map(|(_, meta)| Arc::clone(meta)).collect()
    };
    for meta in &due {
        shared.objects.delete(&meta.path).await?;
        shared.readers.forget(&meta.id);
    }
    // The manifest on disk forgets them with its next replacement; deleting them once more at a start harms nobody.
    shared.manifest.lock().doomed.retain(|(_, meta)| !due.iter().any(|gone| gone.id == meta.id));
    Ok(due.len())
}
