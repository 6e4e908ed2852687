//! `probe`: asks one address, for health checks of containers whose image has no other program that could.

use std::process::ExitCode;
use std::time::Duration;

use super::{exit_code, say};
use crate::cli::Probe;

const PATIENCE: Duration = Duration::from_secs(4);

/// Runs the command: success when the answer is 2xx.
pub async fn run(options: &Probe) -> anyhow::Result<ExitCode> {
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
    let status = client.get(options.url.clone()).send().await?.status();
    say(status.as_str())?;
    Ok(exit_code(status.is_success()))
}
