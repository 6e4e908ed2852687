//! A crash before and after every file that sealing, compaction, rewriting, sweeping and retention write or delete: the
//! folder is copied at each such moment, and a store opened on the copy.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use model::{TimeRange, TimestampNanos};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use parking_lot::Mutex;
use segment::{Engine, Options};
use tempfile::TempDir;

use crate::toy::{HOUR, Row, Toy, append, copy, open, options, rows, tenant};

/// A local store that copies the whole folder around each change.
#[derive(Debug)]
struct Copying {
    inner: LocalFileSystem,
    moments: Arc<Moments>,
}

#[derive(Debug)]
struct Moments {
    dir: PathBuf,
    copies: Mutex<Vec<TempDir>>,
}

impl Moments {
    fn keep(&self) -> PathBuf {
        let folder = tempfile::tempdir().unwrap();
        copy(&self.dir, folder.path());
        let path = folder.path().to_owned();
        self.copies.lock().push(folder);
        path
    }
}

impl fmt::Display for Copying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "copying {}", self.inner)
    }
}

#[async_trait]
impl ObjectStore for Copying {
    async fn put_opts(&self, to: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.moments.keep();
        // Half of the file is there, under the name that it has while it is written.
        let bytes = Bytes::from(payload.clone());
        let unfinished = self.moments.keep().join(format!("{to}#1"));
        std::fs::create_dir_all(unfinished.parent().unwrap()).unwrap();
        std::fs::write(unfinished, &bytes[..bytes.len() / 2]).unwrap();
        let done = self.inner.put_opts(to, payload, options).await;
        self.moments.keep();
        done
    }

    async fn put_multipart_opts(
        &self,
        to: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(to, options).await
    }

    async fn get_opts(&self, from: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(from, options).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let moments = Arc::clone(&self.moments);
        moments.keep();
        let deleted = self.inner.delete_stream(paths);
        deleted.inspect(move |_| drop(moments.keep())).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

async fn watched(dir: &TempDir) -> (Arc<Engine<Toy>>, Arc<Moments>) {
    let moments = Arc::new(Moments { dir: dir.path().to_owned(), copies: Mutex::default() });
    let inner = LocalFileSystem::new_with_prefix(dir.path()).unwrap();
    let objects: Arc<dyn ObjectStore> = Arc::new(Copying { inner, moments: Arc::clone(&moments) });
    let options = Options { objects: Some(objects), ..options(dir.path()) };
    (Engine::open(Toy, options).await.unwrap(), moments)
}

/// Opens each copy, also after the manifest was lost: its rows must be one of `allowed`. Then forgets the copies.
async fn check(what: &str, moments: &Moments, allowed: &[&[Row]]) {
    moments.keep();
    let copies = std::mem::take(&mut *moments.copies.lock());
    for (at, folder) in copies.iter().enumerate() {
        for lose_manifest in [false, true] {
            let next = tempfile::tempdir().unwrap();
            copy(folder.path(), next.path());
            if lose_manifest {
                drop(std::fs::remove_file(next.path().join("manifest.json")));
            }
            let found = rows(&open(next.path()).await).await;
            let told = format!("{what}: moment {at}, manifest lost: {lose_manifest}: {found:?}");
            assert!(allowed.iter().any(|rows| *rows == found), "{told}");
            let unfinished = walk(next.path()).into_iter().find(|path| path.contains('#'));
            assert_eq!(unfinished, None, "{told}");
        }
    }
}

fn walk(dir: &std::path::Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(walk(&path));
        } else {
            files.push(path.display().to_string());
        }
    }
    files
}

const ALL: [Row; 6] = [(1, 1), (2, 2), (3, 3), (HOUR, 4), (HOUR + 1, 5), (HOUR + 2, 6)];

#[tokio::test]
async fn sealing_and_compaction_lose_and_double_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (engine, moments) = watched(&dir).await;
    for (at, row) in ALL.iter().enumerate() {
        append(&engine, &[*row]).await;
        engine.flush().await.unwrap();
        check("flush", &moments, &[&ALL[..=at]]).await;
    }
    assert_eq!(engine.compact(TimestampNanos(2 * HOUR)).await.unwrap(), 6);
    check("compaction", &moments, &[&ALL]).await;
    assert_eq!(engine.sweep(Duration::ZERO).await.unwrap(), 6);
    check("sweep", &moments, &[&ALL]).await;
}

#[tokio::test]
async fn rewriting_and_retention_are_done_or_not_done() {
    let dir = tempfile::tempdir().unwrap();
    let (engine, moments) = watched(&dir).await;
    append(&engine, &ALL).await;
    engine.flush().await.unwrap();
    moments.copies.lock().clear();
    let segments = engine.snapshot(&tenant(), TimeRange::ALL).segments;
    let odd = |batch: Vec<Row>| Some(batch.into_iter().filter(|row| row.1 % 2 == 1).collect());
    engine.rewrite(&segments[0], odd).await.unwrap();
    let one = [ALL[0], ALL[2], ALL[3], ALL[4], ALL[5]];
    check("rewriting", &moments, &[&ALL, &one]).await;
    engine.rewrite(&segments[1], |_| Some(Vec::new())).await.unwrap();
    // Without a successor, a file that was not deleted yet is found again when the manifest is lost.
    append(&engine, &[(7, 7)]).await;
    let (both, lost) = ([ALL[0], ALL[2], (7, 7)], [ALL[0], ALL[2], (7, 7), ALL[3], ALL[4], ALL[5]]);
    check("emptying", &moments, &[&both, &lost]).await;
    engine.sweep(Duration::ZERO).await.unwrap();
    check("sweep", &moments, &[&both, &lost]).await;
    let all: std::collections::HashSet<String> =
        engine.segments().iter().map(|meta| meta.id.clone()).collect();
    assert_eq!(engine.remove(&all).await.unwrap(), 1);
    check("retention", &moments, &[&both, &[(7, 7)]]).await;
    assert_eq!(rows(&engine).await, [(7, 7)]);
}
