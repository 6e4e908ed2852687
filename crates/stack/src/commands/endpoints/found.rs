//! What the bodies of answers say.

use std::collections::BTreeSet;

use serde_json::Value;

/// The id of an order, whether it stands in the body itself or in its `order`.
pub fn order_id(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    [&body["id"], &body["order_id"], &body["order"]["id"]].into_iter().find_map(|id| match id {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    })
}

/// The services whose spans a trace holds.
pub fn services(body: &str) -> BTreeSet<String> {
    let mut services = BTreeSet::new();
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let trace = body.get("trace").unwrap_or(&body);
    for resource in
        [&trace["resourceSpans"], &trace["batches"]].into_iter().filter_map(Value::as_array).flatten()
    {
        for attribute in resource["resource"]["attributes"].as_array().into_iter().flatten() {
            if attribute["key"] == "service.name"
                && let Some(name) = attribute["value"]["stringValue"].as_str()
            {
                services.insert(name.to_owned());
            }
        }
    }
    services
}

/// How many lines a log query found.
pub fn lines(body: &str) -> usize {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    body["data"]["result"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|stream| stream["values"].as_array())
        .map(Vec::len)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_traces_and_lines_are_found() {
        for (body, expected) in [
            (r#"{"id":17}"#, Some("17")),
            (r#"{"order":{"id":"01K"}}"#, Some("01K")),
            (r#"{"order_id":3}"#, Some("3")),
            ("[]", None),
            ("oops", None),
        ] {
            assert_eq!(order_id(body).as_deref(), expected, "{body}");
        }
        let attributes =
            r#"{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"a"}}]}}"#;
        let of = |body: String| services(&body).into_iter().collect::<Vec<_>>();
        assert_eq!(of(format!(r#"{{"trace":{{"resourceSpans":[{attributes}]}}}}"#)), ["a"]);
        assert_eq!(of(format!(r#"{{"batches":[{attributes}]}}"#)), ["a"]);
        assert_eq!(
            lines(r#"{"data":{"result":[{"values":[["1","x"],["2","y"]]},{"values":[["3","z"]]}]}}"#),
            3
        );
        assert_eq!(lines("{}"), 0);
    }
}
