//! Hashing passwords: costly on purpose, so one at a time, off the async threads, and with a bounded line of waiters.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use service_kit::{AppError, Secret};
use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::Instrument as _;

/// 9 MiB and four passes: OWASP's setting for little memory.
const MEMORY_KIB: u32 = 9 * 1024;
const PASSES: u32 = 4;
/// More people than this don't wait in line: they are asked to come back.
const MAX_WAITING: usize = 64;

/// The hasher.
#[derive(Debug)]
pub(crate) struct Passwords {
    working: Semaphore,
    waiting: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { working: Semaphore::new(1), waiting: Semaphore::new(MAX_WAITING) }
    }
}

/// The right to hash; the next one in line waits for its end.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    _working: SemaphorePermit<'a>,
    _waiting: SemaphorePermit<'a>,
}

impl Passwords {
    /// Waits in line.
    pub(crate) async fn turn(&self) -> Result<Turn<'_>, AppError> {
        let waiting = self
            .waiting
            .try_acquire()
            .map_err(|_| AppError::unavailable("OVERLOADED", "too many logins at once; try again", 1))?;
        let working = self.working.acquire().await.map_err(AppError::internal)?;
        Ok(Turn { _working: working, _waiting: waiting })
    }

    /// Waits in line and hashes.
    pub(crate) async fn hash(&self, password: &Secret) -> Result<String, AppError> {
        let _turn = self.turn().await?;
        let password = password.clone();
        let span = tracing::info_span!(target: "shop", "hash_password");
        blocking(move || {
            let hash = hasher()?.hash_password(password.expose().as_bytes()).map_err(refused)?;
            Ok(hash.to_string())
        })
        .instrument(span)
        .await
    }
}

impl Turn<'_> {
    /// True when `password` is the one behind `hash`. Without a hash (no such account) it takes as long and is false.
    pub(crate) async fn verify(&self, password: &Secret, hash: Option<String>) -> Result<bool, AppError> {
        let password = password.clone();
        let span = tracing::info_span!(target: "shop", "verify_password");
        blocking(move || {
            let Some(hash) = hash else {
                let _wasted = hasher()?.hash_password(password.expose().as_bytes()).map_err(refused)?;
                return Ok(false);
            };
            let hash = PasswordHash::new(&hash).map_err(refused)?;
            Ok(hasher()?.verify_password(password.expose().as_bytes(), &hash).is_ok())
        })
        .instrument(span)
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    tokio::task::spawn_blocking(work).await.map_err(AppError::internal)?
}

fn hasher() -> Result<Argon2<'static>, AppError> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(refused)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn refused(error: impl std::fmt::Display) -> AppError {
    AppError::internal(format!("argon2: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_fits() {
        let passwords = Passwords::default();
        let hash = passwords.hash(&Secret::new("correct horse 1")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=9216,t=4,p=1$"), "{hash}");
        let turn = passwords.turn().await.unwrap();
        for (password, hash, expected) in [
            ("correct horse 1", Some(hash.clone()), true),
            ("correct horse 2", Some(hash.clone()), false),
            ("", Some(hash), false),
            ("correct horse 1", None, false),
        ] {
            assert_eq!(turn.verify(&Secret::new(password), hash).await.unwrap(), expected, "{password}");
        }
    }

    #[tokio::test]
    async fn the_line_is_bounded() {
        let passwords = Passwords::default();
        let _taken = passwords.waiting.try_acquire_many(MAX_WAITING as u32).unwrap();
        let error = passwords.turn().await.unwrap_err();
        assert_eq!(error.status.as_u16(), 503);
        assert_eq!(error.retry_after_secs, Some(1));
    }
}
