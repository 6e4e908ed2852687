//! `top`: the services live. Requests, errors and latency come from the lines that services write about each request, so
//! that it is the same on any store of logs; processor and memory come from the supervisor.

mod figures;
mod screen;

use std::process::ExitCode;

use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use self::figures::{Figures, Watch};
use self::screen::Screen;
use super::{Context, say};
use crate::cli::{Format, Top};
use crate::control::client::Client;
use crate::control::{Health, StackStatus};
use crate::ui::{self, Align, Cell, Style, Tone};

const COLUMNS: [(&str, Align); 8] = [
    ("COMPONENT", Align::Left),
    ("HEALTH", Align::Left),
    ("REQ/S", Align::Right),
    ("ERRORS", Align::Right),
    ("P95", Align::Right),
    ("CPU", Align::Right),
    ("MEMORY", Align::Right),
    ("UPTIME", Align::Right),
];

/// From this share of failed requests on, a service is shown in red.
const MANY_ERRORS: f64 = 0.05;
/// From this P95 on, in seconds.
const SLOW: f64 = 1.0;

/// Runs the command.
pub async fn run(context: &mut Context, options: &Top) -> anyhow::Result<ExitCode> {
    let Some((mut client, status)) = context.attach(true).await? else {
        return context.not_running();
    };
    let watch = Watch::new(context.network)?;
    let json = options.format == Format::Json;
    let mut screen = Screen::open(options.once || json);
    let mut next = Some(status);
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    loop {
        let status = match next.take() {
            Some(status) => status,
            None => look(&mut client, context).await?,
        };
        let figures = watch.look().await;
        if json {
            say(&to_json(&status, &figures).to_string())?;
        } else {
            screen.show(&text(&status, &figures, context.style))?;
        }
        if options.once {
            return Ok(ExitCode::SUCCESS);
        }
        tokio::select! {
            _ = interrupt.recv() => return Ok(ExitCode::SUCCESS),
            _ = terminate.recv() => return Ok(ExitCode::SUCCESS),
            () = tokio::time::sleep(options.interval) => {}
        }
    }
}

/// The supervisor closes connections that have been silent for a while; another one does as well.
async fn look(client: &mut Client, context: &Context) -> anyhow::Result<StackStatus> {
    if let Ok(status) = client.status(true).await {
        return Ok(status);
    }
    match Client::connect(&context.layout).await? {
        Some(another) => *client = another,
        None => anyhow::bail!("the stack has stopped"),
    }
    client.status(true).await
}

fn text(status: &StackStatus, figures: &Figures, style: Style) -> String {
    let dash = || Cell::from("-");
    let rows: Vec<Vec<Cell>> = status
        .components
        .iter()
        .map(|component| {
            let of = figures.of(&component.name);
            let usage = component.usage;
            vec![
                component.name.as_str().into(),
                Cell::toned(super::status::tone(component.health), component.health.to_string()),
                of.map_or_else(dash, |of| format!("{:.1}", of.rate).into()),
                of.map_or_else(dash, |of| {
                    toned(format!("{:.1}%", of.errors * 100.0), of.errors >= MANY_ERRORS)
                }),
                of.and_then(|of| of.p95_s).map_or_else(dash, |p95| toned(latency(p95), p95 >= SLOW)),
                usage.map_or_else(dash, |usage| format!("{:.1}%", usage.cpu_percent).into()),
                usage.map_or_else(dash, |usage| runtime::format_bytes(usage.rss_bytes).into()),
                component.uptime_s.map_or_else(dash, |uptime| ui::seconds(uptime).into()),
            ]
        })
        .collect();
    let mut out = ui::table(&COLUMNS, &rows, style);
    let down = status.components.iter().filter(|one| one.health != Health::Up).count();
    let note = match (&figures.problem, down) {
        (Some(problem), _) => style.paint(Tone::Notice, problem),
        (None, 0) => style.paint(Tone::Faint, "requests of the last minute; errors are answers from 500 up"),
        (None, down) => style.paint(Tone::Notice, &format!("{down} not up; see `monitoring-stack status`")),
    };
    out.push('\n');
    out.push_str(&note);
    out
}

fn toned(text: String, bad: bool) -> Cell {
    if bad { Cell::toned(Tone::Bad, text) } else { Cell::from(text) }
}

fn latency(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.0} ms", seconds * 1000.0) } else { format!("{seconds:.1} s") }
}

fn to_json(status: &StackStatus, figures: &Figures) -> serde_json::Value {
    let components: Vec<_> = status
        .components
        .iter()
        .map(|component| {
            let of = figures.of(&component.name);
            json!({
                "name": component.name, "health": component.health,
                "requests_per_second": of.map(|of| of.rate), "error_ratio": of.map(|of| of.errors),
                "p95_s": of.and_then(|of| of.p95_s),
                "cpu_percent": component.usage.map(|usage| usage.cpu_percent),
                "rss_bytes": component.usage.map(|usage| usage.rss_bytes),
                "uptime_s": component.uptime_s,
            })
        })
        .collect();
    json!({"components": components, "problem": figures.problem})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_short() {
        assert_eq!((latency(0.0123), latency(2.34)), ("12 ms".to_owned(), "2.3 s".to_owned()));
    }
}
