//! Segments in the object store: names, writing, listing, quarantine.

use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt as _;
use model::TenantId;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use parquet::file::metadata::ParquetMetaDataReader;

use crate::manifest::SegmentMeta;
use crate::part::{FOOTER_KEY, Footer, Part, PartitionHour};
use crate::{Durability, Error};

const QUARANTINE: &str = "quarantine";

/// The object store seen as a place for segments of one schema.
#[derive(Debug, Clone)]
pub(crate) struct Objects {
    store: Arc<dyn ObjectStore>,
    /// The schema's top folder.
    top: &'static str,
    /// Of a local store.
    root: Option<PathBuf>,
}

/// A segment file that was found by listing.
#[derive(Debug)]
pub(crate) struct Found {
    pub meta: SegmentMeta,
    pub wal_through: u64,
    pub replaces: Vec<String>,
}

impl Objects {
    pub(crate) fn local(dir: &FsPath, top: &'static str, durability: Durability) -> Result<Self, Error> {
        let store = LocalFileSystem::new_with_prefix(dir)?
            .with_automatic_cleanup(true)
            .with_fsync(durability == Durability::Fsync);
        Ok(Self { store: Arc::new(store), top, root: Some(dir.to_owned()) })
    }

    pub(crate) fn new(store: Arc<dyn ObjectStore>, top: &'static str) -> Self {
        Self { store, top, root: None }
    }

    /// Removes what a crash left of files that were being written. Nothing else may be writing.
    pub(crate) fn remove_unfinished(&self) {
        let Some(root) = &self.root else { return };
        let mut folders = vec![root.join(self.top)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(entry.path());
                } else if is_unfinished(&entry.file_name().to_string_lossy()) {
                    tracing::info!(path = %entry.path().display(), "an unfinished segment was removed");
                    drop(std::fs::remove_file(entry.path()));
                }
            }
        }
    }

    /// Stores a part. It is complete before anything names it.
    pub(crate) async fn put(&self, tenant: &TenantId, part: Part) -> Result<SegmentMeta, Error> {
        let Part { footer, parquet } = part;
        let id = ulid::Ulid::generate().to_string();
        let path = segment_path(self.top, tenant.as_str(), footer.hour, &id);
        let meta = meta_of(&footer, id, path, tenant.as_str().to_owned(), &parquet);
        self.store.put(&Path::from(meta.path.as_str()), parquet.into()).await?;
        Ok(meta)
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<(), Error> {
        match self.store.delete(&Path::from(path)).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            other => Ok(other?),
        }
    }

    /// Moves a file out of sight of queries and other readers, but keeps it for inspection.
    pub(crate) async fn quarantine(&self, path: &str) -> Result<String, Error> {
        let target = format!("{QUARANTINE}/{path}");
        self.store.rename(&Path::from(path), &Path::from(target.as_str())).await?;
        Ok(target)
    }

    pub(crate) async fn get(&self, path: &str) -> Result<object_store::GetResult, Error> {
        Ok(self.store.get(&Path::from(path)).await?)
    }

    /// The paths of all segment files.
    pub(crate) async fn list(&self) -> Result<Vec<String>, Error> {
        let prefix = Path::from(self.top);
        let mut paths: Vec<String> = self
            .store
            .list(Some(&prefix))
            .try_filter_map(|object| async move {
                let path = object.location.to_string();
                Ok(path.ends_with(".parquet").then_some(path))
            })
            .try_collect()
            .await?;
        paths.sort();
        Ok(paths)
    }

    /// Reads what the manifest would say of a segment from the file itself.
    pub(crate) async fn inspect(&self, path: &str) -> Result<Found, Error> {
        let bytes = self.get(path).await?.bytes().await?;
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&bytes)?;
        let note = metadata
            .file_metadata()
            .key_value_metadata()
            .and_then(|notes| notes.iter().find(|note| note.key == FOOTER_KEY)?.value.as_deref())
            .ok_or_else(|| crate::SchemaError(format!("{path}: not a segment of ours")))?;
        let footer: Footer =
            serde_json::from_str(note).map_err(|error| crate::SchemaError(error.to_string()))?;
        let tenant = path.split('/').find_map(|piece| piece.strip_prefix("tenant=")).unwrap_or_default();
        let id = path.rsplit('/').next().and_then(|name| name.strip_suffix(".parquet")).unwrap_or_default();
        let meta = meta_of(&footer, id.to_owned(), path.to_owned(), tenant.to_owned(), &bytes);
        Ok(Found { meta, wal_through: footer.wal_through, replaces: footer.replaces })
    }
}

/// Local stores write `<name>#<number>` and rename it when it is complete.
fn is_unfinished(name: &str) -> bool {
    name.rsplit_once(".parquet#").is_some_and(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn segment_path(top: &str, tenant: &str, hour: PartitionHour, id: &str) -> String {
    format!("{top}/tenant={tenant}/{hour}/{id}.parquet")
}

fn meta_of(footer: &Footer, id: String, path: String, tenant: String, parquet: &Bytes) -> SegmentMeta {
    SegmentMeta {
        id,
        path,
        tenant,
        hour: footer.hour,
        rows: footer.rows,
        bytes: parquet.len() as u64,
        first: footer.first,
        last: footer.last,
        crc32: crc32fast::hash(parquet),
        format: footer.format,
    }
}
