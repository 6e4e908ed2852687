//! The `tags` parameter: `service.name=order-service http.url="/a b"`.

/// Why tags cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum LogfmtError {
    #[error("unexpected {found:?} at pos {at}")]
    Unexpected { found: char, at: usize },
    #[error("the quoted value that starts at pos {at} does not end")]
    Unterminated { at: usize },
    #[error("tag {0} has been set twice")]
    Twice(String),
}

/// Reads `key=value` pairs. A key without `=` has an empty value.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, LogfmtError> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    loop {
        while chars.get(at).is_some_and(|c| *c <= ' ') {
            at += 1;
        }
        if at >= chars.len() {
            return Ok(pairs);
        }
        let start = at;
        while chars.get(at).is_some_and(|c| *c > ' ' && !matches!(c, '=' | '"')) {
            at += 1;
        }
        if let Some(found) = chars.get(at).filter(|c| **c == '"' || at == start) {
            return Err(LogfmtError::Unexpected { found: *found, at: at + 1 });
        }
        let key: String = chars[start..at].iter().collect();
        let value = if chars.get(at) == Some(&'=') { value(&chars, &mut at)? } else { String::new() };
        if pairs.iter().any(|(known, _)| *known == key) {
            return Err(LogfmtError::Twice(key));
        }
        pairs.push((key, value));
    }
}

/// Reads the value after the `=` at `at`.
fn value(chars: &[char], at: &mut usize) -> Result<String, LogfmtError> {
    *at += 1;
    let start = *at;
    if chars.get(start) != Some(&'"') {
        while chars.get(*at).is_some_and(|c| *c > ' ') {
            if matches!(chars[*at], '=' | '"') {
                return Err(LogfmtError::Unexpected { found: chars[*at], at: *at + 1 });
            }
            *at += 1;
        }
        return Ok(chars[start..*at].iter().collect());
    }
    let mut text = String::new();
    *at += 1;
    loop {
        let c = *chars.get(*at).ok_or(LogfmtError::Unterminated { at: start + 1 })?;
        *at += 1;
        match c {
            '"' => return Ok(text),
            '\\' => {
                let escaped = *chars.get(*at).ok_or(LogfmtError::Unterminated { at: start + 1 })?;
                *at += 1;
                text.push(match escaped {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                });
            }
            c => text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read() {
        for (text, expected) in [
            ("", &[][..]),
            ("a=b", &[("a", "b")]),
            (" a.b=c   d=\"e f\" ", &[("a.b", "c"), ("d", "e f")]),
            (r#"q="ring \"twice\"""#, &[("q", "ring \"twice\"")]),
            ("a", &[("a", "")]),
            ("a= b=1", &[("a", ""), ("b", "1")]),
            ("case=tree, role=leaf", &[("case", "tree,"), ("role", "leaf")]),
            ("name=\"заказ 🛒\"", &[("name", "заказ 🛒")]),
        ] {
            let found = parse(text).unwrap();
            let found: Vec<_> = found.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn bad_text_names_the_place() {
        for (text, expected) in [
            ("\"case\"=tree", LogfmtError::Unexpected { found: '"', at: 1 }),
            ("=x", LogfmtError::Unexpected { found: '=', at: 1 }),
            ("a=\"b", LogfmtError::Unterminated { at: 3 }),
            ("a=b=c", LogfmtError::Unexpected { found: '=', at: 4 }),
            ("a=1 a=2", LogfmtError::Twice("a".into())),
        ] {
            assert_eq!(parse(text), Err(expected), "{text}");
        }
    }
}
