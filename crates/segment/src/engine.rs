//! The engine: opening with recovery, appending, snapshots, and an orderly stop.

use std::collections::HashSet;
use std::fmt;
use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use model::{TenantId, TimeRange, TimestampNanos};
use parking_lot::{Condvar, Mutex, RwLock};
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::manifest::{Listed, SegmentMeta};
use crate::objects::Objects;
use crate::reader::{Readers, SegmentReader};
use crate::state::{Snapshot, State};
use crate::wal::{MAX_RECORD, Record, RecordHeader, WalFile};
use crate::writer::{Append, Job, Writer};
use crate::{AppendError, Error, Options, Payload, Rewritten, Schema, compact, flush, retention, rewrite};

mod recovery;

/// Writes that may wait for the writing thread.
const QUEUE: usize = 1024;
const TICK: Duration = Duration::from_secs(1);

/// What the engine's threads and handles share.
#[derive(Debug)]
pub(crate) struct Shared<S: Schema> {
    pub schema: S,
    pub options: Options,
    pub wal_dir: PathBuf,
    pub objects: Objects,
    pub readers: Readers,
    pub state: RwLock<State<S>>,
    /// Guards replacing the manifest.
    pub manifest: Mutex<Listed>,
    /// Held while segments are rewritten, so that only so many rows are in memory for it.
    pub rewriting: tokio::sync::Mutex<()>,
    /// Why sealing fails at present.
    pub flush_error: Mutex<Option<String>>,
    /// Signalled with `flush_error` when a frozen head became segments.
    pub frozen_changed: Condvar,
    pub stop: Stop,
    pub runtime: tokio::runtime::Handle,
}

/// Tells the sealing thread to give up waiting.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// Waits; true once stopped.
    pub(crate) fn wait_for(&self, timeout: Duration) -> bool {
        let mut stopped = self.stopped.lock();
        if !*stopped {
            self.changed.wait_for(&mut stopped, timeout);
        }
        *stopped
    }

    fn set(&self) {
        *self.stopped.lock() = true;
        self.changed.notify_all();
    }
}

/// Figures for `/metrics` and status pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineStats {
    pub live_bytes: usize,
    pub frozen_heads: usize,
    pub segments: usize,
    pub segment_rows: u64,
    pub segment_bytes: u64,
    /// Why segments cannot be written at present.
    pub flush_error: Option<String>,
}

/// A store's durable core. Dropping it without [`Engine::close`] loses nothing that was acknowledged.
pub struct Engine<S: Schema> {
    shared: Arc<Shared<S>>,
    jobs: Mutex<Option<mpsc::Sender<Job<S>>>>,
    inflight: Arc<Semaphore>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    housekeeping: Mutex<Option<tokio::task::JoinHandle<()>>>,
    /// Held until the engine is closed or gone: one engine per folder.
    lock: Mutex<Option<File>>,
}

/// Whatever is still under way in the background must not touch a folder that is no longer locked.
impl<S: Schema> Drop for Engine<S> {
    fn drop(&mut self) {
        self.shared.manifest.lock().closed = true;
        self.shared.stop.set();
    }
}

impl<S: Schema> fmt::Debug for Engine<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("schema", &self.shared.schema.name()).finish_non_exhaustive()
    }
}

impl<S: Schema> Engine<S> {
    /// Opens or creates the store in `options.dir` and recovers what was acknowledged. Must run inside a Tokio runtime.
    pub async fn open(schema: S, options: Options) -> Result<Arc<Self>, Error> {
        let wal_dir = options.dir.join("wal");
        std::fs::create_dir_all(&wal_dir).map_err(Error::io(&wal_dir))?;
        let lock = lock(&options)?;
        let objects = match &options.objects {
            Some(store) => Objects::new(Arc::clone(store), schema.name()),
            None => Objects::local(&options.dir, schema.name(), options.durability)?,
        };
        let recovered = recovery::recover(&schema, &options, &wal_dir, &objects).await?;
        let sequence = recovered.next_sequence;
        let wal = match WalFile::create(&wal_dir, sequence, options.durability) {
            Ok(file) => Some(file),
            Err(error) if error.is_full() => {
                tracing::error!(%error, "the disk is full: writes are refused until there is space");
                None
            }
            Err(error) => return Err(error),
        };
        let shared = Arc::new(Shared {
            schema,
            wal_dir,
            objects,
            readers: Readers::default(),
            state: RwLock::new(recovered.state),
            manifest: Mutex::new(Listed { flushed_through: recovered.flushed_through, ..Listed::default() }),
            rewriting: tokio::sync::Mutex::new(()),
            flush_error: Mutex::new(None),
            frozen_changed: Condvar::new(),
            stop: Stop::default(),
            runtime: tokio::runtime::Handle::current(),
            options,
        });
        Self::start(shared, wal, sequence, lock)
    }

    fn start(
        shared: Arc<Shared<S>>,
        wal: Option<WalFile>,
        sequence: u64,
        lock: File,
    ) -> Result<Arc<Self>, Error> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (flusher, sealing) = std::sync::mpsc::channel();
        let spawn = |role: &str, run: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new()
                .name(format!("{}-{role}", shared.schema.name()))
                .spawn(run)
                .map_err(Error::io(&shared.options.dir))
        };
        let for_flusher = Arc::clone(&shared);
        let writer = Writer { shared: Arc::clone(&shared), wal, sequence, flusher };
        let threads = vec![
            spawn("seal", Box::new(move || flush::run(&for_flusher, &sealing)))?,
            spawn("wal", Box::new(move || writer.run(queue)))?,
        ];
        let housekeeping = spawn_housekeeping(&shared, jobs.downgrade());
        Ok(Arc::new(Self {
            inflight: Arc::new(Semaphore::new(shared.options.inflight_max_bytes)),
            shared,
            jobs: Mutex::new(Some(jobs)),
            threads: Mutex::new(threads),
            housekeeping: Mutex::new(Some(housekeeping)),
            lock: Mutex::new(Some(lock)),
        }))
    }

    pub fn schema(&self) -> &S {
        &self.shared.schema
    }

    /// Writes a batch. `payload` is what [`Schema::decode`] turns into `batch` again. Returns when the rows are durable
    /// and visible.
    pub async fn append(
        &self,
        tenant: &TenantId,
        received: TimestampNanos,
        payload: impl Into<Payload>,
        batch: S::Batch,
    ) -> Result<(), AppendError> {
        let payload = payload.into();
        // The header takes a few bytes, too.
        let limit = MAX_RECORD - RecordHeader::MAX_LEN;
        if payload.len() > limit {
            return Err(AppendError::TooLarge { bytes: payload.len(), limit });
        }
        let weight = payload.len() + self.shared.schema.memory_bytes(&batch);
        let weight = weight.clamp(1, self.shared.options.inflight_max_bytes) as u32;
        let permit = Arc::clone(&self.inflight).acquire_many_owned(weight).await;
        let permit = permit.map_err(|_| AppendError::Closed)?;
        let record = Record::new(&RecordHeader { received, tenant: tenant.clone() }, payload);
        let (reply, answer) = oneshot::channel();
        let append = Append { record, tenant: tenant.clone(), batch, reply, permit };
        let jobs = self.sender().ok_or(AppendError::Closed)?;
        jobs.send(Job::Append(Box::new(append))).await.map_err(|_| AppendError::Closed)?;
        answer.await.map_err(|_| AppendError::Closed)?
    }

    /// Everything acknowledged so far of a tenant, pruned to segments that overlap `range`.
    pub fn snapshot(&self, tenant: &TenantId, range: TimeRange) -> Snapshot<S> {
        self.shared.state.read().snapshot(tenant, range)
    }

    /// Opens a segment of a snapshot. A damaged one is quarantined, reported once, and an error here.
    pub async fn open_segment(&self, meta: &Arc<SegmentMeta>) -> Result<SegmentReader, Error> {
        let opened = self.shared.readers.open(&self.shared.objects, meta).await;
        match opened {
            Err(error @ (Error::Damaged { .. } | Error::Parquet(_))) => {
                tracing::error!(segment = meta.path, rows = meta.rows, %error, "a damaged segment was put into quarantine");
                retention::quarantine(&self.shared, meta).await?;
                Err(error)
            }
            Err(Error::Object(object_store::Error::NotFound { .. })) => Err(Error::Gone(meta.id.clone())),
            other => other,
        }
    }

    /// Seals what is in memory now; returns when it is in segments.
    pub async fn flush(&self) -> Result<(), Error> {
        let (done, finished) = oneshot::channel();
        let jobs = self.sender().ok_or(Error::Closed)?;
        jobs.send(Job::Flush(done)).await.map_err(|_| Error::Closed)?;
        finished.await.map_err(|_| Error::Closed)?
    }

    /// Applies retention as of `now`; returns the number of segments deleted. Runs by itself every minute.
    pub async fn expire(&self, now: TimestampNanos) -> Result<usize, Error> {
        retention::expire(&self.shared, now).await
    }

    /// Joins small segments, as of `now`; returns how many went into larger ones. Runs by itself every minute.
    pub async fn compact(&self, now: TimestampNanos) -> Result<usize, Error> {
        compact::compact(&self.shared, now).await
    }

    /// Deletes files that compaction replaced `grace` ago or earlier. Runs by itself every minute.
    pub async fn sweep(&self, grace: Duration) -> Result<usize, Error> {
        compact::sweep(&self.shared, grace).await
    }

    /// All segments of all tenants, oldest first.
    pub fn segments(&self) -> Vec<Arc<SegmentMeta>> {
        self.shared.state.read().segments.clone()
    }

    /// Deletes segments and their files at once. Returns how many there were.
    pub async fn remove(&self, ids: &HashSet<String>) -> Result<usize, Error> {
        retention::remove(&self.shared, |meta| ids.contains(&meta.id)).await
    }

    /// Replaces a segment by one with fewer rows. `prune` gets the rows and returns those that stay, or `None` when that
    /// is all of them. Atomic: queries and crashes see the old segment or the new one.
    pub async fn rewrite(
        &self,
        meta: &Arc<SegmentMeta>,
        prune: impl FnOnce(S::Batch) -> Option<S::Batch> + Send + 'static,
    ) -> Result<Rewritten, Error> {
        match self.open_segment(meta).await {
            Ok(reader) => rewrite::rewrite(&self.shared, reader, prune).await,
            Err(Error::Gone(_)) => Ok(Rewritten::Gone),
            Err(error) => Err(error),
        }
    }

    /// Whether the segment was replaced while its file still waits for [`Self::sweep`].
    pub fn is_doomed(&self, id: &str) -> bool {
        self.shared.manifest.lock().doomed.iter().any(|(_, meta)| meta.id == id)
    }

    pub fn stats(&self) -> EngineStats {
        let state = self.shared.state.read();
        EngineStats {
            live_bytes: state.live_bytes,
            frozen_heads: state.frozen.len(),
            segments: state.segments.len(),
            segment_rows: state.segments.iter().map(|meta| meta.rows).sum(),
            segment_bytes: state.segments.iter().map(|meta| meta.bytes).sum(),
            flush_error: self.shared.flush_error.lock().clone(),
        }
    }

    /// Refuses further writes, finishes those under way, ends the threads and gives the folder up: another engine may open
    /// it. What is in memory stays in the write-ahead log, so stopping is fast.
    pub async fn close(&self) {
        drop(self.jobs.lock().take());
        self.shared.stop.set();
        let threads = std::mem::take(&mut *self.threads.lock());
        let joined = tokio::task::spawn_blocking(move || {
            threads.into_iter().for_each(|thread| drop(thread.join()));
        });
        drop(joined.await);
        let housekeeping = self.housekeeping.lock().take();
        if let Some(task) = housekeeping {
            task.abort();
            drop(task.await);
        }
        self.shared.manifest.lock().closed = true;
        drop(self.lock.lock().take());
    }

    fn sender(&self) -> Option<mpsc::Sender<Job<S>>> {
        self.jobs.lock().clone()
    }
}

fn lock(options: &Options) -> Result<File, Error> {
    let path = options.dir.join("lock");
    let file = File::create(&path).map_err(Error::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked(options.dir.clone())),
        Err(TryLockError::Error(source)) => Err(Error::Io { path, source }),
    }
}

/// Ticks for the head's age, and retention, until the engine is gone.
fn spawn_housekeeping<S: Schema>(
    shared: &Arc<Shared<S>>,
    jobs: mpsc::WeakSender<Job<S>>,
) -> tokio::task::JoinHandle<()> {
    let weak = Arc::downgrade(shared);
    let every = shared.options.housekeeping_every;
    shared.runtime.spawn(async move {
        let mut since_last = Duration::MAX; // at start, too
        loop {
            let Some(jobs) = jobs.upgrade() else { return };
            drop(jobs.try_send(Job::Tick)); // a full queue means that the writer is awake anyway
            drop(jobs);
            if every.is_some_and(|every| since_last >= every) {
                since_last = Duration::ZERO;
                let Some(shared) = weak.upgrade() else { return };
                keep_house(&shared).await;
            }
            tokio::time::sleep(TICK).await;
            since_last = since_last.saturating_add(TICK);
        }
    })
}

async fn keep_house<S: Schema>(shared: &Arc<Shared<S>>) {
    let store = shared.schema.name();
    let now = TimestampNanos::now();
    match retention::expire(shared, now).await {
        Ok(0) => {}
        Ok(segments) => tracing::info!(store, segments, "expired segments deleted"),
        Err(error) => tracing::error!(store, %error, "retention failed"),
    }
    match compact::compact(shared, now).await {
        Ok(0) => {}
        Ok(segments) => tracing::info!(store, segments, "small segments joined"),
        Err(error) => tracing::error!(store, %error, "compaction failed"),
    }
    if let Err(error) = compact::sweep(shared, shared.options.grace).await {
        tracing::error!(store, %error, "replaced segments could not be deleted");
    }
}
