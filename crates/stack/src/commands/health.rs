//! `health`: asks every component itself, whether or not a supervisor of ours runs it.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde::Serialize;
use serde_json::Value;

use super::{Context, exit_code, say};
use crate::cli::{Format, Output};
use crate::components::{COMPONENTS, Component};
use crate::network::Network;
use crate::ui::{self, Align, Cell, Tone};

const PATIENCE: Duration = Duration::from_secs(3);

/// The longest message shown.
const MESSAGE_CHARS: usize = 100;

/// What one component answered.
#[derive(Debug, Serialize)]
struct Answer {
    name: &'static str,
    url: String,
    status: State,
    latency_ms: f64,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Up,
    Degraded,
    Down,
}

/// Runs the command.
pub async fn run(context: &mut Context, output: Output) -> anyhow::Result<ExitCode> {
    // Only for the addresses: a stack that somebody else runs is asked as well.
    drop(context.attach(false).await);
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
    let answers = join_all(COMPONENTS.iter().map(|component| ask(&client, context.network, component))).await;
    match output.format {
        Format::Json => say(&serde_json::to_string_pretty(&answers)?)?,
        Format::Text => {
            let rows: Vec<Vec<Cell>> = answers.iter().map(row).collect();
            let columns = [
                ("COMPONENT", Align::Left),
                ("STATUS", Align::Left),
                ("TIME", Align::Right),
                ("URL", Align::Left),
                ("", Align::Left),
            ];
            say(ui::table(&columns, &rows, context.style).trim_end())?;
        }
    }
    Ok(exit_code(answers.iter().all(|answer| answer.status == State::Up)))
}

async fn ask(client: &reqwest::Client, network: Network, component: &Component) -> Answer {
    let url = format!("{}{}", network.url(component.port), component.health_path);
    let started = Instant::now();
    let outcome = async {
        let response = client.get(&url).send().await?;
        let status = response.status();
        reqwest::Result::Ok((status.as_u16(), response.text().await?))
    };
    let (status, message) = match outcome.await {
        Ok((status, body)) => judge(status, &body),
        Err(error) => (State::Down, reason(&error)),
    };
    let latency_ms = (started.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
    Answer { name: component.name, url, status, latency_ms, message }
}

fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        format!("no answer within {} s", PATIENCE.as_secs())
    } else if error.is_connect() {
        "nothing listens there".to_owned()
    } else {
        error.to_string()
    }
}

/// The services say in JSON how they and what they depend on are; the others answer in plain text.
fn judge(status: u16, body: &str) -> (State, String) {
    let json: Option<Value> = serde_json::from_str(body).ok();
    if !(200..300).contains(&status) {
        let body: String = body
            .chars()
            .map(|character| if character.is_control() { ' ' } else { character })
            .take(MESSAGE_CHARS)
            .collect();
        return (State::Down, format!("answers {status} {}", body.trim()).trim_end().to_owned());
    }
    let Some(json) = json else {
        return (State::Up, String::new());
    };
    let ailing: Vec<String> = json["dependencies"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, state)| state.as_str().is_some_and(|state| state != "ok"))
        .map(|(name, state)| format!("{name} is {}", state.as_str().unwrap_or_default()))
        .collect();
    match json["status"].as_str() {
        Some("degraded") => (State::Degraded, ailing.join(", ")),
        Some("down" | "error") => (State::Down, ailing.join(", ")),
        _ => (State::Up, ailing.join(", ")),
    }
}

fn row(answer: &Answer) -> Vec<Cell> {
    let status = match answer.status {
        State::Up => Cell::toned(Tone::Good, "up"),
        State::Degraded => Cell::toned(Tone::Notice, "degraded"),
        State::Down => Cell::toned(Tone::Bad, "down"),
    };
    vec![
        answer.name.into(),
        status,
        format!("{:.1} ms", answer.latency_ms).into(),
        answer.url.as_str().into(),
        answer.message.as_str().into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_judged() {
        for (status, body, expected, message) in [
            (200, "ready\n", State::Up, ""),
            (200, r#"{"status":"ok","dependencies":{"user-service":"ok"}}"#, State::Up, ""),
            (
                200,
                r#"{"status":"degraded","dependencies":{"user-service":"down","product-service":"ok"}}"#,
                State::Degraded,
                "user-service is down",
            ),
            (200, r#"{"database":"ok","version":"0.1.0"}"#, State::Up, ""),
            (503, "ingester not ready\n", State::Down, "answers 503 ingester not ready"),
            (404, "", State::Down, "answers 404"),
        ] {
            assert_eq!(judge(status, body), (expected, message.to_owned()), "{status} {body}");
        }
    }
}
