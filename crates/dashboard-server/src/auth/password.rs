//! Password hashes: argon2id, one computation at a time.
//!
//! A computation needs 7 MiB and some milliseconds. Doing one at a time bounds memory and, because the guard's count is
//! read and written by whoever holds the [`Turn`], parallel guesses cannot slip past the guard.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use axum::http::StatusCode;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::ApiError;

const MEMORY_KIB: u32 = 7 * 1024;
const PASSES: u32 = 5;
/// Requests that may wait for their turn; more are sent away.
const WAITING_MAX: usize = 256;
/// How long a password that was just verified is accepted without computing the hash again.
const REMEMBER: Duration = Duration::from_secs(120);
const REMEMBERED_MAX: usize = 64;

/// Longer passwords are refused rather than hashed.
pub(crate) const PASSWORD_MAX_BYTES: usize = 1024;

/// Hashes and verifies passwords.
#[derive(Debug)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    waiting: Semaphore,
    verified: Mutex<HashMap<[u8; 32], Instant>>,
    /// Makes the keys of `verified` meaningless outside this process.
    key: [u8; 32],
}

impl Passwords {
    pub(crate) fn new() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(1)),
            waiting: Semaphore::new(WAITING_MAX),
            verified: Mutex::new(HashMap::new()),
            key: rand::random(),
        }
    }

    /// Waits until nobody else checks a password.
    pub(crate) async fn turn(&self) -> Result<Turn<'_>, ApiError> {
        let busy = || {
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "Too many logins at once, try again in a moment")
                .with_retry_after(1)
        };
        let _place = self.waiting.try_acquire().map_err(|_| busy())?;
        let permit = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| busy())?;
        Ok(Turn { passwords: self, permit: Arc::new(permit) })
    }

    fn cache_key(&self, password: &str, hash: &str) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(self.key);
        digest.update(hash.as_bytes());
        digest.update([0]);
        digest.update(password.as_bytes());
        digest.finalize().into()
    }

    fn is_remembered(&self, key: &[u8; 32]) -> bool {
        self.verified.lock().get(key).is_some_and(|at| at.elapsed() < REMEMBER)
    }

    fn remember(&self, key: [u8; 32]) {
        let mut verified = self.verified.lock();
        if verified.len() >= REMEMBERED_MAX {
            verified.clear();
        }
        verified.insert(key, Instant::now());
    }
}

/// The right to compute one hash after another.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    passwords: &'a Passwords,
    /// Shared with the computation: it goes on when the client is gone, and nobody else may start meanwhile.
    permit: Arc<OwnedSemaphorePermit>,
}

impl Turn<'_> {
    /// A new hash in PHC format, with a salt of its own.
    pub(crate) async fn hash(&self, password: &str) -> anyhow::Result<String> {
        let (password, permit) = (password.to_owned(), Arc::clone(&self.permit));
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let hash: PasswordHash = hasher()?
                .hash_password(password.as_bytes())
                .map_err(|error| anyhow::anyhow!("hash a password: {error}"))?;
            Ok(hash.to_string())
        })
        .await?
    }

    /// Whether the password belongs to the hash. Without a hash, takes as long as with one and says no, so that the time
    /// does not tell which logins exist.
    pub(crate) async fn verify(&self, password: &str, hash: Option<&str>) -> bool {
        let key = hash.map(|hash| self.passwords.cache_key(password, hash));
        if key.is_some_and(|key| self.passwords.is_remembered(&key)) {
            return true;
        }
        let (password, permit) = (password.to_owned(), Arc::clone(&self.permit));
        let hash = hash.map(str::to_owned);
        let is_right = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            verify_blocking(&password, hash.as_deref())
        })
        .await
        .unwrap_or(false);
        if let Some(key) = key.filter(|_| is_right) {
            self.passwords.remember(key);
        }
        is_right
    }
}

fn verify_blocking(password: &str, hash: Option<&str>) -> bool {
    let Some(hash) = hash else {
        if let Ok(hasher) = hasher() {
            drop(hasher.hash_password(password.as_bytes()));
        }
        return false;
    };
    // The parameters come from the stored hash, so hashes made with other parameters keep working.
    PasswordHash::new(hash)
        .is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
}

fn hasher() -> anyhow::Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None)
        .map_err(|error| anyhow::anyhow!("parameters of argon2: {error}"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn passwords_are_verified() {
        let passwords = Passwords::new();
        let turn = passwords.turn().await.unwrap();
        let hash = turn.hash("admin123").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"), "{hash}");
        assert_ne!(hash, turn.hash("admin123").await.unwrap(), "every hash has its own salt");
        for (password, stored, expected) in [
            ("admin123", Some(hash.as_str()), true),
            ("admin123", Some(hash.as_str()), true), // remembered
            ("admin124", Some(hash.as_str()), false),
            ("admin123", None, false),
            ("admin123", Some("damaged"), false),
        ] {
            assert_eq!(turn.verify(password, stored).await, expected, "{password} {stored:?}");
        }
    }

    #[tokio::test]
    async fn waiting_requests_are_bounded() {
        let passwords = Arc::new(Passwords::new());
        let first = passwords.turn().await.unwrap();
        let mut waiting = Vec::new();
        for _ in 0..WAITING_MAX {
            let mut turn = Box::pin(passwords.turn());
            assert!(futures::poll!(turn.as_mut()).is_pending());
            waiting.push(turn);
        }
        assert!(passwords.turn().await.is_err());
        drop(waiting);
        drop(first);
        assert!(passwords.turn().await.is_ok());
    }
}
