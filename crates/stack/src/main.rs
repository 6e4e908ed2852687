//! The monitoring-stack command: supervisor, one-component server, operations.
//!
//! `up` starts a small supervisor, which starts every component as a child process of this same program
//! (`serve COMPONENT`). The other commands talk to the supervisor over a Unix socket in the data folder, or to the
//! components over HTTP.

mod cli;
mod commands;
mod components;
mod control;
mod layout;
mod network;
mod ports;
mod pretty;
mod supervisor;
mod ui;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::commands::Context;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    keep_pages_small();
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        // `… | head` has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(io::stderr(), "error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// The allocator asks for huge pages, and nine processes that touch a little of each would hold twice the memory they
/// use. Children inherit the setting. A kernel without it changes nothing but the size.
fn keep_pages_small() {
    let _supported = nix::sys::prctl::set_thp_disable(true).is_ok();
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    if let Command::Serve { component } = cli.command {
        return commands::serve::run(&cli.global, component);
    }
    let context = Context::new(&cli.global)?;
    // One thread: the supervisor depends on it, the other commands need no more.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(dispatch(context, cli.command))
}

async fn dispatch(mut context: Context, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Up(options) => commands::up::run(&mut context, &options).await,
        Command::Down => commands::down::run(&context).await,
        Command::Restart(options) => commands::restart::run(&mut context, &options).await,
        Command::Stop(options) => commands::stop::stop(&mut context, &options).await,
        Command::Start(options) => commands::stop::start(&mut context, &options).await,
        Command::Top(options) => commands::top::run(&mut context, &options).await,
        Command::Query { query } => commands::query::run(&mut context, &query).await,
        Command::Fault { fault } => commands::fault::run(&mut context, &fault).await,
        Command::Scenario { scenario } => commands::scenario::run(&mut context, &scenario).await,
        Command::Open(options) => commands::open::run(&mut context, &options).await,
        Command::Doctor(output) => commands::doctor::run(&mut context, output).await,
        Command::Completions(shell) => commands::manual::completions(shell.shell),
        Command::Man => commands::manual::page(),
        Command::Status(output) => commands::status::run(&mut context, output).await,
        Command::Logs(options) => commands::logs::run(&context, &options).await,
        Command::Health(output) => commands::health::run(&mut context, output).await,
        Command::TestEndpoints(output) => commands::endpoints::run(&mut context, output).await,
        Command::Clean(options) => commands::clean::run(&context, &options),
        Command::Backup(options) => commands::backup::run(&context, &options).await,
        Command::Restore(options) => commands::restore::run(&context, &options),
        Command::Probe(options) => commands::probe::run(&options).await,
        Command::Supervise => commands::up::supervise(context).await,
        Command::Version => {
            commands::say(concat!("monitoring-stack ", env!("CARGO_PKG_VERSION")))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Serve { .. } => unreachable!("handled before a runtime was chosen"),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
