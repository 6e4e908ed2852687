//! What makes a file the same file: device and inode, not its name.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

/// Identity of a file while it exists. Inodes are used again, so content is checked as well (see the tail).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    pub device: u64,
    pub inode: u64,
}

impl From<&Metadata> for FileId {
    fn from(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}
