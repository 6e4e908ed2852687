//! Which alerts are to be handed on, and when again.

use std::collections::BTreeMap;

use super::{Instance, Sent};
use crate::value::Labels;

/// A firing alert is said again after so long, so that whoever forgot it learns of it.
pub const RESEND_MS: i64 = 30_000;
/// After so many rounds of silence an alert counts as over.
const ROUNDS: i64 = 4;

/// Something to hand on.
#[derive(Debug, Clone, PartialEq)]
pub struct Announcement {
    pub labels: Labels,
    pub annotations: BTreeMap<String, String>,
    pub starts_at_ms: i64,
    /// In the future for what is firing.
    pub ends_at_ms: i64,
    /// Neither said before nor a repetition: the rule's state has to be kept.
    pub is_news: bool,
}

impl Instance {
    /// What is to be said now. `describe` makes labels and annotations; it is asked of firing instances only.
    /// `is_due` says again what is firing even if it was said just before.
    pub fn announce(
        &mut self,
        now_ms: i64,
        interval_ms: i64,
        is_due: bool,
        describe: impl FnOnce(&Self) -> (Labels, BTreeMap<String, String>),
    ) -> Vec<Announcement> {
        if !self.state.is_firing() {
            return self.take_resolved(now_ms).into_iter().collect();
        }
        let starts_at_ms = self.firing_since_ms.unwrap_or(self.since_ms);
        let (labels, annotations) = describe(self);
        let mut said = Vec::new();
        let is_same =
            self.sent.as_ref().is_some_and(|sent| sent.labels == labels && sent.starts_at_ms == starts_at_ms);
        if !is_same && self.sent.as_ref().is_some_and(|sent| sent.labels != labels) {
            said.extend(self.take_resolved(now_ms));
        }
        let is_old = self.sent.as_ref().is_none_or(|sent| now_ms - sent.at_ms >= RESEND_MS);
        let is_changed = self.sent.as_ref().is_some_and(|sent| sent.annotations != annotations);
        if is_same && !is_old && !is_due && !is_changed {
            return said;
        }
        let ends_at_ms = now_ms.saturating_add(ROUNDS * interval_ms.max(RESEND_MS));
        self.sent = Some(Sent {
            labels: labels.clone(),
            annotations: annotations.clone(),
            starts_at_ms,
            at_ms: now_ms,
        });
        said.push(Announcement { labels, annotations, starts_at_ms, ends_at_ms, is_news: !is_same });
        said
    }

    /// That what was said to fire is over.
    pub fn take_resolved(&mut self, now_ms: i64) -> Option<Announcement> {
        let mut sent = self.sent.take()?;
        if let Some(reason) = self.reason {
            sent.annotations.insert("grafana_state_reason".to_owned(), reason.as_str().to_owned());
        }
        Some(Announcement {
            labels: sent.labels,
            annotations: sent.annotations,
            starts_at_ms: sent.starts_at_ms,
            ends_at_ms: now_ms,
            is_news: true,
        })
    }
}
