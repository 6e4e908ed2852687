//! The state of the whole stack, for the interface's first page.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};

use crate::components::{self, Overview};
use crate::server::App;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/stack/components", get(list))
}

async fn list(State(app): State<App>) -> Json<Overview> {
    Json(components::overview(&app).await)
}
