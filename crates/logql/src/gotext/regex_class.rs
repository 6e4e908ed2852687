//! Character classes and escapes of Go's regular expressions.

use std::fmt::Write as _;

use crate::gotext::regex::{RegexError, push_literal};

const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

/// Reads `[…]` at the start of `text`: the class in the other dialect, and how many bytes it took.
pub(super) fn translate(text: &str) -> Result<(String, usize), RegexError> {
    let unclosed = || RegexError::new("missing closing ]", text);
    let mut out = String::from("[");
    let mut at = 1;
    if text[at..].starts_with('^') {
        out.push('^');
        at += 1;
    }
    let mut first = true;
    loop {
        let rest = &text[at..];
        if rest.is_empty() {
            return Err(unclosed());
        }
        if rest.starts_with(']') && !first {
            out.push(']');
            return Ok((out, at + 1));
        }
        first = false;
        if let Some((class, length)) = posix(rest)? {
            out.push_str(class);
            at += length;
            continue;
        }
        if rest.starts_with('\\')
            && let Some((class, length)) = named_class(rest)?
        {
            out.push_str(&class);
            at += length;
            continue;
        }
        at += member(rest, &mut out).map_err(|error| error.unwrap_or_else(unclosed))?;
    }
}

/// One character or a range of them; returns how many bytes it took. `Err(None)` when the class does not end.
fn member(rest: &str, out: &mut String) -> Result<usize, Option<RegexError>> {
    let (low, length) = single(rest)?;
    push_member(out, low);
    let tail = &rest[length..];
    if !tail.starts_with('-') || tail.len() == 1 || tail[1..].starts_with(']') {
        return Ok(length);
    }
    let (high, high_length) = single(&tail[1..])?;
    let taken = length + 1 + high_length;
    if high < low {
        return Err(Some(RegexError::new("invalid character class range", &rest[..taken])));
    }
    out.push('-');
    push_member(out, high);
    Ok(taken)
}

fn push_member(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() || !c.is_ascii() {
        out.push(c);
    } else {
        let _infallible = write!(out, "\\x{:02X}", c as u32);
    }
}

/// `[:alpha:]`, `[:^alpha:]`.
fn posix(rest: &str) -> Result<Option<(&str, usize)>, RegexError> {
    let Some(end) = rest.strip_prefix("[:").and_then(|body| body.find(":]")) else { return Ok(None) };
    let class = &rest[..end + 4];
    let name = rest[2..end + 2].trim_start_matches('^');
    if POSIX.contains(&name) {
        Ok(Some((class, class.len())))
    } else {
        Err(RegexError::new("invalid character class range", class))
    }
}

/// One character of a class; `Err(None)` when the class does not end.
fn single(rest: &str) -> Result<(char, usize), Option<RegexError>> {
    if rest.starts_with('\\') {
        return character(rest).map_err(Some);
    }
    let c = rest.chars().next().ok_or(None)?;
    Ok((c, c.len_utf8()))
}

/// Reads an escape outside of a class: the text in the other dialect, and how many bytes it took.
pub(super) fn escape(rest: &str) -> Result<(String, usize), RegexError> {
    if let Some(class) = named_class(rest)? {
        return Ok(class);
    }
    let (c, length) = character(rest)?;
    let mut out = String::new();
    push_literal(&mut out, c);
    Ok((out, length))
}

/// `\d` and its like, `\pL`, `\p{Greek}`.
fn named_class(rest: &str) -> Result<Option<(String, usize)>, RegexError> {
    let class = match rest.as_bytes().get(1) {
        Some(b'd') => "[0-9]",
        Some(b'D') => "[^0-9]",
        Some(b's') => "[\\t\\n\\x0C\\r ]",
        Some(b'S') => "[^\\t\\n\\x0C\\r ]",
        Some(b'w') => "[0-9A-Za-z_]",
        Some(b'W') => "[^0-9A-Za-z_]",
        Some(kind @ (b'p' | b'P')) => return unicode(rest, *kind == b'P').map(Some),
        _ => return Ok(None),
    };
    Ok(Some((class.to_owned(), 2)))
}

fn unicode(rest: &str, negated: bool) -> Result<(String, usize), RegexError> {
    let invalid = |place: &str| RegexError::new("invalid character class range", place);
    let body = &rest[2..];
    let (name, length) = if let Some(braced) = body.strip_prefix('{') {
        let end = braced.find('}').ok_or_else(|| invalid(rest))?;
        (&braced[..end], end + 4)
    } else {
        let c = body.chars().next().ok_or_else(|| invalid(rest))?;
        (&body[..c.len_utf8()], 2 + c.len_utf8())
    };
    let negated = negated != name.starts_with('^');
    let name = name.trim_start_matches('^');
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(invalid(&rest[..length]));
    }
    if name == "Any" {
        return Ok((if negated { "[^\\x00-\\x{10FFFF}]" } else { "[\\x00-\\x{10FFFF}]" }.to_owned(), length));
    }
    Ok((format!("\\{}{{{name}}}", if negated { 'P' } else { 'p' }), length))
}

/// An escape that stands for one character.
fn character(rest: &str) -> Result<(char, usize), RegexError> {
    let body = &rest[1..];
    let Some(kind) = body.chars().next() else {
        return Err(RegexError::new("trailing backslash at end of expression", ""));
    };
    let invalid = || RegexError::new("invalid escape sequence", &rest[..1 + kind.len_utf8()]);
    let c = match kind {
        'a' => '\x07',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        'x' => return hexadecimal(rest).ok_or_else(invalid),
        '0'..='7' => return octal(rest).ok_or_else(invalid),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => c,
        _ => return Err(invalid()),
    };
    Ok((c, 1 + kind.len_utf8()))
}

fn hexadecimal(rest: &str) -> Option<(char, usize)> {
    let body = &rest[2..];
    let (digits, length) = match body.strip_prefix('{') {
        Some(braced) => {
            let end = braced.find('}')?;
            (&braced[..end], end + 4)
        }
        None => (body.get(..2)?, 4),
    };
    Some((char::from_u32(u32::from_str_radix(digits, 16).ok()?)?, length))
}

/// One to three digits; a single digit other than zero would be a reference, which is not supported.
fn octal(rest: &str) -> Option<(char, usize)> {
    let digits = rest[1..].bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    if digits == 1 && !rest[1..].starts_with('0') {
        return None;
    }
    Some((char::from_u32(u32::from_str_radix(&rest[1..1 + digits], 8).ok()?)?, 1 + digits))
}
