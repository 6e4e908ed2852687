//! The log store alone, without the rest of the stack: `cargo run -p log-store --example serve -- --help`.

use clap::Parser;

// As in the binary, so that measurements tell the same.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    args: log_store::Args,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let shutdown = runtime::shutdown_on_signals()?;
    Box::pin(log_store::run(Cli::parse().args, shutdown)).await
}
