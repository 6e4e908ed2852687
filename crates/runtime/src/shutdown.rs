//! One token that every task watches; cancelled by SIGINT or SIGTERM.

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Returns a token that is cancelled by the first SIGINT or SIGTERM. A second signal ends the process at once, so an
/// operator is never held up by a shutdown that hangs.
pub fn shutdown_on_signals() -> anyhow::Result<CancellationToken> {
    let token = CancellationToken::new();
    let mut interrupt = signal(SignalKind::interrupt()).context("watch for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("watch for SIGTERM")?;
    let cancelled = token.clone();
    tokio::spawn(async move {
        for attempt in 0.. {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if attempt == 0 {
                tracing::info!("shutting down");
                cancelled.cancel();
            } else {
                exit_now();
            }
        }
    });
    Ok(token)
}

#[expect(clippy::exit, reason = "the second signal means: now")]
fn exit_now() -> ! {
    std::process::exit(130)
}
