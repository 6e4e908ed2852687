//! What survives a restart.

use serde::{Deserialize, Serialize};

use super::{Engine, Held, LogEntry, LogKey, group_key};
use crate::alert::Alert;

/// How long rules have after a start to say again that an alert is firing.
const GRACE_MS: i64 = 5 * 60_000;

/// An alert of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAlert {
    pub alert: Alert,
    pub is_over: bool,
}

/// A group; its labels follow from its alerts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredGroup {
    pub alerts: Vec<StoredAlert>,
    pub next_ms: i64,
    pub is_flushed: bool,
}

/// What changed since it was last asked for; `None` for what is no more.
#[derive(Debug, Default)]
pub struct Changes {
    pub groups: Vec<(String, Option<StoredGroup>)>,
    pub log: Vec<(LogKey, Option<LogEntry>)>,
}

impl Changes {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.log.is_empty()
    }
}

impl Engine {
    /// What has to be written down.
    pub fn take_changes(&mut self) -> Changes {
        let groups = std::mem::take(&mut self.changed_groups);
        let log = std::mem::take(&mut self.changed_log);
        Changes {
            groups: groups
                .into_iter()
                .map(|key| {
                    let group = self.stored(&key);
                    (key, group)
                })
                .collect(),
            log: log
                .into_iter()
                .map(|key| {
                    let entry = self.log.get(&key).cloned();
                    (key, entry)
                })
                .collect(),
        }
    }

    /// What could not be written down has to be written another time.
    pub fn return_changes(&mut self, changes: Changes) {
        self.changed_groups.extend(changes.groups.into_iter().map(|(key, _)| key));
        self.changed_log.extend(changes.log.into_iter().map(|(key, _)| key));
    }

    fn stored(&self, key: &str) -> Option<StoredGroup> {
        let group = self.groups.get(key)?;
        let stored = |held: &Held| StoredAlert { alert: held.alert.clone(), is_over: held.is_over };
        Some(StoredGroup {
            alerts: group.alerts.values().map(stored).collect(),
            next_ms: group.next_ms,
            is_flushed: group.is_flushed,
        })
    }

    /// Puts back what was written down, sorted by the configuration of today.
    pub fn restore(&mut self, groups: Vec<(String, StoredGroup)>, log: Vec<(LogKey, LogEntry)>, now_ms: i64) {
        for (old_key, stored) in groups {
            self.changed_groups.insert(old_key.clone());
            for StoredAlert { mut alert, is_over } in stored.alerts {
                if !is_over {
                    alert.ends_at_ms = alert.ends_at_ms.max(now_ms + GRACE_MS);
                }
                let fingerprint = alert.fingerprint();
                for route in self.plan.routes.find(&alert.labels) {
                    let labels = route.group_labels(&alert.labels);
                    let key = group_key(&route, &labels);
                    let held = Held { alert: alert.clone(), is_over, updated_ms: now_ms };
                    self.put(key.clone(), route, labels, fingerprint, held, now_ms);
                    if key == old_key
                        && let Some(group) = self.groups.get_mut(&key)
                    {
                        (group.next_ms, group.is_flushed) = (stored.next_ms, stored.is_flushed);
                    }
                }
            }
        }
        self.log.extend(log);
        self.drop_orphans();
    }
}
