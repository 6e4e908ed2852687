//! One notification, as templates and webhooks see it.

use std::collections::BTreeMap;

use go_template::{Functions, Shape, Time, Value};
use serde_json::json;
use url::Url;

use crate::alert::{Alert, Labels, is_private};
use crate::engine::Delivery;

/// How far before its start the links of an alert show a dashboard.
const BEFORE_MS: i64 = 3_600_000;
const ORG_ID: i64 = 1;
/// How Go writes a time that is none.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// An alert in a message.
#[derive(Debug, Clone)]
pub struct MessageAlert {
    pub is_firing: bool,
    /// Without those that are for us.
    pub labels: Labels,
    pub annotations: BTreeMap<String, String>,
    pub starts_at_ms: i64,
    pub ends_at_ms: i64,
    pub generator_url: String,
    pub fingerprint: String,
    pub silence_url: String,
    pub dashboard_url: String,
    pub panel_url: String,
    pub values: Option<BTreeMap<String, f64>>,
    pub value_string: String,
}

/// A notification.
#[derive(Debug, Clone)]
pub struct Message {
    pub receiver: String,
    pub is_firing: bool,
    pub alerts: Vec<MessageAlert>,
    pub group_labels: Labels,
    pub common_labels: Labels,
    pub common_annotations: BTreeMap<String, String>,
    pub external_url: String,
    pub group_key: String,
    pub now_ms: i64,
}

impl Message {
    /// `external_url` is where this server is found.
    #[must_use]
    pub fn new(delivery: &Delivery, external_url: &Url, now_ms: i64) -> Self {
        let alert =
            |is_firing: bool| move |alert: &Alert| MessageAlert::new(alert, is_firing, external_url, now_ms);
        let alerts: Vec<MessageAlert> = delivery
            .firing
            .iter()
            .map(alert(true))
            .chain(delivery.resolved.iter().map(alert(false)))
            .collect();
        Self {
            receiver: delivery.receiver.clone(),
            is_firing: !delivery.firing.is_empty(),
            common_labels: common(alerts.iter().map(|alert| &alert.labels)),
            common_annotations: common(alerts.iter().map(|alert| &alert.annotations)),
            alerts,
            group_labels: public(&delivery.group_labels),
            external_url: external_url.to_string(),
            group_key: delivery.group_key.clone(),
            now_ms,
        }
    }

    #[must_use]
    pub fn status(&self) -> &'static str {
        if self.is_firing { "firing" } else { "resolved" }
    }

    /// Where the interface lists rules.
    #[must_use]
    pub fn rules_url(&self) -> String {
        format!("{}alerting/list", self.external_url)
    }

    /// The dot of templates. `truncated` alerts were left out.
    #[must_use]
    pub fn to_value(&self, truncated: usize) -> Value {
        Value::record([
            ("Receiver", Value::from(self.receiver.as_str())),
            ("Status", Value::from(self.status())),
            ("Alerts", Value::from(self.alerts.iter().map(MessageAlert::to_value).collect::<Vec<_>>())),
            ("GroupLabels", Value::from(self.group_labels.clone())),
            ("CommonLabels", Value::from(self.common_labels.clone())),
            ("CommonAnnotations", Value::from(self.common_annotations.clone())),
            ("ExternalURL", Value::from(self.external_url.as_str())),
            ("GroupKey", Value::from(self.group_key.as_str())),
            ("TruncatedAlerts", Value::Int(i64::try_from(truncated).unwrap_or(i64::MAX))),
        ])
    }
}

impl MessageAlert {
    fn new(alert: &Alert, is_firing: bool, external_url: &Url, now_ms: i64) -> Self {
        let annotation = |name: &str| alert.annotations.get(name).map_or("", String::as_str);
        let until_ms = if is_firing { now_ms } else { alert.ends_at_ms };
        let range = (alert.starts_at_ms - BEFORE_MS, until_ms);
        let (dashboard, panel) = (annotation("__dashboardUid__"), annotation("__panelId__"));
        let link = |panel: &str| match dashboard {
            "" => String::new(),
            uid => dashboard_url(external_url, uid, panel, range),
        };
        Self {
            is_firing,
            labels: public(&alert.labels),
            annotations: public(&alert.annotations),
            starts_at_ms: alert.starts_at_ms,
            ends_at_ms: alert.ends_at_ms,
            generator_url: alert.generator_url.clone(),
            fingerprint: alert.fingerprint().to_string(),
            silence_url: silence_url(external_url, &alert.labels),
            dashboard_url: link(""),
            panel_url: if panel.is_empty() { String::new() } else { link(panel) },
            values: serde_json::from_str(annotation("__values__")).ok(),
            value_string: annotation("__value_string__").to_owned(),
        }
    }

    /// As webhooks send it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let mut json = json!({
            "status": self.status(),
            "labels": self.labels,
            "annotations": self.annotations,
            "startsAt": rfc3339(self.starts_at_ms),
            "endsAt": if self.is_firing { NO_TIME.to_owned() } else { rfc3339(self.ends_at_ms) },
            "generatorURL": self.generator_url,
            "fingerprint": self.fingerprint,
            "silenceURL": self.silence_url,
            "dashboardURL": self.dashboard_url,
            "panelURL": self.panel_url,
            "values": self.values,
            "valueString": self.value_string,
        });
        json["orgId"] = ORG_ID.into();
        json
    }

    #[must_use]
    pub fn status(&self) -> &'static str {
        if self.is_firing { "firing" } else { "resolved" }
    }

    fn to_value(&self) -> Value {
        let text = |text: &String| Value::from(text.as_str());
        let values = self.values.iter().flatten().map(|(name, value)| (name.clone(), Value::from(*value)));
        Value::record([
            ("Status", Value::from(self.status())),
            ("Labels", Value::from(self.labels.clone())),
            ("Annotations", Value::from(self.annotations.clone())),
            ("StartsAt", Value::Time(Time::from_millis(self.starts_at_ms))),
            ("EndsAt", Value::Time(Time::from_millis(self.ends_at_ms))),
            ("GeneratorURL", text(&self.generator_url)),
            ("Fingerprint", text(&self.fingerprint)),
            ("SilenceURL", text(&self.silence_url)),
            ("DashboardURL", text(&self.dashboard_url)),
            ("PanelURL", text(&self.panel_url)),
            ("ImageURL", Value::from("")),
            ("EmbeddedImage", Value::from("")),
            ("Values", Value::from(values.collect::<BTreeMap<_, _>>())),
            ("ValueString", text(&self.value_string)),
            ("OrgID", Value::Int(ORG_ID)),
        ])
    }
}

/// Milliseconds as the API writes times.
#[must_use]
pub(crate) fn rfc3339(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

fn public(all: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let pairs = all.iter().filter(|(name, _)| !is_private(name));
    pairs.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn common<'a>(mut all: impl Iterator<Item = &'a BTreeMap<String, String>>) -> BTreeMap<String, String> {
    let mut common = all.next().cloned().unwrap_or_default();
    for other in all {
        common.retain(|name, value| other.get(name) == Some(value));
    }
    common
}

/// The form for a silence, filled in. What is for us tells rules of the same name apart.
fn silence_url(external_url: &Url, labels: &Labels) -> String {
    let Ok(mut url) = external_url.join("alerting/silence/new") else { return String::new() };
    let mut query = url.query_pairs_mut();
    query.append_pair("alertmanager", "grafana");
    for (name, value) in labels.iter().filter(|(name, _)| !is_private(name) || *name == "__alert_rule_uid__")
    {
        query.append_pair("matcher", &format!("{name}={value}"));
    }
    query.append_pair("orgId", "1");
    drop(query);
    url.to_string()
}

fn dashboard_url(external_url: &Url, uid: &str, panel: &str, (from, to): (i64, i64)) -> String {
    let Ok(mut url) = external_url.join("d/") else { return String::new() };
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(uid);
    }
    let mut query = url.query_pairs_mut();
    query.append_pair("from", &from.to_string()).append_pair("orgId", "1").append_pair("to", &to.to_string());
    if !panel.is_empty() {
        query.append_pair("viewPanel", panel);
    }
    drop(query);
    url.to_string()
}

/// The functions of messages, with the methods of their lists and labels.
pub(super) fn functions() -> Functions {
    let mut all = Functions::messages();
    for (name, status) in [("Firing", "firing"), ("Resolved", "resolved")] {
        all.register_method(Shape::List, name, 0, 0, move |args| match &args[0] {
            Value::List(list) => {
                let has_status = |value: &&Value| match value {
                    Value::Record(alert) => alert.fields.get("Status") == Some(&Value::from(status)),
                    _ => false,
                };
                Ok(Value::from(list.iter().filter(has_status).cloned().collect::<Vec<_>>()))
            }
            _ => Err("not a list of alerts".to_owned()),
        });
    }
    all.register_method(Shape::Texts, "SortedPairs", 0, 0, |args| Ok(sorted_pairs(&args[0])));
    for name in ["Name", "Value"] {
        let list = format!("{name}s");
        all.register_method(Shape::Texts, &list, 0, 0, move |args| Ok(column(&sorted_pairs(&args[0]), name)));
        all.register_method(Shape::List, &list, 0, 0, move |args| Ok(column(&args[0], name)));
    }
    all.register_method(Shape::Texts, "Remove", 1, 1, |args| match (&args[0], &args[1]) {
        (Value::Texts(texts), Value::List(names)) => {
            let mut texts = texts.as_ref().clone();
            texts.retain(|name, _| !names.contains(&Value::from(name.as_str())));
            Ok(Value::from(texts))
        }
        _ => Err("expected a list of names".to_owned()),
    });
    all
}

/// By name, but what the alert is called comes first.
fn sorted_pairs(value: &Value) -> Value {
    let Value::Texts(texts) = value else { return Value::Nil };
    let mut pairs: Vec<(&String, &String)> = texts.iter().collect();
    pairs.sort_by_key(|(name, _)| (*name != "alertname", *name));
    let pair = |(name, value): (&String, &String)| {
        Value::record([("Name", Value::from(name.as_str())), ("Value", Value::from(value.as_str()))])
    };
    Value::from(pairs.into_iter().map(pair).collect::<Vec<_>>())
}

fn column(pairs: &Value, name: &str) -> Value {
    let Value::List(list) = pairs else { return Value::Nil };
    let field = |value: &Value| match value {
        Value::Record(record) => record.fields.get(name).cloned(),
        _ => None,
    };
    Value::from(list.iter().filter_map(field).collect::<Vec<_>>())
}
