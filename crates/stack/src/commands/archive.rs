//! What a backup is: one `.tar.zst` that says what it is first and what it holds last.
//!
//! ```text
//! monitoring-stack-backup.json     what it is: product, format, version, time
//! data/<component>/…               files of the data folder
//! postgres/shop.dump               the shop's database, when it isn't kept in SQLite files (pg_dump's custom format)
//! extra/<name>/…                   folders that were asked for besides
//! manifest.json                    every file above with its size and SHA-256
//! ```
//!
//! The manifest comes last because it is known last. An archive without it was cut off, and is refused as a whole.

pub mod read;
pub mod write;

use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

/// Name of the first entry.
pub const HEADER: &str = "monitoring-stack-backup.json";
/// Name of the last entry.
pub const MANIFEST: &str = "manifest.json";
/// Where the data folder's files are.
pub const DATA: &str = "data";
/// The dump of the shop's PostgreSQL.
pub const DATABASE: &str = "postgres/shop.dump";
/// Where further folders are.
pub const EXTRA: &str = "extra";

const PRODUCT: &str = "monitoring-stack";
/// Raised when older programs could not restore what newer ones write.
const FORMAT: u32 = 1;

/// The first and the last entry may be this long.
const MAX_HEADER: u64 = 64 * 1024;
const MAX_MANIFEST: u64 = 256 * 1024 * 1024;

/// Why an archive cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("this is not a backup of monitoring-stack: {0}")]
    Foreign(String),
    #[error(
        "the backup was made by a newer version ({version}, format {format}); this program knows format {FORMAT}"
    )]
    Newer { version: String, format: u32 },
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// What an archive is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub product: String,
    pub format: u32,
    /// Version of the program that made it
    pub version: String,
    /// RFC 3339
    pub created: String,
}

impl Header {
    /// Of an archive that is being made now.
    pub fn now() -> Self {
        Self {
            product: PRODUCT.to_owned(),
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            created: format!("{:.0}", jiff::Timestamp::now()),
        }
    }

    fn check(self) -> Result<Self, ArchiveError> {
        if self.product != PRODUCT {
            return Err(ArchiveError::Foreign(format!("it says it is one of {}", self.product)));
        }
        if self.format > FORMAT {
            return Err(ArchiveError::Newer { version: self.version, format: self.format });
        }
        Ok(self)
    }
}

/// One file of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    pub path: String,
    pub size: u64,
    /// 64 hexadecimal digits
    pub sha256: String,
}

/// What an archive holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    #[serde(flatten)]
    pub header: Header,
    pub files: Vec<FileEntry>,
}

impl Manifest {
    /// Bytes of all files together.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }
}

/// Whether an archive may put a file there: relative, without steps upwards, in one of the known places.
fn is_allowed(path: &Path) -> bool {
    let plain = path.components().all(|component| matches!(component, Component::Normal(_)));
    let place = path.components().next().and_then(|first| first.as_os_str().to_str());
    plain
        && (path == Path::new(DATABASE)
            || matches!(place, Some(DATA | EXTRA)) && path.components().count() >= 2)
}

#[cfg(test)]
mod tests;
