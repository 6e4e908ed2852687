//! Runs the play: a task for each lane of each customer. A lane plays one scenario at a time, so the number of open
//! calls is bounded by the number of lanes however slow the shop gets; beats that were missed meanwhile are dropped.

use std::sync::Arc;
use std::time::{Duration, Instant};

use runtime::CancellationToken;
use service_kit::emit;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, Span, field};

use crate::control::{Control, Position};
use crate::flows;
use crate::gate::Gates;
use crate::lane::Lane;
use crate::plan::{Mix, Turn, plan};
use crate::scenario::Scenario;
use crate::session::{Session, Sessions};
use crate::shop::{Shop, Trouble};
use crate::stats::{End, Stats};
use crate::visit::{Tokens, Visit};

/// A scenario that takes longer is given up.
const LONGEST_SCENARIO: Duration = Duration::from_secs(60);

/// Everything that lanes share.
#[derive(Debug)]
pub struct Engine {
    pub shop: Shop,
    pub gates: Arc<Gates>,
    pub stats: Arc<Stats>,
    pub tokens: Tokens,
    pub control: Control,
    pub seed: u64,
    pub mix: Mix,
    /// Tells this start of the program from earlier ones.
    pub run: i64,
}

/// Who plays in a lane.
#[derive(Debug, Clone)]
struct Player {
    customer: u32,
    lane: Lane,
    sessions: Arc<Sessions>,
}

impl Engine {
    /// Starts `customers` customers; they play until `shutdown`.
    pub fn start(self: &Arc<Self>, customers: u32, shutdown: &CancellationToken) -> TaskTracker {
        let tasks = TaskTracker::new();
        for customer in 0..customers {
            let sessions = Arc::new(Sessions::new(self.seed, self.run, customer));
            for lane in Lane::ALL {
                let player = Player { customer, lane, sessions: Arc::clone(&sessions) };
                tasks.spawn(Arc::clone(self).play_lane(player, customers, shutdown.clone()));
            }
        }
        tasks.close();
        tasks
    }

    async fn play_lane(self: Arc<Self>, player: Player, customers: u32, shutdown: CancellationToken) {
        let mut control = self.control.watch();
        // Customers come in one after the other instead of all on the same beat.
        let entrance = f64::from(player.customer + 1) / f64::from(customers);
        let mut pause_at_rate_1 = player.lane.pause(1.0, entrance);
        for number in 0.. {
            tokio::select! {
                () = wait_for_turn(&mut control, pause_at_rate_1) => {}
                () = shutdown.cancelled() => return,
            }
            let beat = Instant::now();
            let turn = plan(self.seed, player.customer, player.lane, number, self.mix);
            tokio::select! {
                () = self.play_turn(&player, number, &turn.scenario) => {}
                () = shutdown.cancelled() => return,
            }
            pause_at_rate_1 = next_pause(player.lane, &turn, beat, self.control.position().rate);
        }
    }

    async fn play_turn(&self, player: &Player, number: u64, scenario: &Scenario) {
        let name = scenario.name();
        if !self.gates.admit(flows::needs(scenario)) {
            self.stats.turn(name, End::Skipped);
            return;
        }
        let session = player.sessions.current(self.control.position().rate);
        let tag = format!("{:x}-{}-{}{number}", self.run, player.customer, player.lane.name());
        let span = scenario_span(name, scenario.persona(), &session, player.customer);
        self.perform(scenario, &session, &tag).instrument(span).await;
    }

    async fn perform(&self, scenario: &Scenario, session: &Session, tag: &str) {
        let started = Instant::now();
        let visit = Visit { shop: &self.shop, tokens: &self.tokens, session, tag };
        let outcome = tokio::time::timeout(LONGEST_SCENARIO, flows::play(visit, scenario)).await;
        let duration_ms = (started.elapsed().as_secs_f64() * 1e5).round() / 100.0;
        let (name, persona) = (scenario.name(), scenario.persona());
        match outcome {
            Ok(Ok(())) => {
                self.stats.turn(name, End::Completed);
                emit!(ScenarioCompleted { scenario = name, persona, duration_ms }, "scenario {name} completed");
            }
            Ok(Err(trouble)) => {
                self.failed(name, persona, reason(&trouble), &trouble.to_string(), duration_ms);
            }
            Err(_) => self.failed(name, persona, "too_slow", "the scenario took too long", duration_ms),
        }
    }

    fn failed(&self, name: &'static str, persona: &str, reason: &str, error: &str, duration_ms: f64) {
        self.stats.turn(name, End::Failed);
        let span = Span::current();
        span.record("otel.status_code", "ERROR");
        span.record("otel.status_description", error);
        span.record("error.type", reason);
        emit!(
            ScenarioFailed { scenario = name, persona, reason, error, duration_ms },
            "scenario {name} failed: {error}"
        );
    }
}

/// The root span of a scenario.
pub fn scenario_span(name: &str, persona: &str, session: &Session, customer: u32) -> Span {
    tracing::info_span!(
        target: "shop",
        parent: None,
        "scenario",
        otel.name = format!("scenario {name}"),
        otel.kind = "internal",
        otel.status_code = field::Empty,
        otel.status_description = field::Empty,
        error.type = field::Empty,
        shop.scenario = name,
        shop.persona = persona,
        shop.customer = i64::from(customer),
        session.id = session.id.as_str(),
        session_id = session.id.as_str(),
        synthetic = true,
        user_agent.synthetic.type = "test",
    )
}

fn reason(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Unreachable { .. } => "unreachable",
        Trouble::TimedOut { .. } => "timeout",
        Trouble::Unexpected { .. } => "unexpected_answer",
        Trouble::Missing { .. } => "incomplete_answer",
    }
}

/// What is left of the pause after a turn that began at `beat`, measured at rate 1.
fn next_pause(lane: Lane, turn: &Turn, beat: Instant, rate: f64) -> Duration {
    let beats_every = lane.pause(1.0, turn.jitter);
    let turn_took = beat.elapsed().mul_f64(rate);
    // A turn that took longer than its beat is followed by a short rest, never by a burst.
    beats_every.saturating_sub(turn_took).max(beats_every / 10)
}

/// Waits until `pause` has passed at the rate that is set, with changes of the rate taken into account, and traffic flows.
async fn wait_for_turn(control: &mut watch::Receiver<Position>, pause: Duration) {
    let mut left = pause;
    loop {
        let position = *control.borrow_and_update();
        let started = Instant::now();
        let changed = if position.running {
            tokio::select! {
                () = tokio::time::sleep(left.div_f64(position.rate)) => return,
                changed = control.changed() => {
                    left = left.saturating_sub(started.elapsed().mul_f64(position.rate));
                    changed
                }
            }
        } else {
            control.changed().await
        };
        if changed.is_err() {
            // Nobody can move the switch any more: the process ends.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_turn_waits_for_the_beat_and_for_the_switch() {
        let control = Control::new(1.0);
        let mut watch = control.watch();
        let beat = Duration::from_millis(40);
        let started = Instant::now();
        wait_for_turn(&mut watch, beat).await;
        assert!(started.elapsed() >= beat);

        control.set_running(false);
        let stopped = tokio::time::timeout(beat * 3, wait_for_turn(&mut watch, beat)).await;
        assert!(stopped.is_err());
        control.set_rate(50.0).unwrap();
        control.set_running(true);
        let waiting = wait_for_turn(&mut watch, Duration::from_secs(1));
        tokio::time::timeout(Duration::from_millis(900), waiting).await.unwrap();
    }

    #[test]
    fn slow_turns_drop_beats_instead_of_bursting() {
        let turn = Turn { scenario: Scenario::GuestOrder, jitter: 1.0 };
        let now = Instant::now();
        let prompt = next_pause(Lane::Order, &turn, now, 1.0);
        assert!(prompt.as_secs_f64() > 9.9);
        let an_hour_ago = now.checked_sub(Duration::from_secs(3600));
        if let Some(beat) = an_hour_ago {
            assert_eq!(next_pause(Lane::Order, &turn, beat, 1.0), Duration::from_secs(1));
        }
    }
}
