//! One open log file that records are appended to.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice, Write as _};
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
        let file = OpenOptions::new().append(true).create_new(true).open(&path).map_err(Error::io(&path))?;
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

    /// Appends whole records, given as the pieces they consist of, and makes them durable. On error nothing of them
    /// stays.
    pub(crate) fn append<'r>(&mut self, pieces: impl IntoIterator<Item = &'r [u8]>) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed and could not be undone"));
        }
        let filled = pieces.into_iter().filter(|piece| !piece.is_empty());
        let mut pieces: Vec<IoSlice<'r>> = filled.map(IoSlice::new).collect();
        let bytes: usize = pieces.iter().map(|piece| piece.len()).sum();
        match write_all(&self.file, &mut pieces).and_then(|()| self.sync()) {
            Ok(()) => {
                self.len += bytes as u64;
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

/// Writes the pieces with as few calls as possible. The file is open for appending, so they land at its end.
fn write_all(mut file: &File, mut pieces: &mut [IoSlice<'_>]) -> io::Result<()> {
    while !pieces.is_empty() {
        match file.write_vectored(pieces) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut pieces, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_written_in_order_even_if_one_call_cannot_take_them_all() {
        let dir = tempfile::tempdir().unwrap();
        let mut wal = WalFile::create(dir.path(), 1, Durability::Os).unwrap();
        // More than the 1024 pieces that one system call takes.
        let pieces: Vec<Vec<u8>> = (0..5000u32).map(|n| n.to_le_bytes()[..n as usize % 5].to_vec()).collect();
        for half in pieces.chunks(2500) {
            wal.append(half.iter().map(Vec::as_slice)).unwrap();
        }
        let bytes = std::fs::read(path(dir.path(), 1)).unwrap();
        assert_eq!(bytes[FILE_HEADER..], pieces.concat());
        assert_eq!(wal.len, bytes.len() as u64);
    }
}
