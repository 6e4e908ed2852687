//! What happens before the first request: the manifest is matched with the files, the write-ahead log is replayed.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::manifest::{Loaded, Manifest, SegmentMeta};
use crate::objects::Objects;
use crate::state::State;
use crate::wal::{self, Replayed};
use crate::{Error, Options, Schema};

pub(super) struct Recovered<S: Schema> {
    pub state: State<S>,
    pub flushed_through: u64,
    pub next_sequence: u64,
}

pub(super) async fn recover<S: Schema>(
    schema: &S,
    options: &Options,
    wal_dir: &Path,
    objects: &Objects,
) -> Result<Recovered<S>, Error> {
    objects.remove_unfinished();
    let logs = wal::list(wal_dir)?;
    let manifest = match Manifest::load(&options.dir)? {
        Loaded::Found(manifest) => {
            for path in &manifest.doomed {
                objects.delete(path).await?;
            }
            match_with_files(manifest, objects, options).await?
        }
        Loaded::Missing if objects.list().await?.is_empty() => Manifest::new(0, Vec::new()),
        Loaded::Missing => rebuild("it is missing", logs.first(), objects, options).await?,
        Loaded::Damaged(why) => rebuild(&why, logs.first(), objects, options).await?,
    };
    if let Some(newer) = manifest.segments.iter().find(|meta| meta.format > schema.format()) {
        return Err(Error::Newer { path: newer.path.clone(), found: newer.format, known: schema.format() });
    }
    let flushed_through = manifest.wal_flushed_through;
    let mut state = State::new(manifest.segments);
    for (sequence, path) in &logs {
        if *sequence <= flushed_through {
            std::fs::remove_file(path).map_err(Error::io(path))?;
        } else {
            replay_file(schema, path, &mut state, options)?;
        }
    }
    let last = logs.last().map_or(0, |(sequence, _)| *sequence).max(flushed_through);
    Ok(Recovered { state, flushed_through, next_sequence: last + 1 })
}

fn replay_file<S: Schema>(
    schema: &S,
    path: &Path,
    state: &mut State<S>,
    options: &Options,
) -> Result<(), Error> {
    let mut unreadable = 0;
    let Replayed { records, damaged, torn_bytes } = wal::replay(path, |header, payload| {
        match schema.decode(payload, header.received) {
            Ok(batch) => state.push(schema, &header.tenant, batch),
            Err(error) => {
                unreadable += 1;
                tracing::error!(path = %path.display(), %error, "a write-ahead log record cannot be decoded");
            }
        }
        Ok(())
    })?;
    if records > 0 {
        tracing::info!(store = schema.name(), path = %path.display(), records, torn_bytes, "write-ahead log replayed");
    }
    if damaged + unreadable > 0 {
        let kept = keep_copy(path, &options.dir)?;
        tracing::error!(path = %path.display(), copy = %kept.display(), damaged, unreadable, "damaged write-ahead log records were skipped");
    }
    Ok(())
}

/// Copies a damaged log file to `quarantine/`, since the original is deleted once its good records are in segments.
fn keep_copy(path: &Path, dir: &Path) -> Result<std::path::PathBuf, Error> {
    let folder = dir.join("quarantine");
    std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
    let target = folder.join(path.file_name().unwrap_or_default());
    std::fs::copy(path, &target).map_err(Error::io(&target))?;
    Ok(target)
}

/// Drops segments whose files are missing, and puts files aside that no manifest names (a crash came between writing
/// them and naming them; their rows are still in the write-ahead log).
async fn match_with_files(
    mut manifest: Manifest,
    objects: &Objects,
    options: &Options,
) -> Result<Manifest, Error> {
    let files: BTreeSet<String> = objects.list().await?.into_iter().collect();
    let named: BTreeSet<&str> = manifest.segments.iter().map(|meta| meta.path.as_str()).collect();
    for path in files.iter().filter(|path| !named.contains(path.as_str())) {
        let moved = objects.quarantine(path).await?;
        tracing::warn!(path, moved, "a segment that the manifest does not name was put aside");
    }
    let (present, missing): (Vec<_>, Vec<_>) =
        manifest.segments.iter().map(Arc::clone).partition(|meta| files.contains(&meta.path));
    for meta in &missing {
        tracing::error!(path = meta.path, rows = meta.rows, "a segment's file is missing; its rows are lost");
    }
    manifest.segments = present;
    if !missing.is_empty() {
        manifest.store(&options.dir, options.durability)?;
    }
    Ok(manifest)
}

/// Makes a manifest from the segments' footers. A segment is accepted unless the write-ahead log still has its rows.
async fn rebuild(
    why: &str,
    oldest_log: Option<&(u64, std::path::PathBuf)>,
    objects: &Objects,
    options: &Options,
) -> Result<Manifest, Error> {
    tracing::warn!(reason = why, "the manifest is rebuilt from the segments");
    let oldest_log = oldest_log.map_or(u64::MAX, |(sequence, _)| *sequence);
    let mut segments: Vec<Arc<SegmentMeta>> = Vec::new();
    let mut replaced: BTreeSet<String> = BTreeSet::new();
    let mut flushed_through = 0;
    for path in objects.list().await? {
        match objects.inspect(&path).await {
            Ok(found) if found.wal_through < oldest_log => {
                flushed_through = flushed_through.max(found.wal_through);
                replaced.extend(found.replaces);
                segments.push(Arc::new(found.meta));
            }
            Ok(_) => drop(objects.quarantine(&path).await?),
            Err(Error::Object(error)) => return Err(error.into()),
            Err(error) => {
                let moved = objects.quarantine(&path).await?;
                tracing::error!(path, moved, %error, "a damaged segment was put into quarantine");
            }
        }
    }
    // A file that compaction replaced may not have been deleted yet.
    for meta in segments.extract_if(.., |meta| replaced.contains(&meta.id)) {
        objects.delete(&meta.path).await?;
    }
    segments.sort_by_key(|meta| meta.first);
    let manifest = Manifest::new(flushed_through, segments);
    manifest.store(&options.dir, options.durability)?;
    Ok(manifest)
}
