//! What people may type.

use service_kit::AppError;

/// The address in lower case, if it looks like one. Only a mail could tell for sure.
pub(crate) fn email(text: &str) -> Result<String, AppError> {
    let text = text.trim().to_lowercase();
    let good = text.len() <= 254
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && local.len() <= 64
                && domain.split('.').count() >= 2
                && domain.split('.').all(|label| !label.is_empty() && !label.contains('@'))
        })
        && text.chars().all(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | '"' | ','));
    if good { Ok(text) } else { Err(AppError::invalid_field("email", "must look like name@example.com")) }
}

/// A password for a new account.
pub(crate) fn new_password(text: &str) -> Result<(), AppError> {
    let problem = match text.chars().count() {
        0..8 => "must have at least 8 characters",
        129.. => "must have at most 128 characters",
        _ if !text.chars().any(char::is_alphabetic) => "must contain a letter",
        _ if text.chars().all(char::is_alphabetic) => "must contain a digit or another character",
        _ => return Ok(()),
    };
    let mut error = AppError::invalid_field("password", problem);
    error.code = "WEAK_PASSWORD".into();
    Err(error)
}

/// A person's name.
pub(crate) fn name(text: &str) -> Result<String, AppError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 100 || text.chars().any(char::is_control) {
        return Err(AppError::invalid_field("name", "must have 1 to 100 characters"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("Ana@Shop.example", Some("ana@shop.example")),
            (" a@b.co ", Some("a@b.co")),
            ("a+b@sub.example.com", Some("a+b@sub.example.com")),
            ("", None),
            ("a", None),
            ("a@b", None),
            ("@b.co", None),
            ("a@.co", None),
            ("a@b..co", None),
            ("a@b@c.co", None),
            ("a b@c.co", None),
            ("a\n@c.co", None),
            ("<a@b.co>", None),
        ] {
            assert_eq!(email(text).ok().as_deref(), expected, "{text:?}");
        }
        assert!(email(&format!("{}@b.co", "a".repeat(300))).is_err());
    }

    #[test]
    fn passwords_and_names() {
        for (text, good) in [
            ("password1", true),
            ("pass word", true),
            ("short1", false),
            ("12345678", false),
            ("abcdefgh", false),
        ] {
            assert_eq!(new_password(text).is_ok(), good, "{text}");
        }
        assert!(new_password(&"a1".repeat(65)).is_err());
        for (text, good) in [("Ana", true), ("  Ana  ", true), ("", false), ("  ", false), ("a\u{0}b", false)]
        {
            assert_eq!(name(text).is_ok(), good, "{text:?}");
        }
        assert!(name(&"x".repeat(101)).is_err());
    }
}
