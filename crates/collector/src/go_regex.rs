//! Regular expressions as Go reads them, for an engine that differs in details.
//!
//! In Go `\d`, `\w`, `\s` and `\b` know ASCII only (which is faster as well), a brace that is no repetition is a brace, and
//! within a class a bracket is a bracket.

use regex::Regex;

/// Compiles `pattern`; the error is one line.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    Regex::new(&translate(pattern)).map_err(|error| {
        let text = error.to_string();
        let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
        format!("{pattern:?} is not a regular expression: {reason}")
    })
}

/// The pattern in the engine's dialect.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    // Characters since the class began; `None` outside of one.
    let mut class: Option<usize> = None;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let mut taken = c.len_utf8();
        match (c, class) {
            ('\\', _) => {
                if let Some(tail) = after.strip_prefix('Q').filter(|_| class.is_none()) {
                    let (literal, _) = tail.split_once("\\E").unwrap_or((tail, ""));
                    out.push_str(&regex::escape(literal));
                    rest = tail[literal.len()..].strip_prefix("\\E").unwrap_or("");
                    continue;
                }
                let escaped = after.chars().next();
                taken += escaped.map_or(0, char::len_utf8);
                escape(escaped, class.is_some(), &mut out);
            }
            ('[', None) => {
                class = Some(0);
                out.push('[');
                rest = after;
                if let Some(tail) = rest.strip_prefix('^') {
                    out.push('^');
                    rest = tail;
                }
                continue;
            }
            ('[', Some(_)) if after.starts_with(':') && after.contains(":]") => {
                let end = after.find(":]").map_or(after.len(), |at| at + 2);
                out.push('[');
                out.push_str(&after[..end]);
                taken += end;
            }
            ('[', Some(_)) => out.push_str("\\["),
            // First in a class, a closing bracket is one of its characters.
            (']', Some(0)) => out.push_str("\\]"),
            (']', Some(_)) => {
                class = None;
                out.push(']');
                rest = after;
                continue;
            }
            ('&' | '~', Some(_)) => out.extend(['\\', c]),
            ('{', None) if !is_repetition(after) => out.push_str("\\{"),
            _ => out.push(c),
        }
        class = class.map(|count| count + 1);
        rest = &rest[taken..];
    }
    out
}

fn escape(escaped: Option<char>, is_in_class: bool, out: &mut String) {
    let (inner, negated) = match escaped {
        Some('d') => ("0-9", false),
        Some('D') => ("0-9", true),
        Some('w') => ("0-9A-Za-z_", false),
        Some('W') => ("0-9A-Za-z_", true),
        Some('s') => (r"\t\n\x0C\r ", false),
        Some('S') => (r"\t\n\x0C\r ", true),
        Some(boundary @ ('b' | 'B')) if !is_in_class => {
            out.extend(["(?-u:\\", if boundary == 'b' { "b" } else { "B" }, ")"]);
            return;
        }
        other => {
            out.push('\\');
            out.extend(other);
            return;
        }
    };
    match (negated, is_in_class) {
        (false, true) => out.push_str(inner),
        (false, false) => out.extend(["[", inner, "]"]),
        (true, _) => out.extend(["[^", inner, "]"]),
    }
}

/// Whether `3}`, `3,}` or `3,5}` follows.
fn is_repetition(after: &str) -> bool {
    let Some((inside, _)) = after.split_once('}') else { return false };
    let (min, max) = inside.split_once(',').unwrap_or((inside, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !min.is_empty() && is_number(min) && is_number(max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_as_in_go() {
        for (pattern, text, expected) in [
            (r"^{", "{x", true),
            (r#"{"level":"(?P<l>\w+)"}"#, r#"{"level":"info"}"#, true),
            (r"a{2}", "aa", true),
            (r"a{2,}$", "a", false),
            (r"a{,2}", "a{,2}", true),
            (r"^[^[]+$", "abc", true),
            (r"^[^[]+$", "a[c", false),
            (r"^[]a]+$", "a]", true),
            (r"^[[:alpha:]]+$", "abc", true),
            (r"^[a&&b]+$", "a&b", true),
            (r"^\d+$", "٣", false),
            (r"^\w+$", "é", false),
            (r"^\W$", "é", true),
            (r"^[\w.-]+$", "a.b-c", true),
            (r"^[^\s]+$", "a b", false),
            (r"^[\D]+$", "ab", true),
            (r"\bfoo\b", "a foo b", true),
            (r"^\Qa.b\E.$", "a.bc", true),
            (r"^\Qa.b\E.$", "axbc", false),
            (r"\\d", r"\d", true),
        ] {
            assert_eq!(compile(pattern).unwrap().is_match(text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn mistakes_are_one_line() {
        let error = compile("a(b").unwrap_err();
        assert!(error.contains("a(b") && !error.contains('\n'), "{error}");
    }
}
