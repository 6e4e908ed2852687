//! What each command does.

mod archive;
pub mod backup;
pub mod clean;
pub mod doctor;
pub mod down;
pub mod endpoints;
pub mod fault;
pub mod health;
pub mod logs;
pub mod manual;
pub mod open;
mod postgres;
pub mod probe;
pub mod query;
pub mod restart;
pub mod restore;
pub mod scenario;
pub mod serve;
pub mod status;
pub mod stop;
pub mod top;
pub mod up;

use std::io::{self, Write};
use std::process::ExitCode;

use crate::cli::Global;
use crate::control::StackStatus;
use crate::control::client::{Client, WentAway};
use crate::layout::Layout;
use crate::network::Network;
use crate::ui::Style;

/// Exit code of commands that need a running stack when there is none.
pub const NOT_RUNNING: u8 = 3;

/// What every command needs: which stack, and how to print.
#[derive(Debug)]
pub struct Context {
    pub layout: Layout,
    pub network: Network,
    pub style: Style,
}

impl Context {
    /// From the global flags.
    pub fn new(global: &Global) -> anyhow::Result<Self> {
        Ok(Self {
            layout: Layout::new(&global.data)?,
            network: Network::new(global.port_offset),
            style: Style::of_stdout(),
        })
    }

    /// A connection to the running supervisor with its state, and from here on its addresses; `None` when nothing
    /// runs, or nothing but a supervisor that is just ending.
    pub async fn attach(&mut self, probe: bool) -> anyhow::Result<Option<(Client, StackStatus)>> {
        let Some(mut client) = Client::connect(&self.layout).await? else {
            return Ok(None);
        };
        let status = match client.status(probe).await {
            Ok(status) => status,
            Err(error) if error.is::<WentAway>() => return Ok(None),
            Err(error) => return Err(error),
        };
        self.network = Network::on(status.host, status.port_offset);
        Ok(Some((client, status)))
    }

    /// Says that nothing runs.
    pub fn not_running(&self) -> anyhow::Result<ExitCode> {
        say(&format!(
            "the stack is not running in {}; start it with `monitoring-stack up`",
            self.layout.root().display()
        ))?;
        Ok(ExitCode::from(NOT_RUNNING))
    }
}

/// Prints a line. Unlike `println!`, a reader that went away (`… | head`) is an ordinary error.
pub fn say(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    stdout.flush()
}

/// Prints a line beside the output: a remark that no program reads.
pub fn complain(text: &str) -> io::Result<()> {
    writeln!(io::stderr(), "{text}")
}

/// Success when `is_well`, else failure.
pub fn exit_code(is_well: bool) -> ExitCode {
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
