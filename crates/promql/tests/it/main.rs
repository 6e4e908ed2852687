//! PromQL held against Prometheus itself.

#![expect(clippy::unwrap_used, reason = "a test that fails should say where")]

mod agreement;
mod expressions;
mod prometheus;
mod samples;
