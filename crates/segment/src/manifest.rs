//! The list of segments: one small file, replaced atomically, checksummed, rebuilt from the segments if it is damaged.
//!
//! `manifest.json` is one line of JSON and one line `crc32:<8 hexadecimal digits>` over the first.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use model::TimestampNanos;
use serde::{Deserialize, Serialize};

use crate::checked::{self, Content};
use crate::part::PartitionHour;
use crate::{Durability, Error, Options};

const VERSION: u32 = 1;
pub(crate) const FILE_NAME: &str = "manifest.json";

/// One segment: an immutable Parquet file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentMeta {
    /// Unique, and later segments sort later.
    pub id: String,
    /// Path in the object store.
    pub path: String,
    pub tenant: String,
    pub hour: PartitionHour,
    pub rows: u64,
    pub bytes: u64,
    pub first: TimestampNanos,
    pub last: TimestampNanos,
    /// Of the whole file.
    pub crc32: u32,
    /// Version of the schema's layout.
    pub format: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    version: u32,
    /// Log files up to this sequence are covered by the segments.
    pub wal_flushed_through: u64,
    pub segments: Vec<Arc<SegmentMeta>>,
    /// Files that compaction has replaced; they stay for a while for queries that began before.
    #[serde(default)]
    pub doomed: Vec<String>,
}

/// What the manifest says besides the segments, while the store is open.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// Log files up to this sequence are covered by the segments.
    pub flushed_through: u64,
    /// Replaced segments and since when.
    pub doomed: Vec<(Instant, Arc<SegmentMeta>)>,
    /// The folder may belong to somebody else by now: nothing is written any more.
    pub closed: bool,
}

impl Listed {
    /// Replaces the manifest.
    pub(crate) fn store(
        &self,
        flushed_through: u64,
        segments: &[Arc<SegmentMeta>],
        options: &Options,
    ) -> Result<(), Error> {
        if self.closed {
            return Err(Error::Closed);
        }
        let mut manifest = Manifest::new(flushed_through, segments.to_vec());
        manifest.doomed = self.doomed.iter().map(|(_, meta)| meta.path.clone()).collect();
        manifest.store(&options.dir, options.durability)
    }
}

/// What was found at start.
#[derive(Debug)]
pub(crate) enum Loaded {
    Found(Manifest),
    Missing,
    /// Unreadable: the reason.
    Damaged(String),
}

impl Manifest {
    pub(crate) fn new(wal_flushed_through: u64, segments: Vec<Arc<SegmentMeta>>) -> Self {
        Self { version: VERSION, wal_flushed_through, segments, doomed: Vec::new() }
    }

    pub(crate) fn load(dir: &Path) -> Result<Loaded, Error> {
        let path = dir.join(FILE_NAME);
        let body = match checked::read(&path)? {
            Content::Found(body) => body,
            Content::Missing => return Ok(Loaded::Missing),
            Content::Damaged(why) => return Ok(Loaded::Damaged(why)),
        };
        Self::parse(&body, &path)
    }

    /// Reads the manifest's text, its checksum taken off; `path` is for messages.
    pub(crate) fn parse(body: &str, path: &Path) -> Result<Loaded, Error> {
        match serde_json::from_str::<Self>(body) {
            Ok(manifest) if manifest.version > VERSION => Err(Error::Newer {
                path: path.display().to_string(),
                found: manifest.version,
                known: VERSION,
            }),
            Ok(manifest) => Ok(Loaded::Found(manifest)),
            Err(error) => Ok(Loaded::Damaged(error.to_string())),
        }
    }

    pub(crate) fn store(&self, dir: &Path, durability: Durability) -> Result<(), Error> {
        let body = serde_json::to_string(self).map_err(|error| crate::SchemaError(error.to_string()))?;
        checked::write(&dir.join(FILE_NAME), &body, durability)
    }

    /// Whether the manifest on disk names any of these segments, or may do so: after a failed replacement nobody knows
    /// which one is there.
    pub(crate) fn may_name(dir: &Path, segments: &[Arc<SegmentMeta>]) -> bool {
        match Self::load(dir) {
            Ok(Loaded::Found(manifest)) => {
                manifest.segments.iter().any(|named| segments.iter().any(|meta| meta.id == named.id))
            }
            Ok(Loaded::Missing) => false,
            Ok(Loaded::Damaged(_)) | Err(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Manifest {
        let meta = SegmentMeta {
            id: "01".into(),
            path: "logs/x.parquet".into(),
            tenant: "fake".into(),
            hour: PartitionHour(5),
            rows: 3,
            bytes: 100,
            first: TimestampNanos(1),
            last: TimestampNanos(2),
            crc32: 7,
            format: 1,
        };
        Manifest::new(9, vec![Arc::new(meta)])
    }

    #[test]
    fn a_manifest_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(Manifest::load(dir.path()).unwrap(), Loaded::Missing));
        sample().store(dir.path(), Durability::Fsync).unwrap();
        let Loaded::Found(found) = Manifest::load(dir.path()).unwrap() else { panic!("not found") };
        assert_eq!(found.segments, sample().segments);
        assert_eq!(found.wal_flushed_through, 9);
    }

    #[test]
    fn damage_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        sample().store(dir.path(), Durability::Os).unwrap();
        let path = dir.path().join(FILE_NAME);
        let bytes = std::fs::read(&path).unwrap();
        for at in 0..bytes.len() - 1 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            std::fs::write(&path, flipped).unwrap();
            assert!(matches!(Manifest::load(dir.path()), Ok(Loaded::Damaged(_))), "byte {at}");
        }
    }
}
