//! Knobs of an engine, each with a default that suits a laptop.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;

/// When a write counts as durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// After fsync: survives a power cut.
    #[default]
    Fsync,
    /// After the write call: survives a crash of the process, not of the machine.
    Os,
}

/// A text that names no [`Durability`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected \"fsync\" or \"os\"")]
pub struct ParseDurabilityError;

impl FromStr for Durability {
    type Err = ParseDurabilityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "fsync" => Ok(Self::Fsync),
            "os" => Ok(Self::Os),
            _ => Err(ParseDurabilityError),
        }
    }
}

/// How an [`Engine`](crate::Engine) works.
#[derive(Debug, Clone)]
pub struct Options {
    /// Local folder for the write-ahead log and the manifest.
    pub dir: PathBuf,
    /// Where segments live; `None` is the local folder `dir`.
    pub objects: Option<Arc<dyn ObjectStore>>,
    pub durability: Durability,
    /// A head of this many bytes is cut and sealed.
    pub head_max_bytes: usize,
    /// A head is cut when its first row is this old.
    pub head_max_age: Duration,
    /// Segments whose last row is older are deleted; `None` keeps all.
    pub retention: Option<Duration>,
    /// How long files that were replaced stay for queries that began before: longer than any query may take.
    pub grace: Duration,
    /// How often retention, compaction and sweeping run by themselves, beginning with the start; `None` is never.
    pub housekeeping_every: Option<Duration>,
    /// Bytes of writes under way at once; more wait.
    pub inflight_max_bytes: usize,
}

impl Options {
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            objects: None,
            durability: Durability::Fsync,
            head_max_bytes: 16 << 20,
            head_max_age: Duration::from_secs(10 * 60),
            retention: None,
            grace: Duration::from_secs(180),
            housekeeping_every: Some(Duration::from_secs(60)),
            inflight_max_bytes: 16 << 20,
        }
    }
}
