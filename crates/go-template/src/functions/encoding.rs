//! Escaping, and links.

use std::fmt::Write as _;

use crate::format;
use crate::functions::Outcome;
use crate::value::Value;

/// One text as it is, anything else as `print` shows it.
fn joined(args: &[Value]) -> String {
    match args {
        [Value::Text(text)] => text.as_ref().to_owned(),
        args => format::print(args),
    }
}

pub(crate) fn html(args: &[Value]) -> Outcome {
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

pub(crate) fn js(args: &[Value]) -> Outcome {
    let mut out = String::new();
    for c in joined(args).chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            c if c.is_control() || matches!(c, '<' | '>' | '&' | '=') => {
                let _infallible = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    Ok(Value::from(out))
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            byte => {
                let _infallible = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

pub(crate) fn urlquery(args: &[Value]) -> Outcome {
    Ok(Value::from(escape(&joined(args))))
}

pub(crate) fn url_unescape(args: &[Value]) -> Outcome {
    let text = args[0].text()?;
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
                let code = digit().zip(digit()).map(|(high, low)| high * 16 + low);
                let code = code.and_then(|code| u8::try_from(code).ok()).ok_or("invalid URL escape")?;
                out.push(code);
            }
            b'+' => out.push(b' '),
            byte => out.push(byte),
        }
    }
    Ok(Value::from(String::from_utf8_lossy(&out).into_owned()))
}

fn link(args: &[Value], tab: u8) -> Outcome {
    Ok(Value::from(format!("/graph?g0.expr={}&g0.tab={tab}", escape(args[0].text()?))))
}

pub(crate) fn graph_link(args: &[Value]) -> Outcome {
    link(args, 0)
}

pub(crate) fn table_link(args: &[Value]) -> Outcome {
    link(args, 1)
}
