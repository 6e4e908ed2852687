//! How series are called: `{{label}}` in a format, or their labels.

use serde_json::{Map, Value};

/// The name of a series; `None` when its labels say it themselves.
pub(super) fn name(format: Option<&str>, labels: &Map<String, Value>) -> Option<String> {
    let format = format.filter(|format| *format != "__auto")?;
    let mut name = String::new();
    let mut rest = format;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start..].find("}}") else { break };
        name.push_str(&rest[..start]);
        let label = rest[start + 2..start + length].trim();
        name.push_str(labels.get(label).and_then(Value::as_str).unwrap_or_default());
        rest = &rest[start + length + 2..];
    }
    name.push_str(rest);
    Some(name)
}

/// `{a="b", c="d"}`, with the metric's name before it.
pub(super) fn series(labels: &Map<String, Value>) -> String {
    let metric = labels.get("__name__").and_then(Value::as_str).unwrap_or_default();
    let pairs: Vec<String> = labels
        .iter()
        .filter(|(name, _)| *name != "__name__")
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if pairs.is_empty() && !metric.is_empty() {
        metric.to_owned()
    } else {
        format!("{metric}{{{}}}", pairs.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn legends_are_filled() {
        let Value::Object(labels) = json!({ "service": "shop", "__name__": "up" }) else {
            unreachable!("an object")
        };
        for (format, expected) in [
            (Some("{{service}} · {{ missing }}!"), Some("shop · !")),
            (Some("all"), Some("all")),
            (Some("{{service"), Some("{{service")),
            (Some("__auto"), None),
            (None, None),
        ] {
            assert_eq!(name(format, &labels).as_deref(), expected);
        }
        assert_eq!(series(&labels), r#"up{service="shop"}"#);
        assert_eq!(series(&Map::new()), "{}");
    }
}
