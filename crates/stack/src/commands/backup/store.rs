//! A consistent copy of a store's folder while the store goes on writing.
//!
//! Files of the write-ahead log are linked first, the manifest is read after them. Whatever was acknowledged before the
//! copy began is in a log file that was there, or in a segment that the manifest names: the manifest only ever moves
//! rows from the first to the second. Segments may be replaced between reading the manifest and linking them; then the
//! next manifest is tried. Requests to delete are older than the manifest, so lines that they hide stay hidden.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use segment::checked::{self, Content};
use serde::Deserialize;

use super::tree::{self, link};

const MANIFEST: &str = "manifest.json";
const WAL: &str = "wal";
/// Held by the store while it runs.
const LOCK: &str = "lock";
/// Where segments are: links to those that the manifest names are enough.
const SEGMENTS: [&str; 2] = ["logs", "traces"];

/// A manifest is replaced every minute or so.
const ATTEMPTS: u32 = 20;

#[derive(Deserialize)]
struct Manifest {
    segments: Vec<Segment>,
}

#[derive(Deserialize)]
struct Segment {
    path: PathBuf,
}

/// Whether a folder is a store's.
pub fn is_store(folder: &Path) -> bool {
    folder.join(WAL).is_dir()
}

/// Links or copies the store in `folder` to `target`.
pub fn take(folder: &Path, target: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(target)?;
    tree::take(&folder.join(WAL), &target.join(WAL))?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_special = [MANIFEST, WAL, LOCK].iter().chain(&SEGMENTS).any(|special| name == *special);
        if !is_special {
            tree::take_any(&entry.path(), &target.join(&name))?;
        }
    }
    for _ in 0..ATTEMPTS {
        if take_segments(folder, target)? {
            return Ok(());
        }
    }
    bail!("{}: its list of segments changed {ATTEMPTS} times while they were copied", folder.display())
}

/// Links the manifest and the segments it names; `false` if one of them has gone meanwhile.
fn take_segments(folder: &Path, target: &Path) -> anyhow::Result<bool> {
    let copy = target.join(MANIFEST);
    remove_if_there(&copy)?;
    if !link(&folder.join(MANIFEST), &copy)? {
        return Ok(true);
    }
    let body = match checked::read(&copy)? {
        Content::Found(body) => body,
        Content::Missing => return Ok(false),
        Content::Damaged(why) => {
            bail!(
                "{} is damaged ({why}); restart the store, which repairs it",
                folder.join(MANIFEST).display()
            )
        }
    };
    let manifest: Manifest = serde_json::from_str(&body).context("read the list of segments")?;
    for segment in &manifest.segments {
        let copy = target.join(&segment.path);
        if copy.exists() {
            continue;
        }
        if let Some(parent) = copy.parent() {
            std::fs::create_dir_all(parent)?;
        }
        if !link(&folder.join(&segment.path), &copy)? {
            return Ok(false);
        }
    }
    drop_unnamed(target, &manifest)?;
    Ok(true)
}

/// An earlier attempt may have linked segments that the manifest no longer names.
fn drop_unnamed(target: &Path, manifest: &Manifest) -> io::Result<()> {
    let named: std::collections::BTreeSet<PathBuf> =
        manifest.segments.iter().map(|segment| target.join(&segment.path)).collect();
    for place in SEGMENTS {
        for file in tree::files(&target.join(place))? {
            if !named.contains(&file) {
                std::fs::remove_file(file)?;
            }
        }
    }
    Ok(())
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
