//! Importing a shared dashboard: the places it left open (`__inputs`) are filled in.
//!
//! An export names data sources as `${DS_LOKI}` and says in `__inputs` what belongs there. The importer sends the values.

use serde_json::{Map, Value};

/// A value for one of the open places.
#[derive(Debug, Clone, serde::Deserialize)]
pub(crate) struct Input {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) value: String,
}

/// What an export says about an open place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) plugin_id: String,
    pub(crate) value: Option<String>,
}

/// The open places of an export.
pub(crate) fn wanted(document: &Value) -> Vec<Wanted> {
    let Some(items) = document.get("__inputs").and_then(Value::as_array) else {
        return Vec::new();
    };
    let text = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    items
        .iter()
        .filter_map(|item| {
            Some(Wanted {
                name: text(item, "name")?,
                kind: text(item, "type").unwrap_or_default(),
                plugin_id: text(item, "pluginId").unwrap_or_default(),
                value: text(item, "value"),
            })
        })
        .collect()
}

/// Fills the open places. `value_of` gives the value of a place or says why there is none.
pub(crate) fn fill(
    mut document: Value,
    value_of: impl Fn(&Wanted) -> Result<String, String>,
) -> Result<Value, String> {
    let mut values = Vec::new();
    for place in wanted(&document) {
        let value = value_of(&place)?;
        values.push((format!("${{{}}}", place.name), value));
    }
    if let Some(map) = document.as_object_mut() {
        for name in ["__inputs", "__requires", "__elements"] {
            map.shift_remove(name);
        }
    }
    if !values.is_empty() {
        replace(&mut document, &values);
    }
    Ok(document)
}

fn replace(value: &mut Value, values: &[(String, String)]) {
    match value {
        Value::String(text) if text.contains("${") => {
            for (place, filling) in values {
                if text.contains(place.as_str()) {
                    *text = text.replace(place.as_str(), filling);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, values)),
        Value::Object(map) => replace_in_map(map, values),
        _ => {}
    }
}

fn replace_in_map(map: &mut Map<String, Value>, values: &[(String, String)]) {
    for (_, item) in map.iter_mut() {
        replace(item, values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn places_are_filled() {
        let document = json!({
            "__inputs": [
                { "name": "DS_LOKI", "type": "datasource", "pluginId": "loki" },
                { "name": "VAR_ENV", "type": "constant", "value": "lab" },
            ],
            "__requires": [], "title": "A ${VAR_ENV}",
            "panels": [{ "datasource": { "uid": "${DS_LOKI}" }, "targets": [{ "expr": "{a=\"$x\"} ${other}" }] }],
        });
        let filled = fill(document, |place| {
            Ok(place.value.clone().unwrap_or_else(|| format!("uid-of-{}", place.plugin_id)))
        })
        .unwrap();
        assert_eq!(
            filled,
            json!({
                "title": "A lab",
                "panels": [{ "datasource": { "uid": "uid-of-loki" }, "targets": [{ "expr": "{a=\"$x\"} ${other}" }] }],
            })
        );
    }

    #[test]
    fn a_place_without_a_value_is_an_error() {
        let document = json!({ "__inputs": [{ "name": "DS", "type": "datasource" }] });
        assert_eq!(fill(document, |place| Err(format!("no {}", place.name))), Err("no DS".to_owned()));
    }
}
