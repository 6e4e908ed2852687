//! Reading an archive: everything is checked before anything counts.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::{ArchiveError, HEADER, Header, MANIFEST, MAX_HEADER, MAX_MANIFEST, Manifest, is_allowed};

const BUFFER: usize = 256 * 1024;

/// Puts an archive's files below `target`, which must be empty, and returns what it holds; without a target, only
/// looks at them. When this fails, whatever lies in `target` is worth nothing.
pub fn extract(archive: impl Read, target: Option<&Path>) -> Result<Manifest, ArchiveError> {
    let decoder = zstd::Decoder::new(archive)?;
    let mut tar = tar::Archive::new(io::BufReader::with_capacity(BUFFER, decoder));
    let mut entries = tar.entries()?;
    let mut header = entries
        .next()
        .ok_or_else(|| ArchiveError::Foreign("it is empty".to_owned()))?
        .map_err(not_even_one)?;
    if path_of(&header)? != HEADER {
        return Err(ArchiveError::Foreign(format!("it does not begin with {HEADER}")));
    }
    let known: Header = json(&mut header, MAX_HEADER)?;
    let known = known.check()?;
    let mut found: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let mut manifest = None;
    for entry in entries {
        let mut entry = entry.map_err(damaged)?;
        let path = path_of(&entry)?;
        if manifest.is_some() {
            return Err(ArchiveError::Damaged(format!("{path} comes after its end")));
        }
        if path == MANIFEST {
            manifest = Some(json::<Manifest>(&mut entry, MAX_MANIFEST)?);
        } else {
            let seen = store(&mut entry, &path, target)?;
            if found.insert(path.clone(), seen).is_some() {
                return Err(ArchiveError::Damaged(format!("it has {path} twice")));
            }
        }
    }
    // To the very end, where the compression's own checksum is.
    io::copy(&mut tar.into_inner(), &mut io::sink()).map_err(damaged)?;
    let manifest = manifest.ok_or_else(|| ArchiveError::Damaged("its end is missing".to_owned()))?;
    compare(&known, &manifest, found)?;
    Ok(manifest)
}

fn compare(
    header: &Header,
    manifest: &Manifest,
    mut found: BTreeMap<String, (u64, String)>,
) -> Result<(), ArchiveError> {
    if *header != manifest.header {
        return Err(ArchiveError::Damaged("beginning and end are not of the same archive".to_owned()));
    }
    for file in &manifest.files {
        match found.remove(&file.path) {
            None => return Err(ArchiveError::Damaged(format!("{} is missing", file.path))),
            Some((size, hash)) if size != file.size || hash != file.sha256 => {
                return Err(ArchiveError::Damaged(format!("{} is not what it was", file.path)));
            }
            Some(_) => {}
        }
    }
    match found.into_keys().next() {
        Some(path) => Err(ArchiveError::Damaged(format!("{path} is not in its list"))),
        None => Ok(()),
    }
}

type Entry<'a, R> = tar::Entry<'a, R>;

fn path_of<R: Read>(entry: &Entry<'_, R>) -> Result<String, ArchiveError> {
    let path = entry.path().map_err(damaged)?;
    path.to_str().map(str::to_owned).ok_or_else(|| ArchiveError::Damaged("a name is not UTF-8".to_owned()))
}

fn json<T: DeserializeOwned>(entry: &mut Entry<'_, impl Read>, limit: u64) -> Result<T, ArchiveError> {
    let mut text = Vec::new();
    entry.take(limit).read_to_end(&mut text).map_err(damaged)?;
    serde_json::from_slice(&text).map_err(|error| ArchiveError::Damaged(format!("its description: {error}")))
}

/// Writes one file and returns its size and hash.
fn store(
    entry: &mut Entry<'_, impl Read>,
    path: &str,
    target: Option<&Path>,
) -> Result<(u64, String), ArchiveError> {
    if !entry.header().entry_type().is_file() || !is_allowed(Path::new(path)) {
        return Err(ArchiveError::Damaged(format!("{path} has no place in a backup")));
    }
    let mut hash = Sha256::new();
    let mut file = target.map(|target| create(&target.join(path), entry)).transpose()?;
    let mut buffer = vec![0; BUFFER];
    let mut size = 0;
    loop {
        let count = entry.read(&mut buffer).map_err(damaged)?;
        if count == 0 {
            break;
        }
        hash.update(&buffer[..count]);
        if let Some(file) = &mut file {
            file.write_all(&buffer[..count])?;
        }
        size += count as u64;
    }
    Ok((size, hex::encode(hash.finalize())))
}

/// Creates a file with the rights it had and, for root, its owner.
fn create(path: &Path, entry: &Entry<'_, impl Read>) -> Result<File, ArchiveError> {
    let header = entry.header();
    let mode = header.mode().map_err(damaged)? & 0o777;
    let owner = nix::unistd::geteuid()
        .is_root()
        .then(|| Some((u32::try_from(header.uid().ok()?).ok()?, u32::try_from(header.gid().ok()?).ok()?)))
        .flatten();
    if let Some(parent) = path.parent() {
        create_folders(parent, owner)?;
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(mode | 0o600))?;
    if let Some((user, group)) = owner {
        std::os::unix::fs::fchown(&file, Some(user), Some(group))?;
    }
    Ok(file)
}

/// Folders belong to the owner of the first file in them.
fn create_folders(path: &Path, owner: Option<(u32, u32)>) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        create_folders(parent, owner)?;
    }
    std::fs::create_dir(path)?;
    match owner {
        Some((user, group)) => std::os::unix::fs::chown(path, Some(user), Some(group)),
        None => Ok(()),
    }
}

fn not_even_one(error: io::Error) -> ArchiveError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => damaged(error),
        _ => ArchiveError::Foreign(format!("it is no .tar.zst ({error})")),
    }
}

/// Whatever goes wrong while reading is the archive's fault: disks fail while writing.
#[expect(clippy::needless_pass_by_value, reason = "its place is in map_err")]
fn damaged(error: io::Error) -> ArchiveError {
    ArchiveError::Damaged(error.to_string())
}
