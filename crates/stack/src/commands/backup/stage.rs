//! The frozen picture of a data folder that an archive is written from.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::{database, store, tree};
use crate::components::COMPONENTS;
use crate::layout::Layout;

/// Folders of the data folder besides those of components, without what only means something to running processes.
const SHARED: [&str; 2] = ["shop", "logs"];

/// Names of all folders that a backup takes along. The collector's positions come first: they must not know of lines
/// that the copy of the store does not have yet.
pub fn folders() -> impl Iterator<Item = &'static str> {
    let others = COMPONENTS.iter().map(|component| component.name).filter(|name| *name != "collector");
    std::iter::once("collector").chain(others).chain(SHARED)
}

/// A folder of links beside the data; removed with the value.
#[derive(Debug)]
pub struct Stage {
    path: PathBuf,
}

impl Stage {
    /// An empty one, on the data's file system.
    pub fn new(layout: &Layout) -> anyhow::Result<Self> {
        let path = layout.run().join(format!("backup-{}", std::process::id()));
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("create {}", path.display()))?;
        Ok(Self { path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Freezes the data folder in `frozen`, a folder of the stage.
    pub async fn fill(&self, layout: &Layout, frozen: &Path) -> anyhow::Result<()> {
        for name in folders() {
            let (folder, target) = (layout.root().join(name), frozen.join(name));
            if !folder.is_dir() {
                continue;
            }
            if store::is_store(&folder) {
                store::take(&folder, &target)?;
            } else if name == "logs" {
                tree::take(&folder, &target)?;
            } else {
                database::take(&folder, &target).await?;
            }
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.path));
    }
}
