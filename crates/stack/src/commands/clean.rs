//! `clean`: deletes what a stopped stack has kept.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use super::{Context, say};
use crate::cli::Clean;
use crate::components::COMPONENTS;

/// Folders in the data folder besides those named after components.
const SHARED: [&str; 3] = ["shop", "logs", "run"];

/// Runs the command.
pub fn run(context: &Context, options: &Clean) -> anyhow::Result<ExitCode> {
    let root = context.layout.root();
    if !root.exists() {
        say("nothing to clean")?;
        return Ok(ExitCode::SUCCESS);
    }
    context.layout.create()?;
    // Held until the end: nothing can start while its data vanish.
    let _lock = match context.layout.lock()? {
        Ok(lock) => lock,
        Err(holder) => bail!("the stack is running ({holder}); stop it first: monitoring-stack down"),
    };
    if !options.yes && !is_confirmed(root)? {
        say("nothing was deleted")?;
        return Ok(ExitCode::FAILURE);
    }
    let kept = delete_ours(root)?;
    say(&format!("deleted logs, traces, shop data and dashboards in {}", root.display()))?;
    if !kept.is_empty() {
        let names: Vec<String> = kept.iter().map(|path| path.display().to_string()).collect();
        say(&format!("left alone, because it isn't ours: {}", names.join(", ")))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn is_confirmed(root: &Path) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("clean deletes everything in {}: confirm with --yes", root.display());
    }
    let mut stdout = io::stdout().lock();
    write!(stdout, "Delete all logs, traces, shop data and dashboards in {}? [y/N] ", root.display())?;
    stdout.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes" | "s" | "si" | "sí"))
}

/// Deletes the folders that the stack makes and returns what else is there. A mistyped data folder loses nothing.
fn delete_ours(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    for name in COMPONENTS.iter().map(|component| component.name).chain(SHARED) {
        let path = root.join(name);
        match std::fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("delete {}", path.display()));
            }
            _ => {}
        }
    }
    let mut kept: Vec<PathBuf> =
        std::fs::read_dir(root)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    kept.sort();
    if kept.is_empty() {
        std::fs::remove_dir(root).with_context(|| format!("delete {}", root.display()))?;
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_stack_made_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("data");
        for path in
            ["order-service/shop.db", "logs/order-service.log", "run/supervisor.lock", "thesis/chapter-1"]
        {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        assert_eq!(delete_ours(&root).unwrap(), [root.join("thesis")]);
        assert!(root.join("thesis/chapter-1").exists());
        assert!(!root.join("order-service").exists());
        std::fs::remove_dir_all(root.join("thesis")).unwrap();
        assert!(delete_ours(&root).unwrap().is_empty());
        assert!(!root.exists());
    }
}
