//! The log store over HTTP: in this process, and as a process that is killed.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod abuse;
mod clients;
mod conformance;
mod crash;
mod durability;
mod fuzz;
mod http;
mod index;
mod otlp;
mod pyarrow;
mod store;
