//! The states of a rule's series from one evaluation to the next.
//!
//! Besides its series a rule may have one instance that stands for all of them: when the query gave nothing
//! ([`Key::NoData`]) or failed ([`Key::Error`]). It goes as soon as that is over.

mod announce;
mod instance;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use announce::{Announcement, RESEND_MS};
pub use instance::{Instance, Reason, Sent, State};

use crate::condition::{Observation, Outcome};
use crate::value::Labels;
use instance::Seen;

/// What a rule says about its states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long a series is pending before it fires.
    pub for_ms: u64,
    /// How long it goes on firing after the condition no longer holds.
    pub keep_firing_ms: u64,
    pub no_data: OnNoData,
    pub error: OnError,
    /// After so many evaluations without it, a series is gone.
    pub missing_to_resolve: u32,
}

/// What no data means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum OnNoData {
    /// An alert of its own.
    #[default]
    NoData,
    Alerting,
    #[serde(rename = "OK", alias = "Ok")]
    Ok,
    KeepLast,
}

/// What a failed evaluation means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum OnError {
    /// An alert of its own.
    #[default]
    Error,
    Alerting,
    #[serde(rename = "OK", alias = "Ok")]
    Ok,
    KeepLast,
}

/// Which instance of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Key {
    /// A label set of the condition.
    Series(Labels),
    NoData,
    Error,
}

/// A change of an instance's state or of the reason for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub key: Key,
    pub before: (State, Option<Reason>),
    /// The instance after the step.
    pub instance: Instance,
    /// Whether the rule forgets it with this step.
    pub is_removed: bool,
}

/// The instances of one rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<(Key, Instance)>", into = "Vec<(Key, Instance)>")]
pub struct RuleState {
    instances: BTreeMap<Key, Instance>,
}

impl From<Vec<(Key, Instance)>> for RuleState {
    fn from(instances: Vec<(Key, Instance)>) -> Self {
        Self { instances: instances.into_iter().collect() }
    }
}

impl From<RuleState> for Vec<(Key, Instance)> {
    fn from(state: RuleState) -> Self {
        state.instances.into_iter().collect()
    }
}

impl RuleState {
    /// All instances in a fixed order.
    pub fn instances(&self) -> impl Iterator<Item = (&Key, &Instance)> {
        self.instances.iter()
    }

    /// The same, to note what was announced.
    pub fn instances_mut(&mut self) -> impl Iterator<Item = (&Key, &mut Instance)> {
        self.instances.iter_mut()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.instances.is_empty()
    }

    /// Whether the series was beyond its bound when it was last seen, for hysteresis.
    #[must_use]
    pub fn is_breached(&self, labels: &Labels) -> bool {
        self.instances.get(&Key::Series(labels.clone())).is_some_and(|instance| instance.is_breached)
    }

    /// Takes an evaluation in; says what changed.
    pub fn apply(&mut self, outcome: Outcome, settings: &Settings, now_ms: i64) -> Vec<Step> {
        let mut steps = Vec::new();
        match outcome {
            Outcome::Series(observations) => {
                self.end_special(&[Key::NoData, Key::Error], now_ms, &mut steps);
                let mut seen = BTreeSet::new();
                for observation in observations {
                    let key = Key::Series(observation.labels.clone());
                    seen.insert(key.clone());
                    self.observe(key, observation, settings, now_ms, &mut steps);
                }
                self.count_missing(&seen, settings, now_ms, &mut steps);
            }
            Outcome::NoData => {
                self.end_special(&[Key::Error], now_ms, &mut steps);
                let is_own = settings.no_data == OnNoData::NoData;
                self.all_or_special(Key::NoData, is_own, &Seen::NoData, settings, now_ms, &mut steps);
                if is_own {
                    self.count_missing(&BTreeSet::new(), settings, now_ms, &mut steps);
                }
            }
            Outcome::Error(reason) => {
                self.end_special(&[Key::NoData], now_ms, &mut steps);
                let is_own = settings.error == OnError::Error;
                self.all_or_special(Key::Error, is_own, &Seen::Error(reason), settings, now_ms, &mut steps);
            }
        }
        steps
    }

    /// Forgets everything: what was firing is over for this reason.
    pub fn clear(&mut self, reason: Reason, now_ms: i64) -> Vec<Step> {
        let instances = std::mem::take(&mut self.instances).into_iter();
        instances.map(|(key, instance)| end(key, instance, Some(reason), now_ms)).collect()
    }

    fn observe(
        &mut self,
        key: Key,
        observation: Observation,
        settings: &Settings,
        now_ms: i64,
        steps: &mut Vec<Step>,
    ) {
        let seen = match observation.value {
            None => Seen::NoData,
            Some(value) => Seen::Value(value != 0.0),
        };
        let instance = self.instances.entry(key.clone()).or_insert_with(|| Instance::new(now_ms));
        instance.values = observation.values;
        advance(key, instance, &seen, settings, now_ms, steps);
    }

    /// What concerns the whole rule concerns all its series, unless it has a state of its own or there are none.
    fn all_or_special(
        &mut self,
        special: Key,
        is_own: bool,
        seen: &Seen,
        settings: &Settings,
        now_ms: i64,
        steps: &mut Vec<Step>,
    ) {
        let has_series = self.instances.keys().any(|key| matches!(key, Key::Series(_)));
        if is_own || !has_series {
            let instance = self.instances.entry(special.clone()).or_insert_with(|| Instance::new(now_ms));
            return advance(special, instance, seen, settings, now_ms, steps);
        }
        self.end_special(&[special], now_ms, steps);
        for (key, instance) in &mut self.instances {
            advance(key.clone(), instance, seen, settings, now_ms, steps);
        }
    }

    /// Series that the evaluation did not bring keep their state for a while.
    fn count_missing(
        &mut self,
        seen: &BTreeSet<Key>,
        settings: &Settings,
        now_ms: i64,
        steps: &mut Vec<Step>,
    ) {
        let mut gone = Vec::new();
        for (key, instance) in &mut self.instances {
            if matches!(key, Key::Series(_)) && !seen.contains(key) {
                instance.missed = instance.missed.saturating_add(1);
                if instance.missed >= settings.missing_to_resolve.max(1) {
                    gone.push(key.clone());
                }
            }
        }
        self.remove(gone, Some(Reason::MissingSeries), now_ms, steps);
    }

    fn end_special(&mut self, keys: &[Key], now_ms: i64, steps: &mut Vec<Step>) {
        let there = keys.iter().filter(|key| self.instances.contains_key(key)).cloned().collect();
        self.remove(there, None, now_ms, steps);
    }

    fn remove(&mut self, keys: Vec<Key>, reason: Option<Reason>, now_ms: i64, steps: &mut Vec<Step>) {
        for key in keys {
            if let Some(instance) = self.instances.remove(&key) {
                steps.push(end(key, instance, reason, now_ms));
            }
        }
    }
}

/// One instance, one evaluation.
fn advance(
    key: Key,
    instance: &mut Instance,
    seen: &Seen,
    settings: &Settings,
    now_ms: i64,
    steps: &mut Vec<Step>,
) {
    let before = (instance.state, instance.reason);
    instance.advance(seen, settings, now_ms);
    if before != (instance.state, instance.reason) {
        steps.push(Step { key, before, instance: instance.clone(), is_removed: false });
    }
}

fn end(key: Key, mut instance: Instance, reason: Option<Reason>, now_ms: i64) -> Step {
    let before = (instance.state, instance.reason);
    instance.end(reason, now_ms);
    Step { key, before, instance, is_removed: true }
}
