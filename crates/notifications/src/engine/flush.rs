//! Groups that are due, and what came of telling people.

use std::collections::BTreeSet;

use super::{Engine, Group, Held, Integration, LogKey, Plan, RESOLVED_KEPT_MS};
use crate::alert::{Alert, Fingerprint, Labels};
use crate::silence::Silences;

/// One message that is to be sent to one integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub group_key: String,
    pub group_labels: Labels,
    pub receiver: String,
    pub integration: String,
    pub firing: Vec<Alert>,
    pub resolved: Vec<Alert>,
    pub at_ms: i64,
    /// After this time the group is due again, so that trying further makes no sense.
    pub until_ms: i64,
}

impl Delivery {
    fn log_key(&self) -> LogKey {
        (self.group_key.clone(), self.integration.clone())
    }
}

impl Engine {
    /// What is to be sent now. Each must be answered by [`Engine::finish`].
    pub fn due(&mut self, silences: &Silences, now_ms: i64) -> Vec<Delivery> {
        let due = self.groups.iter().filter(|(_, group)| group.next_ms <= now_ms);
        let due: Vec<String> = due.map(|(key, _)| key.clone()).collect();
        let mut deliveries = Vec::new();
        for key in due {
            deliveries.extend(self.flush(&key, silences, now_ms));
            self.tidy(&key, now_ms);
        }
        deliveries
    }

    fn flush(&mut self, key: &str, silences: &Silences, now_ms: i64) -> Vec<Delivery> {
        let Some(group) = self.groups.get_mut(key) else { return Vec::new() };
        group.next_ms = now_ms + group.route.interval_ms;
        group.is_flushed = true;
        self.changed_groups.insert(key.to_owned());
        let plan = std::sync::Arc::clone(&self.plan);
        if is_muted(&plan, group, now_ms) {
            return Vec::new();
        }
        let heard = group.alerts.iter().filter(|(_, held)| !silences.holds(&held.alert.labels, now_ms));
        let mut heard: Vec<(Fingerprint, Held)> = heard.map(|(print, held)| (*print, held.clone())).collect();
        heard.sort_by(|left, right| left.1.alert.labels.cmp(&right.1.alert.labels));
        let (resolved, firing) = heard.into_iter().partition(|(_, held)| held.alert.is_resolved(now_ms));
        let content = Content { firing, resolved };
        let group = group.clone();
        let integrations = plan.receivers.get(&group.route.receiver).map_or(&[][..], Vec::as_slice);
        let delivery = |integration| self.delivery(key, &group, integration, &content, now_ms);
        integrations.iter().filter_map(delivery).collect()
    }

    /// The message to one integration, if there is news for it.
    fn delivery(
        &mut self,
        key: &str,
        group: &Group,
        integration: &Integration,
        content: &Content,
        now_ms: i64,
    ) -> Option<Delivery> {
        let log_key = (key.to_owned(), integration.uid.clone());
        if self.in_flight.contains(&log_key) {
            return None;
        }
        let entry = self.log.get(&log_key).cloned().unwrap_or_default();
        let has_new = content.firing.iter().any(|(print, _)| !entry.told.contains(print));
        let ended: Vec<_> = content.resolved.iter().filter(|(print, _)| entry.told.contains(print)).collect();
        if !integration.sends_resolved && !ended.is_empty() {
            let ended: BTreeSet<Fingerprint> = ended.iter().map(|(print, _)| *print).collect();
            self.forget(&log_key, &ended);
            if !has_new {
                return None;
            }
        }
        let is_repeat = !content.firing.is_empty() && entry.sent_ms + group.route.repeat_ms <= now_ms;
        let tells_end = integration.sends_resolved && !ended.is_empty();
        if !(has_new || tells_end || is_repeat) {
            return None;
        }
        self.in_flight.insert(log_key);
        Some(Delivery {
            group_key: key.to_owned(),
            group_labels: group.labels.clone(),
            receiver: group.route.receiver.clone(),
            integration: integration.uid.clone(),
            firing: content.firing.iter().map(|(_, held)| held.alert.clone()).collect(),
            resolved: match tells_end {
                true => ended.into_iter().map(|(_, held)| held.alert.clone()).collect(),
                false => Vec::new(),
            },
            at_ms: now_ms,
            until_ms: group.next_ms,
        })
    }

    fn forget(&mut self, key: &LogKey, ended: &BTreeSet<Fingerprint>) {
        if let Some(entry) = self.log.get_mut(key) {
            entry.told.retain(|print| !ended.contains(print));
            self.changed_log.insert(key.clone());
        }
    }

    /// Takes what came of a delivery. What failed is tried again when its group is due next.
    pub fn finish(&mut self, delivery: &Delivery, is_delivered: bool, now_ms: i64) {
        let key = delivery.log_key();
        self.in_flight.remove(&key);
        if is_delivered && self.groups.contains_key(&delivery.group_key) {
            let entry = self.log.entry(key.clone()).or_default();
            entry.told.extend(delivery.firing.iter().map(Alert::fingerprint));
            for alert in &delivery.resolved {
                entry.told.remove(&alert.fingerprint());
            }
            entry.sent_ms = delivery.at_ms;
            self.changed_log.insert(key);
        }
        self.tidy(&delivery.group_key, now_ms);
    }

    /// Lets go of ends that nobody is still to be told of, and of groups that are empty.
    pub(super) fn tidy(&mut self, key: &str, now_ms: i64) {
        let Some(group) = self.groups.get_mut(key) else { return };
        let integrations = self.plan.receivers.get(&group.route.receiver).map_or(&[][..], Vec::as_slice);
        let log_keys: Vec<LogKey> =
            integrations.iter().map(|integration| (key.to_owned(), integration.uid.clone())).collect();
        let is_waiting = log_keys.iter().any(|log_key| self.in_flight.contains(log_key));
        let before = group.alerts.len();
        group.alerts.retain(|print, held| {
            let is_wanted = || {
                is_waiting
                    || log_keys
                        .iter()
                        .any(|key| self.log.get(key).is_some_and(|log| log.told.contains(print)))
            };
            !held.alert.is_resolved(now_ms)
                || (now_ms - held.alert.ends_at_ms < RESOLVED_KEPT_MS && is_wanted())
        });
        let removed = before - group.alerts.len();
        self.alerts -= removed;
        if group.alerts.is_empty() {
            self.groups.remove(key);
            for log_key in log_keys {
                if self.log.remove(&log_key).is_some() {
                    self.changed_log.insert(log_key);
                }
            }
        }
        if removed > 0 {
            self.changed_groups.insert(key.to_owned());
        }
    }
}

/// The alerts of a group that no silence holds back.
struct Content {
    firing: Vec<(Fingerprint, Held)>,
    resolved: Vec<(Fingerprint, Held)>,
}

/// Whether the group's route keeps quiet at this time.
pub(super) fn is_muted(plan: &Plan, group: &Group, now_ms: i64) -> bool {
    let within = |name: &String| plan.timings.get(name).is_some_and(|timing| timing.contains(now_ms));
    let route = &group.route;
    route.mute.iter().any(within) || (!route.active.is_empty() && !route.active.iter().any(within))
}
