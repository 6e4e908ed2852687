//! Words that every store shares: labels, identifiers, timestamps, tenants.
//!
//! No I/O and no wire formats: those live in `protocols`.

mod ids;
mod labels;
mod tenant;
mod time;

pub use ids::{ParseIdError, SpanId, TraceId};
pub use labels::{LabelError, Labels, is_label_name, parse_label_set};
pub use tenant::{TenantError, TenantId};
pub use time::{TimeRange, TimestampNanos};
