//! The writing thread: collects writes into groups, makes each group durable with one fsync, shows it to queries, and
//! acknowledges it.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use model::TenantId;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::engine::Shared;
use crate::flush::FlushJob;
use crate::wal::{Record, WalFile};
use crate::{AppendError, Error, Schema};

/// A group is closed at this many records or bytes, so that nobody waits for strangers for long.
const GROUP_RECORDS: usize = 512;
const GROUP_BYTES: usize = 8 << 20;
/// Heads that may be in sealing while another one fills. Beyond it, writes wait.
const MAX_FROZEN: usize = 1;
/// How long writes wait for the sealing thread before they are refused.
const BACKLOG_PATIENCE: Duration = Duration::from_secs(10);

/// One write on its way.
#[derive(Debug)]
pub(crate) struct Append<S: Schema> {
    pub record: Record,
    pub tenant: TenantId,
    pub batch: S::Batch,
    pub reply: oneshot::Sender<Result<(), AppendError>>,
    pub permit: OwnedSemaphorePermit,
}

#[derive(Debug)]
pub(crate) enum Job<S: Schema> {
    Append(Box<Append<S>>),
    /// Seal what is in memory; answered when it is in segments.
    Flush(oneshot::Sender<Result<(), Error>>),
    /// Time passes: look at the head's age.
    Tick,
}

pub(crate) struct Writer<S: Schema> {
    pub shared: Arc<Shared<S>>,
    /// `None` until a file could be created: on a full disk, a store starts all the same and answers queries.
    pub wal: Option<WalFile>,
    /// Of the file, or of the one that could not be created.
    pub sequence: u64,
    pub flusher: Sender<FlushJob<S>>,
}

impl<S: Schema> Writer<S> {
    /// Runs until all handles of the engine are gone.
    pub(crate) fn run(mut self, mut jobs: mpsc::Receiver<Job<S>>) {
        let mut group = Vec::new();
        while let Some(job) = jobs.blocking_recv() {
            let mut next = Some(job);
            let mut bytes = 0;
            let mut other = None;
            while let Some(job) = next.take() {
                match job {
                    Job::Append(append) => {
                        bytes += append.record.len();
                        group.push(append);
                        if group.len() < GROUP_RECORDS && bytes < GROUP_BYTES {
                            next = jobs.try_recv().ok();
                        }
                    }
                    job => other = Some(job),
                }
            }
            self.commit(&mut group);
            if let Some(Job::Flush(done)) = other {
                match self.freeze() {
                    Ok(()) => drop(self.flusher.send(FlushJob::Barrier(done))),
                    Err(error) => drop(done.send(Err(error))),
                }
            }
            self.freeze_if_due();
        }
    }

    fn commit(&mut self, group: &mut Vec<Box<Append<S>>>) {
        if group.is_empty() {
            return;
        }
        let committed = self.make_room().and_then(|()| self.append(group));
        let mut written = Vec::with_capacity(group.len());
        {
            let mut state = committed.is_ok().then(|| self.shared.state.write());
            for append in group.drain(..) {
                let Append { record, tenant, batch, reply, permit } = *append;
                let stored = state.as_mut().map(|state| {
                    let batch = Arc::new(batch);
                    state.push(&self.shared.schema, &tenant, Arc::clone(&batch));
                    (tenant, batch)
                });
                written.push((reply, record, permit, stored));
            }
        }
        for (reply, record, permit, stored) in written {
            // First the memory, then the next writer, then the client.
            drop(record);
            drop(permit);
            drop(reply.send(committed.clone())); // a client that left does not matter: the write stands
            if let Some((tenant, batch)) = stored {
                self.shared.schema.committed(&tenant, &batch);
            }
        }
    }

    fn append(&mut self, group: &[Box<Append<S>>]) -> Result<(), AppendError> {
        let failed = |error: &dyn std::fmt::Display| AppendError::Storage(error.to_string());
        if self.wal.as_ref().is_none_or(WalFile::is_broken) {
            self.next_file().map_err(|error| failed(&error))?;
        }
        let Some(wal) = &mut self.wal else { return Err(AppendError::Closed) };
        wal.append(group.iter().flat_map(|append| append.record.pieces())).map_err(|error| failed(&error))
    }

    fn next_file(&mut self) -> Result<(), Error> {
        let sequence = self.sequence + 1;
        let created = WalFile::create(&self.shared.wal_dir, sequence, self.shared.options.durability)?;
        (self.wal, self.sequence) = (Some(created), sequence);
        Ok(())
    }

    /// Waits while the head is full and cannot be frozen because earlier ones are still being sealed.
    fn make_room(&mut self) -> Result<(), AppendError> {
        let full = |shared: &Shared<S>| shared.state.read().live_bytes >= shared.options.head_max_bytes;
        self.freeze_if_due();
        if !full(&self.shared) {
            return Ok(());
        }
        let mut error = self.shared.flush_error.lock();
        if self.shared.state.read().frozen.len() >= MAX_FROZEN {
            self.shared.frozen_changed.wait_for(&mut error, BACKLOG_PATIENCE);
        }
        let why = error.clone();
        drop(error);
        self.freeze_if_due();
        if full(&self.shared) { Err(AppendError::Backlog(why)) } else { Ok(()) }
    }

    fn freeze_if_due(&mut self) {
        let due = {
            let state = self.shared.state.read();
            let options = &self.shared.options;
            let old = state.live_since.is_some_and(|since| since.elapsed() >= options.head_max_age);
            (state.live_bytes >= options.head_max_bytes || old) && state.frozen.len() < MAX_FROZEN
        };
        if due && let Err(error) = self.freeze() {
            tracing::error!(%error, "a new write-ahead log file cannot be created; the head stays in memory");
        }
    }

    /// Starts a new log file and hands the head to the sealing thread.
    fn freeze(&mut self) -> Result<(), Error> {
        if self.shared.state.read().live.is_empty() {
            return Ok(());
        }
        let covered = self.sequence;
        self.next_file()?;
        let frozen = self.shared.state.write().freeze(covered);
        drop(self.flusher.send(FlushJob::Seal(frozen)));
        Ok(())
    }
}
