//! What is remembered of an exercise between two commands: which one, since when, and how many hints and answers. What
//! is broken is not written there.

use std::io;
use std::path::PathBuf;

use anyhow::Context as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::layout::Layout;

/// The notes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notebook {
    pub scenario: String,
    /// Seconds since 1970
    pub started_s: i64,
    pub ends_s: i64,
    pub hints: u32,
    pub tries: u32,
}

/// Now, in seconds since 1970.
pub fn now_s() -> i64 {
    Timestamp::now().as_second()
}

fn path(layout: &Layout) -> PathBuf {
    layout.run().join("exercise.json")
}

impl Notebook {
    /// A fresh page.
    pub fn begin(scenario: &str, duration_s: u64) -> Self {
        let started_s = now_s();
        let ends_s = started_s.saturating_add_unsigned(duration_s);
        Self { scenario: scenario.to_owned(), started_s, ends_s, hints: 0, tries: 0 }
    }

    /// The notes of an exercise that is not over.
    pub fn read(layout: &Layout) -> anyhow::Result<Option<Self>> {
        let path = path(layout);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
        };
        let notes: Self = serde_json::from_str(&text).with_context(|| {
            format!("{} is damaged; `monitoring-stack scenario stop` removes it", path.display())
        })?;
        Ok(Some(notes).filter(|notes| now_s() < notes.ends_s))
    }

    /// Writes them down.
    pub fn write(&self, layout: &Layout) -> anyhow::Result<()> {
        layout.create()?;
        let path = path(layout);
        let draft = path.with_extension("new");
        std::fs::write(&draft, serde_json::to_vec(self)?)
            .and_then(|()| std::fs::rename(&draft, &path))
            .with_context(|| format!("write {}", path.display()))
    }

    /// Throws them away.
    pub fn forget(layout: &Layout) -> anyhow::Result<()> {
        match std::fs::remove_file(path(layout)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("remove {}", path(layout).display()))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_last_until_the_exercise_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path()).unwrap();
        assert_eq!(Notebook::read(&layout).unwrap(), None);
        let mut notes = Notebook::begin("slow-checkout", 60);
        notes.hints = 2;
        notes.write(&layout).unwrap();
        assert_eq!(Notebook::read(&layout).unwrap(), Some(notes.clone()));
        notes.ends_s = now_s();
        notes.write(&layout).unwrap();
        assert_eq!(Notebook::read(&layout).unwrap(), None);
        std::fs::write(path(&layout), "{").unwrap();
        assert!(Notebook::read(&layout).is_err());
        Notebook::forget(&layout).unwrap();
        Notebook::forget(&layout).unwrap();
        assert_eq!(Notebook::read(&layout).unwrap(), None);
    }
}
