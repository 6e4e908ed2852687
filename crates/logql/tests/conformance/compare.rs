//! How an answer is compared with the recorded one (the corpus' README says why).

use serde_json::{Map, Value};

use crate::api::Answer;

const DETAILS: &str = "__error_details__";

/// `None` if the answer fits the case, else why it does not.
pub fn check(case: &Value, answer: &Answer) -> Option<String> {
    let expected = &case["expect"];
    if expected["status"] != answer.status {
        return Some(format!(
            "status {}, not {}: {}",
            answer.status,
            expected["status"],
            short(&answer.body)
        ));
    }
    let mode = case["compare"].as_str().unwrap_or("exact");
    match mode {
        "status-only" => None,
        "error-contains" => {
            let text = answer.body.as_str().map_or_else(|| answer.body.to_string(), str::to_owned);
            let wanted = case["contains"].as_str().unwrap_or_default();
            // Beyond the rule: errors of queries are to be worded as Loki words them.
            (!text.contains(wanted)).then(|| format!("no {wanted:?} in {text:?}"))
        }
        _ => {
            let ordered = case["ordered"] == true;
            let (mut wanted, mut found) =
                (canonical(&expected["body"], ordered), canonical(&answer.body, ordered));
            if mode == "unordered" {
                (wanted, found) = (unordered(&wanted), unordered(&found));
            }
            difference(&wanted, &found, "$", false)
        }
    }
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(300).collect()
}

/// What has no order, sorted.
fn canonical(body: &Value, ordered: bool) -> Value {
    let mut body = body.clone();
    let data = &mut body["data"];
    if data["resultType"] == "scalar" || !data["result"].is_array() {
        return body;
    }
    if let Some(map) = data.as_object_mut() {
        map.remove("stats");
    }
    if data["resultType"] == "streams" {
        mask_details(&mut data["result"]);
    }
    if !ordered && let Some(list) = data["result"].as_array_mut() {
        list.sort_by_cached_key(|series| {
            let labels = series.get("stream").or_else(|| series.get("metric")).unwrap_or(&Value::Null);
            (sorted_text(labels), sorted_text(series))
        });
    }
    body
}

/// JSON with the members of objects sorted.
fn sorted_text(value: &Value) -> String {
    fn sort(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut members: Vec<_> = map.iter().map(|(key, value)| (key.clone(), sort(value))).collect();
                members.sort_by(|left, right| left.0.cmp(&right.0));
                Value::Object(members.into_iter().collect())
            }
            Value::Array(list) => Value::Array(list.iter().map(sort).collect()),
            other => other.clone(),
        }
    }
    sort(value).to_string()
}

/// The text of `__error_details__` is free: streams that differ in nothing else are one.
fn mask_details(result: &mut Value) {
    if !result.to_string().contains(DETAILS) {
        return;
    }
    let mut merged: Vec<(Option<String>, Value)> = Vec::new();
    for mut stream in result.as_array().cloned().unwrap_or_default() {
        let masked = stream["stream"].get(DETAILS).is_some();
        if masked {
            stream["stream"][DETAILS] = "*".into();
        }
        for tuple in stream["values"].as_array_mut().into_iter().flatten() {
            if let Some(details) = tuple.get_mut(2).and_then(|meta| meta.get_mut("parsed")?.get_mut(DETAILS))
            {
                *details = "*".into();
            }
        }
        let key = masked.then(|| sorted_text(&stream["stream"]));
        let known = merged.iter_mut().find(|(known, _)| key.is_some() && *known == key);
        let more = stream["values"].as_array().cloned().unwrap_or_default();
        match known {
            Some((_, first)) => {
                if let Some(values) = first["values"].as_array_mut() {
                    values.extend(more);
                }
            }
            None => merged.push((key, stream)),
        }
    }
    for (key, stream) in &mut merged {
        if key.is_some()
            && let Some(values) = stream["values"].as_array_mut()
        {
            values.sort_by_cached_key(sorted_text);
        }
    }
    *result = merged.into_iter().map(|(_, stream)| stream).collect();
}

fn unordered(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), unordered(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(list) => {
            let mut list: Vec<Value> = list.iter().map(unordered).collect();
            list.sort_by_cached_key(sorted_text);
            list.into()
        }
        other => other.clone(),
    }
}

fn number(text: &str) -> Option<f64> {
    match text {
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        text => text.parse().ok(),
    }
}

fn close(left: f64, right: f64) -> bool {
    if left.is_nan() || right.is_nan() {
        return left.is_nan() && right.is_nan();
    }
    left == right || (left - right).abs() <= 1e-9 * left.abs().max(right.abs())
}

/// The first difference. `sample`: texts are values of samples.
fn difference(wanted: &Value, found: &Value, path: &str, sample: bool) -> Option<String> {
    match (wanted, found) {
        (Value::Object(left), Value::Object(right)) => {
            if let Some(key) = left.keys().find(|key| !right.contains_key(*key)) {
                return Some(format!("{path}.{key} is missing in {}", short(found)));
            }
            if let Some(key) = right.keys().find(|key| !left.contains_key(*key)) {
                return Some(format!("{path}.{key} is too much: {}", short(&right[key])));
            }
            let metric =
                left.contains_key("metric") || left.get("resultType").is_some_and(|kind| kind == "scalar");
            left.iter().find_map(|(key, value)| {
                let sample = sample || (metric && matches!(key.as_str(), "value" | "values" | "result"));
                difference(value, &right[key], &format!("{path}.{key}"), sample)
            })
        }
        (Value::Array(left), Value::Array(right)) => {
            if left.len() != right.len() {
                let extra = right.iter().find(|item| !left.contains(item)).map(short).unwrap_or_default();
                let lost = left.iter().find(|item| !right.contains(item)).map(short).unwrap_or_default();
                return Some(format!(
                    "{path}: {} items, not {}; too much: {extra}; lost: {lost}",
                    right.len(),
                    left.len()
                ));
            }
            left.iter()
                .zip(right)
                .enumerate()
                .find_map(|(at, (left, right))| difference(left, right, &format!("{path}[{at}]"), sample))
        }
        (Value::Number(left), Value::Number(right)) => {
            let same = close(left.as_f64().unwrap_or(f64::NAN), right.as_f64().unwrap_or(f64::NAN));
            (!same).then(|| format!("{path}: {right}, not {left}"))
        }
        (Value::String(left), Value::String(right)) if sample => {
            let same = match (number(left), number(right)) {
                (Some(left), Some(right)) => close(left, right),
                _ => left == right,
            };
            (!same).then(|| format!("{path}: {right}, not {left}"))
        }
        (left, right) => (left != right).then(|| format!("{path}: {}, not {}", short(right), short(left))),
    }
}
