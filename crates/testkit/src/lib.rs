//! Helpers for tests: a PostgreSQL of the test's own, components as real processes, disks that can be filled.
//!
//! Non-goals: anything that production code needs.

mod disk;
mod postgres;
mod process;

pub use disk::SmallDisk;
pub use postgres::Postgres;
pub use process::{Serve, ServeProcess, stack_program};
