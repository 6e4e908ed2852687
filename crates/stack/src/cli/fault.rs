//! `fault` and `scenario`.

use std::time::Duration;

use clap::{Args, Subcommand};
use service_kit::Fault as Kind;

use super::{Output, parse_duration};
use crate::commands::fault::SERVICES;

/// Faults end by themselves after this at the latest.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, Subcommand)]
pub enum Fault {
    /// Show all faults and which of them are on
    List(Output),
    /// Switch one on; it goes off by itself
    On(FaultOn),
    /// Switch one off, or all
    Off(FaultOff),
    /// Switch faults on by chance, a few at a time, until the time is over or Ctrl-C
    Chaos(Chaos),
}

#[derive(Debug, Args)]
pub struct FaultOn {
    /// Its name, see `fault list`
    #[arg(value_parser = parse_fault)]
    pub name: Kind,
    /// How often it strikes, above 0 up to 1
    #[arg(long, value_name = "SHARE", value_parser = parse_rate)]
    pub rate: Option<f64>,
    /// For how long it holds things up, such as 800ms, at most 10s
    #[arg(long, value_name = "DURATION", value_parser = parse_latency)]
    pub latency: Option<Duration>,
    /// When it goes off again
    #[arg(long = "for", value_name = "DURATION", default_value = "10m", value_parser = parse_length)]
    pub length: Duration,
    /// In which service, when several have it; `all` for all of them
    #[arg(long, value_name = "SERVICE", value_parser = parse_service)]
    pub service: Option<&'static str>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct FaultOff {
    /// Its name
    #[arg(value_parser = parse_fault)]
    pub name: Option<Kind>,
    /// All faults of all services
    #[arg(long)]
    pub all: bool,
}

#[derive(Debug, Args)]
pub struct Chaos {
    /// Decides what happens: the same seed breaks the same things
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Pause between two faults, on average
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = parse_length)]
    pub interval: Duration,
    /// A fault lasts at least this long
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = parse_length)]
    pub hold_min: Duration,
    /// A fault lasts at most this long
    #[arg(long, value_name = "DURATION", default_value = "3m", value_parser = parse_length)]
    pub hold_max: Duration,
    /// Faults at the same time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10))]
    pub max: u32,
    /// When it ends
    #[arg(long = "for", value_name = "DURATION", default_value = "1h", value_parser = parse_length)]
    pub length: Duration,
}

#[derive(Debug, Subcommand)]
pub enum Scenario {
    /// Show the exercises
    List(Output),
    /// Begin one: something breaks, and nobody says what
    Run {
        /// Its name, see `scenario list`
        name: String,
        /// When it ends by itself
        #[arg(long = "for", value_name = "DURATION", default_value = "30m", value_parser = parse_length)]
        length: Duration,
    },
    /// One more hint
    Hint,
    /// Check an answer: which service is to blame, and what is wrong with it
    Check {
        /// In your own words, such as: order-service calls the wrong database
        #[arg(required = true, value_name = "ANSWER")]
        answer: Vec<String>,
    },
    /// Give up: show the solution and end the exercise
    Reveal,
    /// End the exercise without a word
    Stop,
}

fn parse_fault(name: &str) -> Result<Kind, String> {
    Kind::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Kind::ALL.iter().map(|fault| fault.name()).collect();
        format!("no such fault; choose one of {}", names.join(", "))
    })
}

fn parse_rate(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|rate: &f64| *rate > 0.0 && *rate <= 1.0)
        .ok_or_else(|| "must be a number above 0 and up to 1".to_owned())
}

fn parse_latency(text: &str) -> Result<Duration, String> {
    let latency = parse_duration(text)?;
    if latency > Duration::from_secs(10) {
        return Err("may be 10s at most".to_owned());
    }
    Ok(latency)
}

fn parse_length(text: &str) -> Result<Duration, String> {
    let length = parse_duration(text)?;
    if !(Duration::from_secs(1)..=LONGEST).contains(&length) {
        return Err("must be between 1s and 24h".to_owned());
    }
    Ok(length)
}

fn parse_service(name: &str) -> Result<&'static str, String> {
    if name == "all" {
        return Ok("all");
    }
    let found = SERVICES.into_iter().find(|service| *service == name);
    found.ok_or_else(|| format!("choose one of {}, all", SERVICES.join(", ")))
}
