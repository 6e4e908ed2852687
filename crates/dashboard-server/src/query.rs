//! Queries of panels: what is asked of a data source, in its own language, answered as data frames.
//!
//! One submodule per kind of source. The names in queries are Grafana's, so that its dashboards work unchanged.

mod ask;
mod interval;
mod legend;
mod loki;
mod prometheus;
mod series;
mod tempo;
mod time;

pub(crate) use time::{Range, parse_range};

use serde_json::{Map, Value, json};

use crate::frames::Frame;
use crate::repo::data_sources::DataSource;
use crate::server::App;

/// Points of a panel that does not say how many it has room for.
const POINTS: u64 = 100;
const POINTS_MAX: u64 = 11_000;

/// One query of a request.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) ref_id: String,
    pub(crate) range: Range,
    /// The step that suits the panel's width.
    pub(crate) interval_ms: u64,
    /// The fields of the kind of source.
    pub(crate) model: Map<String, Value>,
}

impl Query {
    /// Reads one entry of `queries`.
    pub(crate) fn new(model: Map<String, Value>, range: Range) -> Self {
        let number = |name: &str| model.get(name).and_then(Value::as_f64).filter(|number| *number >= 1.0);
        let ref_id = model.get("refId").and_then(Value::as_str).filter(|id| !id.is_empty()).unwrap_or("A");
        Self {
            ref_id: ref_id.to_owned(),
            range,
            interval_ms: number("intervalMs").map_or_else(
                || {
                    range.millis()
                        / number("maxDataPoints").map_or(POINTS, |number| number as u64).clamp(1, POINTS_MAX)
                },
                |number| number as u64,
            ),
            model,
        }
    }

    /// A text field that is not empty.
    fn text(&self, name: &str) -> Option<&str> {
        self.model.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    }

    /// A number, also where it is written as text.
    fn number(&self, name: &str) -> Option<u64> {
        whole(self.model.get(name)?)
    }

    fn flag(&self, name: &str) -> bool {
        self.model.get(name).and_then(Value::as_bool).unwrap_or_default()
    }
}

/// A whole number, also where it is written as text: by people, and by protobuf's JSON when it has 64 bits.
fn whole<T: TryFrom<i64> + std::str::FromStr>(value: &Value) -> Option<T> {
    match value.as_i64() {
        Some(number) => number.try_into().ok(),
        None => value.as_str()?.trim().parse().ok(),
    }
}

/// Why a query has no frames.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    pub(crate) message: String,
    /// The source refused or did not answer, rather than that the query makes no sense.
    pub(crate) is_downstream: bool,
}

impl Failure {
    fn senseless(message: impl Into<String>) -> Self {
        Self { status: 400, message: message.into(), is_downstream: false }
    }

    /// As it stands in the results.
    pub(crate) fn into_json(self) -> Value {
        json!({
            "error": self.message,
            "errorSource": if self.is_downstream { "downstream" } else { "plugin" },
            "status": self.status,
        })
    }
}

/// Asks the source.
pub(crate) async fn run(app: &App, source: &DataSource, query: &Query) -> Result<Vec<Frame>, Failure> {
    match source.kind.as_str() {
        "loki" => loki::run(app, source, query).await,
        "prometheus" => prometheus::run(app, source, query).await,
        "tempo" => tempo::run(app, source, query).await,
        other => Err(Failure::senseless(format!("data sources of type {other} cannot be queried here"))),
    }
}
