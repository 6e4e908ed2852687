//! One GET on a data source, its answer read as JSON within limits.

use axum::http::StatusCode;
use serde_json::Value;
use url::form_urlencoded;

use super::Failure;
use crate::datasources::{get_request, no_answer};
use crate::repo::data_sources::DataSource;
use crate::server::App;

/// Longer answers are of no use to a panel.
const ANSWER_MAX_BYTES: usize = 64 << 20;

/// Asks for `path` with these parameters.
pub(super) async fn get(
    app: &App,
    source: &DataSource,
    path: &str,
    parameters: &[(&str, String)],
) -> Result<Value, Failure> {
    let _permit = app.proxy_permit().ok_or_else(|| Failure {
        status: StatusCode::SERVICE_UNAVAILABLE.as_u16(),
        message: "Too many requests to data sources at once, try again".to_owned(),
        is_downstream: false,
    })?;
    let pairs = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let request = get_request(app, source, &format!("{path}?{pairs}")).header("accept", "application/json");
    let response = request.send().await.map_err(|error| unreachable(source, &error))?;
    let status = response.status();
    let body = body_of(source, response).await?;
    if !status.is_success() {
        return Err(refused(source, status.as_u16(), &body));
    }
    serde_json::from_slice(&body).map_err(|error| Failure {
        status: StatusCode::BAD_GATEWAY.as_u16(),
        message: format!("{} answered with something that is no JSON: {error}", source.name),
        is_downstream: true,
    })
}

async fn body_of(source: &DataSource, mut response: reqwest::Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(source, &error))? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_MAX_BYTES {
            return Err(Failure {
                status: StatusCode::BAD_GATEWAY.as_u16(),
                message: format!(
                    "{} answered with more than {ANSWER_MAX_BYTES} bytes; ask for less",
                    source.name
                ),
                is_downstream: true,
            });
        }
    }
    Ok(body)
}

fn unreachable(source: &DataSource, error: &reqwest::Error) -> Failure {
    Failure {
        status: StatusCode::BAD_GATEWAY.as_u16(),
        message: format!("{}. Is it running?", no_answer(source, error)),
        is_downstream: true,
    }
}

/// What the source says is wrong: as text, or in the field of its JSON.
fn refused(source: &DataSource, status: u16, body: &[u8]) -> Failure {
    let text = String::from_utf8_lossy(body);
    let parsed: Option<Value> = serde_json::from_str(&text).ok();
    let said = parsed.as_ref().and_then(|json| {
        ["error", "message"].into_iter().find_map(|name| json.get(name)?.as_str()).map(str::to_owned)
    });
    let message = said.unwrap_or_else(|| text.trim().chars().take(1000).collect());
    let message = if message.is_empty() { format!("{} answered {status}", source.name) } else { message };
    Failure { status, message, is_downstream: true }
}
