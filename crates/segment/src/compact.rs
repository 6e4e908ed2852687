//! Compaction: small segments of one hour become a larger one, in the background.
//!
//! The new segments enter the manifest in the same replacement that drops the old ones, so a row is never seen twice or
//! not at all. The old files are deleted later, because queries that began before may still open them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{TenantId, TimestampNanos};

use crate::engine::Shared;
use crate::manifest::{Manifest, SegmentMeta};
use crate::part::{Part, PartitionHour, SealContext};
use crate::{Error, Schema, SegmentReader};

/// Segments from this size on are left alone: a full head makes a larger one, and would not be worth a second sealing.
const SMALL_BYTES: u64 = 1 << 20;
/// Compressed bytes that go into one round: they are all in memory once, and expand to ten times as much.
const ROUND_BYTES: u64 = 4 << 20;
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
    let _turn = shared.rewriting.lock().await;
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
    let sealed = tokio::task::spawn_blocking(move || load_and_seal(&sealing, readers, replaces));
    let parts = sealed.await.map_err(|_| Error::Closed)??;
    let replaced = replace(shared, &tenant, round, parts).await?;
    Ok(if replaced.is_some() { round.len() } else { 0 })
}

fn load_and_seal<S: Schema>(
    shared: &Shared<S>,
    readers: Vec<SegmentReader>,
    replaces: Vec<String>,
) -> Result<Vec<Part>, Error> {
    let batches = readers.into_iter().map(|reader| shared.schema.load(reader).map(Arc::new));
    seal(shared, &batches.collect::<Result<Vec<_>, Error>>()?, replaces)
}

/// Makes the parts that stand for the segments called `replaces`.
pub(crate) fn seal<S: Schema>(
    shared: &Shared<S>,
    batches: &[Arc<S::Batch>],
    replaces: Vec<String>,
) -> Result<Vec<Part>, Error> {
    // 0: no log file has to exist for these rows, whatever the manifest says.
    let context = SealContext { format: shared.schema.format(), wal_through: 0, replaces };
    let mut parts = Vec::new();
    shared.schema.seal(batches, &context, &mut |part| {
        parts.push(part);
        Ok(())
    })?;
    Ok(parts)
}

/// Stores `parts` and lets them take the place of `old`. `None` if one of the old ones is gone by now.
pub(crate) async fn replace<S: Schema>(
    shared: &Arc<Shared<S>>,
    tenant: &TenantId,
    old: &[Arc<SegmentMeta>],
    parts: Vec<Part>,
) -> Result<Option<Vec<Arc<SegmentMeta>>>, Error> {
    let mut written = Vec::with_capacity(parts.len());
    let mut exchanged = Ok(false);
    for part in parts {
        match shared.objects.put(tenant, part).await {
            Ok(meta) => written.push(Arc::new(meta)),
            Err(error) => {
                exchanged = Err(error);
                break;
            }
        }
    }
    if exchanged.is_ok() {
        exchanged = exchange(shared, old, &written);
        if exchanged.is_err() && Manifest::may_name(&shared.options.dir, &written) {
            return exchanged.map(|_| None);
        }
    }
    if matches!(exchanged, Ok(true)) {
        return Ok(Some(written));
    }
    for meta in written {
        shared.objects.delete(&meta.path).await?;
    }
    exchanged.map(|_| None)
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
