//! Encryption of what must be readable again, such as the password for a data source: AES-256-GCM under a key that is not
//! in the database, so that a copy of the database alone gives nothing away.
//!
//! The key comes from `GF_SECURITY_SECRET_KEY`, else from a file beside the database that only its owner can read.

use std::fmt;
use std::path::Path;

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::settings::{Secret, Settings};

const KEY_FILE: &str = "secret.key";
const NONCE_BYTES: usize = 12;
/// Tells one way of sealing from another that may come later.
const SCHEME: &str = "v1:";

/// Seals and opens.
pub(crate) struct Vault(Aes256Gcm);

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}

impl Vault {
    /// Takes the key from the settings or the file, which is made when it is missing.
    pub(crate) fn open(settings: &Settings) -> anyhow::Result<Self> {
        let key = match &settings.secret_key {
            Some(Secret(key)) => key.clone(),
            None => key_from_file(&settings.data.join(KEY_FILE))?,
        };
        Ok(Self::with_key(&key))
    }

    fn with_key(key: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(b"secrets of data sources\0");
        digest.update(key.as_bytes());
        let key: [u8; 32] = digest.finalize().into();
        Self(Aes256Gcm::new(&key.into()))
    }

    /// Encrypts a text for a purpose: only the same purpose opens it again.
    pub(crate) fn seal(&self, purpose: &str, text: &str) -> anyhow::Result<String> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload { msg: text.as_bytes(), aad: purpose.as_bytes() };
        let sealed = self.0.encrypt(&Nonce::from(nonce), payload).ok().context("encrypt a secret")?;
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        Ok(format!("{SCHEME}{}", STANDARD.encode(bytes)))
    }

    /// The text, unless it was sealed with another key or for another purpose, or was changed.
    pub(crate) fn unseal(&self, purpose: &str, sealed: &str) -> Option<String> {
        let bytes = STANDARD.decode(sealed.strip_prefix(SCHEME)?).ok()?;
        let (nonce, rest) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: rest, aad: purpose.as_bytes() };
        String::from_utf8(self.0.decrypt(&Nonce::from(*nonce), payload).ok()?).ok()
    }
}

fn key_from_file(path: &Path) -> anyhow::Result<String> {
    use std::io::Write as _;
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let shown = path.display();
    if !path.exists() {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        }
        let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let mut file = made.with_context(|| format!("make {shown}"))?;
        file.write_all(hex::encode(rand::random::<[u8; 32]>()).as_bytes())
            .and_then(|()| file.sync_all())
            .with_context(|| format!("write {shown}"))?;
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        .with_context(|| format!("protect {shown}"))?;
    let key = std::fs::read_to_string(path).with_context(|| format!("read {shown}"))?.trim().to_owned();
    ensure!(
        key.len() >= 32,
        "{shown} holds no key: restore it, or remove it and set the data sources' secrets anew"
    );
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_purpose_open() {
        let vault = Vault::with_key("a");
        for text in ["", "hunter2", "contraseña\n"] {
            let sealed = vault.seal("password", text).unwrap();
            assert!(!sealed.contains("hunter2"));
            assert_eq!(vault.unseal("password", &sealed).as_deref(), Some(text));
            assert_eq!(vault.unseal("other", &sealed), None);
            assert_eq!(Vault::with_key("b").unseal("password", &sealed), None);
            assert_ne!(vault.seal("password", text).unwrap(), sealed, "never twice the same");
        }
        for broken in ["", "v1:", "v1:!!", "v2:AAAA", "v1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(vault.unseal("password", broken), None, "{broken}");
        }
    }

    #[test]
    fn the_key_file_is_the_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/secret.key");
        let key = key_from_file(&path).unwrap();
        assert_eq!(key_from_file(&path).unwrap(), key);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "").unwrap();
        assert!(key_from_file(&path).is_err());
    }
}
