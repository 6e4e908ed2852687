//! How far each file was acknowledged, in Promtail's format, replaced atomically.
//!
//! ```yaml
//! positions:
//!   /var/log/app.log: "12345"
//! # file 2049:131 12345 /var/log/app.log
//! ```
//!
//! The comments are ours: device and inode of every file being read, also of those that were renamed and are not yet
//! read to the end. They tell a restarted collector that a file was rotated meanwhile, and where to find the rest.

mod format;

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use runtime::CancellationToken;
use tokio::sync::Notify;

use crate::files::FileId;

/// Positions are on disk at most this long after they changed, whatever `sync_period` says: what was acknowledged
/// before a crash is not sent again.
const SAVE_AFTER: Duration = Duration::from_millis(100);

/// Why positions cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PositionsError {
    #[error("positions file {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("positions file {}: {problem}; repair or remove it, or set positions.ignore_invalid_yaml", path.display())]
    Invalid { path: PathBuf, problem: String },
}

/// A position as a former run left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    pub path: String,
    pub offset: u64,
    /// Unknown in files that Promtail wrote.
    pub id: Option<FileId>,
}

/// How far a file may be considered done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub key: FileKey,
    pub path: Arc<str>,
    pub offset: u64,
    /// The file is read to its end and gone: forget it.
    pub is_finished: bool,
}

/// A file within a job; two jobs may read the same file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileKey {
    pub job: usize,
    pub id: FileId,
}

#[derive(Debug)]
struct Position {
    path: Arc<str>,
    offset: u64,
    /// Later files of the same path have a higher number.
    generation: u64,
}

#[derive(Debug, Default)]
struct State {
    files: HashMap<FileKey, Position>,
    /// From a former run, not claimed by any job of this one yet.
    unclaimed: Vec<Saved>,
    /// Keys of other kinds (`cursor-…`, `journal-…`), kept as they are.
    others: BTreeMap<String, String>,
    generations: u64,
    is_changed: bool,
}

/// The positions of a collector.
#[derive(Debug)]
pub struct Positions {
    path: PathBuf,
    state: Mutex<State>,
    changed: Notify,
    /// Held while saving, so that an older state never replaces a newer one.
    saving: Mutex<()>,
    is_read_only: bool,
}

impl Positions {
    /// Loads the file; one that doesn't exist is empty.
    pub fn load(path: &Path, ignore_invalid: bool) -> Result<Self, PositionsError> {
        let text = match std::fs::read(path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => {
                return Err(PositionsError::Io { path: path.to_owned(), source });
            }
        };
        let (unclaimed, others) = match format::parse(&text) {
            Ok(parsed) => parsed,
            Err(problem) if ignore_invalid => {
                tracing::warn!(path = %path.display(), problem, "ignoring a damaged positions file");
                Default::default()
            }
            Err(problem) => {
                return Err(PositionsError::Invalid { path: path.to_owned(), problem });
            }
        };
        Ok(Self {
            path: path.to_owned(),
            state: Mutex::new(State { unclaimed, others, ..State::default() }),
            changed: Notify::new(),
            saving: Mutex::new(()),
            is_read_only: false,
        })
    }

    /// Never writes the file.
    pub fn read_only(mut self) -> Self {
        self.is_read_only = true;
        self
    }

    /// What a former run knew about files whose path `wants` says yes to.
    pub fn saved(&self, wants: impl Fn(&str) -> bool) -> Vec<Saved> {
        let state = self.state.lock();
        state.unclaimed.iter().filter(|saved| wants(&saved.path)).cloned().collect()
    }

    /// A job begins to read a file at `offset`.
    pub fn begin(&self, key: FileKey, path: &Arc<str>, offset: u64) {
        let mut state = self.state.lock();
        state.generations += 1;
        let position = Position { path: Arc::clone(path), offset, generation: state.generations };
        state.files.insert(key, position);
        state.is_changed = true;
        self.changed.notify_one();
    }

    /// Forgets what a former run left, once every job has looked for its files.
    pub fn forget_unclaimed(&self) {
        let mut state = self.state.lock();
        state.is_changed |= !state.unclaimed.is_empty();
        state.unclaimed.clear();
        self.changed.notify_one();
    }

    /// Takes over checkpoints whose lines were acknowledged. A job's checkpoints come in order.
    pub fn commit(&self, checkpoints: &[Checkpoint]) {
        if checkpoints.is_empty() {
            return;
        }
        let mut state = self.state.lock();
        for checkpoint in checkpoints {
            if checkpoint.is_finished {
                state.files.remove(&checkpoint.key);
            } else if let Some(position) = state.files.get_mut(&checkpoint.key) {
                position.offset = checkpoint.offset;
                position.path = Arc::clone(&checkpoint.path);
            }
        }
        state.is_changed = true;
        self.changed.notify_one();
    }

    /// Writes the file if anything changed since it was last written.
    pub fn save(&self) -> Result<(), PositionsError> {
        let _saving = self.saving.lock();
        let text = {
            let mut state = self.state.lock();
            if !state.is_changed || self.is_read_only {
                return Ok(());
            }
            state.is_changed = false;
            format::write(&state)
        };
        self.replace(&text).map_err(|source| {
            self.state.lock().is_changed = true;
            PositionsError::Io { path: self.path.clone(), source }
        })
    }

    fn replace(&self, text: &str) -> std::io::Result<()> {
        let folder =
            self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let temporary = self.path.with_extension("yaml.tmp");
        let mut file = File::create(&temporary)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, &self.path)?;
        File::open(folder)?.sync_all()
    }

    /// Saves changes soon after they happen until `stop`; the caller saves the last ones.
    pub async fn keep_saved(self: Arc<Self>, sync_period: Duration, stop: CancellationToken) {
        let mut is_failing = false;
        loop {
            tokio::select! {
                () = self.changed.notified() => {}
                () = stop.cancelled() => return,
            }
            let positions = Arc::clone(&self);
            match tokio::task::spawn_blocking(move || positions.save()).await {
                Ok(Ok(())) => is_failing = false,
                Ok(Err(error)) if !is_failing => {
                    is_failing = true;
                    tracing::error!(error = %error, "positions cannot be saved; lines may be sent twice after a restart");
                }
                _ => {}
            }
            if is_failing {
                self.changed.notify_one();
            }
            tokio::select! {
                () = tokio::time::sleep(sync_period.min(SAVE_AFTER)) => {}
                () = stop.cancelled() => return,
            }
        }
    }
}

#[cfg(test)]
mod tests;
