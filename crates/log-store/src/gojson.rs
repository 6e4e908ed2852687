//! The last touch that makes JSON text what Go's encoder writes: `<`, `>`, `&`, U+2028 and U+2029 as escapes.

use std::borrow::Cow;

/// U+2028 and U+2029 begin with this byte in UTF-8.
const SEPARATOR: u8 = 0xe2;

/// Escapes what Go escapes. In JSON, these characters stand in strings only, so the text is taken as it is.
pub(crate) fn escaped(json: &str) -> Cow<'_, str> {
    let mut rest = json;
    let mut out = String::new();
    while let Some((at, length, escape)) = next(rest) {
        out.push_str(&rest[..at]);
        out.push_str(escape);
        rest = &rest[at + length..];
    }
    if out.is_empty() && rest.len() == json.len() {
        return Cow::Borrowed(json);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Where the next of them is, its length, and its escape.
fn next(text: &str) -> Option<(usize, usize, &'static str)> {
    let bytes = text.as_bytes();
    let markup = memchr::memchr3(b'<', b'>', b'&', bytes);
    let separator = memchr::memchr_iter(SEPARATOR, &bytes[..markup.unwrap_or(bytes.len())])
        .find(|at| matches!(bytes.get(at + 1..at + 3), Some([0x80, 0xa8 | 0xa9])));
    if let Some(at) = separator {
        return Some((at, 3, if bytes[at + 2] == 0xa8 { "\\u2028" } else { "\\u2029" }));
    }
    let at = markup?;
    let escape = match bytes[at] {
        b'<' => "\\u003c",
        b'>' => "\\u003e",
        _ => "\\u0026",
    };
    Some((at, 1, escape))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn markup_and_line_separators_become_escapes() {
        for (text, expected) in [
            (r#"{"a":"b"}"#, r#"{"a":"b"}"#),
            (r#"{"<a>":"b&c"}"#, r#"{"\u003ca\u003e":"b\u0026c"}"#),
            ("\"x\u{2028}y\u{2029}<\u{2030}€\"", "\"x\\u2028y\\u2029\\u003c\u{2030}€\""),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }

    proptest! {
        #[test]
        fn the_value_stays_the_same(text in "[<>&\u{2028}\u{2029}\u{2030}a\"\\\\é]{0,20}") {
            let json = serde_json::to_string(&text).unwrap();
            let back: String = serde_json::from_str(&escaped(&json)).unwrap();
            prop_assert_eq!(back, text);
            let raw = ['<', '>', '&', '\u{2028}', '\u{2029}'];
            let found = escaped(&json).contains(raw);
            prop_assert!(!found);
        }
    }
}
