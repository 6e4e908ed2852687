//! The command line.

mod fault;
mod query;
mod tools;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use self::fault::{Chaos, Fault, FaultOff, FaultOn, Scenario};
pub use self::query::{LogQuery, MetricQuery, Print, Query, QueryFormat, TraceQuery};
pub use self::tools::{Open, Page, Shell, ShellName, Top};
use crate::commands::serve::Serve;
use crate::components::{self, Component};
use crate::network::MAX_OFFSET;

const EXAMPLES: &str = "\
Examples:
  monitoring-stack up                      start everything and wait until it is ready
  monitoring-stack status                  processes, memory, restarts
  monitoring-stack logs order-service -f   follow one component
  monitoring-stack test-endpoints          place an order and look for its trace and logs
  monitoring-stack query logs '{job=\"ecommerce\"} | json | level=\"error\"' --follow
  monitoring-stack scenario run slow-checkout      find out what is wrong
  monitoring-stack serve log-store         run one component in the foreground
  monitoring-stack down                    stop everything

Exit codes:
  0  done, everything well
  1  something failed or is not healthy
  2  the command line is not understood
  3  the stack is not running";

/// A shop of microservices with its logs, traces and dashboards, all in one program
#[derive(Debug, Parser)]
#[command(name = "monitoring-stack", version, after_help = EXAMPLES, propagate_version = false)]
#[command(disable_help_subcommand = true, max_term_width = 110)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

const WHICH: &str = "Which stack";

/// Which stack is meant. Commands that talk to a running stack use the ports it has.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Data folder of the stack
    #[arg(long, global = true, env = "MONITORING_STACK_DATA", value_name = "DIR", default_value = "data")]
    #[arg(hide_env_values = true, help_heading = WHICH)]
    pub data: PathBuf,
    /// Shift every port by N, so that several stacks run side by side
    #[arg(long, global = true, env = "MONITORING_STACK_PORT_OFFSET", value_name = "N", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u16).range(0..=MAX_OFFSET as i64))]
    #[arg(hide_env_values = true, help_heading = WHICH)]
    pub port_offset: u16,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start everything in the background and wait until all of it is ready
    Up(Up),
    /// Stop everything
    Down,
    /// Restart everything, or one component
    Restart(Restart),
    /// Stop one component; it stays down until it is started
    Stop(One),
    /// Start a component that was stopped
    Start(One),
    /// Show processes, addresses, health, memory and restarts
    Status(Output),
    /// Watch the services: requests, errors, latency, processor, memory
    Top(Top),
    /// Show what the components log, merged by time
    Logs(Logs),
    /// Ask every component how it is, one line each; exit code 1 when one isn't well
    Health(Output),
    /// Ask the stores: logs by LogQL, traces by TraceQL, metrics by PromQL
    #[command(subcommand_value_name = "WHAT", subcommand_help_heading = "What to ask for")]
    Query {
        #[command(subcommand)]
        query: Query,
    },
    /// Make something go wrong, to see what that looks like
    #[command(subcommand_value_name = "ACTION", subcommand_help_heading = "Actions")]
    Fault {
        #[command(subcommand)]
        fault: Fault,
    },
    /// Incidents as exercises: something breaks, you find out what
    #[command(subcommand_value_name = "ACTION", subcommand_help_heading = "Actions")]
    Scenario {
        #[command(subcommand)]
        scenario: Scenario,
    },
    /// Open a page in the browser, or print its address
    Open(Open),
    /// Look for whatever keeps the stack from working, and say what to do about it
    Doctor(Output),
    /// Print a script that completes commands in a shell
    #[command(display_order = 900)]
    Completions(Shell),
    /// Print the manual page
    #[command(display_order = 900)]
    Man,
    /// Call the main endpoints, place an order and look for its trace and logs
    TestEndpoints(Output),
    /// Run one component in the foreground on its usual port
    #[command(subcommand_value_name = "COMPONENT", subcommand_help_heading = "Components")]
    Serve {
        #[command(subcommand)]
        component: Serve,
    },
    /// Delete all data and logs of a stopped stack
    Clean(Clean),
    /// Copy all data into one archive, while everything goes on
    Backup(Backup),
    /// Bring back what an archive holds, into a stopped stack
    Restore(Restore),
    /// Show the version
    Version,
    /// The process behind `up`
    #[command(hide = true)]
    Supervise,
    /// Ask one address; for health checks of containers
    #[command(hide = true)]
    Probe(Probe),
}

#[derive(Debug, Args)]
pub struct Up {
    /// Stay in the foreground; Ctrl-C stops everything
    #[arg(long)]
    pub foreground: bool,
    #[command(flatten)]
    pub wait: Wait,
}

#[derive(Debug, Clone, Copy, Args)]
pub struct Wait {
    /// Give up when something isn't ready after this long, such as 90s
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub timeout: Duration,
}

#[derive(Debug, Args)]
pub struct Restart {
    /// Only this one
    #[arg(value_parser = components::parse)]
    pub component: Option<&'static Component>,
    #[command(flatten)]
    pub wait: Wait,
}

#[derive(Debug, Args)]
pub struct One {
    /// Which one
    #[arg(value_parser = components::parse)]
    pub component: &'static Component,
    #[command(flatten)]
    pub wait: Wait,
}

#[derive(Debug, Clone, Copy, Args)]
pub struct Output {
    /// Format of the output
    #[arg(short = 'o', long = "output", value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people
    Text,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
pub struct Logs {
    /// Only these; `supervisor` is the parent of all
    #[arg(value_name = "COMPONENT", value_parser = parse_log_name)]
    pub components: Vec<&'static str>,
    /// Go on showing new lines until Ctrl-C
    #[arg(short, long)]
    pub follow: bool,
    /// How many of the latest lines to begin with
    #[arg(short = 'n', long = "lines", value_name = "N", default_value_t = 50)]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub lines: u32,
    /// The lines as they were written
    #[arg(long)]
    pub raw: bool,
}

#[derive(Debug, Args)]
pub struct Clean {
    /// Don't ask
    #[arg(short, long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct Backup {
    /// The archive, `-` for standard output [default: backups/monitoring-stack-<time>.tar.zst]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Take along this dump of the shop's PostgreSQL instead of making one
    #[arg(long, value_name = "FILE")]
    pub database_dump: Option<PathBuf>,
    /// Take along this folder, too, as it is: pause whoever writes to it
    #[arg(long, value_name = "DIR")]
    pub extra: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Restore {
    /// The archive, `-` for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Replace the data that are there
    #[arg(long)]
    pub force: bool,
    /// Only say whether the archive is whole
    #[arg(long)]
    pub check: bool,
    /// Write the dump of PostgreSQL to this file (`-`: standard output) instead of restoring it
    #[arg(long, value_name = "FILE")]
    pub database_dump: Option<PathBuf>,
    /// Where `--extra` of the backup shall be put
    #[arg(long, value_name = "DIR")]
    pub extra: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Probe {
    /// Such as http://127.0.0.1:3100/ready
    #[arg(value_name = "URL")]
    pub url: reqwest::Url,
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    runtime::parse_duration(text).map_err(|error| error.to_string())
}

fn parse_log_name(name: &str) -> Result<&'static str, String> {
    if name == components::SUPERVISOR {
        return Ok(components::SUPERVISOR);
    }
    components::parse(name)
        .map(|component| component.name)
        .map_err(|error| format!("{error}, {}", components::SUPERVISOR))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_unit_for_systemd_starts_what_there_is() {
        let unit = include_str!("../../../deploy/systemd/monitoring-stack.service");
        let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
        assert!(parse(line).is_ok(), "{line}: {:?}", parse(line).err());
    }

    #[test]
    fn good_and_bad_lines_are_told_apart() {
        for line in [
            "monitoring-stack up",
            "monitoring-stack up --foreground --timeout 5s",
            "monitoring-stack stop user-service",
            "monitoring-stack start tempo --timeout 5s",
            "monitoring-stack fault on stock_out --rate 0.5 --for 5m",
            "monitoring-stack fault on product_slow_search --latency 800ms",
            "monitoring-stack fault off --all",
            "monitoring-stack fault chaos --seed 7 --max 2 --for 10m",
            "monitoring-stack scenario check order-service is too slow",
            "monitoring-stack query logs {job=\"x\"} --since 2h --limit 10 -o jsonl --no-color",
            "monitoring-stack query traces {} --url http://localhost:3200",
            "monitoring-stack query trace 0af7651916cd43dd8448eb211c80319c",
            "monitoring-stack query metrics up --step 1m",
            "monitoring-stack top --once",
            "monitoring-stack open logs",
            "monitoring-stack completions zsh",
            "monitoring-stack restart grafana",
            "monitoring-stack --port-offset 10000 status -o json",
            "monitoring-stack status --data /tmp/x",
            "monitoring-stack logs -f -n 10 loki tempo supervisor",
            "monitoring-stack backup",
            "monitoring-stack restore --force b.tar.zst",
        ] {
            assert!(parse(line).is_ok(), "{line}: {:?}", parse(line).err());
        }
        for line in [
            "monitoring-stack",
            "monitoring-stack fly",
            "monitoring-stack stop",
            "monitoring-stack fault on",
            "monitoring-stack fault on stock_out --rate 2",
            "monitoring-stack fault on nonsense",
            "monitoring-stack fault on stock_out --for 2d",
            "monitoring-stack fault off",
            "monitoring-stack fault chaos --max 0",
            "monitoring-stack fault off stock_out --all",
            "monitoring-stack scenario check",
            "monitoring-stack query logs",
            "monitoring-stack query logs {} --limit 0",
            "monitoring-stack query logs {} --follow --step 1m",
            "monitoring-stack query traces {} --url localhost",
            "monitoring-stack query trace nothex",
            "monitoring-stack completions cmd",
            "monitoring-stack restart mysql",
            "monitoring-stack logs mysql",
            "monitoring-stack up --timeout soon",
            "monitoring-stack --port-offset 60000 up",
            "monitoring-stack logs -n -1",
            "monitoring-stack restore",
        ] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
