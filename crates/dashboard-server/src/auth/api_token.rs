//! Tokens of service accounts: `glsa_`, 32 random characters, `_`, and a checksum by which scanners of leaked secrets
//! (and this server, before it asks the database) tell a token from other text.

use super::token;
use crate::error::ApiError;
use crate::repo::users::User;
use crate::server::App;

const PREFIX: &str = "glsa";
const SECRET_CHARS: usize = 32;
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A new token.
pub(crate) fn generate() -> String {
    let mut secret = String::with_capacity(SECRET_CHARS);
    while secret.len() < SECRET_CHARS {
        // Bytes past the last whole multiple of the alphabet would make some characters likelier.
        let byte = usize::from(rand::random::<u8>());
        if byte < ALPHABET.len() * 4 {
            secret.push(char::from(ALPHABET[byte % ALPHABET.len()]));
        }
    }
    format!("{PREFIX}_{secret}_{}", checksum(&secret))
}

/// Whether the text has the form of a token.
pub(crate) fn is_well_formed(text: &str) -> bool {
    let mut parts = text.splitn(3, '_');
    let (Some(PREFIX), Some(secret), Some(sum)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    secret.len() == SECRET_CHARS
        && secret.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && sum == checksum(secret)
}

/// CRC-32 of prefix and secret, least significant byte first.
fn checksum(secret: &str) -> String {
    hex::encode(crc32fast::hash(format!("{PREFIX}_{secret}").as_bytes()).to_le_bytes())
}

/// The service account that a token speaks for.
pub(crate) async fn authenticate(app: &App, text: &str) -> Result<User, ApiError> {
    let invalid = || ApiError::unauthorized_because("Invalid API key", "api-key.invalid");
    if !is_well_formed(text) {
        return Err(invalid());
    }
    let now = app.clock().now();
    let Some(found) = app.store().token_by_hash(&token::hash(text)).await? else {
        return Err(invalid());
    };
    if found.is_expired(now) {
        return Err(ApiError::unauthorized_because("Expired API key", "api-key.expired"));
    }
    let account = app.store().user(found.account_id).await?;
    let account = account.filter(|account| account.is_service_account).ok_or_else(invalid)?;
    if account.is_disabled {
        return Err(ApiError::unauthorized_because(
            "Service account is disabled",
            "service-account.disabled",
        ));
    }
    app.store().note_token_use(&found, now).await?;
    Ok(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_the_known_form() {
        for _ in 0..100 {
            let token = generate();
            assert_eq!(token.len(), 46);
            assert!(is_well_formed(&token), "{token}");
        }
        assert_ne!(generate(), generate());
    }

    #[test]
    fn tokens_of_grafana_are_recognised() {
        assert!(is_well_formed("glsa_yscW25imSKJIuav8zF37RZmnbiDvB05G_fcaaf58a"));
    }

    #[test]
    fn other_text_is_no_token() {
        let token = generate();
        let (damaged, other) = (token.replace("glsa_", "glsb_"), format!("{token}0"));
        let swapped: String =
            token.chars().enumerate().map(|(at, c)| if at == 7 { '-' } else { c }).collect();
        for text in ["", "glsa_", "glsa__", "glsa_x_00000000", &damaged, &other, &swapped] {
            assert!(!is_well_formed(text), "{text}");
        }
    }
}
