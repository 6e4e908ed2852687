//! What the log store says about requests.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join3;
use serde_json::Value;

use crate::components;
use crate::network::Network;

const PATIENCE: Duration = Duration::from_secs(5);

/// The lines that services write about each request.
const LINES: &str = r#"{job="ecommerce"} | json event="event", status="status", duration_ms="duration_ms" | event="http.request""#;

/// Requests of one service.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct OfService {
    /// A second
    pub rate: f64,
    /// Share of answers from 500 up
    pub errors: f64,
    pub p95_s: Option<f64>,
}

/// Requests of all services.
#[derive(Debug, Default)]
pub struct Figures {
    services: BTreeMap<String, OfService>,
    /// Why there are none
    pub problem: Option<String>,
}

impl Figures {
    /// Those of one service, if it serves requests at all.
    pub fn of(&self, service: &str) -> Option<OfService> {
        self.services.get(service).copied()
    }
}

/// Asks the log store.
#[derive(Debug)]
pub struct Watch {
    http: reqwest::Client,
    url: String,
}

impl Watch {
    /// The log store on `network`.
    pub fn new(network: Network) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
        let port = components::find("log-store").map_or(0, |component| component.port);
        Ok(Self { http, url: format!("{}/loki/api/v1/query", network.url(port)) })
    }

    /// The figures of the last minute.
    pub async fn look(&self) -> Figures {
        let requests = format!("sum by (service_name) (rate({LINES} [1m]))");
        let errors = format!("sum by (service_name) (rate({LINES} | status >= 500 [1m]))");
        let p95 = format!(
            "quantile_over_time(0.95, {LINES} | unwrap duration_ms | __error__=\"\" [1m]) by (service_name)"
        );
        let (requests, errors, p95) = join3(self.ask(&requests), self.ask(&errors), self.ask(&p95)).await;
        match (requests, errors, p95) {
            (Ok(requests), Ok(errors), Ok(p95)) => {
                Figures { services: together(&requests, &errors, &p95), problem: None }
            }
            (Err(problem), ..) | (_, Err(problem), _) | (.., Err(problem)) => Figures {
                services: BTreeMap::new(),
                problem: Some(format!("no figures of requests: the log store {problem}")),
            },
        }
    }

    async fn ask(&self, query: &str) -> Result<Value, String> {
        let url =
            url::Url::parse_with_params(&self.url, [("query", query)]).map_err(|error| error.to_string())?;
        let failed = |error: reqwest::Error| {
            if error.is_connect() { "does not answer".to_owned() } else { error.without_url().to_string() }
        };
        let response = self.http.get(url).send().await.map_err(failed)?;
        let status = response.status();
        let body = response.text().await.map_err(failed)?;
        if !status.is_success() {
            let text: String = body.chars().filter(|character| !character.is_control()).take(100).collect();
            return Err(format!("answers {status}: {text}"));
        }
        serde_json::from_str(&body).map_err(|error| error.to_string())
    }
}

fn together(requests: &Value, errors: &Value, p95: &Value) -> BTreeMap<String, OfService> {
    let errors: BTreeMap<String, f64> = values(errors).collect();
    let p95: BTreeMap<String, f64> = values(p95).collect();
    values(requests)
        .map(|(service, rate)| {
            let failed = errors.get(&service).copied().unwrap_or_default();
            let of = OfService {
                rate,
                errors: if rate > 0.0 { failed / rate } else { 0.0 },
                p95_s: p95.get(&service).map(|ms| ms / 1000.0),
            };
            (service, of)
        })
        .collect()
}

/// Service and value of each series of a vector.
fn values(answer: &Value) -> impl Iterator<Item = (String, f64)> {
    answer["data"]["result"].as_array().into_iter().flatten().filter_map(|series| {
        let service = series["metric"]["service_name"].as_str()?;
        let value = series["value"][1].as_str()?.parse().ok()?;
        Some((service.to_owned(), value))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn three_answers_become_one_row() {
        let vector = |pairs: &[(&str, &str)]| {
            let result: Vec<Value> = pairs
                .iter()
                .map(|(service, value)| json!({"metric": {"service_name": service}, "value": [1, value]}))
                .collect();
            json!({"data": {"resultType": "vector", "result": result}})
        };
        let services = together(
            &vector(&[("order-service", "4"), ("user-service", "2")]),
            &vector(&[("order-service", "1")]),
            &vector(&[("order-service", "250")]),
        );
        assert_eq!(services["order-service"], OfService { rate: 4.0, errors: 0.25, p95_s: Some(0.25) });
        assert_eq!(services["user-service"], OfService { rate: 2.0, errors: 0.0, p95_s: None });
    }
}
