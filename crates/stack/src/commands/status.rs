//! `status`: the processes of the stack in a table.

use std::process::ExitCode;

use runtime::format_bytes;

use super::{Context, say};
use crate::cli::{Format, Output};
use crate::control::{ComponentStatus, Health, StackStatus};
use crate::ui::{self, Align, Cell, Style, Tone};

const COLUMNS: [(&str, Align); 8] = [
    ("COMPONENT", Align::Left),
    ("PID", Align::Right),
    ("ADDRESS", Align::Left),
    ("HEALTH", Align::Left),
    ("MEMORY", Align::Right),
    ("CPU", Align::Right),
    ("RESTARTS", Align::Right),
    ("UPTIME", Align::Right),
];

/// Runs the command.
pub async fn run(context: &mut Context, output: Output) -> anyhow::Result<ExitCode> {
    let Some((_, status)) = context.attach(true).await? else {
        if output.format == Format::Json {
            say(r#"{"running":false,"components":[]}"#)?;
            return Ok(ExitCode::from(super::NOT_RUNNING));
        }
        return context.not_running();
    };
    match output.format {
        Format::Json => {
            let mut value = serde_json::to_value(&status)?;
            if let Some(fields) = value.as_object_mut() {
                fields.insert("running".to_owned(), true.into());
            }
            say(&serde_json::to_string_pretty(&value)?)?;
        }
        Format::Text => say(&text(&status, context.style))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn text(status: &StackStatus, style: Style) -> String {
    let rows: Vec<Vec<Cell>> = status.components.iter().map(row).collect();
    let mut out = ui::table(&COLUMNS, &rows, style);
    for component in &status.components {
        if let Some(message) = &component.message {
            out.push_str(&style.paint(Tone::Notice, &format!("{}: {message}\n", component.name)));
        }
    }
    let state = if status.stopping { "stopping" } else { "up" };
    out.push_str(&style.paint(
        Tone::Faint,
        &format!(
            "\n{state} for {}, {} in all (shared pages once), supervisor pid {} with {}, data in {}",
            ui::seconds(status.uptime_s),
            format_bytes(status.total_memory_bytes),
            status.pid,
            format_bytes(status.rss_bytes),
            status.data.display()
        ),
    ));
    out
}

fn row(component: &ComponentStatus) -> Vec<Cell> {
    let dash = || "-".to_owned();
    let usage = component.usage;
    vec![
        component.name.as_str().into(),
        component.pid.map_or_else(dash, |pid| pid.to_string()).into(),
        component.address.as_str().into(),
        Cell::toned(tone(component.health), component.health.to_string()),
        usage.map_or_else(dash, |usage| format_bytes(usage.rss_bytes)).into(),
        usage.map_or_else(dash, |usage| format!("{:.1}%", usage.cpu_percent)).into(),
        match component.restarts {
            0 => Cell::from("0"),
            restarts => Cell::toned(Tone::Notice, restarts.to_string()),
        },
        component.uptime_s.map_or_else(dash, ui::seconds).into(),
    ]
}

/// The colour of a health.
pub fn tone(health: Health) -> Tone {
    match health {
        Health::Up => Tone::Good,
        Health::Starting | Health::Degraded => Tone::Notice,
        Health::Down => Tone::Bad,
        Health::Stopped => Tone::Faint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Usage;

    #[test]
    fn a_component_without_process_has_dashes_and_a_reason() {
        let component = |name: &str, pid, health, message: Option<&str>| ComponentStatus {
            name: name.to_owned(),
            role: String::new(),
            pid,
            address: "127.0.0.1:8083".to_owned(),
            url: String::new(),
            health,
            message: message.map(str::to_owned),
            restarts: 2,
            failures: 1,
            last_exit: None,
            ready_after_ms: None,
            uptime_s: pid.map(|_| 125.0),
            usage: pid.map(|_| Usage { rss_bytes: 12_300_000, cpu_percent: 1.25, ..Usage::default() }),
        };
        let status = StackStatus {
            version: "0.1.0".to_owned(),
            pid: 7,
            data: "/data".into(),
            host: [127, 0, 0, 1].into(),
            port_offset: 0,
            started_at: String::new(),
            uptime_s: 3.0,
            rss_bytes: 5_000_000,
            total_memory_bytes: 90_000_000,
            stopping: false,
            components: vec![
                component("order-service", Some(42), Health::Up, None),
                component(
                    "user-service",
                    None,
                    Health::Down,
                    Some("killed by SIGKILL; next start within 0.2 s"),
                ),
            ],
        };
        let text = text(&status, Style::PLAIN);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "order-service   42  127.0.0.1:8083  up      12.3 MB  1.2%         2   2 min");
        assert_eq!(lines[2], "user-service     -  127.0.0.1:8083  down          -     -         2       -");
        assert_eq!(lines[3], "user-service: killed by SIGKILL; next start within 0.2 s");
        assert!(text.ends_with("supervisor pid 7 with 5.0 MB, data in /data"), "{text}");
    }
}
