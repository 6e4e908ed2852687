//! `detected_labels`: labels worth offering to a person, and how many values they have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use model::TimestampNanos;
use serde_json::{Value, json};

use super::App;
use super::error::ApiError;
use super::query::json as answer;
use super::selector::selector;
use super::tenant;
use crate::query::{Params, find_streams};

/// Offered whatever their values look like.
const ALWAYS: [&str; 4] = ["cluster", "namespace", "instance", "pod"];

pub(crate) async fn detected_labels(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let tenant = tenant::of(&app, &headers)?;
    let range = params.limited_range(TimestampNanos::now(), &app.limits)?;
    let selectors = params.get("query").map(selector).transpose()?;
    let streams = find_streams(&app.engine, &tenant, range, selectors.as_slice()).await?;
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in streams.iter().flat_map(|stream| stream.labels.iter()) {
        values.entry(name).or_default().insert(value);
    }
    values.retain(|name, values| ALWAYS.contains(name) || values.iter().any(|value| is_telling(value)));
    let list: Vec<Value> =
        values.iter().map(|(name, values)| json!({ "label": name, "cardinality": values.len() })).collect();
    Ok(answer(&if list.is_empty() { json!({}) } else { json!({ "detectedLabels": list }) }))
}

/// Whether a value is more than a number or a UUID.
fn is_telling(value: &str) -> bool {
    value.parse::<f64>().is_err() && !is_uuid(value)
}

/// 32 hexadecimal digits, also with the usual dashes, in braces, or as a URN.
fn is_uuid(text: &str) -> bool {
    let text = text.strip_prefix("urn:uuid:").unwrap_or(text);
    let text = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match text.len() {
        32 => digits(text),
        36 => text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && text.split('-').all(digits),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_uuids_tell_nothing() {
        for (value, telling) in [
            ("shop", true),
            ("1", false),
            ("-2.5e3", false),
            ("v1", true),
            ("550e8400-e29b-41d4-a716-446655440000", false),
            ("{550e8400-e29b-41d4-a716-446655440000}", false),
            ("550e8400e29b41d4a716446655440000", false),
            ("550e8400-e29b-41d4-a716-44665544000g", true),
            ("550e8400-e29b41d4-a716--446655440000", true),
        ] {
            assert_eq!(is_telling(value), telling, "{value}");
        }
    }
}
