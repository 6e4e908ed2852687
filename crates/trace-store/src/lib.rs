//! The trace store: OTLP in, Tempo's API out, over columnar segments.
//!
//! `ingest` turns an export request into a checked [`batch`], the storage engine (`segment`) makes it durable and
//! visible, [`columns`] is its form as Parquet, `query` finds traces in both, and [`api`] speaks Tempo's HTTP API.

mod api;
mod batch;
mod columns;
mod config;
#[doc(hidden)]
pub mod fuzzing;
mod generator;
mod ingest;
mod metrics;
mod prometheus;
mod query;
mod schema;
mod server;
mod store;
mod streaming;

pub use config::{Config, DEFAULT_PATH, Receivers};
pub use server::{Args, Options, Server, run};

#[cfg(test)]
mod tests;
