//! Globs (`/var/log/**/*.log`) and the files they match.
//!
//! A folder is listed again only when its modification time changed, so looking often costs little.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use globset::{GlobBuilder, GlobMatcher};

use super::FileId;

/// How deep `**` looks.
const MAX_DEPTH: usize = 32;

/// Folders visited at most for one glob.
const MAX_FOLDERS: usize = 20_000;

/// A folder that changed this recently may change again without a new modification time.
const RACY: Duration = Duration::from_secs(2);

/// A glob that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{label} {pattern:?}: {problem}")]
pub struct GlobError {
    label: &'static str,
    pattern: String,
    problem: String,
}

/// A glob, what it excludes, and what is known about the folders it looks into.
#[derive(Debug)]
pub struct Glob {
    matcher: GlobMatcher,
    exclude: Option<GlobMatcher>,
    /// The folder above the first wildcard.
    root: PathBuf,
    max_depth: usize,
    listings: HashMap<PathBuf, Listing>,
}

#[derive(Debug)]
struct Listing {
    modified: SystemTime,
    listed: SystemTime,
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Glob {
    /// Compiles `pattern`; relative ones start at the working directory.
    pub fn new(pattern: &str, exclude: Option<&str>) -> Result<Self, GlobError> {
        let absolute = absolute("__path__", pattern)?;
        let has_wildcard = |part: &str| part.contains(['*', '?', '[', '{']);
        let parts: Vec<&str> = absolute.split('/').collect();
        let first_wildcard = parts.iter().position(|part| has_wildcard(part)).unwrap_or(parts.len() - 1);
        let root = parts[..first_wildcard].join("/");
        Ok(Self {
            matcher: compile("__path__", &absolute)?,
            exclude: exclude
                .map(|pattern| compile("__path_exclude__", &self::absolute("__path_exclude__", pattern)?))
                .transpose()?,
            root: PathBuf::from(if root.is_empty() { "/" } else { &root }),
            max_depth: if absolute.contains("**") { MAX_DEPTH } else { parts.len() - first_wildcard - 1 },
            listings: HashMap::new(),
        })
    }

    /// Whether `path` is one this glob is about, existing or not.
    pub fn matches(&self, path: &Path) -> bool {
        self.matcher.is_match(path) && !self.exclude.as_ref().is_some_and(|exclude| exclude.is_match(path))
    }

    /// All files that match, in order of their names.
    pub fn files(&mut self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut visited = HashSet::new();
        let mut folders = vec![(self.root.clone(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            if visited.len() >= MAX_FOLDERS {
                break;
            }
            let Ok(metadata) = std::fs::metadata(&folder) else {
                self.listings.remove(&folder);
                continue;
            };
            // A folder reached twice, through a symbolic link, is looked into once.
            if !visited.insert(FileId::from(&metadata)) {
                continue;
            }
            self.refresh(&folder, metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH));
            if let Some(listing) = self.listings.get(&folder) {
                found.extend(listing.files.iter().filter(|path| self.matches(path)).cloned());
                if depth < self.max_depth {
                    folders.extend(listing.folders.iter().map(|folder| (folder.clone(), depth + 1)));
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// Forgets listings, so that the next look sees everything anew (links whose targets changed).
    pub fn forget(&mut self) {
        self.listings.clear();
    }

    fn refresh(&mut self, folder: &Path, modified: SystemTime) {
        let is_current = self.listings.get(folder).is_some_and(|listing| {
            listing.modified == modified
                && listing.listed.duration_since(modified).is_ok_and(|age| age > RACY)
        });
        if is_current {
            return;
        }
        let listed = SystemTime::now();
        let Ok(entries) = std::fs::read_dir(folder) else {
            self.listings.remove(folder);
            return;
        };
        let mut listing = Listing { modified, listed, files: Vec::new(), folders: Vec::new() };
        for entry in entries.flatten() {
            let path = entry.path();
            let Ok(mut kind) = entry.file_type() else {
                continue;
            };
            if kind.is_symlink() {
                let Ok(target) = std::fs::metadata(&path) else {
                    continue;
                };
                kind = target.file_type();
            }
            if kind.is_dir() {
                listing.folders.push(path);
            } else if kind.is_file() {
                listing.files.push(path);
            }
        }
        self.listings.insert(folder.to_owned(), listing);
    }
}

fn absolute(label: &'static str, pattern: &str) -> Result<String, GlobError> {
    std::path::absolute(pattern).map(|path| path.to_string_lossy().into_owned()).map_err(|error| GlobError {
        label,
        pattern: pattern.to_owned(),
        problem: error.to_string(),
    })
}

fn compile(label: &'static str, pattern: &str) -> Result<GlobMatcher, GlobError> {
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| GlobError { label, pattern: pattern.to_owned(), problem: error.kind().to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        folder
    }

    fn names(glob: &mut Glob, root: &Path) -> Vec<String> {
        glob.files().iter().map(|path| path.strip_prefix(root).unwrap().display().to_string()).collect()
    }

    #[test]
    fn globs() {
        let folder = folder_with(&["a.log", "b.log", "c.txt", "x/d.log", "x/y/e.log", "z/f.log"]);
        let root = folder.path();
        for (pattern, exclude, expected) in [
            ("*.log", None, vec!["a.log", "b.log"]),
            ("a.log", None, vec!["a.log"]),
            ("{a,c}.*", None, vec!["a.log", "c.txt"]),
            ("*/*.log", None, vec!["x/d.log", "z/f.log"]),
            ("**/*.log", Some("**/y/*"), vec!["a.log", "b.log", "x/d.log", "z/f.log"]),
            ("x/**/*.log", None, vec!["x/d.log", "x/y/e.log"]),
            ("none/*.log", None, vec![]),
        ] {
            let full = |pattern: &str| root.join(pattern).display().to_string();
            let mut glob = Glob::new(&full(pattern), exclude.map(full).as_deref()).unwrap();
            assert_eq!(names(&mut glob, root), expected, "{pattern}");
        }
        assert!(Glob::new("/a/[", None).is_err());
    }

    #[test]
    fn files_that_appear_and_vanish_are_noticed_at_once() {
        let folder = folder_with(&["a.log"]);
        let root = folder.path();
        let mut glob = Glob::new(&root.join("**/*.log").display().to_string(), None).unwrap();
        assert_eq!(names(&mut glob, root), ["a.log"]);
        std::fs::create_dir(root.join("new")).unwrap();
        std::fs::write(root.join("new/b.log"), "").unwrap();
        assert_eq!(names(&mut glob, root), ["a.log", "new/b.log"]);
        std::fs::remove_file(root.join("a.log")).unwrap();
        assert_eq!(names(&mut glob, root), ["new/b.log"]);
    }

    #[test]
    fn links_are_followed_but_not_in_circles() {
        let folder = folder_with(&["real/a.log"]);
        let root = folder.path();
        std::os::unix::fs::symlink(root, root.join("real/circle")).unwrap();
        std::os::unix::fs::symlink(root.join("real/a.log"), root.join("link.log")).unwrap();
        let mut glob = Glob::new(&root.join("**/*.log").display().to_string(), None).unwrap();
        assert_eq!(names(&mut glob, root), ["link.log", "real/a.log"]);
    }
}
