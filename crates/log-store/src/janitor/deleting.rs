//! Carrying out delete requests: segments are rewritten without the lines, one after the other.
//!
//! The requests of a tenant that are due are carried out together. They count as processed when no segment and no row in
//! memory has such a line, and the files that had them are gone; until then queries leave the lines out. Nothing of this
//! has to survive a crash: what was done once is found done, the rest is done again.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use model::{TenantId, TimeRange, TimestampNanos};
use segment::{Engine, Error, Rewritten, SegmentMeta};

use crate::batch::LogBatch;
use crate::config::DeleteSettings;
use crate::deletes::{ActiveDeletes, DeleteFilter, Deletes, prune};
use crate::indexes::index_of;
use crate::schema::LogSchema;

/// Lines that keep coming in with the times of a request hold it up for this many passes over the segments.
const MAX_PASSES: usize = 100;
/// Sealing waits for a full disk; the janitor has other things to do.
const FLUSH_PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Deleting {
    engine: Arc<Engine<LogSchema>>,
    settings: DeleteSettings,
    work: BTreeMap<TenantId, Work>,
}

/// Requests of one tenant that are carried out together.
#[derive(Debug, Default)]
struct Work {
    ids: BTreeSet<String>,
    deletes: ActiveDeletes,
    /// Segments without lines to delete.
    clean: HashSet<String>,
    /// Segments whose files have to go.
    replaced: Vec<String>,
    passes: usize,
    /// Nothing was left to rewrite when it was looked at last.
    done: bool,
}

impl Work {
    fn new(filters: Vec<Arc<DeleteFilter>>) -> Self {
        let ids = filters.iter().map(|filter| filter.id.clone()).collect();
        Self { ids, deletes: ActiveDeletes::new(filters), ..Self::default() }
    }

    fn concerns(&self, meta: &SegmentMeta) -> bool {
        self.deletes.filters().iter().any(|filter| filter.overlaps(meta.first, meta.last))
    }

    /// Whether the batch may have lines to delete.
    fn touches(&self, batch: &LogBatch) -> bool {
        let (first, last) = batch.first_and_last();
        batch.streams.iter().any(|stream| self.deletes.touches(&stream.labels, first, last))
    }
}

impl Deleting {
    pub(super) fn new(engine: Arc<Engine<LogSchema>>, settings: DeleteSettings) -> Self {
        Self { engine, settings, work: BTreeMap::new() }
    }

    fn deletes(&self) -> &Deletes {
        &self.engine.schema().deletes
    }

    /// Rewrites what is due.
    pub(super) async fn carry_out(&mut self, now: TimestampNanos) -> Result<(), Error> {
        if !self.settings.enabled {
            return Ok(());
        }
        let due = self.deletes().due(now, self.settings.cancel_period, self.settings.batch_size);
        self.work.retain(|tenant, _| due.contains_key(tenant));
        for (tenant, filters) in due {
            let ids: BTreeSet<String> = filters.iter().map(|filter| filter.id.clone()).collect();
            let mut work = self.work.remove(&tenant).unwrap_or_default();
            // A request was cancelled, or the work is new: whatever is known holds for other requests.
            if work.ids.is_empty() || !work.ids.is_subset(&ids) {
                work = Work::new(filters);
            }
            let carried_out = self.work_on(&tenant, &mut work).await;
            self.work.insert(tenant, work);
            carried_out?;
        }
        Ok(())
    }

    /// Marks as processed what is done and gone from the disk.
    pub(super) async fn finish(&mut self, now: TimestampNanos) -> Result<(), Error> {
        let engine = &self.engine;
        let is_gone = |work: &Work| work.done && !work.replaced.iter().any(|id| engine.is_doomed(id));
        let finished: Vec<TenantId> =
            self.work.iter().filter(|(_, work)| is_gone(work)).map(|(tenant, _)| tenant.clone()).collect();
        for tenant in finished {
            let Some(work) = self.work.remove(&tenant) else { continue };
            // If that fails, the work is done again and soon found done. Writes a file and waits for the disk.
            let (deletes, ids) = (Arc::clone(&self.engine.schema().deletes), work.ids.clone());
            let noted = tokio::task::spawn_blocking(move || deletes.finish(&ids, now));
            noted.await.map_err(|_| Error::Closed)??;
            let (requests, rewritten) = (work.ids.len(), work.replaced.len());
            tracing::info!(tenant = tenant.as_str(), requests, rewritten, "delete requests processed");
        }
        Ok(())
    }

    /// Also to be called when the work is done and only files are waited for: lines may have come in meanwhile.
    async fn work_on(&self, tenant: &TenantId, work: &mut Work) -> Result<(), Error> {
        while work.passes < MAX_PASSES {
            self.seal(tenant, work).await?;
            let segments = self.engine.segments();
            let of_tenant = segments.iter().filter(|meta| meta.tenant == tenant.as_str());
            let concerned: Vec<_> = of_tenant.filter(|meta| work.concerns(meta)).collect();
            let (clean, left): (Vec<_>, Vec<_>) =
                concerned.into_iter().partition(|meta| work.clean.contains(&meta.id));
            work.done = left.is_empty();
            if work.done {
                return Ok(());
            }
            work.passes += 1;
            let total = clean.len() + left.len();
            for (at, meta) in left.into_iter().enumerate() {
                let percent = (clean.len() + at) * 100 / total;
                if !self.deletes().note_progress(&work.ids, u8::try_from(percent).unwrap_or(99)) {
                    return Ok(()); // one was cancelled: begin anew without it
                }
                self.visit(meta, work).await?;
            }
        }
        // Other lines keep arriving; those that were there are gone.
        work.done = true;
        Ok(())
    }

    /// Moves rows from memory to segments if there may be some to delete.
    async fn seal(&self, tenant: &TenantId, work: &Work) -> Result<(), Error> {
        let snapshot = self.engine.snapshot(tenant, TimeRange::ALL);
        if !snapshot.batches.iter().any(|batch| !batch.is_empty() && work.touches(batch)) {
            return Ok(());
        }
        drop(snapshot);
        tokio::time::timeout(FLUSH_PATIENCE, self.engine.flush()).await.map_err(|_| Error::Closed)?
    }

    async fn visit(&self, meta: &Arc<SegmentMeta>, work: &mut Work) -> Result<(), Error> {
        let touched = match self.is_touched(meta, work).await {
            Ok(touched) => touched,
            // In quarantine or replaced: what stands in its place is looked at in the next pass.
            Err(Error::Gone(_) | Error::Damaged { .. } | Error::Parquet(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        let rewritten = if touched {
            let deletes = work.deletes.clone();
            self.engine.rewrite(meta, move |batch| prune(&batch, &deletes)).await?
        } else {
            Rewritten::Unchanged
        };
        match rewritten {
            Rewritten::Unchanged => drop(work.clean.insert(meta.id.clone())),
            Rewritten::Gone => {}
            Rewritten::Replaced(new) => {
                work.clean.extend(new.iter().map(|meta| meta.id.clone()));
                work.replaced.push(meta.id.clone());
            }
        }
        Ok(())
    }

    async fn is_touched(&self, meta: &Arc<SegmentMeta>, work: &Work) -> Result<bool, Error> {
        let index = index_of(&self.engine, meta).await?;
        Ok(index
            .streams
            .iter()
            .any(|entry| work.deletes.touches(&entry.stream.labels, entry.first, entry.last)))
    }
}
