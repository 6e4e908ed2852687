//! Paths into JSON: the part of JMESPath that collectors' configurations use (`a.b`, `"a key".c`, `list[0]`, `list[-1]`).

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Key(String),
    /// Negative counts from the end.
    Index(i64),
}

/// Parses a path; at least one step.
pub fn parse(text: &str) -> Result<Vec<Step>, String> {
    let fail = |why: &str| {
        format!("expression {text:?} {why}; paths such as a.b, \"a key\".c or list[0] are understood")
    };
    let mut steps = Vec::new();
    let mut rest = text.trim();
    if let Some(tail) = rest.strip_prefix("@.") {
        rest = tail;
    }
    loop {
        if let Some(tail) = rest.strip_prefix('[') {
            let (index, tail) = tail.split_once(']').ok_or_else(|| fail("lacks a closing bracket"))?;
            steps.push(Step::Index(
                index.trim().parse().map_err(|_| fail("has an index that is not a number"))?,
            ));
            rest = tail;
        } else if rest.starts_with('"') {
            let mut strings = serde_json::Deserializer::from_str(rest).into_iter::<String>();
            let key =
                strings.next().and_then(Result::ok).ok_or_else(|| fail("has an unfinished quoted key"))?;
            rest = &rest[strings.byte_offset()..];
            steps.push(Step::Key(key));
        } else {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            if end == 0 || rest.starts_with(|c: char| c.is_numeric()) {
                return Err(fail("is not a path"));
            }
            steps.push(Step::Key(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        match rest.as_bytes().first() {
            None => return Ok(steps),
            Some(b'.') => rest = &rest[1..],
            Some(b'[') => {}
            Some(_) => return Err(fail("is not a path")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let key = |name: &str| Step::Key(name.to_owned());
        for (text, expected) in [
            ("level", vec![key("level")]),
            ("a.b_c", vec![key("a"), key("b_c")]),
            (r#""a key"."x.y".z"#, vec![key("a key"), key("x.y"), key("z")]),
            ("list[0].name", vec![key("list"), Step::Index(0), key("name")]),
            ("[-1]", vec![Step::Index(-1)]),
            ("@.a", vec![key("a")]),
        ] {
            assert_eq!(parse(text).unwrap(), expected, "{text}");
        }
        for text in ["", "a.", "a | b", "length(a)", "a[*]", "a[0", "\"open", "9a", "a b"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
