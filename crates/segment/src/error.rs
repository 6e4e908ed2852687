//! What can go wrong, by what the caller can do about it.

use std::path::PathBuf;

/// Opening, sealing or reading failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("object store: {0}")]
    Object(#[from] object_store::Error),
    #[error("parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    #[error("arrow: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    #[error("{path}: checksum {found:08x} instead of {expected:08x}: the file is damaged")]
    Damaged { path: String, expected: u32, found: u32 },
    #[error("{path}: written by a newer version (format {found}, this program knows {known})")]
    Newer { path: String, found: u32, known: u32 },
    #[error("segment {0} is gone: retention removed it")]
    Gone(String),
    #[error("{} is in use by another process", .0.display())]
    Locked(PathBuf),
    #[error("schema: {0}")]
    Schema(#[from] crate::SchemaError),
    #[error("the store is shutting down")]
    Closed,
}

impl Error {
    /// Whether the disk is full.
    pub(crate) fn is_full(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull)
    }

    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

/// A write was not acknowledged. Unless it is too large, the client should try again later.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    #[error("the write-ahead log cannot be written: {0}")]
    Storage(String),
    #[error("segments cannot be written fast enough{}", .0.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
    Backlog(Option<String>),
    #[error("{bytes} bytes are more than one write may have ({limit})")]
    TooLarge { bytes: usize, limit: usize },
    #[error("the store is shutting down")]
    Closed,
}
