//! The part of a structured line that a person wrote: which kind of line it is shows there, not in the fields around it.

use std::ops::Range;

const KEYS: [&[u8]; 4] = [b"msg", b"message", b"log", b"body"];

/// Where the value of the key `bytes[key]` is, if it is the message of the line.
pub(super) fn message(bytes: &[u8], key: Range<usize>) -> Option<Range<usize>> {
    if !KEYS.iter().any(|name| name.eq_ignore_ascii_case(&bytes[key.clone()])) {
        return None;
    }
    let before = key.start.checked_sub(1).map(|at| bytes[at]);
    let after = &bytes[key.end..];
    if after.starts_with(b"=") && before.is_none_or(|byte| byte <= b' ') {
        let start = key.end + 1;
        return Some(if bytes.get(start) == Some(&b'"') {
            start + 1..quote_end(bytes, start + 1).unwrap_or(bytes.len())
        } else {
            let length = bytes[start..].iter().position(|byte| *byte <= b' ');
            start..length.map_or(bytes.len(), |length| start + length)
        });
    }
    if before != Some(b'"') || !after.starts_with(b"\"") {
        return None;
    }
    let rest = after[1..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
    let start = bytes.len() - rest.len();
    Some(start..quote_end(bytes, start).unwrap_or(bytes.len()))
}

/// The place of the quote that closes a text.
pub(super) fn quote_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_in_json_and_logfmt() {
        for (line, expected) in [
            (r#"{"msg":"one two","x":1}"#, Some("one two")),
            (r#"{"x":1, "message" : "say \"hi\"" }"#, Some(r#"say \"hi\""#)),
            (r#"{"Msg":"cut"#, Some("cut")),
            (r#"{"msg":5}"#, None),
            (r#"level=info msg="one two" x=1"#, Some("one two")),
            ("msg=one x=1", Some("one")),
            ("a msg=", Some("")),
            ("the msg is", None),
            ("x.msg=1", None),
        ] {
            let lower = line.to_ascii_lowercase();
            let name = if lower.contains("message") { "message" } else { "msg" };
            let start = lower.find(name).unwrap();
            let found = message(line.as_bytes(), start..start + name.len());
            assert_eq!(found.map(|range| &line[range]), expected, "{line}");
        }
    }
}
