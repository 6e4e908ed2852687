//! The collector against real files and a store that misbehaves.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod chaos;
mod delivery;
mod files;
mod lab;
mod loki;
mod restart;
mod shipped;
