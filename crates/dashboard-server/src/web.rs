//! The web interface: files that are part of the binary, and the page that every address of the interface gets.
//!
//! Names under `assets/` contain a hash of their content and are cached for ever; the page itself is asked for anew each
//! time and answered with 304 when it did not change.

pub(crate) mod assets;
mod csp;
mod encoding;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use self::assets::Asset;
use self::encoding::Encoding;
use crate::error::ApiError;
use crate::server::App;

const INDEX: &str = "index.html";
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const REVALIDATE: &str = "no-cache";
const AN_HOUR: &str = "public, max-age=3600";
/// Folders that hold files only: a missing file there is missing, not a page.
const FILE_FOLDERS: [&str; 5] = ["assets/", "public/", "grafana/", "fonts/", "img/"];
const FILE_EXTENSIONS: [&str; 16] = [
    "css",
    "gif",
    "html",
    "ico",
    "jpg",
    "js",
    "json",
    "map",
    "mjs",
    "png",
    "svg",
    "txt",
    "wasm",
    "webmanifest",
    "woff",
    "woff2",
];

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Monitoring Stack</title>\
<body><h1>The web interface is not built</h1><p>The server runs, but its pages are missing from this build. Build them \
and start again:</p><pre>make build</pre><p>or, by hand:</p><pre>cd web &amp;&amp; npm ci &amp;&amp; npm run build</pre>\
<p>The API works meanwhile: <a href=\"/api/health\">/api/health</a>.</p></body></html>";

/// Answers everything that is not an API: a file, else the page, whose script reads the rest of the address.
pub(crate) async fn serve(State(app): State<App>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed").into_response();
    }
    let Some(path) = file_path(request.uri().path()) else {
        return ApiError::bad_request("the path is not valid").into_response();
    };
    let accepted = Encoding::accepted(request.headers());
    if !path.is_empty()
        && let Some((asset, encoding)) = find(&app, &path, &accepted)
    {
        return file(&app, &path, &asset, encoding, request.headers());
    }
    if is_file_name(&path) {
        return ApiError::not_found("Not found").into_response();
    }
    match find(&app, INDEX, &accepted) {
        Some((asset, encoding)) => file(&app, INDEX, &asset, encoding, request.headers()),
        None => page(&app, NOT_BUILT.into(), &[]),
    }
}

/// The path inside the interface's files: decoded once, without the leading slash; `None` when it tries to climb out.
fn file_path(raw: &str) -> Option<String> {
    let decoded = percent_decode(raw.trim_start_matches('/'))?;
    let is_safe = !decoded.contains(['\\', '\0'])
        && !decoded.starts_with('/')
        && decoded.split('/').all(|segment| segment != ".." && segment != ".");
    is_safe.then_some(decoded)
}

fn percent_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        if *byte == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            out.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            out.push(*byte);
        }
    }
    String::from_utf8(out).ok()
}

fn is_file_name(path: &str) -> bool {
    if FILE_FOLDERS.iter().any(|folder| path.starts_with(folder)) {
        return true;
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').is_some_and(|(_, extension)| FILE_EXTENSIONS.contains(&extension))
}

/// The file in the best encoding that both sides know.
fn find(app: &App, path: &str, accepted: &[Encoding]) -> Option<(Asset, Encoding)> {
    for encoding in accepted {
        if let Some(asset) = app.assets().get(&format!("{path}{}", encoding.suffix())) {
            return Some((asset, *encoding));
        }
    }
    app.assets().get(path).map(|asset| (asset, Encoding::Identity))
}

fn file(app: &App, path: &str, asset: &Asset, encoding: Encoding, request: &HeaderMap) -> Response {
    let etag = format!("\"{}{}\"", asset.hash, encoding.suffix());
    let mut response = if is_unchanged(request, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if path == INDEX {
        let plain =
            if encoding == Encoding::Identity { Some(asset.clone()) } else { app.assets().get(INDEX) };
        let hashes = plain.map(|plain| csp::inline_script_hashes(&plain.data)).unwrap_or_default();
        page(app, Body::from(asset.data.clone()), &hashes)
    } else {
        Response::new(Body::from(asset.data.clone()))
    };
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    let caching = match path {
        path if path.starts_with("assets/") => IMMUTABLE,
        // Pictures and fonts in folders hardly change; what lies beside the page belongs to its version.
        path if path.contains('/') => AN_HOUR,
        _ => REVALIDATE,
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if response.status() != StatusCode::NOT_MODIFIED {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, content_type(path));
        if let Some(name) = encoding.header() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
        }
    }
    response
}

fn is_unchanged(request: &HeaderMap, etag: &str) -> bool {
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|known| known.trim().trim_start_matches("W/") == etag || known.trim() == "*")
}

fn page(app: &App, body: Body, script_hashes: &[String]) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(REVALIDATE));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        csp::policy(script_hashes, app.settings().is_embedding_allowed),
    );
    response
}

fn content_type(path: &str) -> HeaderValue {
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let is_text = mime.type_() == "text"
        || matches!(mime.subtype().as_str(), "javascript" | "json" | "manifest+json")
        || mime.suffix().is_some_and(|suffix| suffix == "xml");
    let text = if is_text { format!("{mime}; charset=utf-8") } else { mime.to_string() };
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

/// Middleware: headers that every answer has unless a handler chose its own.
pub(crate) async fn security_headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::REFERRER_POLICY, "same-origin");
    default(header::CACHE_CONTROL, "no-store");
    default(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    default(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    );
    default(header::CONTENT_SECURITY_POLICY, csp::NOT_A_PAGE);
    if !app.settings().is_embedding_allowed {
        default(header::X_FRAME_OPTIONS, "DENY");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_do_not_climb_out() {
        for (raw, expected) in [
            ("/", Some("")),
            ("/assets/app-1.js", Some("assets/app-1.js")),
            ("/a%20b.css", Some("a b.css")),
            ("/../Cargo.toml", None),
            ("/%2e%2e/Cargo.toml", None),
            ("/assets/..%2f..%2fCargo.toml", None),
            ("/a\\..\\b", None),
            ("/%5c", None),
            ("/%2fetc/passwd", None),
            ("/a%00", None),
            ("/%", None),
            ("/%ff", None),
        ] {
            assert_eq!(file_path(raw).as_deref(), expected, "{raw}");
        }
    }

    #[test]
    fn files_are_told_from_pages() {
        for (path, expected) in [
            ("", false),
            ("d/ecommerce/overview", false),
            ("d/x/version-1.2", false),
            ("explore", false),
            ("assets/gone", true),
            ("favicon.ico", true),
            ("d/x/app.js", true),
        ] {
            assert_eq!(is_file_name(path), expected, "{path}");
        }
    }

    #[test]
    fn text_has_a_charset() {
        for (path, expected) in [
            ("assets/a.js", "text/javascript; charset=utf-8"),
            ("a.css", "text/css; charset=utf-8"),
            ("a.svg", "image/svg+xml; charset=utf-8"),
            ("a.woff2", "font/woff2"),
            ("unknown", "application/octet-stream"),
        ] {
            assert_eq!(content_type(path), expected, "{path}");
        }
    }
}
