//! Files beside a log file that had its name before.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::FileId;

/// Entries of a folder looked at.
const MAX_ENTRIES: usize = 100_000;

/// The file with `id` in the folder of `path`.
pub fn with_id(path: &Path, id: FileId) -> Option<PathBuf> {
    entries(path).find_map(|entry| {
        let path = entry.path();
        let metadata = std::fs::symlink_metadata(&path).ok()?;
        (metadata.is_file() && FileId::from(&metadata) == id).then_some(path)
    })
}

/// Files whose names are that of `path` and a number or a date (`app.log.1`, `app.log-20261124`), last written at
/// `since` or later; oldest first.
pub fn rotated_since(path: &Path, since: SystemTime) -> Vec<(FileId, PathBuf)> {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
    let mut found: Vec<(SystemTime, FileId, PathBuf)> = entries(path)
        .filter_map(|entry| {
            let file_name = entry.file_name();
            let suffix = file_name.to_str()?.strip_prefix(name)?;
            let is_rotation =
                suffix.len() > 1 && suffix.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-'));
            let metadata = entry.metadata().ok().filter(|metadata| is_rotation && metadata.is_file())?;
            let modified = metadata.modified().ok().filter(|modified| *modified >= since)?;
            Some((modified, FileId::from(&metadata), entry.path()))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, id, path)| (id, path)).collect()
}

fn entries(path: &Path) -> impl Iterator<Item = std::fs::DirEntry> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    std::fs::read_dir(folder).into_iter().flatten().flatten().take(MAX_ENTRIES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rotations_of_the_name_count() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "app.log",
            "app.log.2",
            "app.log.1",
            "app.log-20261124",
            "app.log.bak",
            "app.log.3.gz",
            "app.logs",
        ] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let path = folder.path().join("app.log");
        let mut names: Vec<_> = rotated_since(&path, SystemTime::UNIX_EPOCH)
            .iter()
            .map(|(_, path)| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        names.sort();
        assert_eq!(names, ["app.log-20261124", "app.log.1", "app.log.2"]);
        let later = SystemTime::now() + std::time::Duration::from_secs(60);
        assert!(rotated_since(&path, later).is_empty());
        let id = FileId::from(&std::fs::metadata(folder.path().join("app.log.2")).unwrap());
        assert_eq!(with_id(&path, id), Some(folder.path().join("app.log.2")));
    }
}
