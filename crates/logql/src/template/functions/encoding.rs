//! Escaping and encodings.

use std::fmt::Write as _;

use crate::template::format;
use crate::template::functions::Outcome;
use crate::template::value::{Value, from_json as read_json};

/// One text as it is, anything else as `print` shows it.
fn joined(args: &[Value<'_>]) -> String {
    match args {
        [Value::Text(text)] => text.clone().into_owned(),
        args => format::print(args),
    }
}

pub(crate) fn html<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let mut out = String::new();
    for c in joined(args).chars() {
        match c {
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\0' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    Ok(Value::from(out))
}

pub(crate) fn js<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let mut out = String::new();
    for c in joined(args).chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            '<' | '>' | '&' | '=' => {
                let _infallible = write!(out, "\\u{:04X}", c as u32);
            }
            c if c.is_control() => {
                let _infallible = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    Ok(Value::from(out))
}

pub(crate) fn urlquery<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let mut out = String::new();
    for byte in joined(args).bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            byte => {
                let _infallible = write!(out, "%{byte:02X}");
            }
        }
    }
    Ok(Value::from(out))
}

pub(crate) fn urldecode<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let text = args[0].text()?;
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                let digits =
                    bytes.get(at + 1..at + 3).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
                let byte = digits
                    .and_then(|digits| std::str::from_utf8(digits).ok())
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok());
                let Some(byte) = byte else {
                    let shown = String::from_utf8_lossy(&bytes[at..(at + 3).min(bytes.len())]).into_owned();
                    return Err(format!("invalid URL escape {}", crate::gotext::quote::Quoted(&shown)));
                };
                out.push(byte);
                at += 3;
            }
            byte => {
                out.push(if byte == b'+' { b' ' } else { byte });
                at += 1;
            }
        }
    }
    Ok(Value::from(String::from_utf8_lossy(&out).into_owned()))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) fn b64enc<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let mut out = String::new();
    for chunk in args[0].text()?.as_bytes().chunks(3) {
        let group =
            chunk.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            if at <= chunk.len() {
                out.push(char::from(ALPHABET[(group >> (18 - 6 * at) & 63) as usize]));
            } else {
                out.push('=');
            }
        }
    }
    Ok(Value::from(out))
}

/// A text that is no base64 becomes the description of what is wrong with it.
pub(crate) fn b64dec<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::from(match decode(args[0].text()?.as_bytes()) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(at) => format!("illegal base64 data at input byte {at}"),
    }))
}

/// Decodes with padding; the error is the place of the first byte that does not fit.
fn decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut out = Vec::new();
    let mut group = 0u32;
    let mut digits = 0;
    let mut at = 0;
    while at < text.len() {
        let byte = text[at];
        at += 1;
        if matches!(byte, b'\r' | b'\n') {
            continue;
        }
        if byte == b'=' {
            let padding = text[at..].iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).count();
            return match (digits, padding) {
                (2, 1) if text[at] == b'=' => {
                    out.push((group >> 4) as u8);
                    Ok(out)
                }
                (3, 0) => {
                    out.extend([(group >> 10) as u8, (group >> 2) as u8]);
                    Ok(out)
                }
                (2 | 3, _) => Err(at.min(text.len())),
                _ => Err(at - 1),
            };
        }
        let Some(value) = ALPHABET.iter().position(|letter| *letter == byte) else { return Err(at - 1) };
        group = group << 6 | value as u32;
        digits += 1;
        if digits == 4 {
            out.extend([(group >> 16) as u8, (group >> 8) as u8, group as u8]);
            (group, digits) = (0, 0);
        }
    }
    if digits == 0 { Ok(out) } else { Err(text.len() - digits) }
}

pub(crate) fn from_json<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(read_json(args[0].text()?).unwrap_or(Value::Nil))
}
