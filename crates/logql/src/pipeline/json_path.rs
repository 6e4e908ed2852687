//! `json x="a.b[0]['c']"`: paths into a JSON value.

use std::ops::Range;

use crate::pipeline::json_scan::{Flow, Kind, elements, members, unescape};

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// Reads a path.
pub(crate) fn parse(text: &str) -> Result<Vec<Step>, String> {
    let fail = |message: &str| Err(format!("cannot parse expression [{text}]: {message}"));
    let mut steps = Vec::new();
    let mut rest = text.trim_start();
    if rest.is_empty() {
        return fail("syntax error: unexpected $end, expecting LSB or FIELD");
    }
    loop {
        if let Some(body) = rest.strip_prefix('[') {
            match bracketed(body) {
                Ok((step, tail)) => {
                    steps.push(step);
                    rest = tail;
                }
                Err(message) => return fail(message),
            }
        } else {
            let end = rest.find(|c: char| !is_field(c)).unwrap_or(rest.len());
            if end == 0 {
                return fail(if rest.starts_with('.') {
                    "syntax error: unexpected DOT, expecting FIELD"
                } else {
                    "syntax error: unexpected character, expecting FIELD"
                });
            }
            steps.push(Step::Key(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        match rest.chars().next() {
            None => return Ok(steps),
            Some('[') => {}
            Some('.') => {
                rest = &rest[1..];
                if rest.is_empty() || rest.starts_with('[') {
                    return fail("syntax error: unexpected end of the path, expecting FIELD");
                }
            }
            Some(_) => return fail("syntax error: unexpected FIELD"),
        }
    }
}

fn is_field(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

/// What follows a `[`: an index or a quoted key, and the bracket that closes it.
fn bracketed(body: &str) -> Result<(Step, &str), &'static str> {
    const EXPECTED: &str = "syntax error: unexpected $end, expecting STRING or INDEX";
    let step = match body.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let end = body[1..].find(quote).ok_or(EXPECTED)? + 1;
            (Step::Key(body[1..end].to_owned()), &body[end + 1..])
        }
        _ => {
            let end = body.find(|c: char| !c.is_ascii_digit()).unwrap_or(body.len());
            (Step::Index(body[..end].parse().map_err(|_| EXPECTED)?), &body[end..])
        }
    };
    match step.1.strip_prefix(']') {
        Some(tail) => Ok((step.0, tail)),
        None => Err("syntax error: unexpected $end, expecting RSB"),
    }
}

/// Finds the value at a path within `range`. A fault before it hides it; a fault of the value itself is an error.
pub(crate) fn find(
    text: &str,
    kind: Kind,
    range: Range<usize>,
    path: &[Step],
) -> Result<Option<(Kind, Range<usize>)>, &'static str> {
    let mut at = (kind, range);
    for step in path {
        match child(text, at.0, at.1, step)? {
            Some(found) => at = found,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

/// The member or element that a step leads to.
fn child(
    text: &str,
    kind: Kind,
    range: Range<usize>,
    step: &Step,
) -> Result<Option<(Kind, Range<usize>)>, &'static str> {
    let mut found = None;
    match (step, kind) {
        (Step::Key(key), Kind::Object) => {
            let outcome = members(text, range, |member| {
                if !key_is(&text[member.key.clone()], member.key_escaped, key) {
                    return Ok(Flow::Continue);
                }
                found = Some((member.kind, member.value.clone()));
                Ok(Flow::Stop)
            });
            if let Err(fault) = outcome
                && fault.key.is_some_and(|raw| key_is(&text[raw], false, key))
            {
                return Err(fault.message);
            }
        }
        (Step::Index(index), Kind::Array) => {
            let mut at = 0;
            elements(text, range, |kind, range| {
                if at == *index {
                    found = Some((kind, range));
                    return Flow::Stop;
                }
                at += 1;
                Flow::Continue
            })?;
        }
        _ => {}
    }
    Ok(found)
}

/// Whether a key as written is the wanted one.
pub(crate) fn key_is(raw: &str, escaped: bool, wanted: &str) -> bool {
    if !escaped {
        return raw == wanted;
    }
    let mut key = String::new();
    unescape(raw, &mut key).is_some() && key == wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let key = |name: &str| Step::Key(name.to_owned());
        for (text, steps) in [
            ("a", vec![key("a")]),
            ("a.b-c", vec![key("a"), key("b-c")]),
            ("a[0][\"x.y\"].z", vec![key("a"), Step::Index(0), key("x.y"), key("z")]),
            ("['k']", vec![key("k")]),
            ("[3]", vec![Step::Index(3)]),
        ] {
            assert_eq!(parse(text), Ok(steps), "{text}");
        }
        for (text, error) in [
            ("", "cannot parse expression []: syntax error: unexpected $end, expecting LSB or FIELD"),
            ("a..b", "cannot parse expression [a..b]: syntax error: unexpected DOT, expecting FIELD"),
            (
                "a[-1]",
                "cannot parse expression [a[-1]]: syntax error: unexpected $end, expecting STRING or INDEX",
            ),
            ("a b", "cannot parse expression [a b]: syntax error: unexpected FIELD"),
        ] {
            assert_eq!(parse(text), Err(error.to_owned()), "{text}");
        }
    }

    #[test]
    fn values_are_found() {
        let text = r#"{"a":{"b":[{"c":"x"},2]},"d":[1,2}"#;
        for (path, expected) in [
            ("a.b[0].c", Ok(Some("x"))),
            ("a.b[1]", Ok(Some("2"))),
            ("a.b", Ok(Some(r#"[{"c":"x"},2]"#))),
            ("a.b[7]", Ok(None)),
            ("a.b.c", Ok(None)),
            ("a[0]", Ok(None)),
            ("d", Err(())),
        ] {
            let path = parse(path).unwrap();
            let found = find(text, Kind::Object, 0..text.len(), &path);
            assert_eq!(
                found.map(|found| found.map(|(_, range)| &text[range])).map_err(drop),
                expected,
                "{path:?}"
            );
        }
    }
}
