//! Copies of SQLite databases while others write to them.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::tree::{self, link};

const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Files that SQLite keeps beside a database; what they hold is in the copy.
const SATELLITES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Copies a folder with databases: these as of one moment each, other files by links.
pub async fn take(folder: &Path, target: &Path) -> anyhow::Result<()> {
    for file in tree::files(folder)? {
        let Ok(relative) = file.strip_prefix(folder) else { continue };
        if is_satellite(&file) || file.extension().is_some_and(|extension| extension == "tmp") {
            continue;
        }
        let copy = target.join(relative);
        if let Some(parent) = copy.parent() {
            std::fs::create_dir_all(parent)?;
        }
        if is_database(&file) {
            vacuum(&file, &copy).await.with_context(|| format!("copy the database {}", file.display()))?;
        } else {
            link(&file, &copy)?;
        }
    }
    Ok(())
}

/// One transaction reads all of it, so the copy is what was committed at one moment.
async fn vacuum(file: &Path, copy: &Path) -> anyhow::Result<()> {
    let options = SqliteConnectOptions::new().filename(file).disable_statement_logging();
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await?;
    let target = copy.to_str().context("a data folder's name has to be UTF-8")?;
    sqlx::query("VACUUM INTO ?").bind(target).execute(&mut connection).await?;
    connection.close().await?;
    let metadata = file.metadata()?;
    std::fs::set_permissions(copy, metadata.permissions())?;
    // Root makes backups of what others own, in containers for instance.
    if nix::unistd::geteuid().is_root() {
        chown(copy, Some(metadata.uid()), Some(metadata.gid()))?;
    }
    Ok(())
}

fn is_database(file: &Path) -> bool {
    let mut begin = [0; 16];
    File::open(file).and_then(|mut file| file.read_exact(&mut begin)).is_ok_and(|()| &begin == MAGIC)
}

fn is_satellite(file: &Path) -> bool {
    let name = file.to_string_lossy();
    SATELLITES
        .iter()
        .filter_map(|suffix| name.strip_suffix(suffix))
        .any(|database| is_database(&PathBuf::from(database)))
}
