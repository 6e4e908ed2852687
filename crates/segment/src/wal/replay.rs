//! Reading a log file back after a restart.

use std::path::Path;

use super::record::{Broken, decode};
use super::{FILE_HEADER, MAGIC, RecordHeader};
use crate::Error;

/// How a file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Replayed {
    pub records: u64,
    /// Records whose checksum failed and which were skipped.
    pub damaged: u64,
    /// Bytes at the end that are no record: a write that a crash cut short, never acknowledged.
    pub torn_bytes: u64,
}

/// Hands each good record of the file to `apply`, in order.
pub(crate) fn replay(
    path: &Path,
    mut apply: impl FnMut(&RecordHeader, &[u8]) -> Result<(), Error>,
) -> Result<Replayed, Error> {
    // Log files are bounded by the head's size, so one is read whole.
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    let mut done = Replayed::default();
    if !bytes.starts_with(MAGIC) {
        done.torn_bytes = bytes.len() as u64;
        return Ok(done);
    }
    let mut rest = bytes.get(FILE_HEADER..).unwrap_or_default();
    while !rest.is_empty() {
        match decode(rest) {
            Ok((header, payload, length)) => {
                apply(&header, payload)?;
                done.records += 1;
                rest = &rest[length..];
            }
            // Only if a good record follows was this one complete once, and damaged since.
            Err(Broken::Checksum { skip }) if decode(&rest[skip..]).is_ok() => {
                done.damaged += 1;
                rest = &rest[skip..];
            }
            Err(_) => {
                done.torn_bytes = rest.len() as u64;
                break;
            }
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::super::{Record, WalFile};
    use super::*;
    use crate::Durability;
    use model::{TenantId, TimestampNanos};

    fn write(dir: &Path, payloads: &[&[u8]]) -> std::path::PathBuf {
        let mut file = WalFile::create(dir, 1, Durability::Os).unwrap();
        let header = RecordHeader { received: TimestampNanos(1), tenant: TenantId::new("t").unwrap() };
        for payload in payloads {
            file.append(Record::new(&header, payload.to_vec().into()).pieces()).unwrap();
        }
        super::super::file::path(dir, 1)
    }

    fn read(path: &Path) -> (Vec<Vec<u8>>, Replayed) {
        let mut found = Vec::new();
        let done = replay(path, |_, payload| {
            found.push(payload.to_vec());
            Ok(())
        })
        .unwrap();
        (found, done)
    }

    #[test]
    fn a_torn_tail_is_left_out_wherever_it_is_cut() {
        let dir = tempfile::tempdir().unwrap();
        let path = write(dir.path(), &[b"one", b"two"]);
        let bytes = std::fs::read(&path).unwrap();
        let record = (bytes.len() - FILE_HEADER) / 2;
        for cut in 0..bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            let (found, done) = read(&path);
            let complete = cut.saturating_sub(FILE_HEADER) / record;
            assert_eq!(found.len(), complete, "cut at {cut}");
            assert_eq!(done.damaged, 0);
        }
    }

    #[test]
    fn a_damaged_record_is_skipped_and_counted() {
        let dir = tempfile::tempdir().unwrap();
        let path = write(dir.path(), &[b"one", b"two", b"three"]);
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes.windows(3).position(|window| window == b"two").unwrap();
        bytes[at] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let (found, done) = read(&path);
        assert_eq!(found, [b"one".to_vec(), b"three".to_vec()]);
        assert_eq!(done, Replayed { records: 2, damaged: 1, torn_bytes: 0 });
    }
}
