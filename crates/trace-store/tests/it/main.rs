//! The trace store on real sockets.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that fails should say where")]

mod api;
mod clients;
mod conformance;
mod crash;
mod damage;
mod full_disk;
mod fuzz;
mod generator;
mod ingest;
mod pyarrow;
mod streaming;
mod support;
