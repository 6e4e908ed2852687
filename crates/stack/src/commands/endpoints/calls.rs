//! Making requests and keeping what came of them.

use std::time::{Duration, Instant};

use reqwest::{Client, Method};

use super::Outcome;
use crate::components::find;
use crate::network::Network;

/// The order that the manual places.
pub const SEED_ORDER: &str = r#"{"user_id":1,"products":[{"id":1,"quantity":2}]}"#;

const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(200);

/// The longest note kept of a wrong answer.
const NOTE_CHARS: usize = 120;

/// A good answer.
#[derive(Debug)]
pub struct Answer {
    pub body: String,
    pub trace_id: Option<String>,
}

/// Makes requests.
#[derive(Debug)]
pub struct Caller {
    client: Client,
    network: Network,
    outcomes: Vec<Outcome>,
}

impl Caller {
    /// Calls the stack on `network`.
    pub fn new(network: Network) -> anyhow::Result<Self> {
        let client = Client::builder().timeout(PATIENCE).no_proxy().build()?;
        Ok(Self { client, network, outcomes: Vec::new() })
    }

    /// How all requests went.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// GET; `expected` are the statuses that are fine.
    pub async fn get(&mut self, component: &'static str, path: &str, expected: &[u16]) -> Option<Answer> {
        self.call(component, Method::GET, path, None, expected).await
    }

    /// POST of JSON.
    pub async fn post(
        &mut self,
        component: &'static str,
        path: &str,
        body: &str,
        expected: &[u16],
    ) -> Option<Answer> {
        self.call(component, Method::POST, path, Some(body), expected).await
    }

    /// Repeats a GET until `check` is content with the body, for at most `patience`; counts as one request.
    pub async fn get_until(
        &mut self,
        component: &'static str,
        path: &str,
        patience: Duration,
        check: impl Fn(&str) -> Result<String, String>,
    ) {
        let deadline = Instant::now() + patience;
        loop {
            let answer = self.call(component, Method::GET, path, None, &[200]).await;
            let verdict = answer.map(|answer| check(&answer.body));
            let Some(outcome) = self.outcomes.last_mut() else {
                return;
            };
            match verdict {
                Some(Ok(note)) => {
                    outcome.note = note;
                    return;
                }
                Some(Err(note)) => {
                    outcome.ok = false;
                    outcome.note = format!("{note}, after {} s", patience.as_secs());
                }
                None => {}
            }
            if Instant::now() >= deadline {
                return;
            }
            self.outcomes.pop();
            tokio::time::sleep(POLL).await;
        }
    }

    /// The last answer was not what it seemed.
    pub fn fail_last(&mut self, note: &str) {
        if let Some(outcome) = self.outcomes.last_mut() {
            outcome.ok = false;
            note.clone_into(&mut outcome.note);
        }
    }

    async fn call(
        &mut self,
        component: &'static str,
        method: Method,
        path: &str,
        body: Option<&str>,
        expected: &[u16],
    ) -> Option<Answer> {
        let port = find(component)?.port;
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.network.url(port)));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_owned());
        }
        let started = Instant::now();
        let result = async {
            let response = request.send().await?;
            let status = response.status().as_u16();
            let trace_id =
                response.headers().get("x-trace-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
            reqwest::Result::Ok((status, trace_id, response.text().await?))
        }
        .await;
        let (status, answer, note) = match result {
            Ok((status, trace_id, body)) if expected.contains(&status) => {
                (Some(status), Some(Answer { body, trace_id }), String::new())
            }
            Ok((status, _, body)) => (Some(status), None, short(&body)),
            Err(error) => (None, None, error.without_url().to_string()),
        };
        self.outcomes.push(Outcome {
            component,
            request: format!("{method} {path}"),
            status,
            time_ms: (started.elapsed().as_secs_f64() * 10_000.0).round() / 10.0,
            ok: answer.is_some(),
            note,
        });
        answer
    }
}

fn short(body: &str) -> String {
    body.chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .take(NOTE_CHARS)
        .collect::<String>()
        .trim()
        .to_owned()
}
