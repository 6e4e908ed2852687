//! Random tokens, and the hash under which they are kept.

use sha2::{Digest as _, Sha256};

/// A session token: 256 random bits as hexadecimal text.
pub(crate) fn session_token() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

/// A short random identifier for a user.
pub(crate) fn short_uid() -> String {
    hex::encode(rand::random::<[u8; 7]>())
}

/// The hash by which a token is found. Tokens are random, so a fast hash does not weaken them.
pub(crate) fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
