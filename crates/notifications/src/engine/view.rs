//! What the API shows of alerts and groups.

use std::collections::{BTreeMap, BTreeSet};

use super::{Engine, flush};
use crate::alert::{Alert, Fingerprint, Labels};

/// A firing alert, once, with all contact points that it goes to.
#[derive(Debug, Clone)]
pub struct AlertView {
    pub alert: Alert,
    pub fingerprint: Fingerprint,
    pub receivers: BTreeSet<String>,
    pub updated_ms: i64,
    /// Whether each of its groups keeps quiet at this time, and the mute timings of those.
    pub muted_by: Vec<String>,
}

/// A group with its firing alerts.
#[derive(Debug, Clone)]
pub struct GroupView {
    pub key: String,
    pub labels: Labels,
    pub receiver: String,
    pub alerts: Vec<Fingerprint>,
}

impl Engine {
    /// All firing alerts.
    #[must_use]
    pub fn alerts(&self, now_ms: i64) -> Vec<AlertView> {
        let mut all: BTreeMap<Fingerprint, AlertView> = BTreeMap::new();
        for group in self.groups.values() {
            let muted_by = match flush::is_muted(&self.plan, group, now_ms) {
                true => group.route.mute.iter().chain(&group.route.active).cloned().collect(),
                false => Vec::new(),
            };
            for (fingerprint, held) in &group.alerts {
                if held.alert.is_resolved(now_ms) {
                    continue;
                }
                let view = all.entry(*fingerprint).or_insert_with(|| AlertView {
                    alert: held.alert.clone(),
                    fingerprint: *fingerprint,
                    receivers: BTreeSet::new(),
                    updated_ms: held.updated_ms,
                    muted_by: muted_by.clone(),
                });
                view.receivers.insert(group.route.receiver.clone());
                if muted_by.is_empty() {
                    view.muted_by.clear();
                }
            }
        }
        all.into_values().collect()
    }

    /// All groups that have a firing alert.
    #[must_use]
    pub fn groups(&self, now_ms: i64) -> Vec<GroupView> {
        let view = |(key, group): (&String, &super::Group)| {
            let firing = group.alerts.iter().filter(|(_, held)| !held.alert.is_resolved(now_ms));
            GroupView {
                key: key.clone(),
                labels: group.labels.clone(),
                receiver: group.route.receiver.clone(),
                alerts: firing.map(|(fingerprint, _)| *fingerprint).collect(),
            }
        };
        self.groups.iter().map(view).filter(|view| !view.alerts.is_empty()).collect()
    }
}
