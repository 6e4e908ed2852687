//! End to end: the real program, started as a user starts it, on free ports and in a folder of its own.
//!
//! Each test starts a whole stack. They take turns (see `.config/nextest.toml`) and, where the test runner does not
//! arrange that, share a few sets of ports through locks.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod backup;
mod browser;
mod commands;
mod crash;
mod faults;
mod harness;
mod journey;
mod panels;
mod ports;
mod query;
mod repository;
