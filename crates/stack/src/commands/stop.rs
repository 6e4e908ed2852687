//! `stop COMPONENT` and `start COMPONENT`: one component stays down while the rest goes on.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::bail;

use super::{Context, restart, say};
use crate::cli::One;
use crate::control::{ComponentStatus, Health, Request};
use crate::ui;

const POLL: Duration = Duration::from_millis(25);

/// Stops one and waits until it is gone.
pub async fn stop(context: &mut Context, options: &One) -> anyhow::Result<ExitCode> {
    let request = Request::Hold { component: options.component.name.to_owned() };
    let done = |status: &ComponentStatus| status.health == Health::Stopped;
    let Some(after) = tell(context, options, &request, done).await? else {
        return context.not_running();
    };
    let name = options.component.name;
    say(&format!("{name} is stopped after {after}; start it again with `monitoring-stack start {name}`"))?;
    Ok(ExitCode::SUCCESS)
}

/// Starts one and waits until it is ready.
pub async fn start(context: &mut Context, options: &One) -> anyhow::Result<ExitCode> {
    let request = Request::Start { component: options.component.name.to_owned() };
    let done = |status: &ComponentStatus| status.health == Health::Up;
    let Some(after) = tell(context, options, &request, done).await? else {
        return context.not_running();
    };
    say(&format!("{} is ready after {after}", options.component.name))?;
    Ok(ExitCode::SUCCESS)
}

/// Asks the supervisor and waits until it is done; how long that took.
async fn tell(
    context: &mut Context,
    options: &One,
    request: &Request,
    is_done: impl Fn(&ComponentStatus) -> bool,
) -> anyhow::Result<Option<String>> {
    let Some((mut client, _)) = context.attach(false).await? else {
        return Ok(None);
    };
    let started = Instant::now();
    client.ask(request).await?;
    loop {
        let status = client.status(false).await?;
        let component = restart::of(&status, options.component);
        if component.is_some_and(&is_done) {
            return Ok(Some(ui::duration(started.elapsed())));
        }
        if started.elapsed() > options.wait.timeout {
            let name = options.component.name;
            let health = component.map_or(Health::Down, |component| component.health);
            bail!(
                "{name} is still {health} after {} (see `monitoring-stack logs {name}`)",
                ui::duration(options.wait.timeout)
            );
        }
        tokio::time::sleep(POLL).await;
    }
}
