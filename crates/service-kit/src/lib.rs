//! What the shop's services share: telemetry, the HTTP scaffold, errors, the database, clients of other services,
//! tokens, idempotency keys and the one closed list of events.
//!
//! A service describes itself with [`Service`], builds an [`App`] (routes, OpenAPI document, clients it depends on)
//! and hands both to [`run`], which serves `/health`, `/ready` and `/openapi.json` beside the routes, watches
//! every request with a span and a log line, and ends in order.
//!
//! Non-goals: anything about users, products or orders; the logging of platform components (see `runtime`).

mod auth;
mod breaker;
mod chance;
mod client;
mod db;
mod error;
mod event;
mod extract;
mod fault;
mod health;
mod http;
mod idempotency;
mod imperfection;
mod money;
mod openapi;
mod page;
mod secret;
pub mod seed;
mod server;
mod telemetry;
#[doc(hidden)]
pub mod testing;
#[cfg(test)]
mod tests;
mod time;

pub use auth::{
    AuthArgs, Authenticator, Caller, Claims, OptionalCaller, Role, TokenError, load_or_create_secret,
};
pub use breaker::{Breaker, BreakerConfig};
pub use chance::Chance;
pub use client::{
    ClientConfig, ClientError, ClientResponse, RequestBuilder, SERVICE_USER_AGENT, ServiceClient,
};
pub use db::{
    Database, DatabaseArgs, DatabaseError, DatabaseErrorExt, Durability, Kind, Migration, Query, Row, Tx,
};
pub use error::{AppError, Details, ErrorBody, ErrorContent, ErrorParts};
pub use event::Event;
pub use extract::{Id, IdAndId, Json, Params};
pub use fault::{Fault, Faults, Hit, Setting, SettingError, Wish};
pub use health::{DependencyStatus, Health};
pub use http::{RequestId, detached};
pub use idempotency::{IDEMPOTENCY_MIGRATION, Idempotency};
pub use imperfection::{Imperfection, ImperfectionArgs};
pub use money::{amount, cents};
pub use openapi::BearerAuth;
pub use page::{Page, PageParams};
pub use secret::Secret;
pub use server::{App, Context, Service, router, run, spawn_local};
pub use sqlx::AssertSqlSafe;
pub use telemetry::{Telemetry, TelemetryOptions, current_trace_id};
pub use time::{now_ms, rfc3339};

#[doc(hidden)]
pub use tracing as __tracing;
