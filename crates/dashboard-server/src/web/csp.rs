//! What the interface's page may load and run: its own files, and the inline scripts it was built with.

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// For answers that are not pages: nothing at all.
pub(super) const NOT_A_PAGE: &str = "default-src 'none'; frame-ancestors 'none'";

/// The policy of the page. Styles may be inline because emotion, which the component library uses, writes them at run
/// time; scripts may not, except those whose hashes are given.
pub(super) fn policy(script_hashes: &[String], is_embedding_allowed: bool) -> HeaderValue {
    let mut text = String::from("default-src 'self'; script-src 'self'");
    for hash in script_hashes {
        text.push_str(&format!(" 'sha256-{hash}'"));
    }
    text.push_str(
        "; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; \
         worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'",
    );
    if !is_embedding_allowed {
        text.push_str("; frame-ancestors 'none'");
    }
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(NOT_A_PAGE))
}

/// Hashes of the inline scripts of a page that our own build made: `<script>` elements without `src`.
pub(super) fn inline_script_hashes(page: &[u8]) -> Vec<String> {
    let Ok(text) = std::str::from_utf8(page) else {
        return Vec::new();
    };
    let mut hashes = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("<script") {
        rest = &rest[start + "<script".len()..];
        let Some((attributes, tail)) = rest.split_once('>') else {
            break;
        };
        let Some((content, tail)) = tail.split_once("</script>") else {
            break;
        };
        if !attributes.contains("src=") && !content.is_empty() {
            hashes.push(STANDARD.encode(Sha256::digest(content.as_bytes())));
        }
        rest = tail;
    }
    hashes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_hashed() {
        let page =
            br#"<!doctype html><script>alert(1)</script><script type="module" src="/assets/a.js"></script>"#;
        let hashes = inline_script_hashes(page);
        // echo -n 'alert(1)' | openssl dgst -sha256 -binary | base64
        assert_eq!(hashes, ["bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI="]);
        let policy = policy(&hashes, false);
        let policy = policy.to_str().unwrap();
        assert!(
            policy.contains("script-src 'self' 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=';"),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'"));
    }

    #[test]
    fn embedding_is_a_choice() {
        assert!(!policy(&[], true).to_str().unwrap().contains("frame-ancestors"));
        assert_eq!(inline_script_hashes(b"<script>unfinished"), [] as [String; 0]);
    }
}
