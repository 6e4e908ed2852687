//! `fault`: the switches of all services in one place.

mod chaos;
pub mod switches;

use std::process::ExitCode;

use anyhow::bail;
use serde_json::{Value, json};
use service_kit::Fault as Kind;

use self::switches::{State, Switches};
use super::{Context, say};
use crate::cli::{Fault, FaultOff, FaultOn, Format, Output};
use crate::ui::{self, Align, Cell, Tone};

/// The services that have switches.
pub const SERVICES: [&str; 4] = ["user-service", "product-service", "order-service", "traffic-generator"];

/// Runs the command.
pub async fn run(context: &mut Context, action: &Fault) -> anyhow::Result<ExitCode> {
    // Only for the addresses: services that somebody else runs have switches, too.
    drop(context.attach(false).await);
    let switches = Switches::of(context)?;
    match action {
        Fault::List(output) => list(context, &switches, *output).await,
        Fault::On(options) => on(&switches, options).await,
        Fault::Chaos(options) => chaos::run(&switches, options).await,
        Fault::Off(options) => off(context, &switches, options).await,
    }
}

async fn list(context: &Context, switches: &Switches, output: Output) -> anyhow::Result<ExitCode> {
    let found = switches.all().await?;
    if output.format == Format::Json {
        let states: Vec<Value> = found.states.iter().map(State::to_json).collect();
        say(&serde_json::to_string_pretty(&states)?)?;
    } else {
        let columns = [
            ("FAULT", Align::Left),
            ("SERVICE", Align::Left),
            ("STATE", Align::Left),
            ("RATE", Align::Right),
            ("LATENCY", Align::Right),
            ("STRUCK", Align::Right),
            ("", Align::Left),
        ];
        let rows: Vec<Vec<Cell>> = found.states.iter().map(row).collect();
        say(ui::table(&columns, &rows, context.style).trim_end())?;
    }
    for (service, problem) in &found.silent {
        super::complain(&format!("{service}: {problem}"))?;
    }
    Ok(super::exit_code(found.silent.is_empty()))
}

fn row(state: &State) -> Vec<Cell> {
    let latency = state.latency_ms.map_or_else(|| "-".to_owned(), |latency| format!("{latency} ms"));
    let (until, tone) = match &state.until {
        Some(until) => (format!("on until {}", ui::clock(until)), Tone::Bad),
        None => ("off".to_owned(), Tone::Faint),
    };
    vec![
        state.name.as_str().into(),
        state.service.into(),
        Cell::toned(tone, until),
        format!("{}", state.rate).into(),
        latency.into(),
        if state.is_on() { state.affected.to_string().into() } else { Cell::from("-") },
        Cell::toned(Tone::Faint, state.about.as_str()),
    ]
}

async fn on(switches: &Switches, options: &FaultOn) -> anyhow::Result<ExitCode> {
    let services = services_with(switches, options.name, options.service).await?;
    let mut setting = json!({"enabled": true, "duration_s": options.length.as_secs()});
    if let Some(rate) = options.rate {
        setting["rate"] = rate.into();
    }
    if let Some(latency) = options.latency {
        setting["latency_ms"] = u64::try_from(latency.as_millis())?.into();
    }
    for service in services {
        let state = switches.set(service, options.name, &setting).await?;
        let until = state.until.as_deref().map(ui::clock).unwrap_or_default();
        say(&format!("{} is on in {service} until {until}: {}", state.name, state.about))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Where to switch the fault on: the only service that has it, or those that were named.
async fn services_with(
    switches: &Switches,
    fault: Kind,
    wanted: Option<&'static str>,
) -> anyhow::Result<Vec<&'static str>> {
    let found = switches.all().await?;
    let has = |service: &str| {
        found.states.iter().any(|state| state.service == service && state.name == fault.name())
    };
    let having: Vec<&'static str> = SERVICES.into_iter().filter(|service| has(service)).collect();
    let problems: Vec<String> =
        found.silent.iter().map(|(service, problem)| format!("{service}: {problem}")).collect();
    match (wanted, having.as_slice()) {
        (_, []) if !problems.is_empty() => {
            bail!("no service with {} answers; {}", fault.name(), problems.join("; "))
        }
        (None | Some("all"), [_]) | (Some("all"), [_, ..]) => Ok(having),
        (None, [_, _, ..]) => bail!(
            "{} exists in {}: choose with --service NAME, or --service all",
            fault.name(),
            having.join(", ")
        ),
        (Some(service), all) if all.contains(&service) => Ok(vec![service]),
        (Some(service), all) => bail!("{service} does not have {}; {}", fault.name(), all.join(", ")),
        (None, []) => bail!("no service has {}", fault.name()),
    }
}

async fn off(context: &Context, switches: &Switches, options: &FaultOff) -> anyhow::Result<ExitCode> {
    let found = switches.all().await?;
    let wanted = |state: &&State| options.name.is_none_or(|fault| state.name == fault.name());
    let mut ended = 0;
    for state in found.states.iter().filter(wanted).filter(|state| state.is_on()) {
        let after = switches.unset(state.service, &state.name).await?;
        let struck = ui::count(after.affected, "time");
        say(&format!("{} is off in {}; it struck {struck}", after.name, after.service))?;
        ended += 1;
    }
    if options.all {
        super::scenario::end(context).await?;
    }
    if ended == 0 {
        say("nothing was on")?;
    }
    for (service, problem) in &found.silent {
        super::complain(&format!("{service}: {problem}"))?;
    }
    Ok(super::exit_code(found.silent.is_empty()))
}
