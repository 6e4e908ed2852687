//! Alerts survive a restart: a file with what is pending and firing.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use model::TimestampNanos;
use serde::{Deserialize, Serialize};

use super::alerts::{Alert, AlertState};
use super::files::write_whole;
use super::group::Group;
use super::spec::LabelMap;

const VERSION: u32 = 1;
/// A larger file is not read.
const MAX_BYTES: u64 = 256 << 20;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Saved {
    version: u32,
    saved_at: TimestampNanos,
    rules: Vec<SavedRule>,
}

/// A rule with alerts.
#[derive(Debug, Serialize, Deserialize)]
struct SavedRule {
    tenant: String,
    namespace: String,
    group: String,
    alert: String,
    /// Of the rule: two rules may have one name.
    labels: LabelMap,
    alerts: Vec<Alert>,
}

impl Saved {
    /// What is to be remembered of these groups.
    pub(super) fn of(groups: &[Arc<Group>], now: TimestampNanos) -> Self {
        let mut rules = Vec::new();
        for group in groups {
            let state = group.state.lock();
            for (spec, rule) in
                group.spec.rules.iter().zip(&state.rules).filter(|(_, rule)| !rule.alerts.is_empty())
            {
                rules.push(SavedRule {
                    tenant: group.tenant.as_str().to_owned(),
                    namespace: group.namespace.clone(),
                    group: group.spec.yaml.name.clone(),
                    alert: spec.name.clone(),
                    labels: spec.labels.clone(),
                    alerts: rule.alerts.values().cloned().collect(),
                });
            }
        }
        Self { version: VERSION, saved_at: now, rules }
    }

    pub(super) fn write(&self, path: &Path) -> std::io::Result<()> {
        write_whole(path, &serde_json::to_vec(self)?)
    }

    /// `None` when there is no file; a damaged one is reported and counts as none.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let size = std::fs::metadata(path).ok()?.len();
        let read = || {
            if size > MAX_BYTES {
                return Err(format!("{size} bytes are too many"));
            }
            let text = std::fs::read(path).map_err(|error| error.to_string())?;
            serde_json::from_slice::<Self>(&text).map_err(|error| error.to_string())
        };
        match read() {
            Ok(saved) if saved.version == VERSION => Some(saved),
            Ok(saved) => {
                tracing::warn!(
                    version = saved.version,
                    "the state of alerts is of another version and is not used"
                );
                None
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), error, "the state of alerts cannot be read; alerts begin anew");
                None
            }
        }
    }

    /// Gives the alerts back to the rules that had them, unless the store was away for longer than `tolerance`.
    pub(super) fn restore(self, groups: &[Arc<Group>], now: TimestampNanos, tolerance: Duration) -> usize {
        if self.saved_at.saturating_add(tolerance) < now {
            return 0;
        }
        let away = Duration::from_nanos(now.0.saturating_sub(self.saved_at.0).max(0).cast_unsigned());
        let mut restored = 0;
        for saved in self.rules {
            let same = |group: &&Arc<Group>| {
                (group.tenant.as_str(), &group.namespace, &group.spec.yaml.name)
                    == (&saved.tenant, &saved.namespace, &saved.group)
            };
            let Some(group) = groups.iter().find(same) else { continue };
            let mut rules = group.spec.rules.iter();
            let Some(at) = rules.position(|rule| rule.name == saved.alert && rule.labels == saved.labels)
            else {
                continue;
            };
            restored += saved.alerts.len();
            let alerts = saved.alerts.into_iter().map(|alert| (alert.labels.clone(), resumed(alert, away)));
            group.state.lock().rules[at].alerts = alerts.collect();
        }
        restored
    }
}

/// Time in which nobody looked does not count for an alert that was pending.
fn resumed(mut alert: Alert, away: Duration) -> Alert {
    if alert.state == AlertState::Pending {
        alert.active_at = alert.active_at.saturating_add(away);
    }
    alert
}

#[cfg(test)]
mod tests {
    use model::TenantId;

    use super::super::parse::parse_group;
    use super::*;

    fn group() -> Arc<Group> {
        let spec = parse_group(
            "name: g\nrules:\n- {alert: A, expr: vector(1)}\n- {alert: A, expr: vector(2), labels: {x: y}}\n",
        );
        let tenant = TenantId::new("fake").unwrap();
        let now = TimestampNanos(0);
        Arc::new(Group::new(tenant, "ns".to_owned(), Arc::new(spec.unwrap()), Duration::from_secs(60), now))
    }

    fn alert(state: AlertState) -> Alert {
        let labels = LabelMap::from([
            ("alertname".to_owned(), "A".to_owned()),
            ("s".to_owned(), state.name().to_owned()),
        ]);
        Alert {
            labels,
            annotations: LabelMap::new(),
            state,
            value: f64::NAN,
            active_at: TimestampNanos::from_secs(100),
            fired_at: (state == AlertState::Firing).then_some(TimestampNanos::from_secs(160)),
            resolved_at: None,
            keep_firing_since: None,
            last_sent_at: None,
        }
    }

    #[test]
    fn alerts_come_back_and_absence_does_not_count() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ruler/state.json");
        assert!(Saved::read(&path).is_none());
        let before = group();
        for state in [AlertState::Pending, AlertState::Firing] {
            let alert = alert(state);
            before.state.lock().rules[1].alerts.insert(alert.labels.clone(), alert);
        }
        Saved::of(&[before], TimestampNanos::from_secs(200)).write(&path).unwrap();
        for (now, expected) in [(500, 2), (200 + 3601, 0)] {
            let after = group();
            let saved = Saved::read(&path).unwrap();
            let now = TimestampNanos::from_secs(now);
            assert_eq!(saved.restore(&[Arc::clone(&after)], now, Duration::from_secs(3600)), expected);
            let state = after.state.lock();
            assert!(state.rules[0].alerts.is_empty());
            let active: Vec<i64> =
                state.rules[1].alerts.values().map(|alert| alert.active_at.0 / 1_000_000_000).collect();
            assert_eq!(active, if expected > 0 { vec![100, 400] } else { vec![] });
        }
        std::fs::write(&path, "{").unwrap();
        assert!(Saved::read(&path).is_none());
    }
}
