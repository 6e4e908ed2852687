//! Evaluating a group: rule by rule, each a query and what follows from its result.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use logql::{MetricOptions, MetricPlan, Sample, TimeAxis, Value};
use model::TimestampNanos;
use protocols::prometheus::STALE;
use serde_json::json;

use super::alerts::{self, Alert, AlertState, Surroundings};
use super::group::{Group, RuleState};
use super::notifier::Notification;
use super::remote_write::Written;
use super::spec::{LabelMap, RuleKind, RuleSpec};
use super::{Ruler, Settings};
use crate::query::{Budget, Context, QueryError, run_metric};

/// What a rule's evaluation sends out.
#[derive(Default)]
struct Outgoing {
    notifications: Vec<Notification>,
    samples: Vec<Written>,
}

impl Ruler {
    /// Evaluates the rules of a group in their order, as of `turn`.
    pub(super) async fn evaluate(&self, group: &Group, turn: TimestampNanos) {
        let (began, at) = (Instant::now(), self.setup.clock.now());
        let offset = group.spec.query_offset.max(self.setup.evaluation_delay);
        for (index, rule) in group.spec.rules.iter().enumerate() {
            let began = Instant::now();
            let samples = self.samples(group, rule, turn.saturating_sub(offset)).await;
            let mut outgoing = Outgoing::default();
            {
                let mut state = group.state.lock();
                // The group was replaced meanwhile.
                let Some(known) = state.rules.get_mut(index) else { return };
                let outcome = samples
                    .map_err(|error| error.to_string())
                    .and_then(|samples| self.take(group, (rule, known), &samples, turn, &mut outgoing));
                if let Err(error) = &outcome
                    && known.outcome.as_ref() != Some(&outcome)
                {
                    tracing::warn!(
                        tenant = %group.tenant, namespace = group.namespace, group = group.spec.yaml.name,
                        rule = rule.name, error, "a rule could not be evaluated"
                    );
                }
                let failed = outcome.is_err();
                (known.last_evaluation, known.took, known.outcome) =
                    (Some(at), began.elapsed(), Some(outcome));
                state.counts.evaluations += 1;
                state.counts.failures += u64::from(failed);
            }
            self.notifier.notify(outgoing.notifications);
            self.remote.append(&outgoing.samples);
        }
        let mut state = group.state.lock();
        (state.last_evaluation, state.took) = (Some(at), began.elapsed());
        state.counts.iterations += 1;
        state.counts.seconds += began.elapsed().as_secs_f64();
    }

    /// The value of a rule's query; a number counts as one sample without labels.
    async fn samples(
        &self,
        group: &Group,
        rule: &RuleSpec,
        at: TimestampNanos,
    ) -> Result<Vec<Sample>, QueryError> {
        let plan = MetricPlan::new(&rule.query, TimeAxis::instant(at.0), MetricOptions::default())?;
        // A rule that takes longer than its interval would never be done.
        let timeout = self.setup.query_timeout.min(group.interval.max(Duration::from_secs(1)));
        let (budget, _cancels_when_dropped) = Budget::new(timeout);
        let engine = Arc::clone(&self.setup.engine);
        let context = Context { engine, tenant: group.tenant.clone(), budget };
        let (value, scanned) = run_metric(context, plan).await?;
        for warning in &scanned.warnings {
            // The engine reported the damage when it was found.
            tracing::debug!(rule = rule.name, warning, "a rule was evaluated without some of the data");
        }
        Ok(match value {
            Value::Vector(samples) => samples,
            Value::Scalar { timestamp, value } => {
                vec![Sample { labels: logql::LabelSet::default(), timestamp, value }]
            }
            Value::Matrix(_) => return Err(QueryError::Internal("an instant query gave a range".to_owned())),
        })
    }

    /// What follows from the samples.
    fn take(
        &self,
        group: &Group,
        (rule, known): (&RuleSpec, &mut RuleState),
        samples: &[Sample],
        turn: TimestampNanos,
        outgoing: &mut Outgoing,
    ) -> Result<(), String> {
        let limit = group.spec.yaml.limit;
        let series = match rule.kind {
            RuleKind::Alerting => {
                let settings = &self.setup.settings;
                let around = Surroundings {
                    external_labels: &settings.external_labels,
                    external_url: &settings.external_url,
                };
                let before = known.alerts.len();
                let updated = alerts::update(&mut known.alerts, rule, limit, samples, turn, around);
                if matches!(updated, Ok(true)) || known.alerts.len() != before {
                    self.unsaved.store(true, Ordering::Relaxed);
                }
                updated?;
                let due = alerts::to_send(&mut known.alerts, turn, settings.resend_delay);
                outgoing.notifications = notifications(&due, settings, group, rule, turn);
                if self.remote.is_enabled() { alert_series(known.alerts.values()) } else { Vec::new() }
            }
            RuleKind::Recording => {
                known.recorded = recorded(rule, limit, samples)?;
                known.recorded.iter().map(|(labels, value)| (labels.clone(), *value)).collect()
            }
        };
        if self.remote.is_enabled() {
            let at = turn.saturating_sub(group.spec.query_offset.max(self.setup.evaluation_delay));
            outgoing.samples = written(group, known, series, at);
        }
        Ok(())
    }
}

fn notifications(
    due: &[Alert],
    settings: &Settings,
    group: &Group,
    rule: &RuleSpec,
    turn: TimestampNanos,
) -> Vec<Notification> {
    if due.is_empty() || settings.alertmanagers.is_empty() {
        return Vec::new();
    }
    // Four chances to be heard of before an Alertmanager takes an alert for resolved.
    let valid_until = turn.saturating_add(settings.resend_delay.max(group.interval) * 4);
    let link = explore_link(settings, &rule.expr);
    due.iter().map(|alert| Notification::new(alert, settings, &link, valid_until)).collect()
}

/// Where a person sees what the rule saw, in Grafana.
fn explore_link(settings: &Settings, expr: &str) -> String {
    let uid = &settings.datasource_uid;
    let state = json!({
        "datasource": uid,
        "queries": [{
            "datasource": { "type": "loki", "uid": uid },
            "expr": expr,
            "queryType": "range",
            "refId": "A",
        }],
        "range": { "from": "now-1h", "to": "now" },
    });
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let query = query.append_pair("left", &state.to_string()).finish();
    format!("{}/explore?{query}", settings.external_url)
}

/// `ALERTS` and `ALERTS_FOR_STATE`, as Prometheus writes them.
fn alert_series<'a>(alerts: impl Iterator<Item = &'a Alert>) -> Vec<(LabelMap, f64)> {
    let mut series = Vec::new();
    for alert in alerts.filter(|alert| alert.state != AlertState::Inactive) {
        let mut labels = alert.labels.clone();
        labels.insert("__name__".to_owned(), "ALERTS_FOR_STATE".to_owned());
        series.push((labels.clone(), alert.active_at.0.div_euclid(1_000_000_000) as f64));
        labels.insert("__name__".to_owned(), "ALERTS".to_owned());
        labels.insert("alertstate".to_owned(), alert.state.name().to_owned());
        series.push((labels, 1.0));
    }
    series
}

/// The series of a recording rule.
fn recorded(rule: &RuleSpec, limit: usize, samples: &[Sample]) -> Result<BTreeMap<LabelMap, f64>, String> {
    if limit > 0 && samples.len() > limit {
        return Err(format!("exceeded limit of {limit} with {} series", samples.len()));
    }
    let mut series = BTreeMap::new();
    for sample in samples {
        let own = sample.labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut labels: LabelMap = own.collect();
        labels.extend(rule.labels.clone());
        labels.insert("__name__".to_owned(), rule.name.clone());
        labels.retain(|_, value| !value.is_empty());
        if series.insert(labels, sample.value).is_some() {
            return Err(
                "vector contains metrics with the same labelset after applying rule labels".to_owned()
            );
        }
    }
    Ok(series)
}

/// Samples for receivers; a series that was there and is not any more is ended.
fn written(
    group: &Group,
    known: &mut RuleState,
    series: Vec<(LabelMap, f64)>,
    at: TimestampNanos,
) -> Vec<Written> {
    let one = |labels, value| Written { tenant: group.tenant.clone(), labels, at, value };
    let mut samples: Vec<Written> =
        series.into_iter().map(|(labels, value)| one(Arc::new(labels), value)).collect();
    let alive: BTreeSet<Arc<LabelMap>> = samples.iter().map(|sample| Arc::clone(&sample.labels)).collect();
    let ended = known.written.difference(&alive).map(|labels| one(Arc::clone(labels), STALE));
    samples.extend(ended);
    known.written = alive;
    samples
}

#[cfg(test)]
mod tests;
