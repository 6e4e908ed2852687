//! What viewers may send besides reading: everything else that could change something is refused at the door, so that a
//! route added later cannot forget to.

use axum::http::Method;

/// Questions that are asked with POST, and what belongs to the user alone. A final `**` stands for the rest of the path.
const ALLOWED: &[&str] = &[
    "/api/ds/query",
    "/api/datasources/proxy/**",
    "/api/datasources/uid/*/resources/**",
    "/api/datasources/*/resources/**",
    "/api/user",
    "/api/user/**",
    "/api/query-history",
    "/api/query-history/**",
    "/api/short-urls",
    "/api/dashboards/calculate-diff",
];

/// Whether a viewer may send this. Single routes may still ask for more.
pub(crate) fn may_send(method: &Method, path: &str) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
        || ALLOWED.iter().any(|pattern| matches(pattern, path))
}

/// Whether this is about things that only somebody who logged in has.
pub(crate) fn is_personal(path: &str) -> bool {
    ["/api/user", "/api/user/**", "/api/query-history", "/api/query-history/**"]
        .iter()
        .any(|pattern| matches(pattern, path))
}

fn matches(pattern: &str, path: &str) -> bool {
    let mut segments = path.trim_end_matches('/').split('/');
    for expected in pattern.split('/') {
        if expected == "**" {
            return segments.next().is_some();
        }
        match segments.next() {
            Some(segment) if expected == "*" || expected == segment => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viewers_read_and_change_only_what_is_theirs() {
        for (method, path, expected) in [
            ("GET", "/api/admin/settings", true),
            ("HEAD", "/api/org", true),
            ("POST", "/api/ds/query", true),
            ("POST", "/api/ds/query/x", false),
            ("PUT", "/api/user", true),
            ("DELETE", "/api/user/stars/dashboard/uid/x", true),
            ("POST", "/api/users", false),
            ("POST", "/api/dashboards/db", false),
            ("POST", "/api/datasources/proxy/uid/loki/loki/api/v1/query", true),
            ("POST", "/api/datasources", false),
            ("PUT", "/api/datasources/uid/x", false),
            ("DELETE", "/api/whatever/comes/later", false),
            ("POST", "/api/admin/users", false),
        ] {
            assert_eq!(may_send(&method.parse().unwrap(), path), expected, "{method} {path}");
        }
    }
}
