//! The trace store on real sockets.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails should say where")]

mod api;
mod conformance;
mod crash;
mod damage;
mod ingest;
mod support;
