//! `top`, `open`, `completions`.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{Format, parse_duration};

#[derive(Debug, Args)]
pub struct Top {
    /// Look once and end
    #[arg(long)]
    pub once: bool,
    /// Pause between two looks
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = parse_pause)]
    pub interval: Duration,
    /// Format of the output
    #[arg(short = 'o', long = "output", value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct Open {
    /// Which page
    #[arg(value_enum, default_value_t = Page::Dashboard)]
    pub page: Page,
    /// Only print the address
    #[arg(long)]
    pub print: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Page {
    /// The overview dashboard
    Dashboard,
    /// All dashboards
    Dashboards,
    /// Explore with the log store
    Logs,
    /// Explore with the trace store
    Traces,
    /// The dashboard of the business
    Business,
    /// The web interface's first page
    Home,
}

#[derive(Debug, Args)]
pub struct Shell {
    /// For which shell
    #[arg(value_enum)]
    pub shell: ShellName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShellName {
    Bash,
    Zsh,
    Fish,
}

fn parse_pause(text: &str) -> Result<Duration, String> {
    let pause = parse_duration(text)?;
    if pause < Duration::from_millis(200) { Err("must be at least 200ms".to_owned()) } else { Ok(pause) }
}
