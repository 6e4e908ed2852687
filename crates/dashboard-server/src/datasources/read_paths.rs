//! Which requests to a data source only read. Viewers may send these and no others.

use axum::http::Method;

/// Paths that answer queries, `*` standing for one segment and a final `**` for the rest.
const LOKI: &[&str] = &[
    "/ready",
    "/loki/api/v1/query",
    "/loki/api/v1/query_range",
    "/loki/api/v1/labels",
    "/loki/api/v1/label",
    "/loki/api/v1/label/*/values",
    "/loki/api/v1/series",
    "/loki/api/v1/index/stats",
    "/loki/api/v1/index/volume",
    "/loki/api/v1/index/volume_range",
    "/loki/api/v1/patterns",
    "/loki/api/v1/detected_labels",
    "/loki/api/v1/detected_fields",
    "/loki/api/v1/detected_field/*/values",
    "/loki/api/v1/tail",
    "/loki/api/v1/format_query",
    "/loki/api/v1/drilldown-limits",
    "/loki/api/v1/status/buildinfo",
    "/loki/api/v1/rules/**",
    "/prometheus/api/v1/rules",
    "/prometheus/api/v1/alerts",
    "/api/prom/query",
    "/api/prom/label",
    "/api/prom/label/*/values",
    "/api/prom/series",
    "/api/prom/tail",
    "/api/prom/rules/**",
];

const TEMPO: &[&str] = &[
    "/ready",
    "/api/echo",
    "/api/status/buildinfo",
    "/api/traces/*",
    "/api/v2/traces/*",
    "/api/search",
    "/api/search/tags",
    "/api/search/tag/**",
    "/api/v2/search/tags",
    "/api/v2/search/tag/**",
    "/api/metrics/query",
    "/api/metrics/query_range",
];

const PROMETHEUS: &[&str] = &[
    "/-/ready",
    "/-/healthy",
    "/api/v1/query",
    "/api/v1/query_range",
    "/api/v1/query_exemplars",
    "/api/v1/format_query",
    "/api/v1/parse_query",
    "/api/v1/series",
    "/api/v1/labels",
    "/api/v1/label/*/values",
    "/api/v1/metadata",
    "/api/v1/rules",
    "/api/v1/alerts",
    "/api/v1/status/buildinfo",
];

/// Methods that the paths above may be asked with. Loki and Prometheus take long queries as forms; Tempo does not.
fn methods(kind: &str) -> &'static [Method] {
    match kind {
        "loki" | "prometheus" => &[Method::GET, Method::HEAD, Method::POST],
        _ => &[Method::GET, Method::HEAD],
    }
}

/// Whether the request only reads. `path` is percent-decoded and starts with a slash. Of kinds we don't know, reading is
/// what GET does.
pub(crate) fn is_read(kind: &str, method: &Method, path: &str) -> bool {
    if !methods(kind).contains(method) {
        return false;
    }
    let patterns = match kind {
        "loki" => LOKI,
        "tempo" => TEMPO,
        "prometheus" => PROMETHEUS,
        _ => return true,
    };
    // Rules are read with GET and written with POST at the same place.
    patterns
        .iter()
        .any(|pattern| matches(pattern, path) && (!pattern.contains("/rules") || *method != Method::POST))
}

fn matches(pattern: &str, path: &str) -> bool {
    let mut wanted = pattern.split('/');
    let mut given = path.split('/');
    loop {
        match (wanted.next(), given.next()) {
            (Some("**"), _) | (None, None) => return true,
            (Some("*"), Some(segment)) if !segment.is_empty() => {}
            (Some(word), Some(segment)) if word == segment => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_is_told_from_writing() {
        for (kind, method, path, expected) in [
            ("loki", Method::GET, "/loki/api/v1/query_range", true),
            ("loki", Method::POST, "/loki/api/v1/query_range", true),
            ("loki", Method::GET, "/loki/api/v1/label/level/values", true),
            ("loki", Method::GET, "/loki/api/v1/label//values", false),
            ("loki", Method::POST, "/loki/api/v1/push", false),
            ("loki", Method::POST, "/loki/api/v1/delete", false),
            ("loki", Method::GET, "/loki/api/v1/rules", true),
            ("loki", Method::POST, "/loki/api/v1/rules/shop", false),
            ("loki", Method::DELETE, "/loki/api/v1/query", false),
            ("loki", Method::GET, "/config", false),
            ("loki", Method::GET, "/loki/api/v1/query/", false),
            ("tempo", Method::GET, "/api/v2/traces/abc", true),
            ("tempo", Method::GET, "/api/v2/search/tag/span.http/route/values", true),
            ("tempo", Method::POST, "/api/search", false),
            ("tempo", Method::GET, "/api/overrides", false),
            ("prometheus", Method::POST, "/api/v1/query", true),
            ("prometheus", Method::POST, "/api/v1/admin/tsdb/delete_series", false),
            ("other", Method::GET, "/anything", true),
            ("other", Method::POST, "/anything", false),
        ] {
            assert_eq!(is_read(kind, &method, path), expected, "{kind} {method} {path}");
        }
    }
}
