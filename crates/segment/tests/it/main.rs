//! The engine with a schema of two columns, held against what a list of acknowledged rows says.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod crashes;
mod damage;
mod full_disk;
mod life;
mod rewriting;
mod toy;
