//! Takes the alerts that rules raise and sees that people are told.

use notifications::Alert;

/// The way from rules to contact points. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notifications;

impl Notifications {
    /// Takes the state of some alerts, firing and resolved. Never waits: what is to be sent is sent later.
    #[expect(dead_code, clippy::unused_self, reason = "rules call it")]
    pub(crate) fn submit(&self, _alerts: Vec<Alert>) {}
}
