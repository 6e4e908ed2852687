//! Go's string literals.

use std::fmt;

/// Reads the inside of a double-quoted literal; `None` when an escape is unknown.
pub(crate) fn unquote(body: &str) -> Option<String> {
    if !body.contains('\\') {
        return Some(body.to_owned());
    }
    let mut out = Vec::with_capacity(body.len());
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            escape(&mut chars, &mut out)?;
        } else {
            push(&mut out, c);
        }
    }
    // `\xff` may make bytes that are no text; Go would carry them along, a Rust string can't.
    Some(
        String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    )
}

fn push(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn escape(chars: &mut std::str::Chars<'_>, out: &mut Vec<u8>) -> Option<()> {
    let kind = chars.next()?;
    let plain = match kind {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' | '"' => kind as u8,
        'x' => u8::try_from(digits(chars, 2, 16)?).ok()?,
        '0'..='7' => {
            let code = kind.to_digit(8)? * 64 + digits(chars, 2, 8)?;
            u8::try_from(code).ok()?
        }
        'u' | 'U' => {
            push(out, char::from_u32(digits(chars, if kind == 'u' { 4 } else { 8 }, 16)?)?);
            return Some(());
        }
        _ => return None,
    };
    out.push(plain);
    Some(())
}

fn digits(chars: &mut std::str::Chars<'_>, count: usize, radix: u32) -> Option<u32> {
    let mut code = 0u32;
    for _ in 0..count {
        code = code.checked_mul(radix)?.checked_add(chars.next()?.to_digit(radix)?)?;
    }
    Some(code)
}

/// A string as a double-quoted literal that reads back the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\x07' => f.write_str("\\a")?,
                '\x08' => f.write_str("\\b")?,
                '\x0c' => f.write_str("\\f")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\x0b' => f.write_str("\\v")?,
                c if is_print(c) => write!(f, "{c}")?,
                c if (c as u32) < 0x80 => write!(f, "\\x{:02x}", c as u32)?,
                c if (c as u32) < 0x1_0000 => write!(f, "\\u{:04x}", c as u32)?,
                c => write!(f, "\\U{:08x}", c as u32)?,
            }
        }
        f.write_str("\"")
    }
}

/// Whether Go prints the character as itself in a literal (no table of unassigned characters is kept).
fn is_print(c: char) -> bool {
    if c == ' ' {
        return true;
    }
    let invisible = matches!(c as u32,
        0xad | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb | 0xe000..=0xf8ff
        | 0xf_0000..=0x10_ffff);
    !(c.is_control() || c.is_whitespace() || invisible)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes() {
        for (body, text) in [
            ("plain", Some("plain")),
            (r"a\n\t\\\x41\u00fc\101", Some("a\n\t\\Aü A".replace(' ', "").as_str())),
            (r"\'", None),
            (r"\d", None),
            (r"\u12", None),
            (r"\xff", Some("\u{fffd}")),
        ] {
            assert_eq!(unquote(body).as_deref(), text, "{body}");
        }
        assert_eq!(
            Quoted("a\"\\\n\u{1}\u{a0}ü\u{1f600}").to_string(),
            "\"a\\\"\\\\\\n\\x01\\u00a0ü\u{1f600}\""
        );
    }

    proptest! {
        #[test]
        fn quoting_is_undone(text in any::<String>()) {
            let quoted = Quoted(&text).to_string();
            prop_assert_eq!(unquote(&quoted[1..quoted.len() - 1]), Some(text));
        }
    }
}
