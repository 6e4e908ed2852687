//! Alert rules without I/O: expressions over query results, and the states that a rule's series go through.
//!
//! A rule is a small graph ([`Plan`]): queries, which somebody else answers, and [expressions](expression) over their
//! answers. The node that is the rule's condition gives one number per label set; each becomes an observation of a
//! [`RuleState`], which says when an alert is pending, when it fires, and when it is over.
//!
//! Nothing here reads a clock, a file or a socket: times come in as milliseconds since 1970.

mod condition;
mod duration;
pub mod expression;
mod fingerprint;
mod plan;
pub mod state;
pub mod template;
mod value;

pub use condition::{Captured, Observation, Outcome, outcome};
pub use duration::{format_duration, parse_duration};
pub use fingerprint::fingerprint;
pub use plan::{Context, Node, Plan, PlanError};
pub use state::{Announcement, Instance, Key, OnError, OnNoData, Reason, RuleState, Settings, State, Step};
pub use value::{Labels, Number, Point, Series, Value, Values};
