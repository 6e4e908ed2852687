//! Variables in provisioning files, by Grafana's rules: `$NAME`, `${NAME}`, `$__env{NAME}` and `$__file{/path}` in
//! values; `$$` is a literal dollar. An unset variable is empty.

use serde_json::Value;

/// Looks a variable up.
pub(crate) type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Expands one value. The error says which file could not be read.
pub(crate) fn expand(text: &str, lookup: &Lookup<'_>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(tail) = rest.strip_prefix('$') {
            out.push('$');
            rest = tail;
        } else if let Some((name, tail)) = braced(rest, "__env{").or_else(|| braced(rest, "{")) {
            out.push_str(&lookup(name).unwrap_or_default());
            rest = tail;
        } else if let Some((path, tail)) = braced(rest, "__file{") {
            let content =
                std::fs::read_to_string(path).map_err(|error| format!("$__file{{{path}}}: {error}"))?;
            out.push_str(content.trim());
            rest = tail;
        } else {
            let length = name_length(rest);
            if length == 0 {
                out.push('$');
            } else {
                out.push_str(&lookup(&rest[..length]).unwrap_or_default());
            }
            rest = &rest[length..];
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// Expands every text inside a JSON value; keys are left alone.
pub(crate) fn expand_json(value: Value, lookup: &Lookup<'_>) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => Value::String(expand(&text, lookup)?),
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| expand_json(item, lookup)).collect::<Result<_, _>>()?)
        }
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, item)| Ok((key, expand_json(item, lookup)?)))
                .collect::<Result<_, String>>()?,
        ),
        other => other,
    })
}

fn braced<'a>(text: &'a str, prefix: &str) -> Option<(&'a str, &'a str)> {
    text.strip_prefix(prefix)?.split_once('}')
}

/// A name is letters, digits and underscores; a digit in front is a name by itself, as in a shell.
fn name_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(first) if first.is_ascii_digit() => 1,
        _ => bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_expanded_by_grafanas_rules() {
        let lookup = |name: &str| (name == "HOST" || name == "P1").then(|| format!("<{name}>"));
        for (text, expected) in [
            ("plain", "plain"),
            ("http://$HOST:3100", "http://<HOST>:3100"),
            ("${HOST}s", "<HOST>s"),
            ("$HOSTs", ""),
            ("$P1", "<P1>"),
            ("$1", ""),
            ("$__env{HOST}", "<HOST>"),
            ("$${__value.raw}", "${__value.raw}"),
            ("$$HOST $$$HOST", "$HOST $<HOST>"),
            ("100$ and $)", "100$ and $)"),
            ("${open", "${open"),
            ("end$", "end$"),
        ] {
            assert_eq!(expand(text, &lookup).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn files_are_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "secret\n").unwrap();
        let text = format!("$__file{{{}}}!", file.path().display());
        assert_eq!(expand(&text, &|_| None).unwrap(), "secret!");
        let error = expand("$__file{/does/not/exist}", &|_| None).unwrap_err();
        assert!(error.contains("/does/not/exist"), "{error}");
    }
}
