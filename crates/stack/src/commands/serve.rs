//! `serve`: one component in this process, as its own program would run.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use jiff::Timestamp;
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::getppid;
use runtime::CancellationToken;
use serde_json::json;

use crate::cli::Global;
use crate::components;
use crate::layout::Layout;
use crate::network::Network;
use crate::supervisor::process::SUPERVISED_BY;

/// Threads for a component's tasks; eight components share the machine.
const WORKERS: usize = 2;

/// What is still on a blocking thread after an orderly stop is not waited for longer than this.
const LEFTOVERS: Duration = Duration::from_secs(2);

/// Marks the process that has its addresses already.
const RESOLVED: &str = "MONITORING_STACK_RESOLVED";

/// The components with their own flags.
#[derive(Debug, Subcommand)]
pub enum Serve {
    /// Logs: Loki's API
    #[command(visible_alias = "loki")]
    LogStore(Box<log_store::Args>),
    /// Traces: OTLP in, Tempo's API out
    #[command(visible_alias = "tempo")]
    TraceStore(Box<trace_store::Args>),
    /// Tails log files by Promtail's configuration
    #[command(visible_alias = "promtail")]
    Collector(Box<collector::Args>),
    /// Users, logins, profiles, favourites
    UserService(Box<user_service::Args>),
    /// Catalogue, search, inventory
    ProductService(Box<product_service::Args>),
    /// Orders, payments, refunds
    OrderService(Box<order_service::Args>),
    /// Dashboards, login and the web interface
    #[command(visible_alias = "grafana")]
    DashboardServer(Box<dashboard_server::Args>),
    /// Realistic traffic for the shop
    TrafficGenerator(Box<traffic_generator::Args>),
}

impl Serve {
    fn name(&self) -> &'static str {
        match self {
            Self::LogStore(_) => "log-store",
            Self::TraceStore(_) => "trace-store",
            Self::Collector(_) => "collector",
            Self::UserService(_) => "user-service",
            Self::ProductService(_) => "product-service",
            Self::OrderService(_) => "order-service",
            Self::DashboardServer(_) => "dashboard-server",
            Self::TrafficGenerator(_) => "traffic-generator",
        }
    }

    async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        // Boxed: the future of a whole component is large.
        match self {
            Self::LogStore(args) => Box::pin(log_store::run(*args, shutdown)).await,
            Self::TraceStore(args) => Box::pin(trace_store::run(*args, shutdown)).await,
            Self::Collector(args) => Box::pin(collector::run(*args, shutdown)).await,
            Self::UserService(args) => Box::pin(user_service::run(*args, shutdown)).await,
            Self::ProductService(args) => Box::pin(product_service::run(*args, shutdown)).await,
            Self::OrderService(args) => Box::pin(order_service::run(*args, shutdown)).await,
            Self::DashboardServer(args) => Box::pin(dashboard_server::run(*args, shutdown)).await,
            Self::TrafficGenerator(args) => Box::pin(traffic_generator::run(*args, shutdown)).await,
        }
    }
}

/// Runs the command.
pub fn run(global: &Global, component: Serve) -> anyhow::Result<ExitCode> {
    let name = component.name();
    let is_supervised = die_with_supervisor()?;
    if !is_supervised {
        resolve(global, name)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    let outcome = runtime.block_on(async {
        let shutdown = runtime::shutdown_on_signals()?;
        component.run(shutdown).await
    });
    runtime.shutdown_timeout(LEFTOVERS);
    match outcome {
        Err(error) if is_supervised => {
            say_why(name, &error);
            Ok(ExitCode::FAILURE)
        }
        outcome => outcome.map(|()| ExitCode::SUCCESS),
    }
}

/// When a supervisor started this process: asks the kernel to end it together with the supervisor, however that ends.
fn die_with_supervisor() -> anyhow::Result<bool> {
    let Some(supervisor) = std::env::var(SUPERVISED_BY).ok().and_then(|pid| pid.parse::<i32>().ok()) else {
        return Ok(false);
    };
    prctl::set_pdeathsig(Signal::SIGKILL).context("tie this process to its supervisor")?;
    // It may have ended before the kernel was asked.
    if getppid().as_raw() != supervisor {
        bail!("the supervisor (pid {supervisor}) is gone");
    }
    Ok(true)
}

/// Starts this program once more with the data folder and, for a shifted stack, the addresses in place. Components
/// then find both where they always look, and nothing has to be changed in a running process.
fn resolve(global: &Global, name: &str) -> anyhow::Result<()> {
    if std::env::var_os(RESOLVED).is_some() {
        return Ok(());
    }
    let layout = Layout::new(&global.data)?;
    let network = Network::new(global.port_offset);
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let mut command = Command::new(std::env::current_exe()?);
    command.args(&arguments).env(RESOLVED, "1").env("MONITORING_STACK_DATA", layout.root());
    if std::env::var_os("MONITORING_STACK_LOGS").is_none() {
        command.env("MONITORING_STACK_LOGS", layout.logs());
    }
    if network.offset() != 0 {
        for (variable, value) in network.environment() {
            if std::env::var_os(variable).is_none() {
                command.env(variable, value);
            }
        }
        let component = components::find(name).context("a component is in the table")?;
        for pair in network.flags(component).chunks(2) {
            let is_given =
                arguments.iter().any(|argument| argument.to_string_lossy().starts_with(pair[0].as_str()));
            if !is_given {
                command.args(pair);
            }
        }
    }
    Err(command.exec()).context("start the component")
}

/// A component that ends with an error says so in its log as it says everything else.
fn say_why(name: &str, error: &anyhow::Error) {
    let line = json!({
        "timestamp": format!("{:.6}", Timestamp::now()),
        "level": "error",
        "service": name,
        "message": "component failed",
        "error": format!("{error:#}"),
    });
    drop(super::say(&line.to_string()));
}
