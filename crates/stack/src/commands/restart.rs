//! `restart`: the whole stack, or one component in its place.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::bail;

use super::{Context, down, say, up};
use crate::cli::{Restart, Wait};
use crate::components::Component;
use crate::control::{ComponentStatus, Health, Request, StackStatus};
use crate::ui;

/// Runs the command.
pub async fn run(context: &mut Context, options: &Restart) -> anyhow::Result<ExitCode> {
    match options.component {
        Some(component) => one(context, component, options.wait).await,
        None => all(context, options.wait).await,
    }
}

/// Everything, on the ports it had; starts it when it wasn't running.
async fn all(context: &mut Context, wait: Wait) -> anyhow::Result<ExitCode> {
    // Only the addresses are wanted: they are in `context` from now on.
    drop(context.attach(false).await?);
    if down::stop_everything(context).await? {
        say("stopped; starting again")?;
    }
    context.layout.create()?;
    crate::supervisor::check_ports(context.network)?;
    up::start_and_wait(context, wait).await
}

async fn one(context: &mut Context, component: &Component, wait: Wait) -> anyhow::Result<ExitCode> {
    let Some((mut client, before)) = context.attach(false).await? else {
        return context.not_running();
    };
    let started = Instant::now();
    let old_pid = of(&before, component).and_then(|status| status.pid);
    client.ask(&Request::Restart { component: component.name.to_owned() }).await?;
    loop {
        let status = client.status(false).await?;
        if let Some(now) = of(&status, component)
            && now.health == Health::Up
            && now.pid != old_pid
        {
            let after = ui::duration(started.elapsed());
            say(&format!(
                "{} is ready again after {after} (pid {})",
                component.name,
                now.pid.unwrap_or_default()
            ))?;
            return Ok(ExitCode::SUCCESS);
        }
        if started.elapsed() > wait.timeout {
            let reason = of(&status, component).and_then(|status| status.message.clone());
            bail!(
                "{} is not ready after {}: {} (see `monitoring-stack logs {}`)",
                component.name,
                ui::duration(wait.timeout),
                reason.as_deref().unwrap_or("no reason known"),
                component.name
            );
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
}

/// One component's part of the status.
pub fn of<'a>(status: &'a StackStatus, component: &Component) -> Option<&'a ComponentStatus> {
    status.components.iter().find(|one| one.name == component.name)
}
