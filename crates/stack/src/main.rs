//! The monitoring-stack command: supervisor, one-component server, operations.
fn main() {}
