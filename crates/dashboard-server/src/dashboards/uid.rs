//! Identifiers that people may choose: of dashboards, folders, data sources, playlists, library elements.

use super::Invalid;

const MAX_CHARS: usize = 40;
const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// At most 40 letters, digits, `-` or `_`.
pub(crate) fn check(uid: &str) -> Result<(), Invalid> {
    if uid.len() > MAX_CHARS {
        return Err(Invalid::LongUid);
    }
    let is_plain = uid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_plain { Ok(()) } else { Err(Invalid::IllegalUid) }
}

/// A new one: a letter, then letters and digits, 14 in all.
pub(crate) fn random() -> String {
    letters(14)
}

/// Random letters and digits, the first a letter.
pub(crate) fn letters(length: usize) -> String {
    (0..length)
        .map(|at| {
            let choices = if at == 0 { 26 } else { ALPHABET.len() };
            char::from(ALPHABET[rand::random_range(0..choices)])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_are_plain_and_short() {
        for (uid, expected) in [
            ("ecommerce-overview_1", Ok(())),
            ("a b", Err(Invalid::IllegalUid)),
            ("../x", Err(Invalid::IllegalUid)),
            ("ñ", Err(Invalid::IllegalUid)),
            (&"a".repeat(41), Err(Invalid::LongUid)),
        ] {
            assert_eq!(check(uid), expected, "{uid}");
        }
        assert_eq!(check(&random()), Ok(()));
        assert_ne!(random(), random());
    }
}
