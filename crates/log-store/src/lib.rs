//! The log store: Loki's HTTP API over columnar segments.
//!
//! `ingest` turns a push into a validated [`batch`], the storage engine (`segment`) makes it durable and visible,
//! [`columns`] is its form as Parquet, `query` finds lines in both, [`ruler`] evaluates
//! rules over them, and [`api`] speaks HTTP.

mod api;
mod batch;
mod columns;
mod config;
mod deletes;
#[doc(hidden)]
pub mod fuzzing;
mod gojson;
mod indexes;
mod ingest;
mod janitor;
mod limits;
mod metrics;
mod query;
mod ruler;
mod schema;
mod server;
mod store_config;
mod streams;
mod tail;

pub use config::{Config, DEFAULT_PATH, DeleteSettings};
pub use limits::{
    AttributeAction, AttributeRule, AttributeRules, BlockedQuery, DeletionMode, IngestLimits, Limits,
    OtlpRules, OverridesFile, QueryKind, QueryLimits, Rate, Retention, StreamRetention,
};
pub use ruler::Clock;
pub use server::{Args, Options, Server, run};
