//! Reading a log file back after a restart.

use std::path::Path;

use super::record::{Broken, decode, looks_like_a_record};
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
    apply: impl FnMut(&RecordHeader, &[u8]) -> Result<(), Error>,
) -> Result<Replayed, Error> {
    // Log files are bounded by the head's size, so one is read whole.
    replay_bytes(&std::fs::read(path).map_err(Error::io(path))?, apply)
}

/// The same for the content of a file.
pub(crate) fn replay_bytes(
    bytes: &[u8],
    mut apply: impl FnMut(&RecordHeader, &[u8]) -> Result<(), Error>,
) -> Result<Replayed, Error> {
    let mut done = Replayed::default();
    let mut rest = if bytes.starts_with(MAGIC) {
        bytes.get(FILE_HEADER..).unwrap_or_default()
    } else {
        match find(bytes, 0) {
            Some(first) => {
                done.damaged += 1;
                &bytes[first..]
            }
            None => &bytes[bytes.len()..],
        }
    };
    if rest.is_empty() && bytes.len() != FILE_HEADER {
        done.torn_bytes = bytes.len() as u64;
    }
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
            // The length itself may be what is damaged.
            Err(_) => match find(rest, 1) {
                Some(next) => {
                    done.damaged += 1;
                    rest = &rest[next..];
                }
                None => {
                    done.torn_bytes = rest.len() as u64;
                    break;
                }
            },
        }
    }
    Ok(done)
}

/// Where the next good record begins, from `from` on. Bytes that only look like a frame cost a checksum each, so their
/// number is bounded.
fn find(bytes: &[u8], from: usize) -> Option<usize> {
    const MAX_CHECKSUMS: usize = 4096;
    let looks_good = |at: &usize| looks_like_a_record(&bytes[*at..]);
    (from..bytes.len()).filter(looks_good).take(MAX_CHECKSUMS).find(|at| decode(&bytes[*at..]).is_ok())
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

    /// Every single flipped bit costs at most the record it is in.
    #[test]
    fn records_around_any_damage_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let path = write(dir.path(), &[b"one", b"two", b"three"]);
        let bytes = std::fs::read(&path).unwrap();
        let ends: Vec<usize> = [b"one".as_slice(), b"two", b"three"]
            .map(|text| bytes.windows(text.len()).position(|window| window == text).unwrap() + text.len())
            .to_vec();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                std::fs::write(&path, damaged).unwrap();
                let (found, done) = read(&path);
                let hit = if at < FILE_HEADER { None } else { ends.iter().position(|end| at < *end) };
                let whole = [b"one".to_vec(), b"two".to_vec(), b"three".to_vec()];
                let kept: Vec<_> = (0..3).filter(|at| Some(*at) != hit).map(|at| whole[at].clone()).collect();
                assert!(kept.iter().all(|record| found.contains(record)), "byte {at} bit {bit}: {found:?}");
                assert!(found.iter().all(|record| whole.contains(record)));
                assert!(hit.is_none() || hit == Some(2) || done.damaged > 0, "byte {at} bit {bit}: {done:?}");
            }
        }
    }
}
