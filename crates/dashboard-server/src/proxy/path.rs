//! Paths that clients ask the proxy for: taken as they were sent, and refused when they try to climb out.

/// What follows the first `segments` segments of `path`, still encoded, with its leading slash; empty when nothing does.
pub(super) fn after(path: &str, segments: usize) -> &str {
    let slashes = path.match_indices('/').map(|(at, _)| at);
    match slashes.into_iter().nth(segments) {
        Some(at) => &path[at..],
        None => "",
    }
}

/// Refuses what no data source needs and every attack does: dot segments, slashes in disguise, control characters.
/// Returns the decoded path.
///
/// A slash may be encoded twice: that is how names with slashes in them (of Tempo's tags) travel.
pub(super) fn check(raw: &str) -> Result<String, String> {
    let once = decode(raw)?;
    let lower = raw.to_ascii_lowercase();
    if lower.contains("%2f") || lower.contains("%5c") || raw.contains('\\') {
        return Err("the path contains an encoded slash or a backslash".to_owned());
    }
    let twice = decode(&once).unwrap_or_else(|_| once.clone());
    for path in [&once, &twice] {
        if path.split(['/', '\\']).any(|segment| segment == ".." || segment == ".") {
            return Err("the path contains '.' or '..' segments".to_owned());
        }
        if path.chars().any(char::is_control) {
            return Err("the path contains control characters".to_owned());
        }
    }
    Ok(once)
}

/// Percent-decoding, strict: every `%` has two digits behind it and the result is UTF-8.
fn decode(text: &str) -> Result<String, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digits =
            [bytes.next(), bytes.next()].map(|digit| digit.and_then(|digit| (digit as char).to_digit(16)));
        let [Some(high), Some(low)] = digits else {
            return Err("the path contains a '%' without two hexadecimal digits".to_owned());
        };
        out.push(u8::try_from(high * 16 + low).unwrap_or_default());
    }
    String::from_utf8(out).map_err(|_| "the path is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_path_is_found() {
        for (path, segments, expected) in [
            ("/api/datasources/proxy/uid/loki/loki/api/v1/query", 5, "/loki/api/v1/query"),
            ("/api/datasources/proxy/1/ready", 4, "/ready"),
            ("/api/datasources/proxy/1/", 4, "/"),
            ("/api/datasources/proxy/1", 4, ""),
        ] {
            assert_eq!(after(path, segments), expected, "{path}");
        }
    }

    #[test]
    fn tricks_are_refused() {
        for raw in [
            "/..",
            "/a/../b",
            "/./a",
            "/%2e%2e/a",
            "/.%2E/a",
            "/a%2fb",
            "/a%2Fb",
            "/a%5cb",
            "/a\\b",
            "/%252e%252e/a",
            "/..%252fconfig",
            "/%00",
            "/a%0d%0ab",
            "/%",
            "/%zz",
            "/%ff",
            "/%25252e%2e/..",
        ] {
            assert!(check(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn honest_paths_pass() {
        for (raw, decoded) in [
            ("", ""),
            ("/loki/api/v1/label/service_name/values", "/loki/api/v1/label/service_name/values"),
            ("/api/v2/search/tag/span.http%252Froute/values", "/api/v2/search/tag/span.http%2Froute/values"),
            ("/a%20b", "/a b"),
            ("/100%25", "/100%"),
            ("/...", "/..."),
            ("/a..b", "/a..b"),
            ("/%C3%B1", "/ñ"),
        ] {
            assert_eq!(check(raw).as_deref(), Ok(decoded), "{raw}");
        }
    }
}
