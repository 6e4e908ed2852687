//! Freezing folders by hard links: instant, without space, and what is deleted afterwards stays in the copy.

use std::io;
use std::path::{Path, PathBuf};

/// Links the file at `source` to `copy`, or copies it where that is not possible; `false` if it is gone.
pub fn link(source: &Path, copy: &Path) -> io::Result<bool> {
    let linked = match std::fs::hard_link(source, copy) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) => {
            Err(error)
        }
        Err(_) => std::fs::copy(source, copy).map(drop),
        Ok(()) => Ok(()),
    };
    match linked {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !source.exists() => Ok(false),
        Err(error) => Err(io::Error::new(error.kind(), format!("{}: {error}", source.display()))),
    }
}

/// Links everything below the folder `source` to `target`; what vanishes meanwhile is left out, as are links, sockets
/// and files that are only being written (`….tmp`).
pub fn take(source: &Path, target: &Path) -> io::Result<()> {
    let entries = match std::fs::read_dir(source) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    std::fs::create_dir_all(target)?;
    for entry in entries {
        let entry = entry?;
        take_any(&entry.path(), &target.join(entry.file_name()))?;
    }
    Ok(())
}

/// Links a file or a folder.
pub fn take_any(source: &Path, target: &Path) -> io::Result<()> {
    let kind = match source.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        metadata => metadata?.file_type(),
    };
    if kind.is_dir() {
        take(source, target)
    } else if kind.is_file() && source.extension().is_none_or(|extension| extension != "tmp") {
        link(source, target).map(drop)
    } else {
        Ok(())
    }
}

/// All files below a folder, in a fixed order; none if it does not exist.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(folder, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), found)?;
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    Ok(())
}
