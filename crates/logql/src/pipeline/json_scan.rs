//! A lenient scanner for JSON objects: it reports members as it meets them and finds faults where it meets them, so
//! that what stands before a fault is still there. Nothing is built, nothing is copied.

use std::ops::Range;

/// What kind of value a member has; the range covers its text (of strings, what is between the quotes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `true` when the text has escapes.
    String {
        escaped: bool,
    },
    Number,
    Bool,
    Null,
    Array,
    Object,
}

/// What is wrong, and with which member's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub message: &'static str,
    pub key: Option<Range<usize>>,
}

impl From<&'static str> for Fault {
    fn from(message: &'static str) -> Self {
        Self { message, key: None }
    }
}

type Message = &'static str;

const NOT_AN_OBJECT: Message = "expected a JSON object, found something else";
const NO_COLON: Message = "malformed JSON: a colon is missing after a key";
const NO_STRING_END: Message = "a JSON string has no closing '\"'";
const NO_ARRAY_END: Message = "a JSON array has no closing ']'";
const NO_OBJECT_END: Message = "a JSON object has no closing '}'";
const UNKNOWN_VALUE: Message = "unknown kind of JSON value";
pub(crate) const TOO_DEEP: Message = "JSON objects are nested too deeply";

/// Whether to go on after a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Continue,
    Stop,
}

/// One member of an object.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub key: Range<usize>,
    pub key_escaped: bool,
    pub kind: Kind,
    pub value: Range<usize>,
}

/// Calls `visit` with each member of the object that starts in `text[range]`; what follows the object is ignored.
pub(crate) fn members(
    text: &str,
    range: Range<usize>,
    visit: impl FnMut(&Member) -> Result<Flow, Fault>,
) -> Result<Flow, Fault> {
    members_until(text, range, &mut 0, visit)
}

/// As [`members`]; `end` becomes the place behind the object.
pub(crate) fn members_until(
    text: &str,
    range: Range<usize>,
    end: &mut usize,
    mut visit: impl FnMut(&Member) -> Result<Flow, Fault>,
) -> Result<Flow, Fault> {
    let bytes = &text.as_bytes()[..range.end];
    let mut at = skip_blanks(bytes, range.start);
    if bytes.get(at) != Some(&b'{') {
        return Err(NOT_AN_OBJECT.into());
    }
    at += 1;
    loop {
        at = skip_blanks(bytes, at);
        match bytes.get(at) {
            Some(b'"') => {}
            Some(b'}') => {
                *end = at + 1;
                return Ok(Flow::Continue);
            }
            _ => return Err(NO_OBJECT_END.into()),
        }
        let (key_end, key_escaped) = string_end(bytes, at + 1).ok_or(NO_STRING_END)?;
        let key = at + 1..key_end;
        at = skip_blanks(bytes, key_end + 1);
        if bytes.get(at) != Some(&b':') {
            return Err(NO_COLON.into());
        }
        at = skip_blanks(bytes, at + 1);
        let (kind, value, next) =
            value(bytes, at).map_err(|message| Fault { message, key: Some(key.clone()) })?;
        if visit(&Member { key, key_escaped, kind, value })? == Flow::Stop {
            return Ok(Flow::Stop);
        }
        at = skip_blanks(bytes, next);
        match bytes.get(at) {
            Some(b',') => at += 1,
            Some(b'}') => {
                *end = at + 1;
                return Ok(Flow::Continue);
            }
            _ => return Err(NO_OBJECT_END.into()),
        }
    }
}

/// Calls `visit` with each element of the array that starts in `text[range]`.
pub(crate) fn elements(
    text: &str,
    range: Range<usize>,
    mut visit: impl FnMut(Kind, Range<usize>) -> Flow,
) -> Result<(), Message> {
    let bytes = &text.as_bytes()[..range.end];
    let mut at = skip_blanks(bytes, range.start);
    if bytes.get(at) != Some(&b'[') {
        return Err(NO_ARRAY_END);
    }
    at = skip_blanks(bytes, at + 1);
    if bytes.get(at) == Some(&b']') {
        return Ok(());
    }
    loop {
        let (kind, range, next) = value(bytes, skip_blanks(bytes, at))?;
        if visit(kind, range) == Flow::Stop {
            return Ok(());
        }
        at = skip_blanks(bytes, next);
        match bytes.get(at) {
            Some(b',') => at += 1,
            Some(b']') => return Ok(()),
            _ => return Err(NO_ARRAY_END),
        }
    }
}

fn skip_blanks(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        at += 1;
    }
    at
}

/// The place of the quote that closes a string whose text starts at `at`, and whether there are escapes before it.
fn string_end(bytes: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        let found = at + memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[found] == b'"' {
            return Some((found, escaped));
        }
        escaped = true;
        at = found + 2;
    }
}

/// The value at `at`: its kind, its text, and where what follows starts.
fn value(bytes: &[u8], at: usize) -> Result<(Kind, Range<usize>, usize), Message> {
    match bytes.get(at) {
        Some(b'"') => {
            let (end, escaped) = string_end(bytes, at + 1).ok_or(NO_STRING_END)?;
            Ok((Kind::String { escaped }, at + 1..end, end + 1))
        }
        Some(b'[') => {
            let end = block_end(bytes, at, b'[', b']').ok_or(NO_ARRAY_END)?;
            Ok((Kind::Array, at..end, end))
        }
        Some(b'{') => {
            let end = block_end(bytes, at, b'{', b'}').ok_or(NO_OBJECT_END)?;
            Ok((Kind::Object, at..end, end))
        }
        Some(first) => {
            let is_end = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b',' | b'}' | b']');
            let end = bytes[at..].iter().position(is_end).map_or(bytes.len(), |length| at + length);
            let kind = match &bytes[at..end] {
                b"true" | b"false" => Kind::Bool,
                b"null" => Kind::Null,
                _ if first.is_ascii_digit() || *first == b'-' => Kind::Number,
                _ => return Err(UNKNOWN_VALUE),
            };
            Ok((kind, at..end, end))
        }
        None => Err(UNKNOWN_VALUE),
    }
}

/// Where the block that opens at `at` has been closed: brackets of its own kind are counted, strings skipped.
fn block_end(bytes: &[u8], at: usize, open: u8, close: u8) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = at;
    loop {
        at += memchr::memchr3(open, close, b'"', bytes.get(at..)?)?;
        match bytes[at] {
            b'"' => at = string_end(bytes, at + 1)?.0,
            byte if byte == open => depth += 1,
            _ => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
        }
        at += 1;
    }
}

/// Appends the text of a string literal; `None` (and nothing appended) when an escape is unknown.
pub(crate) fn unescape(literal: &str, out: &mut String) -> Option<()> {
    let start = out.len();
    let mut rest = literal;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        match unescape_one(&rest[at + 1..]) {
            Some((c, length)) => {
                out.push(c);
                rest = &rest[at + 1 + length..];
            }
            None => {
                out.truncate(start);
                return None;
            }
        }
    }
    out.push_str(rest);
    Some(())
}

/// The character of an escape, and how many bytes it takes behind the backslash.
fn unescape_one(text: &str) -> Option<(char, usize)> {
    let c = match text.bytes().next()? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\x08',
        b'f' => '\x0c',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let code = |at: usize| u32::from_str_radix(text.get(at..at + 4)?, 16).ok();
            let first = code(1)?;
            if (0xd800..0xdc00).contains(&first)
                && text.get(5..7) == Some("\\u")
                && let Some(second) = code(7).filter(|code| (0xdc00..0xe000).contains(code))
            {
                let both = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Some((char::from_u32(both)?, 11));
            }
            return Some((char::from_u32(first).unwrap_or('\u{fffd}'), 5));
        }
        _ => return None,
    };
    Some((c, 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scan(text: &str) -> (String, Result<(), Message>) {
        let mut found = String::new();
        let result = members(text, 0..text.len(), |member| {
            found += &format!("{}={};", &text[member.key.clone()], &text[member.value.clone()]);
            Ok(Flow::Continue)
        });
        (found, result.map(drop).map_err(|fault| fault.message))
    }

    #[test]
    fn members_before_a_fault_are_reported() {
        for (text, members, result) in [
            (
                r#"{"a":1,"b":"x\"y","c":[1,"]"],"d":{"e":"}"}}"#,
                r#"a=1;b=x\"y;c=[1,"]"];d={"e":"}"};"#,
                Ok(()),
            ),
            (r#"  {"a":1} trailing"#, "a=1;", Ok(())),
            (r#"{"a":"b",}"#, "a=b;", Ok(())),
            (r#"{"a":1"#, "a=1;", Err(NO_OBJECT_END)),
            (r#"{"a":1,"b":[1,2}"#, "a=1;", Err(NO_ARRAY_END)),
            (r#"{"a" 1}"#, "", Err(NO_COLON)),
            (r#"{"good":"before","bad":tru}"#, "good=before;", Err(UNKNOWN_VALUE)),
            (r#"{"n":01,"m":-1e400}"#, "n=01;m=-1e400;", Ok(())),
            (r#"{"key":"unterminated"#, "", Err(NO_STRING_END)),
            ("{'single':1}", "", Err(NO_OBJECT_END)),
            ("[1,2]", "", Err(NOT_AN_OBJECT)),
            ("", "", Err(NOT_AN_OBJECT)),
            ("{}", "", Ok(())),
        ] {
            assert_eq!(scan(text), (members.to_owned(), result), "{text}");
        }
    }

    #[test]
    fn strings_are_unescaped() {
        for (literal, expected) in [
            (r"a\n\/\u00e9", Some("a\n/é")),
            (r"\ud83d\uded2", Some("🛒")),
            (r"\ud800x", Some("\u{fffd}x")),
            (r"bad \q", None),
            (r"\u12", None),
        ] {
            let mut out = String::from("kept ");
            let done = unescape(literal, &mut out);
            assert_eq!(done.map(|()| &out["kept ".len()..]), expected, "{literal}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_scanner_panic(text in r#"[{}\[\]",:\\a1\-tun .é]{0,30}"#) {
            drop(scan(&text));
            let _fault = elements(&text, 0..text.len(), |_, _| Flow::Continue);
        }
    }
}
