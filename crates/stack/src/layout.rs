//! Where a stack keeps its files, and the lock that makes it the only one in its data folder.
//!
//! ```text
//! data/logs/<component>.log   stdout and stderr of each component, rotated
//! data/run/control.sock       the supervisor listens here (0600 in a 0700 folder)
//! data/run/supervisor.lock    flock held by the supervisor for its lifetime; holds its pid as text
//! data/<component>/           what the component keeps
//! ```

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

const LOCK_ATTEMPTS: u32 = 5;

/// The files of one stack.
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The stack in `root`, made absolute, so that it means the same to every process.
    pub fn new(root: &Path) -> anyhow::Result<Self> {
        let root = std::path::absolute(root)
            .with_context(|| format!("{} cannot be used as data folder", root.display()))?;
        Ok(Self { root })
    }

    /// The data folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of the log files.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// The log file of a component.
    pub fn log_of(&self, name: &str) -> PathBuf {
        self.logs().join(format!("{name}.log"))
    }

    /// The folder of socket and lock.
    pub fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    /// The supervisor's socket.
    pub fn socket(&self) -> PathBuf {
        self.run().join("control.sock")
    }

    /// There while a restore exchanges folders.
    pub fn unfinished_restore(&self) -> PathBuf {
        self.run().join("restore.unfinished")
    }

    /// Refuses a data folder of which a restore has exchanged only a part.
    pub fn ensure_whole(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            !self.unfinished_restore().exists(),
            "a restore into {} was interrupted; run it again with --force",
            self.root.display()
        );
        Ok(())
    }

    fn lock_file(&self) -> PathBuf {
        self.run().join("supervisor.lock")
    }

    /// Creates the folders.
    pub fn create(&self) -> anyhow::Result<()> {
        std::fs::create_dir_all(self.logs())
            .with_context(|| format!("create {} (is the data folder writable?)", self.logs().display()))?;
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(self.run())
            .with_context(|| format!("create {}", self.run().display()))
    }

    /// Takes the lock, or says who has it. The lock is released when the value is dropped or its process ends,
    /// however it ends.
    pub fn lock(&self) -> anyhow::Result<Result<Lock, Locked>> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.lock_file())
            .with_context(|| format!("open {}", self.lock_file().display()))?;
        // `holder` takes a shared lock for an instant: a second and third attempt tell that from a real owner.
        for attempt in 1..=LOCK_ATTEMPTS {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if attempt < LOCK_ATTEMPTS => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => return Ok(Err(Locked { pid: read_pid(&mut file) })),
                Err(TryLockError::Error(error)) => return Err(error).context("lock the data folder"),
            }
        }
        file.set_len(0)?;
        file.rewind()?;
        write!(file, "{}", std::process::id())?;
        Ok(Ok(Lock { _file: file }))
    }

    /// Who holds the lock, without taking it for longer than the question needs.
    pub fn holder(&self) -> anyhow::Result<Option<Locked>> {
        let mut file = match File::open(self.lock_file()) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("open {}", self.lock_file().display())),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(Locked { pid: read_pid(&mut file) })),
            Err(TryLockError::Error(error)) => Err(error).context("look at the lock of the data folder"),
        }
    }
}

fn read_pid(file: &mut File) -> Option<i32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// The data folder is ours while this lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Another process has the data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locked {
    /// Its pid, when it has written it already
    pub pid: Option<i32>,
}

impl std::fmt::Display for Locked {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.pid {
            Some(pid) => write!(formatter, "pid {pid}"),
            None => formatter.write_str("another process"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_supervisor_per_data_folder() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path()).unwrap();
        layout.create().unwrap();
        assert_eq!(layout.holder().unwrap(), None);
        let lock = layout.lock().unwrap().unwrap();
        let us = Locked { pid: Some(i32::try_from(std::process::id()).unwrap()) };
        assert_eq!(layout.lock().unwrap().unwrap_err(), us);
        assert_eq!(layout.holder().unwrap(), Some(us));
        drop(lock);
        assert_eq!(layout.holder().unwrap(), None);
        assert!(layout.lock().unwrap().is_ok());
    }
}
