//! The heart: which alerts are together, when their group is due, and who was told what. Time comes from the caller, and
//! so does word of what was delivered; everything that must survive a restart can be taken out and put back.
//!
//! For each group and each integration of its contact point a log keeps who was *told*: an alert gets in when a message
//! that showed it firing was delivered, and out when one that showed it resolved was. A message is due when a firing alert
//! is not in it, a resolved one still is, or the repeat interval has passed. So nobody is told twice, and nobody hears of
//! the end of what they never heard of.

mod flush;
mod stored;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::alert::{Alert, Fingerprint, Labels};
use crate::route::{Route, Routes};
use crate::timing::Timing;

pub use flush::Delivery;
pub use stored::{Changes, StoredAlert, StoredGroup};
pub use view::{AlertView, GroupView};

/// Alerts beyond this many, counted once per group, are refused.
pub const ALERTS_MAX: usize = 20_000;
/// How long an end that nobody could be told of is kept.
const RESOLVED_KEPT_MS: i64 = 86_400_000;

/// One way of a contact point to reach people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integration {
    pub uid: String,
    pub sends_resolved: bool,
}

/// The configuration: who is told of what, and when not.
#[derive(Debug, Clone)]
pub struct Plan {
    pub routes: Routes,
    pub receivers: BTreeMap<String, Vec<Integration>>,
    pub timings: BTreeMap<String, Timing>,
}

#[derive(Debug, Clone)]
struct Held {
    alert: Alert,
    /// Somebody said that it is over; otherwise it may also be over because nobody said it again.
    is_over: bool,
    updated_ms: i64,
}

#[derive(Debug, Clone)]
struct Group {
    route: Arc<Route>,
    labels: Labels,
    alerts: BTreeMap<Fingerprint, Held>,
    next_ms: i64,
    is_flushed: bool,
}

/// What an integration was told of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    pub told: BTreeSet<Fingerprint>,
    pub sent_ms: i64,
}

/// A group's key and an integration's uid.
type LogKey = (String, String);

/// All groups, and the log.
#[derive(Debug)]
pub struct Engine {
    plan: Arc<Plan>,
    groups: BTreeMap<String, Group>,
    log: BTreeMap<LogKey, LogEntry>,
    in_flight: BTreeSet<LogKey>,
    alerts: usize,
    changed_groups: BTreeSet<String>,
    changed_log: BTreeSet<LogKey>,
}

impl Engine {
    #[must_use]
    pub fn new(plan: Arc<Plan>) -> Self {
        Self {
            plan,
            groups: BTreeMap::new(),
            log: BTreeMap::new(),
            in_flight: BTreeSet::new(),
            alerts: 0,
            changed_groups: BTreeSet::new(),
            changed_log: BTreeSet::new(),
        }
    }

    /// Takes the state of one alert. `false` if there are too many.
    pub fn submit(&mut self, alert: &Alert, now_ms: i64) -> bool {
        let fingerprint = alert.fingerprint();
        let is_over = alert.is_resolved(now_ms);
        for route in self.plan.routes.find(&alert.labels) {
            let labels = route.group_labels(&alert.labels);
            let key = group_key(&route, &labels);
            let is_known = self.groups.get(&key).is_some_and(|group| group.alerts.contains_key(&fingerprint));
            if is_over && !is_known {
                continue;
            }
            if !is_known && self.alerts >= ALERTS_MAX {
                return false;
            }
            let held = Held { alert: alert.clone(), is_over, updated_ms: now_ms };
            self.put(key, route, labels, fingerprint, held, now_ms);
        }
        true
    }

    fn put(
        &mut self,
        key: String,
        route: Arc<Route>,
        labels: Labels,
        fingerprint: Fingerprint,
        mut held: Held,
        now_ms: i64,
    ) {
        // What has been going on for longer than the wait need not wait again.
        let waited = held.alert.starts_at_ms.saturating_add(route.wait_ms) < now_ms;
        let next_ms = if waited { now_ms } else { now_ms + route.wait_ms };
        let group = self.groups.entry(key.clone()).or_insert_with(|| Group {
            route,
            labels,
            alerts: BTreeMap::new(),
            next_ms,
            is_flushed: false,
        });
        if !group.is_flushed {
            group.next_ms = group.next_ms.min(next_ms);
        }
        let before = group.alerts.get(&fingerprint);
        if let Some(before) = before
            && !before.alert.is_resolved(now_ms)
        {
            held.alert.starts_at_ms = held.alert.starts_at_ms.min(before.alert.starts_at_ms);
        }
        let is_news = before.is_none_or(|before| {
            before.is_over != held.is_over || before.alert.starts_at_ms != held.alert.starts_at_ms
        });
        if group.alerts.insert(fingerprint, held).is_none() {
            self.alerts += 1;
        }
        if is_news {
            self.changed_groups.insert(key);
        }
    }

    /// When the next group is due.
    #[must_use]
    pub fn next_due_ms(&self) -> Option<i64> {
        self.groups.values().map(|group| group.next_ms).min()
    }

    /// Sorts all alerts anew by another configuration. Groups that stay keep their pace and their log.
    pub fn reconfigure(&mut self, plan: Arc<Plan>, now_ms: i64) {
        self.plan = plan;
        let old = std::mem::take(&mut self.groups);
        self.alerts = 0;
        for (old_key, group) in old {
            self.changed_groups.insert(old_key.clone());
            for (fingerprint, held) in group.alerts {
                for route in self.plan.routes.find(&held.alert.labels) {
                    let labels = route.group_labels(&held.alert.labels);
                    let key = group_key(&route, &labels);
                    self.put(key.clone(), route, labels, fingerprint, held.clone(), now_ms);
                    if key == old_key
                        && let Some(new) = self.groups.get_mut(&key)
                    {
                        (new.next_ms, new.is_flushed) = (group.next_ms, group.is_flushed);
                    }
                }
            }
        }
        self.drop_orphans();
    }

    /// Log entries of groups and integrations that are no more.
    fn drop_orphans(&mut self) {
        let (groups, plan) = (&self.groups, &self.plan);
        let is_orphan = |(group, uid): &LogKey| {
            let integrations = groups.get(group).and_then(|group| plan.receivers.get(&group.route.receiver));
            !integrations.is_some_and(|all| all.iter().any(|integration| integration.uid == *uid))
        };
        let orphans: Vec<LogKey> = self.log.keys().filter(|key| is_orphan(key)).cloned().collect();
        for key in orphans {
            self.log.remove(&key);
            self.changed_log.insert(key);
        }
    }
}

/// `{}:{alertname="X"}`
fn group_key(route: &Route, labels: &Labels) -> String {
    use std::fmt::Write as _;
    let mut key = format!("{}:{{", route.key);
    for (at, (name, value)) in labels.iter().enumerate() {
        let _infallible = write!(key, "{}{name}={value:?}", if at > 0 { ", " } else { "" });
    }
    key.push('}');
    key
}

#[cfg(test)]
mod tests;
