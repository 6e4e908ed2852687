//! Helpers for tests: a PostgreSQL of the test's own.
//!
//! Non-goals: anything that production code needs.

mod postgres;

pub use postgres::Postgres;
