//! The list of requests on disk. Losing it would show lines again that somebody wanted gone, so it is kept twice: damage
//! to one file is reported and costs nothing.

use std::path::{Path, PathBuf};

use segment::checked::{self, Content};
use segment::{Durability, Error};
use serde::{Deserialize, Serialize};

use super::request::DeleteRequest;

const FILES: [&str; 2] = ["deletes.json", "deletes.copy.json"];
const VERSION: u32 = 1;

#[derive(Debug, Clone)]
pub(super) struct Store {
    dir: PathBuf,
    durability: Durability,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct File {
    version: u32,
    /// Grows with each replacement: tells which of the two is the newer.
    generation: u64,
    requests: Vec<DeleteRequest>,
}

/// What was found at start.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub generation: u64,
    pub requests: Vec<DeleteRequest>,
}

impl Store {
    pub(super) fn new(dir: &Path, durability: Durability) -> Self {
        Self { dir: dir.to_owned(), durability }
    }

    pub(super) fn load(&self) -> Result<Loaded, Error> {
        let mut newest: Option<File> = None;
        for name in FILES {
            let path = self.dir.join(name);
            let why = match checked::read(&path)? {
                Content::Missing => continue,
                Content::Damaged(why) => why,
                Content::Found(body) => match serde_json::from_str::<File>(&body) {
                    Ok(file) if file.version > VERSION => {
                        let path = path.display().to_string();
                        return Err(Error::Newer { path, found: file.version, known: VERSION });
                    }
                    Ok(file) => {
                        if newest.as_ref().is_none_or(|other| other.generation < file.generation) {
                            newest = Some(file);
                        }
                        continue;
                    }
                    Err(error) => error.to_string(),
                },
            };
            let moved = self.put_aside(&path, name)?;
            tracing::error!(path = %path.display(), why, moved = %moved.display(), "a damaged list of delete requests was put into quarantine");
        }
        let newest = newest.unwrap_or_default();
        Ok(Loaded { generation: newest.generation, requests: newest.requests })
    }

    /// Returns when the list is durable.
    pub(super) fn save(&self, generation: u64, requests: Vec<DeleteRequest>) -> Result<(), Error> {
        let file = File { version: VERSION, generation, requests };
        let body = serde_json::to_string(&file).map_err(|error| segment::SchemaError(error.to_string()))?;
        checked::write(&self.dir.join(FILES[0]), &body, self.durability)?;
        if let Err(error) = checked::write(&self.dir.join(FILES[1]), &body, self.durability) {
            tracing::warn!(%error, "the second copy of the list of delete requests was not written");
        }
        Ok(())
    }

    fn put_aside(&self, path: &Path, name: &str) -> Result<PathBuf, Error> {
        let folder = self.dir.join("quarantine");
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Io { path, source }
        };
        std::fs::create_dir_all(&folder).map_err(io(&folder))?;
        let target = folder.join(name);
        std::fs::rename(path, &target).map_err(io(&target))?;
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use model::TimestampNanos;

    use super::*;

    fn request(id: &str) -> DeleteRequest {
        DeleteRequest {
            id: id.to_owned(),
            tenant: "fake".to_owned(),
            query: r#"{a="b"}"#.to_owned(),
            start: TimestampNanos(1),
            end: TimestampNanos(2),
            created: TimestampNanos(3),
            processed: None,
        }
    }

    #[test]
    fn damage_to_one_file_costs_nothing() {
        let damages: [fn(&Path); 4] = [
            |path| std::fs::remove_file(path).unwrap(),
            |path| std::fs::write(path, b"").unwrap(),
            |path| {
                let mut bytes = std::fs::read(path).unwrap();
                bytes[20] ^= 1;
                std::fs::write(path, bytes).unwrap();
            },
            // Older than the other one.
            |path| {
                let store = Store::new(path.parent().unwrap(), Durability::Os);
                let other = FILES.into_iter().find(|name| !path.ends_with(name)).unwrap();
                let kept = std::fs::read(path.with_file_name(other)).unwrap();
                store.save(0, vec![]).unwrap();
                std::fs::write(path.with_file_name(other), kept).unwrap();
            },
        ];
        for name in FILES {
            for (at, damage) in damages.iter().enumerate() {
                let dir = tempfile::tempdir().unwrap();
                let store = Store::new(dir.path(), Durability::Os);
                assert!(store.load().unwrap().requests.is_empty());
                store.save(1, vec![request("1")]).unwrap();
                store.save(2, vec![request("1"), request("2")]).unwrap();
                damage(&dir.path().join(name));
                let found = store.load().unwrap();
                assert_eq!(found.requests, [request("1"), request("2")], "{name} {at}");
                assert_eq!(found.generation, 2);
            }
        }
    }
}
