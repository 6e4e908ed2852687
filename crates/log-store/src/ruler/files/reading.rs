//! Reading rule files, each only when it has changed.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::ruler::parse::{MAX_BYTES, RuleError, parse_file};
use crate::ruler::spec::GroupSpec;

/// What tells one content of a file from the next: inode, size, time of change in seconds and nanoseconds.
type Stamp = (u64, u64, i64, i64);

type Groups = Arc<Vec<Arc<GroupSpec>>>;

#[derive(Debug)]
struct Known {
    stamp: Stamp,
    /// The last content that could be understood.
    groups: Option<Groups>,
    failure: Option<RuleError>,
    seen: bool,
}

/// Remembers what was read.
#[derive(Debug, Default)]
pub(super) struct Reader {
    files: BTreeMap<PathBuf, Known>,
}

impl Reader {
    pub(super) fn begin(&mut self) {
        for known in self.files.values_mut() {
            known.seen = false;
        }
    }

    pub(super) fn forget_missing(&mut self) {
        self.files.retain(|_, known| known.seen);
    }

    /// What is in force of a file, and what is wrong with it. A file that turned bad leaves its last good content in force.
    pub(super) fn read(&mut self, path: &Path) -> (Option<Groups>, Option<String>) {
        let stamp = match std::fs::metadata(path) {
            Ok(data) => (data.ino(), data.len(), data.mtime(), data.mtime_nsec()),
            Err(error) => return (None, Some(format!("{}: {error}", path.display()))),
        };
        let mut known = self.files.remove(path).unwrap_or(Known {
            stamp: (0, 0, 0, 0),
            groups: None,
            failure: None,
            seen: true,
        });
        if known.stamp != stamp {
            known.stamp = stamp;
            known.failure = match content(path, stamp.1) {
                Ok(groups) => {
                    known.groups = Some(groups);
                    None
                }
                Err(error) => Some(error),
            };
        }
        known.seen = true;
        let problem = known.failure.as_ref().map(|error| format!("{}: {error}", path.display()));
        let groups = known.groups.clone();
        self.files.insert(path.to_owned(), known);
        (groups, problem)
    }

    pub(super) fn failure(&self, path: &Path) -> Option<&RuleError> {
        self.files.get(path)?.failure.as_ref()
    }
}

fn content(path: &Path, bytes: u64) -> Result<Groups, RuleError> {
    if bytes > MAX_BYTES as u64 {
        return Err(RuleError::TooLarge(format!("{bytes} bytes are more than {MAX_BYTES}")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| RuleError::Yaml(error.to_string()))?;
    Ok(Arc::new(parse_file(&text)?.into_iter().map(Arc::new).collect()))
}
