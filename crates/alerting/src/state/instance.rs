//! One series of a rule: where it stands, and where an observation takes it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{OnError, OnNoData, Settings};
use crate::condition::Captured;
use crate::value::Labels;

/// Where an instance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum State {
    Normal,
    /// The condition holds, but not for long enough.
    Pending,
    Alerting,
    /// The condition no longer holds, but the alert is kept for a while.
    Recovering,
    NoData,
    Error,
}

impl State {
    /// Its name in APIs and files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Pending => "Pending",
            Self::Alerting => "Alerting",
            Self::Recovering => "Recovering",
            Self::NoData => "NoData",
            Self::Error => "Error",
        }
    }

    /// Whether people are told.
    #[must_use]
    pub fn is_firing(self) -> bool {
        matches!(self, Self::Alerting | Self::Recovering | Self::NoData | Self::Error)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an instance is in its state, when it is not the condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    NoData,
    Error,
    NoDataKeptLast,
    ErrorKeptLast,
    MissingSeries,
    Paused,
    Updated,
    RuleDeleted,
}

impl Reason {
    /// As annotations and states show it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoData => "NoData",
            Self::Error => "Error",
            Self::NoDataKeptLast => "NoData, KeepLast",
            Self::ErrorKeptLast => "Error, KeepLast",
            Self::MissingSeries => "MissingSeries",
            Self::Paused => "Paused",
            Self::Updated => "Updated",
            Self::RuleDeleted => "RuleDeleted",
        }
    }
}

/// What was last said of a firing instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    pub labels: Labels,
    pub annotations: BTreeMap<String, String>,
    pub starts_at_ms: i64,
    pub at_ms: i64,
}

/// One series of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    pub state: State,
    #[serde(default)]
    pub reason: Option<Reason>,
    /// When it entered its state.
    pub since_ms: i64,
    /// When the alert began that it is; kept while it recovers.
    #[serde(default)]
    pub firing_since_ms: Option<i64>,
    pub evaluated_ms: i64,
    /// Evaluations without it, one after the other.
    #[serde(default)]
    pub missed: u32,
    /// Whether the condition held when there was last a value.
    #[serde(default)]
    pub is_breached: bool,
    /// What the rule's nodes last said.
    #[serde(default)]
    pub values: BTreeMap<String, Captured>,
    /// Why it could not be evaluated.
    #[serde(default)]
    pub error: Option<String>,
    #[serde(default)]
    pub sent: Option<Sent>,
}

/// What an evaluation says about an instance.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Seen {
    /// Whether the condition holds.
    Value(bool),
    NoData,
    Error(String),
}

impl Instance {
    pub(super) fn new(now_ms: i64) -> Self {
        Self {
            state: State::Normal,
            reason: None,
            since_ms: now_ms,
            firing_since_ms: None,
            evaluated_ms: now_ms,
            missed: 0,
            is_breached: false,
            values: BTreeMap::new(),
            error: None,
            sent: None,
        }
    }

    pub(super) fn advance(&mut self, seen: &Seen, settings: &Settings, now_ms: i64) {
        self.evaluated_ms = now_ms;
        self.missed = 0;
        self.error = None;
        match seen {
            Seen::Value(holds) => {
                self.is_breached = *holds;
                self.condition(*holds, None, settings, now_ms);
            }
            Seen::NoData => match settings.no_data {
                OnNoData::NoData => self.enter(State::NoData, None, now_ms),
                OnNoData::KeepLast => self.reason = Some(Reason::NoDataKeptLast),
                OnNoData::Alerting => self.instead(true, Reason::NoData, settings, now_ms),
                OnNoData::Ok => self.instead(false, Reason::NoData, settings, now_ms),
            },
            Seen::Error(reason) => {
                self.error = Some(reason.clone());
                match settings.error {
                    OnError::Error => self.enter(State::Error, None, now_ms),
                    OnError::KeepLast => self.reason = Some(Reason::ErrorKeptLast),
                    OnError::Alerting => self.instead(true, Reason::Error, settings, now_ms),
                    OnError::Ok => self.instead(false, Reason::Error, settings, now_ms),
                }
            }
        }
    }

    /// The condition is decided by policy rather than by a value, which is told by -1.
    fn instead(&mut self, holds: bool, reason: Reason, settings: &Settings, now_ms: i64) {
        for captured in self.values.values_mut() {
            captured.value = Some(-1.0);
        }
        self.condition(holds, Some(reason), settings, now_ms);
    }

    fn condition(&mut self, holds: bool, reason: Option<Reason>, settings: &Settings, now_ms: i64) {
        let lasted = |since: i64| u64::try_from(now_ms.saturating_sub(since)).unwrap_or(0);
        let next = match (self.state, holds) {
            (State::Alerting | State::Recovering, true) => State::Alerting,
            (State::Pending, true) if lasted(self.since_ms) >= settings.for_ms => State::Alerting,
            (_, true) if settings.for_ms > 0 => State::Pending,
            (_, true) => State::Alerting,
            (State::Alerting, false) if settings.keep_firing_ms > 0 => State::Recovering,
            (State::Recovering, false) if lasted(self.since_ms) < settings.keep_firing_ms => {
                State::Recovering
            }
            (_, false) => State::Normal,
        };
        self.enter(next, reason, now_ms);
    }

    fn enter(&mut self, next: State, reason: Option<Reason>, now_ms: i64) {
        self.reason = reason;
        if self.state == next {
            return;
        }
        let is_one_alert = matches!(
            (self.state, next),
            (State::Alerting, State::Recovering) | (State::Recovering, State::Alerting)
        );
        if !is_one_alert {
            self.firing_since_ms = next.is_firing().then_some(now_ms);
        }
        self.state = next;
        self.since_ms = now_ms;
    }

    /// It is over, whatever it was.
    pub(super) fn end(&mut self, reason: Option<Reason>, now_ms: i64) {
        self.evaluated_ms = now_ms;
        self.enter(State::Normal, reason, now_ms);
    }
}
