//! What a dashboard is allowed to be, and how it is saved: the same rules for the API, imports and files.

pub(crate) mod import;
pub(crate) mod save;
pub(crate) mod uid;

use serde_json::{Map, Value};

const TITLE_MAX_CHARS: usize = 5_000;
const TAGS_MAX: usize = 100;
const TAG_MAX_CHARS: usize = 100;

/// Why a document is no dashboard.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum Invalid {
    #[error("Dashboard title cannot be empty")]
    NoTitle,
    #[error("Dashboard title is longer than {TITLE_MAX_CHARS} characters")]
    LongTitle,
    #[error("uid too long, max 40 characters")]
    LongUid,
    #[error("uid contains illegal characters")]
    IllegalUid,
    #[error("a dashboard has at most {TAGS_MAX} tags of at most {TAG_MAX_CHARS} characters")]
    Tags,
    #[error(
        "this is a dashboard of schema V2; only classic dashboards are understood: export it as Classic (V1) JSON"
    )]
    SchemaV2,
    #[error("a dashboard is a JSON object")]
    NotAnObject,
}

/// A checked document.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) map: Map<String, Value>,
    pub(crate) title: String,
    pub(crate) tags: Vec<String>,
}

impl Content {
    /// Checks a document. A Kubernetes-style wrapping of a classic dashboard is taken off.
    pub(crate) fn new(document: Value) -> Result<Self, Invalid> {
        let Value::Object(map) = document else {
            return Err(Invalid::NotAnObject);
        };
        let map = unwrap_resource(map)?;
        let title = map.get("title").and_then(Value::as_str).map(str::trim).unwrap_or_default().to_owned();
        if title.is_empty() {
            return Err(Invalid::NoTitle);
        }
        if title.chars().count() > TITLE_MAX_CHARS {
            return Err(Invalid::LongTitle);
        }
        let tags = tags(&map)?;
        Ok(Self { map, title, tags })
    }

    /// The uid inside, checked; `None` when there is none.
    pub(crate) fn uid(&self) -> Result<Option<&str>, Invalid> {
        let Some(uid) = self.map.get("uid").and_then(Value::as_str).filter(|uid| !uid.is_empty()) else {
            return Ok(None);
        };
        uid::check(uid)?;
        Ok(Some(uid))
    }

    /// A positive number of this name.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.map.get(name).and_then(Value::as_i64).filter(|number| *number > 0)
    }
}

fn unwrap_resource(mut map: Map<String, Value>) -> Result<Map<String, Value>, Invalid> {
    let is_resource =
        map.get("kind").and_then(Value::as_str) == Some("Dashboard") && map.contains_key("spec");
    if is_resource {
        let uid = map.get("metadata").and_then(|metadata| metadata.get("name")).cloned();
        let Some(Value::Object(mut spec)) = map.remove("spec") else {
            return Err(Invalid::NotAnObject);
        };
        if let Some(uid) = uid {
            spec.entry("uid").or_insert(uid);
        }
        map = spec;
    }
    if map.get("elements").is_some_and(Value::is_object) && map.get("layout").is_some_and(Value::is_object) {
        return Err(Invalid::SchemaV2);
    }
    Ok(map)
}

fn tags(map: &Map<String, Value>) -> Result<Vec<String>, Invalid> {
    let Some(items) = map.get("tags").and_then(Value::as_array) else {
        return Ok(Vec::new());
    };
    let mut tags: Vec<String> = Vec::new();
    for tag in items.iter().filter_map(Value::as_str).map(str::trim).filter(|tag| !tag.is_empty()) {
        if tag.chars().count() > TAG_MAX_CHARS || tags.len() == TAGS_MAX {
            return Err(Invalid::Tags);
        }
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    Ok(tags)
}

/// A title as part of an address: `E-commerce Lab Overview` → `e-commerce-lab-overview`.
pub(crate) fn slug(title: &str) -> String {
    let mut slug = String::with_capacity(title.len());
    for char in title.chars().flat_map(char::to_lowercase) {
        let plain = match char {
            'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'í' | 'ì' | 'î' | 'ï' => 'i',
            'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ø' => 'o',
            'ú' | 'ù' | 'û' | 'ü' => 'u',
            'ñ' => 'n',
            'ç' => 'c',
            other => other,
        };
        if plain.is_ascii_alphanumeric() || plain == '_' {
            slug.push(plain);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 100 {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "dashboard".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn titles_become_slugs() {
        for (title, expected) in [
            ("E-commerce Lab Overview", "e-commerce-lab-overview"),
            ("  ¿Qué pasó? Año 2026 ", "que-paso-ano-2026"),
            ("a//b--c", "a-b-c"),
            ("日本", "dashboard"),
            ("Node Exporter Full", "node-exporter-full"),
        ] {
            assert_eq!(slug(title), expected, "{title}");
        }
    }

    #[test]
    fn documents_are_checked() {
        for (document, expected) in [
            (json!({ "title": "A" }), None),
            (json!({ "title": " " }), Some(Invalid::NoTitle)),
            (json!({}), Some(Invalid::NoTitle)),
            (json!([]), Some(Invalid::NotAnObject)),
            (json!({ "title": "A", "elements": {}, "layout": {} }), Some(Invalid::SchemaV2)),
            (
                json!({ "kind": "Dashboard", "spec": { "title": "A", "elements": {}, "layout": {} } }),
                Some(Invalid::SchemaV2),
            ),
            (json!({ "title": "A", "tags": vec!["x".repeat(101)] }), Some(Invalid::Tags)),
        ] {
            assert_eq!(Content::new(document.clone()).err(), expected, "{document}");
        }
    }

    #[test]
    fn a_wrapped_classic_dashboard_is_unwrapped() {
        let document = json!({
            "kind": "Dashboard", "apiVersion": "dashboard.grafana.app/v1",
            "metadata": { "name": "abc" }, "spec": { "title": "A", "tags": ["x", "x", " "] },
        });
        let content = Content::new(document).unwrap();
        assert_eq!((content.uid(), content.title.as_str()), (Ok(Some("abc")), "A"));
        assert_eq!(content.tags, ["x"]);
    }
}
