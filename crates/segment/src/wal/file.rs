//! One open log file that records are appended to.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::{FILE_HEADER, MAGIC};
use crate::{Durability, Error};

/// The file that is written to. A failed write is undone, so that whatever follows starts after the last good record.
#[derive(Debug)]
pub(crate) struct WalFile {
    file: File,
    /// Bytes up to the end of the last complete group.
    len: u64,
    durability: Durability,
    /// Set when even undoing failed: the file must not be appended to any more.
    broken: bool,
}

impl WalFile {
    /// Creates the file of `sequence`, which must not exist.
    pub(crate) fn create(dir: &Path, sequence: u64, durability: Durability) -> Result<Self, Error> {
        let path = path(dir, sequence);
        let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(Error::io(&path))?;
        let mut header = Vec::with_capacity(FILE_HEADER);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&sequence.to_le_bytes());
        let mut wal = Self { file, len: 0, durability, broken: false };
        let created = wal.append([header.as_slice()]).and_then(|()| sync_dir(dir, durability));
        if let Err(source) = created {
            // Leave nothing behind that would block the next attempt.
            drop(std::fs::remove_file(&path));
            return Err(Error::Io { path, source });
        }
        Ok(wal)
    }

    /// Appends whole records and makes them durable. On error nothing of them stays.
    pub(crate) fn append<'r>(&mut self, records: impl IntoIterator<Item = &'r [u8]>) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed and could not be undone"));
        }
        let mut end = self.len;
        let mut write = |bytes: &[u8]| {
            let written = self.file.write_all_at(bytes, end);
            end += bytes.len() as u64;
            written
        };
        let written = records.into_iter().try_for_each(&mut write).and_then(|()| self.sync());
        match written {
            Ok(()) => {
                self.len = end;
                Ok(())
            }
            Err(error) => {
                // After a failed fsync the kernel may have dropped the pages, so the tail's state is unknown either way.
                self.broken = self.file.set_len(self.len).and_then(|()| self.sync()).is_err();
                Err(error)
            }
        }
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    fn sync(&self) -> io::Result<()> {
        match self.durability {
            Durability::Fsync => self.file.sync_data(),
            Durability::Os => Ok(()),
        }
    }
}

fn sync_dir(dir: &Path, durability: Durability) -> io::Result<()> {
    match durability {
        Durability::Fsync => File::open(dir)?.sync_all(),
        Durability::Os => Ok(()),
    }
}

pub(super) fn path(dir: &Path, sequence: u64) -> PathBuf {
    dir.join(format!("{sequence:016x}.wal"))
}

/// The log files of a folder, by sequence.
pub(crate) fn list(dir: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(Error::io(dir))? {
        let path = entry.map_err(Error::io(dir))?.path();
        if path.extension().is_some_and(|extension| extension == "wal")
            && let Some(sequence) =
                path.file_stem().and_then(|stem| u64::from_str_radix(stem.to_str()?, 16).ok())
        {
            files.push((sequence, path));
        }
    }
    files.sort();
    Ok(files)
}
