//! Selectors of the endpoints that know streams, not lines.

use logql::{CompiledSelector, Expr};

use crate::query::QueryError;

/// Parses a selector that must not match everything; pipelines and metric queries are refused.
pub(super) fn selector(text: &str) -> Result<CompiledSelector, QueryError> {
    match logql::parse_expr(text)? {
        Expr::Log(log) if log.stages.is_empty() => Ok(CompiledSelector::new(&log.selector)?),
        Expr::Log(_) | Expr::Metric(_) => {
            Err(QueryError::Invalid("only label matchers are supported".to_owned()))
        }
    }
}

/// As [`selector`], but `{}` is allowed and takes all streams. Also gives the names of the labels it asks about.
pub(super) fn selector_or_all(text: &str) -> Result<(CompiledSelector, Vec<String>), QueryError> {
    match logql::parse_selector(text) {
        Ok(parsed) if parsed.matchers.is_empty() => Ok((CompiledSelector::new(&parsed)?, Vec::new())),
        Ok(parsed) => {
            let names = parsed.matchers.into_iter().map(|matcher| matcher.name).collect();
            Ok((selector(text)?, names))
        }
        Err(_) => Ok((selector(text)?, Vec::new())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_label_matchers_are_taken() {
        for (text, error) in [
            (r#"{a="b"}"#, None),
            (r#"{a="b"} |= "x""#, Some("only label matchers are supported")),
            (r#"rate({a="b"}[1m])"#, Some("only label matchers are supported")),
            ("{}", Some("at least one regexp or equality matcher")),
            (r#"{a!="b"}"#, Some("at least one regexp or equality matcher")),
            ("", Some("parse error")),
        ] {
            let found = selector(text).err().map(|error| error.to_string());
            assert_eq!(found.is_some(), error.is_some(), "{text}");
            assert!(found.unwrap_or_default().contains(error.unwrap_or_default()), "{text}");
            let or_all = selector_or_all(text).map(|(_, names)| names).ok();
            let expected = match text {
                "{}" => Some(vec![]),
                r#"{a="b"}"# => Some(vec!["a".to_owned()]),
                _ => None,
            };
            assert_eq!(or_all, expected, "{text}");
        }
    }
}
