//! `scenario`: incidents as exercises. A fault is switched on without a word about it; the learner looks at dashboards,
//! logs and traces, and says which service is to blame and what is wrong with it.

mod catalogue;
mod grade;
mod notebook;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use serde_json::json;
use service_kit::Fault;

use self::catalogue::{Incident, SCENARIOS};
use self::grade::{Grade, grade};
use self::notebook::{Notebook, now_s};
use super::fault::switches::Switches;
use super::{Context, say};
use crate::cli::{Format, Output, Scenario};
use crate::ui::{self, Align, Cell, Tone};

/// Columns of running text.
const WIDTH: usize = 100;

/// Marks in the log that an exercise runs. It has nothing to do with what is broken.
const MARKER: &str = "traffic-generator";

/// Runs the command.
pub async fn run(context: &mut Context, action: &Scenario) -> anyhow::Result<ExitCode> {
    drop(context.attach(false).await);
    match action {
        Scenario::List(output) => list(context, *output),
        Scenario::Run { name, length } => begin(context, name, *length).await,
        Scenario::Hint => hint(context),
        Scenario::Check { answer } => check(context, &answer.join(" ")).await,
        Scenario::Reveal => reveal(context).await,
        Scenario::Stop => stop(context).await,
    }
}

fn list(context: &Context, output: Output) -> anyhow::Result<ExitCode> {
    let running = Notebook::read(&context.layout)?.map(|notebook| notebook.scenario);
    let is_running = |incident: &Incident| running.as_deref() == Some(incident.name);
    if output.format == Format::Json {
        let scenarios: Vec<_> = SCENARIOS
            .iter()
            .map(|one| json!({"name": one.name, "title": one.title, "running": is_running(one)}))
            .collect();
        say(&serde_json::to_string_pretty(&scenarios)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<Cell>> = SCENARIOS
        .iter()
        .map(|one| {
            let state = if is_running(one) { Cell::toned(Tone::Bad, "running") } else { Cell::from("") };
            vec![one.name.into(), one.title.into(), state]
        })
        .collect();
    let columns = [("SCENARIO", Align::Left), ("WHAT PEOPLE SAY", Align::Left), ("", Align::Left)];
    say(ui::table(&columns, &rows, context.style).trim_end())?;
    Ok(ExitCode::SUCCESS)
}

async fn begin(context: &Context, name: &str, length: Duration) -> anyhow::Result<ExitCode> {
    let Some(incident) = SCENARIOS.iter().find(|incident| incident.name == name) else {
        let names: Vec<&str> = SCENARIOS.iter().map(|incident| incident.name).collect();
        bail!("no such scenario; choose one of {}", names.join(", "));
    };
    if let Some(running) = Notebook::read(&context.layout)? {
        bail!(
            "{} is still running: solve it with `monitoring-stack scenario check …`, or end it with `scenario stop`",
            running.scenario
        );
    }
    let switches = Switches::of(context)?;
    // All of the shop must be there: an exercise in a shop that is broken anyway teaches the wrong thing.
    if let Some((service, problem)) = switches.all().await?.silent.first() {
        bail!("{service}: {problem}; start what is missing first");
    }
    let duration_s = length.as_secs();
    let marker = json!({"enabled": true, "duration_s": duration_s});
    let mut setting =
        json!({"fault": incident.fault.name(), "rate": incident.rate, "duration_s": duration_s});
    if let Some(latency_ms) = incident.latency_ms {
        setting["latency_ms"] = latency_ms.into();
    }
    switches.exercise(incident.service, &setting).await?;
    Notebook::begin(incident.name, duration_s).write(&context.layout)?;
    switches.set(MARKER, Fault::Exercise, &marker).await?;
    say(&introduction(context, incident, length))?;
    Ok(ExitCode::SUCCESS)
}

fn introduction(context: &Context, incident: &Incident, length: Duration) -> String {
    let style = context.style;
    let dashboards = context.network.shown_url(3000);
    format!(
        "{}\n\n{}\n\n\
         Give it two or three minutes of traffic. Dashboards, logs and traces: {dashboards}\n  \
         monitoring-stack top                         which service looks different?\n  \
         monitoring-stack query logs '{{job=\"ecommerce\"}} | json | level=~\"warn|error\"'\n  \
         monitoring-stack query traces '{{ status = error }}'\n  \
         monitoring-stack scenario hint               when you are stuck\n  \
         monitoring-stack scenario check \"SERVICE: WHAT IS WRONG WITH IT\"\n\n{}",
        style.paint(Tone::Strong, incident.title),
        ui::wrap(incident.story, WIDTH),
        style.paint(Tone::Faint, &format!("It ends by itself after {}.", ui::duration(length)))
    )
}

/// The exercise that runs, or an error that says there is none.
fn running(context: &Context) -> anyhow::Result<(Notebook, &'static Incident)> {
    let Some(notebook) = Notebook::read(&context.layout)? else {
        bail!("no exercise is running; begin one with `monitoring-stack scenario run NAME`");
    };
    match SCENARIOS.iter().find(|incident| incident.name == notebook.scenario) {
        Some(incident) => Ok((notebook, incident)),
        None => bail!(
            "the notes in the data folder are of another version; `monitoring-stack scenario stop` ends them"
        ),
    }
}

fn hint(context: &Context) -> anyhow::Result<ExitCode> {
    let (mut notebook, incident) = running(context)?;
    let number = (notebook.hints as usize).min(incident.hints.len() - 1);
    notebook.hints = u32::try_from(number + 1)?;
    notebook.write(&context.layout)?;
    let total = incident.hints.len();
    say(&format!("Hint {} of {total}: {}", number + 1, incident.hints[number]))?;
    Ok(ExitCode::SUCCESS)
}

async fn check(context: &Context, answer: &str) -> anyhow::Result<ExitCode> {
    let (mut notebook, incident) = running(context)?;
    notebook.tries += 1;
    let style = context.style;
    let grade = grade(incident, answer);
    if grade != Grade::Right {
        notebook.write(&context.layout)?;
        say(&style.paint(Tone::Notice, grade.words()))?;
        return Ok(ExitCode::FAILURE);
    }
    end(context).await?;
    let taken = ui::seconds((now_s() - notebook.started_s) as f64);
    let effort = format!(
        "Solved after {taken}, with {} and {}.",
        ui::count(notebook.tries.into(), "answer"),
        ui::count(notebook.hints.into(), "hint")
    );
    say(&format!(
        "{}\n\n{}\n\nThe shop is well again.",
        style.paint(Tone::Good, &effort),
        ui::wrap(incident.solution, WIDTH)
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn reveal(context: &Context) -> anyhow::Result<ExitCode> {
    let (_, incident) = running(context)?;
    end(context).await?;
    say(&format!("{}\n\nThe shop is well again.", ui::wrap(incident.solution, WIDTH)))?;
    Ok(ExitCode::SUCCESS)
}

async fn stop(context: &Context) -> anyhow::Result<ExitCode> {
    // Even without notes: whatever is on quietly goes off.
    let was_running = Notebook::read(&context.layout).map_or(true, |notes| notes.is_some());
    end(context).await?;
    say(if was_running { "the exercise is over" } else { "no exercise was running" })?;
    Ok(ExitCode::SUCCESS)
}

/// Ends whatever exercise runs, and its notes.
pub async fn end(context: &Context) -> anyhow::Result<()> {
    Notebook::forget(&context.layout)?;
    let switches = Switches::of(context)?;
    switches.end_exercise().await;
    // A generator that is away has no marker on.
    drop(switches.unset(MARKER, Fault::Exercise.name()).await);
    Ok(())
}
