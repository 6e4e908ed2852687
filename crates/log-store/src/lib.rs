//! The log store: Loki's HTTP API over columnar segments.
//!
//! `ingest` turns a push into a validated [`batch`], the storage engine (`segment`) makes it durable and visible,
//! [`columns`] is its form as Parquet, `query` finds lines in both, [`ruler`] evaluates
//! rules over them, and [`api`] speaks HTTP.

mod api;
mod batch;
mod columns;
mod config;
#[doc(hidden)]
pub mod fuzzing;
mod gojson;
mod indexes;
mod ingest;
mod limits;
mod metrics;
mod query;
mod ruler;
mod schema;
mod server;
mod streams;
mod tail;

pub use config::{Config, DEFAULT_PATH};
pub use limits::{
    AttributeAction, AttributeRule, AttributeRules, BlockedQuery, IngestLimits, Limits, OtlpRules, QueryKind,
    QueryLimits, Rate,
};
pub use ruler::Clock;
pub use server::{Args, Options, Server, run};
