//! OTLP log records as entries: which attributes become labels, which metadata.

use serde_json::Value;

type Pairs = Vec<(String, String)>;

/// Resource attributes that become labels.
const LABELS: [&str; 18] = [
    "service.name",
    "service.namespace",
    "service.instance.id",
    "deployment.environment",
    "deployment.environment.name",
    "cloud.region",
    "cloud.availability_zone",
    "k8s.cluster.name",
    "k8s.namespace.name",
    "k8s.pod.name",
    "k8s.container.name",
    "container.name",
    "k8s.replicaset.name",
    "k8s.deployment.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "k8s.cronjob.name",
    "k8s.job.name",
];

pub fn each_record(document: &Value, mut visit: impl FnMut(Pairs, i64, String, Pairs)) {
    for resource in list(&document["resourceLogs"]) {
        let mut labels = Pairs::new();
        let mut of_resource = Pairs::new();
        for attribute in list(&resource["resource"]["attributes"]) {
            let name = attribute["key"].as_str().unwrap_or_default();
            if LABELS.contains(&name) {
                labels.push((name.replace('.', "_"), text(&attribute["value"])));
            } else {
                flatten(&name.replace('.', "_"), &attribute["value"], &mut of_resource);
            }
        }
        for scope in list(&resource["scopeLogs"]) {
            let mut of_scope = Pairs::new();
            attributes(&scope["scope"]["attributes"], &mut of_scope);
            for key in ["name", "version"] {
                if let Some(value) = scope["scope"][key].as_str().filter(|value| !value.is_empty()) {
                    of_scope.push((format!("scope_{key}"), value.to_owned()));
                }
            }
            for record in list(&scope["logRecords"]) {
                let mut metadata = Pairs::new();
                attributes(&record["attributes"], &mut metadata);
                first_class(record, &mut metadata);
                metadata.extend(of_resource.iter().chain(&of_scope).cloned());
                visit(
                    labels.clone(),
                    nanos(&record["timeUnixNano"])
                        .or_else(|| nanos(&record["observedTimeUnixNano"]))
                        .unwrap_or(0),
                    text(&record["body"]),
                    metadata,
                );
            }
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn nanos(value: &Value) -> Option<i64> {
    value.as_str()?.parse().ok().filter(|nanos| *nanos != 0)
}

/// Fields of the record that are no attributes.
fn first_class(record: &Value, metadata: &mut Pairs) {
    if let (Some(_), Some(observed)) =
        (nanos(&record["timeUnixNano"]), nanos(&record["observedTimeUnixNano"]))
    {
        metadata.push(("observed_timestamp".to_owned(), observed.to_string()));
    }
    for (key, name) in [
        ("severityNumber", "severity_number"),
        ("severityText", "severity_text"),
        ("droppedAttributesCount", "dropped_attributes_count"),
        ("flags", "flags"),
        ("traceId", "trace_id"),
        ("spanId", "span_id"),
        ("eventName", "event_name"),
    ] {
        let value = match &record[key] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => continue,
        };
        if !value.is_empty() && value != "0" {
            metadata.push((name.to_owned(), value));
        }
    }
}

fn attributes(value: &Value, out: &mut Pairs) {
    for attribute in list(value) {
        flatten(&attribute["key"].as_str().unwrap_or_default().replace('.', "_"), &attribute["value"], out);
    }
}

fn flatten(name: &str, value: &Value, out: &mut Pairs) {
    match value.get("kvlistValue") {
        Some(map) => {
            for member in list(&map["values"]) {
                let key = member["key"].as_str().unwrap_or_default().replace('.', "_");
                flatten(&format!("{name}_{key}"), &member["value"], out);
            }
        }
        None => out.push((name.to_owned(), text(value))),
    }
}

/// A value as text: maps and arrays as JSON.
fn text(value: &Value) -> String {
    match plain(value) {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn plain(value: &Value) -> Value {
    let Some((kind, value)) = value.as_object().and_then(|map| map.iter().next()) else { return Value::Null };
    match kind.as_str() {
        "intValue" => {
            value.as_str().and_then(|text| text.parse::<i64>().ok()).map_or(Value::Null, Value::from)
        }
        "arrayValue" => Value::Array(list(&value["values"]).iter().map(plain).collect()),
        "kvlistValue" => Value::Object(
            list(&value["values"])
                .iter()
                .map(|member| {
                    (member["key"].as_str().unwrap_or_default().to_owned(), plain(&member["value"]))
                })
                .collect(),
        ),
        _ => value.clone(),
    }
}
