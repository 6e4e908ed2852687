//! YAML configuration: strict, with `${NAME}` and `${NAME:-default}` expanded as Loki, Tempo and Promtail do.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    /// The text is not what the component understands; the message has line and column.
    #[error("{origin}: {message}")]
    Invalid { origin: String, message: String },
}

/// Reads and parses a YAML file after expanding environment variables.
pub fn load_yaml<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    parse_yaml(&expand_env(&text, |name| std::env::var(name).ok()), &path.display().to_string())
}

/// The text of the named file, else of `default` if that exists, else `built_in`; and where it came from.
pub fn config_text(
    named: Option<&Path>,
    default: &Path,
    built_in: &str,
) -> Result<(String, String), ConfigError> {
    let Some(path) = named.or_else(|| default.is_file().then_some(default)) else {
        return Ok((built_in.to_owned(), "built-in configuration".to_owned()));
    };
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    Ok((text, path.display().to_string()))
}

/// Parses YAML; `origin` names the source in errors.
pub fn parse_yaml<T: DeserializeOwned>(text: &str, origin: &str) -> Result<T, ConfigError> {
    serde_saphyr::from_str(text)
        .map_err(|error| ConfigError::Invalid { origin: origin.to_owned(), message: error.to_string() })
}

/// Replaces `${NAME}` and `${NAME:-default}`; `$$` is a literal dollar, a bare `$` stays. Unset names become empty.
pub fn expand_env(text: &str, lookup: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(tail) = after.strip_prefix('$') {
            out.push('$');
            rest = tail;
        } else if let Some((inner, tail)) = after.strip_prefix('{').and_then(|body| body.split_once('}')) {
            let (name, default) = inner.split_once(":-").unwrap_or((inner, ""));
            let value = lookup(name).filter(|value| !value.is_empty());
            out.push_str(value.as_deref().unwrap_or(default));
            rest = tail;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environment_variables_are_expanded() {
        let lookup = |name: &str| match name {
            "HOST" => Some("loki".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        for (text, expected) in [
            ("http://${HOST}:3100", "http://loki:3100"),
            ("${MISSING:-http://localhost:3100}/x", "http://localhost:3100/x"),
            ("${EMPTY:-a}", "a"),
            ("${MISSING}", ""),
            ("price $$5 and $1", "price $5 and $1"),
            ("${broken", "${broken"),
        ] {
            assert_eq!(expand_env(text, lookup), expected, "{text}");
        }
    }

    #[test]
    fn a_named_file_beats_the_default_and_both_what_is_built_in() {
        let dir = tempfile::tempdir().unwrap();
        let (named, default) = (dir.path().join("named"), dir.path().join("default"));
        let found = |named: Option<&Path>| config_text(named, &default, "built in").map(|(text, _)| text);
        assert_eq!(found(None).unwrap(), "built in");
        std::fs::write(&default, "default").unwrap();
        assert_eq!(found(None).unwrap(), "default");
        assert!(matches!(found(Some(&named)), Err(ConfigError::Read { .. })));
        std::fs::write(&named, "named").unwrap();
        assert_eq!(found(Some(&named)).unwrap(), "named");
    }

    #[test]
    fn unknown_keys_are_named_with_their_place() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Config {
            #[expect(dead_code, reason = "only parsed")]
            port: u16,
        }
        let error = parse_yaml::<Config>("port: 1\nprot: 2\n", "x.yaml").unwrap_err().to_string();
        assert!(error.starts_with("x.yaml: "), "{error}");
        assert!(error.contains("prot") && error.contains('2'), "{error}");
    }
}
