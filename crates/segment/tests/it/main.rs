//! The engine with a schema of two columns, held against what a list of acknowledged rows says.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod damage;
mod life;
mod toy;
