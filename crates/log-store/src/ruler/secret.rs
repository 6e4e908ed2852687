//! Passwords and tokens of the configuration.

use std::fmt;

/// A value that is never shown: not in logs, not on `/config`.
#[derive(Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl Secret {
    /// The text itself, for the one place that sends it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

impl runtime::Section for Secret {
    fn name_unused(&self, _key: &str, _into: &mut Vec<String>) {}
}

/// What stands in a secret's place.
const MASK: &str = "********";

/// Keys whose values are secrets wherever they stand.
const SECRET_KEYS: &str = r#"(?i)(\b\w*(?:password|credentials|bearer_token|client_secret|secret_access_key|secret_key)"?\s*:[ \t]*)([^\s,}\]#][^,}\]\n]*)"#;

/// User and password in front of a host.
const USER_INFO: &str = r"(://)[^/\s@]+@";

/// The text of a configuration file without its secrets: those that are known, and what looks like one.
pub(crate) fn masked(text: &str, secrets: &[&Secret]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().map(|secret| secret.reveal()).filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, MASK);
    }
    for (pattern, replacement) in [(SECRET_KEYS, "${1}********"), (USER_INFO, "${1}********@")] {
        if let Ok(pattern) = regex::Regex::new(pattern) {
            text = pattern.replace_all(&text, replacement).into_owned();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show() {
        let known = Secret("Bearer abc".to_owned());
        assert_eq!(format!("{known:?}"), "<secret>");
        for (text, expected) in [
            ("password: hush\nport: 1\n", "password: ********\nport: 1\n"),
            (
                "basic_auth: {username: me, password: \"a b\"}",
                "basic_auth: {username: me, password: ********}",
            ),
            ("  basic_auth_password: x # note", "  basic_auth_password: ********"),
            ("credentials_file: /run/secret", "credentials_file: /run/secret"),
            ("url: http://me:pw@host:9093/x", "url: http://********@host:9093/x"),
            ("headers:\n  X-Token: Bearer abc\n", "headers:\n  X-Token: ********\n"),
            (
                "authorization:\n  credentials:\n    nothing\n",
                "authorization:\n  credentials:\n    nothing\n",
            ),
        ] {
            assert_eq!(masked(text, &[&known]), expected, "{text}");
        }
    }
}
