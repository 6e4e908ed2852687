//! The log store over HTTP: in this process, and as a process that is killed.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod abuse;
mod clients;
mod conformance;
mod crash;
mod crash_deletes;
mod damage;
mod deletes;
mod durability;
mod fields;
mod full_disk;
mod fuzz;
mod grafana;
mod http;
mod index;
mod limits;
mod otlp;
mod patterns;
mod pyarrow;
mod receiver;
mod retention;
mod rules;
mod status;
mod store;
mod tail;
