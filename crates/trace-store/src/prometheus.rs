//! Prometheus' query API under `/prometheus`, over the series that the generator made of spans.
//!
//! It answers what Grafana's data source of type Prometheus asks, so that the service graph of a Tempo data source works
//! without another server.

mod answer;
mod metadata;
mod params;
mod query;

use std::sync::Arc;

use axum::Router;
use axum::routing::any;
use http::StatusCode;
use parking_lot::RwLock;
use promql::{Budget, Error, SampleSeries, Selector, Source};

use crate::api::plain;
use crate::generator::history::History;
use crate::store::Store;

pub(crate) fn routes() -> Router<Arc<Store>> {
    let api = Router::new()
        .route("/query", any(query::instant))
        .route("/query_range", any(query::range))
        .route("/query_exemplars", any(query::exemplars))
        .route("/series", any(metadata::series))
        .route("/labels", any(metadata::label_names))
        .route("/label/{name}/values", any(metadata::label_values))
        .route("/metadata", any(metadata::metrics))
        .route("/rules", any(metadata::no_rules))
        .route("/alerts", any(metadata::no_alerts))
        .route("/status/buildinfo", any(metadata::build_info));
    Router::new()
        .nest("/prometheus/api/v1", api)
        .route(
            "/prometheus/-/healthy",
            any(|| async { plain(StatusCode::OK, "Prometheus Server is Healthy.\n") }),
        )
        .route(
            "/prometheus/-/ready",
            any(|| async { plain(StatusCode::OK, "Prometheus Server is Ready.\n") }),
        )
}

/// The history, locked only while samples are copied, so that a long query holds nobody up.
struct Shared(Arc<RwLock<History>>);

impl Source for Shared {
    fn select(
        &self,
        selector: &Selector,
        from: i64,
        to: i64,
        budget: &mut Budget,
    ) -> Result<Vec<SampleSeries>, Error> {
        self.0.read().select(selector, from, to, budget)
    }
}
