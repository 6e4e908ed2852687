//! Deletes: rows that are hidden from queries from the moment a request is acknowledged, and later rewritten away.
//!
//! [`Deletes`] is the durable list of requests, [`ActiveDeletes`] those of one tenant that queries have to mind, and
//! [`prune`] what rewriting a segment does with its rows.

mod filter;
mod prune;
mod registry;
mod request;
mod store;

pub(crate) use filter::{ActiveDeletes, Checker, DeleteFilter};
pub(crate) use prune::{prune, without_streams};
pub(crate) use registry::{CancelError, CreateError, Deletes};
pub(crate) use request::{DeleteRequest, NewRequest, Progress};
