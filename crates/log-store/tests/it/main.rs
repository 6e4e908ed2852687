//! The log store over HTTP: in this process, and as a process that is killed.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod conformance;
mod crash;
mod crash_deletes;
mod damage;
mod deletes;
mod durability;
mod full_disk;
mod http;
mod index;
mod otlp;
mod retention;
mod store;
