//! Keeping spans of requests out of the driver's hands.

use std::future::Future;

use tracing::Dispatch;
use tracing::dispatcher::get_default;
use tracing::instrument::{WithDispatch, WithSubscriber as _};

use super::Kind;

/// Runs a driver's `work`.
///
/// SQLite's driver hands the current span to a thread of its own, which lets go of it a moment after it has answered: the
/// request's spans would end when that thread gets round to it. So there is no current span for it. What that thread
/// logs is not affected.
pub(super) fn unseen<F: Future>(kind: Kind, work: F) -> WithDispatch<F> {
    let dispatch = match kind {
        Kind::Sqlite => Dispatch::none(),
        Kind::Postgres => get_default(Dispatch::clone),
    };
    work.with_subscriber(dispatch)
}
