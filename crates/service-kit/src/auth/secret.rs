//! The secret that the services of one shop share.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use rand::RngExt as _;

use super::AuthArgs;
use crate::Secret;

/// Shorter secrets can be guessed from a token.
const MIN_BYTES: usize = 16;

/// The secret that the arguments give, or else the one in `shop/jwt-secret` below the data folder; the first service
/// that comes creates it, readable by its user only.
pub fn load_or_create(args: &AuthArgs) -> anyhow::Result<Secret> {
    if let Some(secret) = args.jwt_secret.as_ref().filter(|secret| !secret.expose().is_empty()) {
        ensure!(secret.expose().len() >= MIN_BYTES, "JWT_SECRET must have at least {MIN_BYTES} characters");
        return Ok(secret.clone());
    }
    let folder = runtime::data_dir("shop").context("create the folder of the shop's secret")?;
    in_folder(&folder)
}

fn in_folder(folder: &Path) -> anyhow::Result<Secret> {
    let path = folder.join("jwt-secret");
    if !path.exists() {
        create(folder, &path).with_context(|| format!("create {}", path.display()))?;
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    ensure!(
        text.trim().len() >= MIN_BYTES,
        "{} holds no secret; delete it to have a new one made",
        path.display()
    );
    Ok(Secret::new(text.trim()))
}

/// Writes a file of its own first and links it into place: of several services that start at once one wins, and none
/// reads half a secret.
fn create(folder: &Path, path: &Path) -> std::io::Result<()> {
    let secret = hex::encode(rand::rng().random::<[u8; 32]>());
    let draft = folder.join(format!(".jwt-secret-{}-{}", std::process::id(), uuid::Uuid::new_v4().simple()));
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn all_services_get_the_same_secret() {
        let folder = tempfile::tempdir().unwrap();
        let secrets: Vec<Secret> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| in_folder(folder.path()).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(secrets.iter().all(|secret| secret == &secrets[0]));
        assert_eq!(secrets[0].expose().len(), 64);
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(files.len(), 1, "no drafts are left behind");
        let mode = files[0].as_ref().unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn short_secrets_are_refused() {
        let args = AuthArgs { jwt_secret: Some(Secret::new("short")) };
        assert!(load_or_create(&args).is_err());
    }
}
