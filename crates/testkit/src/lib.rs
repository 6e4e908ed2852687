//! Helpers for tests: a PostgreSQL of the test's own, components as real processes.
//!
//! Non-goals: anything that production code needs.

mod postgres;
mod process;

pub use postgres::Postgres;
pub use process::{Serve, ServeProcess, stack_program};
