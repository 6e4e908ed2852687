//! The one task that evaluates: groups in the order in which they are due, one at a time.
//!
//! A group that takes longer than others can wait makes them miss turns, which is counted; it cannot make the store do
//! more at a time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use model::TimestampNanos;

use super::Ruler;
use super::group::Group;
use super::state::Saved;

/// Between two writes of the state of alerts.
const SAVE_INTERVAL: Duration = Duration::from_secs(5);

impl Ruler {
    pub(super) async fn schedule(self: Arc<Self>) {
        let poll_interval = self.setup.settings.poll_interval;
        let mut next_poll = self.setup.clock.now().saturating_add(poll_interval);
        let mut next_save = self.setup.clock.now();
        while !self.evaluating.is_cancelled() {
            let now = self.setup.clock.now();
            // A clock that was set back must not put off what is to come.
            if next_poll <= now || next_poll > now.saturating_add(poll_interval) {
                next_poll = now.saturating_add(poll_interval);
                self.in_background(Self::reload).await;
            }
            tokio::select! {
                () = self.evaluate_due(now) => {}
                () = self.evaluating.cancelled() => break,
            }
            let unsaved = self.unsaved.load(Ordering::Relaxed);
            if unsaved && (next_save <= now || next_save > now.saturating_add(SAVE_INTERVAL)) {
                next_save = now.saturating_add(SAVE_INTERVAL);
                self.in_background(Self::save).await;
            }
            let save = self.unsaved.load(Ordering::Relaxed).then_some(next_save);
            let due = self.groups().iter().map(|group| group.state.lock().due).min();
            let next = due.into_iter().chain(save).fold(next_poll, TimestampNanos::min);
            tokio::select! {
                () = self.setup.clock.sleep_until(next) => {}
                () = self.changed.notified() => {}
                () = self.evaluating.cancelled() => {}
            }
        }
        self.in_background(Self::save).await;
    }

    async fn evaluate_due(&self, now: TimestampNanos) {
        let groups = self.groups();
        let turn = |group: &Arc<Group>| group.take_turn(now).map(|turn| (turn, Arc::clone(group)));
        let mut due: Vec<(TimestampNanos, Arc<Group>)> = groups.iter().filter_map(turn).collect();
        due.sort_by_key(|(turn, _)| *turn);
        for (turn, group) in due {
            self.evaluate(&group, turn).await;
        }
    }

    /// Runs what waits for the disk where it may.
    async fn in_background(self: &Arc<Self>, work: fn(&Self)) {
        let ruler = Arc::clone(self);
        if let Err(error) = tokio::task::spawn_blocking(move || work(&ruler)).await {
            tracing::error!(%error, "work of the rules ended abnormally");
        }
    }

    /// Saves the state of alerts, if it changed.
    fn save(&self) {
        if !self.unsaved.swap(false, Ordering::Relaxed) {
            return;
        }
        let path = self.state_path();
        if let Err(error) = Saved::of(&self.groups(), self.setup.clock.now()).write(&path) {
            self.unsaved.store(true, Ordering::Relaxed);
            tracing::error!(path = %path.display(), %error, "the state of alerts cannot be saved");
        }
    }
}
