//! The write-ahead log: files of checksummed records, appended in groups, replayed at start.
//!
//! A file is `<16 hexadecimal digits of its sequence>.wal`:
//!
//! ```text
//! file   := magic "MSWAL\x01\r\n" (8) · sequence u64 · record*
//! record := length u32 · crc32 u32 · received i64 (ns) · tenant length u8 · tenant · payload
//! ```
//!
//! Integers are little-endian. `length` counts what follows the checksum, and the checksum covers the same bytes.

mod file;
mod record;
mod replay;

pub(crate) use file::{WalFile, list};
pub(crate) use record::{MAX_RECORD, Record, RecordHeader};
pub(crate) use replay::{Replayed, replay, replay_bytes};

pub(crate) const MAGIC: &[u8; 8] = b"MSWAL\x01\r\n";
pub(crate) const FILE_HEADER: usize = 16;
