//! `fault chaos`: faults by chance, a few at a time, each for a while. What is chosen depends on the seed and on which
//! services answer; the same lab breaks the same way again.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::json;
use service_kit::{Chance, Fault};
use tokio::signal::unix::{SignalKind, signal};

use super::switches::{State, Switches};
use crate::cli::Chaos;
use crate::commands::{complain, say};
use crate::ui;

/// What is on because of us.
#[derive(Debug)]
struct Begun {
    service: &'static str,
    fault: Fault,
    ends: Instant,
}

/// Runs until the time is over or Ctrl-C; then what is still on goes off.
pub async fn run(switches: &Switches, options: &Chaos) -> anyhow::Result<ExitCode> {
    let chance = Chance::seeded(options.seed);
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let end = Instant::now() + options.length;
    let mut begun: Vec<Begun> = Vec::new();
    loop {
        let pause = around(&chance, options.interval).min(end.saturating_duration_since(Instant::now()));
        tokio::select! {
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
            () = tokio::time::sleep(pause) => {}
        }
        if Instant::now() >= end {
            break;
        }
        begun.retain(|one| Instant::now() < one.ends);
        if begun.len() < options.max as usize {
            match begin(switches, options, &chance).await {
                Ok(one) => begun.extend(one),
                // A lab in which things break has services that do not answer.
                Err(error) => complain(&format!("{error:#}"))?,
            }
        }
    }
    for Begun { service, fault, .. } in begun {
        drop(switches.unset(service, fault.name()).await);
    }
    say("chaos is over; its faults are off")?;
    Ok(ExitCode::SUCCESS)
}

/// Switches one of the faults on that are off.
async fn begin(switches: &Switches, options: &Chaos, chance: &Chance) -> anyhow::Result<Option<Begun>> {
    let found = switches.all().await?;
    let choices: Vec<(&State, Fault)> = found
        .states
        .iter()
        .filter(|state| !state.is_on())
        .filter_map(|state| Some((state, Fault::from_name(&state.name)?)))
        .filter(|(_, fault)| *fault != Fault::Exercise)
        .collect();
    if choices.is_empty() {
        return Ok(None);
    }
    let (state, fault) = choices[usize::try_from(chance.number(0..choices.len() as u64))?];
    let (least, most) = (options.hold_min.as_secs().max(1), options.hold_max.as_secs());
    let hold = chance.number(least..most.max(least) + 1);
    let setting = json!({"enabled": true, "duration_s": hold});
    switches.set(state.service, fault, &setting).await?;
    let length = ui::duration(Duration::from_secs(hold));
    say(&format!("{} is on in {} for {length}", fault.name(), state.service))?;
    Ok(Some(Begun { service: state.service, fault, ends: Instant::now() + Duration::from_secs(hold) }))
}

/// Half of it to half as much again.
fn around(chance: &Chance, duration: Duration) -> Duration {
    chance.duration(duration / 2..duration * 3 / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_vary_around_the_interval_and_repeat_with_the_seed() {
        let pauses = |seed| {
            let chance = Chance::seeded(seed);
            (0..50).map(|_| around(&chance, Duration::from_secs(10)).as_millis()).collect::<Vec<_>>()
        };
        assert_eq!(pauses(1), pauses(1));
        assert_ne!(pauses(1), pauses(2));
        assert!(pauses(1).iter().all(|pause| (5000..15_000).contains(pause)));
    }
}
