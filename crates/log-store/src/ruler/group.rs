//! A group of rules at work: when it is due, and what is known about its rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use model::{TenantId, TimestampNanos};
use parking_lot::Mutex;

use super::alerts::{AlertState, Alerts};
use super::spec::{GroupSpec, LabelMap, RuleSpec};

/// A group with its state.
#[derive(Debug)]
pub(crate) struct Group {
    pub tenant: TenantId,
    pub namespace: String,
    pub spec: Arc<GroupSpec>,
    pub interval: Duration,
    /// Where in the interval the group has its turn, so that not all groups have it at once.
    offset_ns: i64,
    pub state: Mutex<GroupState>,
}

#[derive(Debug, Default)]
pub(crate) struct GroupState {
    pub due: TimestampNanos,
    pub last_evaluation: Option<TimestampNanos>,
    pub took: Duration,
    /// One per rule.
    pub rules: Vec<RuleState>,
    pub counts: Counts,
}

/// What has happened since the start.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub iterations: u64,
    /// Turns that were left out because others took too long.
    pub missed: u64,
    pub evaluations: u64,
    pub failures: u64,
    pub seconds: f64,
}

/// What is known about a rule.
#[derive(Debug, Default, Clone)]
pub(crate) struct RuleState {
    /// `None` before the first evaluation.
    pub outcome: Option<Result<(), String>>,
    pub last_evaluation: Option<TimestampNanos>,
    pub took: Duration,
    pub alerts: Alerts,
    /// The newest value of each series that the rule records.
    pub recorded: BTreeMap<LabelMap, f64>,
    /// Series that receivers of remote writes take for alive.
    pub written: BTreeSet<Arc<LabelMap>>,
}

impl RuleState {
    /// The state of the rule: that of its most urgent alert.
    pub(crate) fn alert_state(&self) -> AlertState {
        self.alerts.values().map(|alert| alert.state).max().unwrap_or(AlertState::Inactive)
    }
}

impl Group {
    pub(crate) fn new(
        tenant: TenantId,
        namespace: String,
        spec: Arc<GroupSpec>,
        default_interval: Duration,
        now: TimestampNanos,
    ) -> Self {
        let interval = spec.interval.unwrap_or(default_interval).max(Duration::from_millis(100));
        let hash = stable_hash(&[tenant.as_str(), &namespace, &spec.yaml.name]);
        let offset_ns = i64::try_from(u128::from(hash) % interval.as_nanos()).unwrap_or(0);
        let rules = vec![RuleState::default(); spec.rules.len()];
        let group = Self { tenant, namespace, spec, interval, offset_ns, state: Mutex::default() };
        let due = group.turn_after(now);
        *group.state.lock() = GroupState { due, rules, ..GroupState::default() };
        group
    }

    fn interval_ns(&self) -> i64 {
        i64::try_from(self.interval.as_nanos()).unwrap_or(i64::MAX)
    }

    /// The last turn at or before `now`.
    fn turn_before(&self, now: TimestampNanos) -> TimestampNanos {
        TimestampNanos(now.0 - (now.0 - self.offset_ns).rem_euclid(self.interval_ns()))
    }

    /// The first turn after `now`.
    fn turn_after(&self, now: TimestampNanos) -> TimestampNanos {
        self.turn_before(now).saturating_add(self.interval)
    }

    /// If the group is due, the turn to evaluate: the latest, when several have passed.
    pub(crate) fn take_turn(&self, now: TimestampNanos) -> Option<TimestampNanos> {
        let mut state = self.state.lock();
        let next = self.turn_after(now);
        // A clock that was set back must not stop the group for long.
        if state.due > next {
            state.due = next;
        }
        if state.due > now {
            return None;
        }
        let turn = self.turn_before(now).max(state.due);
        let missed = (turn.0 - state.due.0) / self.interval_ns();
        state.counts.missed += missed.max(0).cast_unsigned();
        state.due = next;
        Some(turn)
    }

    /// Takes over what an older version of the group knew, rule by rule. Rules that have no successor are returned.
    pub(crate) fn succeed(&self, older: &Self) -> Vec<RuleState> {
        let mut state = self.state.lock();
        let mut old = older.state.lock();
        state.last_evaluation = old.last_evaluation;
        state.took = old.took;
        state.counts = old.counts;
        if self.interval == older.interval {
            state.due = old.due;
        }
        let mut rest: Vec<(&RuleSpec, RuleState)> =
            older.spec.rules.iter().zip(std::mem::take(&mut old.rules)).collect();
        for (rule, state) in self.spec.rules.iter().zip(&mut state.rules) {
            if let Some(at) = rest.iter().position(|(older, _)| rule.continues(older)) {
                *state = rest.remove(at).1;
            }
        }
        rest.into_iter().map(|(_, state)| state).collect()
    }
}

/// FNV-1a: the same on every machine and in every version.
fn stable_hash(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain(std::iter::once(0xff)));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse_group;
    use super::*;

    fn group(text: &str, now: i64) -> Group {
        let spec = Arc::new(parse_group(text).unwrap());
        let tenant = TenantId::new("fake").unwrap();
        Group::new(tenant, "ns".to_owned(), spec, Duration::from_secs(60), TimestampNanos::from_secs(now))
    }

    #[test]
    fn turns_are_an_interval_apart_whenever_the_store_was_started() {
        let first = group("{name: g, interval: 10s}", 1000);
        let second = group("{name: g, interval: 10s}", 1007);
        let due = first.state.lock().due;
        assert!(due > TimestampNanos::from_secs(1000) && due <= TimestampNanos::from_secs(1010));
        assert_eq!((second.state.lock().due.0 - due.0) % 10_000_000_000, 0);
        assert_eq!(first.take_turn(TimestampNanos(due.0 - 1)), None);
        assert_eq!(first.take_turn(due), Some(due));
        assert_eq!(first.take_turn(due), None);
        // Much later: the latest turn counts, the others were missed.
        let later = TimestampNanos(due.0 + 35_000_000_000);
        assert_eq!(first.take_turn(later), Some(TimestampNanos(due.0 + 30_000_000_000)));
        assert_eq!(first.state.lock().counts.missed, 2);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_stop_a_group() {
        let group = group("{name: g, interval: 10s}", 1_000_000);
        let now = TimestampNanos::from_secs(1000);
        assert_eq!(group.take_turn(now), None);
        assert!(group.state.lock().due <= TimestampNanos::from_secs(1010));
    }

    #[test]
    fn groups_have_their_turns_at_different_times() {
        let due = |name: &str| group(&format!("{{name: {name}}}"), 0).state.lock().due;
        assert_ne!(due("a"), due("b"));
    }

    #[test]
    fn a_changed_group_keeps_what_is_known_about_its_rules() {
        let rules = |second: &str| {
            format!(
                "name: g\nrules:\n- {{alert: A, expr: vector(1)}}\n- {{alert: {second}, expr: vector(1)}}\n"
            )
        };
        let older = group(&rules("B"), 0);
        for (at, state) in older.state.lock().rules.iter_mut().enumerate() {
            state.took = Duration::from_secs(at as u64 + 1);
        }
        let newer = group(&rules("C"), 0);
        let gone = newer.succeed(&older);
        let took: Vec<u64> = newer.state.lock().rules.iter().map(|state| state.took.as_secs()).collect();
        assert_eq!((took, gone.len(), gone[0].took.as_secs()), (vec![1, 0], 1, 2));
    }
}
