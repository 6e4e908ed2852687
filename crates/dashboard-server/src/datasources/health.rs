//! Whether a data source answers, asked the way Grafana asks.

use axum::http::StatusCode;

use super::{get_request, no_answer};
use crate::repo::data_sources::DataSource;
use crate::server::App;

const ANSWER_MAX_BYTES: usize = 64 * 1024;

/// The outcome: well or not, and a sentence for people.
#[derive(Debug)]
pub(crate) struct Health {
    pub(crate) is_well: bool,
    pub(crate) message: String,
}

/// Asks the source.
pub(crate) async fn check(app: &App, source: &DataSource) -> Health {
    match ask(app, source).await {
        Ok(message) => Health { is_well: true, message: message.to_owned() },
        Err(message) => Health { is_well: false, message },
    }
}

async fn ask(app: &App, source: &DataSource) -> Result<&'static str, String> {
    match source.kind.as_str() {
        "loki" => {
            let probe = "/loki/api/v1/query?query=vector(1)%2Bvector(1)&direction=backward&time=4000000000";
            let (status, _) = get(app, source, probe).await?;
            if status.is_client_error() {
                // It is there but does not calculate: ask for what every log store can answer.
                expect_success(get(app, source, "/loki/api/v1/labels").await?)?;
            } else {
                expect_success((status, String::new()))?;
            }
            Ok("Data source successfully connected.")
        }
        "tempo" => {
            let (status, body) = get(app, source, "/api/echo").await?;
            if status == StatusCode::NOT_FOUND {
                expect_success(get(app, source, "/ready").await?)?;
            } else {
                expect_success((status, body))?;
            }
            Ok("Data source is working")
        }
        "prometheus" => {
            expect_success(get(app, source, "/api/v1/query?query=1%2B1").await?)?;
            Ok("Successfully queried the Prometheus API.")
        }
        _ => {
            expect_success(get(app, source, "").await?)?;
            Ok("Data source is working")
        }
    }
}

fn expect_success((status, body): (StatusCode, String)) -> Result<(), String> {
    if status.is_success() {
        return Ok(());
    }
    let body: String = body.trim().chars().take(200).collect();
    let separator = if body.is_empty() { "" } else { ": " };
    Err(format!("The data source answered {}{separator}{body}", status.as_u16()))
}

async fn get(app: &App, source: &DataSource, path: &str) -> Result<(StatusCode, String), String> {
    let sent = get_request(app, source, path).send().await;
    let mut response = sent.map_err(|error| no_answer(source, &error))?;
    let status = response.status();
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_MAX_BYTES {
            break;
        }
    }
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}
