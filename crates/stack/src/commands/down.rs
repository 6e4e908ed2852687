//! `down`: stops everything and returns when nothing runs any more.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Context, say};
use crate::control::Request;
use crate::control::client::{Client, WentAway};
use crate::ui;

/// Every component may use its grace, stage after stage, before the supervisor itself is taken for hung.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a killed supervisor and its components take to vanish, at most.
pub const VANISH: Duration = Duration::from_secs(5);

/// Runs the command.
pub async fn run(context: &Context) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    if stop_everything(context).await? {
        say(&format!("stopped after {}", ui::duration(started.elapsed())))?;
    } else {
        say("nothing was running")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Stops the stack; `false` when none was running.
pub async fn stop_everything(context: &Context) -> anyhow::Result<bool> {
    let Some(holder) = context.layout.holder()? else {
        return Ok(false);
    };
    let asked = ask_to_stop(context).await;
    let patience = if asked.is_ok() { VANISH } else { Duration::ZERO };
    if until_unlocked(context, patience).await? {
        return Ok(true);
    }
    // It has the lock and does not stop: end it; its components go with it.
    let Some(pid) = holder.pid else {
        return asked.map(|()| true);
    };
    say(&format!("the supervisor (pid {pid}) does not stop and is killed"))?;
    kill(Pid::from_raw(pid), Signal::SIGKILL).with_context(|| format!("kill pid {pid}"))?;
    if !until_unlocked(context, VANISH).await? {
        bail!("pid {pid} still has the data folder {}", context.layout.root().display());
    }
    Ok(true)
}

async fn ask_to_stop(context: &Context) -> anyhow::Result<()> {
    // A supervisor that has just started has the lock before it has the socket.
    let deadline = Instant::now() + VANISH;
    let mut client = loop {
        if let Some(client) = Client::connect(&context.layout).await? {
            break client;
        }
        if context.layout.holder()?.is_none() {
            return Ok(());
        }
        if Instant::now() >= deadline {
            bail!("the supervisor does not listen on {}", context.layout.socket().display());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    // One that hangs is noticed by a question that is answered at once; stopping may take its time.
    match client.status(false).await {
        Err(error) if error.is::<WentAway>() => return Ok(()),
        status => status?,
    };
    let response = client.ask_within(&Request::Stop, PATIENCE).await?;
    if !response.ok {
        bail!("{}", response.error.unwrap_or_default());
    }
    Ok(())
}

/// Waits until nobody has the data folder; false when somebody keeps it.
pub async fn until_unlocked(context: &Context, patience: Duration) -> anyhow::Result<bool> {
    let deadline = Instant::now() + patience;
    while context.layout.holder()?.is_some() {
        if Instant::now() >= deadline {
            return Ok(false);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(true)
}
