//! The sealing thread: frozen heads become segments, segments enter the manifest, log files go.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::engine::Shared;
use crate::manifest::{Manifest, SegmentMeta};
use crate::part::SealContext;
use crate::state::Frozen;
use crate::{Error, Schema, wal};

const RETRY_MIN: Duration = Duration::from_millis(500);
const RETRY_MAX: Duration = Duration::from_secs(30);

/// Work for the sealing thread, done in order.
#[derive(Debug)]
pub(crate) enum FlushJob<S: Schema> {
    Seal(Arc<Frozen<S>>),
    /// Answered when all earlier jobs are done.
    Barrier(oneshot::Sender<Result<(), Error>>),
}

/// Runs until the writer hangs up and everything handed over is sealed, or the engine is told to stop.
pub(crate) fn run<S: Schema>(shared: &Arc<Shared<S>>, jobs: &Receiver<FlushJob<S>>) {
    while let Ok(job) = jobs.recv() {
        match job {
            FlushJob::Seal(frozen) => seal_until_done(shared, &frozen),
            FlushJob::Barrier(done) => drop(done.send(Ok(()))),
        }
    }
}

/// Tries again and again: the rows are safe in the write-ahead log and visible to queries meanwhile.
fn seal_until_done<S: Schema>(shared: &Arc<Shared<S>>, frozen: &Arc<Frozen<S>>) {
    let mut wait = RETRY_MIN;
    let mut reported = String::new();
    loop {
        let error = match seal(shared, frozen) {
            Ok(()) => {
                *shared.flush_error.lock() = None;
                shared.frozen_changed.notify_all();
                return;
            }
            Err(error) => error.to_string(),
        };
        if error != reported {
            tracing::error!(store = shared.schema.name(), error, "sealing a head failed; trying again");
            reported.clone_from(&error);
        }
        *shared.flush_error.lock() = Some(error);
        if shared.stop.wait_for(wait) {
            return; // the write-ahead log still has the rows
        }
        wait = (wait * 2).min(RETRY_MAX);
    }
}

fn seal<S: Schema>(shared: &Arc<Shared<S>>, frozen: &Arc<Frozen<S>>) -> Result<(), Error> {
    let context =
        SealContext { format: shared.schema.format(), wal_through: frozen.wal_through, replaces: Vec::new() };
    let mut written: Vec<Arc<SegmentMeta>> = Vec::new();
    let sealed = frozen.tenants.iter().try_for_each(|(tenant, batches)| {
        shared.schema.seal(batches, &context, &mut |part| {
            written.push(Arc::new(shared.runtime.block_on(shared.objects.put(tenant, part))?));
            Ok(())
        })
    });
    if let Err(error) = sealed.and_then(|()| publish(shared, frozen, &written)) {
        // If publishing failed, the new manifest may be on disk all the same: then its segments must stay. Else nobody
        // reads them, and on a full disk they would be in the way of the next attempt.
        if !Manifest::may_name(&shared.options.dir, &written) {
            for meta in written {
                drop(shared.runtime.block_on(shared.objects.delete(&meta.path)));
            }
        }
        return Err(error);
    }
    remove_covered_logs(shared, frozen.wal_through);
    Ok(())
}

/// Names the new segments in the manifest and, at once, in what queries see.
fn publish<S: Schema>(
    shared: &Arc<Shared<S>>,
    frozen: &Arc<Frozen<S>>,
    written: &[Arc<SegmentMeta>],
) -> Result<(), Error> {
    let mut listed = shared.manifest.lock();
    let mut segments = shared.state.read().segments.clone();
    segments.extend(written.iter().map(Arc::clone));
    segments.sort_by_key(|meta| meta.first);
    listed.store(frozen.wal_through, &segments, &shared.options)?;
    listed.flushed_through = frozen.wal_through;
    let mut state = shared.state.write();
    state.frozen.retain(|other| !Arc::ptr_eq(other, frozen));
    state.segments = segments;
    Ok(())
}

fn remove_covered_logs<S: Schema>(shared: &Arc<Shared<S>>, through: u64) {
    let files = wal::list(&shared.wal_dir).unwrap_or_default();
    for (_, path) in files.into_iter().filter(|(sequence, _)| *sequence <= through) {
        if let Err(error) = std::fs::remove_file(&path) {
            tracing::warn!(path = %path.display(), %error, "a write-ahead log file could not be removed");
        }
    }
}
