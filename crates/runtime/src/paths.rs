//! Where data lives.

use std::path::{Path, PathBuf};

/// The folder named by `MONITORING_STACK_DATA`, else `./data`.
pub fn data_root() -> PathBuf {
    match std::env::var_os("MONITORING_STACK_DATA") {
        Some(path) if !path.is_empty() => PathBuf::from(path),
        _ => PathBuf::from("data"),
    }
}

/// The folder of one component below [`data_root`]; created when missing.
pub fn data_dir(component: impl AsRef<Path>) -> std::io::Result<PathBuf> {
    let path = data_root().join(component);
    std::fs::create_dir_all(&path)?;
    Ok(path)
}
