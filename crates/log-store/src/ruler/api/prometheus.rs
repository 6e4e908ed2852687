//! The state of rules and alerts, in the form of Prometheus' API.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use model::TimestampNanos;
use serde_json::{Map, Value, json};

use crate::api::App;
use crate::api::error::ApiError;
use crate::api::query::json as json_answer;
use crate::api::tenant;
use crate::query::Params;
use crate::ruler::alerts::{Alert, AlertState};
use crate::ruler::group::{Group, RuleState};
use crate::ruler::spec::{RuleKind, RuleSpec};

/// Go's way to say never.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// Which rules a client wants; empty lists want all.
#[derive(Default)]
struct Filter<'a> {
    kind: Option<RuleKind>,
    files: Vec<&'a str>,
    groups: Vec<&'a str>,
    names: Vec<&'a str>,
    without_alerts: bool,
}

impl<'a> Filter<'a> {
    fn of(params: &'a Params) -> Result<Self, String> {
        let kind = match params.get("type").map(str::to_ascii_lowercase).as_deref() {
            None => None,
            Some("alert") => Some(RuleKind::Alerting),
            Some("record") => Some(RuleKind::Recording),
            Some(other) => return Err(format!("not supported value {other:?}, type is alert or record")),
        };
        Ok(Self {
            kind,
            files: params.all(&["file[]", "file"]).collect(),
            groups: params.all(&["rule_group[]", "rule_group"]).collect(),
            names: params.all(&["rule_name[]", "rule_name"]).collect(),
            without_alerts: matches!(params.get("exclude_alerts"), Some("true" | "1")),
        })
    }

    fn wants_group(&self, group: &Group) -> bool {
        let among = |list: &[&str], name: &str| list.is_empty() || list.contains(&name);
        among(&self.files, &group.namespace) && among(&self.groups, &group.spec.yaml.name)
    }

    fn wants_rule(&self, rule: &RuleSpec) -> bool {
        self.kind.is_none_or(|kind| kind == rule.kind)
            && (self.names.is_empty() || self.names.contains(&rule.name.as_str()))
    }

    fn is_selective(&self) -> bool {
        self.kind.is_some() || !self.names.is_empty()
    }
}

pub(super) async fn rules(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let tenant = tenant::of(&app, &headers)?;
    let filter = match Filter::of(&params) {
        Ok(filter) => filter,
        Err(error) => return Ok(bad_data(&error)),
    };
    let groups = app.ruler.groups();
    let wanted = groups.iter().filter(|group| group.tenant == tenant && filter.wants_group(group));
    let groups: Vec<Value> = wanted.filter_map(|group| group_of(group, &filter)).collect();
    Ok(success(json!({ "groups": groups })))
}

pub(super) async fn alerts(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    let tenant = tenant::of(&app, &headers)?;
    let mut alerts = Vec::new();
    for group in app.ruler.groups().iter().filter(|group| group.tenant == tenant) {
        let state = group.state.lock();
        alerts.extend(state.rules.iter().flat_map(alerts_of));
    }
    Ok(success(json!({ "alerts": alerts })))
}

/// `None` when the filter leaves none of its rules.
fn group_of(group: &Group, filter: &Filter<'_>) -> Option<Value> {
    let state = group.state.lock();
    let both = group.spec.rules.iter().zip(&state.rules).filter(|(rule, _)| filter.wants_rule(rule));
    let rules: Vec<Value> = both.map(|(rule, state)| rule_of(rule, state, filter)).collect();
    if rules.is_empty() && filter.is_selective() {
        return None;
    }
    Some(json!({
        "name": group.spec.yaml.name,
        "file": group.namespace,
        "rules": rules,
        "interval": seconds(group.interval),
        "limit": group.spec.yaml.limit,
        "lastEvaluation": time(state.last_evaluation),
        "evaluationTime": state.took.as_secs_f64(),
    }))
}

fn rule_of(rule: &RuleSpec, state: &RuleState, filter: &Filter<'_>) -> Value {
    let (health, error) = match &state.outcome {
        None => ("unknown", ""),
        Some(Ok(())) => ("ok", ""),
        Some(Err(error)) => ("err", error.as_str()),
    };
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    if rule.kind == RuleKind::Alerting {
        set("state", json!(state.alert_state().name()));
    }
    set("name", json!(rule.name));
    set("query", json!(rule.expr));
    if rule.kind == RuleKind::Alerting {
        set("duration", seconds(rule.hold));
        set("keepFiringFor", seconds(rule.keep_firing_for));
    }
    set("labels", json!(rule.labels));
    if rule.kind == RuleKind::Alerting {
        set("annotations", json!(rule.annotations));
        let alerts: Vec<Value> = if filter.without_alerts { Vec::new() } else { alerts_of(state).collect() };
        set("alerts", json!(alerts));
    }
    set("health", json!(health));
    set("lastError", json!(error));
    set("type", json!(if rule.kind == RuleKind::Alerting { "alerting" } else { "recording" }));
    set("lastEvaluation", time(state.last_evaluation));
    set("evaluationTime", json!(state.took.as_secs_f64()));
    Value::Object(fields)
}

/// Alerts that are pending or firing.
fn alerts_of(state: &RuleState) -> impl Iterator<Item = Value> {
    let active = state.alerts.values().filter(|alert| alert.state != AlertState::Inactive);
    active.map(alert_of)
}

fn alert_of(alert: &Alert) -> Value {
    let mut fields = json!({
        "labels": alert.labels,
        "annotations": alert.annotations,
        "state": alert.state.name(),
        "activeAt": time(Some(alert.active_at)),
        "value": exponent_form(alert.value),
    });
    if let (Some(since), Some(fields)) = (alert.keep_firing_since, fields.as_object_mut()) {
        fields.insert("keepFiringSince".to_owned(), time(Some(since)));
    }
    fields
}

/// Whole seconds without a fraction, as Go writes them.
fn seconds(duration: std::time::Duration) -> Value {
    if duration.subsec_nanos() == 0 { json!(duration.as_secs()) } else { json!(duration.as_secs_f64()) }
}

fn time(at: Option<TimestampNanos>) -> Value {
    json!(at.map_or_else(|| NEVER.to_owned(), |at| at.to_string()))
}

/// `1.5e+02`
fn exponent_form(value: f64) -> String {
    if !value.is_finite() {
        return logql::SampleValue(value).to_string();
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

#[expect(clippy::needless_pass_by_value, reason = "handlers make it for this")]
fn success(data: Value) -> Response {
    json_answer(&json!({ "status": "success", "data": data, "errorType": "", "error": "" }))
}

fn bad_data(error: &str) -> Response {
    let answer = json!({ "status": "error", "data": null, "errorType": "bad_data", "error": error });
    (StatusCode::BAD_REQUEST, json_answer(&answer)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_an_exponent() {
        for (value, expected) in [
            (0.0, "0e+00"),
            (1.0, "1e+00"),
            (150.0, "1.5e+02"),
            (0.001, "1e-03"),
            (-2.5e120, "-2.5e+120"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(exponent_form(value), expected);
        }
    }

    #[test]
    fn filters_are_read() {
        let params = |pairs: &[(&str, &str)]| {
            Params(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        let pairs = params(&[("type", "alert"), ("file[]", "a"), ("file[]", "b"), ("rule_name[]", "n")]);
        let filter = Filter::of(&pairs).unwrap();
        assert_eq!(
            (filter.kind, filter.files, filter.names),
            (Some(RuleKind::Alerting), vec!["a", "b"], vec!["n"])
        );
        assert!(Filter::of(&params(&[("type", "x")])).is_err_and(|error| error.contains("\"x\"")));
    }
}
