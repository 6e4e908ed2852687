//! The log store: Loki's HTTP API over columnar segments.
//!
//! `ingest` turns a push into a validated [`batch`], the storage engine (`segment`) makes it durable and visible,
//! [`columns`] is its form as Parquet, `query` finds lines in both, and [`api`] speaks HTTP.

mod api;
mod batch;
mod columns;
mod config;
mod deletes;
mod gojson;
mod indexes;
mod ingest;
mod janitor;
mod limits;
mod metrics;
mod query;
mod schema;
mod server;
mod store_config;
mod streams;

pub use config::{Config, DEFAULT_PATH, DeleteSettings};
pub use limits::{
    AttributeAction, AttributeRule, AttributeRules, DeletionMode, Limits, OtlpRules, OverridesFile,
    Retention, StreamRetention,
};
pub use server::{Args, Options, Server, run};
