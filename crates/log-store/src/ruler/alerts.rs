//! The life of alerts: inactive, pending while a condition holds for too short a time, firing, and resolved.
//!
//! The rules of the game are Prometheus': an alert is what one sample of the rule's query makes; as long as the sample
//! comes again, the alert stays. A resolved alert is remembered for a while, so that Alertmanagers hear of it even if they
//! were away.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use logql::{AlertData, AlertTemplate, Sample};
use model::TimestampNanos;
use serde::{Deserialize, Serialize};

use super::spec::{LabelMap, RuleSpec};

/// How long a resolved alert is remembered.
const RESOLVED_RETENTION: Duration = Duration::from_secs(15 * 60);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AlertState {
    Inactive,
    Pending,
    Firing,
}

impl AlertState {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Pending => "pending",
            Self::Firing => "firing",
        }
    }
}

/// An alert, from the first sample on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alert {
    pub labels: LabelMap,
    pub annotations: LabelMap,
    pub state: AlertState,
    /// The number that the query yielded last.
    #[serde(with = "as_text")]
    pub value: f64,
    pub active_at: TimestampNanos,
    pub fired_at: Option<TimestampNanos>,
    pub resolved_at: Option<TimestampNanos>,
    pub keep_firing_since: Option<TimestampNanos>,
    pub last_sent_at: Option<TimestampNanos>,
}

/// NaN and infinity have no JSON but as texts.
mod as_text {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Alerts of a rule, by their labels.
pub(crate) type Alerts = BTreeMap<LabelMap, Alert>;

/// What templates see beside labels and value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub external_labels: &'a LabelMap,
    pub external_url: &'a str,
}

/// Whether `period` has passed since `since`.
fn passed(since: TimestampNanos, now: TimestampNanos, period: Duration) -> bool {
    since.saturating_add(period) <= now
}

/// Takes the samples of an evaluation at `now`. `limit` bounds the alerts that are pending or firing; zero is no limit.
/// Whether an alert came, changed its state or went.
pub(crate) fn update(
    alerts: &mut Alerts,
    rule: &RuleSpec,
    limit: usize,
    samples: &[Sample],
    now: TimestampNanos,
    around: Surroundings<'_>,
) -> Result<bool, String> {
    let mut current = current_alerts(rule, samples, now, around)?;
    let mut changed = false;
    alerts.retain(|labels, alert| {
        let seen = match current.remove(labels) {
            Some(new) if alert.state != AlertState::Inactive => {
                alert.value = new.value;
                alert.annotations = new.annotations;
                true
            }
            // Back after it was resolved: a new alert.
            Some(new) => {
                *alert = new;
                true
            }
            None => false,
        };
        let before = alert.state;
        let keep = if seen { hold(alert, rule, now) } else { fade(alert, rule, now) };
        changed |= !keep || alert.state != before;
        keep
    });
    for (labels, mut alert) in current {
        changed = true;
        hold(&mut alert, rule, now);
        if let Entry::Vacant(place) = alerts.entry(labels) {
            place.insert(alert);
        }
    }
    let active = alerts.values().filter(|alert| alert.state != AlertState::Inactive).count();
    if limit > 0 && active > limit {
        alerts.clear();
        return Err(format!("exceeded limit of {limit} with {active} alerts"));
    }
    Ok(changed)
}

/// An alert whose sample is there.
fn hold(alert: &mut Alert, rule: &RuleSpec, now: TimestampNanos) -> bool {
    alert.keep_firing_since = None;
    if alert.state == AlertState::Pending && passed(alert.active_at, now, rule.hold) {
        alert.state = AlertState::Firing;
        alert.fired_at = Some(now);
    }
    true
}

/// An alert whose sample is not there; `false` when it is to be forgotten.
fn fade(alert: &mut Alert, rule: &RuleSpec, now: TimestampNanos) -> bool {
    if alert.state == AlertState::Firing && !rule.keep_firing_for.is_zero() {
        let since = *alert.keep_firing_since.get_or_insert(now);
        if !passed(since, now, rule.keep_firing_for) {
            return true;
        }
    }
    match alert.state {
        AlertState::Pending => false,
        AlertState::Firing => {
            alert.state = AlertState::Inactive;
            alert.resolved_at = Some(now);
            true
        }
        AlertState::Inactive => {
            alert.resolved_at.is_some_and(|resolved| !passed(resolved, now, RESOLVED_RETENTION))
        }
    }
}

/// The alerts that the samples stand for, all of them pending.
fn current_alerts(
    rule: &RuleSpec,
    samples: &[Sample],
    now: TimestampNanos,
    around: Surroundings<'_>,
) -> Result<Alerts, String> {
    let mut current = Alerts::new();
    for sample in samples {
        let data = AlertData {
            labels: &sample.labels,
            value: sample.value,
            external_labels: around.external_labels,
            external_url: around.external_url,
            timestamp: now.0,
        };
        let own = sample.labels.iter().filter(|(name, value)| *name != "__name__" && !value.is_empty());
        let mut labels: LabelMap = own.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        labels.extend(expanded(&rule.label_templates, &data));
        labels.retain(|_, value| !value.is_empty());
        labels.insert("alertname".to_owned(), rule.name.clone());
        let alert = Alert {
            annotations: expanded(&rule.annotation_templates, &data),
            labels: labels.clone(),
            state: AlertState::Pending,
            value: sample.value,
            active_at: now,
            fired_at: None,
            resolved_at: None,
            keep_firing_since: None,
            last_sent_at: None,
        };
        if current.insert(labels, alert).is_some() {
            return Err(
                "vector contains metrics with the same labelset after applying alert labels".to_owned()
            );
        }
    }
    Ok(current)
}

/// A template that fails says so in its place: an alert with a flaw is better than none.
fn expanded(templates: &[(String, AlertTemplate)], data: &AlertData<'_>) -> LabelMap {
    let one = |(name, template): &(String, AlertTemplate)| {
        let text =
            template.expand(data).unwrap_or_else(|error| format!("<error expanding template: {error}>"));
        (name.clone(), text)
    };
    templates.iter().map(one).collect()
}

/// Marks and returns the alerts that Alertmanagers should hear of now: those that fire or were resolved and were not
/// sent since, and those that were last sent `resend_delay` ago.
pub(crate) fn to_send(alerts: &mut Alerts, now: TimestampNanos, resend_delay: Duration) -> Vec<Alert> {
    let mut due = Vec::new();
    for alert in alerts.values_mut().filter(|alert| alert.state != AlertState::Pending) {
        let news = alert.resolved_at.is_some() && alert.resolved_at > alert.last_sent_at;
        let again = alert.last_sent_at.is_none_or(|sent| sent.saturating_add(resend_delay) < now);
        if news || again {
            alert.last_sent_at = Some(now);
            due.push(alert.clone());
        }
    }
    due
}

#[cfg(test)]
mod tests;
