//! Live tail: new lines as soon as they are acknowledged.
//!
//! The engine's writing thread tells [`Tails`] of every write. A tail has a bounded queue of whole batches, shared with
//! the head and so nearly free; selectors are asked on the writing thread, pipelines run in the tail's own task. When
//! nobody tails, a write costs one load of an atomic. A client that reads too slowly loses entries, and is told which.

mod delay;
mod entry;
mod hub;
mod live;
mod message;
mod session;

pub(crate) use hub::Tails;
pub(crate) use message::{Shape, rfc3339};
pub(crate) use session::{Asked, serve};
