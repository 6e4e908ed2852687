//! The two cookies of a session: the token, which scripts cannot read, and the time of its next rotation, which they can.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::settings::SessionSettings;

/// Readable by scripts, so that the interface can rotate the token before it is needed.
const EXPIRY_SUFFIX: &str = "_expiry";

/// The tokens a request carries under the session cookie's name. A browser may send several when cookies of another
/// path or domain share the name; the first few are looked at.
pub(crate) fn tokens<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(key, _)| *key == name)
        .map(|(_, value)| value)
        .filter(|value| value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .take(3)
}

/// Whether the request carries anything under the session cookie's name.
pub(crate) fn is_present(headers: &HeaderMap, name: &str) -> bool {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .any(|(key, _)| key == name)
}

/// `Set-Cookie` lines for a token that should be rotated at `rotate_at` (Unix seconds).
pub(crate) fn issue(settings: &SessionSettings, token: &str, rotate_at: i64) -> [HeaderValue; 2] {
    let max_age = settings.max_lifetime.as_secs();
    [
        line(settings, &settings.cookie_name, token, max_age, Visibility::Hidden),
        line(
            settings,
            &format!("{}{EXPIRY_SUFFIX}", settings.cookie_name),
            &rotate_at.to_string(),
            max_age,
            Visibility::Script,
        ),
    ]
}

/// `Set-Cookie` lines that make the browser forget the session.
pub(crate) fn clear(settings: &SessionSettings) -> [HeaderValue; 2] {
    [
        line(settings, &settings.cookie_name, "", 0, Visibility::Hidden),
        line(settings, &format!("{}{EXPIRY_SUFFIX}", settings.cookie_name), "", 0, Visibility::Script),
    ]
}

/// Adds the lines to an answer.
pub(crate) fn append(headers: &mut HeaderMap, lines: [HeaderValue; 2]) {
    for line in lines {
        headers.append(header::SET_COOKIE, line);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visibility {
    Hidden,
    Script,
}

fn line(
    settings: &SessionSettings,
    name: &str,
    value: &str,
    max_age_secs: u64,
    visibility: Visibility,
) -> HeaderValue {
    let mut text = format!("{name}={value}; Path=/; Max-Age={max_age_secs}; SameSite={}", settings.same_site);
    if visibility == Visibility::Hidden {
        text.push_str("; HttpOnly");
    }
    if settings.is_cookie_secure {
        text.push_str("; Secure");
    }
    // Name and value were checked to be plain ASCII; should that ever fail, no cookie is better than a broken answer.
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_among_other_cookies() {
        let token = "a".repeat(64);
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, format!("theme=dark; grafana_session={token}; x").parse().unwrap());
        headers.append(header::COOKIE, "grafana_session=short; grafana_session_expiry=1".parse().unwrap());
        assert_eq!(tokens(&headers, "grafana_session").collect::<Vec<_>>(), [token.as_str()]);
        assert!(is_present(&headers, "grafana_session"));
        assert!(!is_present(&headers, "other"));
    }
}
