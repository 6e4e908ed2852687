//! Every query of every panel of the shop's dashboards, asked as the browser asks them, while customers are busy.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::harness::Stack;

/// So long customers may take until what panels show has happened at least once.
const PATIENCE: Duration = Duration::from_secs(150);
/// Of a hundred queries, those that may find nothing: errors of rare kinds need not happen in two minutes.
const RARE: usize = 12;

/// A query of a panel, variables filled.
struct Asked {
    place: String,
    query: Value,
}

async fn call(stack: &Stack, path: &str, body: Option<&Value>) -> Value {
    let url = stack.url(3000, path);
    let request = match body {
        Some(body) => stack.http.post(url).header("content-type", "application/json").body(body.to_string()),
        None => stack.http.get(url),
    };
    let text = request.basic_auth("admin", Some("admin123")).send().await.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
}

/// The value that a variable has when somebody opens the dashboard; `All` matches everything.
fn value_of(variable: &Value) -> String {
    let current = &variable["current"]["value"];
    match variable["type"].as_str().unwrap_or_default() {
        "datasource" => variable["query"].as_str().unwrap_or_default().to_owned(),
        "custom" | "textbox" | "constant" | "interval" if current.is_string() && current != "$__all" => {
            current.as_str().unwrap_or_default().to_owned()
        }
        _ => variable["allValue"].as_str().filter(|all| !all.is_empty()).unwrap_or(".+").to_owned(),
    }
}

/// Replaces `$name`, `${name}` and `${name:format}`.
fn filled(text: &str, variables: &Map<String, Value>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let braced = rest[1..].starts_with('{');
        let name_at = if braced { 2 } else { 1 };
        let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
        let length = rest[name_at..].find(|char| !is_name(char)).unwrap_or(rest.len() - name_at);
        let value = variables.get(&rest[name_at..name_at + length]).and_then(Value::as_str);
        let end = match (braced, value) {
            (true, Some(_)) => rest.find('}').map_or(rest.len(), |end| end + 1),
            (false, Some(_)) => name_at + length,
            (_, None) => name_at,
        };
        out.push_str(value.unwrap_or(&rest[..end]));
        rest = &rest[end..];
    }
    out + rest
}

fn fill(value: &Value, variables: &Map<String, Value>) -> Value {
    match value {
        Value::String(text) => Value::from(filled(text, variables)),
        Value::Array(items) => items.iter().map(|item| fill(item, variables)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, item)| (key.clone(), fill(item, variables))).collect())
        }
        other => other.clone(),
    }
}

fn queries(dashboard: &Value) -> Vec<Asked> {
    let variables: Map<String, Value> = dashboard["templating"]["list"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|variable| (variable["name"].as_str().unwrap().to_owned(), Value::from(value_of(variable))))
        .collect();
    let rows = dashboard["panels"].as_array().unwrap();
    let panels =
        rows.iter().chain(rows.iter().flat_map(|row| row["panels"].as_array().into_iter().flatten()));
    let mut asked = Vec::new();
    for panel in panels {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let source =
                if target["datasource"].is_object() { &target["datasource"] } else { &panel["datasource"] };
            let mut query = fill(target, &variables);
            query["datasource"] = fill(source, &variables);
            query["intervalMs"] = json!(15_000);
            // The browser draws service graphs itself, and Grafana's own source is no store.
            let is_asked = query["queryType"] != "serviceMap"
                && query["datasource"]["uid"].as_str().is_some_and(|uid| !uid.starts_with("--"));
            if is_asked {
                let place = format!("{} / {}", dashboard["title"], panel["title"]);
                asked.push(Asked { place, query });
            }
        }
    }
    asked
}

/// Whether the query found something; panics when it is refused.
async fn has_answer(stack: &Stack, asked: &Asked) -> bool {
    let body = json!({ "from": "now-15m", "to": "now", "queries": [asked.query] });
    let answer = call(stack, "/api/ds/query", Some(&body)).await;
    let result = answer["results"].as_object().and_then(|results| results.values().next()).cloned();
    let result = result.unwrap_or_else(|| panic!("{}: {answer}", asked.place));
    assert!(result.get("error").is_none(), "{}: {result}\n{}", asked.place, asked.query);
    let frames = result["frames"].as_array().unwrap();
    frames.iter().any(|frame| frame["data"]["values"][0].as_array().is_some_and(|values| !values.is_empty()))
}

#[tokio::test]
async fn every_panel_of_the_dashboards_has_figures() {
    let stack = Stack::in_checkout();
    stack.succeed(&["up"]);
    let found = call(&stack, "/api/search?type=dash-db", None).await;
    let uids: Vec<&str> = found.as_array().unwrap().iter().map(|hit| hit["uid"].as_str().unwrap()).collect();
    assert!(uids.len() >= 4, "{uids:?}");
    let mut open = Vec::new();
    for uid in uids {
        let dashboard = call(&stack, &format!("/api/dashboards/uid/{uid}"), None).await["dashboard"].clone();
        open.extend(queries(&dashboard));
    }
    let all = open.len();
    assert!(all > 50, "{all} queries");
    let deadline = Instant::now() + PATIENCE;
    while !open.is_empty() && Instant::now() < deadline {
        let mut empty = Vec::new();
        for asked in open {
            if !has_answer(&stack, &asked).await {
                empty.push(asked);
            }
        }
        open = empty;
        if open.len() * 100 <= all * RARE {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let places: Vec<&str> = open.iter().map(|asked| asked.place.as_str()).collect();
    assert!(open.len() * 100 <= all * RARE, "{} of {all} queries find nothing: {places:#?}", open.len());
}
